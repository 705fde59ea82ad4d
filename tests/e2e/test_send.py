"""`send`, `status` and `runs` where all goes well, and where a send is refused before it begins."""
import base64
import hashlib
import json
import re

import pytest
from conftest import WAIT_TIMEOUT_S, default_municipality, default_text, make_plan, wait_until
from stage import CHANNELS, Stage, assert_all_posted, by_state, copies

LABELS = ("default", "second")
NB, NN = "Flom. Hold deg unna elva", "Flaum. Hald deg unna elva"
NAMES = {"0301": "Oslo", "4601": "Bergen", "4640": "Sogndal", "5001": "Trondheim"}
MIXED = {**default_municipality("5001"), "languages": ["nb", "nn"], "groups": ["kyst"]}
PLACES = ("0301", "4601", "4640", MIXED)
IDS = ("0301", "4601", "4640", "5001")
RUN_ID = re.compile(r"flom\.[a-z-]+\.\d{8}T\d{6}Z\.[0-9a-f]{4}")
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path, places=IDS) as made:
        made.write_plan(municipalities=PLACES)
        yield made


def languages_of(municipality):
    return {"4640": ["nn"], "5001": ["nb", "nn"]}.get(municipality, ["nb"])


def expected_key(run, delivery):
    source = "\n".join((run, *(delivery[name] for name in ("municipality", "channel", "account", "language"))))
    return base64.urlsafe_b64encode(hashlib.sha256(source.encode()).digest()[:16]).decode().rstrip("=")


# --- where all goes well ----------------------------------------------------------------------------------------
def test_each_account_gets_each_text_of_its_municipality_once(tmp_path):
    with Stage(tmp_path, places=IDS, labels=LABELS) as stage:
        stage.write_plan(municipalities=PLACES)
        stage.open()
        result = stage.send(check=0)
        deliveries = assert_all_posted(stage, result)
        expected = set()
        for place in IDS:
            for label in LABELS:
                for language in languages_of(place):
                    words = NN if language == "nn" else NB
                    text = f"{NAMES[place]}: {words}.\n\n{words}. https://kommune-{place}.example"
                    expected |= {(channel, place, label, text) for channel in ("facebook", "x")}
        posts = stage.sandbox.posts()
        assert {key for key in copies(posts) if key[0] != "webhook"} == expected
        hooks = [p for p in posts if p["channel"] == "webhook"]
        assert len(hooks) == len(IDS) * len(LABELS)
        for hook in hooks:
            texts = hook["raw"]["data"]["texts"]
            assert sorted(texts) == sorted(languages_of(hook["municipality"]))
            for language, text in texts.items():
                assert (NN if language == "nn" else NB) in text["long"]
        assert len(deliveries) == len(posts)


def test_events_are_as_documented(stage):
    stage.open()
    result = stage.send(check=0)
    first, last = result.lines[0], result.lines[-1]
    run = first["run"]
    assert RUN_ID.fullmatch(run) and run.startswith("flom.alert.")
    assert {k: first[k] for k in first if k != "run"} == {
        "event": "run", "plan": "flom", "message": "alert", "mode": "live", "municipalities": 4, "deliveries": 14}
    events = result.lines[1:-1]
    assert len(events) == 14 and all(e["event"] == "delivery" for e in events)
    for event in events:
        assert event["run"] == run and event["state"] == "posted" and event["attempts"] == 1
        assert event["delivery"] == expected_key(run, event) and event["ms"] >= 0 and "error" not in event
        assert [type(p["id"]) for p in event["posts"]] == [str]
        if event["channel"] != "webhook":
            assert event["posts"][0]["url"].startswith("https://")
    assert last["event"] == "summary" and last["run"] == run and isinstance(last["seconds"], float)
    assert (last["posted"], last["failed"], last["in_doubt"], last["pending"], last["skipped"]) == (14, 0, 0, 0, 0)
    hooks = {p["id"] for p in stage.sandbox.posts() if p["channel"] == "webhook"}
    assert hooks == {e["delivery"] for e in events if e["channel"] == "webhook"}
    assert stage.run("audit", "verify", check=0)


