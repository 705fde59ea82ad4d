"""`send --canary`: a few go first, and the rest when the coordinator agrees or a set time is over."""
import json
import re
import signal

import pytest
from approving import KARI, OLA, Approvals
from conftest import wait_until
from stage import Stage, assert_all_posted, by_state
from test_terminal import COLOUR, Terminal

PLACES = ("0301", "4601", "4640", "5001")
ALL = len(PLACES) * 3
REFUSED = "expired-token:on=post:channel=facebook:municipality=0301"
QUESTION = "Type yes to send the other "


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path, places=PLACES) as made:
        yield made


def posted(stage):
    return {(p["municipality"], p["channel"]) for p in stage.sandbox.posts() if not p["deleted"]}


def canary_entries(stage):
    return [entry for entry in stage.audit() if entry["type"] == "canary"]


def begin(stage, *arguments):
    """A send on a terminal that has come to the question."""
    terminal = Terminal(stage, "send", stage.plan, "--yes", *arguments)
    terminal.wait_for(QUESTION)
    return terminal


# --- on a terminal ----------------------------------------------------------------------------------------------
def test_the_rest_follows_when_the_coordinator_agrees(stage):
    stage.open()
    terminal = begin(stage, "--canary", "0301")
    assert posted(stage) == {("0301", channel) for channel in ("facebook", "x", "webhook")}
    shown = COLOUR.sub("", terminal.text)
    assert "3 of the 3 deliveries that go first are posted:" in shown and "send the other 9: " in shown
    assert re.search(r"  0301 Oslo x \(nb\): https://", shown)
    assert stage.status().events("summary")[0]["pending"] == 9
    terminal.type("yes\n")
    assert terminal.end() == 0, terminal.text
    assert len(assert_all_posted(stage)) == ALL
    assert [entry["reason"] for entry in canary_entries(stage)] == ["agreed"]
    started = next(entry for entry in stage.audit() if entry["type"] == "run-started")
    assert started["canary"] == "0301"
    stage.run("audit", "verify", check=0)
    assert "after the canaries: agreed" in stage.run("report", check=0).out


@pytest.mark.parametrize("typed", [b"no\n", b"\n", b"flom\n", b"YES\n", b"yes please\n", b"\x04"],
                         ids=["no", "nothing", "id", "capitals", "more", "end"])
def test_anything_else_stops_it(stage, typed):
    stage.open()
    terminal = begin(stage, "--canary", "0301")
    terminal.type(typed)
    assert terminal.end() == 6, terminal.text
    assert len(posted(stage)) == 3
    run = stage.run("runs", json=True, check=0).lines[0]
    assert run["state"] == "stopped"
    assert [entry["reason"] for entry in canary_entries(stage)] == ["called off"]
    stage.run("audit", "verify", check=0)
    # Gone on with, it asks the same again.
    again = Terminal(stage, "resume", run["run"])
    again.wait_for(QUESTION)
    assert len(posted(stage)) == 3
    again.type("yes\n")
    assert again.end() == 0, again.text
    assert len(assert_all_posted(stage)) == ALL
    stage.run("audit", "verify", check=0)


def test_what_went_out_first_can_be_taken_back(stage):
    """A retraction takes back what is there, and lets nothing more go."""
    stage.open()
    terminal = begin(stage, "--canary", "0301")
    terminal.type("no\n")
    assert terminal.end() == 6
    run = stage.run("runs", json=True, check=0).lines[0]["run"]
    assert f"To take back what went out: crisis retract {run}" in terminal.text
    back = Terminal(stage, "retract", run, "--yes")
    back.end()
    assert QUESTION not in back.text and "go first" not in back.text, back.text
    states = sorted(d["state"] for d in stage.status(run).events("delivery"))
    assert states == 3 * ["retracted"] + 9 * ["stopped"], states
    assert {place for place, _ in posted(stage)} <= {"0301"}
    stage.run("audit", "verify", check=0)


def test_a_canary_that_failed_is_shown_and_holds_the_rest(stage):
    stage.open(faults=[REFUSED])
    terminal = begin(stage, "--canary", "0301", "--canary-wait", "0s")
    shown = COLOUR.sub("", terminal.text)
    assert "2 of the 3 deliveries that go first are posted:" in shown and "1 of them is not posted." in shown
    assert re.search(r"  0301 Oslo facebook \(nb\): failed\r\n    .*\r\n    → ", shown)
    assert "Type yes to send the other 9 all the same: " in shown
    terminal.type("yes\n")
    assert terminal.end() == 5, terminal.text
    assert len(posted(stage)) == ALL - 1


