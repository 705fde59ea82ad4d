"""What goes wrong on the way: each network's faults, servers that break HTTP, hosts that are not there. Whatever
happens, nothing is published twice, and what is not known is looked up or said to be in doubt."""
import collections
import threading
import time

from servers import CLOSE, Authority, Network, Server, free_port, reply
from stage import PLACES, assert_all_posted, assert_nothing_twice, by_state, Stage, beside, scenes  # noqa: F401

SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt"
NETWORK_DOWN_S = 15
BELIEVED_ABSENT_S = 20
SILENCE_S = 30  # how long an answer is waited for
CONNECTS_S = 10  # and how long a connection
BAD = "0301"  # the municipality that has the trouble
KINDS = {"credential", "permission", "content", "duplicate", "rate-limit", "network", "server", "protocol", "expired"}
MIB = 1024 * 1024


def numbered(cases):
    """A municipality for each case."""
    return {str(6000 + i): case for i, case in enumerate(cases)}


def events_of(result, municipality, channel):
    return [e for e in result.events("delivery") if (e["municipality"], e["channel"]) == (municipality, channel)]


def assert_told(result, bad):
    """Each failure says what kind it is and what to do next; the others were not held up by it."""
    for event in result.events("delivery"):
        if "error" in event:
            assert event["error"]["kind"] in KINDS and event["error"]["message"] and event["error"]["next"], event
        if (event["municipality"], event["channel"]) not in bad:
            assert event["state"] == "posted" and event["attempts"] == 1 and event["ms"] < SILENCE_S * 1000, event


# --- the networks' faults ---------------------------------------------------------------------------------------
# Fault, channel, and the kind of error that is told before it is posted all the same.
HEALED = [
    ("429:seconds=2", "x", "rate-limit"), ("429:seconds=2", "webhook", "rate-limit"),
    ("500-before", "facebook", "server"), ("500-before", "x", "server"), ("500-before", "webhook", "server"),
    ("500-after", "facebook", "server"), ("502-before", "x", "server"), ("502-after", "x", "server"),
    ("503-after", "webhook", "server"), ("503-after", "facebook", "server"),
    ("stream-reset-before", "x", "network"), ("stream-reset-after", "facebook", "network"),
    ("hang", "facebook", "network"), ("hang-after", "x", "network"), ("hang-after", "webhook", "network"),
    ("truncated", "facebook", "network"), ("truncated", "x", "network"), ("truncated", "webhook", "network"),
    ("garbage", "facebook", "protocol"), ("garbage", "x", "protocol"), ("garbage", "webhook", None),
    ("html", "facebook", "server"), ("html", "x", "server"), ("html", "webhook", "server"), ("slow:ms=2000", "x", None),
]
# These break the connection under the requests of others.
BREAKING = ["reset-before", "reset-after", "large", "refuse-stream", "goaway", "close-idle"]
FAILED = [
    ("expired-token", "facebook", "credential", "190"), ("expired-token", "x", "credential", ""),
    ("expired-token", "webhook", "credential", ""), ("refuse:code=402", "x", None, ""),
    ("refuse:code=410", "webhook", "permission", ""), ("duplicate", "facebook", "duplicate", ""),
    ("duplicate", "x", "duplicate", ""), ("duplicate", "webhook", None, ""),
]


def faults_of(cases, more):
    return [",".join(f"{case[0]}:channel={case[1]}:municipality={place}:on=post{more}" for place, case in cases.items())]


@beside()
def test_faults_heal(folder):
    cases = numbered(HEALED)
    with Stage(folder, places=list(cases)) as stage:
        stage.open(faults=faults_of(cases, ":times=1"))
        result = stage.send("--deadline", "150s", check=0)
        assert stage.sandbox.stats()["faults"] == len(cases)
        assert_all_posted(stage, result)
        wrong = []
        for place, (_, channel, kind) in cases.items():
            states = [(e["state"], e.get("error", {}).get("kind")) for e in events_of(result, place, channel)]
            first = [("waiting", kind), ("in-doubt", kind)] if kind else [("posted", None)]
            if states[0] not in first or states[-1] != ("posted", None):
                wrong.append((cases[place], states))
        assert not wrong
        assert_told(result, {(place, case[1]) for place, case in cases.items()})
        stage.run("audit", "verify", check=0)


