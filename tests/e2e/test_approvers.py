"""The approver list: set up in the open, then changed only with the consent of those on it and those on the next one."""
import glob
import hashlib
import os
import shutil
import subprocess

import pytest
from conftest import Program, Workspace, copy_empty_workspace

from approving import KARI, OLA, PER, SUCCESSION, VAKT, fingerprint, keygen, make_key, public, read

ANNE = "anne@dsb.example"
NAMES = (KARI, OLA, PER, ANNE, VAKT)


@pytest.fixture(scope="module")
def keys(tmp_path_factory):
    folder = tmp_path_factory.mktemp("keys")
    return {name: make_key(folder, name) for name in NAMES}


class Approvers:
    """`approvers.add(KARI)`, `.sign(KARI)` and so on, in a workspace."""

    def __init__(self, workspace, keys):
        self.workspace, self.keys = workspace, keys

    def run(self, *arguments, check=0, **options):
        return self.workspace.run("approvers", *arguments, check=check, **options)

    def add(self, name, *options, key=None, check=0):
        return self.run("add", name, f"{key or self.keys[name]}.pub", *options, check=check)

    def remove(self, name, *options, check=0):
        return self.run("remove", name, *options, check=check)

    def sign(self, name, check=0):
        return self.run("sign", "--key", self.keys[name], check=check)

    def file(self, name="approvers"):
        return read(self.workspace.file(name))

    def has(self, name):
        return os.path.exists(self.workspace.file(name))

    def status(self):
        return self.run("status", json=True).lines

    def version(self):
        return int(self.file().split("version=")[1].split()[0])

    def recorded(self):
        """Version, threshold and hash of every change on the audit log."""
        entries = self.workspace.run("audit", "log", json=True, check=0).lines
        return [(int(e["version"]), int(e["threshold"]), e["approvers-sha256"]) for e in entries if e["type"] == "approvers"]


@pytest.fixture
def approvers(workspace, keys):
    return Approvers(workspace, keys)


@pytest.fixture(scope="module")
def template(tmp_path_factory, keys):
    """A workspace in which Kari and Ola are in force, and two must sign."""
    folder = tmp_path_factory.mktemp("two")
    made = Approvers(Workspace(copy_empty_workspace(folder / "workspace"), Program(folder)), keys)
    made.add(KARI)
    made.add(OLA)
    return folder / "workspace"


@pytest.fixture
def two(tmp_path, crisis, template, keys):
    shutil.copytree(template, tmp_path / "two")
    return Approvers(Workspace(tmp_path / "two", crisis), keys)


# --- setting up -------------------------------------------------------------------------------------------------
def test_the_first_list_is_set_up_without_signatures(approvers):
    result = approvers.run("status")
    assert result.out == "" and "There is no approver yet" in result.err
    assert "1 of the 2 approvers it needs" in approvers.add(KARI).out
    assert "2 of the 2 approvers it needs" in approvers.add(OLA).out
    lines = approvers.file().split("\n")
    assert lines[0] == "# crisis-approvers v1 version=1 threshold=2 previous=none"
    assert [line.split()[0] for line in lines[1:-1]] == [KARI, OLA]
    assert public(approvers.keys[KARI]) in lines[1] and f'namespaces="crisis-approval@v1,{SUCCESSION}"' in lines[1]
    assert [(line["principal"], line["key"], line["type"], line["version"], line["threshold"]) for line in approvers.status()] == [
        (name, fingerprint(approvers.keys[name]), "ssh-ed25519", 1, 2) for name in (KARI, OLA)]
    recorded = approvers.recorded()
    assert recorded[-1] == (1, 2, hashlib.sha256(approvers.file().encode()).hexdigest()) and len(recorded) >= 2
    approvers.workspace.run("audit", "verify", check=0)


def test_a_list_that_is_being_set_up_can_be_corrected(approvers):
    approvers.add(KARI, "--threshold", "3")
    approvers.add(OLA)
    approvers.remove(KARI)
    assert [line["principal"] for line in approvers.status()] == [OLA]
    approvers.add(PER, "--threshold", "2")
    assert "waits for signatures" in approvers.add(ANNE).out


def test_two_names_with_one_key_are_not_two_approvers(approvers, keys):
    approvers.add(KARI)
    assert "1 of the 2" in approvers.add(OLA, key=keys[KARI]).out
    assert "2 of the 2" in approvers.add(PER).out


