#!/usr/bin/python3
"""Adds up what the tests said and prints `N passed, N failed, N skipped` as its last line.

    summary.py [--meson testlog.json]… [--junit results.xml]… [--list results.txt]…

For meson's log the test functions are counted as cmocka reports them; a test program that ends badly
without naming a function counts as one failure. A list has lines `passed NAME`, `failed NAME` or
`skipped NAME`. A file that is named and missing is a failure, for it means that something did not run.
"""
import argparse
import json
import os
import re
import sys
import xml.etree.ElementTree as ElementTree

RUNNING = re.compile(r"^\[=+\] (?:.*: )?Running (\d+) test\(s\)\.", re.MULTILINE)
RESULT = re.compile(r"^\[ +(OK|FAILED|SKIPPED|ERROR) +\] (\S+)$", re.MULTILINE)


class Totals:
    def __init__(self):
        self.passed, self.failed, self.skipped = 0, 0, 0
        self.failures = []

    def fail(self, name, count=1):
        self.failed += count
        self.failures.append(name)


def cmocka_program(entry, totals):
    """One line of meson's log: a test program with several functions."""
    output = entry.get("stdout", "") + "\n" + entry.get("stderr", "")
    total = sum(int(count) for count in RUNNING.findall(output))
    results = RESULT.findall(output)
    passed = sum(word == "OK" for word, _ in results)
    skipped = len({name for word, name in results if word == "SKIPPED"})
    failed = max(0, total - passed - skipped)
    well = entry["result"] in ("OK", "SKIP", "EXPECTEDFAIL")
    if total == 0:
        passed, skipped = int(well and entry["result"] != "SKIP"), int(entry["result"] == "SKIP")
    totals.passed += passed
    totals.skipped += skipped
    if failed or not well:
        names = sorted({name for word, name in results if word in ("FAILED", "ERROR") and not name.endswith(":")})
        totals.fail(f"{entry['name']} ({entry['result']}): {', '.join(names) or 'no function named'}", max(failed, int(not well)))


def meson(path, totals):
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.strip():
                cmocka_program(json.loads(line), totals)


def junit(path, totals):
    for case in ElementTree.parse(path).getroot().iter("testcase"):
        if case.find("failure") is not None or case.find("error") is not None:
            totals.fail(f"{case.get('classname')}.{case.get('name')}")
        elif case.find("skipped") is not None:
            totals.skipped += 1
        else:
            totals.passed += 1


def plain_list(path, totals):
    with open(path, encoding="utf-8") as file:
        for line in file:
            word, _, name = line.strip().partition(" ")
            if word == "passed":
                totals.passed += 1
            elif word == "skipped":
                totals.skipped += 1
            elif word:
                totals.fail(name or line.strip())


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for kind in ("meson", "junit", "list"):
        parser.add_argument(f"--{kind}", action="append", default=[], metavar="FILE")
    options = parser.parse_args()

    totals = Totals()
    for read, paths in ((meson, options.meson), (junit, options.junit), (plain_list, options.list)):
        for path in paths:
            if not os.path.exists(path):
                totals.fail(f"{path}: not written, so the tests it tells of did not run")
                continue
            try:
                read(path, totals)
            except (ValueError, KeyError, ElementTree.ParseError) as problem:
                totals.fail(f"{path}: {problem}")
    for name in totals.failures:
        print(f"FAILED {name}")
    print(f"{totals.passed} passed, {totals.failed} failed, {totals.skipped} skipped")
    return 1 if totals.failed or totals.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main())
