"""A gateway in front of somebody else's server: TLS, a record of what went through, and faults on the way.

    with Gateway(server_url, tls=authority) as gateway:
        gateway.lose(lambda request: …)           that request arrives and is acted upon, its answer never comes
        gateway.change(lambda request: …, change) change(request) is applied before the request goes on
        gateway.hold(lambda request: …)           as lose, but the connection stays open until the gateway is closed
        gateway.through                           (request, status) of all that the server answered, in order

Each of these holds for one request, the first that it fits.
"""
import contextlib
import http.client
import threading
import urllib.parse

from servers import CLOSE, Server

TIMEOUT_S = 120
NOT_PASSED_ON = ("connection", "keep-alive", "transfer-encoding", "content-length", "host")


class Gateway(Server):
    def __init__(self, target, tls=None, turn=None):
        """turn: a lock that is held while the server works, for one that cannot do two things at a time."""
        self.target = urllib.parse.urlsplit(target)
        self.turn = turn or contextlib.nullcontext()
        self.through = []
        self.faults = []
        self.closing = threading.Event()
        super().__init__(self.pass_on, tls=tls)

    def close(self):
        self.closing.set()
        super().close()

    def lose(self, fits):
        self.faults.append((fits, "lose", None))

    def hold(self, fits):
        """Returns an event that is set when the request was acted upon."""
        arrived = threading.Event()
        self.faults.append((fits, "hold", arrived))
        return arrived

    def change(self, fits, change):
        self.faults.append((fits, "change", change))

    def take_fault(self, request):
        with self.lock:
            fault = next((fault for fault in self.faults if fault[0](request)), (None, None, None))
            if fault[0]:
                self.faults.remove(fault)
        return fault[1:]

    def ask(self, request):
        """The server's answer: status, headers, body."""
        connection = http.client.HTTPConnection(self.target.hostname, self.target.port, timeout=TIMEOUT_S)
        try:
            headers = {name: value for name, value in request.headers.items() if name not in NOT_PASSED_ON}
            connection.request(request.method, request.target, request.body or None, headers)
            answer = connection.getresponse()
            return answer.status, answer.getheaders(), answer.read()
        finally:
            connection.close()

    def pass_on(self, request):
        fault, detail = self.take_fault(request)
        if fault == "change":
            detail(request)
        with self.turn:
            status, headers, body = self.ask(request)
        with self.lock:
            self.through.append((request, status))
        if fault == "hold":
            detail.set()
            self.closing.wait(TIMEOUT_S)
        if fault in ("lose", "hold"):
            return CLOSE
        lines = [f"HTTP/1.1 {status} As-answered",
                 *(f"{name}: {value}" for name, value in headers if name.lower() not in NOT_PASSED_ON),
                 f"Content-Length: {len(body)}"]
        return "\r\n".join(lines).encode("latin-1") + b"\r\n\r\n" + body

    def asked(self, end):
        """The requests whose path ends so, with the status of their answer."""
        with self.lock:
            return [(request, status) for request, status in self.through if request.path.endswith(end)]