def test_a_list_for_one(approvers):
    assert "1 of the 1" in approvers.add(KARI, "--threshold", "1").out
    assert "waits for signatures: 0 of 1 of the present list, 0 of 1 of the new one" in approvers.add(OLA).out
    assert "Version 2 of the approvers is in force" in approvers.sign(KARI).out


# --- changing ---------------------------------------------------------------------------------------------------
def test_add_sign_and_remove(two):
    first = two.file()
    assert "0 of 2 of the present list, 0 of 2 of the new one" in two.add(PER).out
    assert two.file() == first
    assert f"previous=sha256:{hashlib.sha256(first.encode()).hexdigest()}" in two.file("approvers.next")
    assert "1 of 2 of the present list, 1 of 2 of the new one" in two.sign(KARI).out
    assert two.file() == first
    listed = two.status()
    assert [(line["list"], line["principal"], line["version"]) for line in listed] == [
        ("in force", KARI, 1), ("in force", OLA, 1), ("prepared", KARI, 2), ("prepared", OLA, 2), ("prepared", PER, 2)]
    assert "signed by 1 of 2 of the present list, 1 of 2 of the new one" in two.run("status").out
    assert "Version 2 of the approvers is in force" in two.sign(OLA).out
    assert two.version() == 2 and not two.has("approvers.next")
    assert two.file("approvers.v1") == first
    # What was signed can be checked with ssh-keygen, by the list before and the list after.
    for name in (KARI, OLA):
        for listed_in in ("approvers.v1", "approvers"):
            signature, = glob.glob(two.workspace.file(f"approvers.v2.{name}-*.sig"))
            done = keygen("-Y", "verify", "-f", two.workspace.file(listed_in), "-I", name, "-n", SUCCESSION, "-s", signature,
                          stdin=two.file().encode())
            assert done.returncode == 0, done
    assert two.recorded()[-1] == (2, 2, hashlib.sha256(two.file().encode()).hexdigest())

    assert "waits for signatures" in two.remove(KARI).out
    two.sign(KARI)  # she is on the present list, and consents to her own removal
    assert "2 of 2 of the present list, 1 of 2 of the new one" in two.sign(PER).out
    assert "Version 3" in two.sign(OLA).out
    assert [line["principal"] for line in two.status()] == [OLA, PER] and two.version() == 3
    assert [version for version, _, _ in two.recorded()][-2:] == [2, 3]
    two.workspace.run("audit", "verify", check=0)


def test_the_new_threshold_is_asked_for_too(two):
    two.add(PER, "--threshold", "3")
    two.sign(KARI)
    assert "2 of 2 of the present list, 2 of 3 of the new one" in two.sign(OLA).out
    assert two.version() == 1
    assert "Version 2" in two.sign(PER).out
    assert "threshold=3" in two.file()


def test_several_changes_make_one_version(two):
    two.add(PER)
    two.sign(KARI)
    result = two.add(ANNE)
    assert "0 of 2 of the present list" in result.out and "over these bytes" in result.err  # what was signed was another list
    two.remove(OLA)
    two.sign(KARI)
    two.sign(OLA)
    assert two.version() == 1
    assert "Version 2" in two.sign(ANNE).out
    assert [line["principal"] for line in two.status()] == [KARI, PER, ANNE]


def test_a_new_key_for_somebody(two, tmp_path):
    """Even when everybody must sign: with the old key for the present list, with the new one for the next."""
    new = make_key(tmp_path, "new")
    two.remove(OLA, "--threshold", "1")
    two.add(OLA, "--threshold", "2", key=new)
    two.sign(KARI)
    assert "2 of 2 of the present list, 1 of 2 of the new one" in two.sign(OLA).out
    two.keys = {**two.keys, OLA: new}
    assert "Version 2" in two.sign(OLA).out
    assert [line["key"] for line in two.status()] == [fingerprint(two.keys[KARI]), fingerprint(new)]


def test_a_change_that_was_interrupted(two):
    """The power failed after the new version was in place, and before the prepared file was removed."""
    two.add(PER)
    two.sign(KARI)
    two.sign(OLA)
    shutil.copy(two.workspace.file("approvers"), two.workspace.file("approvers.next"))
    assert {line["list"] for line in two.status()} == {"in force"}
    two.add(ANNE)
    two.sign(PER)
    assert "Version 3" in two.sign(OLA).out


