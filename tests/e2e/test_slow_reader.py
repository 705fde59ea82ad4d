"""Whoever does not read what a send prints holds no message up: a pager that waits, a terminal held with Ctrl-S."""
import json
import os

from conftest import WAIT_TIMEOUT_S, wait_until
from stage import Stage, assert_all_posted, beside, scenes  # noqa: F401
from test_terminal import PROMPT_LIVE, Terminal

MANY = [str(7000 + i) for i in range(120)]
HOLD, GO_ON = b"\x13", b"\x11"
PIPE_BYTES = 64 * 1024


@beside()
def test_a_pipe_that_nobody_reads_yet(folder):
    with Stage(folder, places=MANY) as stage:
        stage.open()
        process = stage.start(json=True)
        wait_until(lambda: len(stage.sandbox.posts()) == 3 * len(MANY))
        wait_until(lambda: "finished" in stage.run("runs", check=0).out)
        assert process.poll() is None, "what it says waits for its reader"
        out, err = process.communicate(timeout=WAIT_TIMEOUT_S)
        assert process.returncode == 0, err
        lines = [json.loads(line) for line in out.splitlines()]
        assert len(out) > PIPE_BYTES and [line["event"] for line in lines] == ["run", *["delivery"] * 3 * len(MANY), "summary"]
        assert_all_posted(stage)


@beside()
def test_a_reader_that_goes_away(folder):
    with Stage(folder, places=MANY) as stage:
        stage.open(latency="100ms")
        process = stage.start(json=True)
        process.stdout.readline()
        process.stdout.close()
        err = process.stderr.read()
        assert process.wait(timeout=WAIT_TIMEOUT_S) == 1 and "output could not be written" in err, err
        assert_all_posted(stage)


@beside()
def test_a_terminal_that_is_held(folder):
    with Stage(folder) as stage:
        stage.open(latency="300ms", faults=["500-before:channel=webhook:on=post:times=2"])
        terminal = Terminal(stage, "send", stage.plan)
        terminal.wait_for(PROMPT_LIVE)
        os.write(terminal.descriptor, b"flom\n" + HOLD)
        wait_until(lambda: len(stage.sandbox.posts()) == 9)
        wait_until(lambda: "finished" in stage.run("runs", check=0).out)
        assert "9 of 9 deliveries" not in terminal.text
        os.write(terminal.descriptor, GO_ON)
        assert terminal.end() == 0 and "9 of 9 deliveries" in terminal.text, terminal.text
