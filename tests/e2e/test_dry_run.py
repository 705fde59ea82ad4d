"""A dry run opens no connection at all, and says what would go where and when."""
import re
import shutil

import pytest
from servers import Server, reply
from stage import CHANNELS, PLACES, Stage, by_state

TRACED = {"ASAN_OPTIONS": "detect_leaks=0"}  # the leak checker cannot work where strace does


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path, labels=("default", "second")) as made:
        yield made.open()


def run_under(stage, *command, arguments=(), json=False, **options):
    """The dry run by way of another program."""
    program = stage.program.binary
    stage.program.binary = command[0]
    try:
        return stage.program.run(*command[1:], program, *(["--json"] if json else []), "-C", stage.workspace.path, "send",
                                 stage.plan, "--dry-run", *arguments, env=TRACED, **options)
    finally:
        stage.program.binary = program


def test_no_socket_is_made(stage, tmp_path):
    trace = tmp_path / "trace"
    before = stage.sandbox.stats()["requests"]
    result = run_under(stage, "strace", "-f", "-e", "trace=%network", "-o", trace)
    assert result.code == 0, result
    calls = [line for line in trace.read_text().splitlines() if re.search(r"\b(socket|connect|sendto|bind)\(", line)]
    assert calls == [], calls
    assert stage.sandbox.posts() == [] and stage.sandbox.stats()["requests"] == before
    # The same trace of a send shows that it would have been seen.
    program, stage.program.binary = stage.program.binary, "strace"
    stage.program.run("-f", "-e", "trace=%network", "-o", trace, program, "-C", stage.workspace.path, "send", stage.plan,
                      "--yes", env=TRACED, check=0)
    stage.program.binary = program
    assert "connect(" in trace.read_text() and "AF_INET" in trace.read_text()


def test_it_works_without_any_network(stage):
    if not shutil.which("unshare") or run_under(stage, "unshare", "-n").code != 0:
        pytest.skip("no network namespaces here")
    result = run_under(stage, "unshare", "-n", json=True)
    assert result.code == 0 and '"would_post":18' in result.out, result


def test_every_delivery_ends_in_would_post(stage):
    result = stage.send("--dry-run", check=0)
    states = by_state(result)
    assert len(states) == len(PLACES) * len(CHANNELS) * 2
    assert {e["state"] for e in states.values()} == {"would-post"}
    assert all("posts" not in e and "error" not in e for e in states.values())
    assert result.lines[0]["mode"] == "dry-run"
    summary = result.events("summary")[0]
    assert (summary["would_post"], summary["posted"], summary["failed"], summary["pending"]) == (18, 0, 0, 0)
    forecasts = {f["channel"]: f for f in result.events("forecast")}
    assert set(forecasts) == set(CHANNELS)
    for forecast in forecasts.values():
        assert (forecast["deliveries"], forecast["posts"], forecast["accounts"]) == (6, 6, 6)
        assert 0 < forecast["last_in_seconds"] < 60
    status = stage.status()
    assert {d["state"] for d in status.events("delivery")} == {"would-post"}
    assert stage.run("runs", json=True).lines[0]["mode"] == "dry-run"
    assert stage.sandbox.posts() == []


def test_it_says_per_channel_what_and_when(stage):
    result = stage.send("--dry-run", json=False, check=0)
    for channel in CHANNELS:
        assert re.search(rf"{channel} +would post 6 texts in 6 posts to 6 accounts; last municipality in about \d", result.out)
    assert "18 of 18 deliveries to 3 municipalities would be posted" in result.out
    assert "DRY RUN" in result.err and "resume" not in result.out


def test_threads_count_their_posts(stage):
    text = {"nb": {"long": "{{municipality.name}}: " + "Dette er en lang setning om vannet i elva. " * 15}}
    stage.write_plan(municipalities=["0301"], languages=["nb"], messages={"info": {"kind": "information", "text": text}})
    result = stage.send("--dry-run", "--only", "channel=x", check=0)
    assert result.events("forecast")[0]["deliveries"] == 2
    assert result.events("forecast")[0]["posts"] >= 6


