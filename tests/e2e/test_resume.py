"""A send that is killed, interrupted, or runs out of room loses nothing and publishes nothing twice: `resume` ends it."""
import collections
import json
import os
import random
import select
import shutil
import signal
import subprocess
import time

import pytest
from conftest import WAIT_TIMEOUT_S, release_path, wait_until
from stage import Stage, assert_all_posted, assert_nothing_twice, beside, scenes  # noqa: F401

ROUNDS = 14
MANY = [str(7000 + i) for i in range(12)]
PART = "Dette er en lang setning om vannet som stiger i elva, nummer {}. "
END_S = 150
GRACE_S = 5  # for what is under way


def long_text():
    return {"nb": {"long": "{{municipality.name}}: " + "".join(PART.format(i) for i in range(8))}}


def wait_for_lines(process, count, seconds):
    """Reads until there are `count` lines, but not for longer than `seconds`; returns what came, by lines."""
    data, end = b"", time.monotonic() + seconds
    while data.count(b"\n") < count:
        left = end - time.monotonic()
        if left <= 0 or not select.select([process.stdout], [], [], left)[0]:
            break
        piece = os.read(process.stdout.fileno(), 4096)
        if not piece:
            break
        data += piece
    return data.decode().splitlines()


def is_pending(process, number):
    """Whether a signal has been sent, and not yet arrived."""
    with open(f"/proc/{process.pid}/status", encoding="ascii") as file:
        return any(int(line.split()[1], 16) >> (number - 1) & 1 for line in file if line.startswith(("SigPnd:", "ShdPnd:")))


def kill_at(process, source):
    """Kills it at a moment that the seed chooses: after some lines, or some time. Whether it was still running."""
    if source.random() < 0.5:
        wait_for_lines(process, source.randrange(0, 30), 10)
    else:
        wait_for_lines(process, 1, 10)
        select.select([], [], [], source.uniform(0, 0.35))
    running = process.poll() is None
    process.send_signal(signal.SIGKILL)
    process.wait(timeout=WAIT_TIMEOUT_S)
    return running


# --- SIGKILL ----------------------------------------------------------------------------------------------------
@beside(*range(ROUNDS))
def test_killed_in_the_middle(folder, case):
    source = random.Random(1000 + case)
    plan = {}
    if case % 3 == 2:  # threads, which have several moments in which to die
        plan = {"messages": {"info": {"kind": "information", "text": long_text()}}, "languages": ["nb"]}
    with Stage(folder, places=MANY, binary=release_path(), **plan) as stage:
        stage.open(latency="150ms")
        kill_at(stage.start(json=True), source)
        if not stage.run("runs", check=0).out:
            stage.send(check=0)  # it died before there was a run
        while source.random() < 0.5:
            kill_at(stage.workspace.start("resume", json=True), source)
        result = stage.run("resume", "--deadline", f"{END_S}s", json=True)
        if result.code == 2:
            assert "no run is unfinished" in result.err, result
        else:
            assert result.code == 0, result
        deliveries = assert_all_posted(stage, result)
        assert len(deliveries) == 3 * len(MANY)
        assert_threads_are_whole(stage, deliveries)
        stage.run("audit", "verify", check=0)
        # Each post was preceded on the log by its intent, and each delivery has one end.
        entries = stage.audit()
        attempts = {e["delivery"] for e in entries if e.get("type") == "attempt"}
        assert not attempts or attempts == {d["delivery"] for d in deliveries}


def assert_threads_are_whole(stage, deliveries):
    there = {p["id"]: p for p in stage.sandbox.posts()}
    for delivery in deliveries:
        ids = [p["id"] for p in delivery["posts"]]
        if delivery["channel"] == "x":
            assert [there[i]["reply_to"] for i in ids] == [None, *ids[:-1]]
            assert all(f"{n}/{len(ids)}" in there[i]["text"] for n, i in enumerate(ids, 1) if len(ids) > 1)


@beside()
def test_no_kill_leaves_the_run_locked(folder):
    with Stage(folder) as stage:
        stage.open(faults=["hang:on=post:times=1"])
        process = stage.start(json=True)
        wait_until(lambda: stage.sandbox.stats()["requests"] >= 1)
        process.kill()
        process.wait(timeout=WAIT_TIMEOUT_S)
        assert "being sent now" not in stage.run("status", check=0).out
        status = stage.status().events("summary")[0]
        assert status["in_doubt"] + status["pending"] >= 1
        stage.run("resume", "--deadline", f"{END_S}s", check=0)
        assert_all_posted(stage)


