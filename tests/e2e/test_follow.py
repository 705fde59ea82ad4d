"""A message that follows another goes where that one went, under its posts, and nowhere else."""
import signal

from approving import KARI, OLA, Approvals
from conftest import WAIT_TIMEOUT_S, default_text, wait_until
from stage import Stage, assert_nothing_twice, beside, scenes  # noqa: F401

X_REFUSES = "refuse:channel=x:municipality=4640:code=186"  # the text is too long, it says: failed for good


def places(result):
    return {(d["municipality"], d["channel"]) for d in result.events("delivery")}


def of(stage, words):
    return [p for p in stage.sandbox.posts() if words in p["text"]]


@beside()
def test_it_goes_to_the_places_that_were_reached(folder):
    with Stage(folder, channels=("facebook", "x")) as stage:
        stage.open(faults=[X_REFUSES])
        stage.send("alert", check=5)
        result = stage.send("update", check=0)
        assert places(result) == {(m, c) for m in ("0301", "4601", "4640") for c in ("facebook", "x")} - {("4640", "x")}
        told = stage.run("send", stage.plan, "update", "--yes", check=0)
        assert "It goes where 'alert' went: to 5 of 6 accounts." in told.err
        alerts = {(p["municipality"], p["channel"]): p["id"] for p in stage.sandbox.posts() if not p["reply_to"]}
        replies = [p for p in stage.sandbox.posts() if p["channel"] == "x" and p["reply_to"]]
        assert replies and all(p["reply_to"] == alerts[p["municipality"], "x"] for p in replies)


@beside()
def test_pages_on_facebook_link_to_the_earlier_post(folder):
    """They cannot reply. A link that is refused holds nothing up."""
    with Stage(folder, channels=("facebook",)) as stage:
        stage.open()
        stage.send("alert", check=0)
        alerts = {p["municipality"]: p["url"] for p in stage.sandbox.posts()}
        result = stage.send("update", check=0)
        updates = {p["id"]: p for p in stage.sandbox.posts() if p["url"] not in alerts.values()}
        assert {p["municipality"]: p["raw"]["link"] for p in updates.values()} == alerts
        assert all(alerts[p["municipality"]] not in p["text"] for p in updates.values())
        assert sorted(updates) == sorted(post["id"] for d in result.events("delivery") for post in d["posts"])


@beside()
def test_a_link_that_is_refused_goes_into_the_text(folder):
    with Stage(folder, places=("0301",), channels=("facebook",)) as stage:
        stage.open(faults=["refuse:channel=facebook:code=1609005:after=1:times=1"])
        stage.send("alert", check=0)
        alert = stage.sandbox.posts()[0]
        stage.send("update", "--only", "0301", check=0)
        update = next(p for p in stage.sandbox.posts() if p["id"] != alert["id"])
        assert update["text"].endswith("\n\n" + alert["url"]) and not update.get("raw")


@beside()
def test_a_message_that_went_out_in_two_runs_is_called_off_in_both(folder):
    with Stage(folder, channels=("x",)) as stage:
        stage.open()
        stage.send("alert", "--only", "0301", check=0)
        stage.send("alert", "--only", "4601", check=0)
        result = stage.send("cancel", check=0)
        assert places(result) == {("0301", "x"), ("4601", "x")}
        assert all(p["reply_to"] for p in of(stage, "ikke lenger") + of(stage, "ikkje lenger"))


@beside()
def test_what_was_called_off_is_over(folder):
    with Stage(folder, channels=("x",)) as stage:
        stage.open()
        stage.send("alert", check=0)
        stage.send("cancel", check=0)
        stage.send("alert", "--only", "0301", check=0)
        assert places(stage.send("cancel", check=0)) == {("0301", "x")}
        assert places(stage.send("cancel", check=0)) == {("0301", "x")}  # once more: to the same


