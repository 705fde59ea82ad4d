"""Nothing leaks: memory and file descriptors are all given back, and a send of many needs no more than one of few."""
import json
import os
import pathlib
import re
import subprocess
import threading
import time

import pytest
from approving import KARI, OLA, Approvals
from conftest import WAIT_TIMEOUT_S, Sandbox, Workspace, release_path, wait_until
from stage import by_state

SUPPRESSIONS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "valgrind.supp")
VALGRIND = ["valgrind", "-q", "--leak-check=full", "--show-leak-kinds=definite,indirect,possible", "--num-callers=30",
            "--errors-for-leak-kinds=definite,indirect", "--track-fds=yes", "--error-exitcode=99", f"--suppressions={SUPPRESSIONS}"]
VALGRIND_S = 300
DESCRIPTOR = re.compile(r"^==\d+== Open file descriptor (\d+):.*\n==\d+==(.*)$", re.MULTILINE)
PLACES = tuple(str(7000 + number) for number in range(12))


# --- valgrind ---------------------------------------------------------------------------------------------------
class Watched:
    """Runs the released program under valgrind; fails where it complains, or where a descriptor is left open."""

    def __init__(self, stage):
        self.stage = stage
        self.count = 0

    def run(self, *arguments, json=False, check=0):
        self.count += 1
        log = os.path.join(self.stage.folder, f"valgrind-{self.count}.txt")
        command = [*VALGRIND, f"--log-file={log}", release_path(), *(["--json"] if json else []), "-C", self.stage.workspace.path,
                   *arguments]
        done = subprocess.run(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              env=self.stage.program.environment(), timeout=VALGRIND_S, check=False)
        text = pathlib.Path(log).read_text(encoding="utf-8", errors="replace")
        assert done.returncode == check, (arguments, done.returncode, done.stdout[-2000:], done.stderr[-2000:], text[-8000:])
        left = [line for line in DESCRIPTOR.findall(text) if "<inherited from parent>" not in line[1]]
        assert "FILE DESCRIPTORS" in text and not left, text
        return done.stdout.decode()


@pytest.fixture
def stage(tmp_path):
    if not release_path():
        pytest.skip("no released build is there")
    with Approvals(tmp_path, places=PLACES, binary=release_path()) as made:
        yield made


FAULTS = ["500-before:on=post:times=2", "500-after:on=post:times=3", "reset-after:on=post:times=1", "429:times=2",
          "truncated:on=post:times=1", "refuse:code=368:channel=facebook:times=1", "expired-token:channel=x:on=post:times=1",
          "expired-token:channel=x:path=/users/me:times=1"]


def test_valgrind_finds_nothing_in_the_whole_story(stage):
    """Check, approve, send, look up what failed, resume what was killed, and verify it all."""
    stage.open(faults=FAULTS)
    watched = Watched(stage)
    watched.run("check", stage.plan)
    watched.run("approve", stage.plan, "--key", stage.keys[KARI], "--yes")
    watched.run("send", stage.plan, "--yes", check=4)
    stage.approve(OLA)
    sent = watched.run("send", stage.plan, "--yes", json=True, check=5)
    states = [json.loads(line)["state"] for line in sent.splitlines() if '"event":"delivery"' in line]
    assert states.count("posted") >= 3 * len(PLACES) - 2 and "failed" in states
    requests = stage.sandbox.stats()["requests"]
    assert requests > 3 * len(PLACES)  # there were look-ups, or second tries
    watched.run("audit", "verify")
    watched.run("channels", "--check", check=5)  # a token is said to have expired


def test_valgrind_finds_nothing_in_a_resume(stage):
    stage.open(faults=["hang-after:on=post:times=2"])
    for name in (KARI, OLA):
        stage.approve(name)
    process = stage.start(json=True)
    wait_until(lambda: stage.sandbox.stats()["faults"] == 2)
    process.kill()
    process.wait(timeout=WAIT_TIMEOUT_S)
    resumed = Watched(stage).run("resume", json=True)
    assert resumed.count('"state":"posted"') > 0
    assert all(one["state"] == "posted" for one in by_state(stage.status()).values())


