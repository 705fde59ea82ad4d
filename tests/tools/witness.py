"""A witness for tests (C2SP tlog-witness), with nothing of the program: what it cosigns it has checked with read_log.

    witness = Witness(folder, "w.example")      witness.vkey, witness.seen
    Server(witness.answer)                      from tests/e2e/servers.py
"""
import base64
import hashlib
import os
import subprocess
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import read_log  # noqa: E402

DER_SEED = bytes.fromhex("302e020100300506032b657004220420")
NOW = 1_790_000_000


class Witness:
    def __init__(self, folder, name):
        self.folder, self.name = str(folder), name
        os.makedirs(self.folder, exist_ok=True)
        self.key = os.path.join(self.folder, "key.der")
        with open(self.key, "wb") as file:
            file.write(DER_SEED + hashlib.sha256(name.encode()).digest())
        public = self.openssl("pkey", "-inform", "DER", "-in", self.key, "-pubout", "-outform", "DER")[-32:]
        blob = b"\4" + public
        self.id = hashlib.sha256(name.encode() + b"\n" + blob).digest()[:4]
        self.vkey = f"{name}+{self.id.hex()}+{base64.b64encode(blob).decode()}"
        self.seen = None  # the checkpoint that it knows
        self.size = 0
        self.statuses = []
        self.log_key = None  # the only log that it watches; None: any, as its first request says

    @staticmethod
    def openssl(*words):
        return subprocess.run(["openssl", *words], stdout=subprocess.PIPE, check=True).stdout

    def cosign(self, text):
        message = os.path.join(self.folder, "message")
        with open(message, "wb") as file:
            file.write(f"cosignature/v1\ntime {NOW}\n".encode() + text)
        signature = self.openssl("pkeyutl", "-sign", "-keyform", "DER", "-inkey", self.key, "-rawin", "-in", message)
        blob = self.id + NOW.to_bytes(8, "big") + signature
        return f"\u2014 {self.name} {base64.b64encode(blob).decode()}\n".encode()

    def decide(self, path, body):
        """(status, content type, body)"""
        if path != "/add-checkpoint":
            return 404, "text/plain", b""
        old = int(body.split(b"\n", 1)[0].removeprefix(b"old "))
        if old != self.size:
            return 409, "text/x.tlog.size", f"{self.size}\n".encode()
        checkpoint = body.split(b"\n\n", 1)[1]
        size, root = checkpoint.split(b"\n")[1:3]
        if self.seen is not None and int(size) == self.size and root != self.seen.split(b"\n")[2]:
            return 409, "text/x.tlog.size", f"{self.size}\n".encode()
        try:
            if self.seen is None:
                self.size = read_log.open_checkpoint(checkpoint, self.log_key)[0]
            else:
                self.size = read_log.check_request(body, self.seen, self.log_key)[1]
        except read_log.Unfit:
            return 422, "text/plain", b""
        self.seen = checkpoint
        return 200, "text/plain", self.cosign(checkpoint.rsplit(b"\n\n", 1)[0] + b"\n")
