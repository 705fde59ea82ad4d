"""`watch`: a run as it goes, from another process: on a terminal, as lines, and as JSON."""
import fcntl
import json
import os
import re
import select
import signal
import struct
import termios

import pytest
from conftest import WAIT_TIMEOUT_S, wait_until
from stage import Stage, assert_all_posted
from test_terminal import COLOUR, Terminal

PLACES = [str(7000 + i) for i in range(6)]
OPEN, CLOSE, HOME = "\033[?1049h\033[?25l", "\033[?25h\033[?1049l", "\033[H"
LATER = "429:on=post:channel=x:seconds=10:times=6"
NEVER = "429:on=post:channel=x:seconds=300"
REFUSED = "expired-token:on=post:channel=facebook:municipality=7001"


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path, places=PLACES) as made:
        yield made


def begin(stage, *faults):
    stage.open(faults=faults)
    process = stage.start(json=True)
    return process, json.loads(process.stdout.readline())["run"]


def laid_out(line):
    """Without what steers the terminal, but for what goes to a column of its own."""
    shown = ""
    for part in re.split(r"(?=\033\[\d+G)", line):
        column = re.match(r"\033\[(\d+)G", part)
        shown = shown.ljust(int(column[1]) - 1 if column else 0) + re.sub(r"\033\[[0-9;?]*[A-Za-z]", "", part)
    return shown.rstrip(" ")


class Screen(Terminal):
    """A terminal of a size, and the last whole drawing on it."""

    def __init__(self, stage, *arguments, columns=80, rows=24, environment=None):
        super().__init__(stage, *arguments, environment=environment)
        self.resize(columns, rows)

    def resize(self, columns, rows):
        fcntl.ioctl(self.descriptor, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))

    def drawings(self):
        """Each drawing's lines, as they stand there."""
        body = self.text.split(OPEN)[-1].split(CLOSE)[0]
        return [[laid_out(line) for line in one.split("\r\n")] for one in body.split(HOME)[1:]]

    def wait_for_drawing(self, condition):
        def holds():
            if select.select([self.descriptor], [], [], 0)[0]:
                self.text += os.read(self.descriptor, 65536).decode("utf-8", "replace")
            drawings = self.drawings()
            return len(drawings) > 1 and condition(drawings[-2]) and drawings[-2]
        return wait_until(holds)


def stop(stage, process):
    stage.run("stop", check=0)
    process.communicate(timeout=WAIT_TIMEOUT_S)


# --- on a terminal ----------------------------------------------------------------------------------------------
def test_it_draws_in_place_and_ends_with_the_run(stage):
    process, run = begin(stage, LATER, REFUSED)
    screen = Screen(stage, "watch")
    shown = screen.wait_for_drawing(lambda lines: any("waiting" in line for line in lines))
    assert re.fullmatch(r"LIVE: alert of flom, .* since it began", shown[0])
    assert shown[1].startswith(run) and f"process {process.pid} on" in shown[1]
    for channel in ("facebook", "x", "webhook", "all"):
        assert any(re.match(rf"{channel} +\[[#.]+\] \d+/\d+ posted", line) for line in shown), shown
    failed = next(i for i, line in enumerate(shown) if "failed on facebook" in line)
    assert "7001 " in shown[failed + 1] and shown[failed + 2].startswith("  → ")
    assert shown[-1].startswith("Ctrl-C ends watching")
    assert screen.end() == 5  # as the send itself
    assert process.wait(timeout=WAIT_TIMEOUT_S) == 5
    # The terminal is as before, and what stays on it is where the run stands.
    assert screen.text.count(OPEN) == screen.text.count(CLOSE) == 1
    rest = COLOUR.sub("", screen.text.split(CLOSE)[1])
    assert "17 of 18 deliveries to 6 municipalities posted" in rest and "\033" not in rest


