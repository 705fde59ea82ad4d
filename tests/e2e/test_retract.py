"""`retract`: what a run has posted is taken back, all of it that can be, once, and by its name alone."""
import json
import os
import signal

import pytest
from approving import KARI, OLA, Approvals
from conftest import wait_until
from stage import PLACES, beside, scenes  # noqa: F401
from stage import Stage as WholeStage
from test_public_site import Stage as PublicSite
from test_public_site import assert_whole
from test_stop import begin, end, summary_of
from test_terminal import COLOUR, Terminal

MANY = [str(7000 + i) for i in range(12)]
NETWORKS = ("facebook", "x", "mastodon", "bluesky", "telegram", "threads", "wordpress", "micropub", "webhook")
IN_THREADS = ("x", "mastodon", "bluesky", "threads")
LONG = {"nb": {"long": " ".join(f"Dette er setning nummer {i} om vannet som stiger." for i in range(30))}}
THREAD = {"messages": {"info": {"kind": "information", "text": LONG}}, "languages": ["nb"]}


class Stage(WholeStage):
    """Its plan names the channels of its accounts."""

    def write_plan(self, **plan):
        super().write_plan(channels=tuple(dict.fromkeys(account["channel"] for account in self.accounts)), **plan)


def there(stage):
    return [p for p in stage.sandbox.posts() if not p["deleted"]]


def latest(stage):
    return stage.run("runs", json=True, check=0).lines[0]["run"]


def retract(stage, *arguments, **options):
    return stage.run("retract", latest(stage), "--yes", *arguments, json=True, **options)


def by_last_state(lines):
    states = {}
    for line in lines:
        if line["event"] == "delivery":
            states.setdefault(line["state"], set()).add((line["municipality"], line["channel"]))
    return states


def states(stage):
    return by_last_state(stage.status().lines)


def types(stage):
    return [e["type"] for e in stage.audit()]


@beside(*NETWORKS)
def test_on_each_network(folder, channel):
    with Stage(folder, channels=(channel,)).open() as stage:
        if channel in IN_THREADS:
            stage.write_plan(municipalities=PLACES, **THREAD)
        stage.send(check=0)
        posted = there(stage)
        assert len(posted) > 3 if channel in IN_THREADS else len(posted) == 3
        result = retract(stage, check=0)
        assert there(stage) == [] and len(stage.sandbox.posts()) == len(posted)
        assert by_last_state(result.lines) == {"retracted": {(place, channel) for place in PLACES}}
        told = [line for line in result.lines if line["event"] == "delivery"]
        assert sorted(p["id"] for line in told for p in line["posts"]) == sorted(p["id"] for p in posted)
        summary = summary_of(result.lines)
        assert (summary["retracted"], summary["posted"], summary["failed"]) == (3, 0, 0)
        kinds = types(stage)
        assert kinds.count("retract-started") == kinds.count("retract-ended") == 1
        assert kinds.count("retract-attempt") == kinds.count("retracted") == 3
        assert kinds.index("retract-started") < kinds.index("retract-attempt") < kinds.index("retracted") < kinds.index("retract-ended")
        stage.run("audit", "verify", check=0)
        # Once is enough: nothing is asked for again.
        asked = stage.sandbox.stats()["requests"]
        again = retract(stage, check=0)
        assert "left to take back" in again.err and stage.sandbox.stats()["requests"] == asked


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path) as made:
        yield made


def test_only_what_is_named(stage):
    stage.open()
    stage.send(check=0)
    result = retract(stage, "--only", "0301", "--only", "4601", "--only", "channel=x", "--except", "4601", check=0)
    assert by_last_state(result.lines) == {"retracted": {("0301", "x")}}
    assert states(stage)["retracted"] == {("0301", "x")} and len(states(stage)["posted"]) == 8
    started = next(e for e in stage.audit() if e["type"] == "retract-started")
    assert (started["actor"], started["deliveries"], started["posts"]) == ("coordinator", "1", "1")
    for words in (("--only", "1103"), ("--except", "channel=mastodon"), ("--only", "language=sv"), ("--only", "group=coast")):
        refused = retract(stage, *words, check=2)
        assert "matches no delivery of this run" in refused.err
    assert len(there(stage)) == 8
    rest = retract(stage, "--only", "all", check=0)
    assert len(by_last_state(rest.lines)["retracted"]) == 8 and there(stage) == []
    stage.run("audit", "verify", check=0)


