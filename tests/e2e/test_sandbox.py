"""`crisis sandbox` from outside: its TLS, both versions of HTTP, the networks it stands in for, and its faults."""
import base64
import contextlib
import hashlib
import hmac
import json
import os
import signal
import socket
import ssl
import stat
import subprocess
import time
import urllib.parse

import pytest
from conftest import WAIT_TIMEOUT_S

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
CRISIS = os.environ.get("CRISIS_BINARY", os.path.join(ROOT, "build", "crisis"))
FORM = "content-type: application/x-www-form-urlencoded"
JSON = "content-type: application/json"
SECRET = base64.b64encode(bytes(range(32))).decode()
ACCOUNTS = [
    {"municipality": "0301", "name": "Oslo", "channel": "facebook", "label": "default",
     "settings": {"page": "111"}, "credential": {"access-token": "fb-oslo"}},
    {"municipality": "0301", "name": "Oslo", "channel": "x", "settings": {"user": "2244994945"},
     "credential": {"api-key": "key", "api-secret": "api secret", "access-token": "x-oslo", "access-secret": "s&t"}},
    {"municipality": "4601", "name": "Bergen", "channel": "x", "settings": {"user": "77"},
     "credential": {"access-token": "x-bergen", "refresh-token": "again"}},
    {"municipality": "0301", "name": "Oslo", "channel": "webhook",
     "settings": {"url": "https://127.0.0.1/webhook/0301"}, "credential": {"secret": "whsec_" + SECRET}},
]


class Answer:
    def __init__(self, code, output):
        self.code = code
        head, _, self.body = output.partition(b"\r\n\r\n")
        while head.startswith(b"HTTP/1.1 100"):
            head, _, self.body = self.body.partition(b"\r\n\r\n")
        lines = head.decode("latin-1").split("\r\n")
        self.status = int(lines[0].split()[1]) if lines[0].startswith("HTTP/") else None
        self.version = lines[0].split()[0] if self.status else None
        self.headers = {k.lower(): v.strip() for k, _, v in (line.partition(":") for line in lines[1:])}

    def json(self):
        return json.loads(self.body)