def test_the_set_time_on_a_terminal_can_be_cut_short(stage):
    stage.open()
    terminal = Terminal(stage, "send", stage.plan, "--yes", "--canary", "0301", "--canary-wait", "1h")
    terminal.wait_for("The other 9 follow in 1 h. Type yes to send them now, no to stop: ")
    terminal.type("yes\n")
    assert terminal.end() == 0, terminal.text
    assert len(assert_all_posted(stage)) == ALL


def test_what_was_typed_before_the_question_is_no_answer(tmp_path):
    with Stage(tmp_path, places=PLACES) as stage:
        stage.open(faults=["hang:on=post:channel=x:municipality=0301:ms=60000"])
        terminal = Terminal(stage, "send", stage.plan, "--yes", "--canary", "0301", "--deadline", "1h")
        wait_until(lambda: len(posted(stage)) == 2)
        terminal.type("yes\n")
        terminal.type(b"\x03")
        assert terminal.end() == 130, terminal.text
        assert len(posted(stage)) <= 3


def test_a_stop_from_elsewhere_is_heard_while_it_asks(stage):
    stage.open()
    terminal = begin(stage, "--canary", "0301")
    stopped = stage.run("stop", check=0)
    assert "STOPPED" in stopped.out
    assert terminal.end() == 6, terminal.text
    assert len(posted(stage)) == 3
    stage.run("audit", "verify", check=0)


def test_an_interrupt_at_the_question_leaves_it_to_resume(stage):
    stage.open()
    terminal = begin(stage, "--canary", "0301")
    terminal.type(b"\x03")
    assert terminal.end() == 130, terminal.text
    assert len(posted(stage)) == 3 and canary_entries(stage) == []
    again = Terminal(stage, "resume")
    again.wait_for(QUESTION)
    again.type("yes\n")
    assert again.end() == 0
    assert len(assert_all_posted(stage)) == ALL


def test_the_confirmation_says_what_goes_first(stage):
    stage.open()
    terminal = Terminal(stage, "send", stage.plan, "--canary", "county=46", "--only", "all")
    terminal.wait_for("Type the plan's id to publish it LIVE: ")
    shown = COLOUR.sub("", terminal.text)
    assert "6 of 12 deliveries go first; the rest is held back:" in shown
    assert "  4601 Bergen on facebook (nb)" in shown and "  4640 Sogndal on " in shown
    terminal.type("no\n")
    assert terminal.end() == 2


# --- without a terminal -----------------------------------------------------------------------------------------
def test_without_a_terminal_it_needs_the_set_time(stage):
    stage.open()
    refused = stage.send("--canary", "0301", check=2)
    assert "nobody can agree" in refused.events("error")[0]["message"] and posted(stage) == set()
    assert stage.run("runs").out == ""
    result = stage.send("--canary", "0301", "--canary-wait", "300ms", check=0)
    [event] = result.events("canary")
    assert (event["deliveries"], event["posted"], event["failed"], event["in_doubt"], event["rest"]) == (3, 3, 0, 0, 9)
    first = [line["event"] for line in result.lines].index("canary")
    assert {e["municipality"] for e in result.lines[:first] if e["event"] == "delivery"} == {"0301"}
    assert {e["municipality"] for e in result.lines[first:] if e["event"] == "delivery"} == set(PLACES) - {"0301"}
    assert len(assert_all_posted(stage)) == ALL
    assert [entry["reason"] for entry in canary_entries(stage)] == ["the set time is over"]


def test_without_a_terminal_a_canary_that_failed_stops_the_rest(stage):
    stage.open(faults=[REFUSED])
    result = stage.send("--canary", "0301", "--canary-wait", "0s", check=6)
    assert len(posted(stage)) == 2
    states = [e["state"] for e in by_state(result).values()]
    assert sorted(states) == ["failed", "posted", "posted"] + 9 * ["stopped"]
    run = result.events("run")[0]["run"]
    assert [entry["reason"] for entry in canary_entries(stage)] == ["not all were posted"]
    stage.run("resume", run, "--canary-wait", "0s", check=6)
    assert len(posted(stage)) == 2
    assert "nobody can agree" in stage.run("resume", run, check=2).err
    stage.run("audit", "verify", check=0)