def test_what_is_not_ours_stays(stage):
    """The same text twice: only the posts of the run that is named go."""
    stage.open()
    first = stage.send(check=0).lines[0]["run"]
    second = stage.send(check=0)
    stage.run("retract", first, "--yes", check=0)
    ids = {p["id"] for e in second.events("delivery") for p in e["posts"]}
    assert {p["id"] for p in there(stage)} == ids and len(ids) == 9
    assert set(by_last_state(stage.run("status", second.lines[0]["run"], json=True).lines)) == {"posted"}


def test_what_is_gone_already_counts(stage):
    stage.open()
    stage.send(check=0)
    stage.sandbox.stop()
    stage.open(register=False)  # a network that has none of it
    stage.workspace.register(stage.accounts)
    retract(stage, check=0)
    assert set(states(stage)) == {"retracted"}


def test_a_refusal_is_told_and_tried_again(tmp_path):
    with Stage(tmp_path, channels=("facebook", "x")) as stage:
        stage.open()
        stage.send(check=0)
        stage.run("unregister", "4640", "x", check=0)
        run = latest(stage)
        result = stage.run("retract", run, "--yes", check=5)
        assert "5 of 6 deliveries" in result.out and "Still there:" in result.out
        assert "not retracted: the account is no longer registered" in result.out
        assert "4640" in result.out.split("Still there:")[1] and "https://x.com/" in result.out.split("Still there:")[1]
        kept = [d for d in stage.status().events("delivery") if d["state"] == "posted"]
        assert [(d["municipality"], d["channel"]) for d in kept] == [("4640", "x")]
        assert kept[0]["error"]["kind"] == "credential" and "crisis register 4640 x" in kept[0]["error"]["next"]
        assert "not retracted" in stage.run("status").out
        stage.run("audit", "verify", check=0)
        stage.workspace.register([stage.account("4640", "x")])
        retract(stage, check=0)
        assert there(stage) == [] and set(states(stage)) == {"retracted"}
        ended = [e for e in stage.audit() if e["type"] == "retract-ended"]
        assert [(e["retracted"], e["not-retracted"]) for e in ended] == [("5", "1"), ("1", "0")]
        stage.run("audit", "verify", check=0)


def test_a_token_that_ended_is_for_a_person(tmp_path):
    with Stage(tmp_path, channels=("facebook",)) as stage:
        stage.open(faults=["expired-token:on=delete:municipality=0301"])
        stage.send(check=0)
        result = retract(stage, check=5)
        assert by_last_state(result.lines)["posted"] == {("0301", "facebook")}
        error = next(e for e in result.events("delivery") if e["state"] == "posted")["error"]
        assert error["kind"] == "credential" and "connect facebook again" in error["next"]
        assert [p["municipality"] for p in there(stage)] == ["0301"]
        stage.run("audit", "verify", check=0)


def test_what_passes_is_tried_again(tmp_path):
    with Stage(tmp_path, channels=("facebook", "x", "webhook")) as stage:
        stage.open(faults=["502-after:on=delete:times=2", "reset-after:on=delete:times=2", "429:on=delete:channel=x:seconds=1:times=2"])
        stage.send(check=0)
        retract(stage, check=0)
        assert there(stage) == [] and set(states(stage)) == {"retracted"}
        stage.run("audit", "verify", check=0)


def test_a_run_under_way_is_stopped_first(tmp_path):
    with Stage(tmp_path, places=MANY, channels=("facebook", "x")) as stage:
        stage.open(latency="60ms", faults=["429:on=post:seconds=300:after=14"])
        process, run = begin(stage)
        wait_until(lambda: len(stage.sandbox.posts()) >= 10)
        result = stage.run("retract", run, "--yes", json=True, check=0)
        code, _, err = end(process)
        assert code == 6, err
        assert result.lines[0]["event"] == "stop"
        assert there(stage) == [] and len(stage.sandbox.posts()) >= 10
        assert set(states(stage)) == {"retracted", "stopped"}
        kinds = types(stage)
        assert kinds.index("run-stopped") < kinds.index("retract-started")
        # Nothing of it goes out any more, by no name.
        for words in (("resume",), ("resume", run)):
            refused = stage.run(*words, check=2)
            assert ("was retracted" if run in words else "was stopped") in refused.err
        assert stage.run("watch", run, check=0).out
        stage.run("audit", "verify", check=0)