class Sandbox:
    def __init__(self, folder, *arguments):
        self.process = subprocess.Popen(
            [CRISIS, "--json", "sandbox", "--listen", "127.0.0.1:0", "--dir", str(folder), *arguments],
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        line = self.process.stdout.readline()
        if not line:
            self.process.wait()
            raise AssertionError(self.process.stderr.read().decode())
        started = json.loads(line)
        self.url, self.ca = started["url"], started["ca"]
        self.port = int(self.url.rsplit(":", 1)[1])

    def curl(self, path, *arguments, http="--http2"):
        done = subprocess.run(["curl", "-sS", "-i", "-m", "20", http, "--cacert", self.ca, self.url + path, *arguments],
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
        return Answer(done.returncode, done.stdout)

    def get(self, path):
        return self.curl(path).json()

    def posts(self):
        return self.get("/_sandbox/posts")

    def connect(self, protocol="http/1.1"):
        context = ssl.create_default_context(cafile=self.ca)
        context.set_alpn_protocols([protocol])
        return context.wrap_socket(socket.create_connection(("127.0.0.1", self.port), timeout=WAIT_TIMEOUT_S),
                                   server_hostname="127.0.0.1")

    def facebook(self, message, *arguments, http="--http2", page="111", token="fb-oslo"):
        form = urllib.parse.urlencode({"message": message, "access_token": token})
        return self.curl(f"/facebook/v25.0/{page}/feed", "-H", FORM, "-d", form, *arguments, http=http)

    def end(self):
        self.process.send_signal(signal.SIGTERM)
        self.process.communicate(timeout=WAIT_TIMEOUT_S)
        return self.process.returncode


@pytest.fixture
def start(tmp_path):
    running = []

    def begin(*arguments, folder=tmp_path / "sandbox"):
        running.append(Sandbox(folder, *arguments))
        return running[-1]

    yield begin
    for sandbox in running:
        assert sandbox.end() == 0


@pytest.fixture
def accounts(tmp_path):
    path = tmp_path / "accounts.json"
    path.write_text(json.dumps(ACCOUNTS), encoding="utf-8")
    return str(path)


def test_who_reads_that_it_stands_may_end_it(crisis, tmp_path):
    """It cannot write on, its standard error being full, when the signal comes."""
    reading, writing = os.pipe()
    with open(reading, "rb") as notes:
        os.set_blocking(writing, False)
        with contextlib.suppress(BlockingIOError):
            while True:
                os.write(writing, bytes(4096))
        os.set_blocking(writing, True)
        process = subprocess.Popen(crisis.command(["sandbox", "--listen", "127.0.0.1:0", "--dir", tmp_path / "sandbox"], True),
                                   env=crisis.environment(), stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=writing)
        os.close(writing)
        crisis.started.append(process)
        assert json.loads(process.stdout.readline())["event"] == "sandbox"
        process.send_signal(signal.SIGTERM)
        assert b"stop with Ctrl-C" in notes.read()
    assert process.wait(timeout=WAIT_TIMEOUT_S) == 0


def test_certificate_is_its_own_and_is_kept(start, tmp_path):
    first = start()
    ca = open(first.ca, "rb").read()
    assert stat.S_IMODE(os.stat(tmp_path / "sandbox" / "ca.key").st_mode) == 0o600
    assert sorted(os.listdir(tmp_path / "sandbox")) == ["ca.key", "ca.pem"]
    for name in ("127.0.0.1", "localhost", "oslo.sandbox.localhost"):
        context = ssl.create_default_context(cafile=first.ca)
        raw = socket.create_connection(("127.0.0.1", first.port), timeout=WAIT_TIMEOUT_S)
        with context.wrap_socket(raw, server_hostname=name) as tls:
            assert tls.version() == "TLSv1.3"
    context = ssl.create_default_context(cafile=first.ca)
    with pytest.raises(ssl.SSLCertVerificationError):
        context.wrap_socket(socket.create_connection(("127.0.0.1", first.port)), server_hostname="example.org")
    second = start()
    assert open(second.ca, "rb").read() == ca
    assert second.curl("/_sandbox/stats").code == 0


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_old_tls_is_refused(start):
    sandbox = start()
    context = ssl.create_default_context(cafile=sandbox.ca)
    context.set_ciphers("ALL:@SECLEVEL=0")
    context.minimum_version = ssl.TLSVersion.TLSv1
    context.maximum_version = ssl.TLSVersion.TLSv1_1
    with pytest.raises((ssl.SSLError, OSError)):
        context.wrap_socket(socket.create_connection(("127.0.0.1", sandbox.port)), server_hostname="127.0.0.1")


@pytest.mark.parametrize("http,version", [("--http1.1", "HTTP/1.1"), ("--http2", "HTTP/2")])
def test_posts_everywhere_with_any_credential(start, http, version):
    sandbox = start()
    answer = sandbox.facebook("Blålys & vann", http=http)
    assert (answer.version, answer.status) == (version, 200)
    assert answer.headers["facebook-api-version"] == "v25.0"
    assert answer.headers["date"].endswith(" GMT")
    facebook_id = answer.json()["id"]
    assert int(facebook_id.split("_")[1]) > 2**53
    bearer = ("-H", "Authorization: Bearer some-token", "-H", JSON)
    answer = sandbox.curl("/x/2/tweets", *bearer, "-d", '{"text":"Kok vannet: https://oslo.no/vann & vent"}', http=http)
    assert answer.status == 201
    assert "https://t.co/" in answer.json()["data"]["text"] and "&amp;" in answer.json()["data"]["text"]
    x_id = answer.json()["data"]["id"]
    answer = sandbox.curl("/webhook/0301", *webhook("k1", b'{"type":"a.b","timestamp":"t","data":{"text":"hei"}}'), http=http)
    assert (answer.status, answer.body) == (204, b"")
    posts = sandbox.posts()
    assert [(p["channel"], p["id"], p["text"]) for p in posts] == [
        ("facebook", facebook_id, "Blålys & vann"),
        ("x", x_id, "Kok vannet: https://oslo.no/vann & vent"),
        ("webhook", "k1", "hei")]
    counts = sandbox.get("/_sandbox/stats")["posts_by_channel"]
    assert {channel: count for channel, count in counts.items() if count} == {"facebook": 1, "x": 1, "webhook": 1}


def webhook(key, body, secret=SECRET, at=None):
    stamp = str(int(at or time.time()))
    content = f"{key}.{stamp}.".encode() + body
    signature = base64.b64encode(hmac.new(base64.b64decode(secret), content, hashlib.sha256).digest()).decode()
    return ("-H", JSON, "-H", f"webhook-id: {key}", "-H", f"webhook-timestamp: {stamp}",
            "-H", f"webhook-signature: v1,{signature}", "--data-binary", body.decode())


def test_known_accounts_are_checked(start, accounts):
    sandbox = start("--accounts", accounts)
    assert sandbox.facebook("a").status == 200
    assert sandbox.facebook("b", token="wrong").json()["error"]["code"] == 190
    assert sandbox.facebook("b", page="222").json()["error"]["code"] == 100
    body = b'{"type":"a.b","timestamp":"t","data":{}}'
    assert sandbox.curl("/webhook/0301", *webhook("k", body)).status == 204
    assert sandbox.curl("/webhook/0301", *webhook("k", body)).status == 204
    wrong = base64.b64encode(bytes(32)).decode()
    assert sandbox.curl("/webhook/0301", *webhook("l", body, secret=wrong)).status == 401
    assert sandbox.curl("/webhook/0301", *webhook("l", body, at=time.time() - 400)).status == 400
    assert sandbox.curl("/webhook/9999", *webhook("l", body)).status == 404
    stats = sandbox.get("/_sandbox/stats")
    assert (stats["posts"], stats["repeats"]) == (2, 1)


def oauth(sandbox, method, path, parameters, nonce, secret="s&t", stamp=None):
    """RFC 5849, written again."""
    def quote(value):
        return urllib.parse.quote(value, safe="-._~")
    fields = {"oauth_consumer_key": "key", "oauth_nonce": nonce, "oauth_signature_method": "HMAC-SHA1",
              "oauth_timestamp": str(int(stamp or time.time())), "oauth_token": "x-oslo", "oauth_version": "1.0"}
    pairs = sorted((quote(k), quote(v)) for k, v in {**fields, **parameters}.items())
    base = "&".join((method, quote(sandbox.url + path), quote("&".join(f"{k}={v}" for k, v in pairs))))
    key = f"{quote('api secret')}&{quote(secret)}"
    digest = hmac.new(key.encode(), base.encode(), hashlib.sha1).digest()
    fields["oauth_signature"] = base64.b64encode(digest).decode()
    return "Authorization: OAuth " + ", ".join(f'{k}="{quote(v)}"' for k, v in fields.items())


def test_oauth_signatures(start, accounts):
    sandbox = start("--accounts", accounts)

    def post(text, header):
        return sandbox.curl("/x/2/tweets", "-H", header, "-H", JSON, "-d", json.dumps({"text": text}))

    assert post("one", oauth(sandbox, "POST", "/x/2/tweets", {}, "n1")).status == 201
    assert post("two", oauth(sandbox, "POST", "/x/2/tweets", {}, "n1")).status == 401  # the nonce again
    assert post("two", oauth(sandbox, "POST", "/x/2/tweets", {}, "n2", secret="st")).status == 401
    assert post("two", oauth(sandbox, "POST", "/x/2/tweets", {}, "n3", stamp=time.time() - 400)).status == 401
    assert post("two", oauth(sandbox, "DELETE", "/x/2/tweets", {}, "n4")).status == 401
    query = {"max_results": "5", "tweet.fields": "created_at,conversation_id", "start_time": "2020-01-02T03:04:05Z"}
    header = oauth(sandbox, "GET", "/x/2/users/2244994945/tweets", query, "n5")
    answer = sandbox.curl("/x/2/users/2244994945/tweets?" + urllib.parse.urlencode(query), "-H", header)
    assert answer.json()["meta"]["result_count"] == 1
    assert answer.headers["x-access-level"] == "read-write"


# fault, curl's exit codes (HTTP/1.1, HTTP/2; None: any failure), status, whether the post is made
FAULTS = [
    ("slow:ms=10", 0, 0, 200, True),
    ("reset-before", None, None, None, False),
    ("reset-after", None, None, None, True),
    ("stream-reset-before", None, 92, None, False),
    ("stream-reset-after", None, 92, None, True),
    ("500-before", 0, 0, 500, False),
    ("500-after", 0, 0, 500, True),
    ("502-before", 0, 0, 502, False),
    ("502-after", 0, 0, 502, True),
    ("503-before", 0, 0, 503, False),
    ("503-after", 0, 0, 503, True),
    ("429", 0, 0, 400, False),
    ("expired-token", 0, 0, 400, False),
    ("duplicate", 0, 0, 400, False),
    ("refuse:code=368", 0, 0, 403, False),
    ("truncated", 18, 92, None, True),
    ("garbage", 0, 0, 200, True),
    ("html", 0, 0, 502, True),
    ("large", 0, 0, 200, True),
]


@pytest.mark.parametrize("fault,exit1,exit2,status,acts", FAULTS, ids=[f[0] for f in FAULTS])
def test_faults(start, fault, exit1, exit2, status, acts):
    sandbox = start("--faults", fault)
    for http, code in (("--http1.1", exit1), ("--http2", exit2)):
        answer = sandbox.facebook("hei", http=http)
        assert answer.code == code if code is not None else answer.code != 0
        if status is not None:
            assert answer.status == status
        assert len(sandbox.posts()) == (1 if acts else 0)
        entry = sandbox.get("/_sandbox/log")[0]
        assert entry["fault"] == fault.split(":")[0]
        assert entry["acted"] == acts
        sandbox.curl("/_sandbox/reset", "-X", "POST")


@pytest.mark.parametrize("fault,acts", [("hang", False), ("hang-after", True)])
def test_hanging(start, fault, acts):
    sandbox = start("--faults", fault + ":times=1")
    for http in ("--http1.1", "--http2"):
        assert sandbox.facebook("hei", "-m", "0.5", http=http).code == 28
        assert len(sandbox.posts()) == (1 if acts else 0)
        assert sandbox.facebook("again", http=http).status == 200
        sandbox.curl("/_sandbox/reset", "-X", "POST")


@pytest.mark.parametrize("fault", ["refuse-stream", "goaway"])
def test_streams_that_may_be_sent_again(start, fault):
    """Some versions of curl send again what the server says it has not looked at, some give up: never two posts."""
    sandbox = start("--faults", fault + ":times=1")
    first = sandbox.facebook("hei")
    if first.code != 0:
        assert sandbox.posts() == []
        assert sandbox.facebook("hei").status == 200
    log = sandbox.get("/_sandbox/log")
    assert [(e["fault"], e["status"], e["acted"]) for e in log] == [(fault, 0, False), (None, 200, True)]


def test_fault_codes_are_the_networks(start):
    sandbox = start("--faults", "expired-token:channel=facebook,429:channel=x:seconds=30,duplicate:channel=webhook")
    error = sandbox.facebook("a").json()["error"]
    assert (error["code"], error["error_subcode"]) == (190, 463)
    bearer = ("-H", "Authorization: Bearer t", "-H", JSON)
    answer = sandbox.curl("/x/2/tweets", *bearer, "-d", '{"text":"a"}')
    assert (answer.status, answer.headers["x-rate-limit-remaining"]) == (429, "0")
    assert 25 <= int(answer.headers["x-rate-limit-reset"]) - time.time() <= 31
    assert sandbox.curl("/webhook/a", *webhook("k", b"{}")).status == 409


def read_answer(file):
    status = int(file.readline().split()[1])
    headers = {}
    while (line := file.readline().strip()):
        name, _, value = line.decode().partition(":")
        headers[name.lower()] = value.strip()
    return status, headers, file.read(int(headers.get("content-length", 0)))


def test_close_idle_closes_a_used_connection(start):
    sandbox = start("--faults", "close-idle")
    body = b"message=a&access_token=t"
    request = (b"POST /v25.0/1/feed HTTP/1.1\r\nHost: a\r\nContent-Type: application/x-www-form-urlencoded\r\n"
               b"Content-Length: %d\r\n\r\n" % len(body)) + body
    with sandbox.connect() as tls, tls.makefile("rb") as file:
        tls.sendall(request)
        assert read_answer(file)[0] == 200
        tls.sendall(request.replace(b"message=a", b"message=b"))
        assert file.read(1) == b""
    assert len(sandbox.posts()) == 1


GET = b"GET /_sandbox/stats HTTP/1.1\r\n"
RAW = [
    ("plain", GET + b"Host: a\r\n\r\n", 200),
    ("no host", GET + b"\r\n", 400),
    ("two hosts", GET + b"Host: a\r\nHost: b\r\n\r\n", 400),
    ("version 1.0", b"GET / HTTP/1.0\r\nHost: a\r\n\r\n", 505),
    ("no version", b"GET /\r\nHost: a\r\n\r\n", 400),
    ("bad method", b"G(T / HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("absolute target", b"GET http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", 400),
    ("folded header", GET + b"Host: a\r\nX: a\r\n b\r\n\r\n", 400),
    ("blank before colon", GET + b"Host : a\r\n\r\n", 400),
    ("control byte", GET + b"Host: a\r\nX: \x01\r\n\r\n", 400),
    ("two lengths", GET + b"Host: a\r\nContent-Length: 0\r\nContent-Length: 0\r\n\r\n", 400),
    ("signed length", GET + b"Host: a\r\nContent-Length: +1\r\n\r\n", 400),
    ("length and chunks", GET + b"Host: a\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n", 400),
    ("unknown encoding", GET + b"Host: a\r\nTransfer-Encoding: gzip\r\n\r\n", 400),
    ("bad chunk", GET + b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\nxyz\r\n", 400),
    ("chunk end", GET + b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\n1\r\nabc", 400),
    ("chunks", GET + b"Host: a\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n0\r\nTrailer: a\r\n\r\n", 200),
    ("large head", GET + b"Host: a\r\nX: " + b"a" * 40000 + b"\r\n\r\n", 431),
    ("many headers", GET + b"Host: a\r\n" + b"X: a\r\n" * 200 + b"\r\n", 431),
    ("large body", b"POST /2/tweets HTTP/1.1\r\nHost: a\r\nContent-Length: 30000000\r\n\r\n" + b"a" * 18000000, 413),
]


@pytest.mark.parametrize("name,request_bytes,status", RAW, ids=[r[0] for r in RAW])
def test_http1_is_strict(start, name, request_bytes, status):
    sandbox = start()
    with sandbox.connect() as tls, tls.makefile("rb") as file:
        try:
            tls.sendall(request_bytes)
        except OSError:
            assert name.startswith("large")
        assert read_answer(file)[0] == status


def test_http1_takes_requests_that_were_sent_ahead(start):
    sandbox = start("--latency", "20ms")
    one = b"POST /webhook/a HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}"
    with sandbox.connect() as tls, tls.makefile("rb") as file:
        tls.sendall(one * 3 + GET + b"Host: a\r\nConnection: close\r\n\r\n")
        assert [read_answer(file)[0] for _ in range(4)] == [415, 415, 415, 200]
        assert file.read() == b""


@pytest.mark.parametrize("version", ["--http1.1", "--http2"])
def test_head_is_answered_without_a_body(start, version):
    sandbox = start()
    done = subprocess.run(["curl", "-sS", "-I", "-m", "20", version, "--cacert", sandbox.ca, sandbox.url + "/", sandbox.url + "/"],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    assert done.returncode == 0, done.stderr
    heads = done.stdout.strip().split(b"\r\n\r\n")
    assert len(heads) == 2 and all(head.startswith(b"HTTP/") and int(head.lower().split(b"content-length: ")[1].split()[0]) > 0
                                   for head in heads), done.stdout


def test_expect_continue(start):
    sandbox = start()
    with sandbox.connect() as tls, tls.makefile("rb") as file:
        tls.sendall(b"POST /webhook/a HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n")
        assert file.readline() == b"HTTP/1.1 100 Continue\r\n"
        assert file.readline() == b"\r\n"
        tls.sendall(b"{}")
        assert read_answer(file)[0] == 415


def test_large_uploads_are_stopped_on_http2(start):
    sandbox = start()
    done = subprocess.run(["curl", "-sS", "-o", os.devnull, "-w", "%{http_code}", "--http2", "--cacert", sandbox.ca,
                           "-m", "20", "-H", FORM, "--data-binary", "@-", sandbox.url + "/v25.0/1/feed"],
                          input=b"a" * 20000000, stdout=subprocess.PIPE, check=False)
    assert done.stdout == b"413"


def test_latency_does_not_limit_concurrency(start):
    sandbox = start("--latency", "300ms")
    urls = [f"{sandbox.url}/x/2/nothing{i}" for i in range(150)]
    config = "\n".join(f'url = "{url}"\noutput = "{os.devnull}"' for url in urls)
    began = time.monotonic()
    subprocess.run(["curl", "-sS", "--parallel", "--parallel-max", "150", "--http2", "--cacert", sandbox.ca,
                    "--config", "-"], input=config.encode(), check=True)
    # One after the other they would take 45 seconds.
    assert 0.3 <= time.monotonic() - began < 20
    assert sandbox.get("/_sandbox/stats")["requests"] == 150


def test_log_tells_what_was_done_and_no_secret(start):
    sandbox = start("--faults", "reset-after:times=1")
    sandbox.facebook("first", token="very-secret")
    sandbox.facebook("second", token="very-secret")
    text = sandbox.curl("/_sandbox/log").body.decode()
    assert "very-secret" not in text
    log, posts = json.loads(text), sandbox.posts()
    assert [(e["status"], e["acted"], e["fault"], e["id"]) for e in log] == [
        (0, True, "reset-after", posts[0]["id"]), (200, True, None, posts[1]["id"])]
    assert sandbox.get("/_sandbox/posts?after=1&limit=5")[0]["text"] == "second"


def test_pages_show_what_a_person_would_see(start, accounts):
    sandbox = start("--accounts", accounts)
    sandbox.facebook("<b>Flom</b>")
    gone = sandbox.facebook("Feil").json()["id"]
    assert sandbox.curl(f"/facebook/v25.0/{gone}?access_token=fb-oslo", "-X", "DELETE").json() == {"success": True}
    page = sandbox.curl("/_sandbox/municipality/0301").body.decode()
    assert "<h1>Oslo</h1>" in page and "&lt;b&gt;Flom&lt;/b&gt;" in page and "<del>Feil</del>" in page
    assert "<script" not in page and "src=" not in page and 'name="viewport"' in page
    index = sandbox.curl("/")
    assert "0301 Oslo" in index.body.decode() and "4601 Bergen" in index.body.decode()
    assert "default-src 'none'" in index.headers["content-security-policy"]
    assert [p["deleted"] is not None for p in sandbox.posts()] == [False, True]


@pytest.mark.parametrize("arguments,code,words", [
    (("--listen", "0.0.0.0:0"), 2, "loopback"),
    (("--listen", "nonsense"), 2, "ADDRESS:PORT"),
    (("--faults", "explode"), 2, "unknown fault 'explode'"),
    (("--faults", "hang:rate=2"), 2, "'2' is no value for 'rate'"),
])
def test_wrong_usage(tmp_path, arguments, code, words):
    done = subprocess.run([CRISIS, "sandbox", "--dir", str(tmp_path / "s"), *arguments],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT_TIMEOUT_S, check=False)
    assert done.returncode == code
    assert words in done.stderr.decode()


def test_bad_accounts_are_all_named(tmp_path):
    path = tmp_path / "accounts.json"
    path.write_text('[{"municipality":"1","channel":"x"},{"channel":"x"}]', encoding="utf-8")
    done = subprocess.run([CRISIS, "sandbox", "--dir", str(tmp_path / "s"), "--accounts", str(path)],
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=WAIT_TIMEOUT_S, check=False)
    assert done.returncode == 3
    assert "account 1" in done.stderr.decode() and "account 2" in done.stderr.decode()
