"""What is said before a live or exercise send: how much, how long, whom it misses, and what else went out."""
import re
import sqlite3

import pytest
from stage import Stage
from test_terminal import COLOUR, PROMPT_EXERCISE, PROMPT_LIVE, Terminal

PLACES = ("0301", "4601", "4640")


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path, places=PLACES) as made:
        yield made.open()


def confirmation(stage, *arguments, prompt=PROMPT_LIVE):
    """What stands on the terminal when the question comes, which is then answered with no."""
    terminal = Terminal(stage, "send", stage.plan, *arguments)
    terminal.wait_for(prompt)
    terminal.type("no\n")
    assert terminal.end() == 2
    return COLOUR.sub("", terminal.text).replace("\r", "")


def joined(text):
    """Lines that were wrapped, in one."""
    return re.sub(r"\n  (?=\S)", " ", text)


def test_how_long_it_will_take(stage):
    shown = confirmation(stage)
    assert re.search(r"^  facebook +3 deliveries, 3 posts, in about \S+ \S+$", shown, re.M)
    assert re.search(r"^The first is out in about .*, 90 % in .*, the last in .* \(\w+: .+\)\.$", joined(shown), re.M)


@pytest.mark.parametrize("mode,prompt,style,words", [
    ((), PROMPT_LIVE, "\033[1;31m", "LIVE: this is published to the public."),
    (("--exercise",), PROMPT_EXERCISE, "\033[32m", "EXERCISE: this is published, every text marked as an exercise."),
], ids=["live", "exercise"])
def test_the_mode_in_words_and_in_a_colour_of_its_own(stage, mode, prompt, style, words):
    terminal = Terminal(stage, "--quiet", "send", stage.plan, *mode)
    terminal.wait_for(prompt)
    assert style + words + "\033[0m" in terminal.text
    terminal.type("no\n")
    assert terminal.end() == 2


def test_everything_fits_80_columns(stage):
    many = [str(7000 + i) for i in range(50)]
    stage.write_plan(municipalities=[*PLACES, *many])
    shown = confirmation(stage, "--canary", "0301")
    texts = shown.split("For example")[0]
    assert max(map(len, texts.splitlines())) <= 80, texts
    flat = joined(texts)
    assert "50 municipalities have no account here and are not reached on any channel: 7000 Kommune 7000, 7001" in flat
    assert flat.count(" Kommune ") == 30 and " and 20 more" in flat


def test_whom_only_ended_credentials_would_reach(stage):
    """Named as those without an account are; one credential that works is enough not to be."""
    with sqlite3.connect(stage.workspace.file("crisis.db")) as store:
        store.execute("UPDATE accounts SET settings = json_set(settings, '$.expires-at', '2020-01-01T00:00:00Z') "
                      "WHERE channel = 'facebook'")
    store.close()
    assert "is not reached" not in confirmation(stage)
    for place in ("0301", "4640"):
        for channel in ("x", "webhook"):
            stage.run("unregister", place, channel, "--yes", check=0)
    flat = joined(confirmation(stage, "--exercise", prompt=PROMPT_EXERCISE))
    assert "2 municipalities have no credential here that has not ended, and are not reached on any channel: " \
        "0301 Oslo, 4640 Sogndal\n" in flat
    told = joined(stage.run("send", stage.plan, "--yes", "--only", "0301", "--exercise").err)
    assert "1 municipality has no credential here that has not ended, and is not reached on any channel: 0301 Oslo\n" in told


# --- what else went out -----------------------------------------------------------------------------------------
def write_other(stage, **plan):
    stage.write_plan(**{"municipalities": ("0301", "4640", "4601"), "plan": "storm", "title": "Storm", **plan})


def test_another_plan_that_reached_some_of_the_same(stage):
    stage.send("alert", "--only", "0301", "--only", "4640", check=0)
    [run] = stage.run("runs", json=True, check=0).lines
    write_other(stage)
    flat = joined(confirmation(stage))
    assert re.search(r"alert of flom went out LIVE .* ago to 2 of these 3 municipalities: 0301 Oslo, 4640 Sogndal "
                     rf"\({re.escape(run['run'])}\)", flat), flat
    # Told without a terminal too, and to an exercise in the middle of a real event.
    told = joined(stage.run("send", stage.plan, "--yes", "--only", "0301", "--exercise", check=0).err)
    assert "to this municipality: 0301 Oslo" in told
    assert "went out LIVE" not in stage.run("send", stage.plan, "--dry-run", check=0).err


def test_all_of_the_same(stage):
    stage.send("alert", check=0)
    write_other(stage)
    assert "to all of these 3 municipalities: 0301 Oslo, 4601 Bergen, 4640 Sogndal" in joined(confirmation(stage))


def test_what_is_no_overlap(stage):
    """Elsewhere, an exercise, what reached nobody, what this message follows; the same message is told as such."""
    stage.send("alert", "--exercise", check=0)
    stage.send("alert", "--only", "4601", check=0)
    write_other(stage, municipalities=("0301", "4640"))
    assert "went out" not in confirmation(stage)
    stage.write_plan(municipalities=PLACES)
    assert "went out LIVE" not in confirmation(stage, "update")
    again = confirmation(stage, "alert")
    assert "This message already went out" in again and "went out LIVE" not in again


def test_another_message_of_the_same_plan(stage):
    """Not one that this one follows: two corrections cross."""
    stage.send("alert", check=0)
    stage.send("update", check=0)
    flat = joined(confirmation(stage, "correction"))
    assert "update of flom went out LIVE" in flat and "alert of flom went out LIVE" not in flat