@beside(*BREAKING)
def test_a_connection_that_breaks_under_its_requests(folder, case):
    """libcurl sends such requests again on its own, when it may. It may not."""
    with Stage(folder, labels=("default", "second")) as stage:
        stage.open(faults=[case + ":times=3:on=post"])
        result = stage.send("--deadline", "150s", check=0)
        assert stage.sandbox.stats()["faults"] >= 2
        assert_all_posted(stage, result)
        acted = [e["id"] for e in stage.sandbox.log() if e["method"] == "POST" and e["acted"] and not e["repeated"]]
        assert all(count == 1 for count in collections.Counter(acted).values())
        assert all("error" not in e or e["error"]["next"] for e in result.events("delivery"))


@beside()
def test_faults_that_stay(folder):
    cases = numbered(FAILED)
    with Stage(folder, places=[*cases, "0301"]) as stage:
        stage.open(faults=faults_of(cases, ""))
        result = stage.send("--deadline", "150s", check=5)
        assert_told(result, {(place, case[1]) for place, case in cases.items()})
        wrong = []
        for place, (_, channel, kind, code) in cases.items():
            last = events_of(result, place, channel)[-1]
            error = last.get("error", {})
            if last["state"] != "failed" or error["kind"] != (kind or error["kind"]) or not error["code"].startswith(code):
                wrong.append((cases[place], last))
        assert not wrong
        count = 3 * (len(cases) + 1) - len(cases)
        assert len(assert_nothing_twice(stage)) == count
        summary = result.events("summary")[0]
        assert [summary[k] for k in ("posted", "failed", "in_doubt", "pending")] == [count, len(cases), 0, 0]
        text = stage.run("status", check=0).out
        assert text.count("→") >= 5 and all(place in text for place in cases)
        # It stays failed: resume has nothing to do, and posts nothing.
        stage.run("resume", result.lines[0]["run"])
        assert len(assert_nothing_twice(stage)) == count
        stage.run("audit", "verify", check=0)


@beside()
def test_a_page_that_is_blocked_for_a_while_waits(folder):
    with Stage(folder) as stage:
        stage.open(faults=[f"refuse:code=368:channel=facebook:municipality={BAD}:on=post"])
        result = stage.send_until(lambda: stage.states() == {"posted": 8, "waiting": 1})
        last = events_of(result, BAD, "facebook")[-1]
        assert last["state"] == "waiting" and last["error"]["code"].startswith("368") and last["error"]["next"]
        assert_told(result, {(BAD, "facebook")})


@beside("500-before", "hang", "reset-before")
def test_past_the_deadline_it_is_unfinished_and_resume_goes_on(folder, case):
    with Stage(folder) as stage:
        stage.open(faults=[f"{case}:channel=facebook:municipality={BAD}"])
        result = stage.send("--deadline", f"{BELIEVED_ABSENT_S - 2}s", check=6)
        states = by_state(result)
        assert states[(BAD, "facebook", "default", "nb")]["state"] == "in-doubt"
        if case != "reset-before":
            assert_told(result, {(BAD, "facebook")})
        summary = result.events("summary")[0]
        assert summary["in_doubt"] >= 1 and summary["posted"] + summary["in_doubt"] + summary["pending"] == 9
        assert (BAD, "facebook") not in {(p["municipality"], p["channel"]) for p in stage.sandbox.posts()}
        assert "next: crisis resume " in stage.run("status", check=0).out
        assert stage.run("runs", json=True).lines[0]["state"] == "unfinished"
        assert_nothing_twice(stage)


@beside(1, 2)
def test_a_storm_of_faults(folder, case):
    """Many kinds at once, by chance but seeded: all is posted in the end, once, or is in doubt, and nothing is lost."""
    places = [str(8000 + i) for i in range(25)]
    faults = ",".join(f"{kind}:rate=0.05" for kind in (
        "reset-after", "stream-reset-after", "500-before", "502-after", "truncated", "garbage", "html", "close-idle",
        "stream-reset-before", "503-before"))
    with Stage(folder, places=places) as stage:
        stage.open("--seed", str(case), faults=[faults], latency="50ms")
        result = stage.send("--deadline", "75s")
        assert result.code in (0, 6), result
        assert_nothing_twice(stage)
        there = collections.Counter((p["municipality"], p["channel"]) for p in stage.sandbox.posts())
        for delivery in stage.status().events("delivery"):
            count = there[(delivery["municipality"], delivery["channel"])]
            assert count <= 1 and (delivery["state"] != "posted" or count == 1), delivery
            assert delivery["state"] in ("posted", "in-doubt", "waiting", "queued"), delivery
        stage.run("audit", "verify", check=0)


