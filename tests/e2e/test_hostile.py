"""Answers that want memory or time, and settings that point inwards. What is sent is judged by who gets it, what is
used up by what the system counted for the process."""
import collections
import contextlib
import gzip
import itertools
import json
import os
import socket
import subprocess
import sys
import threading

import pytest
from approving import KARI, OLA, Approvals
from conftest import Result, assert_no_report, release_path
from failing import found_no_network
from http2 import (CONTINUATION, DATA, END_HEADERS, END_STREAM, HEADERS, PING, PUSH_PROMISE, SETTINGS, STATUS_200,
                   WINDOW_UPDATE, Http2Server, field, frame, headers, no_content)
from servers import Authority, Network, Server, reply
from stage import Stage, beside, by_state, scenes  # noqa: F401

MIB = 1024 * 1024
RUN_S = 240
PROCESSOR_S = 30 if release_path() else 60
MEMORY_MIB = 64 if release_path() else 600  # sanitizers keep what was freed


# A process begins with the peak of the one that started it, so it must be started by a small one.
STARTER = """import os, sys
_, status, used = os.wait4(os.posix_spawn(sys.argv[2], sys.argv[2:], os.environ), 0)
with open(sys.argv[1], "w") as file:
    print(used.ru_maxrss / 1024, used.ru_utime + used.ru_stime, file=file)
sys.exit(os.waitstatus_to_exitcode(status))
"""


def measured(stage, *arguments):
    """Runs it; returns how it ended, its peak memory in MiB and its processor time in seconds."""
    path = os.path.join(stage.folder, "used")
    command = stage.program.command(["-C", stage.workspace.path, *arguments], True)
    done = subprocess.run([sys.executable, "-S", "-c", STARTER, path, *command], stdin=subprocess.DEVNULL, timeout=RUN_S,
                          capture_output=True, text=True, env=stage.program.environment())
    assert_no_report(done.stderr)
    with open(path, encoding="ascii") as file:
        mebibytes, seconds = map(float, file.read().split())
    return Result(arguments, done.returncode, done.stdout, done.stderr, True), mebibytes, seconds


def measured_to_the_end(stage):
    """Sends; a busy machine may hear nothing whole for so long that the program gives up for now, and is told to go on."""
    result, most_mebibytes, all_seconds = measured(stage, "send", stage.plan, "--yes", "--deadline", "200s")
    while found_no_network(result):
        more, mebibytes, seconds = measured(stage, "resume", "--deadline", "200s")
        result = Result(more.arguments, more.code, result.out + more.out, more.err, True)
        most_mebibytes, all_seconds = max(most_mebibytes, mebibytes), all_seconds + seconds
    return result, most_mebibytes, all_seconds


def numbered(cases):
    """A municipality for each case."""
    return {str(6000 + i): case for i, case in enumerate(cases)}


def plan_of(stage, places):
    text = {"nb": {"short": "{{municipality.id}} flom"}}
    stage.write_plan(municipalities=list(places), languages=["nb"], messages={"info": {"kind": "information", "text": text}})


def hostile_stage(folder, places, channels):
    return Stage(folder, places=list(places), channels=channels, binary=release_path())


