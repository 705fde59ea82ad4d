"""Approvers with their keys, and a stage whose plan asks for two of three of them.

Keys are made, and signatures checked, with ssh-keygen; keys of security keys with OpenSSH's own stand-in for one.
"""
import contextlib
import glob
import hashlib
import os
import subprocess

import pytest
import yaml
from stage import PLACES, Stage

NAMESPACE = "crisis-approval@v1"
SUCCESSION = "crisis-approvers@v1"
SK_DUMMY = "/usr/lib/openssh/regress/misc/sk-dummy/sk-dummy.so"
KARI, OLA, PER, VAKT = PEOPLE = ("kari@dsb.example", "ola@dsb.example", "per@dsb.example", "vakt@dsb.example")
RUN_S = 120


def keygen(*words, stdin=b""):
    environment = {key: value for key, value in os.environ.items() if key != "SSH_AUTH_SOCK"}
    environment["SSH_SK_PROVIDER"] = SK_DUMMY
    return subprocess.run(["ssh-keygen", *map(str, words)], input=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                          timeout=RUN_S, env=environment)


def make_key(folder, name, kind="ed25519", passphrase=""):
    """A private key file, with NAME.pub beside it."""
    if kind.endswith("-sk") and not os.path.exists(SK_DUMMY):
        pytest.skip("Debian's openssh-tests is not installed")
    path = os.path.join(str(folder), name)
    done = keygen("-q", "-t", kind, "-N", passphrase, "-C", "test key", "-f", path, *(["-a", "3"] if passphrase else []))
    assert done.returncode == 0, done.stderr
    return path


def public(path):
    with open(f"{path}.pub", encoding="ascii") as file:
        return " ".join(file.read().split()[:2])


def fingerprint(path):
    return keygen("-l", "-f", f"{path}.pub").stdout.decode().split()[1]


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


class Approvals(Stage):
    """`stage.approve(KARI, "alert")` signs as she would; `stage.allow(KARI, OLA)` writes the approvers file."""

    def __init__(self, folder, approval=None, floor=2, **plan):
        self.floor = floor
        approval = {"threshold": 2, "approvers": list(PEOPLE[:3]), **(approval or {})}
        plan.setdefault("variables", {"level": {"one-of": ["2", "3", "4"], "default": "2"}})
        super().__init__(folder, approval=approval, **plan)
        self.allowed = []
        self.keys = {name: make_key(self.folder, name) for name in PEOPLE}
        self.allow(*PEOPLE[:3])

    def open(self, *arguments, **options):
        super().open(*arguments, **options)
        self.workspace.configure(self.sandbox.url, self.sandbox.ca, approval={"threshold": self.floor})
        return self

    def allow(self, *names, keys=None, options="", consent=True):
        """The approvers file; `keys`: for a name, another key than its own. With consent it takes force in the place of another."""
        keys = {name: {**self.keys, **(keys or {})}[name] for name in names}
        former = self.allowed and read(self.workspace.file("approvers"))
        version = int(former.split("version=")[1].split()[0]) + 1 if former else 1
        previous = "sha256:" + hashlib.sha256(former.encode()).hexdigest() if former else "none"
        lines = [f'{name} namespaces="{NAMESPACE},{SUCCESSION}"{options} {public(key)}\n' for name, key in keys.items()]
        path = self.workspace.write("approvers", f"# crisis-approvers v1 version={version} threshold=2 previous={previous}\n" + "".join(lines))
        if former and consent:
            for number, key in enumerate(sorted({*self.allowed, *keys.values()})):
                self.sign_list(key, path, self.workspace.file(f"approvers.v{version}.{number}.sig"))
            self.run("approvers", "status", check=0)
        self.allowed = list(keys.values())

    @staticmethod
    def sign_list(key, path, signature):
        """Signs a list of approvers with nothing but ssh-keygen."""
        done = keygen("-q", "-Y", "sign", "-f", key, "-n", SUCCESSION, path)
        assert done.returncode == 0, done.stderr
        os.rename(path + ".sig", signature)

    def approve(self, name, *arguments, plan=None, check=0, **options):
        return self.run("approve", plan or self.plan, *arguments, "--key", self.keys[name], "--yes", check=check, **options)

    def statements(self, folder=None):
        """Paths without .statement and .sig."""
        found = glob.glob(os.path.join(folder or self.folder, "flom.approvals", "*.statement"))
        return sorted(path.removesuffix(".statement") for path in found)

    def sign(self, name, text, folder=None, base="by-hand", key=None, namespace=NAMESPACE):
        """Puts a statement beside the plan, signed with nothing but ssh-keygen."""
        folder = os.path.join(folder or self.folder, "flom.approvals")
        os.makedirs(folder, exist_ok=True)
        path = os.path.join(folder, f"{name}-{base}")
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        with contextlib.suppress(FileNotFoundError):
            os.unlink(path + ".sig")
        done = keygen("-q", "-Y", "sign", "-f", key or self.keys[name], "-n", namespace, path)
        assert done.returncode == 0, done.stderr
        os.rename(path, path + ".statement")
        return path

    def edit_plan(self, change, path=None):
        path = path or self.plan
        plan = yaml.safe_load(read(path))
        change(plan)
        with open(path, "w", encoding="utf-8") as file:
            yaml.safe_dump(plan, file, allow_unicode=True, sort_keys=False, width=1000)

    def refused(self, *arguments, words, plan=None):
        """Nothing goes out, with exit code 4, and the audit log says why."""
        before, posts = len(self.audit()), self.sandbox.posts()
        result = self.run("send", plan or self.plan, *arguments, "--yes", check=4)
        assert words in result.err, result
        entries = [entry for entry in self.audit()[before:] if entry["type"] != "approvers"]
        assert [entry["type"] for entry in entries] == ["refused"] and words in entries[0]["reason"], entries
        assert self.sandbox.posts() == posts
        return result


__all__ = ["Approvals", "KARI", "OLA", "PER", "VAKT", "PEOPLE", "PLACES", "NAMESPACE", "SUCCESSION", "SK_DUMMY", "fingerprint",
           "keygen", "make_key", "public", "read"]