# --- signals ----------------------------------------------------------------------------------------------------
@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path, places=MANY) as made:
        yield made


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP], ids=["SIGINT", "SIGTERM", "SIGHUP"])
def test_an_interrupt_finishes_what_is_under_way(stage, number):
    stage.open(latency="700ms", faults=["429:channel=x:seconds=8:times=6"])
    process = stage.start(json=True)
    lines = wait_for_lines(process, 1, 60)
    run = json.loads(lines[0])["run"]
    wait_until(lambda: stage.sandbox.stats()["faults"] == 6)  # these wait; others are under way
    process.send_signal(number)
    out, err = process.communicate(timeout=WAIT_TIMEOUT_S)
    assert process.returncode == 130, (out, err)
    summary = json.loads(out.splitlines()[-1])
    assert summary["event"] == "summary" and summary["pending"] >= 1 and summary["in_doubt"] == 0
    assert summary["posted"] == len(stage.sandbox.posts())
    assert stage.run("runs", json=True).lines[0]["state"] == "unfinished"
    assert "next: crisis resume " + run in stage.run("status", check=0).out
    entries = [e for e in stage.audit() if "interrupted" in json.dumps(e)]
    assert len(entries) == 1
    stage.run("resume", check=0)
    assert_all_posted(stage)
    stage.run("audit", "verify", check=0)


@pytest.mark.alone
def test_a_second_interrupt_ends_it_at_once(stage):
    stage.open(faults=["hang:on=post:channel=facebook:times=1"])
    process = stage.start(json=True)
    wait_for_lines(process, 1, 60)
    wait_until(lambda: stage.sandbox.stats()["requests"] >= 30)
    began = time.monotonic()
    process.send_signal(signal.SIGINT)
    wait_until(lambda: not is_pending(process, signal.SIGINT))  # two signals at the same moment are one
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=WAIT_TIMEOUT_S)
    assert process.returncode == 130 and time.monotonic() - began < GRACE_S  # not only when the grace is over
    assert_nothing_twice(stage)
    assert stage.status().events("summary")[0]["in_doubt"] >= 1
    stage.run("audit", "verify", check=0)


# --- what resume looks at again ---------------------------------------------------------------------------------
def leave_unfinished(stage):
    """A run of which X is left, and all of X."""
    stage.open(faults=["429:channel=x:seconds=300"])
    process = stage.start(json=True)
    # The run, and of each delivery that it was posted or, on X, has to wait: told while it goes on.
    lines = wait_for_lines(process, 1 + 3 * len(MANY), 60)
    assert len(lines) == 1 + 3 * len(MANY), "what has happened is told at once, also through a pipe"
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=WAIT_TIMEOUT_S)
    assert process.returncode == 130 and len(stage.sandbox.posts()) == 2 * len(MANY)
    stage.sandbox.reset()
    return json.loads(lines[0])["run"]


def open_again(stage):
    """The same accounts at a sandbox without faults."""
    stage.sandbox.stop()
    stage.open(register=False)
    stage.workspace.register([a for a in stage.accounts if a["channel"] == "x"])


def test_only_what_is_left_is_sent(stage):
    run = leave_unfinished(stage)
    open_again(stage)
    result = stage.run("resume", run, json=True, check=0)
    assert {e["channel"] for e in result.events("delivery")} == {"x"}
    assert {p["channel"] for p in stage.sandbox.posts()} == {"x"} and len(stage.sandbox.posts()) == len(MANY)
    assert result.events("summary")[0]["posted"] == 3 * len(MANY)
    assert_nothing_twice(stage)


def test_the_gate_decides_again(stage):
    run = leave_unfinished(stage)
    open_again(stage)
    stage.workspace.configure(stage.sandbox.url, stage.sandbox.ca, approval={"threshold": 1})
    assert "needs 1 approval" in stage.run("resume", run, check=4).err
    stage.workspace.configure("https://example.invalid", stage.sandbox.ca)
    assert "https://example.invalid" in stage.run("resume", run, check=4).err
    assert stage.sandbox.posts() == []
    assert sum("refus" in json.dumps(e) for e in stage.audit()) == 2
    stage.workspace.configure(stage.sandbox.url, stage.sandbox.ca)
    stage.run("resume", run, check=0)
    assert len(stage.sandbox.posts()) == len(MANY)