# --- many -------------------------------------------------------------------------------------------------------
class Sampler:
    """What a process holds, against how many deliveries it has ended."""

    def __init__(self, process):
        self.process = process
        self.done = 0
        self.last = None
        self.samples = []  # (done, KiB of memory of its own, open descriptors or None)
        self.thread = threading.Thread(target=self._read)

    def _read(self):
        for line in self.process.stdout:
            self.last = line
            self.done += '"state":"posted"' in line

    def _sample(self):
        folder = pathlib.Path(f"/proc/{self.process.pid}")
        try:
            memory = int(re.search(r"RssAnon:\s*(\d+)", (folder / "status").read_text())[1])
            descriptors = len(os.listdir(folder / "fd"))
        except PermissionError:
            descriptors = None  # not root: its /proc/PID/fd is closed to us, as it should be
        except (OSError, TypeError):
            return  # it has just ended
        self.samples.append((self.done, memory, descriptors))

    def run(self):
        self.thread.start()
        while self.process.poll() is None:
            self._sample()
            time.sleep(0.05)  # how often it is looked at
        self.thread.join(WAIT_TIMEOUT_S)


class Many:
    """A workspace with thousands of accounts, each with a delivery of its own."""

    PLACES, LABELS = 300, 100
    COUNT = 300 * 100

    def __init__(self, folder, program):
        self.folder, self.program = pathlib.Path(folder), program
        self.folder.mkdir()
        self.workspace = Workspace(self.folder / "workspace", program)
        self.program.run("init", self.workspace.path, check=0)
        accounts = [self.account(place, label) for place in range(self.PLACES) for label in range(self.LABELS)]
        self.write("accounts.json", accounts)
        # As much is under way from the beginning as ever may be: answers take longer than that takes to be sent.
        self.sandbox = Sandbox(program, self.folder / "sandbox", ["--accounts", self.folder / "accounts.json", "--latency", "1s"])
        self.workspace.configure(self.sandbox.url, self.sandbox.ca)
        self.workspace.register(accounts)
        text = {"short": "{{municipality.name}}: flom. Hold deg unna elva."}
        self.plan = self.write("plan.yaml", {
            "plan": "flom", "title": "Flom", "issuer": "Nasjonal krisekoordinator", "languages": ["nb"],
            "approval": {"threshold": 0}, "channels": ["facebook"],
            "municipalities": [{"id": f"m{place}", "name": f"m{place}"} for place in range(self.PLACES)],
            "messages": {"info": {"kind": "information", "text": {"nb": text}}}})

    @staticmethod
    def account(place, label):
        number = str(10**14 + place * 1000 + label)
        return {"municipality": f"m{place}", "name": f"m{place}", "channel": "facebook", "label": f"a{label}",
                "settings": {"page": number}, "credential": {"access-token": "EAA" + number * 5}}

    def write(self, name, content):
        path = self.folder / name
        path.write_text(json.dumps(content), encoding="utf-8")
        return path


# What is held when all is over may be more than when half was done by this much: caches that fill, not what was sent.
FLAT_KIB = 16 * 1024


def test_memory_and_descriptors_stay_flat_over_many_deliveries(release, tmp_path):
    many = Many(tmp_path / "many", release)
    sampler = Sampler(many.workspace.start("send", many.plan, "--yes", json=True))
    sampler.run()
    assert sampler.process.returncode == 0, sampler.last
    assert json.loads(sampler.last)["posted"] == many.COUNT == sampler.done
    early = [sample for sample in sampler.samples if many.COUNT // 4 <= sample[0] <= many.COUNT // 2]
    late = [sample for sample in sampler.samples if many.COUNT // 2 < sample[0] < many.COUNT]
    assert early and late, sampler.samples
    assert max(s[1] for s in late) - max(s[1] for s in early) < FLAT_KIB, sampler.samples[::10]
    if early[0][2] is not None:
        assert max(s[2] for s in late) <= max(s[2] for s in early) + 8, sampler.samples[::10]
    many.sandbox.stop()