@pytest.mark.parametrize("columns,rows", [(80, 24), (40, 10), (20, 5), (200, 60), (1, 1)])
def test_nothing_is_wider_or_higher_than_the_terminal(stage, columns, rows):
    process, _ = begin(stage, NEVER, REFUSED)
    screen = Screen(stage, "watch", columns=200, rows=60)
    screen.wait_for_drawing(lambda lines: any("6 waiting" in line for line in lines))
    screen.resize(columns, rows)
    shown = screen.wait_for_drawing(lambda lines: len(lines) <= rows and max(map(len, lines)) <= columns)
    if rows >= 10:
        assert any(line.startswith("facebook") for line in shown) and any("5/6 posted"[:columns - 12] in line for line in shown)
    screen.resize(200, 60)
    screen.wait_for_drawing(lambda lines: any(line.endswith("crisis stop stops it") for line in lines))
    stop(stage, process)
    assert screen.end() == 6


@pytest.mark.parametrize("number", [None, signal.SIGINT, signal.SIGTERM], ids=["Ctrl-C", "SIGINT", "SIGTERM"])
def test_an_interrupt_leaves_the_terminal_clean_and_the_send_alone(stage, number):
    process, run = begin(stage, NEVER)
    screen = Screen(stage, "watch", run)
    screen.wait_for_drawing(lambda lines: True)
    if number:
        os.kill(screen.pid, number)
    else:
        screen.type(b"\x03")
    assert screen.end() == 130
    assert screen.text.count(OPEN) == screen.text.count(CLOSE) == 1
    assert f"The send goes on. crisis stop {run} stops it." in screen.text.split(CLOSE)[1]
    assert process.poll() is None
    stop(stage, process)


@pytest.mark.parametrize("arguments,environment", [(("--no-color",), {}), ((), {"NO_COLOR": "1"})], ids=["option", "variable"])
def test_without_colour(stage, arguments, environment):
    process, _ = begin(stage, NEVER)
    screen = Screen(stage, *arguments, "watch", environment=environment)
    screen.wait_for_drawing(lambda lines: True)
    stop(stage, process)
    screen.end()
    assert not COLOUR.search(screen.text)


def test_on_a_terminal_that_cannot_be_drawn_on_there_are_lines(stage):
    process, _ = begin(stage, NEVER)
    screen = Screen(stage, "watch", environment={"TERM": "dumb"})
    screen.wait_for(" posted")
    stop(stage, process)
    assert screen.end() == 6 and HOME not in screen.text and OPEN not in screen.text


def test_names_cannot_steer_the_terminal(stage):
    """The store is a file: what somebody else wrote into it is shown, not obeyed."""
    import sqlite3
    process, _ = begin(stage, NEVER, REFUSED)
    wait_until(lambda: stage.status().events("summary")[0]["failed"] == 1)
    process.kill()
    process.wait(timeout=WAIT_TIMEOUT_S)
    with sqlite3.connect(stage.workspace.file("crisis.db")) as database:
        database.execute("UPDATE deliveries SET municipality_name = char(27) || '[2J' || char(7) || 'Oslo' WHERE state = 'failed'")
    database.close()
    screen = Screen(stage, "watch")
    assert screen.end() == 6
    drawn = screen.text.split(OPEN)[1].split(CLOSE)[0]
    assert "?[2J?Oslo" in drawn and "\033[2J" not in drawn


# --- without a terminal -----------------------------------------------------------------------------------------
def test_a_line_for_each_change(stage):
    process, run = begin(stage, LATER, REFUSED)
    result = stage.run("watch", check=5)
    assert process.wait(timeout=WAIT_TIMEOUT_S) == 5
    assert "\033" not in result.out + result.err
    lines = result.out.splitlines()
    assert sum(bool(re.fullmatch(r"\d\d:\d\d:\d\d  \d{4} Kommune \d{4} \w+ default: posted", line)) for line in lines) == 17
    assert any(re.search(r"7001 Kommune 7001 facebook default: failed: ", line) for line in lines)
    assert any(line.startswith("          → ") for line in lines)
    assert "17 of 18 deliveries" in result.out and f"run: {run}" in result.out


