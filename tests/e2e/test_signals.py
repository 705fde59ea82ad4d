"""Signals in the middle of a send: those that mean nothing do nothing, however many; those that end a program lose
nothing."""
import os
import select
import signal
import subprocess

from conftest import WAIT_TIMEOUT_S, wait_until
from failing import END_S, assert_whole, deliveries_of, make_stage, needs_release, preload_path
from stage import beside, scenes  # noqa: F401

EVERY_S = 0.002
STORM = (signal.SIGWINCH, signal.SIGCHLD, signal.SIGURG, signal.SIGXFSZ, signal.SIGPIPE, signal.SIGSTOP, signal.SIGCONT)
ENDING = (signal.SIGUSR1, signal.SIGALRM, signal.SIGQUIT, signal.SIGABRT, signal.SIGVTALRM)

pytestmark = needs_release


@beside()
def test_calls_are_interrupted_all_the_time(folder):
    """By a handler that does not restart them."""
    with make_stage(folder) as stage:
        stage.open(latency="20ms")
        stage.send(env={"LD_PRELOAD": preload_path(), "CRISIS_ALARM_US": "300"}, check=0)
        assert_whole(stage)


@beside()
def test_a_storm_from_outside(folder):
    with make_stage(folder) as stage:
        stage.open(latency="5s")
        process = stage.start(json=True)
        process.stdout.readline()  # the run: the program has begun
        sent = 0
        while process.poll() is None:
            for number in STORM:
                process.send_signal(number)
            sent += len(STORM)
            select.select([], [], [], EVERY_S)
        out, err = process.communicate()
        assert process.returncode == 0 and sent >= 300, (process.returncode, sent, out, err)
        assert_whole(stage)


@beside(*ENDING)
def test_a_signal_that_ends_it(folder, number):
    with make_stage(folder) as stage:
        stage.open(faults=[f"hang-after:on=post:times={deliveries_of(stage)}"])
        process = stage.start(json=True)
        wait_until(lambda: stage.sandbox.stats()["faults"] == deliveries_of(stage))
        process.send_signal(number)
        _, err = process.communicate(timeout=WAIT_TIMEOUT_S)
        # An abort is heard: a library has given up (lib/net/loop.c).
        assert process.returncode == (1 if number == signal.SIGABRT else -number), err
        stage.run("resume", "--deadline", END_S, check=0)
        assert_whole(stage)


@beside()
def test_nohup_goes_on_when_the_terminal_is_gone(folder):
    with make_stage(folder) as stage:
        stage.open(latency="5s")
        command = ["nohup", *stage.program.command(["-C", stage.workspace.path, "send", stage.plan, "--yes"], True)]
        with subprocess.Popen(command, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as process:
            wait_until(lambda: stage.sandbox.stats()["requests"] >= 1)
            os.kill(process.pid, signal.SIGHUP)
            _, err = process.communicate(timeout=WAIT_TIMEOUT_S)
        assert process.returncode == 0, err
        assert len(stage.sandbox.posts()) == deliveries_of(stage)
        assert_whole(stage)
