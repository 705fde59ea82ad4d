"""When the wall clock is wrong, or jumps: nothing is posted twice, and what waits does not wait for hours."""
import os
import struct
import time

from conftest import WAIT_TIMEOUT_S, wait_until
from failing import END_S, assert_whole, begin_again, deliveries_of, make_stage, needs_release, preload_path
from stage import beside, copies, scenes  # noqa: F401

HOURS = 3600

pytestmark = needs_release


class Clock:
    """The wall clock of the programs that run in `environment`."""

    def __init__(self, folder):
        self.path = os.path.join(folder, "clock")
        self.file = open(self.path, "wb", buffering=0)  # noqa: SIM115
        self.set(0)
        self.environment = {"LD_PRELOAD": preload_path(), "CRISIS_CLOCK": self.path}

    def set(self, seconds):
        self.file.seek(0)
        self.file.write(struct.pack("=q", seconds))


JUMPS = (5 * HOURS, -5 * HOURS)


@beside(*JUMPS)
def test_waits_do_not_follow_the_wall_clock(folder, jump):
    with make_stage(folder) as stage:
        stage.open(faults=["429:channel=x:seconds=3:times=2"], latency="100ms")
        clock = Clock(folder)
        began = time.monotonic()
        process = stage.start(json=True, env=clock.environment)
        wait_until(lambda: stage.sandbox.stats()["requests"] >= deliveries_of(stage))
        clock.set(jump)
        out, err = process.communicate(timeout=WAIT_TIMEOUT_S)
        assert process.returncode == 0, (out, err)
        assert time.monotonic() - began > 2.5
        assert_whole(stage)


def assert_nothing_twice_or_forgotten(stage, states):
    assert all(count == 1 for count in copies(stage.sandbox.posts()).values())
    deliveries = stage.status().events("delivery")
    assert len(deliveries) == deliveries_of(stage) and {d["state"] for d in deliveries} <= states, deliveries
    assert len(stage.sandbox.posts()) >= sum(d["state"] == "posted" for d in deliveries)


# The sandbox's certificate is valid from an hour ago.
WRONG = (5 * HOURS, -50 * 60)


@beside(*[(jump, moment) for jump in WRONG for moment in ("from the start", "while it is under way", "and it dies")])
def test_a_wrong_clock_publishes_nothing_twice(folder, case):
    """A post is looked for by its time: a clock that is wrong, or jumps, must not hide it."""
    jump, moment = case
    with make_stage(folder, ("facebook", "x")) as stage:
        stage.open(faults=["reset-after:channel=facebook:times=1", "reset-after:channel=x:times=1"], latency="100ms")
        clock = Clock(folder)
        if moment == "from the start":
            clock.set(jump)
        process = stage.start("--deadline", "60s", json=True, env=clock.environment)
        wait_until(lambda: stage.sandbox.posts())
        clock.set(jump)
        if moment == "and it dies":
            process.kill()
        out, err = process.communicate(timeout=100)
        if moment != "and it dies":
            assert process.returncode == 0, (out, err)
        else:  # by the wrong clock, that something is not there is not always believed
            result = stage.run("resume", "--deadline", "15s", env=clock.environment)
            assert result.code in (0, 2, 6), result
            assert_nothing_twice_or_forgotten(stage, {"posted", "in-doubt", "waiting"})
            clock.set(0)
            result = stage.run("resume", "--deadline", END_S)
            assert result.code in (0, 2), result
        assert_whole(stage)


@beside(*WRONG)
def test_what_died_with_a_wrong_clock_is_not_sent_twice(folder, jump):
    with make_stage(folder, ("facebook", "x")) as stage:
        stage.open(latency="200ms")
        clock = Clock(folder)
        clock.set(jump)
        process = stage.start(json=True, env=clock.environment)
        wait_until(lambda: stage.sandbox.posts())
        process.kill()
        process.communicate(timeout=WAIT_TIMEOUT_S)
        result = stage.run("resume", "--deadline", "45s")  # by the right one
        assert result.code in (0, 2, 6), result  # 2: it had finished
        # What seems to have been sent in the future stays in doubt, for a person to look at.
        assert_nothing_twice_or_forgotten(stage, {"posted", "in-doubt"})
        stage.run("audit", "verify", check=0)


@beside()
def test_a_clock_before_the_certificates_time(folder):
    with make_stage(folder) as stage:
        stage.open()
        clock = Clock(folder)
        clock.set(-5 * HOURS)
        result = stage.send("--deadline", "10s", json=False, env=clock.environment)
        assert result.code == 6 and "not valid at this machine's time" in result.out + result.err, result
        assert not stage.sandbox.posts()
        stage.run("resume", check=0)
        assert_whole(stage)


@beside(7 * HOURS, -7 * HOURS)
def test_an_expiry_is_by_the_wall_clock(folder, jump):
    """The message expires 6 hours after it was sent."""
    with make_stage(folder) as stage:
        stage.open(faults=["500-before:channel=facebook:times=4"], latency="300ms")
        clock = Clock(folder)
        process = stage.start(json=True, env=clock.environment)
        wait_until(lambda: stage.sandbox.stats()["requests"] >= deliveries_of(stage))
        clock.set(jump)
        out, err = process.communicate(timeout=WAIT_TIMEOUT_S)
        states = {d["state"] for d in stage.status().events("delivery")}
        if jump < 0:
            assert process.returncode == 0 and states == {"posted"}, (out, err)
        else:
            assert process.returncode == 5 and states == {"posted", "failed"} and "expired" in out, (out, err)
        copied = copies(stage.sandbox.posts())
        assert all(count == 1 for count in copied.values())
        stage.run("audit", "verify", check=0)
        stage.run("audit", "verify", env=clock.environment, check=0)


@beside(*JUMPS)
def test_the_log_goes_on_when_the_clock_has_jumped(folder, jump):
    with make_stage(folder) as stage:
        stage.open()
        begin_again(stage)
        stage.send(check=0)
        clock = Clock(folder)
        clock.set(jump)
        stage.run("runs", check=0, env=clock.environment)
        stage.run("unregister", "0301", "x", check=0, env=clock.environment)
        stage.run("audit", "verify", check=0, env=clock.environment)
        clock.set(0)
        stage.workspace.register(stage.accounts)
        stage.sandbox.reset()
        begin_again(stage)
        stage.send(check=0)
        assert_whole(stage)