# --- HTTP/1.1 ---------------------------------------------------------------------------------------------------
def forever(first, piece, most=1024 * MIB):
    yield first
    for _ in range(most // len(piece)):
        yield piece


def drip(first):
    yield first
    while True:
        threading.Event().wait(1)
        yield b"a"


def bomb():
    return gzip.compress(gzip.compress(b"{" + b"\0" * (64 * MIB)))


OK = b"HTTP/1.1 200 OK\r\n"
CHUNKED = OK + b"Transfer-Encoding: chunked\r\n\r\n"
PIECE = b"a" * 65536
ENDLESS = {
    "a body of 1 GB": lambda: forever(OK + b"Content-Length: 1000000000\r\n\r\n", PIECE),
    "a body until the end of days": lambda: forever(OK + b"\r\n", PIECE),
    "a length of 2^63": lambda: forever(OK + b"Content-Length: 9223372036854775807\r\n\r\n", PIECE),
    "a length of 2^64": lambda: OK + b"Content-Length: 18446744073709551616\r\n\r\n{}",
    "headers without end": lambda: forever(OK, b"X-More: a\r\n" * 4096),
    "a header of 100 MB": lambda: forever(OK + b"X-More: ", PIECE, 100 * MIB),
    "20,000 headers": lambda: OK + b"A: b\r\n" * 20000 + b"Content-Length: 2\r\n\r\n{}",
    "a status line without end": lambda: forever(b"HTTP/1.1 200 ", PIECE),
    "1xx without end": lambda: forever(b"", b"HTTP/1.1 103 Early Hints\r\nLink: </a>\r\n\r\n" * 1024),
    "tiny chunks without end": lambda: forever(CHUNKED, b"1\r\na\r\n" * 8192),
    "trailers without end": lambda: forever(CHUNKED + b"2\r\n{}\r\n0\r\n", b"X-More: a\r\n" * 4096),
    "an extension of 100 MB": lambda: forever(CHUNKED + b"1;a=", PIECE, 100 * MIB),
    "a packed bomb": lambda: reply(200, bomb(), headers=["Content-Encoding: gzip"]),
    "a bomb packed twice": lambda: reply(200, gzip.compress(bomb()), headers=["Content-Encoding: gzip, gzip"]),
    "a bomb in another way": lambda: reply(200, bomb(), headers=["Content-Encoding: br"]),
    "a bomb as a transfer": lambda: [OK + b"Transfer-Encoding: gzip\r\n\r\n", bomb()],
    "a bomb in chunks": lambda: [OK + b"Transfer-Encoding: gzip, chunked\r\n\r\n" + b"%x\r\n" % len(bomb()), bomb(),
                                 b"\r\n0\r\n\r\n"],
    "HTTP/0.9": lambda: b"{\"id\":\"1_2\"}",
    "two lengths": lambda: OK + b"Content-Length: 2\r\nContent-Length: 4\r\n\r\n{}",
    "a length too long": lambda: OK + b"Content-Length: 4\r\n\r\n{}",
    "a length too short": lambda: OK + b"Content-Length: 1\r\n\r\n{}HTTP/1.1 200 OK\r\n\r\n",
    "a cookie": lambda: reply(200, "{", headers=["Set-Cookie: session=stolen; Path=/"]),
    "one byte a second": lambda: drip(OK + b"Content-Length: 100\r\n\r\n"),
    "one byte of a header a second": lambda: drip(OK + b"X-More: "),
}


@beside()
def test_answers_that_want_memory_or_time(folder):
    """Each post was made and badly answered. It is found there, posted once, and costs no more than a good one."""
    authority, network, cases = Authority(folder + "/authority"), Network(), numbered(ENDLESS)
    done, lock = set(), threading.Lock()

    def answer(request):
        place = (request.text() or "").split(" ")[0]
        with lock:
            is_bad = request.method == "POST" and place in cases and (place, request.path[:3]) not in done
            done.add((place, request.path[:3]))
        if not is_bad:
            return network.answer(request)
        network.keep(request)
        request.last = True
        return ENDLESS[cases[place]]()

    with hostile_stage(folder, cases, ("facebook", "x")) as stage, Server(answer, tls=authority) as server:
        plan_of(stage, cases)
        stage.workspace.configure(server.url, authority.ca)
        stage.workspace.register(stage.accounts)
        result, mebibytes, seconds = measured_to_the_end(stage)
        assert result.code == 0, result
        assert mebibytes < MEMORY_MIB and seconds < PROCESSOR_S, (mebibytes, seconds)
        assert len(network.kept) == 2 * len(cases) == len(server.posts())
        states = by_state(result)
        assert {event["state"] for event in states.values()} == {"posted"}
        assert not any("cookie" in request.headers for request in server.requests)
        assert all(request.headers["accept-encoding"] == "identity" for request in server.requests)
        for event in result.events("delivery"):
            assert event["state"] in ("posted", "in-doubt"), event  # never failed, never sent again
            assert "error" not in event or (event["error"]["kind"] in ("network", "protocol") and event["error"]["next"])


@beside()
def test_what_never_answers_well_is_in_doubt(folder):
    """The post may be there, and every look-up is answered by a gigabyte too."""
    authority, lock, sizes = Authority(folder + "/authority"), threading.Lock(), collections.Counter()

    def answer(request):
        request.last = True
        for piece in ENDLESS["a body of 1 GB"]():
            with lock:
                sizes[request.connection] += len(piece)
            yield piece

    with hostile_stage(folder, ("0301",), ("facebook", "x")) as stage, Server(answer, tls=authority) as server:
        stage.workspace.configure(server.url, authority.ca)
        stage.workspace.register(stage.accounts)
        result, mebibytes, _ = measured(stage, "send", stage.plan, "--yes", "--deadline", "12s")
        assert result.code == 6 and mebibytes < MEMORY_MIB, (result, mebibytes)
        assert {event["state"] for event in by_state(result).values()} == {"in-doubt"}
        assert len(server.posts()) == 2 and len(server.requests) > 2
        assert max(sizes.values()) < 32 * MIB  # what lay in buffers when the connection was closed
        for event in result.events("delivery"):
            assert "larger than any that is expected" in event["error"]["message"] and event["error"]["next"], event


# --- HTTP/2 -----------------------------------------------------------------------------------------------------
MORE = field(b"x-more", b"a" * 8000)
FRAMES = {
    "headers without end": lambda s: forever(headers(s, flags=0), frame(CONTINUATION, 0, s, MORE)),
    "continuations of nothing": lambda s: forever(headers(s, flags=0), frame(CONTINUATION, 0, s) * 1024),
    "1 MiB of headers": lambda s: [headers(s, flags=0), *itertools.repeat(frame(CONTINUATION, 0, s, MORE), 130),
                                   frame(CONTINUATION, END_HEADERS, s)],
    "one header many times": lambda s: headers(s, STATUS_200 + field(b"x-more", b"a" * 3900, 0x40) + b"\xbe" * 12000),
    "1xx without end": lambda s: forever(b"", headers(s, b"\x08\x03103") * 1024),
    "a body of 1 GB": lambda s: forever(headers(s), frame(DATA, 0, s, b"a" * 16384)),
    "trailers without end": lambda s: forever(headers(s) + frame(DATA, 0, s, b"{}") + headers(s, b"", 0),
                                              frame(CONTINUATION, 0, s, MORE)),
    "pings without end": lambda s: forever(b"", frame(PING, 0, 0, b"12345678") * 1024),
    "settings without end": lambda s: forever(b"", frame(SETTINGS, 0, 0, b"\0\4\0\1\0\0") * 1024),
    "a window of 2^32": lambda s: frame(WINDOW_UPDATE, 0, 0, b"\x7f\xff\xff\xff") * 2,
    "a push": lambda s: frame(PUSH_PROMISE, END_HEADERS, s, b"\0\0\0\2" + STATUS_200),
    "a frame of 16 MiB": lambda s: forever(b"\xff\xff\xff" + bytes((DATA, 0, 0, 0, 0, s)), PIECE),
    "no status": lambda s: headers(s, field(b"a", b"b"), END_HEADERS | END_STREAM),
    "two ends": lambda s: headers(s, flags=END_HEADERS | END_STREAM) + headers(s, flags=END_HEADERS | END_STREAM),
    "headers of another stream": lambda s: frame(HEADERS, END_HEADERS | END_STREAM, s + 100, STATUS_200),
}


@beside()
def test_frames_that_want_memory_or_time(folder):
    """Each webhook is badly answered the first time, and is sent again under its id."""
    authority, cases = Authority(folder + "/authority"), numbered(FRAMES)
    done, lock = collections.Counter(), threading.Lock()

    def answer(stream, body, connection):
        place = next((place for place in cases if f"{place} flom".encode() in body), None)
        with lock:
            done[place] += 1
            is_bad = done[place] == 1
        return FRAMES[cases[place]](stream) if is_bad else no_content(stream)

    with hostile_stage(folder, cases, ("webhook",)) as stage, Http2Server(answer, tls=authority) as server:
        plan_of(stage, cases)
        stage.workspace.configure(server.url, authority.ca)
        stage.workspace.register(stage.accounts)
        result, mebibytes, seconds = measured_to_the_end(stage)
        assert result.code == 0, result
        assert mebibytes < MEMORY_MIB and seconds < PROCESSOR_S, (mebibytes, seconds)
        assert set(done) == set(cases)
        assert {event["state"] for event in by_state(result).values()} == {"posted"}


@beside("1xx without end", "a body of 1 GB")
def test_what_was_refused_does_not_stand_before_the_next(folder, case):
    """With HTTP/2 the rest of a bad answer goes on coming on the connection: another one is used."""
    authority, connections = Authority(folder + "/authority"), []

    def answer(stream, body, connection):
        connections.append(connection)
        return FRAMES[case](stream) if len(connections) == 1 else no_content(stream)

    with hostile_stage(folder, ("0301",), ("webhook",)) as stage, Http2Server(answer, tls=authority) as server:
        stage.workspace.configure(server.url, authority.ca)
        stage.workspace.register(stage.accounts)
        told = stage.send(check=0).events("delivery")
        assert "larger than any that is expected" in told[0]["error"]["message"]
        assert [event["state"] for event in told] == ["waiting", "posted"] and connections == [1, 2]


# --- where a credential may go ----------------------------------------------------------------------------------
TRAPS = [(status, where) for status in (301, 302, 303, 307, 308) for where in ("host", "name", "plain", "relative")]
TRAPS += [(302, where) for where in ("metadata", "file", "nothing", "long", "control")]


@beside()
def test_a_redirect_goes_nowhere(folder):
    """Not with the post, nor with a question; and a person is told."""
    authority, cases = Authority(folder + "/authority"), numbered(TRAPS)
    with Server(lambda request: reply(200, {"id": "1_2"}), tls=authority) as other, \
            Server(lambda request: reply(200, {"id": "1_2"})) as plain:
        places = {"host": f"https://127.0.0.1:{other.port}/", "name": f"https://localhost:{other.port}/",
                  "plain": plain.url + "/", "relative": "/elsewhere", "metadata": "http://169.254.169.254/latest/",
                  "file": "file:///etc/passwd", "nothing": "", "long": "https://a.example/" + "a" * 20000,
                  "control": "https://a.example/\x1b[2J"}

        def answer(request):
            case = next((case for place, case in cases.items() if place in request.body.decode()), (302, "host"))
            return reply(case[0], b"", headers=["Location: " + places[case[1]]])

        with Stage(folder, places=list(cases)) as stage, Server(answer, tls=authority) as server:
            plan_of(stage, cases)
            stage.workspace.configure(server.url, authority.ca)
            stage.workspace.register(stage.accounts)
            result = stage.send("--deadline", "150s", check=5)
            states = by_state(result)
            assert len(states) == 3 * len(cases) and {event["state"] for event in states.values()} == {"failed"}
            for event in states.values():
                assert "elsewhere" in event["error"]["message"] and event["error"]["next"], event
            assert len(server.requests) == 3 * len(cases)
            assert all(request.path != "/elsewhere" and "/etc" not in request.path for request in server.requests)
            checked = stage.run("channels", "--check", json=True)
            assert checked.code == 5 and "elsewhere" in checked.out, checked
            assert "\x1b" not in result.out + result.err + checked.out + checked.err
        assert other.connections == plain.connections == 0


@beside()
def test_the_environment_and_the_home_folder_have_no_say(folder):
    """No proxy, no ~/.netrc, no ~/.curlrc, no cookie."""
    authority = Authority(folder + "/authority")
    with Server(lambda request: reply(200, {"id": "1_2"})) as proxy, Stage(folder) as stage:
        stage.open()
        network = Network()
        with Server(network.answer, tls=authority) as server:
            stage.workspace.configure(server.url, authority.ca)
            stage.workspace.register(stage.accounts)
            for name in (".netrc", "_netrc"):
                path = os.path.join(folder, name)
                with open(path, "w", encoding="ascii") as file:
                    file.write("machine 127.0.0.1 login stolen password stolen\ndefault login stolen password stolen\n")
                os.chmod(path, 0o600)
            with open(os.path.join(folder, ".curlrc"), "w", encoding="ascii") as file:
                file.write(f"proxy = {proxy.url}\ninsecure\n")
            proxies = {name: proxy.url for name in ("http_proxy", "https_proxy", "HTTPS_PROXY", "all_proxy", "ALL_PROXY")}
            stage.send(check=0, env={"HOME": folder, "CURL_HOME": folder, "NETRC": os.path.join(folder, ".netrc"),
                                     "no_proxy": None, "NO_PROXY": None, **proxies})
            assert len(server.posts()) == 9 and proxy.connections == 0
            assert not any("basic" in request.headers.get("authorization", "").lower() for request in server.requests)


# --- addresses that are internal --------------------------------------------------------------------------------
def a_name_of_this_machine():
    """A name that is no address and not `localhost`: it is internal only once it is resolved."""
    name = socket.gethostname()
    try:
        addresses = {info[4][0] for info in socket.getaddrinfo(name, None)}
    except OSError:
        addresses = set()
    return name if addresses and all(a.startswith(("127.", "10.", "172.", "192.168.")) or a == "::1" for a in addresses) else None


def inward(port):
    """Addresses of this machine where the trap listens, and addresses of others."""
    hosts = ["127.0.0.1", "localhost", "a.localhost", "127.0.0.2", "[::1]", "[::ffff:127.0.0.1]", a_name_of_this_machine()]
    urls = [f"https://{host}:{port}/hook" for host in hosts if host] + [f"http://127.0.0.1:{port}/hook"]
    return urls + ["https://10.255.255.1/hook", "https://169.254.169.254/latest/meta-data", "https://192.168.255.254:8006/",
                   "https://172.16.255.1/", "https://100.64.0.1/", "https://[fd00::1]/", "https://[fe80::1]/",
                   "https://[64:ff9b::a00:1]/", "https://[2002:7f00:1::1]/", "https://0.0.0.0/", "https://224.0.0.1/"]


@contextlib.contextmanager
def inward_stage(folder, urls=None, floor=2, **config):
    """A plan that two have approved; each municipality's webhook points inwards. Yields the stage, the trap and the urls."""
    authority = Authority(folder + "/authority")
    with Server(lambda request: reply(204, b""), tls=authority) as trap:
        urls = urls or inward(trap.port)
        places = [str(7000 + i) for i in range(len(urls))]
        with Approvals(folder, floor=floor, places=places, channels=("facebook", "webhook")) as stage:
            stage.open(register=False)
            for place, url in zip(places, urls):
                stage.account(place, "webhook")["settings"]["url"] = url.replace("TRAP", str(trap.port))
            bundle = stage.workspace.file("both.pem")
            with open(bundle, "w", encoding="ascii") as file:
                for path in (stage.sandbox.ca, authority.ca):
                    with open(path, encoding="ascii") as part:
                        file.write(part.read())
            stage.configure_inward = lambda **more: stage.workspace.configure(
                stage.sandbox.url, bundle, approval={"threshold": floor}, **more)
            stage.configure_inward(**config)
            stage.registered = stage.workspace.register(stage.accounts)
            for name in (KARI, OLA):
                stage.approve(name, "alert")
            yield stage, trap, dict(zip(places, urls))


@beside(2, 0)
def test_nothing_is_sent_inwards(folder, floor):
    """By settings of an account, as an address or as a name: not even a connection. With a plan that asks for
    approvals it makes no difference that the workspace does not."""
    with inward_stage(folder, floor=floor) as (stage, trap, urls):
        result = stage.send(check=5)
        assert trap.connections == 0
        states = by_state(result)
        assert {e["state"] for e in states.values() if e["channel"] == "facebook"} == {"posted"}
        failed = {e["municipality"]: e for e in states.values() if e["channel"] == "webhook"}
        assert set(failed) == set(urls)
        for place, url in urls.items():
            event, error = failed[place], failed[place]["error"]
            assert (event["state"], event["attempts"], error["kind"], error["code"]) == (
                "failed", 1, "permission", "internal-address"), (url, event)
            assert "internal address" in error["message"] and "`internal-addresses` in crisis.yaml" in error["next"]
            assert "/hook" not in error["message"] and "meta-data" not in error["message"]
        assert "169.254.169.254 (a link-local address)" in json.dumps(result.events("delivery"))
        stage.run("audit", "verify", check=0)


@beside()
def test_the_operator_may_allow_it(folder):
    urls = ["https://127.0.0.1:TRAP/hook", "https://localhost:TRAP/hook", "https://10.255.255.1/hook"]
    with inward_stage(folder, urls, internal_addresses=["127.0.0.1"]) as (stage, trap, _):
        states = by_state(stage.send(check=5))
        assert [states[(place, "webhook", "default", "nb")]["state"] for place in ("7000", "7001", "7002")] == [
            "posted", "posted", "failed"]
        assert len(trap.posts()) == 2


@beside()
def test_it_is_said_before_anything_is_sent(folder):
    urls = ["https://127.0.0.1:TRAP/hook", "https://10.255.255.1/very-secret", "https://kommune.example/hook"]
    with inward_stage(folder, urls) as (stage, trap, _):
        checked = stage.run("check", stage.plan, check=0)
        for told in (stage.registered.err, checked.out):
            assert f"webhook of 7000: 'https://127.0.0.1:{trap.port}' is an internal address (this machine itself)" in told, told
            assert "webhook of 7001: 'https://10.255.255.1:443' is an internal address (a private network)" in told
            assert "`internal-addresses` in crisis.yaml" in told and "very-secret" not in told and "of 7002" not in told
        stage.configure_inward(internal_addresses=["loopback", "private"])
        assert "internal address" not in stage.run("check", stage.plan, check=0).out
        assert trap.connections == 0


@beside()
def test_a_rehearsal_reaches_this_machine_and_nothing_else(folder):
    """The workspace and the plan both need no approval: webhooks may stand beside the sandbox."""
    authority = Authority(folder + "/authority")
    with Server(lambda request: reply(204, b""), tls=authority) as beside_it, Stage(folder, channels=("webhook",)) as stage:
        stage.open(register=False)
        stage.workspace.configure(stage.sandbox.url, authority.ca)
        for account in stage.accounts:
            account["settings"]["url"] = beside_it.url + "/hook"
        assert "internal" not in stage.workspace.register(stage.accounts).err
        stage.send(check=0)
        assert len(beside_it.posts()) == 3


@pytest.mark.parametrize("text, words", [
    ("[everything]", "'everything' is no address"), ("[0.0.0.0/0]", "is not a block of internal addresses"),
    ("[10.1.2.3/16]", "bits set after its prefix"), ("loopback", "must be a list")])
def test_the_key_is_read_strictly(workspace, text, words):
    with open(workspace.file("crisis.yaml"), "a", encoding="utf-8") as file:
        file.write(f"internal-addresses: {text}\n")
    result = workspace.run("channels", check=3)
    assert words in result.err and "crisis.yaml:" in result.err
