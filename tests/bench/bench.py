#!/usr/bin/python3
"""Measures sends to 357 municipalities against a sandbox of their own.

    bench.py CRISIS BARE_CLIENT [--rounds N]

  latency     357 municipalities x 5 accounts, answers after 150 ms: wall time of `crisis send` from the start of
              the process to its end, everything recorded and audited
  throughput  357 municipalities x 28 Facebook pages, no latency: deliveries a second, against a bare libcurl-multi
              client that posts the same bytes to the same server; rounds alternate, the ratio of the medians counts

Nothing fails for being slow: machines differ. Only ratios within one run mean something.
"""
import argparse
import json
import os
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


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


class Stage:
    """A workspace with accounts, and a sandbox that knows them."""

    def __init__(self, crisis, folder, latency_ms, per_channel):
        self.crisis, self.folder = crisis, folder
        self.workspace = os.path.join(folder, "workspace")
        self.run("init", self.workspace)
        url = f"https://127.0.0.1:{free_port()}"
        subprocess.run([sys.executable, os.path.join(ROOT, "tests", "tools", "make_accounts.py"),
                        os.path.join(NORWAY, "municipalities.yaml"), "--webhook-base", url + "/webhook",
                        "--per-channel", per_channel, "--out", folder], check=True, stderr=subprocess.DEVNULL)
        self.sandbox = subprocess.Popen(
            [crisis, "--json", "--quiet", "sandbox", "--listen", url.removeprefix("https://"),
             "--latency", f"{latency_ms}ms", "--dir", os.path.join(folder, "sandbox"), "--no-rate-limits",
             "--accounts", os.path.join(folder, "accounts.json")], stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.sandbox.stdout.readline())
        self.url, self.ca = ready["url"], ready["ca"]
        with open(os.path.join(self.workspace, "crisis.yaml"), "w", encoding="utf-8") as file:
            file.write("coordinator: {name: Bench}\napproval: {threshold: 0}\nlog: {origin: bench.invalid/audit}\n"
                       f'ca-file: "{self.ca}"\nnetworks:\n'
                       f'  facebook: {{endpoint: "{url}/facebook/v25.0"}}\n  x: {{endpoint: "{url}/x"}}\n')
        self.run("-C", self.workspace, "register", "--from", os.path.join(folder, "accounts.yaml"))

    def run(self, *arguments):
        return subprocess.run([self.crisis, "--quiet", *arguments], check=True, stdout=subprocess.PIPE, text=True)

    def send(self):
        start = time.monotonic()
        sent = self.run("--json", "-C", self.workspace, "send", os.path.join(NORWAY, "flood.yaml"), "--yes")
        wall = time.monotonic() - start
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
    options = parser.parse_args()
    latency(options.crisis, options.rounds)
    throughput(options.crisis, options.bare_client, options.rounds)


if __name__ == "__main__":
    main()
