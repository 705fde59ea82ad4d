#!/usr/bin/python3
"""Measures sends to 357 municipalities against a sandbox of their own.

    bench.py CRISIS BARE_CLIENT [--rounds N] [--only latency|approvals|throughput]

  latency     357 municipalities x 5 accounts, answers after 150 ms: wall time of `crisis send` from the start of
              the process to its end, everything recorded and audited
  approvals   the same deliveries with two approvals, accounts registered from a sealed file, against the same without
              either, with 150 ms and with no latency; rounds alternate, the ratio of the medians counts
  throughput  357 municipalities x 28 Facebook pages, no latency: deliveries a second, against a bare libcurl-multi
              client that posts the same bytes to the same server; rounds alternate, the ratio of the medians counts

Nothing fails for being slow: machines differ. Only ratios within one run mean something.
"""
import argparse
import json
import os
import re
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
import urllib.parse

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
NORWAY = os.path.join(ROOT, "plans", "norway")
IN_FLIGHT = 1000
DELIVERIES = 357 * 5
APPROVAL_ROUNDS = 7  # the difference is small


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def used_cpu():
    """Seconds of processor time of all children that have ended."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime


def give_own_hosts(accounts):
    """Receivers at names of their own, in a registration file."""
    with open(accounts, encoding="utf-8") as file:
        text = file.read()
    named = re.sub(r"https://127\.0\.0\.1:(\d+)/webhook/([\w-]+)", r"https://\2.sandbox.localhost:\1/webhook/\2", text)
    with open(accounts, "w", encoding="utf-8") as file:
        file.write(named)


class Stage:
    """A workspace with accounts, and a sandbox that knows them. `approved`: two must sign, and have; the accounts came sealed.
    `faults`: the sandbox's; `own_hosts`: each receiver of webhooks has a name, and so connections, of its own."""

    def __init__(self, crisis, folder, latency_ms, per_channel, approved=False, faults=(), own_hosts=False):
        self.crisis, self.folder = crisis, folder
        self.workspace = os.path.join(folder, "workspace")
        self.plan = os.path.join(NORWAY, "flood.yaml")
        recipient = json.loads(self.run("--json", "init", self.workspace).stdout)["recipient"]
        url = f"https://127.0.0.1:{free_port()}"
        subprocess.run([sys.executable, os.path.join(ROOT, "tests", "tools", "make_accounts.py"),
                        os.path.join(NORWAY, "municipalities.yaml"), "--webhook-base", url + "/webhook",
                        "--per-channel", per_channel, "--out", folder], check=True, stderr=subprocess.DEVNULL)
        self.sandbox = subprocess.Popen(
            [crisis, "--json", "--quiet", "sandbox", "--listen", url.removeprefix("https://"),
             "--latency", f"{latency_ms}ms", "--dir", os.path.join(folder, "sandbox"), "--no-rate-limits",
             "--accounts", os.path.join(folder, "accounts.json"),
             *(word for fault in faults for word in ("--faults", fault))], stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.sandbox.stdout.readline())
        self.url, self.ca = ready["url"], ready["ca"]
        with open(os.path.join(self.workspace, "crisis.yaml"), "w", encoding="utf-8") as file:
            file.write(f"coordinator: {{name: Bench}}\napproval: {{threshold: {2 if approved else 0}}}\n"
                       f'log: {{origin: bench.invalid/audit}}\nca-file: "{self.ca}"\nnetworks:\n'
                       f'  facebook: {{endpoint: "{url}/facebook/v25.0"}}\n  x: {{endpoint: "{url}/x"}}\n')
        accounts = os.path.join(folder, "accounts.yaml")
        if own_hosts:
            give_own_hosts(accounts)
        if approved:
            sealed = os.path.join(folder, "accounts.age")
            self.run("seal", accounts, "--to", recipient, "--output", sealed)
            self.run("-C", self.workspace, "register", "--without-invite", "--from", sealed)
            self.approve()
        else:
            self.run("-C", self.workspace, "register", "--from", accounts)

    def approve(self):
        for name in ("flood.yaml", "municipalities.yaml"):
            shutil.copy(os.path.join(NORWAY, name), self.folder)
        self.plan = os.path.join(self.folder, "flood.yaml")
        with open(self.plan, encoding="utf-8") as file:
            text = file.read()
        assert text.count("  threshold: 0\n") == 1
        with open(self.plan, "w", encoding="utf-8") as file:
            file.write(text.replace("  threshold: 0\n", "  threshold: 2\n  approvers: [kari, ola]\n"))
        keys = {name: os.path.join(self.folder, name) for name in ("kari", "ola")}
        for name, key in keys.items():
            subprocess.run(["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", key], check=True)
            self.run("-C", self.workspace, "approvers", "add", name, key + ".pub")
        for key in keys.values():
            self.run("-C", self.workspace, "approve", self.plan, "alert", "--key", key, "--yes")

    def run(self, *arguments):
        return subprocess.run([self.crisis, "--quiet", *arguments], check=True, stdout=subprocess.PIPE, text=True)

    def send(self):
        before, start = used_cpu(), time.monotonic()
        sent = self.run("--json", "-C", self.workspace, "send", self.plan, "--yes")
        wall = time.monotonic() - start
        self.cpu = used_cpu() - before
        return wall, json.loads(sent.stdout.strip().splitlines()[-1])

    def requests(self):
        """The same posts as `crisis send` makes, for the bare client."""
        with open(os.path.join(self.folder, "accounts.json"), encoding="utf-8") as file:
            accounts = json.load(file)
        lines = []
        for number, account in enumerate(accounts):
            body = urllib.parse.urlencode({
                "message": f"{account['municipality']} {number} " + "Hold deg unna elva og bekkene. " * 24,
                "published": "true", "fields": "id,permalink_url,created_time",
                "access_token": account["credential"]["access-token"]})
            lines.append(f"{self.url}/facebook/v25.0/{account['settings']['page']}/feed\t{body}\n")
        return "".join(lines)

    def close(self):
        self.sandbox.send_signal(signal.SIGTERM)
        self.sandbox.wait(timeout=10)