def test_status_and_runs_tell_the_same(stage):
    assert stage.run("runs", check=0).out == ""
    assert stage.run("status").code == 2
    stage.open()
    sent = stage.send(check=0)
    run = sent.lines[0]["run"]
    for arguments in ((), (run,)):
        status = stage.status(*arguments)
        told = {d["delivery"]: d for d in status.events("delivery")}
        for event in sent.events("delivery"):
            known = told[event["delivery"]]
            assert all(known[key] == event[key] for key in event if key not in ("ms", "posts"))
            assert [p["id"] for p in known["posts"]] == [p["id"] for p in event["posts"]]
        summary = status.events("summary")[0]
        assert summary["posted"] == 14 and summary["run"] == run
    text = stage.run("status", check=0).out
    assert "14 of 14 deliveries to 4 municipalities posted" in text and run in text
    assert all(re.search(rf"{channel} +\d+ posted", text) for channel in CHANNELS)
    other = stage.send("all-clear", "--only", "0301", check=0).lines[0]["run"]
    runs = stage.run("runs", json=True, check=0).lines
    assert [r["run"] for r in runs] == [other, run]
    assert (runs[1]["state"], runs[1]["posted"], runs[1]["deliveries"], runs[1]["mode"]) == ("finished", 14, 14, "live")
    assert all(TIME.fullmatch(runs[1][key]) for key in ("started", "expires", "finished"))
    assert [run in line for line in stage.run("runs", check=0).out.splitlines()] == [False, True]
    missing = stage.run("status", "flom.nothing", check=2)
    assert "there is no run 'flom.nothing'" in missing.err and "crisis runs" in missing.err
    # The latest is shown when none is named.
    assert stage.status().events("summary")[0]["run"] == other


def test_the_same_again_is_a_new_run_and_says_so(stage):
    stage.open()
    first = stage.send("--only", "0301", check=0)
    assert "already went out" not in first.err
    second = stage.send("--only", "0301", check=0)
    assert re.search(r"already went out .* ago \(" + re.escape(first.lines[0]["run"]) + r"\); this is a new run", second.err)
    assert first.lines[0]["run"] != second.lines[0]["run"]
    assert len(stage.sandbox.posts()) == 6
    # In another mode, or another message, it is not the same.
    assert "already went out" not in stage.send("--only", "0301", "--exercise", check=0).err
    assert "already went out" not in stage.send("update", "--only", "0301", check=0).err


def test_a_message_is_chosen_by_name(stage):
    stage.open()
    stage.send("--only", "0301", check=0)
    sent = stage.send("update", "--only", "0301", check=0)
    assert sent.lines[0]["message"] == "update" and sent.lines[0]["run"].startswith("flom.update.")
    assert [p["text"] for p in stage.sandbox.posts() if p["channel"] == "x"][-1] .startswith("Oslo: Vannet stiger")
    wrong = stage.send("updat", json=False)
    assert wrong.code == 2 and "'updat'" in wrong.err and "update" in wrong.err
    assert len(stage.sandbox.posts()) == 6


CHOICES = [
    (("--only", "0301"), {("0301", c) for c in CHANNELS}),
    (("--only", "county=46"), {(p, c) for p in ("4601", "4640") for c in CHANNELS}),
    (("--only", "group=kyst"), {("5001", c) for c in CHANNELS}),
    (("--only", "language=nn"), {(p, c) for p in ("4640", "5001") for c in CHANNELS}),
    (("--only", "channel=x"), {(p, "x") for p in IDS}),
    (("--only", "county=46", "--only", "channel=x"), {("4601", "x"), ("4640", "x")}),
    (("--only", "all", "--except", "county=46"), {(p, c) for p in ("0301", "5001") for c in CHANNELS}),
    (("--except", "0301", "--except=channel=facebook"), {(p, c) for p in IDS[1:] for c in ("x", "webhook")}),
    (("--only=0301", "--only=4601", "--except=4601"), {("0301", c) for c in CHANNELS}),
]


@pytest.mark.parametrize("arguments,expected", CHOICES, ids=[" ".join(c[0]) for c in CHOICES])
def test_only_and_except(stage, arguments, expected):
    stage.open()
    stage.send(*arguments, check=0)
    assert {(p["municipality"], p["channel"]) for p in stage.sandbox.posts()} == expected


