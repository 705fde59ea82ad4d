"""Bluesky's own server, @atproto/pds of npm, with a directory of identities, on loopback.

    with Pds(folder) as pds:
        password = pds.create("oslo.test")        an account and its app password
        pds.records("oslo.test")                  its posts, oldest first: {"uri", "cid", "value"}
        pds.expired(token)                        the same token, run out a minute ago
"""
import base64
import hashlib
import hmac
import json
import os
import subprocess
import time
import urllib.parse
import urllib.request

import pytest
from npm import packages, start_node

COLLECTION = "app.bsky.feed.post"
PASSWORD = "a password of the account itself"
TIMEOUT_S = 120


def build_sqlite(folder):
    """The one part of it that is not JavaScript, against the system's SQLite: npm would fetch and compile another one."""
    module = os.path.join(folder, "node_modules", "better-sqlite3")
    out = os.path.join(module, "build", "Release")
    program = subprocess.run(["node", "-p", "process.execPath"], check=True, stdout=subprocess.PIPE, text=True).stdout.strip()
    headers = os.path.join(os.path.dirname(os.path.dirname(os.path.realpath(program))), "include", "node")
    if not os.path.exists(os.path.join(headers, "node.h")):
        pytest.skip("the headers of Node.js are not installed (package libnode-dev)")
    os.makedirs(out, exist_ok=True)
    subprocess.run(["g++", "-std=c++20", "-w", "-O0", "-DNDEBUG", "-DBUILDING_NODE_EXTENSION", "-DNODE_GYP_MODULE_NAME=better_sqlite3",
                    "-fPIC", "-shared", "-I", headers, "-o", os.path.join(out, "better_sqlite3.node"),
                    os.path.join(module, "src", "better_sqlite3.cpp"), "-lsqlite3"], check=True, timeout=300)


def jwt_part(value):
    text = value if isinstance(value, bytes) else json.dumps(value).encode()
    return base64.urlsafe_b64encode(text).rstrip(b"=")


def jwt_read(part):
    return json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))


class Pds:
    def __init__(self, folder):
        self.process = start_node(packages("pds", finish=build_sqlite), "pds.js", folder, env={"LOG_ENABLED": "false"})
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        announced = json.loads(line)
        self.url, self.secret = announced["url"], announced["secret"].encode()
        self.accounts = {}

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.process.kill()
        self.process.communicate(timeout=TIMEOUT_S)

    def call(self, procedure, body=None, token=None, **query):
        url = f"{self.url}/xrpc/{procedure}" + ("?" + urllib.parse.urlencode(query) if query else "")
        headers = {"content-type": "application/json", **({"authorization": "Bearer " + token} if token else {})}
        request = urllib.request.Request(url, None if body is None else json.dumps(body).encode(), headers)
        with urllib.request.urlopen(request, timeout=TIMEOUT_S) as answer:
            return json.load(answer)

    def create(self, handle):
        account = self.call("com.atproto.server.createAccount",
                            {"handle": handle, "email": handle + "@example.test", "password": PASSWORD})
        self.accounts[handle] = account
        made = self.call("com.atproto.server.createAppPassword", {"name": "crisis"}, token=account["accessJwt"])
        return made["password"]

    def did(self, handle):
        return self.accounts[handle]["did"]

    def records(self, handle):
        listed = self.call("com.atproto.repo.listRecords", repo=self.did(handle), collection=COLLECTION, limit=100)
        return sorted(listed["records"], key=lambda record: (record["value"]["createdAt"], record["uri"]))

    def blob(self, handle, reference):
        """The bytes of a picture that a record names."""
        query = urllib.parse.urlencode({"did": self.did(handle), "cid": reference["ref"]["$link"]})
        with urllib.request.urlopen(f"{self.url}/xrpc/com.atproto.sync.getBlob?{query}", timeout=TIMEOUT_S) as answer:
            return answer.read()

    def delete(self, handle, uri):
        self.call("com.atproto.repo.deleteRecord", {"repo": self.did(handle), "collection": COLLECTION, "rkey": uri.split("/")[-1]},
                  token=self.accounts[handle]["accessJwt"])

    def expired(self, token):
        header, claims = (jwt_read(part) for part in token.split(".")[:2])
        now = int(time.time())
        signed = jwt_part(header) + b"." + jwt_part({**claims, "iat": now - 7260, "exp": now - 60})
        return (signed + b"." + jwt_part(hmac.digest(self.secret, signed, hashlib.sha256))).decode()