def latency(crisis, rounds):
    times = []
    for number in range(1, rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            stage = Stage(crisis, folder, 150, "facebook=2,x=2,webhook=1")
            try:
                wall, summary = stage.send()
            finally:
                stage.close()
        times.append(wall)
        print(f"  round {number}: {wall:.3f} s, {summary['posted']} posted, {summary['failed']} failed, "
              f"{summary['in_doubt']} in doubt", flush=True)
    print(f"latency: 357 x 5 deliveries, answers after 150 ms: median {statistics.median(times):.3f} s, "
          f"best {min(times):.3f} s, worst {max(times):.3f} s", flush=True)


def approvals_once(crisis, latency_ms, approved):
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(crisis, folder, latency_ms, "facebook=2,x=2,webhook=1", approved)
        try:
            wall, summary = stage.send()
        finally:
            stage.close()
    assert summary["posted"] == DELIVERIES, summary
    return wall, stage.cpu


def approvals(crisis, rounds):
    for latency_ms in (150, 0):
        times = {True: [], False: []}
        for number in range(1, rounds + 1):
            for approved in (True, False) if number % 2 else (False, True):
                times[approved].append(approvals_once(crisis, latency_ms, approved))
            print(f"  round {number}: with approvals {times[True][-1][0]:.3f} s, without {times[False][-1][0]:.3f} s", flush=True)
        for index, what in enumerate(("wall time", "processor time")):
            with_two, without = (statistics.median(one[index] for one in times[approved]) for approved in (True, False))
            print(f"approvals: 357 x 5 deliveries, answers after {latency_ms} ms, {what}: two approvals and sealed accounts "
                  f"{with_two:.3f} s, neither {without:.3f} s, ratio {with_two / without:.3f} (medians)", flush=True)


def throughput(crisis, bare_client, rounds):
    ours, bare = [], []
    with tempfile.TemporaryDirectory() as folder:
        stage = Stage(crisis, folder, 0, "facebook=28")
        try:
            requests = stage.requests()
            for number in range(1, rounds + 1):
                wall, summary = stage.send()
                ours.append(summary["posted"] / wall)
                answer = subprocess.run([bare_client, stage.ca, str(IN_FLIGHT)], input=requests, text=True,
                                        stdout=subprocess.PIPE, check=True).stdout.split()
                bare.append(int(answer[0]) / float(answer[1]))
                print(f"  round {number}: crisis {ours[-1]:.0f}/s, bare client {bare[-1]:.0f}/s, "
                      f"ratio {ours[-1] / bare[-1]:.2f}", flush=True)
        finally:
            stage.close()
    print(f"throughput: crisis {statistics.median(ours):.0f}/s, bare libcurl client {statistics.median(bare):.0f}/s, "
          f"ratio {statistics.median(ours) / statistics.median(bare):.2f} (medians; crisis from the start of the "
          "process, recorded and audited)", flush=True)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crisis", type=os.path.abspath)
    parser.add_argument("bare_client", type=os.path.abspath)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--only", choices=("latency", "approvals", "throughput"))
    options = parser.parse_args()
    if options.only in (None, "latency"):
        latency(options.crisis, options.rounds)
    if options.only in (None, "approvals"):
        approvals(options.crisis, max(options.rounds, APPROVAL_ROUNDS))
    if options.only in (None, "throughput"):
        throughput(options.crisis, options.bare_client, options.rounds)


if __name__ == "__main__":
    main()
