"""`stop` from another process: nothing new leaves, everything is on record, and `resume` goes on. And who may work on a run."""
import contextlib
import json
import os
import signal
import socket
import sqlite3
import threading

import pytest
from conftest import WAIT_TIMEOUT_S, wait_until
from servers import Authority, Network, Server
from stage import Stage, assert_all_posted, assert_nothing_twice

MANY = [str(7000 + i) for i in range(12)]
END_S = 150
GRACE_MS = 5000  # for what is under way


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path, places=MANY) as made:
        yield made


def begin(stage, *arguments):
    """A send under way; returns its process and its run's id."""
    process = stage.start(*arguments, json=True)
    for text in process.stdout:
        line = json.loads(text)
        if line["event"] == "run":
            return process, line["run"]
    raise AssertionError(process.communicate())


def end(process):
    """Its exit code, and its JSON lines."""
    out, err = process.communicate(timeout=END_S)
    return process.returncode, [json.loads(line) for line in out.splitlines()], err


def summary_of(lines):
    return next(line for line in lines if line["event"] == "summary")


def states(stage):
    return {(d["municipality"], d["channel"]): d["state"] for d in stage.status().events("delivery")}


def suspend(process):
    process.send_signal(signal.SIGSTOP)
    with open(f"/proc/{process.pid}/stat", encoding="ascii") as file:
        wait_until(lambda: file.seek(0) == 0 and file.read().rsplit(")", 1)[1].split()[0] == "T")


def held(stage):
    """A run of which nothing ends by itself soon: each post was refused, and waits to be tried again."""
    stage.open(faults=["429:on=post:seconds=300"])
    process, run = begin(stage)
    wait_until(lambda: set(states(stage).values()) == {"waiting"})
    return process, run


# --- stopping ---------------------------------------------------------------------------------------------------
def test_a_stop_in_the_middle_and_resume(stage):
    # One answer at a time for each account's host: a few are there, most are not begun.
    stage.open(latency="60ms", faults=["429:on=post:seconds=300:after=20"])
    process, run = begin(stage)
    wait_until(lambda: len(stage.sandbox.posts()) >= 10)
    stopped = stage.run("stop", json=True, check=0)
    there = stage.sandbox.stats()["requests"]
    code, lines, err = end(process)
    assert code == 6, (lines[-1], err)
    # Whoever has stopped it knows the last word: nothing has left since.
    assert stage.sandbox.stats()["requests"] == there
    assert [line["event"] for line in stopped.lines] == ["stop", "summary"]
    assert stopped.lines[0]["run"] == run and stopped.lines[0]["state"] == "stopped"
    for summary in (summary_of(stopped.lines), summary_of(lines)):
        assert summary["posted"] == len(stage.sandbox.posts()) and summary["in_doubt"] == 0
        assert summary["posted"] + summary["pending"] == 3 * len(MANY) and summary["pending"] > 0
    assert set(states(stage).values()) == {"posted", "stopped"}
    # Each is told by the sender, too: once, with its last state.
    told = {line["delivery"]: line["state"] for line in lines if line["event"] == "delivery"}
    assert sorted(told.values()) == sorted(states(stage).values())
    assert stage.run("runs", json=True).lines[0]["state"] == "stopped"
    types = [e["type"] for e in stage.audit()]
    assert types.count("stop-asked") == 1 and types.count("run-stopped") == 1
    assert types.index("stop-asked") < types.index("run-stopped")
    asked = next(e for e in stage.audit() if e["type"] == "stop-asked")
    assert asked["actor"] == "coordinator" and asked["run"] == run

    stage.sandbox.stop()
    posted_before = states(stage)
    stage.open(register=False)
    stage.workspace.register(stage.accounts)
    # It was called off: only its name takes it up again.
    by_itself = stage.run("resume", check=2)
    assert "was stopped" in by_itself.err and f"crisis resume {run}" in by_itself.err
    result = stage.run("resume", run, json=True, check=0)
    assert "This run was stopped" in result.err
    sent_now = {(e["municipality"], e["channel"]) for e in result.events("delivery")}
    assert sent_now == {key for key, state in posted_before.items() if state == "stopped"}
    assert set(states(stage).values()) == {"posted"}
    assert_nothing_twice(stage)
    assert stage.run("runs", json=True).lines[0]["state"] == "finished"
    stage.run("audit", "verify", check=0)


