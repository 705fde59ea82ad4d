"""Case h, whether the healthy are delayed by the sick: 357 municipalities x 5 accounts, answers after 150 ms.

In every second run three requests in ten of the municipalities of three counties fail, in every way that a single
request can fail; their receivers of webhooks have hosts of their own, whose connections break as well. What counts is
the time from the start of the run until a delivery of the other municipalities is posted: its 99th percentile with the
sick against without, the ratio of the medians of all rounds. A run with the sick takes minutes: it ends when everything
is posted.
"""
import contextlib
import os
import sqlite3
import statistics
import subprocess
import time

from measure import scratch
from norway import FIVE_EACH, Norway

SICK = ("34", "46", "50")  # counties: 127 municipalities
RATE = 0.3
IN_DOUBT = 6  # the exit code when some are in doubt, or left
RESUMES_MAX = 10
ROUNDS_MAX = 3
REQUESTS = ("hang", "hang-after", "500-before", "500-after", "502-before", "502-after", "503-before", "503-after",
            "429:seconds=2", "stream-reset-before", "stream-reset-after", "refuse-stream", "truncated", "garbage", "html",
            "slow:ms=4000")
CONNECTIONS = ("reset-before:channel=webhook", "reset-after:channel=webhook")


def faults():
    kinds = REQUESTS + CONNECTIONS
    return [f"{kind}:municipality={county}*:rate={RATE / len(REQUESTS):.4f}" for county in SICK for kind in kinds]


def percentile(values, part):
    return sorted(values)[min(len(values) - 1, int(len(values) * part))]


def until_posted(stage):
    """Milliseconds until posted, of the healthy; and the deliveries that are not posted."""
    path = os.path.join(stage.workspace, "crisis.db")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT d.municipality, d.state, d.done_ms - r.started_ms FROM deliveries d "
                                "JOIN runs r ON r.row = d.run").fetchall()
    healthy = [ms for municipality, state, ms in rows if state == "posted" and not municipality.startswith(SICK)]
    return healthy, sum(state != "posted" for _, state, _ in rows)


def send(stage):
    """Sends until all is posted; how often that had to be taken up again, and the seconds that it took."""
    start, resumes = time.monotonic(), 0
    options = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL, "check": False}
    code = subprocess.run([stage.crisis, "-C", stage.workspace, "send", stage.plan, "--yes"], **options).returncode
    while code == IN_DOUBT and resumes < RESUMES_MAX:
        code = subprocess.run([stage.crisis, "-C", stage.workspace, "resume"], **options).returncode
        resumes += 1
    return resumes, time.monotonic() - start


def measure(crisis, rules):
    with scratch() as folder:
        with contextlib.closing(Norway(crisis, folder, 150, FIVE_EACH, faults=rules, own_hosts=True)) as stage:
            resumes, wall = send(stage)
            healthy, left = until_posted(stage)
    print(f"  {'with' if rules else 'without'} the sick: 99 % of the healthy after {percentile(healthy, 0.99)} ms, half after "
          f"{percentile(healthy, 0.5)} ms; {left} not posted after {wall:.1f} s and {resumes} resumes", flush=True)
    return percentile(healthy, 0.99), left


def isolation(options, results):
    alone, beside = [], []
    for _ in range(min(options.rounds, ROUNDS_MAX)):
        alone.append(measure(options.crisis, [])[0])
        beside.append(measure(options.crisis, faults()))
    ratio = statistics.median(time for time, _ in beside) / statistics.median(alone)
    results["h"] = {"healthy_grows": round(ratio - 1, 3), "not_posted": sum(left for _, left in beside)}