@pytest.mark.parametrize("arguments", [
    ("--only", "9999"), ("--only", "county=99"), ("--only", "group=none"), ("--only", "channel=youtube"),
    ("--only", "language=se"), ("--except", "9999"), ("--only", "0301", "--only", "9999"), ("--only", ""),
    ("--only", "planet"),
], ids=" ".join)
def test_a_selector_that_matches_nothing_is_an_error(stage, arguments):
    stage.open()
    result = stage.send(*arguments, json=False)
    assert result.code == 2 and arguments[-1] in result.err, result
    assert stage.sandbox.posts() == [] and stage.run("runs", check=0).out == ""


def test_nothing_left_is_an_error(stage):
    stage.open()
    result = stage.send("--only", "0301", "--except", "0301", json=False)
    assert result.code in (2, 3) and stage.sandbox.posts() == [], result


def test_variables_are_set(stage):
    text = {"nb": {"short": "{{municipality.name}}: {{river}} er på {{level}}"}}
    messages = {"info": {"kind": "information", "text": text}}
    stage.write_plan(municipalities=["0301"], languages=["nb"], messages=messages,
                     variables={"river": {"required": True, "max": 10}, "level": {"one-of": ["rødt", "gult"], "default": "gult"}})
    stage.open()
    stage.send("--set", "river=Glomma", "--set", "level=rødt", check=0)
    assert {p["text"] for p in stage.sandbox.posts()} == {"Oslo: Glomma er på rødt"}
    stage.send("--set=river={{level}}", check=0)
    assert "Oslo: {{level}} er på gult" in {p["text"] for p in stage.sandbox.posts()}
    before = len(stage.sandbox.posts())
    for wrong, words in (((), "river"), (("--set", "river=A", "--set", "level=blått"), "blått"), (("--set", "rver=A"), "river"),
                         (("--set", "river=" + "a" * 11), "10"), (("--set", "river=a\u202eb"), "river")):
        result = stage.send(*wrong, json=False)
        assert result.code in (2, 3) and words in result.err, result
    assert len(stage.sandbox.posts()) == before


def test_an_exercise_is_marked_in_each_text_as_it_was_stored(stage):
    stage.open()
    result = stage.send("--exercise", check=0)
    assert result.lines[0]["mode"] == "exercise"
    posts = stage.sandbox.posts()
    assert len(posts) == 14
    marks = {"nb": "ØVELSE", "nn": "ØVING"}
    for post in posts:
        if post["channel"] == "webhook":
            data = post["raw"]["data"]
            assert data["exercise"] is True and data["mode"] == "exercise"
            texts = [(language, text) for language, forms in data["texts"].items()
                     for name, text in forms.items() if name in ("short", "long")]
            texts += [(data["languages"][0], data["text"])]
        else:
            texts = [("nn" if "elva" in post["text"] and "Hald" in post["text"] else "nb", post["text"])]
        for language, text in texts:
            lines = text.splitlines()
            assert marks[language] in lines[0].upper() and marks[language] in lines[-1].upper(), text
    assert all(entry.get("mode", "exercise") == "exercise" for entry in stage.audit() if "run" in entry)


# --- refused before anything is sent ----------------------------------------------------------------------------
def refused(stage, code, *arguments):
    result = stage.send(*arguments, json=False)
    assert result.code == code, result
    assert stage.run("runs", check=0).out == ""
    return result


def test_a_live_alert_needs_its_reversal(stage):
    stage.open()
    for messages, missing in ((["alert"], "correction or cancel, and an all-clear"), (["alert", "cancel"], "all-clear"),
                              (["alert", "all-clear"], "correction or cancel")):
        whole = make_plan(municipalities=["0301"])["messages"]
        stage.write_plan(municipalities=["0301"], messages={name: whole[name] for name in messages})
        result = refused(stage, 3)
        assert missing in result.err and re.search(r"plan\.yaml:\d+:\d+: message 'alert' cannot go live", result.err)
    assert stage.sandbox.posts() == []
    stage.send("--exercise", check=0)
    stage.send("--dry-run", check=0)


def test_an_unapproved_plan_is_refused_and_that_is_on_the_log(stage):
    stage.open()
    stage.write_plan(municipalities=PLACES, approval={"threshold": 1, "approvers": ["kari@dsb.example"]})
    result = refused(stage, 4)
    assert "needs 1 approval" in result.err
    entries = [e for e in stage.audit() if "refus" in str(e.get("type", e.get("entry", e)))]
    assert len(entries) == 1 and "alert" in str(entries[0])
    assert refused(stage, 4, "--exercise")
    assert stage.sandbox.posts() == [] and stage.sandbox.stats()["connections"] <= 3  # those of this test alone
    stage.send("--dry-run", check=0)
    stage.run("audit", "verify", check=0)


