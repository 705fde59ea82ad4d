#!/usr/bin/python3
"""Measures what docs/performance.md tells, prints figure, goal and whether it is reached, and writes the figures to
docs/benchmarks/DATE-TIME.json, of the commit that is measured, and the plot of all commits beside it.

    bench.py BUILD_FOLDER [--only a,b,…] [--rounds N] [--million] [--small] [--out FOLDER]

  a  357 municipalities x 5 accounts, answers after 150 ms: first and last post, against the least that is possible
  b  the same requests by crisis, a bare libcurl-multi client, curl --parallel, aiohttp and Apprise
     (b-rate, b-latency, b-cold, b-apprise choose a part)
  c  10,000 and 100,000 deliveries (--million: also 1,000,000) and France: time, peak memory, bytes on disk, `status`
  d  start-up: `check` of the plan of 357 municipalities, `send --dry-run`, `resume` of a run that is finished
  e  the audit log: entries a second, `audit verify` of a million, a proof
  f  instructions of each delivery by stage (callgrind)
  g  two approvals and accounts that came sealed, against neither
  h  whether the healthy are delayed by the sick

--small does a twentieth of everything, to try the script, and writes nothing. Nothing fails for being slow: machines
differ. Seconds mean something on a quiet machine only, ratios within one run on most.
"""
import argparse
import json
import os
import re
import signal
import subprocess
import sys
import tempfile

import case_local
import case_rivals
import case_send
import case_size
import history
import isolation
from goals import table
from measure import ROOT, Failed, prepare

CASES = {
    "a": case_send.national, "b-rate": case_rivals.throughput, "b-latency": case_rivals.with_latency, "b-cold": case_rivals.cold_hosts,
    "b-apprise": case_rivals.apprise, "c": case_size.sizes, "d": case_local.start_up, "e": case_local.audit, "f": case_local.instructions,
    "g": case_send.approvals, "h": isolation.isolation,
}
SMALL = 20
ROUNDS = 7


def chosen(text):
    """The names of cases that are meant: "b" is all of b."""
    names = [name for word in text.split(",") for name in CASES if word in (name, name[0])]
    if not names or any(word not in CASES and word not in {name[0] for name in CASES} for word in text.split(",")):
        raise argparse.ArgumentTypeError(f"the cases are {', '.join(CASES)}")
    return names


def commit(form):
    return subprocess.run(["git", "-C", ROOT, "log", "-1", f"--format={form}", "--date=format:%Y-%m-%d-%H%M"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip()


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = re.findall(r"model name\s*:\s*(.*)", file.read())
    return {"processor": names[0] if names else "", "processors": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}


def write(folder, name, about, results):
    """What was measured of this commit before, and is not measured now, stays."""
    os.makedirs(folder, exist_ok=True)
    path = os.path.join(folder, name + ".json")
    if os.path.exists(path):
        with open(path, encoding="utf-8") as file:
            results = {**json.load(file)["results"], **results}
    with open(path, "w", encoding="utf-8") as file:
        json.dump({**about, "results": results}, file, indent=2, ensure_ascii=False)
        file.write("\n")
    history.write(folder)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=os.path.abspath)
    parser.add_argument("--only", default=list(CASES), type=chosen)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--small", action="store_true")
    parser.add_argument("--out", default=os.path.join(ROOT, "docs", "benchmarks"))
    options = parser.parse_args()
    options.crisis = os.path.join(options.build, "crisis")
    options.bare_client = os.path.join(options.build, "tests", "bench", "bare_client")
    options.append_entries = os.path.join(options.build, "tests", "bench", "append_entries")
    options.scaled = lambda count: max(1, count // SMALL) if options.small else count
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))  # so that servers are stopped
    tempfile.tempdir = options.build  # on a disk, which what is for temporary files alone may not be
    prepare()
    name_of_commit, about = commit("%ad"), {"subject": commit("%s"), "machine": machine()}
    results, failed = {}, []
    for name in options.only:
        print(f"case {name}:", flush=True)
        measured = {}
        try:
            CASES[name](options, measured)
        except Failed as failure:
            print(f"bench: case {name}: {failure}", file=sys.stderr, flush=True)
            failed.append(name)
        print(json.dumps(measured, indent=2), flush=True)
        results |= measured
        if not options.small:
            write(options.out, name_of_commit, about, measured)
    print(table(results))
    return f"bench: not measured to the end: {', '.join(failed)}" if failed else 0


if __name__ == "__main__":
    sys.exit(main())
