#!/usr/bin/python3
"""Measures what docs/performance.md tells, prints it as a table, and writes it to docs/benchmarks/DATE-TIME.json, of the
commit that is measured.

    figures.py CRISIS BARE_CLIENT [--only a,b,…] [--rounds N] [--million] [--out FOLDER]

  a  357 municipalities x 5 accounts, answers after 150 ms: until the first and the last post, and until the process ends
  b  357 municipalities x 28 pages, no latency: rate and processor time against a bare libcurl-multi client that posts the
     same bytes to the same server; rounds alternate, medians of the ratios of the rounds count
  c  10,000 and 100,000 deliveries (--million: also 1,000,000): time, peak memory, bytes on disk, and how long `status` takes
  d  start-up: `check` of the plan of 357 municipalities, `send --dry-run`, `resume` of a run that is finished
  e  `audit verify` of what c has sent
  f  instructions of each delivery by stage (callgrind)

Nothing fails for being slow. Seconds mean something on a quiet machine only, ratios within one run on most.
"""
import argparse
import json
import os
import re
import shutil
import sqlite3
import statistics
import subprocess
import sys
import tempfile
import time

from bench import IN_FLIGHT, ROOT, Stage, free_port

PER_MUNICIPALITY = 100  # accounts of case c
DIRECTORY_MAX = 2500  # municipalities in a file
REGISTRATION_MAX = 300  # municipalities in a registration file
STAGES = {"render": "render_message", "create the run": "run_create", "load the queue": "dispatcher_load", "take up": "dispatcher_take_up",
          "begin an attempt": "attempt_start", "hand a request to libcurl": "http_client_send", "take an answer": "http_exchange_finish",
          "record": "store_commit", "publish the log": "published_log_update", "turns of libcurl, our callbacks included": "curl_multi_socket_action"}


def run(*command, **options):
    """Runs it to its end: seconds, processor seconds, peak memory in MiB, and what it wrote."""
    start = time.monotonic()
    with tempfile.TemporaryFile() as out:
        process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=subprocess.DEVNULL, **options)
        _, status, used = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        wall = time.monotonic() - start
        out.seek(0)
        assert process.returncode == 0, (command, process.returncode)
        return {"wall_s": round(wall, 3), "cpu_s": round(used.ru_utime + used.ru_stime, 3),
                "peak_mib": round(used.ru_maxrss / 1024, 1)}, out.read().decode()


def posted_ms(workspace):
    """Of the latest run: when each delivery was posted, after its start."""
    path = os.path.join(workspace, "crisis.db")
    database = sqlite3.connect(f"file:{path}?mode=ro", uri=True)
    rows = database.execute("SELECT d.done_ms - r.started_ms FROM deliveries d JOIN runs r ON r.row = d.run "
                            "WHERE d.state = 'posted' AND r.row = (SELECT max(row) FROM runs)").fetchall()
    database.close()
    return sorted(ms for ms, in rows)


def median(dictionaries):
    return {key: round(statistics.median(one[key] for one in dictionaries), 3) for key in dictionaries[0]}


# --- the cases --------------------------------------------------------------------------------------------------
def latency(options):
    rounds = []
    for _ in range(options.rounds):
        with tempfile.TemporaryDirectory() as folder:
            stage = Stage(options.crisis, folder, 150, "facebook=2,x=2,webhook=1")
            try:
                figures, _ = run(options.crisis, "--quiet", "-C", stage.workspace, "send", stage.plan, "--yes")
                times = posted_ms(stage.workspace)
                rounds.append({"deliveries": len(times), "first_post_ms": times[0], "last_post_ms": times[-1], **figures})
            finally:
                stage.close()
    return median(rounds)


def throughput(options):
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(options.crisis, folder, 0, "facebook=28")
        try:
            requests = os.path.join(folder, "requests")
            with open(requests, "w", encoding="utf-8") as file:
                file.write(stage.requests())
            for _ in range(max(options.rounds, 7)):
                ours, _ = run(options.crisis, "--quiet", "-C", stage.workspace, "send", stage.plan, "--yes")
                count = len(posted_ms(stage.workspace))
                with open(requests, encoding="utf-8") as file:
                    bare, _ = run(options.bare_client, stage.ca, IN_FLIGHT, stdin=file)
                rounds.append({"ours_per_s": count / ours["wall_s"], "bare_per_s": count / bare["wall_s"],
                               "rate_ratio": bare["wall_s"] / ours["wall_s"], "cpu_ratio": ours["cpu_s"] / bare["cpu_s"],
                               "ours_cpu_us": ours["cpu_s"] / count * 1e6, "bare_cpu_us": bare["cpu_s"] / count * 1e6})
        finally:
            stage.close()
    return median(rounds)