# --- servers that break HTTP ------------------------------------------------------------------------------------
def forever(first, piece, counted):
    yield first
    while True:
        counted["bytes"] += len(piece)
        yield piece


def drip(counted):
    yield b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n"
    while True:
        threading.Event().wait(0.2)
        counted["bytes"] += 1
        yield b"x"


HEAD = b"HTTP/1.1 200 OK\r\n"
HOSTILE = {
    "headers without end": lambda counted: forever(HEAD, b"X-More: " + b"a" * 8000 + b"\r\n", counted),
    "one header without end": lambda counted: forever(HEAD + b"X-More: ", b"a" * 8000, counted),
    "a body of 1 GiB": lambda counted: forever(HEAD + b"Content-Length: 1073741824\r\n\r\n", b"a" * MIB, counted),
    "chunks without end": lambda counted: forever(HEAD + b"Transfer-Encoding: chunked\r\n\r\n",
                                                  b"100000\r\n" + b"a" * MIB + b"\r\n", counted),
    "a chunk of no length": lambda counted: HEAD + b"Transfer-Encoding: chunked\r\n\r\nzz\r\nabc\r\n0\r\n\r\n",
    "no HTTP": lambda counted: b"SSH-2.0-OpenSSH_9.2\r\n",
    "bytes": lambda counted: bytes(range(256)) * 8,
    "no status": lambda counted: b"HTTP/1.1 abc\r\n\r\n",
    "a status that is none": lambda counted: b"HTTP/1.1 099 X\r\nContent-Length: 2\r\n\r\n{}",
    "a negative length": lambda counted: HEAD + b"Content-Length: -1\r\n\r\n{}",
    "a short body": lambda counted: HEAD + b"Content-Length: 1000\r\n\r\n{\"id\":",
    "half a header": lambda counted: HEAD + b"Content-Le",
    "NUL in a header": lambda counted: HEAD + b"X: a\0b\r\nContent-Length: 2\r\n\r\n{}",
    "JSON too deep": lambda counted: reply(200, "[" * 100000),
    "JSON that is not closed": lambda counted: reply(200, '{"id":"1'),
    "an id that is none": lambda counted: reply(200, {"id": "../../../me?x=1", "data": {"id": "1; rm -rf /"}}),
    "an empty answer": lambda counted: reply(200, ""),
    "200 for an error": lambda counted: reply(200, {"error": {"message": "no", "code": 1}}),
    "100 without end": lambda counted: forever(b"", b"HTTP/1.1 100 Continue\r\n\r\n", counted),
    "drops": drip,
}


@beside()
def test_hostile_answers(folder):
    """Each post was made, and its answer is bad in another way. It is found there, and is there once."""
    authority, network, counted, done = Authority(folder + "/authority"), Network(), collections.Counter(), set()
    cases = numbered(HOSTILE)
    lock = threading.Lock()

    def answer(request):
        if request.method != "POST":
            return network.answer(request)
        case = cases.get(request.text().split()[0])
        key = (case, request.path.endswith("/feed"))
        with lock:
            is_first = case and key not in done
            done.add(key)
        if not is_first:
            return network.answer(request)
        network.keep(request)
        request.last = True
        return HOSTILE[case](counted)

    text = {"nb": {"short": "{{municipality.id}} flom"}}
    places = [*cases, *PLACES]
    with Stage(folder, places=places, channels=("facebook", "x")) as stage, Server(answer, tls=authority) as server:
        stage.write_plan(municipalities=places, languages=["nb"], messages={"info": {"kind": "information", "text": text}})
        stage.workspace.configure(server.url, authority.ca)
        stage.workspace.register(stage.accounts)
        result = stage.send("--deadline", "150s", check=0)
        assert counted["bytes"] < 200 * MIB
        assert len([key for key in done if key[0]]) == 2 * len(cases) and len(network.kept) == 2 * len(places)
        assert all(count == 1 for count in collections.Counter(k[:3] for k in network.kept).values())
        assert collections.Counter(r.text() for r in server.posts()) == {f"{p} flom": 2 for p in places}
        ids = {k[3] for k in network.kept}
        for event in by_state(result).values():
            assert event["state"] == "posted" and event["posts"][0]["id"] in ids, event
        for event in result.events("delivery"):
            assert "error" not in event or event["error"]["next"], event


