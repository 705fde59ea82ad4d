"""nginx as the server of what is compared: one process, its own configuration, certificate and folder, loopback only. It
reads each request to its end, as networks do, waits if asked to, and answers what Facebook and receivers of webhooks answer.

It has three ports over TLS, for HTTP/2, for HTTP/2 with many requests on a connection, and for HTTP/1.1 alone, and
`*.bench.localhost` for hosts of their own."""
import json
import os
import re
import shutil
import socket
import subprocess
import threading
import time
import urllib.request

from measure import SERVER_CORES, Failed, free_port, start, stop

DOMAIN = "bench.localhost"
SYSTEM_CA = "/etc/ssl/certs/ca-certificates.crt"
STREAMS = 128  # nginx's own default: requests at once on a connection
WIDE_STREAMS = 1000
WIDE_NAMES = 6
NGINX = shutil.which("nginx") or "/usr/sbin/nginx"
ECHO_MODULE = "/usr/lib/nginx/modules/ngx_http_echo_module.so"
LOOK_EVERY_S = 0.1

CONFIGURATION = """\
daemon off;
master_process off;
load_module {echo};
pid {folder}/nginx.pid;
error_log {folder}/error.log warn;
events {{ worker_connections 8192; multi_accept on; }}
http {{
    log_format requests escape=json '{{"url": "https://$host:$server_port$request_uri", "body": "$request_body"}}';
    client_body_temp_path {folder}/body; proxy_temp_path {folder}/proxy; fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi; scgi_temp_path {folder}/scgi;
    client_body_buffer_size 64k;
    keepalive_requests 100000000;
    keepalive_timeout 600s;
    ssl_certificate {folder}/chain.pem;
    ssl_certificate_key {folder}/leaf.key;
    access_log off;
    server {{ listen 127.0.0.1:{status}; location / {{ stub_status; }} }}
{servers}}}
"""
PORT = """\
    server {{
        {listens}
        access_log {log};
        http2_max_concurrent_streams {streams};
        location ~ ^/facebook/v25.0/(\\d+)/feed$ {{
            default_type application/json;
            echo_read_request_body;
            {wait}
            echo '{{"id":"$1_$connection$connection_requests"}}';
        }}
        location /webhook/ {{
            default_type application/json;
            echo_read_request_body;
            {wait}
            echo '{{"received":true}}';
        }}
    }}
"""


def has_ipv6():
    try:
        with socket.socket(socket.AF_INET6) as sock:
            sock.bind(("::1", 0))
        return True
    except OSError:
        return False