class Country:
    """A workspace with many accounts, and a sandbox that lets any credential in."""

    def __init__(self, crisis, folder, deliveries):
        self.crisis, self.folder, self.workspace = crisis, folder, os.path.join(folder, "workspace")
        self.plan = os.path.join(folder, "plan.yaml")
        numbers = range(10000, 10000 + deliveries // PER_MUNICIPALITY)
        run(crisis, "--quiet", "init", self.workspace)
        self.write_plan(numbers)
        port = free_port()
        self.sandbox = subprocess.Popen([crisis, "--json", "--quiet", "sandbox", "--listen", f"127.0.0.1:{port}", "--no-rate-limits",
                                         "--dir", os.path.join(folder, "sandbox")], stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.sandbox.stdout.readline())
        path = os.path.join(self.workspace, "crisis.yaml")
        with open(path, encoding="utf-8") as file:
            log = re.search(r"^log:.*?(?=^\S|\Z)", file.read(), re.MULTILINE | re.DOTALL).group(0)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f"coordinator: {{name: Bench}}\napproval: {{threshold: 0}}\n{log}\nca-file: \"{ready['ca']}\"\n"
                       f"networks:\n  facebook: {{endpoint: \"{ready['url']}/facebook/v25.0\"}}\n")
        self.register(numbers)

    def write_plan(self, numbers):
        files = []
        for first in range(0, len(numbers), DIRECTORY_MAX):
            files.append(f"municipalities-{first}.yaml")
            with open(os.path.join(self.folder, files[-1]), "w", encoding="utf-8") as file:
                file.write("municipalities:\n")
                file.writelines(f'  - {{id: "{number}", name: Sted{number}, languages: [nb], website: "https://m{number}.example.no"}}\n'
                                for number in numbers[first:first + DIRECTORY_MAX])
        text = "Det er flomfare i {{municipality.name}}. Vannet stiger raskt i elver og bekker. Hold deg unna dem. "
        audience = "".join(f"  - from: {name}\n    select: [all]\n" for name in files)
        others = "".join(f'  {kind}: {{kind: {kind}, follows: alert, text: {{nb: {{headline: "Ny", long: "Ny melding"}}}}}}\n'
                         for kind in ("cancel", "all-clear"))
        with open(self.plan, "w", encoding="utf-8") as file:
            file.write(f"plan: country\ntitle: Country\nissuer: Bench\nlanguages: [nb]\napproval: {{threshold: 0}}\n"
                       f"municipalities:\n{audience}channels: [facebook]\nmessages:\n  alert:\n    kind: alert\n    expires: 6h\n"
                       f'    text: {{nb: {{headline: "Flomfare", long: "{text * 3}"}}}}\n{others}')

    def register(self, numbers):
        path = os.path.join(self.folder, "registration.yaml")
        for first in range(0, len(numbers), REGISTRATION_MAX):
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                for number in numbers[first:first + REGISTRATION_MAX]:
                    file.write(f'- municipality: "{number}"\n  accounts:\n')
                    file.writelines(f'    - channel: facebook\n      label: account-{label}\n'
                                    f'      settings: {{page: "{number * 10**9 + label:015d}"}}\n'
                                    f'      credential: {{access-token: "EAA{number * 10**9 + label:0180d}"}}\n'
                                    for label in range(PER_MUNICIPALITY))
            run(self.crisis, "--quiet", "-C", self.workspace, "register", "--from", path)

    def size_bytes(self):
        return sum(os.path.getsize(os.path.join(folder, name)) for folder, _, names in os.walk(self.workspace) for name in names)

    def close(self):
        self.sandbox.terminate()
        self.sandbox.wait(timeout=60)