def test_a_part_that_is_taken_back_lets_the_rest_go_on(tmp_path):
    with Stage(tmp_path, places=MANY, channels=("facebook", "x")) as stage:
        stage.open(latency="60ms", faults=["429:on=post:seconds=300:after=14"])
        process, run = begin(stage)
        wait_until(lambda: len(stage.sandbox.posts()) >= 10)
        stage.run("stop", check=0)
        end(process)
        place, channel = sorted(states(stage)["posted"])[0]
        stage.run("retract", run, "--yes", "--only", place, "--only", f"channel={channel}", check=0)
        stage.sandbox.stop()
        stage.open(register=False)
        stage.workspace.register(stage.accounts)
        stage.run("resume", run, check=0)
        assert states(stage)["retracted"] == {(place, channel)} and set(states(stage)) == {"posted", "retracted"}
        stage.run("audit", "verify", check=0)


def test_half_a_thread_goes_too(tmp_path):
    with Stage(tmp_path, places=["0301"], channels=("x",), **THREAD) as stage:
        stage.open(faults=["slow:on=post:ms=4000:after=2:times=4"])
        process, run = begin(stage)
        wait_until(lambda: len(stage.sandbox.posts()) >= 2)
        stage.run("stop", check=0)
        end(process)
        half = len(there(stage))
        assert states(stage) == {"stopped": {("0301", "x")}} and half >= 2
        stage.run("retract", run, "--yes", check=0)
        assert there(stage) == [] and states(stage) == {"retracted": {("0301", "x")}}
        stage.run("audit", "verify", check=0)


@beside("facebook", "x", "bluesky", "webhook", "wordpress")
def test_what_is_in_doubt_is_looked_up(folder, channel):
    """The post is there, and its answer never came: it is found, and taken back."""
    with Stage(folder, places=("0301", "4601"), channels=(channel,)).open(faults=["hang-after:on=post:municipality=0301:times=1"]) as stage:
        process, run = begin(stage)
        wait_until(lambda: len(stage.sandbox.posts()) == 2)
        stage.run("stop", check=0)
        end(process)
        assert set(states(stage)) & {"in-doubt", "sending"}
        retract(stage, check=0)
        assert there(stage) == [] and states(stage) == {"retracted": {("0301", channel), ("4601", channel)}}
        stage.run("audit", "verify", check=0)


def test_what_was_never_there_is_not_called_retracted(tmp_path):
    with Stage(tmp_path, places=("0301", "4601"), channels=("x",)) as stage:
        stage.open(faults=["hang:on=post:municipality=0301"])
        process, run = begin(stage)
        wait_until(lambda: len(stage.sandbox.posts()) == 1)
        stage.run("stop", check=0)
        end(process)
        retract(stage, check=0, timeout=120)
        assert states(stage) == {"retracted": {("4601", "x")}, "stopped": {("0301", "x")}}
        stage.run("audit", "verify", check=0)


def test_what_nobody_can_tell_stays_in_doubt(tmp_path):
    with Stage(tmp_path, places=("0301", "4601"), channels=("telegram",)) as stage:
        stage.open(faults=["hang-after:on=post:municipality=0301"])
        process, run = begin(stage)
        wait_until(lambda: len(stage.sandbox.posts()) == 2)
        stage.run("stop", check=0)
        end(process)
        result = retract(stage, check=6)
        assert by_last_state(result.lines) == {"retracted": {("4601", "telegram")}, "in-doubt": {("0301", "telegram")}}
        doubt = next(e for e in result.events("delivery") if e["state"] == "in-doubt")
        assert "have it deleted there if it was posted" in doubt["error"]["next"]
        stage.run("audit", "verify", check=0)


@pytest.mark.parametrize("requests", [0, 5, 15])
def test_killed_in_the_middle_and_again(tmp_path, requests):
    with Stage(tmp_path, places=MANY) as stage:
        stage.open(latency="60ms", faults=["slow:on=delete:ms=8000:after=20:times=1"])
        stage.send(check=0)
        run, before = latest(stage), stage.sandbox.stats()["requests"]
        process = stage.workspace.start("retract", run, "--yes", json=True)
        wait_until(lambda: stage.sandbox.stats()["requests"] >= before + requests)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        stage.run("audit", "verify", check=0)
        assert set(states(stage)) <= {"posted", "retracted"}
        retract(stage, check=0)
        assert there(stage) == [] and set(states(stage)) == {"retracted"}
        kinds = types(stage)
        outcomes = [e for e in stage.audit() if e["type"] == "retracted" and e["state"] == "retracted"]
        assert len(outcomes) == 36 == len({e["delivery"] for e in outcomes}) and kinds.count("retract-ended") == 1
        stage.run("audit", "verify", check=0)