class Server:
    def __init__(self, folder):
        """Makes the authority and the certificate; `start` starts it."""
        self.folder, self.process = folder, None
        os.makedirs(folder)
        self.http2_port, self.wide_port, self.http1_port, self.status_port = (free_port() for _ in range(4))
        self.addresses = ["127.0.0.1"] + (["[::1]"] if has_ipv6() else [])
        self.own_ca = os.path.join(folder, "ca.pem")
        self.make_certificates()
        # Everyone who is measured trusts what the system trusts, and this authority.
        self.ca = os.path.join(folder, "bundle.pem")
        with open(self.ca, "wb") as bundle:
            for path in (SYSTEM_CA, self.own_ca):
                with open(path, "rb") as file:
                    shutil.copyfileobj(file, bundle)

    def openssl(self, *arguments):
        subprocess.run(["openssl", *arguments], check=True, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)

    def make_certificates(self):
        key = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes")
        self.openssl("req", "-x509", *key, "-keyout", "ca.key", "-out", "ca.pem", "-days", "2", "-subj", "/CN=Bench root")
        self.openssl("req", *key, "-keyout", "leaf.key", "-out", "leaf.csr", "-subj", f"/CN={DOMAIN}")
        with open(os.path.join(self.folder, "leaf.ext"), "w", encoding="utf-8") as file:
            file.write(f"subjectAltName=DNS:{DOMAIN},DNS:*.{DOMAIN},IP:127.0.0.1\nbasicConstraints=CA:FALSE\n")
        self.openssl("x509", "-req", "-in", "leaf.csr", "-CA", "ca.pem", "-CAkey", "ca.key", "-CAcreateserial", "-days", "2",
                     "-extfile", "leaf.ext", "-out", "chain.pem")

    def start(self, latency_ms=0, streams=STREAMS, recorded=False):
        """`recorded`: keeps what it is asked, for `requests`; that makes it slower."""
        self.close()
        log = f"{self.folder}/requests.log requests" if recorded else "off"
        wait = f"echo_sleep {latency_ms / 1000};" if latency_ms else ""
        servers = "".join(
            PORT.format(log=log, wait=wait, streams=most,
                        listens=" ".join(f"listen {address}:{port} ssl{kind} backlog=8192;" for address in self.addresses))
            for port, kind, most in ((self.http2_port, " http2", streams), (self.wide_port, " http2", WIDE_STREAMS),
                                     (self.http1_port, "", streams)))
        configuration = CONFIGURATION.format(folder=self.folder, echo=ECHO_MODULE, status=self.status_port, servers=servers)
        path = os.path.join(self.folder, "nginx.conf")
        with open(path, "w", encoding="utf-8") as file:
            file.write(configuration)
        self.process = start(NGINX, "-e", os.path.join(self.folder, "error.log"), "-c", path,
                             preexec_fn=lambda: os.sched_setaffinity(0, SERVER_CORES))
        deadline = time.monotonic() + 30
        while True:
            try:
                return self.status()
            except OSError:
                if self.process.poll() is not None or time.monotonic() > deadline:
                    raise Failed(f"nginx did not start: see {self.folder}/error.log") from None
                time.sleep(0.02)

    def status(self):
        """Connections that were taken since the start, that of this question too, and requests that are being answered."""
        with urllib.request.urlopen(f"http://127.0.0.1:{self.status_port}/", timeout=30) as answer:
            text = answer.read().decode()
        accepted, _, _ = re.search(r"(\d+) (\d+) (\d+)", text).groups()
        return int(accepted), int(re.search(r"Writing: (\d+)", text).group(1)) - 1

    def widened(self, requests):
        """The same requests for a client that puts no more than 100 on a connection to a host, and opens one for each that
        does not fit, as curl does: to a few names of the port that would take more."""
        return [(url.replace(f"127.0.0.1:{self.http2_port}/", f"h{index % WIDE_NAMES}.{DOMAIN}:{self.wide_port}/"), body)
                for index, (url, body) in enumerate(requests)]

    def cpu_s(self):
        """Processor time that the server has used."""
        with open(f"/proc/{self.process.pid}/stat", encoding="ascii") as file:
            fields = file.read().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    def requests(self):
        """What was asked while it was recorded: (url, body), in the order of the answers."""
        with open(os.path.join(self.folder, "requests.log"), encoding="utf-8") as file:
            return [(one["url"], one["body"]) for one in map(json.loads, file)]

    def close(self):
        if self.process:
            stop(self.process)


class Watch:
    """Counts the connections that a block opens, the processor time of the server, and, if asked to look, the most requests
    that were under way at once, as the server sees them."""

    def __init__(self, server, looks=False):
        self.server, self.looks, self.in_flight_max = server, looks, 0
        self.ended = threading.Event()
        self.questions = 0

    def look(self):
        while not self.ended.wait(LOOK_EVERY_S):
            self.in_flight_max = max(self.in_flight_max, self.server.status()[1])
            self.questions += 1

    def __enter__(self):
        self.before, self.cpu_before_s = self.server.status()[0], self.server.cpu_s()
        self.thread = threading.Thread(target=self.look)
        if self.looks:
            self.thread.start()
        return self

    def __exit__(self, *_):
        self.ended.set()
        if self.looks:
            self.thread.join()
        self.server_cpu_s = self.server.cpu_s() - self.cpu_before_s
        self.connections = self.server.status()[0] - self.before - self.questions - 1
