#!/usr/bin/env python3
"""Checks that a message stands on a published audit log of crisis. Needs Python 3 and the openssl command (3.0 or later).

    verify.py KEY MESSAGE.entry MESSAGE.tlog-proof [WITNESS_KEY ...]

KEY is the log's verifier key: the line of its log.vkey, or a file that holds it. Take it from somewhere else than the
entry and the proof. Each WITNESS_KEY is the key of somebody who watches the log, and must have signed too.

Exit code 0: everything fits, and the entry is printed. 1: it does not fit. 2: it could not be checked.
"""
import base64
import hashlib
import os
import subprocess
import sys
import tempfile
import time

ED25519, COSIGNATURE = 1, 4
DER_START = bytes.fromhex("302a300506032b6570032100")  # what stands before an Ed25519 key in DER
PROOF_START = "c2sp.org/tlog-proof@v1"


class DoesNotFit(Exception):
    pass


def check(holds, otherwise):
    if not holds:
        raise DoesNotFit(otherwise)


def sha256(data):
    return hashlib.sha256(data).digest()


def decode(text, size, what):
    try:
        data = base64.b64decode(text, validate=True)
    except ValueError:
        data = b""
    check(len(data) == size and base64.b64encode(data).decode() == text, f"{what} is not what it should be: {text}")
    return data


# --- signatures -------------------------------------------------------------------------------------------------
class Key:
    """A verifier key: NAME+ID+BASE64, where the first byte of the base64 tells the kind of key."""

    def __init__(self, words):
        parts = words.split("+", 2)
        check(len(parts) == 3, f"this is no verifier key: {words}")
        self.name = parts[0]
        data = decode(parts[2], 33, "the key")
        self.kind, self.public = data[0], data[1:]
        self.id = sha256(self.name.encode() + b"\n" + data)[:4]
        check(self.id.hex() == parts[1], f"the number in the key of {self.name} does not fit the key")

    def has_signed(self, message, signature):
        with tempfile.TemporaryDirectory() as folder:
            paths = [os.path.join(folder, name) for name in ("key", "message", "signature")]
            for path, data in zip(paths, (DER_START + self.public, message, signature)):
                with open(path, "wb") as file:
                    file.write(data)
            done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", paths[0], "-rawin",
                                   "-in", paths[1], "-sigfile", paths[2]], stdout=subprocess.DEVNULL,
                                  stderr=subprocess.DEVNULL, check=False)
        return done.returncode == 0

    def check_note(self, text, lines):
        """Checks this key's line under the text; of a witness, returns the time it signed at."""
        mine = []
        for line in lines:
            words = line.split(" ")
            check(len(words) == 3 and words[0] == "\u2014", f"this is no line of a signature: {line}")
            if words[1] == self.name:
                blob = decode(words[2], 76 if self.kind == COSIGNATURE else 68, "the signature")
                if blob[:4] == self.id:
                    mine.append(blob[4:])
        check(len(mine) == 1, f"{self.name} has not signed")
        if self.kind == ED25519:
            check(self.has_signed(text, mine[0]), f"the signature of {self.name} is wrong")
            return None
        seconds = int.from_bytes(mine[0][:8], "big")
        message = f"cosignature/v1\ntime {seconds}\n".encode() + text
        check(self.has_signed(message, mine[0][8:]), f"the signature of {self.name} is wrong")
        return seconds


# --- the tree ---------------------------------------------------------------------------------------------------
def root_of(entry, index, size, path):
    """The root of the tree that the path leads to, from the entry (RFC 9162, section 2.1.3.2)."""
    at, last, value = index, size - 1, sha256(b"\0" + entry)
    for step in path:
        check(last > 0, "the path is too long")
        if at % 2 == 1 or at == last:
            value = sha256(b"\1" + step + value)
            while at % 2 == 0 and at != 0:
                at, last = at // 2, last // 2
        else:
            value = sha256(b"\1" + value + step)
        at, last = at // 2, last // 2
    check(last == 0, "the path is too short")
    return value


def number(text):
    check(text.isascii() and text.isdigit() and str(int(text)) == text, f"this is no number: {text}")
    return int(text)


# --- the proof --------------------------------------------------------------------------------------------------
def verify(log_key, entry, proof, witness_keys):
    """Returns (index, size, times of the witnesses), or raises DoesNotFit."""
    check(log_key.kind == ED25519, "the first key must be the log's")
    check(all(key.kind == COSIGNATURE for key in witness_keys), "all keys but the first must be of witnesses")
    lines = proof.decode().split("\n")
    check(lines.pop(0) == PROOF_START, "this is no proof")
    if lines[0].startswith("extra "):
        lines.pop(0)  # a remark; nobody has signed it
    word, _, index = lines.pop(0).partition(" ")
    check(word == "index", "the proof does not say which entry it is for")
    path = []
    while lines and lines[0]:
        path.append(decode(lines.pop(0), 32, "the path"))
    check(len(lines) > 5 and lines[-1] == "", "the proof is cut off")
    # After an empty line: the signed text of three lines, an empty line, and the signatures.
    origin, size, root, empty = lines[1:5]
    text, signatures = "\n".join(lines[1:4]).encode() + b"\n", lines[5:-1]
    check(empty == "", "the signed text is not three lines")
    check(origin == log_key.name, f"this is the log {origin}, and the key is for {log_key.name}")
    log_key.check_note(text, signatures)
    index, size = number(index), number(size)
    check(index < size, "the log is too short")
    check(root_of(entry, index, size, path) == decode(root, 32, "the root"), "this entry is not on the log")
    return index, size, [key.check_note(text, signatures) for key in witness_keys]


def read_key(words):
    if os.path.exists(words):
        with open(words, encoding="utf-8") as file:
            words = file.read().strip()
    return Key(words)


def main(arguments):
    if len(arguments) < 3 or arguments[0].startswith("-"):
        sys.stderr.write(__doc__)
        return 2
    try:
        keys = [read_key(words) for words in (arguments[0], *arguments[3:])]
        with open(arguments[1], "rb") as file:
            entry = file.read()
        with open(arguments[2], "rb") as file:
            proof = file.read()
        index, size, times = verify(keys[0], entry, proof, keys[1:])
    except (DoesNotFit, UnicodeDecodeError) as problem:
        print(f"IT DOES NOT FIT: {problem}")
        return 1
    except OSError as problem:
        print(f"not checked: {problem}")
        return 2
    print(f"It fits: entry {index} of the {size} entries of the log {keys[0].name}.")
    for key, seconds in zip(keys[1:], times):
        print(f"It was there by {time.strftime('%Y-%m-%dT%H:%M:%SZ', time.gmtime(seconds))}, says {key.name}.")
    print("\n" + entry.decode("utf-8", "replace"), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
