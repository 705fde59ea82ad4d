#!/usr/bin/python3
"""Sends that everything goes wrong with, thousands of times, and no post lost and none made twice.

    torture.py CRISIS [ROUNDS] [--seed N] [--first N] [--jobs N] [--keep FOLDER]

CRISIS is built with -Dtime-scale=20 (script.SCALE), and with -Dhosts-per-thread=1, so that it has threads wherever there are
two hosts. A round that fails is told with its script, its folder is kept, and
`--seed N --first ROUND` with one round plays it again: the same faults in the same order of requests, the same blows.
Exits with 1 when any round failed.
"""
import argparse
import collections
import concurrent.futures
import os
import shutil
import sys
import tempfile
import time
import traceback

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[:0] = [HERE, os.path.join(os.path.dirname(HERE), "e2e")]

from round import Round  # noqa: E402
from script import Script  # noqa: E402


def play(binary, folder, seed, number, municipalities=(8, 48)):
    """One round in a folder of its own, which goes when all is well."""
    script = Script(seed, number, municipalities)
    path = os.path.join(folder, f"round-{number}")
    try:
        counts, wrong = Round(path, binary, script).run()
    except Exception:  # pylint: disable=broad-except  # whatever it is, the round has failed and the others go on
        counts, wrong = collections.Counter(), [traceback.format_exc()]
    if wrong:
        return counts, [script.describe(), *wrong[:20], f"kept in {path}"]
    shutil.rmtree(path)
    return counts, []


def table(counts):
    """The counts as lines: what there was, what was done to it, what came of it."""
    words = [("deliveries", "posts", "requests", "processes"), ("posted", "failed", "in-doubt")]
    lines = ["  " + ", ".join(f"{counts[word]} {word}" for word in row) for row in words]
    for prefix in ("blow ", "fault "):
        kinds = {name.removeprefix(prefix): count for name, count in sorted(counts.items()) if name.startswith(prefix)}
        lines.append(f"  {sum(kinds.values())} {prefix.strip()}s: " + ", ".join(f"{n} {c}" for n, c in kinds.items()))
    lines.append(f"  {counts['freezes']} freezes, {counts['second senders refused']} second senders refused")
    return "\n".join(lines)


def torture(binary, rounds, seed, first=1, jobs=8, folder=None, tell=print):
    """Plays rounds beside each other; returns the counts and the rounds that failed."""
    total, failed, done = collections.Counter(), [], 0
    with concurrent.futures.ThreadPoolExecutor(jobs) as pool:
        running = [pool.submit(play, binary, folder, seed, number) for number in range(first, first + rounds)]
        for future in concurrent.futures.as_completed(running):
            counts, wrong = future.result()
            total.update(counts)
            done += 1
            if wrong:
                failed.append(wrong)
                tell("\n".join(["FAILED " + wrong[0], *("    " + line for line in wrong[1:])]))
            if done % 100 == 0:
                tell(f"{done} rounds, {len(failed)} failed, {total['posts']} posts, {total['blow kill']} kills")
    return total, failed


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crisis", type=os.path.abspath)
    parser.add_argument("rounds", type=int, nargs="?", default=2000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--first", type=int, default=1)
    parser.add_argument("--jobs", type=int, default=4 * (os.cpu_count() or 1))
    parser.add_argument("--keep", help="where the folders are made; those of rounds that fail stay")
    options = parser.parse_args()
    memory = "/dev/shm"
    folder = options.keep or tempfile.mkdtemp(prefix="crisis-torture-", dir=memory if os.path.isdir(memory) else None)
    os.makedirs(folder, exist_ok=True)
    started = time.monotonic()
    total, failed = torture(options.crisis, options.rounds, options.seed, options.first, options.jobs, folder,
                            lambda line: print(line, flush=True))
    print(f"{options.rounds} rounds of seed {options.seed} in {time.monotonic() - started:.0f} s\n{table(total)}")
    print(f"torture: {options.rounds - len(failed)} passed, {len(failed)} failed")
    if not failed and not options.keep:
        shutil.rmtree(folder)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