@beside()
def test_what_was_called_off_at_some_places_goes_on_at_the_others(folder):
    """One place was called off alone, and is warned again: everybody who still believes a warning hears of its end."""
    with Stage(folder, channels=("x",)) as stage:
        stage.open()
        stage.send("alert", check=0)
        stage.send("cancel", "--only", "0301", check=0)
        stage.send("alert", "--only", "4601", check=0)
        assert places(stage.send("cancel", check=0)) == {("4601", "x"), ("4640", "x")}
        replies = {p["municipality"]: p["reply_to"] for p in of(stage, "ikke lenger") + of(stage, "ikkje lenger")}
        assert all(replies.values()), replies


@beside()
def test_what_is_in_doubt_is_called_off_too(folder):
    """Telegram cannot be asked whether a message is there."""
    with Stage(folder, places=("0301", "4601"), channels=("telegram",)) as stage:
        stage.write_plan(municipalities=("0301", "4601"), channels=("telegram",))
        stage.open(faults=["reset-after:channel=telegram:municipality=0301:times=1"])
        stage.send("alert", "--only", "0301", check=6)
        assert places(stage.send("cancel", check=0)) == {("0301", "telegram")}


@beside()
def test_what_is_still_under_way_counts(folder):
    """A killed alert may still be resumed: whoever will see it must see that it is called off."""
    with Stage(folder, channels=("x",)) as stage:
        stage.open(faults=["hang:channel=x:times=3"])
        process = stage.start("alert", json=True)
        wait_until(lambda: stage.sandbox.stats()["requests"] >= 3)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        assert len(places(stage.send("cancel", check=0))) == 3


@beside()
def test_it_was_not_sent_at_all(folder):
    with Stage(folder, channels=("x",)) as stage:
        stage.open()
        stage.send("alert", "--exercise", check=0)
        result = stage.send("update", check=0)
        assert "which has not gone out: it goes everywhere" in result.err and len(places(result)) == 3
        assert not [p for p in of(stage, "stig") if p["reply_to"]]
        assert len(places(stage.send("cancel", "--exercise", check=0))) == 3


@beside()
def test_it_reached_nobody(folder):
    with Stage(folder, places=("4640",), channels=("x",)) as stage:
        stage.open(faults=[X_REFUSES])
        stage.send("alert", check=5)
        result = stage.send("cancel", check=3)
        assert "which reached none of these accounts" in result.events("error")[0]["message"]


@beside()
def test_a_chain_goes_to_whoever_got_any_of_it(folder):
    texts = {kind: {"nb": default_text("nb", kind)} for kind in ("alert", "update", "all-clear")}
    messages = {"alert": {"kind": "alert", "text": texts["alert"]},
                "update": {"kind": "update", "follows": "alert", "text": texts["update"]},
                "all-clear": {"kind": "all-clear", "follows": "update", "text": texts["all-clear"]},
                "cancel": {"kind": "cancel", "follows": "alert", "text": texts["all-clear"]},
                "over": {"kind": "all-clear", "follows": "alert", "text": texts["all-clear"]},
                "wrong": {"kind": "correction", "follows": "update", "text": {"nb": default_text("nb", "correction")}}}
    with Stage(folder, channels=("x",), languages=("nb",), messages=messages) as stage:
        stage.open()
        stage.send("alert", "--except", "4640", check=0)
        stage.send("update", "--only", "0301", check=0)
        assert places(stage.send("wrong", check=0)) == {("0301", "x")}  # where the update was seen
        result = stage.send("all-clear", check=0)
        assert places(result) == {("0301", "x"), ("4601", "x")}
        posts = {(p["municipality"], p["text"].split("\n")[0]): p for p in stage.sandbox.posts()}
        last = {p["municipality"]: p for p in of(stage, "Faren er over")}
        under = {m: next(p for p in posts.values() if p["id"] == last[m]["reply_to"])["text"] for m in last}
        assert "stiger" in under["0301"] and "Hold deg unna" in under["4601"]
        assert_nothing_twice(stage)


