"""A short round of the torture (tests/torture: thousands of sends with everything going wrong), and what it has found.

The program is built with waits that are 20 times shorter (meson: -Dtime-scale=20), so what takes 20 s in life takes 1 s.
"""
import os
import sys

import pytest
from approving import KARI, OLA, Approvals
from conftest import ROOT, WAIT_TIMEOUT_S, release_path, wait_until
from failing import faults, found_no_network, needs_release
from stage import Stage, assert_all_posted, beside, scenes  # noqa: F401

sys.path.insert(0, os.path.join(ROOT, "tests", "torture"))
from script import ABSENT_BELIEVED_AFTER_MS, LASTING, PASSING, SWEEPING  # noqa: E402
from torture import play  # noqa: E402
from truths import Store, compare  # noqa: E402

ROUNDS = range(1, 21)
SEED = 380  # its rounds have some of everything
FEW = (3, 12)
RESUMES_MAX = 20
THREADS_MAX = 8
MANY = [str(7000 + i) for i in range(60)]
BINARY = os.environ.get("CRISIS_TORTURE_BINARY") or os.path.join(ROOT, "build-torture", "crisis")

pytestmark = pytest.mark.skipif(not os.path.exists(BINARY), reason="no build with short waits is there")


def assert_truths_agree(stage):
    store = Store(stage.workspace.file("crisis.db"))
    wrong = compare(store, stage.audit(), stage.sandbox.posts())
    assert not wrong, "\n".join(wrong)
    stage.run("audit", "verify", check=0)
    return store


def message(words, languages=("nb",)):
    return {"info": {"kind": "information", "text": {language: {"long": words} for language in languages}}}


@beside(*ROUNDS)
def test_a_round(folder, case):
    counts, wrong = play(BINARY, folder, SEED, case, FEW)
    assert not wrong, "\n".join(wrong)
    assert counts["deliveries"] > 0


def heard(stage, *words, check):
    """Runs it, and goes on for as long as nothing is heard, which a busy machine takes for a network that is down."""
    result = stage.run(*words, json=True)
    for _ in range(RESUMES_MAX):
        if not found_no_network(result):
            break
        result = stage.run("resume", json=True)
    assert result.code == check, result
    return result


def is_to_be_resumed(result):
    """On a busy machine neither is rare: all looks at one delivery were lost, or nothing was heard for a while."""
    return result.code == 6 or found_no_network(result)


@beside()
def test_all_is_posted_though_three_in_ten_requests_fail(folder):
    """Every kind of fault that passes, all at once."""
    rate = 0.3 / len(PASSING)
    # Facebook's limit asks for a whole minute, which is not shortened with the waits that are ours.
    more = {"slow": ":ms=300", "late": ":ms=300", "429": ":channel=x"}
    faults = [f"{name}{more.get(name, '')}:rate={rate:.4f}" for name, _ in PASSING]
    with Stage(folder, places=MANY, binary=BINARY) as stage:
        stage.open("--seed", "5", "--no-rate-limits", faults=faults)
        result = stage.send()
        for _ in range(RESUMES_MAX):
            if not is_to_be_resumed(result):
                break
            result = stage.run("resume", json=True)
        assert result.code == 0, result
        assert len(assert_all_posted(stage)) == 3 * len(MANY)
        assert_truths_agree(stage)
        stats = stage.sandbox.stats()
        assert len(stats["faults_by_kind"]) > len(PASSING) / 2 and stats["faults"] > 0.1 * stats["requests"], stats


# --- what was found ---------------------------------------------------------------------------------------------
@beside("http1", "http2")
def test_the_same_words_in_two_languages(folder, case):
    """The first is lost before it is posted; a look for it while the second is under way finds the second."""
    entry = {"id": "7000", "name": "Tana", "county": {"id": "70", "name": "Fylke"}, "languages": ["nb", "nn"]}
    words = message("Tana bru: Ukjent vannstand.", ("nb", "nn"))
    for channel in ("x", "facebook"):
        with Stage(os.path.join(folder, channel), places=["7000"], binary=BINARY, channels=[channel]) as stage:
            stage.write_plan(municipalities=[entry], messages=words, channels=[channel])
            stage.open(*(["--http1"] if case == "http1" else []),
                       faults=["stream-reset-before:on=post:times=1", "slow:on=post:ms=600:times=1"])
            heard(stage, "send", stage.plan, "--yes", check=0)
            assert len(assert_truths_agree(stage).deliveries) == len(stage.sandbox.posts()) == 2


@beside()
def test_a_later_part_has_its_own_age(folder):
    """A thread is older than its last part, whose post is listed late: that part is not absent yet."""
    words = "".join(f"Setning {n} om vannet som stiger i elva, og om veien som er stengt. " for n in range(8))
    with Stage(folder, places=["7000"], binary=BINARY, channels=["x"], messages=message(words), languages=["nb"]) as stage:
        stage.open(faults=[f"slow:on=post:times=1:ms={ABSENT_BELIEVED_AFTER_MS + 100}",
                           f"late:after=0:times=1:ms={ABSENT_BELIEVED_AFTER_MS * 6 // 10}"])
        heard(stage, "send", stage.plan, "--yes", check=0)
        assert assert_truths_agree(stage).states() == {"posted": 1}