def test_json_is_the_events_of_the_send(stage):
    process, run = begin(stage, LATER, REFUSED)
    result = stage.run("watch", run, json=True, check=5)
    out, _ = process.communicate(timeout=WAIT_TIMEOUT_S)
    sent = [json.loads(line) for line in out.splitlines()]
    assert [line["event"] for line in result.lines][0] == "run" and result.lines[0]["run"] == run
    assert result.lines[-1]["event"] == "summary" and result.lines[-1]["posted"] == 17

    def last(lines):
        return {line["delivery"]: (line["state"], line.get("posts") or [], line.get("error")) for line in lines if line["event"] == "delivery"}

    assert last(result.lines) == last(sent)
    # No state of a delivery is told twice in a row.
    told = {}
    for line in result.events("delivery"):
        assert told.get(line["delivery"]) != line["state"] and line["state"] not in ("queued", "sending")
        told[line["delivery"]] = line["state"]


def test_a_run_that_is_over_is_told_at_once(stage):
    stage.open()
    assert "nothing has been sent" in stage.run("watch", check=2).err
    stage.send(check=0)
    result = stage.run("watch", json=True, check=0)
    assert len(result.events("delivery")) == 18 and result.lines[-1]["event"] == "summary"
    assert "there is no run 'flom.x'" in stage.run("watch", "flom.x", check=2).err
    quiet = stage.run("--quiet", "watch", check=0)
    assert "18 of 18 deliveries" in quiet.out and ": posted" not in quiet.out
    assert_all_posted(stage)


def test_it_ends_when_the_sender_is_gone(stage):
    process, run = begin(stage, NEVER)
    watching = stage.workspace.start("watch", json=True)
    watching.stdout.readline()
    process.kill()
    process.wait(timeout=WAIT_TIMEOUT_S)
    out, err = watching.communicate(timeout=WAIT_TIMEOUT_S)
    assert watching.returncode == 6, err
    assert json.loads(out.splitlines()[-1])["pending"] >= 1
    shown = stage.run("watch", check=6)
    assert f"next: crisis resume {run}" in shown.out


def test_who_is_being_sent_is_watched_first(stage):
    process, run = begin(stage, NEVER)
    stage.run("send", stage.plan, "--dry-run", check=0)  # a later run, which is over
    watching = stage.workspace.start("watch", json=True)
    assert json.loads(watching.stdout.readline())["run"] == run
    # What X has not answered yet when the stop comes may be in doubt after it.
    wait_until(lambda: sorted(d["state"] for d in stage.status(run).events("delivery")) == 12 * ["posted"] + 6 * ["waiting"])
    stop(stage, process)
    out, _ = watching.communicate(timeout=WAIT_TIMEOUT_S)
    assert watching.returncode == 6
    assert [json.loads(line)["state"] for line in out.splitlines()[:-1]].count("stopped") == 6


def test_nobody_reads(stage):
    process, _ = begin(stage, NEVER)
    watching = stage.workspace.start("watch", json=True)
    watching.stdout.readline()
    watching.stdout.close()
    stop(stage, process)  # there is something to tell now
    watching.wait(timeout=WAIT_TIMEOUT_S)
    assert watching.returncode == 6
    watching.stdout = open(os.devnull, encoding="utf-8")


# --- the map ----------------------------------------------------------------------------------------------------
LYING = {"7000": (58.0, 7.0), "7001": (71.0, 28.0), "7002": (70.5, 22.0), "7003": (60.0, 11.0), "7004": (63.0, 10.0)}


def write_places(stage, without=()):
    """7000 lies farthest in the south-west, 7001 in the north-east; 7005 says of no place."""
    entries = [{"id": place, "name": "Kommune " + place, "languages": ["nb"],
                **({"location": list(LYING[place])} if place in LYING and place not in without else {})} for place in PLACES]
    stage.write_plan(municipalities=entries)