@beside()
def test_a_dry_run_shows_where_it_would_go(folder):
    with Stage(folder, channels=("x",)) as stage:
        stage.open()
        stage.send("alert", "--only", "0301", check=0)
        assert places(stage.send("cancel", "--dry-run", check=0)) == {("0301", "x")}


@beside()
def test_the_approval_is_of_the_whole_audience(folder):
    """Approvers sign before anyone knows where it will arrive."""
    with Approvals(folder, approval={"scope": "specific"}) as stage:
        stage.open(faults=[X_REFUSES])
        for name in (KARI, OLA):
            stage.approve(name, "alert")
            stage.approve(name, "update")
        stage.send("alert", check=5)
        assert len(places(stage.send("update", check=0))) == 8
        assert len(places(stage.send("cancel", check=0))) == 8


# --- calling off what is still going out ------------------------------------------------------------------------
def running_alert(stage, *faults):
    """An alert of which two places have it on record, and the third is told to wait."""
    stage.open(faults=faults)
    process = stage.start("alert", json=True)
    wait_until(lambda: sorted(d["state"] for d in stage.run("status", json=True).events("delivery")) == ["posted", "posted", "waiting"])
    return process


@beside()
def test_a_cancel_stops_the_alert_first(folder):
    """Two places are reached, the third is told to come back: it is never sent there."""
    with Stage(folder, channels=("x",), languages=("nb",)) as stage:
        process = running_alert(stage, "429:channel=x:municipality=4640:seconds=60")
        result = stage.send("cancel", check=0)
        assert process.wait(timeout=WAIT_TIMEOUT_S) != 0
        stopped = result.events("stop")[0]
        assert stopped["state"] == "stopped" and ".alert." in stopped["run"]
        assert places(result) == {("0301", "x"), ("4601", "x")}
        assert len(of(stage, "Hold deg unna")) == 2 and len(of(stage, "ikke lenger")) == 2
        types = [entry["type"] for entry in stage.audit()]
        last = len(types) - types[::-1].index("run-started")
        assert "run-stopped" in types[:last], types


@beside()
def test_an_alert_that_died_is_not_resumed_after_its_cancel(folder):
    with Stage(folder, channels=("x",), languages=("nb",)) as stage:
        process = running_alert(stage, "429:channel=x:municipality=4640:seconds=60")
        process.kill()
        process.communicate()
        stage.send("cancel", check=0)
        result = stage.run("resume", check=2)
        assert "no run is unfinished" in result.err
        assert len(of(stage, "Hold deg unna")) == 2


@beside()
def test_nothing_had_left_yet(folder):
    with Stage(folder, places=("4640",), channels=("x",), languages=("nb",)) as stage:
        stage.open(faults=["429:channel=x:seconds=60"])
        process = stage.start("alert", json=True)
        wait_until(lambda: stage.sandbox.stats()["requests"] >= 1)
        result = stage.send("cancel", check=3)
        assert process.wait(timeout=WAIT_TIMEOUT_S) != 0
        assert result.events("stop") and "which reached none of these accounts" in result.events("error")[0]["message"]
        assert not stage.sandbox.posts()


@beside()
def test_a_cancel_for_one_place_stops_nothing(folder):
    with Stage(folder, channels=("x",), languages=("nb",)) as stage:
        process = running_alert(stage, "429:channel=x:municipality=4640:seconds=60:times=1")
        result = stage.send("cancel", "--only", "0301", check=0)
        assert not result.events("stop") and "'alert' is not stopped" in result.err and process.poll() is None
        assert places(result) == {("0301", "x")}
        stage.run("stop", check=0)
        process.wait(timeout=WAIT_TIMEOUT_S)


@beside()
def test_an_update_stops_nothing(folder):
    with Stage(folder, channels=("x",), languages=("nb",)) as stage:
        process = running_alert(stage, "429:channel=x:municipality=4640:seconds=60:times=1")
        result = stage.send("update", "--only", "0301", check=0)
        assert not result.events("stop") and process.poll() is None
        stage.run("stop", check=0)
        process.wait(timeout=WAIT_TIMEOUT_S)
