#!/usr/bin/python3
"""Reads a published audit log and checks it, with nothing of the program: standard library, and the openssl command.

    read_log.py FOLDER                       every entry, every tile, the checkpoint
    read_log.py FOLDER --extends CHECKPOINT  and that it begins as an earlier checkpoint says
    read_log.py --proof FILE ENTRY VKEY      a proof file alone
    read_log.py --request FILE OLD VKEY      what a witness is sent, against the checkpoint that it knows

Prints what it found; exit code 1 and the reason when something does not fit. Written from the formats: RFC 6962,
C2SP signed-note, tlog-checkpoint, tlog-tiles, tlog-proof, tlog-witness.
"""
import base64
import hashlib
import os
import subprocess
import sys
import tempfile

WIDTH = 256
DER_ED25519 = bytes.fromhex("302a300506032b6570032100")


class Unfit(Exception):
    pass


def demand(holds, what):
    if not holds:
        raise Unfit(what)


def sha256(*parts):
    return hashlib.sha256(b"".join(parts)).digest()


def leaf_hash(entry):
    return sha256(b"\0", entry)


def node_hash(left, right):
    return sha256(b"\1", left, right)


def unbase64(text):
    data = base64.b64decode(text, validate=True)
    demand(base64.b64encode(data).decode() == text, f"not canonical base64: {text}")
    return data


def decimal(text):
    demand(text.isascii() and text.isdigit() and str(int(text)) == text, f"no decimal number: {text!r}")
    return int(text)


# --- the tree, as its definition says ---------------------------------------------------------------------------
def tree_hash(leaves):
    if not leaves:
        return sha256()
    layer = list(leaves)
    while len(layer) > 1:  # an odd one out goes up as it is: the same as splitting at the largest power of two
        layer = [node_hash(*layer[i:i + 2]) if i + 1 < len(layer) else layer[i] for i in range(0, len(layer), 2)]
    return layer[0]


def path_root(leaf, index, size, path):
    """The root that an inclusion path leads to (RFC 6962 2.1.1, from the top: how the tree is split decides)."""
    if size == 1:
        demand(not path, "the path is too long")
        return leaf
    demand(path, "the path is too short")
    middle = 1 << (size - 1).bit_length() - 1
    if index < middle:
        return node_hash(path_root(leaf, index, middle, path[:-1]), path[-1])
    return node_hash(path[-1], path_root(leaf, index - middle, size - middle, path[:-1]))


def consistency_roots(old, size, proof, old_root, whole=True):
    """(old root, new root) that a consistency proof leads to (RFC 6962 2.1.2, SUBPROOF read backwards)."""
    if old == size:
        if whole:
            demand(not proof, "the proof is too long")
            return old_root, old_root
        demand(len(proof) == 1, "the proof has another length")
        return proof[0], proof[0]
    demand(proof, "the proof is too short")
    middle = 1 << (size - 1).bit_length() - 1
    if old <= middle:
        small, large = consistency_roots(old, middle, proof[:-1], old_root, whole)
        return small, node_hash(large, proof[-1])
    small, large = consistency_roots(old - middle, size - middle, proof[:-1], old_root, False)
    return node_hash(proof[-1], small), node_hash(proof[-1], large)


# --- notes and checkpoints --------------------------------------------------------------------------------------
def ed25519_fits(public_key, message, signature):
    with tempfile.TemporaryDirectory() as folder:
        names = {}
        for name, data in (("key", DER_ED25519 + public_key), ("message", message), ("signature", signature)):
            names[name] = os.path.join(folder, name)
            with open(names[name], "wb") as file:
                file.write(data)
        done = subprocess.run(["openssl", "pkeyutl", "-verify", "-pubin", "-keyform", "DER", "-inkey", names["key"], "-rawin",
                               "-in", names["message"], "-sigfile", names["signature"]], capture_output=True, check=False)
        return done.returncode == 0


def read_vkey(text):
    name, key_id, key = text.split("+", 2)
    data = unbase64(key)
    demand(len(data) == 33 and data[0] == 1, "no Ed25519 key")
    demand(sha256(name.encode(), b"\n", data)[:4].hex() == key_id, "the key id is another")
    return name, bytes.fromhex(key_id), data[1:]


def open_checkpoint(data, vkey):
    """(size, root) of a checkpoint that this key has signed."""
    name, key_id, public_key = read_vkey(vkey)
    head, signatures = data.rsplit(b"\n\n", 1)
    text = head + b"\n"
    found = 0
    for line in signatures.decode().splitlines():
        dash, signer, signature = line.split(" ")
        blob = unbase64(signature)
        demand(dash == "\u2014", "a signature line does not begin with a dash")
        if signer == name and blob[:4] == key_id:
            demand(ed25519_fits(public_key, text, blob[4:]), "the signature does not fit")
            found += 1
    demand(found == 1, f"{found} signatures of {name}")
    origin, size, root, end = text.decode().split("\n")
    demand(origin == name and end == "", "the checkpoint is of another log or form")
    demand(len(unbase64(root)) == 32, "the root is no hash")
    return decimal(size), unbase64(root)


