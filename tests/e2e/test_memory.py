"""Planted secrets are looked for in the memory of a send, while requests are under way and after them, and in its files.

docs/decisions/0011-secrets-in-memory.md tells what is held where, and the two places outside of locked memory.
"""
import base64
import contextlib
import os
import pathlib
import pty
import re
import select
import subprocess

import pytest
from conftest import release_path, wait_until
from test_sealed import age_on_terminal, needs_age
from test_secrets import HOOK_BYTES, PLANTED, SECRETS, assert_clean, assert_files_clean, forget_registration, planted_stage

PASSPHRASE = "Planted-passphrase/9f3a71"
BECH32 = "qpzry9x8gf2tvdw0s3jn54khce6mua7l"
MAPPING = re.compile(r"([0-9a-f]+)-([0-9a-f]+) (\S+) \S+ \S+ \S+ *(.*)")
# What a request that is under way holds, outside of locked memory: a line of the header list that libcurl is given, and
# libcurl's buffer for the body. Both are wiped when it is over.
KNOWN_BEFORE = (b"Authorization: ", b"access_token=")
NEVER_SENT = [HOOK_BYTES, PLANTED[("4601", "x")]["api-secret"].encode(), PLANTED[("4601", "x")]["access-secret"].encode(),
              PLANTED[("0301", "x")]["refresh-token"].encode()]

pytestmark = [pytest.mark.skipif(os.geteuid() != 0, reason="only root can read the memory of a process that may not be dumped"),
              pytest.mark.skipif(not release_path(), reason="no released build is there: sanitizers keep what was freed")]


@pytest.fixture
def stage(tmp_path):
    with planted_stage(tmp_path) as made:
        made.program.binary = release_path()
        yield made


# --- keys -------------------------------------------------------------------------------------------------------
def bech32_bytes(text):
    """The bytes of an AGE-SECRET-KEY-1…"""
    bits = "".join(f"{BECH32.index(letter):05b}" for letter in text.lower()[len("age-secret-key-1"):-6])
    return bytes(int(bits[at:at + 8], 2) for at in range(0, len(bits) - 7, 8))


def keys_of(stage):
    """The workspace's keys in every form: the identity, the vault's data key, the seed that signs the log."""
    path = stage.workspace.file("keys/vault.key")
    identity = next(line for line in pathlib.Path(path).read_text("ascii").splitlines() if line.startswith("AGE-SECRET-KEY-1"))
    plain = subprocess.run(["age", "-d", "-i", path, stage.workspace.file("vault.age")], stdout=subprocess.PIPE, check=True).stdout
    log = pathlib.Path(stage.workspace.file("keys/log.key")).read_bytes()
    found = [identity.encode(), identity.lower().encode(), bech32_bytes(identity)]
    for line in (plain, log):
        text = line.split()[1]
        found += [text, base64.b64decode(text)]
    assert len(found) == 7 and all(len(key) >= 32 for key in found)
    return found


# --- memory -----------------------------------------------------------------------------------------------------
def mappings(pid):
    """(start, end, name, whether it is locked and left out of core dumps) of all that can be read."""
    found, last = [], None
    for line in pathlib.Path(f"/proc/{pid}/smaps").read_text("utf-8", "replace").splitlines():
        match = MAPPING.match(line)
        if match:
            last = match
        elif line.startswith("VmFlags:") and "r" in last[3] and last[4] not in ("[vvar]", "[vsyscall]"):
            found.append((int(last[1], 16), int(last[2], 16), last[4], {"lo", "dd"} <= set(line.split()[1:])))
    return found


def find(pid, secrets):
    """Where each of them is: {secret: [(is_locked, where, bytes before it), …]}"""
    hits = {}
    with open(f"/proc/{pid}/mem", "rb", 0) as memory:
        for start, end, name, locked in mappings(pid):
            try:
                memory.seek(start)
                data = memory.read(end - start)
            except (OSError, OverflowError):  # a mapping that went away, or has no pages
                continue
            for secret in secrets:
                at = data.find(secret)
                while at >= 0:
                    hits.setdefault(secret, []).append((locked, f"{name or 'anonymous'}+{at:#x}", data[max(0, at - 400):at]))
                    at = data.find(secret, at + 1)
    return hits


def find_outside(pid, secrets):
    return {secret: outside for secret, places in find(pid, secrets).items() if (outside := [one for one in places if not one[0]])}


def assert_nothing_outside(pid, secrets):
    assert not find_outside(pid, secrets)


def find_unknown(pid):
    """Credentials outside of locked memory, but for the places that are known."""
    return {secret: unknown for secret, places in find_outside(pid, SECRETS).items()
            if (unknown := [one for one in places if not any(words in one[2] for words in KNOWN_BEFORE)])}