def test_the_workspace_may_ask_for_more(stage):
    stage.open()
    stage.workspace.configure(stage.sandbox.url, stage.sandbox.ca, approval={"threshold": 2})
    assert "needs 2 approvals" in refused(stage, 4).err
    assert stage.sandbox.posts() == []


def test_threshold_0_reaches_loopback_only_and_opens_no_connection(stage, tmp_path):
    stage.open()
    stage.workspace.configure(stage.sandbox.url, stage.sandbox.ca, networks={
        "facebook": {"endpoint": "https://example.invalid"}, "x": {"endpoint": stage.sandbox.url + "/x"}})
    trace = tmp_path / "trace"
    program = stage.program.binary
    stage.program.binary = "strace"
    result = stage.program.run("-f", "-e", "trace=network", "-o", trace, program, "-C", stage.workspace.path, "send",
                               stage.plan, "--yes", env={"ASAN_OPTIONS": "detect_leaks=0"})
    stage.program.binary = program
    assert result.code == 4 and "https://example.invalid" in result.err, result
    assert "AF_INET" not in trace.read_text()
    assert stage.sandbox.posts() == []
    assert stage.run("runs", check=0).out == ""
    # The other channels alone may go.
    stage.send("--except", "channel=facebook", check=0)
    assert {p["channel"] for p in stage.sandbox.posts()} == {"x", "webhook"}


def test_an_expired_message_is_refused(stage):
    stage.open()
    messages = {"info": {"kind": "information", "expires": "2026-01-02T03:04:05Z", "text": {"nb": default_text("nb", "alert")}}}
    stage.write_plan(municipalities=["0301"], languages=["nb"], messages=messages)
    result = refused(stage, 3)
    assert "expired" in result.err and "2026-01-02T03:04:05Z" in result.err
    assert stage.sandbox.posts() == []


def test_no_account_is_an_error(stage):
    stage.open(register=False)
    assert "crisis register" in refused(stage, 3).err


def test_what_waits_beyond_the_expiry_is_dropped_and_said(stage):
    text = {"nb": default_text("nb", "alert")}
    stage.write_plan(municipalities=["0301", "4601"], languages=["nb"],
                     messages={"info": {"kind": "information", "expires": "15s", "text": text}})
    stage.open(faults=["429:channel=x:municipality=0301:seconds=3600"])
    result = stage.send(check=5)  # and not only when the network would take it
    states = by_state(result)
    late = states.pop(("0301", "x", "default", "nb"))
    assert late["state"] == "failed" and late["error"]["kind"] == "expired" and late["error"]["next"]
    assert all(event["state"] == "posted" for event in states.values())
    assert ("0301", "x") not in {(p["municipality"], p["channel"]) for p in stage.sandbox.posts()}
    assert result.events("summary")[0]["failed"] == 1


@pytest.mark.parametrize("arguments,words", [
    (("--dry-run", "--exercise"), "exclude each other"),
    (("--deadline", "soon"), "soon"),
    (("--deadline=",), "deadline"),
    (("--canary-bird",), "--canary-bird"),
])
def test_wrong_usage(stage, arguments, words):
    stage.open()
    assert words in refused(stage, 2, *arguments).err


def test_without_a_terminal_yes_is_required(stage):
    stage.open()
    result = stage.run("send", stage.plan, check=2)
    assert "--yes" in result.err and stage.sandbox.posts() == []


def test_a_second_sender_is_refused_while_the_first_goes_on(stage):
    stage.open(faults=["slow:ms=15000:channel=webhook:municipality=0301"])
    first = stage.start(json=True)
    run = json.loads(first.stdout.readline())["run"]
    assert "being sent now" in wait_until(lambda: stage.run("status", check=0).out)
    second = stage.run("resume", run)
    assert second.code == 1 and "being worked on by process" in second.err and str(first.pid) in second.err, second
    out, err = first.communicate(timeout=WAIT_TIMEOUT_S)
    assert first.returncode == 0, (out, err)
    assert_all_posted(stage)
    done = stage.run("resume", run, check=0)
    assert "Nothing is left to send" in done.err