# --- tiles ------------------------------------------------------------------------------------------------------
def tile_name(level, index, width):
    groups = []
    while True:
        groups.insert(0, f"{index % 1000:03}")
        index //= 1000
        if index == 0:
            break
    name = "/".join(["tile", str(level), *("x" + group for group in groups[:-1]), groups[-1]])
    return name if width == WIDTH else f"{name}.p/{width}"


def read_file(folder, name):
    with open(os.path.join(folder, name), "rb") as file:
        return file.read()


def read_entries(folder, size):
    entries = []
    for index in range((size + WIDTH - 1) // WIDTH):
        width = min(WIDTH, size - index * WIDTH)
        data = read_file(folder, tile_name("entries", index, width))
        for _ in range(width):
            length = int.from_bytes(data[:2], "big")
            demand(len(data) >= 2 + length, "a bundle is cut off")
            entries.append(data[2:2 + length])
            data = data[2 + length:]
        demand(data == b"", "a bundle is too long")
    return entries


def check_tiles(folder, leaves):
    """Every hash tile: level 0 are the leaves, each level above has the roots of 256 of the one below."""
    level, count, hashes = 0, 0, leaves
    while hashes:
        for index in range((len(hashes) + WIDTH - 1) // WIDTH):
            part = hashes[index * WIDTH:(index + 1) * WIDTH]
            name = tile_name(level, index, len(part))
            demand(read_file(folder, name) == b"".join(part), f"{name} does not fit the entries")
            count += 1
        hashes = [tree_hash(hashes[i:i + WIDTH]) for i in range(0, len(hashes) // WIDTH * WIDTH, WIDTH)]
        level += 1
    return count


def read_log(folder):
    """(vkey, entries, root, number of hash tiles) of a log that fits together."""
    vkey = read_file(folder, "log.vkey").decode()
    demand(vkey.endswith("\n") and vkey.count("\n") == 1, "log.vkey is not one line")
    size, root = open_checkpoint(read_file(folder, "checkpoint"), vkey[:-1])
    entries = read_entries(folder, size)
    leaves = [leaf_hash(entry) for entry in entries]
    demand(tree_hash(leaves) == root, "the root does not fit the entries")
    for number, entry in enumerate(entries):
        demand(entry.startswith(f"crisis-log/v1\nsequence {number}\n".encode()), f"entry {number} is another")
    return vkey[:-1], entries, root, check_tiles(folder, leaves)


def check_extends(entries, data, vkey):
    size, root = open_checkpoint(data, vkey)
    demand(size <= len(entries), "the log is shorter than it was")
    demand(tree_hash([leaf_hash(entry) for entry in entries[:size]]) == root, "the log was another")
    return size


# --- proofs -----------------------------------------------------------------------------------------------------
def hashes_until_empty(lines):
    hashes = []
    while True:
        line = lines.pop(0)
        if line == b"":
            return hashes
        hashes.append(unbase64(line.decode()))
        demand(len(hashes[-1]) == 32, "a hash of another length")


def check_proof(data, entry, vkey):
    lines = data.split(b"\n")
    demand(lines.pop(0) == b"c2sp.org/tlog-proof@v1", "no proof file")
    if lines[0].startswith(b"extra "):
        lines.pop(0)
    word, index = lines.pop(0).decode().split(" ")
    demand(word == "index", "no index")
    path = hashes_until_empty(lines)
    size, root = open_checkpoint(b"\n".join(lines), vkey)
    index = decimal(index)
    demand(index < size and path_root(leaf_hash(entry), index, size, path) == root, "the entry is not in the log")
    return index, size


def check_request(data, old_checkpoint, vkey):
    lines = data.split(b"\n")
    word, old = lines.pop(0).decode().split(" ")
    demand(word == "old", "no old size")
    proof = hashes_until_empty(lines)
    size, root = open_checkpoint(b"\n".join(lines), vkey)
    old_size, old_root = open_checkpoint(old_checkpoint, vkey)
    demand(decimal(old) == old_size <= size, "the old size is another")
    if old_size == 0:
        demand(not proof, "the proof is too long")
    else:
        demand(consistency_roots(old_size, size, proof, old_root) == (old_root, root), "the log is not the old one grown")
    return old_size, size


def slurp(path):
    with open(path, "rb") as file:
        return file.read()


def main(arguments):
    if arguments[0] == "--proof":
        print("entry %d of %d" % check_proof(slurp(arguments[1]), slurp(arguments[2]), arguments[3]))
    elif arguments[0] == "--request":
        print("from %d to %d" % check_request(slurp(arguments[1]), slurp(arguments[2]), arguments[3]))
    else:
        vkey, entries, root, tiles = read_log(arguments[0])
        print(f"{len(entries)} entries, {tiles} hash tiles, root {root.hex()}")
        for earlier in arguments[2:] if arguments[1:2] == ["--extends"] else ():
            print(f"begins with the {check_extends(entries, slurp(earlier), vkey)} entries of {earlier}")


if __name__ == "__main__":
    try:
        main(sys.argv[1:])
    except (Unfit, ValueError, OSError, IndexError) as reason:
        sys.exit(f"read_log: {reason}")