def test_a_limit_of_the_network_shows_in_the_forecast(tmp_path):
    places = [str(9000 + i) for i in range(4)]
    with Stage(tmp_path, places=places, channels=("x",)) as stage:
        text = {language: {"short": "{{municipality.name}} " + language} for language in ("nb", "nn", "en", "se")}
        entries = [{"id": p, "name": "By " + p, "county": {"id": "90", "name": "Fylke"}, "languages": list(text)} for p in places]
        stage.write_plan(municipalities=entries, languages=list(text), messages={"info": {"kind": "information", "text": text}})
        stage.open()
        forecast = stage.send("--dry-run", check=0).events("forecast")[0]
        assert (forecast["deliveries"], forecast["accounts"]) == (16, 4)
        assert stage.sandbox.stats()["requests"] == 0


def test_it_asks_nothing_and_needs_no_terminal(stage):
    assert stage.run("send", stage.plan, "--dry-run", check=0).code == 0


def test_it_is_on_the_audit_log_as_what_it_is(stage):
    stage.send("--dry-run", check=0)
    entries = [e for e in stage.audit() if e.get("run")]
    assert entries and all(e["mode"] == "dry-run" for e in entries)
    stage.run("audit", "verify", check=0)


def test_resume_leaves_it_alone(stage):
    run = stage.send("--dry-run", check=0).lines[0]["run"]
    assert stage.run("resume", check=2).err.startswith("crisis: no run is unfinished")
    assert "Nothing is left to send" in stage.run("resume", run, check=0).err
    assert stage.sandbox.posts() == []


def test_real_endpoints_are_not_asked_for_an_approval(tmp_path):
    with Stage(tmp_path) as stage, Server(lambda request: reply(500, "{}")) as server:
        stage.workspace.configure(server.url, "/etc/ssl/certs/ca-certificates.crt", networks={})
        stage.workspace.register(stage.accounts)
        stage.write_plan(municipalities=PLACES, approval={"threshold": 2, "approvers": ["a@b.example", "c@d.example"]})
        result = stage.send("--dry-run", check=0)
        assert {e["state"] for e in result.events("delivery")} == {"would-post"}
        assert server.connections == 0


def test_the_forecast_says_when_the_first_most_and_the_last_are_out(stage):
    result = stage.send("--dry-run", check=0)
    channels = result.events("forecast")
    for forecast in channels:
        assert 0 < forecast["first_in_seconds"] <= forecast["most_in_seconds"] <= forecast["last_in_seconds"]
        assert forecast["limited_by"] == "answers"
    whole = result.events("forecast-run")[0]
    assert whole["deliveries"] == 18
    assert whole["first_in_seconds"] == min(f["first_in_seconds"] for f in channels)
    assert whole["last_in_seconds"] == max(f["last_in_seconds"] for f in channels)
    assert whole["slowest_channel"] in CHANNELS
    out = stage.send("--dry-run", json=False, check=0).out
    assert len(re.findall(r"first in about .+, 90 % in .+; what decides: how fast the network answers", out)) == len(CHANNELS)
    assert re.search(r"in all +first in about .+, 90 % in .+, last in .+, on ", out)


def test_the_forecast_names_the_limit_that_holds_posts_back(tmp_path):
    """A bot of Telegram sends 30 texts in a second."""
    places = [str(1000 + number) for number in range(120)]
    with Stage(tmp_path, places=places, channels=("telegram",)) as stage:
        stage.write_plan(municipalities=places, channels=("telegram",))
        stage.open()
        forecast = stage.send("--dry-run", check=0).events("forecast")[0]
        assert forecast["limited_by"] == "app-quota" and forecast["last_in_seconds"] >= 3, forecast
        assert "what decides: the network's limit for the app" in stage.send("--dry-run", json=False, check=0).out