REDIRECTS = (301, 302, 303, 307, 308)


@beside()
def test_redirects_are_not_followed(folder):
    authority, cases = Authority(folder + "/authority"), numbered(REDIRECTS)
    text = {"nb": {"short": "{{municipality.id}} flom"}}
    with Server(lambda request: reply(200, {"id": "1_2"}), tls=authority) as other:
        def answer(request):
            status = next(status for place, status in cases.items() if place in request.body.decode())
            return reply(status, b"", headers=[f"Location: {other.url}{request.target}"])

        with Stage(folder, places=list(cases)) as stage, Server(answer, tls=authority) as server:
            stage.write_plan(municipalities=list(cases), languages=["nb"],
                             messages={"info": {"kind": "information", "text": text}})
            stage.workspace.configure(server.url, authority.ca)
            stage.workspace.register(stage.accounts)
            result = stage.send("--deadline", "150s", check=5)
            assert other.connections == 0 and other.requests == []
            states = by_state(result)
            assert {e["state"] for e in states.values()} == {"failed"}
            assert all("elsewhere" in e["error"]["message"] and e["error"]["next"] for e in states.values()), states
            assert len(server.posts()) == 3 * len(cases)


# --- libcurl's second try ---------------------------------------------------------------------------------------
def trap(network, trapped, fate):
    """Asks each account to come again in a second, so that it does on a kept connection; there one request is read
    whole, and the connection closed without a byte."""
    asked, lock = set(), threading.Lock()

    def answer(request):
        if request.method == "GET":
            return reply(500, "{}") if fate == "unknown" else network.answer(request)
        who = request.headers.get("authorization") or request.path
        with lock:
            is_first, is_caught = who not in asked, False
            asked.add(who)
            if not is_first and request.number >= 2 and not trapped:
                trapped.append((request.text() or request.headers.get("webhook-id"), time.time()))
                is_caught = True
        if is_first:
            return reply(429, "{}", headers=["Retry-After: 1"])
        if not is_caught:
            return network.answer(request)
        if fate == "kept":
            network.keep(request)
        return CLOSE

    return answer


@beside(*((channel, fate) for channel in ("facebook", "x") for fate in ("kept", "lost", "unknown")))
def test_a_kept_connection_that_closes_without_an_answer(folder, case):
    """libcurl by itself would send the same request again at once."""
    channel, fate = case
    authority, network, trapped = Authority(folder + "/authority"), Network(), []
    with Stage(folder, channels=(channel,)) as stage, Server(trap(network, trapped, fate), tls=authority) as server:
        def looks():
            return [request for request in list(server.requests) if request.method == "GET"]

        stage.workspace.configure(server.url, authority.ca)
        stage.workspace.register(stage.accounts)
        if fate == "unknown":
            result = stage.send_until(lambda: looks() and stage.states() == {"posted": 2, "in-doubt": 1})
        else:
            result = stage.send("--deadline", "150s")
        assert len(trapped) == 1
        text, when = trapped[0]
        copies = [r for r in server.posts() if r.text() == text]
        in_doubt = [e for e in result.events("delivery") if e["state"] == "in-doubt"]
        assert len(in_doubt) >= 1 and in_doubt[0]["error"]["kind"] == "network"
        if fate == "unknown":
            assert result.code == 130 and len(copies) == 2, result  # the one that was told to wait, and the trapped one
            assert result.events("summary")[0]["in_doubt"] == 1
            return
        assert result.code == 0, result
        published = [k for k in network.kept if k[2] == text]
        assert len(published) == 1
        if fate == "kept":
            assert len(copies) == 2
            return
        # Only when it was known not to be there was it sent again.
        assert len(copies) == 3 and published[0][4] - when >= BELIEVED_ABSENT_S - 0.5
        assert len(looks()) >= 2


@beside()
def test_a_webhook_may_be_sent_again_under_its_id(folder):
    authority, network, trapped = Authority(folder + "/authority"), Network(), []
    with Stage(folder, channels=("webhook",)) as stage, Server(trap(network, trapped, "kept"), tls=authority) as server:
        stage.workspace.configure(server.url, authority.ca)
        stage.workspace.register(stage.accounts)
        result = stage.send("--deadline", "150s", check=0)
        assert len(trapped) == 1 and max(collections.Counter(network.hooks).values()) >= 2
        assert len(set(network.hooks)) == 3
        assert {e["delivery"] for e in result.events("delivery")} == set(network.hooks)