def test_what_is_under_way_is_answered_and_counted(stage):
    authority, network, answers_go = Authority(os.path.join(stage.folder, "authority")), Network(), threading.Event()

    def answer(request):
        answers_go.wait(END_S)
        return network.answer(request)

    with Server(answer, tls=authority) as server:
        stage.workspace.configure(server.url, authority.ca)
        stage.workspace.register(stage.accounts)
        process, run = begin(stage)
        wait_until(lambda: len(server.posts()) >= 3)
        stopping = stage.workspace.start("stop", run)
        told = stopping.stderr.readline()
        assert "Nothing new leaves any more; process" in told and str(process.pid) in told
        answers_go.set()
        out, err = stopping.communicate(timeout=END_S)
        assert stopping.returncode == 0, err
        code, lines, _ = end(process)
        posted = summary_of(lines)["posted"]
        assert summary_of(lines)["in_doubt"] == 0 and posted == len(server.posts()) >= 3
        if code == 6:
            assert "STOPPED, after" in out and f"{posted} had been posted, 0 in doubt" in out
        assert f"crisis resume {run}" in out or posted == 3 * len(MANY)


def test_a_thread_is_halted_between_two_posts(tmp_path):
    text = {"nb": {"long": " ".join(f"Dette er setning nummer {i} om vannet som stiger." for i in range(30))}}
    plan = {"messages": {"info": {"kind": "information", "text": text}}, "languages": ["nb"]}
    with Stage(tmp_path, places=["0301"], channels=("x",), **plan) as stage:
        stage.open(faults=["slow:on=post:ms=4000:after=2:times=4"])
        process, run = begin(stage)
        wait_until(lambda: len(stage.sandbox.posts()) >= 2)
        stage.run("stop", check=0)
        code, _, err = end(process)
        assert code == 6, err
        half = len(stage.sandbox.posts())
        delivery = stage.status().events("delivery")[0]
        assert delivery["state"] == "stopped" and len(delivery["posts"]) == half
        stage.run("resume", run, check=0)
        whole = assert_all_posted(stage)[0]
        assert len(whole["posts"]) > half and whole["posts"][:half] == delivery["posts"]
        there = {p["id"]: p["reply_to"] for p in stage.sandbox.posts()}
        ids = [p["id"] for p in whole["posts"]]
        assert [there[i] for i in ids] == [None, *ids[:-1]]


def test_what_hangs_is_in_doubt_not_lost(tmp_path):
    with Stage(tmp_path) as stage:
        stage.open(faults=["hang:on=post:channel=facebook:municipality=0301"])
        process, run = begin(stage)
        wait_until(lambda: len(stage.sandbox.posts()) == 8)
        result = stage.run("stop", json=True, check=0)
        code, lines, _ = end(process)
        assert code == 6
        for told in (summary_of(result.lines), summary_of(lines)):
            assert (told["posted"], told["in_doubt"], told["pending"]) == (8, 1, 0)
        stage.sandbox.stop()
        assert stage.run("runs", json=True).lines[0]["state"] == "stopped"
        assert states(stage)["0301", "facebook"] in ("sending", "in-doubt")


@contextlib.contextmanager
def sending_to_nobody(folder):
    """A listener that greets nobody: requests wait for TLS."""
    with Stage(folder, channels=("webhook",)) as stage, socket.create_server(("127.0.0.1", 0)) as silent:
        stage.open()
        url = f"https://127.0.0.1:{silent.getsockname()[1]}"
        stage.workspace.configure(url, stage.sandbox.ca)
        stage.workspace.register(stage.accounts)
        process, _ = begin(stage)
        connection, _ = silent.accept()
        with connection:
            yield stage, process


def test_a_connection_that_does_not_stand_is_taken_back(tmp_path):
    """They were never sent, and so are not in doubt."""
    with sending_to_nobody(tmp_path) as (stage, process):
        stopped = stage.run("stop", json=True, check=0)
        code, lines, _ = end(process)
        assert code == 6 and stopped.lines[0]["ms"] < GRACE_MS  # not only when the grace is over
        assert summary_of(lines)["in_doubt"] == 0 and summary_of(lines)["pending"] == 3
        assert set(states(stage).values()) == {"stopped"}


def test_an_interrupt_takes_back_what_waits_for_its_connection(tmp_path):
    with sending_to_nobody(tmp_path) as (stage, process):
        process.send_signal(signal.SIGINT)
        code, lines, _ = end(process)
        assert code == 130
        assert summary_of(lines)["in_doubt"] == 0 and summary_of(lines)["pending"] == 3
        assert not {"sending", "in-doubt"} & set(states(stage).values())


