"""Servers for what the sandbox cannot do: answers that break HTTP, lie, echo secrets or never end.

    with Server(answer, tls=authority) as server:
        ... server.url ... server.requests ...

`answer(request)` is called in the connection's own thread and returns what is written: bytes, an iterable
of bytes, or CLOSE (the connection is closed without a byte). It may say request.last = True: the
connection is closed after the answer. Requests are kept, whole, in server.requests.
"""
import json
import os
import random
import socket
import ssl
import subprocess
import threading
import time
import urllib.parse

CLOSE = None
READ_TIMEOUT_S = 60
FIRST_PORT = 10240  # well-known services have smaller ones
CONFIG = """[req]
distinguished_name = name
[name]
[ca]
basicConstraints = critical,CA:TRUE
keyUsage = critical,keyCertSign
[server]
basicConstraints = CA:FALSE
subjectAltName = IP:127.0.0.1,IP:::1,DNS:localhost
"""


class Authority:
    """A certificate authority in a folder, with one certificate for loopback."""

    def __init__(self, folder):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.ca = os.path.join(self.folder, "ca.pem")
        with open(self._path("openssl.cnf"), "w", encoding="ascii") as file:
            file.write(CONFIG)
        self._openssl("req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
                      "-subj", "/CN=Test authority", "-extensions", "ca", "-keyout", "ca.key", "-out", "ca.pem")
        self._openssl("req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes",
                      "-subj", "/CN=Test server", "-keyout", "server.key", "-out", "server.csr")
        self._openssl("x509", "-req", "-in", "server.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial",
                      "-days", "1", "-extfile", "openssl.cnf", "-extensions", "server", "-out", "server.pem")

    def _path(self, name):
        return os.path.join(self.folder, name)

    def _openssl(self, command, *arguments):
        config = ("-config", "openssl.cnf") if command == "req" else ()
        subprocess.run(["openssl", command, *config, *arguments], cwd=self.folder, check=True,
                       stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)

    def context(self, protocols=("http/1.1",)):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self._path("server.pem"), self._path("server.key"))
        context.set_alpn_protocols(list(protocols))
        return context


class Request:
    def __init__(self, server, method, target, headers, body, connection, number):
        self.server, self.method, self.target = server, method, target
        self.headers, self.body = headers, body
        self.connection, self.number = connection, number  # number: of this connection, from 1
        self.last = False
        self.raw = b""

    @property
    def path(self):
        return self.target.split("?")[0]

    def text(self):
        """What the request would publish, by channel."""
        kind = self.headers.get("content-type", "")
        if kind.startswith("application/x-www-form-urlencoded"):
            return dict(urllib.parse.parse_qsl(self.body.decode())).get("message")
        if kind.startswith("application/json"):
            return json.loads(self.body).get("text")
        return None


class Server:
    protocols = ("http/1.1",)

    def __init__(self, answer, tls=None, address="127.0.0.1"):
        self.answer = answer
        self.context = tls.context(self.protocols) if tls else None
        self.lock = threading.Lock()
        self.requests = []
        self.connections = 0
        self.failures = []  # what went wrong in a handler: the test must see it
        self._open = set()
        self._socket = socket.create_server((address, 0), backlog=256)
        self.port = self._socket.getsockname()[1]
        self.url = f"{'https' if tls else 'http'}://{address}:{self.port}"
        self._thread = threading.Thread(target=self._accept, daemon=True)
        self._thread.start()

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        self.close()
        if kind is None:
            assert not self.failures, self.failures

    def close(self):
        try:
            self._socket.shutdown(socket.SHUT_RDWR)
        except OSError:
            pass
        self._socket.close()
        with self.lock:
            left = list(self._open)
        for connection in left:
            try:
                connection.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass
        self._thread.join(10)

    def _accept(self):
        while True:
            try:
                connection, _ = self._socket.accept()
            except OSError:
                return
            with self.lock:
                self.connections += 1
                number = self.connections
                self._open.add(connection)
            threading.Thread(target=self._serve, args=(connection, number), daemon=True).start()

    def _serve(self, plain, number):
        connection = plain
        try:
            plain.settimeout(READ_TIMEOUT_S)
            if self.context:
                connection = self.context.wrap_socket(plain, server_side=True)
                with self.lock:
                    self._open.discard(plain)
                    self._open.add(connection)
            with connection.makefile("rb") as file:
                count = 1
                while self._exchange(connection, file, number, count):
                    count += 1
        except (OSError, ValueError):
            pass  # the other side went, or we were closed
        except Exception as error:  # a fault of the test's own handler
            self.failures.append(repr(error))
        finally:
            with self.lock:
                self._open.discard(connection)
                self._open.discard(plain)
            connection.close()

    def _exchange(self, connection, file, number, count):
        request = read_request(self, file, number, count)
        if request is None:
            return False
        with self.lock:
            self.requests.append(request)
        answer = self.answer(request)
        if answer is CLOSE:
            return False
        for piece in [answer] if isinstance(answer, bytes) else answer:
            connection.sendall(piece)
        return not request.last

    def open_count(self):
        """Connections that are open now."""
        with self.lock:
            return len(self._open)

    def posts(self):
        """The requests that publish something."""
        with self.lock:
            return [r for r in self.requests if r.method == "POST"]