@beside()
def test_what_may_have_arrived_is_not_called_failed(folder):
    """A receiver takes a message, and its answer is lost; then it takes no message any more."""
    with Stage(folder, places=["7000"], binary=BINARY, channels=["webhook"]) as stage:
        stage.open(faults=["reset-after:times=1", "expired-token:times=2"])
        result = heard(stage, "send", stage.plan, "--yes", check=6)
        assert [event["state"] for event in result.events("delivery")][-1] == "in-doubt"
        heard(stage, "resume", check=6)  # it is not forgotten by the next process
        heard(stage, "resume", check=0)
        assert_truths_agree(stage)
        assert stage.sandbox.stats()["posts"] == 1


@beside()
def test_the_key_of_a_record_outlives_a_token(folder):
    """A record is made and its answer lost; then the token can be used no more, nor renewed; then it can. The key stays."""
    with Stage(folder, places=["7000"], binary=BINARY, channels=["bluesky"]) as stage:
        stage.write_plan(municipalities=["7000"], channels=["bluesky"])
        stage.open(faults=["reset-after:path=putRecord:times=1", "expired-token:path=putRecord:times=1",
                           "expired-token:path=refreshSession:times=1", "expired-token:path=createSession:after=1:times=1"])
        heard(stage, "send", stage.plan, "--yes", check=6)
        assert 0 in [stage.run("resume").code for _ in range(3)]
        assert_truths_agree(stage)
        assert stage.sandbox.stats()["posts"] == 1


@beside()
def test_what_nobody_can_tell_is_left_in_doubt(folder):
    """It was being sent when the process was killed, and its network can neither be asked nor be sent it twice."""
    with Stage(folder, places=["7000"], binary=BINARY, channels=["telegram"]) as stage:
        stage.write_plan(municipalities=["7000"], channels=["telegram"])
        stage.open(faults=["hang:on=post"])
        process = stage.start(json=True)
        wait_until(lambda: stage.sandbox.stats()["requests"] >= 1)
        process.kill()
        process.wait(timeout=WAIT_TIMEOUT_S)
        result = heard(stage, "resume", check=6)
        event = result.events("delivery")[-1]
        assert event["state"] == "in-doubt" and "look at the telegram account" in event["error"]["next"], event
        store = Store(stage.workspace.file("crisis.db"))
        assert store.states() == {"in-doubt": 1}
        assert not compare(store, stage.audit(), stage.sandbox.posts(), lambda delivery: True)
        stage.run("audit", "verify", check=0)


# --- nothing was sent -------------------------------------------------------------------------------------------
@needs_release  # where an answer may take its time
@beside("tls-reset:times=2", "wrong-certificate:times=2")
def test_a_handshake_that_fails_leaves_no_doubt(folder, case):
    with Stage(folder, binary=release_path()) as stage:
        stage.open(register=False)
        stage.sandbox.stop()
        stage.open(faults=[case])
        stage.send(check=0)
        assert_all_posted(stage)
        states = {entry.get("state") for entry in stage.audit()}
        assert states == {None, "waiting", "posted"}
        assert stage.sandbox.stats()["faults_by_kind"] == {case.split(":")[0]: 2}


@needs_release
@beside()
def test_a_name_that_nobody_resolves_holds_nobody_up(folder):
    """The system's resolver hears nothing, and takes longer than a connection may: the others go on meanwhile."""
    unheard = [str(7001 + i) for i in range(THREADS_MAX + 1)]  # at least one shares its thread with the first
    with Approvals(folder, places=["7000", *unheard], channels=["webhook"], binary=BINARY) as stage:
        stage.open(register=False, faults=["503-before:times=8"])  # its waits are longer than a connection may take
        for place in unheard:
            stage.account(place, "webhook")["settings"]["url"] = f"https://unheard-{place}.example/hook"
        stage.workspace.configure(stage.sandbox.url, stage.sandbox.ca, approval={"threshold": 2}, internal_addresses=["loopback"])
        stage.workspace.register(stage.accounts)
        for name in (KARI, OLA):
            stage.approve(name, "alert")
        process = stage.start("--quiet", env=faults("getaddrinfo:path=unheard-*:hangs=1"))
        wait_until(lambda: stage.states()["posted"] == 1 or process.poll() is not None)
        assert process.poll() is None, process.communicate()


@beside()
def test_an_outage_ends(folder):
    with Stage(folder, binary=BINARY) as stage:
        stage.open(latency="100ms", faults=["outage:after=4:times=1:ms=400"])
        result = stage.send()
        while result.code == 1 and "no network of this run could be reached" in result.err:
            result = stage.run("resume", json=True)
        assert result.code == 0
        assert_all_posted(stage)
        assert_truths_agree(stage)
        assert stage.sandbox.stats()["faults_by_kind"] == {"outage": 1}


def test_the_tables_name_faults_that_there_are(crisis):
    text = crisis("help", "sandbox", check=0).out
    for name, _ in PASSING + SWEEPING + LASTING:
        assert f" {name} " in text, name
