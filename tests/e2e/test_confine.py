"""What talks to networks has given up the rest of the machine before, and still does all its work."""
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
import yaml
from conftest import ROOT, WAIT_TIMEOUT_S, assert_no_report, wait_until
from servers import Server, reply
from stage import Stage, assert_all_posted

sys.path.insert(0, os.path.join(ROOT, "tests", "tools"))
import read_log  # noqa: E402
from witness import Witness  # noqa: E402

LOG = {"CRISIS_LOG": "confine"}
HELD = "hang"


def available(program):
    """What this kernel has, as `--version` tells it."""
    line = re.search(r"^confinement: (.*)$", program.run("--version", check=0).out, re.MULTILINE)[1]
    abi = re.search(r"Landlock ABI (\d+)", line)
    return {"line": line, "filter": "system call filter" in line.split(";")[0], "landlock": int(abi[1]) if abi else 0}


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path) as made:
        if available(made.program)["line"] == "not built in":
            pytest.skip("this build does not confine itself")
        yield made


def states(process):
    """(NoNewPrivs, Seccomp) of every thread."""
    found = []
    for task in pathlib.Path(f"/proc/{process.pid}/task").iterdir():
        fields = dict(line.split(":\t", 1) for line in (task / "status").read_text().splitlines() if ":\t" in line)
        found.append((fields["NoNewPrivs"], fields["Seccomp"]))
    return found


def assert_confined_while_held(stage, process, before=0):
    """Once more than `before` requests have come."""
    wait_until(lambda: process.poll() is not None or stage.sandbox.stats()["requests"] > before)
    assert process.poll() is None, process.communicate()
    expected = ("1", "2" if available(stage.program)["filter"] else "0")
    found = states(process)
    assert found and set(found) == {expected}, found


def test_the_version_names_libraries_and_the_confinement(crisis):
    out = crisis("--version", check=0).out
    libraries = re.search(r"^libraries: (.*)$", out, re.MULTILINE)[1]
    for name in ("libcurl", "OpenSSL", "nghttp2", "libuv", "SQLite", "libyaml", "jansson", "utf8proc"):
        assert re.search(rf"(^| ){name}/\d+\.\d+", libraries), (name, libraries)
    line = available(crisis)["line"]
    assert re.fullmatch(r"not built in|no new privileges, system call filter, Landlock ABI \d+|.*not on this kernel: .*", line), line


def test_a_send_is_confined_while_it_sends_and_a_resume_too(stage):
    stage.open(faults=[HELD])
    process = stage.start(json=True)
    assert_confined_while_held(stage, process)
    assert len(states(process)) > 1  # the threads that write the journal began afterwards
    process.kill()
    process.wait(timeout=WAIT_TIMEOUT_S)
    before = stage.sandbox.stats()["requests"]
    assert_confined_while_held(stage, stage.workspace.start("resume", json=True), before)


def test_a_check_of_accounts_is_confined(stage):
    stage.open(faults=[HELD])
    assert_confined_while_held(stage, stage.workspace.start("channels", "--check"))


def test_a_doctor_is_confined_before_it_connects(stage):
    stage.open()
    assert "confine: no new privileges" in stage.run("doctor", env=LOG, check=0).err
    assert "confine:" not in stage.run("doctor", "--offline", env=LOG, check=0).err


def test_what_asks_no_network_needs_no_confinement(stage):
    stage.open()
    assert "confine" not in stage.run("status", env=LOG).err
    assert "confine" not in stage.send("--dry-run", env=LOG, check=0).err


# --- everything goes on working ---------------------------------------------------------------------------------
def watched_by(witness):
    def answer(request):
        status, kind, body = witness.decide(request.path, request.body)
        witness.statuses.append(status)
        return reply(status, body, kind)
    return Server(answer)


def scatter(stage):
    """Puts what the workspace is made of into folders all over, with links between them."""
    base = pathlib.Path(stage.folder)
    for name in ("place", "plans", "authority", "logs", "data"):
        (base / name).mkdir()
    shutil.move(stage.workspace.path, base / "place" / "real")
    real = base / "place" / "real"
    (base / "link").symlink_to(real)
    (real / "audit").rename(base / "logs" / "audit")
    (real / "audit").symlink_to(base / "logs" / "audit")
    for name in ("crisis.db", "crisis.db-wal", "crisis.db-shm"):
        if (real / name).exists():
            (real / name).rename(base / "data" / name)
    (real / "crisis.db").symlink_to(base / "data" / "crisis.db")
    shutil.copy(stage.sandbox.ca, base / "authority" / "ca-real.pem")
    (base / "authority" / "ca.pem").symlink_to("ca-real.pem")
    shutil.move(stage.plan, base / "plans" / "plan.yaml")
    return real


def test_a_whole_send_in_a_workspace_that_is_scattered(stage):
    stage.open()
    real = scatter(stage)
    witness = Witness(os.path.join(stage.folder, "witness"), "w.example")
    witness.log_key = (real / "audit" / "log.vkey").read_text().rstrip("\n")
    path = real / "crisis.yaml"
    config = yaml.safe_load(path.read_text())
    with watched_by(witness) as server:
        url = stage.sandbox.url.replace("127.0.0.1", "localhost")  # the resolver has to find it, in a thread
        config["networks"] = {"facebook": {"endpoint": url + "/facebook/v25.0"}, "x": {"endpoint": url + "/x"}}
        config.update({"ca-file": "../../authority/ca.pem",
                       "witnesses": [{"url": server.url + "/", "key": witness.vkey}]})
        path.write_text(yaml.safe_dump(config, allow_unicode=True, sort_keys=False))
        result = stage.program.run("-C", "../link", "send", "../plans/plan.yaml", "--yes",
                                   cwd=os.path.join(stage.folder, "plans"), env=LOG)
        assert result.code == 0 and "confine: no new privileges" in result.err, result
        assert "has not cosigned" not in result.err and "could not" not in result.err, result
        stage.workspace.path = str(real)
        assert_all_posted(stage, result)
        assert witness.statuses and set(witness.statuses) == {200}
    told = stage.run("audit", "verify", json=True, check=0).lines[0]
    assert (told["witnesses"], told["cosigned"]) == (1, 1), told
    entries = read_log.read_log(str(real / "audit"))[1]
    assert len(entries) == len(stage.audit())
    assert stage.run("channels", "--check", env=LOG, check=0)


@pytest.mark.parametrize("missing", ["landlock_create_ruleset", "landlock_add_rule", "landlock_restrict_self", "seccomp"])
def test_a_kernel_without_it_sends_all_the_same(release, tmp_path, missing):
    if "not built in" in available(release)["line"] or available(release)["landlock"] == 0:
        pytest.skip("nothing can be taken away here")
    with Stage(tmp_path / "stage", binary=release.binary) as stage:
        stage.open()
        command = stage.program.command(["-C", stage.workspace.path, "send", stage.plan, "--yes"], False)
        error = "ENOMEM" if missing == "landlock_add_rule" else "ENOSYS"
        done = subprocess.run(["strace", "-f", "-qq", "-o", os.devnull, "-e", f"trace={missing}", "-e",
                               f"inject={missing}:error={error}", *command], stdin=subprocess.DEVNULL,
                              env=stage.program.environment(LOG), stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              text=True, timeout=120, check=False)
        assert done.returncode == 0, done
        assert_no_report(done.stderr)
        lacking = "system call filter" if missing == "seccomp" else "Landlock"
        assert re.search(rf"confine: no new privileges.*; not on this kernel: {lacking}$", done.stderr, re.MULTILINE), done.stderr
        assert_all_posted(stage)