def read_request(server, file, connection, number):
    line = file.readline()
    if not line:
        return None
    raw = line
    method, target, _ = line.decode("latin-1").split(" ", 2)
    headers = {}
    while True:
        line = file.readline()
        raw += line
        if line in (b"\r\n", b""):
            break
        name, _, value = line.decode("latin-1").partition(":")
        headers[name.strip().lower()] = value.strip()
    body = file.read(int(headers.get("content-length", 0)))
    request = Request(server, method, target, headers, body, connection, number)
    request.raw = raw + body
    return request


def reply(status, body, kind="application/json", headers=()):
    if not isinstance(body, bytes):
        body = body.encode() if isinstance(body, str) else json.dumps(body).encode()
    lines = [f"HTTP/1.1 {status} Words", f"Content-Type: {kind}", f"Content-Length: {len(body)}", *headers]
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + body


class Network:
    """Facebook and X as far as a whole conversation needs them; it keeps what was posted."""

    def __init__(self):
        self.lock = threading.Lock()
        self.kept = []  # (channel, account, text, id, time)
        self.hooks = []  # webhook-id of each request

    def keep(self, request):
        if "webhook-id" in request.headers:
            with self.lock:
                self.hooks.append(request.headers["webhook-id"])
            return request.headers["webhook-id"]
        channel = "x" if request.path.endswith("/2/tweets") else "facebook"
        account = request.headers.get("authorization", "") if channel == "x" else request.path.split("/")[-2]
        with self.lock:
            identity = str(10**18 + len(self.kept))
            if channel == "facebook":
                identity = f"{account}_{identity}"
            self.kept.append((channel, account, request.text(), identity, time.time()))
        return identity

    def answer(self, request):
        if request.method == "POST" and request.path.startswith("/webhook/"):
            self.keep(request)
            return reply(204, b"")
        if request.method == "POST" and request.path.endswith("/feed"):
            return reply(200, {"id": self.keep(request)})
        if request.method == "POST" and request.path.endswith("/2/tweets"):
            return reply(201, {"data": {"id": self.keep(request), "text": request.text()}})
        if request.method == "GET" and request.path.endswith("/published_posts"):
            return reply(200, {"data": self.listing("facebook", request.path.split("/")[-2])})
        if request.method == "GET" and request.path.endswith("/tweets"):
            found = self.listing("x", request.headers.get("authorization", ""))
            return reply(200, {"data": found, "meta": {"result_count": len(found)}})
        return reply(404, {"error": {"message": "not here", "code": 100}})

    def listing(self, channel, account):
        with self.lock:
            mine = [k for k in reversed(self.kept) if k[0] == channel and k[1] == account]
        if channel == "x":
            return [{"id": k[3], "text": k[2], "author_id": "1", "conversation_id": k[3],
                     "created_at": time.strftime("%Y-%m-%dT%H:%M:%S.000Z", time.gmtime(k[4]))} for k in mine]
        return [{"id": k[3], "message": k[2],
                 "created_time": time.strftime("%Y-%m-%dT%H:%M:%S+0000", time.gmtime(k[4]))} for k in mine]


def free_port():
    """A port of this machine where nobody listens: none of those that the kernel hands out, for it could hand one to another test
    before it is used here."""
    with open("/proc/sys/net/ipv4/ip_local_port_range", encoding="ascii") as file:
        first, last = map(int, file.read().split())
    ports, source = [*range(FIRST_PORT, first), *range(last + 1, 2**16)], random.SystemRandom()
    while True:
        port = source.choice(ports)
        with socket.socket() as probe:
            if probe.connect_ex(("127.0.0.1", port)):
                return port