def test_stop_twice_and_stop_of_what_is_over(stage):
    process, run = held(stage)
    stage.run("stop", check=0)
    assert end(process)[0] == 6
    entries = len(stage.audit())
    again = stage.run("stop", run, check=0)
    assert "STOPPED" in again.out and len(stage.audit()) == entries  # nothing has changed
    assert "no run is being sent" in stage.run("stop", check=2).err
    assert "there is no run 'flom.x'" in stage.run("stop", "flom.x", check=2).err
    assert "exclude each other" in stage.run("stop", run, "--all", check=2).err


def test_two_stop_at_the_same_time(stage):
    process, run = held(stage)
    results = stage.program.each([["-C", stage.workspace.path, "stop", run]] * 4, check=0)
    assert end(process)[0] == 6
    assert all("STOPPED" in result.out for result in results), results
    stage.run("audit", "verify", check=0)


def test_a_finished_run_stays_finished(tmp_path):
    with Stage(tmp_path) as stage:
        stage.open()
        run = stage.send(check=0).lines[0]["run"]
        result = stage.run("stop", run, check=0)
        assert "had finished: nothing was left to stop" in result.out
        assert stage.run("stop", run, json=True, check=0).lines[0]["state"] == "finished"
        assert stage.run("runs", json=True).lines[0]["state"] == "finished"
        assert not any(e["type"] == "stop-asked" for e in stage.audit())


def test_a_run_that_nobody_sends_is_stopped(stage):
    process, run = held(stage)
    process.kill()
    process.wait(timeout=WAIT_TIMEOUT_S)
    assert stage.run("runs", json=True).lines[0]["state"] == "unfinished"
    result = stage.run("stop", json=True, check=0)
    assert result.lines[0]["run"] == run and result.lines[0]["state"] == "stopped"
    assert set(states(stage).values()) <= {"stopped", "sending"}
    assert "was stopped" in stage.run("resume", check=2).err
    stopped = [e for e in stage.audit() if e["type"] == "run-stopped"]
    assert len(stopped) == 1 and stopped[0]["reason"] == "stopped" and int(stopped[0]["pending"]) > 0


def test_a_resumed_run_is_stopped_like_a_send(stage):
    process, run = held(stage)
    stage.run("stop", check=0)
    assert end(process)[0] == 6
    process = stage.workspace.start("resume", run, json=True)
    process.stdout.readline()
    wait_until(lambda: any(e["type"] == "run-resumed" for e in stage.audit()))
    stage.run("stop", check=0)
    assert end(process)[0] == 6
    assert [e["type"] for e in stage.audit()].count("run-stopped") == 2


def test_several_are_named_or_stopped_together(stage):
    stage.open(faults=["429:on=post:seconds=300"])
    first, one = begin(stage)
    second = stage.workspace.start("send", stage.plan, "--exercise", "--yes", json=True)
    other = json.loads(second.stdout.readline())["run"]
    result = stage.run("stop", check=2)
    assert one in result.err and other in result.err and "--all" in result.err
    assert first.poll() is None and second.poll() is None
    stopped = stage.run("stop", "--all", json=True, check=0)
    assert {line["run"] for line in stopped.events("stop")} == {one, other}
    assert end(first)[0] == 6 and end(second)[0] == 6
    assert "no run is being sent" in stage.run("stop", "--all", check=2).err


def test_it_stops_while_the_database_is_held(stage):
    """What stops the sender needs no transaction: with the database held, or the disk full, nothing new leaves either."""
    process, _ = held(stage)
    database = sqlite3.connect(stage.workspace.file("crisis.db"), isolation_level=None, timeout=WAIT_TIMEOUT_S)
    database.execute("BEGIN IMMEDIATE")
    stopping = stage.workspace.start("stop", json=True)
    halted = stage.workspace.file("crisis.db-lock")

    def is_halted():
        with open(halted, "rb") as file:
            file.seek(128 + 16)  # the run's row is 1
            return int.from_bytes(file.read(8), "little") > 0

    wait_until(is_halted)
    database.execute("ROLLBACK")
    database.close()
    assert end(stopping)[0] == 0 and end(process)[0] == 6


def test_a_suspended_sender_sends_nothing_when_it_goes_on(stage):
    process, run = held(stage)
    suspend(process)
    before = stage.sandbox.stats()["requests"]
    result = stage.run("stop", timeout=60)
    assert result.code == 1 and f"kill -9 {process.pid}" in result.err and socket.gethostname() in result.err, result
    assert stage.run("runs", json=True).lines[0]["state"] == "stopped"
    process.send_signal(signal.SIGCONT)
    assert end(process)[0] == 6
    assert stage.sandbox.stats()["requests"] == before
    assert f"crisis resume {run}" in stage.run("status", check=0).out