# --- hosts that are not there -----------------------------------------------------------------------------------
def assert_resumed(stage, run):
    stage.workspace.configure(stage.sandbox.url, stage.sandbox.ca)
    result = stage.run("resume", run, json=True, check=0)
    assert_all_posted(stage, result)
    stage.run("audit", "verify", check=0)


@beside()
def test_nothing_can_be_reached(folder):
    with Stage(folder) as stage:
        stage.open()
        nowhere = f"https://127.0.0.1:{free_port()}"
        stage.workspace.configure(nowhere, stage.sandbox.ca)
        stage.workspace.register([a for a in stage.accounts if a["channel"] != "webhook"])
        began = time.monotonic()
        result = stage.send("--except", "channel=webhook")
        assert result.code == 1, result
        assert time.monotonic() - began > NETWORK_DOWN_S - 2
        assert "no network of this run could be reached" in result.err
        run = result.lines[0]["run"]
        assert f"crisis resume {run}" in result.err
        assert result.events("summary")[0]["pending"] == 6
        for event in result.events("delivery"):
            assert event["state"] == "waiting" and event["error"]["kind"] == "network" and event["error"]["next"]
            assert nowhere in event["error"]["message"]
        assert result.events("error")[0]["exit"] == 1
        assert_resumed(stage, run)


@beside()
def test_some_cannot_be_reached(folder):
    with Stage(folder) as stage:
        stage.open()
        stage.workspace.configure(stage.sandbox.url, stage.sandbox.ca, networks={
            "facebook": {"endpoint": f"https://127.0.0.1:{free_port()}"}, "x": {"endpoint": stage.sandbox.url + "/x"}})
        result = stage.send_until(lambda: stage.states() == {"posted": 6, "waiting": 3})
        states = by_state(result)
        assert {e["channel"] for e in states.values() if e["state"] == "posted"} == {"x", "webhook"}
        assert all(e["ms"] < NETWORK_DOWN_S * 1000 for e in states.values() if e["state"] == "posted")
        summary = result.events("summary")[0]
        assert (summary["posted"], summary["pending"], summary["in_doubt"], summary["unreached"]) == (6, 3, 0, 0)
        assert_resumed(stage, result.lines[0]["run"])


@beside()
def test_a_certificate_that_is_not_trusted(folder):
    with Stage(folder) as stage:
        stage.open()
        stage.workspace.configure(stage.sandbox.url, SYSTEM_CA)
        result = stage.send(json=False)
        assert result.code == 1, result
        assert "certificate is not trusted" in result.err and "`ca-file` in crisis.yaml" in result.err
        assert "crisis resume flom.alert." in result.err
        assert stage.sandbox.stats()["requests"] == 0
        assert_resumed(stage, stage.run("runs", json=True).lines[0]["run"])


@beside()
def test_a_host_that_only_listens(folder):
    """It takes connections and says nothing, not even TLS: the others go on."""
    import socket
    with Stage(folder) as stage, socket.create_server(("127.0.0.1", 0)) as silent:
        stage.open()
        stage.workspace.configure(stage.sandbox.url, stage.sandbox.ca, networks={
            "facebook": {"endpoint": f"https://127.0.0.1:{silent.getsockname()[1]}"}, "x": {"endpoint": stage.sandbox.url + "/x"}})
        result = stage.send_until(lambda: stage.states()["posted"] == 6)
        states = by_state(result)
        assert all(e["ms"] < CONNECTS_S * 1000 for e in states.values() if e["state"] == "posted")
        summary = result.events("summary")[0]
        assert (summary["posted"], summary["pending"] + summary["in_doubt"]) == (6, 3)
        assert_resumed(stage, result.lines[0]["run"])


@beside()
def test_plain_http_to_loopback(folder):
    network = Network()
    with Stage(folder, channels=("facebook", "x")) as stage, Server(network.answer) as server:
        stage.workspace.configure(server.url, SYSTEM_CA)
        stage.workspace.register(stage.accounts)
        stage.send(check=0)
        assert len(network.kept) == 6