@pytest.mark.parametrize("moment", ["during", "after"])
def test_a_process_that_dies_is_gone_on_with(tmp_path, moment):
    """While the canaries are under way, and while the rest waits."""
    with Stage(tmp_path, places=PLACES) as stage:
        stage.open(faults=["hang:on=post:channel=webhook:municipality=0301:times=1"] if moment == "during" else ())
        process = stage.start("--canary", "0301", "--canary-wait", "1h", json=True)
        run = json.loads(process.stdout.readline())["run"]
        wait_until(lambda: len(posted(stage)) == (2 if moment == "during" else 3))
        if moment == "after":
            wait_until(lambda: stage.status().events("summary")[0]["posted"] == 3)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert len(posted(stage)) <= 3
        assert "nobody can agree" in stage.run("resume", check=2).err
        result = stage.run("resume", run, "--canary-wait", "0s", json=True, check=0)
        assert len(result.events("canary")) == 1
        assert len(assert_all_posted(stage)) == ALL
        # The rest was let go: that is not asked again.
        assert "Nothing is left to send" in stage.run("resume", run, check=0).err


def test_a_rest_that_was_let_go_is_not_held_again(tmp_path):
    with Stage(tmp_path, places=PLACES) as stage:
        stage.open(faults=["hang:on=post:channel=x:municipality=5001:times=1"])
        process = stage.start("--canary", "0301", "--canary-wait", "0s", json=True)
        wait_until(lambda: len(posted(stage)) == ALL - 1)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        result = stage.run("resume", json=True, check=0)
        assert result.events("canary") == []
        assert len(assert_all_posted(stage)) == ALL


def test_all_takes_one_for_each_channel_and_language(stage):
    stage.open()
    result = stage.send("--canary", "all", "--canary-wait", "0s", check=0)
    first = [line["event"] for line in result.lines].index("canary")
    taken = [(e["channel"], e["language"], e["municipality"]) for e in result.lines[:first] if e["event"] == "delivery"]
    assert {one[:2] for one in taken} == {(c, language) for c in ("facebook", "x", "webhook") for language in ("nb", "nn")}
    assert len(taken) == 6
    assert len({one[2] for one in taken if one[1] == "nb"}) == 3  # spread over municipalities
    again = stage.send("--canary", "all", "--canary-wait", "0s", check=0)
    first = [line["event"] for line in again.lines].index("canary")
    assert sorted(taken) == sorted((e["channel"], e["language"], e["municipality"])
                                   for e in again.lines[:first] if e["event"] == "delivery")


@pytest.mark.parametrize("arguments,words", [
    (("--canary", "9999"), "--canary '9999' matches no account"), (("--canary", "x=1"), "unknown selector"),
    (("--canary", "0301", "--except", "0301"), "matches no account"),
    (("--canary-wait", "1m"), "--canary-wait without --canary"), (("--canary", "all", "--canary-wait", "soon"), "is no duration"),
])
def test_what_is_no_canary(stage, arguments, words):
    stage.open()
    result = stage.send(*arguments, *(() if "--canary-wait" in arguments else ("--canary-wait", "1s")), check=2)
    assert words in result.events("error")[0]["message"] and posted(stage) == set()


def test_each_selector_names_somebody_and_together_they_name_nobody(stage):
    """An empty choice never means that nothing is held back."""
    stage.accounts = [a for a in stage.accounts if (a["municipality"], a["channel"]) != ("0301", "x")]
    stage.open()
    result = stage.send("--canary", "0301", "--canary", "channel=x", "--canary-wait", "1h", check=2)
    assert "--canary names nobody" in result.events("error")[0]["message"] and posted(stage) == set()


def test_when_all_would_go_first_nothing_is_held(stage):
    stage.open()
    result = stage.send("--only", "0301", "--canary", "0301", "--canary-wait", "1h", check=0)
    assert "All of it would go first" in result.err and result.events("canary") == []
    assert len(posted(stage)) == 3


def test_a_dry_run_says_what_would_go_first(stage):
    stage.open()
    result = stage.run("send", stage.plan, "--dry-run", "--canary", "0301", check=0)
    assert "3 of 12 deliveries go first" in result.err


def test_an_approval_that_ends_meanwhile_does_not_count(tmp_path):
    """The gate is asked again before the rest follows."""
    valid = "40s"
    with Approvals(tmp_path) as stage:
        stage.open()
        for name in (KARI, OLA):
            stage.approve(name, "alert", "--mode", "live", "--for", valid)
        result = stage.send("alert", "--canary", "0301", "--canary-wait", valid, check=4)
        assert len(result.events("canary")) == 1 and posted(stage) == {("0301", c) for c in ("facebook", "x", "webhook")}
        run = result.events("run")[0]["run"]
        assert "expired" in result.events("error")[0]["message"]
        assert canary_entries(stage) == [] and any(entry["type"] == "refused" for entry in stage.audit())
        # Approved anew, it goes on with the same question.
        for name in (KARI, OLA):
            stage.approve(name, "alert", "--mode", "live")
        again = stage.run("resume", run, "--canary-wait", "0s", json=True, check=0)
        assert len(again.events("canary")) == 1
        assert len(assert_all_posted(stage)) == 9
