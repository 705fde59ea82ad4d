#!/usr/bin/python3
"""Measures sends to 357 municipalities against a sandbox and prints the times.

    bench.py CRISIS [--rounds N] [--latency MS] [--per-channel facebook=2,x=2,webhook=1]

Each round has a workspace and a sandbox of its own. Measured is the wall time of `crisis send` from start to
exit, with everything recorded and audited. Nothing fails for being slow: machines differ.
"""
import argparse
import json
import os
import signal
import statistics
import subprocess
import sys
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
NORWAY = os.path.join(ROOT, "plans", "norway")


def configure(workspace, url, ca):
    """Points a new workspace at the sandbox, where no approvals are needed."""
    path = os.path.join(workspace, "crisis.yaml")
    kept, drop = [], False
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line[:1] not in (" ", "#", "\n"):
                drop = line.startswith(("approval:", "networks:", "ca-file:"))
            if not drop:
                kept.append(line)
    kept.append(f'approval: {{threshold: 0}}\nca-file: "{ca}"\nnetworks:\n'
                f'  facebook: {{endpoint: "{url}/facebook/v25.0"}}\n  x: {{endpoint: "{url}/x"}}\n')
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(kept)


def free_port():
    import socket

    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def one_round(crisis, folder, latency_ms, per_channel):
    workspace = os.path.join(folder, "workspace")
    run = [crisis, "-C", workspace]
    subprocess.run([crisis, "init", workspace], check=True, stdout=subprocess.DEVNULL)
    url = f"https://127.0.0.1:{free_port()}"
    subprocess.run([sys.executable, os.path.join(HERE, "make_accounts.py"), os.path.join(NORWAY, "municipalities.yaml"),
                    "--webhook-base", url + "/webhook", "--per-channel", per_channel, "--out", folder],
                   check=True, stderr=subprocess.DEVNULL)
    sandbox = subprocess.Popen(run + ["--json", "sandbox", "--listen", url.removeprefix("https://"), "--latency",
                                      f"{latency_ms}ms", "--dir", os.path.join(folder, "sandbox"),
                                      "--accounts", os.path.join(folder, "accounts.json")],
                               stdout=subprocess.PIPE, text=True)
    try:
        ready = json.loads(sandbox.stdout.readline())
        configure(workspace, ready["url"], ready["ca"])
        subprocess.run(run + ["register", "--from", os.path.join(folder, "accounts.yaml")], check=True,
                       stdout=subprocess.DEVNULL)
        start = time.monotonic()
        sent = subprocess.run(run + ["--json", "send", os.path.join(NORWAY, "flood.yaml"), "--yes"],
                              stdout=subprocess.PIPE, text=True)
        wall = time.monotonic() - start
        summary = json.loads(sent.stdout.strip().splitlines()[-1])
        return wall, summary
    finally:
        sandbox.send_signal(signal.SIGTERM)
        sandbox.wait(timeout=10)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("crisis")
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--latency", type=int, default=150, metavar="MS")
    parser.add_argument("--per-channel", default="facebook=2,x=2,webhook=1")
    options = parser.parse_args()

    times = []
    for number in range(1, options.rounds + 1):
        with tempfile.TemporaryDirectory() as folder:
            wall, summary = one_round(os.path.abspath(options.crisis), folder, options.latency, options.per_channel)
        times.append(wall)
        print(f"round {number}: {wall:.3f} s, {summary['posted']} posted, {summary['failed']} failed, "
              f"{summary['in_doubt']} in doubt", flush=True)
    print(f"357 municipalities, {options.per_channel}, answers after {options.latency} ms: median "
          f"{statistics.median(times):.3f} s, best {min(times):.3f} s, worst {max(times):.3f} s")


if __name__ == "__main__":
    main()