def sizes(options, results):
    for count in (10_000, 100_000, 1_000_000)[:3 if options.million else 2]:
        with tempfile.TemporaryDirectory() as folder:
            country = Country(options.crisis, folder, count)
            try:
                before = country.size_bytes()
                sent, _ = run(options.crisis, "--quiet", "-C", country.workspace, "send", country.plan, "--yes", "--deadline", "3h")
                bytes_each = (country.size_bytes() - before) / count
                status, _ = run(options.crisis, "--quiet", "-C", country.workspace, "status")
                if "c" in options.only:
                    results[f"c {count}"] = {"deliveries": count, **sent, "bytes_each": round(bytes_each), "status_s": status["wall_s"]}
                if "e" in options.only:
                    verified, out = run(options.crisis, "--json", "-C", country.workspace, "audit", "verify")
                    entries = json.loads(out.splitlines()[-1]).get("size", 2 * count)
                    results[f"e {count}"] = {"entries": entries, **verified, "entries_per_s": round(entries / verified["wall_s"])}
            finally:
                country.close()


def start_up(options):
    rounds = []
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(options.crisis, folder, 0, "facebook=2,x=2,webhook=1")
        try:
            _, sent = run(options.crisis, "--json", "-C", stage.workspace, "send", stage.plan, "--yes")
            name = json.loads(sent.splitlines()[-1])["run"]
            for _ in range(max(options.rounds, 7)):
                checked, _ = run(options.crisis, "--quiet", "check", stage.plan)
                dry, _ = run(options.crisis, "--quiet", "-C", stage.workspace, "send", stage.plan, "--dry-run")
                resumed, _ = run(options.crisis, "--quiet", "-C", stage.workspace, "resume", name)
                rounds.append({"check_s": checked["wall_s"], "dry_run_s": dry["wall_s"], "resume_finished_s": resumed["wall_s"]})
        finally:
            stage.close()
    return median(rounds)


def inclusive(path):
    """What each function costs with all that it calls, as far as others call it."""
    costs, names, called = {}, {}, None
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith(("fn=", "cfn=")):
                number, _, name = line.rstrip("\n").partition("=")[2].partition(" ")
                names.setdefault(number, name)
                called = names[number]
            elif line.startswith("calls="):
                costs[called] = costs.get(called, 0) + int(next(file).split()[1])
    return costs


def instructions(options):
    if not shutil.which("valgrind"):
        return {}
    with tempfile.TemporaryDirectory() as folder:
        country = Country(options.crisis, folder, 1000)
        try:
            out = os.path.join(folder, "callgrind.out")
            run("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}", options.crisis, "--quiet", "-C", country.workspace,
                "send", country.plan, "--yes")
        finally:
            country.close()
        costs = inclusive(out)
    return {stage: round(costs.get(function, 0) / 1000) for stage, function in STAGES.items()}


# --- what is written --------------------------------------------------------------------------------------------
def commit(form):
    return subprocess.run(["git", "-C", ROOT, "log", "-1", f"--format={form}", "--date=format:%Y-%m-%d-%H%M"], check=True,
                          stdout=subprocess.PIPE, text=True).stdout.strip()


def machine():
    with open("/proc/cpuinfo", encoding="utf-8") as file:
        names = re.findall(r"model name\s*:\s*(.*)", file.read())
    return {"processor": names[0] if names else "", "processors": os.cpu_count(), "load": round(os.getloadavg()[0], 1)}


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crisis", type=os.path.abspath)
    parser.add_argument("bare_client", type=os.path.abspath)
    parser.add_argument("--only", default="a,b,c,d,e,f", type=lambda text: text.split(","))
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--million", action="store_true")
    parser.add_argument("--out", default=os.path.join(ROOT, "docs", "benchmarks"))
    options = parser.parse_args()
    results = {}
    for letter, case in (("a", latency), ("b", throughput), ("d", start_up), ("f", instructions)):
        if letter in options.only:
            results[letter] = case(options)
            print(letter, json.dumps(results[letter]), flush=True)
    if {"c", "e"} & set(options.only):
        sizes(options, results)
    for name, figures in sorted(results.items()):
        print(f"{name:12}" + "  ".join(f"{key} {value}" for key, value in figures.items()))
    os.makedirs(options.out, exist_ok=True)
    with open(os.path.join(options.out, commit("%ad") + ".json"), "w", encoding="utf-8") as file:
        json.dump({"subject": commit("%s"), "machine": machine(), "results": results}, file, indent=2, ensure_ascii=False)
        file.write("\n")


if __name__ == "__main__":
    sys.exit(main())