def test_interrupted_it_goes_on(tmp_path):
    with Stage(tmp_path, places=MANY, channels=("x",)) as stage:
        stage.open(faults=["429:on=delete:seconds=300:after=4"])
        stage.send(check=0)
        process = stage.workspace.start("retract", latest(stage), "--yes", json=True)
        wait_until(lambda: len(there(stage)) <= 8)
        process.send_signal(signal.SIGINT)
        code, lines, err = end(process)
        assert code == 130 and "next: crisis retract" in err
        ended = [e for e in stage.audit() if e["type"] == "retract-ended"]
        assert ended[0]["reason"] == "interrupted" and int(ended[0]["retracted"]) + int(ended[0]["pending"]) == 12
        stage.run("audit", "verify", check=0)


def test_past_its_deadline_it_is_unfinished(tmp_path):
    with Stage(tmp_path, channels=("x",)) as stage:
        stage.open(faults=["429:on=delete:seconds=300"])
        stage.send(check=0)
        result = retract(stage, "--deadline", "1s", check=6)
        assert "next: crisis retract" in result.err and set(states(stage)) == {"posted"}
        assert len(there(stage)) == 3
        stage.run("audit", "verify", check=0)


def test_nothing_without_its_name_or_a_word(stage):
    stage.open()
    stage.send("--dry-run", check=0)
    assert "left to take back" in retract(stage, check=0).err
    assert "there is no run" in stage.run("retract", "flom.alert.20200101T000000Z.0000", "--yes", check=2).err
    stage.run("retract", "--yes", check=2)
    stage.send(check=0)
    assert "without a terminal nobody can confirm" in stage.run("retract", latest(stage), check=2).err
    assert len(there(stage)) == 9 and "retract-started" not in types(stage)


# --- what it asks -----------------------------------------------------------------------------------------------
def test_it_needs_no_approval_of_its_own(tmp_path):
    """Two must sign the alert; taking it back is for whoever sees that it is wrong."""
    with Approvals(tmp_path) as stage:
        stage.open()
        for name in (KARI, OLA):
            stage.approve(name, "alert")
        run = stage.send(check=0).lines[0]["run"]
        for name in os.listdir(os.path.join(stage.folder, "flom.approvals")):
            os.remove(os.path.join(stage.folder, "flom.approvals", name))
        stage.run("retract", run, "--yes", check=0)
        assert there(stage) == []
        stage.run("audit", "verify", check=0)


def test_a_rehearsal_is_taken_back_only_where_it_was(stage):
    stage.open()
    stage.send(check=0)
    config = stage.workspace.config()
    config["networks"]["x"]["endpoint"] = "https://api.example.no"
    stage.workspace.write("crisis.yaml", json.dumps(config))
    refused = retract(stage, check=4)
    assert "may only go to loopback addresses" in refused.err and "https://api.example.no" in refused.err
    assert len(there(stage)) == 9 and "retract-attempt" not in types(stage)
    retract(stage, "--except", "channel=x", check=0)
    assert len(there(stage)) == 3


def test_a_terminal_shows_what_goes_and_asks(tmp_path):
    with Stage(tmp_path, channels=("facebook", "x", "webhook")) as stage:
        stage.open()
        stage.send(check=0)
        run = latest(stage)
        for typed in ("yes\n", "\n", "flo\n", run + "\n"):
            terminal = Terminal(stage, "retract", run)
            terminal.wait_for("Type the plan's id to take this LIVE message back: ")
            terminal.type(typed)
            assert terminal.end() == 2 and "not confirmed: nothing was retracted" in terminal.text
        assert len(there(stage)) == 9 and "retract-started" not in types(stage)
        terminal = Terminal(stage, "retract", run, "--only", "channel=facebook", "--only", "channel=webhook")
        terminal.wait_for("message back: ")
        shown = COLOUR.sub("", terminal.text)
        assert "It cannot be undone." in shown and "Message 'alert' of flom, from 3 municipalities:" in shown
        assert "facebook   3 deliveries, 3 posts" in shown and "the receivers are told" in shown and " x " not in shown
        assert "What people have copied or shared" in shown
        assert max(map(len, shown.replace("\r", "").splitlines())) <= 80, shown
        terminal.type("flom\n")
        assert terminal.end() == 0
        assert "RETRACTED in" in terminal.text and "6 of 6 deliveries of alert (flom)" in COLOUR.sub("", terminal.text)
        assert {p["channel"] for p in there(stage)} == {"x"}


