"""The 357 municipalities of plans/norway with accounts on every channel, and a sandbox that answers for their networks."""
import json
import os
import re
import shutil
import subprocess
import sys
import time
import urllib.parse

from measure import ROOT, free_port, run, start, stop

PLANS = os.path.join(ROOT, "plans", "norway")
FIVE_EACH = "facebook=2,x=2,webhook=1"
DELIVERIES = 357 * 5


def named(url, name):
    """The same server by another name: for a client it is another host, as a network is one. (The receivers of webhooks are
    at an address of this machine, which only a network's endpoint allows where approvals are asked for: X has theirs.)"""
    return url.replace("127.0.0.1", f"{name}.sandbox.localhost")


def give_own_hosts(accounts):
    """Receivers at names of their own, in a registration file."""
    with open(accounts, encoding="utf-8") as file:
        text = file.read()
    named = re.sub(r"https://127\.0\.0\.1:(\d+)/webhook/([\w-]+)", r"https://\2.sandbox.localhost:\1/webhook/\2", text)
    with open(accounts, "w", encoding="utf-8") as file:
        file.write(named)


class Norway:
    """A workspace with accounts, and a sandbox that knows them. `approved`: two must sign, and have; the accounts came sealed.
    `faults`: the sandbox's; `own_hosts`: each receiver of webhooks has a name, and so connections, of its own."""

    def __init__(self, crisis, folder, latency_ms, per_channel, approved=False, faults=(), own_hosts=False):
        self.crisis, self.folder = crisis, folder
        self.workspace = os.path.join(folder, "workspace")
        self.plan = os.path.join(PLANS, "flood.yaml")
        recipient = json.loads(self.run("--json", "init", self.workspace))["recipient"]
        url = f"https://127.0.0.1:{free_port()}"
        subprocess.run([sys.executable, os.path.join(ROOT, "tests", "tools", "make_accounts.py"),
                        os.path.join(PLANS, "municipalities.yaml"), "--webhook-base", url + "/webhook",
                        "--per-channel", per_channel, "--out", folder], check=True, stderr=subprocess.DEVNULL)
        self.sandbox = start(
            crisis, "--json", "--quiet", "sandbox", "--listen", url.removeprefix("https://"), "--latency", f"{latency_ms}ms",
            "--dir", os.path.join(folder, "sandbox"), "--no-rate-limits", "--accounts", os.path.join(folder, "accounts.json"),
            *(word for fault in faults for word in ("--faults", fault)), stdout=subprocess.PIPE, text=True)
        ready = json.loads(self.sandbox.stdout.readline())
        self.url, self.ca = ready["url"], ready["ca"]
        with open(os.path.join(self.workspace, "crisis.yaml"), "w", encoding="utf-8") as file:
            file.write(f"coordinator: {{name: Bench}}\napproval: {{threshold: {2 if approved else 0}}}\n"
                       f'log: {{origin: bench.invalid/audit}}\nca-file: "{self.ca}"\nnetworks:\n'
                       f'  facebook: {{endpoint: "{named(url, "facebook")}/facebook/v25.0"}}\n  x: {{endpoint: "{url}/x"}}\n')
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
            shutil.copy(os.path.join(PLANS, name), self.folder)
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
        return run(self.crisis, "--quiet", *arguments)[1]

    def send(self):
        """When it began, in milliseconds of Unix time, and what it cost; all must be posted."""
        began_ms = time.time() * 1000
        figures, _ = run(self.crisis, "--quiet", "-C", self.workspace, "send", self.plan, "--yes")
        return began_ms, figures

    def requests(self, count):
        """So many posts like those that `crisis send` makes on its pages of Facebook, for the bare client."""
        with open(os.path.join(self.folder, "accounts.json"), encoding="utf-8") as file:
            pages = [account for account in json.load(file) if account["channel"] == "facebook"]
        for number in range(count):
            account = pages[number % len(pages)]
            body = urllib.parse.urlencode({
                "message": f"{account['municipality']} {number} " + "Hold deg unna elva og bekkene. " * 24,
                "published": "true", "fields": "id,permalink_url,created_time",
                "access_token": account["credential"]["access-token"]})
            yield f"{self.url}/facebook/v25.0/{account['settings']['page']}/feed\t{body}\n"

    def close(self):
        stop(self.sandbox)
        self.sandbox.stdout.close()