def test_validity_of_a_key(two):
    two.add(PER, "--valid-after", "2026-01-01T00:00:00Z", "--valid-before", "2027-12-31T23:59:59Z")
    line = two.file("approvers.next").split("\n")[3]
    assert 'valid-after="20260101000000Z"' in line and 'valid-before="20271231235959Z"' in line
    assert "is no time" in two.add(ANNE, "--valid-after", "tomorrow", check=2).err


# --- what is refused --------------------------------------------------------------------------------------------
def test_wrong_signers(two, keys):
    two.add(PER)
    assert "nobody's in either list" in two.sign(VAKT, check=4).err
    two.sign(KARI)
    two.sign(KARI)
    assert two.version() == 1
    two.sign(PER)  # of the new list only
    assert two.version() == 1 and "signed by 1 of 2 of the present list, 2 of 2 of the new one" in two.run("status").out
    # Anne's signature under Ola's name.
    path = two.workspace.file("approvers.next")
    done = keygen("-q", "-Y", "sign", "-f", keys[ANNE], "-n", SUCCESSION, path)
    assert done.returncode == 0
    os.rename(path + ".sig", f"{path}.{OLA}.sig")
    result = two.run("status")
    assert f"approvers.next.{OLA}.sig does not count" in result.err and "1 of 2 of the present list" in result.out
    # An approval of something is no consent to a list.
    done = keygen("-q", "-Y", "sign", "-f", keys[OLA], "-n", "crisis-approval@v1", path)
    assert done.returncode == 0
    os.rename(path + ".sig", f"{path}.{OLA}.sig")
    result = two.run("status")
    assert "namespace" in result.err and two.version() == 1


def test_what_ssh_keygen_signs_is_taken_as_it_is(two, keys):
    two.add(PER)
    path = two.workspace.file("approvers.next")
    assert keygen("-q", "-Y", "sign", "-f", keys[OLA], "-n", SUCCESSION, path).returncode == 0  # approvers.next.sig
    assert "Version 2" in two.sign(KARI).out


TAMPERED = {
    "a-key": (lambda text, keys: text.replace(public(keys[PER]), public(keys[VAKT])), "does not count"),
    "the-predecessor": (lambda text, keys: text.replace("previous=sha256:", "previous=sha256:0")[:-1] + "\n", None),
    "another-predecessor": (lambda text, keys: text.replace(text.split("sha256:")[1][:8], "00000000", 1), "from another version"),
    "the-version": (lambda text, keys: text.replace("version=2", "version=3"), "is version 3, not 2"),
    "the-threshold": (lambda text, keys: text.replace("threshold=2", "threshold=1"), "does not count"),
    "cut-off": (lambda text, keys: text[:-1], None),
    "a-remark": (lambda text, keys: text + "# remark\n", "does not count"),
}


@pytest.mark.parametrize("case", TAMPERED)
def test_a_list_that_was_changed_after_it_was_signed(two, case):
    change, words = TAMPERED[case]
    two.add(PER)
    two.sign(KARI)
    before = two.file()
    two.workspace.write("approvers.next", change(two.file("approvers.next"), two.keys))
    result = two.run("status", check=None)
    assert not words or words in result.err, result
    two.run("sign", "--key", two.keys[OLA], check=None)
    assert two.file() == before


def test_what_cannot_be_prepared_changes_nothing(two):
    first = two.file()
    for result in (two.remove(KARI, check=4), two.add(PER, "--threshold", "4", check=4)):
        assert "approvers, and asks for" in result.err
        assert not two.has("approvers.next"), "a list that can never be reached stays behind"
    assert "is not among the approvers" in two.remove(ANNE, check=2).err
    assert two.run("add", KARI, check=2).err and two.run("add", "kari, ola", two.keys[PER] + ".pub", check=2).err
    assert two.run("add", PER, two.keys[PER], check=3).err  # the private key
    assert two.run("change", check=2).err and two.sign(KARI, check=2).err
    assert "is no number from 1" in two.add(PER, "--threshold", "0", check=2).err
    assert two.file() == first and [version for version, _, _ in two.recorded()][-1] == 1


def test_keys_that_are_not_accepted(two, tmp_path):
    for kind, words in (("rsa", "RSA"), ("dsa", "DSA")):
        path = str(tmp_path / kind)
        subprocess.run(["ssh-keygen", "-q", "-t", kind, "-N", "", "-f", path], check=True, stdout=subprocess.DEVNULL)
        assert words in two.add(PER, key=path, check=3).err
    assert not two.has("approvers.next")