def test_an_exercise_is_asked_about_in_other_words(tmp_path):
    with Stage(tmp_path, channels=("x",)) as stage:
        stage.open()
        stage.send("--exercise", check=0)
        terminal = Terminal(stage, "retract", latest(stage))
        terminal.wait_for("Type the plan's id to take this exercise back: ")
        assert "LIVE" not in terminal.text
        terminal.type("flom\n")
        assert terminal.end() == 0 and there(stage) == []
        assert {e["mode"] for e in stage.audit() if e["type"].startswith("retract")} == {"exercise"}


def test_it_can_be_stopped(tmp_path):
    with Stage(tmp_path, places=MANY, channels=("x",)) as stage:
        stage.open(faults=["429:on=delete:seconds=300:after=4"])
        stage.send(check=0)
        process = stage.workspace.start("retract", latest(stage), "--yes", json=True)
        wait_until(lambda: len(there(stage)) == 8)
        assert "being retracted now by process" in stage.run("status").out
        assert "the retraction of alert of flom" in stage.run("stop", check=0).out
        code, lines, err = end(process)
        assert code == 6 and summary_of(lines)["retracted"] == 4
        assert len(there(stage)) == 8
        assert next(e for e in stage.audit() if e["type"] == "retract-ended")["reason"] == "stopped"
        stage.run("audit", "verify", check=0)


# --- what is told -----------------------------------------------------------------------------------------------
def test_every_view_tells_it(tmp_path):
    with Stage(tmp_path, channels=("facebook", "x")) as stage:
        stage.open()
        stage.send(check=0)
        stage.run("unregister", "4640", "x", check=0)
        run = latest(stage)
        stage.run("retract", run, "--yes", check=5)
        line = stage.run("runs", json=True).lines[0]
        assert (line["posted"], line["retracted"], line["state"]) == (1, 5, "finished")
        assert "(5 retracted)" in stage.run("runs").out
        assert "1 of 6 deliveries to 3 municipalities posted, 5 retracted" in stage.run("status").out
        assert "reached on no channel" not in stage.run("status").out
        watched = stage.run("watch", run, check=0).out
        assert "retracted" in watched and "not retracted: the account is no longer registered" in watched
        text = stage.run("report", run, check=0).out
        assert "5 retracted" in text and "retraction begun" in text and "not retracted" in text
        stage.run("report", run, "--html", os.path.join(stage.folder, "report.html"), check=0)
        with open(os.path.join(stage.folder, "report.html"), encoding="utf-8") as file:
            page = file.read()
        assert "5 of 6 deliveries were taken back" in page and "<p>No delivery failed.</p>" in page and "not retracted" in page
        stage.run("report", run, "--csv", os.path.join(stage.folder, "report.csv"), check=0)
        with open(os.path.join(stage.folder, "report.csv"), encoding="utf-8") as file:
            assert file.read().count(",retracted,") == 5


def test_a_message_after_it_goes_there_as_a_post_of_its_own(stage):
    stage.open()
    stage.send(check=0)
    retract(stage, check=0)
    stage.send("cancel", check=0)
    posts = there(stage)
    assert len(posts) == 9 and all(p["reply_to"] is None for p in posts if p["channel"] == "x")


@beside()
def test_the_public_site_says_so_and_keeps_its_history(folder):
    with PublicSite(folder).open() as stage:
        posts = stage.posts(stage.send(check=0))
        retract(stage, check=0)
        assert set(states(stage)) == {"retracted"}
        for place, post in posts.items():
            with open(stage.public(place, post["id"] + ".html"), encoding="utf-8") as file:
                assert ("Trekt tilbake" if place == "4640" else "Trukket tilbake") in file.read()
            with open(stage.public(place, post["id"] + "-retracted.xml"), encoding="utf-8") as file:
                assert "<msgType>Cancel</msgType>" in file.read()
            assert os.path.exists(stage.public(place, post["id"] + ".xml"))
        assert_whole(stage)
        stage.run("audit", "verify", check=0)
