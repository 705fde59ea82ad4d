"""snac, a server that speaks Mastodon's API and is nothing like Mastodon: no idempotency keys, no limits, no deleting.

    with Snac(folder) as snac:
        token = snac.create("oslo")         an account and a token that may write
        snac.statuses("oslo")               what is there, oldest first, as its API has it
"""
import json
import os
import re
import shutil
import subprocess
import threading
import urllib.error
import urllib.parse
import urllib.request

import pytest
from conftest import wait_until
from servers import free_port

TIMEOUT_S = 120
OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"


def find_snac():
    """Of Debian's backports; unpacked by ./dev, or installed."""
    unpacked = os.path.join(os.environ.get("SNAC_BIN", "/nowhere"), "snac")
    return unpacked if os.path.exists(unpacked) else shutil.which("snac")


class Snac:
    def __init__(self, folder):
        self.program, self.folder = find_snac(), str(folder)
        if not self.program:
            pytest.skip("snac is not installed (package snac2 of bookworm-backports)")
        port = free_port()
        self.url = f"http://127.0.0.1:{port}"
        self.turn = threading.Lock()  # it dies of requests at the same time (strcmp of NULL)
        self.apps, self.tokens, self.ids = {}, {}, {}
        self.command("init", input=f"127.0.0.1\n{port}\nlocalhost:{port}\n\n\n")
        path = os.path.join(self.folder, "server.json")
        with open(path, encoding="utf-8") as file:
            settings = json.load(file)
        with open(path, "w", encoding="utf-8") as file:
            json.dump({**settings, "protocol": "http"}, file)
        with open(self.folder + ".log", "wb") as log:
            self.process = subprocess.Popen([self.program, "httpd", self.folder], stdin=subprocess.DEVNULL, stdout=log, stderr=log)
        wait_until(self.is_up)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        assert self.process.poll() is None, f"snac ended by itself with {self.process.returncode}"
        self.process.terminate()
        self.process.wait(TIMEOUT_S)

    def command(self, name, *arguments, input=""):
        with self.turn:
            return subprocess.run([self.program, name, self.folder, *arguments], input=input, check=True, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=TIMEOUT_S).stdout

    def is_up(self):
        assert self.process.poll() is None
        try:
            return self.ask("/api/v1/instance")
        except (urllib.error.URLError, ConnectionError):
            return False

    def ask(self, path, form=None, token=None):
        data = urllib.parse.urlencode(form).encode() if form else None
        request = urllib.request.Request(self.url + path, data, {"Authorization": "Bearer " + token} if token else {})
        with self.turn, urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return answer.read().decode()

    def fetch(self, url):
        """The bytes of a picture; it says that it is at localhost."""
        with self.turn, urllib.request.urlopen(self.url + urllib.parse.urlsplit(url).path, timeout=TIMEOUT_S) as answer:
            return answer.read()

    def create(self, user):
        """As a person would: an app, a login that shows a code, the code against a token."""
        password = re.search(r"User password is (\S+)", self.command("adduser", user, input=user + "\n")).group(1)
        app = json.loads(self.ask("/api/v1/apps", {"client_name": "crisis", "redirect_uris": OUT_OF_BAND, "scopes": "read write"}))
        self.apps[user] = {"client_id": app["client_id"], "client_secret": app["client_secret"]}
        page = self.ask("/oauth/x-snac-login", {"login": user, "passwd": password, "redir": OUT_OF_BAND, "cid": app["client_id"],
                                               "state": ""})
        code = re.search(r"[0-9a-f]{32}", page).group(0)
        self.tokens[user] = json.loads(self.ask("/oauth/token", {
            "grant_type": "authorization_code", "code": code, "redirect_uri": OUT_OF_BAND, **self.apps[user]}))["access_token"]
        self.ids[user] = json.loads(self.ask("/api/v1/accounts/verify_credentials", token=self.tokens[user]))["id"]
        return self.tokens[user]

    def revoke(self, user):
        self.ask("/oauth/revoke", {"token": self.tokens[user], **self.apps[user]})

    def statuses(self, user):
        listed = json.loads(self.ask(f"/api/v1/accounts/{self.ids[user]}/statuses?limit=40"))
        return sorted(listed, key=lambda status: float(status["uri"].rsplit("/", 1)[1]))