def map_of(lines):
    """The tiles to the right of the text, as (row, sign)."""
    return [(row, sign) for row, line in enumerate(lines) if re.fullmatch(r"[.o#?!X\- ]*", line[83:])
            for sign in line[83::2].replace(" ", "")]


def test_a_wide_terminal_shows_a_map(stage):
    write_places(stage)
    process, _ = begin(stage, "expired-token:on=post:municipality=7000", NEVER, REFUSED)
    screen = Screen(stage, "watch", columns=140, rows=40)
    shown = screen.wait_for_drawing(lambda lines: all(any(words in line for line in lines)
                                                      for words in ("X 1 not reached", "! 1 some failed", "o 3 under way")))
    signs = map_of(shown)
    assert len(signs) == 5 and max(map(len, shown)) <= 140 and len(shown) <= 40, shown
    assert signs[0][1] == "!" and signs[-1][1] == "X"  # 7001 in the north, 7000 in the south
    assert any(line.endswith("1 not on the map") for line in shown)
    assert all(any(line.startswith(channel) for line in shown) for channel in ("facebook", "x", "webhook", "all"))
    # Smaller: as it always was. Wider again: the map is back.
    screen.resize(80, 24)
    small = screen.wait_for_drawing(lambda lines: max(map(len, lines)) <= 80)
    assert not any("not on the map" in line for line in small)
    screen.resize(140, 40)
    screen.wait_for_drawing(lambda lines: len(map_of(lines)) == 5)
    stop(stage, process)
    assert screen.end() == 6


def test_the_map_is_coloured_only_where_colour_is_wanted(stage):
    write_places(stage)
    process, _ = begin(stage, NEVER)
    plain = Screen(stage, "--no-color", "watch", columns=140, rows=40)
    coloured = Screen(stage, "watch", columns=140, rows=40)
    for screen in (plain, coloured):
        screen.wait_for_drawing(lambda lines: len(map_of(lines)) == 5 and any("o 5 under way" in line for line in lines))
    stop(stage, process)
    assert plain.end() == coloured.end() == 6
    assert not COLOUR.search(plain.text)
    assert "\033[1mo\033[0m" in coloured.text.split(CLOSE)[0]


@pytest.mark.parametrize("columns,rows", [(95, 40), (140, 12)], ids=["narrow", "low"])
def test_where_there_is_no_room_there_is_no_map(stage, columns, rows):
    write_places(stage)
    process, _ = begin(stage, NEVER)
    screen = Screen(stage, "watch", columns=columns, rows=rows)
    shown = screen.wait_for_drawing(lambda lines: any("waiting" in line for line in lines))
    assert map_of(shown) == []
    stop(stage, process)
    screen.end()


@pytest.mark.parametrize("plan", ["gone", "broken", "without"])
def test_without_places_there_is_no_map(stage, plan):
    write_places(stage, without=PLACES if plan == "without" else ())
    process, _ = begin(stage, NEVER)
    if plan == "gone":
        os.remove(stage.plan)
    elif plan == "broken":
        with open(stage.plan, "w", encoding="utf-8") as file:
            file.write("plan: [")
    screen = Screen(stage, "watch", columns=140, rows=40)
    shown = screen.wait_for_drawing(lambda lines: any("waiting" in line for line in lines))
    assert map_of(shown) == [] and any(line.startswith("facebook") for line in shown)
    stop(stage, process)
    assert screen.end() == 6


def test_that_canaries_are_waited_for_is_shown(stage):
    stage.open()
    process = stage.start("--canary", "7000", "--canary-wait", "1h", json=True)
    process.stdout.readline()
    screen = Screen(stage, "watch")
    shown = screen.wait_for_drawing(lambda lines: any("3/18 posted" in line for line in lines))
    assert "canaries first: the rest waits until it is let go" in shown
    stop(stage, process)
    assert screen.end() == 6