def test_many_stops_at_any_moment_lose_nothing(stage):
    """Stopped and resumed again and again, early and late; in the end each is posted once."""
    stage.open(latency="120ms", faults=["429:seconds=1:rate=0.3:on=post:channel=x", "reset-after:rate=0.05:on=post:channel=webhook",
                                        "slow:ms=4000:times=1:on=post:channel=facebook"])
    process, run = begin(stage)
    codes = set()
    for wait_for in (1, 8, 16, 24, 30):
        wait_until(lambda: len(stage.sandbox.posts()) >= min(wait_for, 3 * len(MANY)) or process.poll() is not None)
        stage.run("stop", run, check=0)
        codes.add(end(process)[0])
        assert_nothing_twice(stage)
        process = stage.workspace.start("resume", run, json=True)
        process.stdout.readline()
    end(process)
    assert codes <= {0, 6} and 6 in codes
    stage.run("resume", run)
    assert_all_posted(stage)
    stage.run("audit", "verify", check=0)


# --- who may work on a run --------------------------------------------------------------------------------------
def assert_refused(result, process, words):
    assert result.code == 1 and words in result.err, result
    assert f"process {process.pid} on {socket.gethostname()}" in result.err, result


def test_a_second_sender_is_refused(stage):
    process, run = held(stage)
    before = stage.sandbox.stats()["requests"]
    assert_refused(stage.run("resume", run), process, "this run is being worked on by")
    second = stage.run("send", stage.plan, "--yes")
    assert_refused(second, process, "this message is being sent by")
    assert f"crisis stop {run}" in second.err
    assert len(stage.run("runs", json=True).lines) == 1
    # Another message, another mode and a dry run are other things.
    stage.run("send", stage.plan, "--dry-run", check=0)
    suspend(process)
    assert_refused(stage.run("resume", run), process, "this run is being worked on by")
    assert stage.sandbox.stats()["requests"] == before
    process.send_signal(signal.SIGCONT)
    stage.run("stop", run, check=0)
    end(process)


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGABRT], ids=["SIGKILL", "SIGABRT"])
def test_a_lock_does_not_outlive_its_process(stage, number):
    process, run = held(stage)
    process.send_signal(number)
    process.wait(timeout=WAIT_TIMEOUT_S)
    assert os.path.exists(stage.workspace.file("crisis.db-lock"))  # what is left over means nothing
    stage.sandbox.stop()
    stage.open(register=False)
    stage.workspace.register(stage.accounts)
    stage.run("resume", run, "--deadline", f"{END_S}s", check=0)
    assert_all_posted(stage)


def test_a_lock_file_of_garbage_does_not_matter(tmp_path):
    with Stage(tmp_path) as stage:
        stage.open()
        with open(stage.workspace.file("crisis.db-lock"), "wb") as file:
            file.write(b"\xff" * 4096)
        run = stage.send(check=0).lines[0]["run"]
        assert_all_posted(stage)
        stage.run("stop", run, check=0)
        assert "Nothing is left to send" in stage.run("resume", run, check=0).err


def test_others_may_work_beside_a_send(stage):
    """`register` and readers neither block a send nor are blocked by it; `vault rotate` has to wait, and says so."""
    stage.open(latency="300ms", faults=["429:on=post:channel=x:seconds=12:times=12"])
    process, run = begin(stage)
    failed = []

    def read():
        while process.poll() is None:
            result = stage.status()
            counts = summary_of(result.lines)
            if sum(counts[key] for key in ("posted", "failed", "in_doubt", "pending")) != 3 * len(MANY):
                failed.append(counts)

    reader = threading.Thread(target=read)
    reader.start()
    stage.workspace.register([stage.accounts[0]])
    assert "the vault is in use by another process" in stage.run("vault", "rotate", check=1).err
    stage.run("audit", "log", check=0)
    code, lines, err = end(process)
    reader.join()
    assert code == 0, (lines[-1], err)
    assert not failed
    assert_all_posted(stage)
    stage.run("vault", "rotate", check=0)


def test_status_says_that_it_is_being_sent(stage):
    process, run = held(stage)
    shown = stage.run("status", check=0)
    assert f"being sent now by process {process.pid} on {socket.gethostname()}" in shown.out
    listed = stage.status(run)
    assert len(listed.events("delivery")) == 3 * len(MANY) and len(listed.events("summary")) == 1
    stage.run("stop", check=0)
    end(process)
    assert "being sent" not in stage.run("status", check=0).out