def test_an_account_that_is_gone_fails_and_says_so(stage):
    run = leave_unfinished(stage)
    open_again(stage)
    stage.run("unregister", MANY[0], "x", check=0)
    result = stage.run("resume", run, json=True, check=5)
    failed = [e for e in result.events("delivery") if e["state"] == "failed"]
    assert [(e["municipality"], e["error"]["kind"]) for e in failed] == [(MANY[0], "credential")]
    assert f"crisis register {MANY[0]} x" in failed[0]["error"]["next"]
    assert len(stage.sandbox.posts()) == len(MANY) - 1


def test_nothing_to_resume(stage):
    assert "no run is unfinished" in stage.run("resume", check=2).err
    assert "there is no run 'flom.x'" in stage.run("resume", "flom.x", check=2).err
    assert stage.run("resume", "a", "b").code == 2


# --- no room ----------------------------------------------------------------------------------------------------
def can_mount(folder):
    if os.geteuid() != 0:
        return False
    done = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=4m", "none", folder], check=False, stderr=subprocess.DEVNULL)
    return done.returncode == 0


@pytest.mark.parametrize("left_kib", [0, 24, 48, 96, 160])
def test_a_full_disk(stage, left_kib):
    """The disk fills up before or in the middle of a send."""
    small = os.path.join(stage.folder, "small")
    os.mkdir(small)
    if not can_mount(small):
        pytest.skip("only root can mount a small disk")
    try:
        stage.open(latency="50ms")
        moved = os.path.join(small, "workspace")
        shutil.copytree(stage.workspace.path, moved)
        stage.workspace.path = moved
        filler = fill(small, left_kib * 1024)
        result = stage.send()
        assert result.code == 1, result
        error = result.events("error")[0]
        assert error["message"] and error["next"], error
        assert "full" in error["message"] or "space" in error["message"] or "full" in error["next"], error
        assert_nothing_twice(stage)
        os.unlink(filler)
        stage.run("audit", "verify", check=0)
        runs = stage.run("runs", json=True, check=0).lines
        if runs:
            assert "crisis resume" in error["next"]
            assert stage.run("resume", "--deadline", f"{END_S}s").code == 0
        else:
            assert stage.sandbox.posts() == []
            stage.send(check=0)
        assert_all_posted(stage)
        stage.run("audit", "verify", check=0)
    finally:
        subprocess.run(["umount", small], check=True)


def fill(folder, left):
    """Leaves `left` bytes free."""
    path = os.path.join(folder, "filler")
    with open(path, "wb") as file:
        free = os.statvfs(folder)
        file.write(b"\0" * max(0, free.f_bavail * free.f_frsize - left))
    return path


def test_a_workspace_that_is_read_only(stage):
    stage.open()
    path = stage.workspace.path
    command = f'mount --bind "{path}" "{path}" && mount -o remount,bind,ro "{path}" && exec "$@"'
    program, stage.program.binary = stage.program.binary, "unshare"
    result = stage.program.run("-m", "sh", "-c", command, "sh", program, "-C", path, "send", stage.plan, "--yes")
    stage.program.binary = program
    if "unshare" in result.err or "mount:" in result.err:
        pytest.skip("no mount namespaces here")
    assert result.code == 1, result
    assert "crisis: " in result.err and len(result.err.strip().splitlines()) >= 2, result
    assert stage.sandbox.posts() == []
    assert stage.run("runs", check=0).out == ""
    stage.send(check=0)
    assert_all_posted(stage)


def test_counts_stay_right_over_many_interruptions(stage):
    """Every resume is interrupted early, again and again, until nothing is left."""
    stage.open(latency="100ms", faults=["429:seconds=1:rate=0.2:on=post", "slow:ms=4000:on=post:times=1"])
    process = stage.start(json=True)
    codes = collections.Counter()
    for _ in range(40):
        wait_for_lines(process, 8, WAIT_TIMEOUT_S)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=WAIT_TIMEOUT_S)
        codes[process.returncode] += 1
        if process.returncode == 0:
            break
        process = stage.workspace.start("resume", json=True)
    assert set(codes) <= {0, 130} and codes[130] >= 1, codes
    stage.run("resume")
    assert_all_posted(stage)
    stage.run("audit", "verify", check=0)