# --- files ------------------------------------------------------------------------------------------------------
def assert_open_files_clean(pid):
    """Those in memory too, such as the trusted certificates, and those in folders for temporary files."""
    for entry in pathlib.Path(f"/proc/{pid}/fd").iterdir():
        try:
            if entry.is_file() and "/keys/" not in os.readlink(entry):
                assert_clean(entry.read_bytes(), os.readlink(entry))
        except FileNotFoundError:
            continue


def assert_no_new_files(before, temporary):
    assert os.listdir(temporary) == []
    for path in {*pathlib.Path("/dev/shm").iterdir()} - before:
        with contextlib.suppress(FileNotFoundError):  # another program's, which has removed it meanwhile
            if path.is_file():
                assert_clean(path.read_bytes(), path)


# --- the tests --------------------------------------------------------------------------------------------------
@needs_age
def test_while_requests_are_under_way(stage, tmp_path):
    stage.open(faults=("hang",))
    forget_registration(stage)
    keys, before = keys_of(stage), {*pathlib.Path("/dev/shm").iterdir()}
    (tmp_path / "temporary").mkdir()
    process = stage.start(json=True, env={"TMPDIR": str(tmp_path / "temporary")})
    wait_until(lambda: stage.sandbox.stats()["faults"] >= 4 or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    wait_until(lambda: not find_unknown(process.pid))  # what has just been built is on its way
    assert_nothing_outside(process.pid, keys + NEVER_SENT)
    assert any(locked for places in find(process.pid, keys).values() for locked, _, _ in places)  # the search finds them where they are
    assert find_outside(process.pid, [b"PlantedXBearer-token"])  # and a request that is under way
    assert_open_files_clean(process.pid)
    assert_files_clean(stage)
    assert_no_new_files(before, tmp_path / "temporary")


def test_a_body_is_gone_when_it_has_left(stage):
    """It is not kept until its answer comes, neither by us nor by libcurl: thousands may wait for a slow network."""
    stage.open(faults=("hang",))
    body = b"access_token=" + PLANTED[("0301", "facebook")]["access-token"].encode()
    process = stage.start(json=True)
    wait_until(lambda: stage.sandbox.stats()["faults"] >= 4 or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    wait_until(lambda: not find(process.pid, [body]))
    assert stage.states() == {"sending": 4}  # and not because its answer is waited for no more


@needs_age
def test_between_requests(stage):
    """Every request was refused for now: nothing is under way, and nothing is left of those that were."""
    stage.open(faults=("429",))
    forget_registration(stage)
    keys = keys_of(stage)
    process = stage.start(json=True)
    wait_until(lambda: stage.sandbox.stats()["faults"] >= 8 or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    wait_until(lambda: not find_outside(process.pid, SECRETS))
    assert_nothing_outside(process.pid, keys)
    assert process.poll() is None


@needs_age
def test_after_a_look_up_whose_address_holds_the_token(stage):
    """libcurl's handle keeps the parts of its last address until it is used again, which nobody does here: the others hang."""
    stage.open(faults=("502-after:channel=facebook:on=post", "503-before:channel=facebook:on=read", "hang:channel=x", "hang:channel=webhook"))
    forget_registration(stage)
    token = PLANTED[("0301", "facebook")]["access-token"].encode()
    process = stage.start(json=True)
    wait_until(lambda: stage.sandbox.stats()["faults_by_kind"].get("503-before") or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    wait_until(lambda: not find_outside(process.pid, [token]))
    assert process.poll() is None


@needs_age
def test_a_passphrase_is_gone_when_the_vault_is_open(stage, tmp_path):
    stage.open(faults=("hang",))
    forget_registration(stage)
    keys = keys_of(stage)
    path = pathlib.Path(stage.workspace.file("keys/vault.key"))
    path.write_bytes(age_on_terminal(["-p", "-a"], [PASSPHRASE, PASSPHRASE], tmp_path, path.read_bytes()))
    child, terminal = pty.fork()
    if child == 0:
        try:
            words = [stage.program.binary, "-C", stage.workspace.path, "send", stage.plan, "--yes"]
            os.execve(words[0], words, stage.program.environment())
        finally:
            os._exit(127)
    try:
        said = b""
        while not (b"Passphrase for" in said and said.endswith(b": ")):
            assert select.select([terminal], [], [], 30)[0], said
            said += os.read(terminal, 4096)
        os.write(terminal, PASSPHRASE.encode() + b"\n")
        wait_until(lambda: stage.sandbox.stats()["faults"] >= 4)
        assert not find(child, [PASSPHRASE.encode()])  # not even in locked memory
        assert_nothing_outside(child, keys + NEVER_SENT)
    finally:
        os.kill(child, 9)
        os.waitpid(child, 0)
        os.close(terminal)
