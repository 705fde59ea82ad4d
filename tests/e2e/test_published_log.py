"""The published log: written after every command and during a send, verified, proven, witnessed, and never a fork."""
import base64
import hashlib
import os
import random
import select
import shutil
import socket
import sqlite3
import subprocess
import sys
import urllib.error
import urllib.request
from contextlib import closing

import pytest
import yaml

from conftest import ROOT, WAIT_TIMEOUT_S, Workspace, wait_until
from servers import Server, free_port, reply

sys.path.insert(0, os.path.join(ROOT, "tests", "tools"))
import read_log  # noqa: E402
from witness import Witness  # noqa: E402

ORIGIN = "krise.example.no/audit"
VERIFY = os.path.join(ROOT, "docs", "verify.py")
MANY = [str(7000 + number) for number in range(40)]


def audit(workspace):
    return workspace.file("audit")


def vkey(workspace):
    with open(workspace.file("audit/log.vkey"), encoding="utf-8") as file:
        return file.read().rstrip("\n")


def stored(workspace):
    with closing(sqlite3.connect(workspace.file("crisis.db"))) as database:
        return [row[0] for row in database.execute("SELECT bytes FROM entries ORDER BY sequence")]


def assert_published(workspace):
    """Everything that the store has is out, as another reader sees it; returns the number of entries."""
    entries = read_log.read_log(audit(workspace))[1]
    assert entries == stored(workspace)
    return len(entries)


def set_key(workspace, **more):
    """Sets keys of crisis.yaml and leaves the others."""
    workspace.write("crisis.yaml", yaml.safe_dump({**workspace.config(), **more}, allow_unicode=True, sort_keys=False))


@pytest.fixture
def ready(workspace, sandbox, accounts):
    chosen = accounts(["0301", "4640"])
    running = sandbox(accounts=chosen)
    workspace.configure(running.url, running.ca, log={"origin": ORIGIN})
    workspace.sandbox = running
    workspace.register(chosen)
    return workspace


@pytest.fixture
def sent(ready, plan):
    ready.plan = plan(["0301", "4640"])
    ready.run("send", ready.plan, "--yes", check=0)
    return ready


# --- publishing -------------------------------------------------------------------------------------------------
def test_init_publishes_nothing_and_names_the_log(crisis, tmp_path):
    names = set()
    for folder in ("a", "b"):
        crisis("init", tmp_path / folder, check=0)
        one = Workspace(tmp_path / folder, crisis)
        assert os.listdir(audit(one)) == []
        names.add(one.config()["log"]["origin"])
        assert "Nothing is published" in one.run("audit", "verify", check=0).out
    assert len(names) == 2 and all(name.startswith("crisis.invalid/") and len(name) == 23 for name in names)


def test_every_command_that_appends_publishes(ready, plan):
    path = plan(["0301", "4640"])
    size = assert_published(ready)
    for words in (["send", path, "--dry-run"], ["send", path, "--yes"], ["channels", "--check"],
                  ["unregister", "0301", "webhook"]):
        ready.run(*words, check=0)
        grown = assert_published(ready)
        assert grown > size, words
        size = grown
    assert read_log.read_log(audit(ready))[0].startswith(ORIGIN + "+")
    result = ready.run("audit", "verify", json=True, check=0).lines[0]
    assert (result["published"], result["origin"]) == (size, ORIGIN)


def test_a_refusal_is_published(ready, plan):
    ready.run("send", plan(approval={"threshold": 1, "approvers": ["kari@dsb.example"]}), "--yes", check=4)
    assert b"\ntype refused\n" in stored(ready)[assert_published(ready) - 1]


def test_a_command_that_does_nothing_does_not_settle_the_name(workspace):
    workspace.run("unregister", "0301", "x", check=3)
    assert not os.path.exists(workspace.file("audit/log.vkey"))


def test_every_checkpoint_of_a_send_is_the_beginning_of_the_last(workspace, sandbox, plan, accounts):
    chosen = accounts(MANY)
    running = sandbox(accounts=chosen, latency="4s")
    workspace.configure(running.url, running.ca, log={"origin": ORIGIN})
    workspace.register(chosen)
    process = workspace.start("send", plan(MANY), "--yes", json=True)
    seen = {}
    while process.poll() is None:
        with open(workspace.file("audit/checkpoint"), "rb") as file:
            data = file.read()
        seen[data.split(b"\n")[1]] = data
        select.select([], [], [], 0.05)
    assert process.returncode == 0, process.stderr.read()
    _, entries, _, _ = read_log.read_log(audit(workspace))
    assert entries == stored(workspace)
    assert len(seen) >= 2  # it was published in between
    for data in seen.values():
        read_log.check_extends(entries, data, vkey(workspace))


@pytest.mark.parametrize("case", range(4))
def test_killed_during_a_send(workspace, sandbox, plan, accounts, case):
    source = random.Random(case)
    chosen = accounts(MANY)
    running = sandbox(accounts=chosen, latency="400ms")
    workspace.configure(running.url, running.ca, log={"origin": ORIGIN})
    workspace.register(chosen)
    process = workspace.start("send", plan(MANY), "--yes", json=True)
    process.stdout.readline()
    select.select([], [], [], source.uniform(0.2, 2.5))
    process.kill()
    process.wait(timeout=WAIT_TIMEOUT_S)
    with open(workspace.file("audit/checkpoint"), "rb") as file:
        before = file.read()
    published = read_log.read_log(audit(workspace))[1]
    assert published == stored(workspace)[:len(published)]
    workspace.run("audit", "verify", check=0)
    workspace.run("resume", check=None)
    assert_published(workspace)
    read_log.check_extends(read_log.read_log(audit(workspace))[1], before, vkey(workspace))
    workspace.run("audit", "verify", check=0)


def test_what_was_left_over_is_published_by_the_next_command(sent):
    size = assert_published(sent)
    os.rename(audit(sent), sent.file("kept"))
    with open(sent.file("audit"), "w", encoding="ascii"):
        pass  # a file where the folder should be: nothing can be published
    result = sent.run("send", sent.plan, "--dry-run", check=0)
    assert "could not be published" in result.err
    os.remove(audit(sent))
    os.rename(sent.file("kept"), audit(sent))
    assert len(read_log.read_log(audit(sent))[1]) == size < len(stored(sent))
    sent.run("unregister", "5001", "x", check=3)
    assert_published(sent)


def test_a_lost_log_key_keeps_no_alert_from_going_out(sent):
    os.remove(sent.file("keys/log.key"))
    result = sent.run("send", sent.plan, "all-clear", "--yes")
    assert result.code == 0 and "log.key" in result.err and "restore it from its backup" in result.err


# --- what is never published ------------------------------------------------------------------------------------
def test_another_origin_is_refused(sent):
    set_key(sent, log={"origin": "other.example/audit"})
    result = sent.run("send", sent.plan, "all-clear", "--yes", check=7)
    assert ORIGIN in result.err and "begin a new log" in result.err
    assert sent.run("audit", "verify").code == 7
    shutil.move(audit(sent), sent.file("audit-until-today"))
    sent.run("send", sent.plan, "all-clear", "--yes", check=0)
    assert read_log.read_log(audit(sent))[0].startswith("other.example/audit+")


def test_without_an_origin_the_name_stays(sent):
    config = sent.config()
    del config["log"]
    sent.write("crisis.yaml", yaml.safe_dump(config))
    sent.run("send", sent.plan, "all-clear", "--yes", check=0)
    assert_published(sent)


@pytest.mark.parametrize("goes_on", [False, True])
def test_a_restored_older_database_sends_nothing(ready, plan, goes_on):
    path = plan(["0301", "4640"])
    backup = ready.file("backup.db")
    with closing(sqlite3.connect(ready.file("crisis.db"))) as database:
        database.execute("VACUUM INTO ?", (backup,))
    ready.run("send", path, "--yes", check=0)
    posts = len(ready.sandbox.posts())
    for name in ("crisis.db", "crisis.db-wal", "crisis.db-shm"):
        if os.path.exists(ready.file(name)):
            os.remove(ready.file(name))
    shutil.copy(backup, ready.file("crisis.db"))
    if goes_on:  # another history of the same length
        log, aside = audit(ready), ready.file("aside")
        os.rename(log, aside)
        config = ready.config()
        set_key(ready, log={"origin": "aside.example/audit"})
        ready.run("send", path, "--dry-run", check=0)
        ready.run("send", path, "--dry-run", check=0)
        while len(stored(ready)) < len(read_log.read_log(aside)[1]):
            ready.run("send", path, "--dry-run", check=0)
        shutil.rmtree(log)
        os.rename(aside, log)
        set_key(ready, log=config["log"])
    before = stored(ready)
    for words in (["send", path, "--yes"], ["unregister", "0301", "x"]):
        result = ready.run(*words, check=7)
        assert "restored from a backup" in result.err and "begin a new log" in result.err
    assert len(ready.sandbox.posts()) == posts and stored(ready) == before
    found = ready.run("audit", "verify", check=7).err
    assert ("is another one in the store" if goes_on else "the store lacks entry") in found


def change_one_byte(path, source):
    with open(path, "rb") as file:
        data = bytearray(file.read())
    data[source.randrange(len(data))] ^= 1 << source.randrange(7)
    with open(path, "wb") as file:
        file.write(data)


def test_every_file_that_is_changed_or_gone_is_found(sent, tmp_path):
    source = random.Random(5)
    # Of partial files only those of the published size must be there.
    size = len(stored(sent))
    names = ["log.vkey", "checkpoint", f"tile/0/000.p/{size}", f"tile/entries/000.p/{size}"]
    commands = []
    for name in names:
        for number in range(5):
            copy = tmp_path / "copies" / f"{len(commands)}"
            shutil.copytree(sent.path, copy)
            path = copy / "audit" / name
            if number == 0:
                path.unlink()
            elif number == 1:
                path.write_bytes(path.read_bytes()[:-1])
            else:
                change_one_byte(path, source)
            commands.append(["-C", copy, "audit", "verify"])
    for words, result in zip(commands, sent.program.each(commands)):
        assert result.code == 7, (words, result)
    assert any("entry " in result.err for result in sent.program.each(commands[-3:]))


def test_a_log_that_is_gone_altogether_but_for_one_file(sent):
    for name in ("checkpoint", "log.vkey"):
        os.remove(sent.file("audit/" + name))
    sent.run("audit", "verify", check=7)


def test_a_log_signed_with_another_key_is_another(sent, crisis, tmp_path):
    """All files fit one another, and are not of this workspace's key."""
    crisis("init", tmp_path / "other", check=0)
    os.replace(sent.file("keys/log.key"), sent.file("keys/kept"))
    shutil.copy(tmp_path / "other" / "keys" / "log.key", sent.file("keys/log.key"))
    result = sent.run("audit", "verify", check=7)
    assert "not the expected one" in result.err


# --- files that were lost ---------------------------------------------------------------------------------------
def test_lost_files_are_published_anew(sent):
    with open(sent.file("audit/checkpoint"), "rb") as file:
        signed = file.read()
    size = len(stored(sent))
    change_one_byte(sent.file(f"audit/tile/0/000.p/{size}"), random.Random(1))
    sent.run("audit", "verify", check=7)
    line = sent.run("audit", "publish", json=True, check=0).lines[0]
    assert (line["event"], line["origin"], line["entries"]) == ("published", ORIGIN, size)
    sent.run("audit", "verify", check=0)
    shutil.rmtree(audit(sent))  # all of it: the store has everything
    assert str(size) in sent.run("audit", "publish", check=0).out
    sent.run("audit", "verify", check=0)
    assert assert_published(sent) == size
    with open(sent.file("audit/checkpoint"), "rb") as file:
        assert file.read() == signed  # an Ed25519 signature is always the same


def test_what_does_not_verify_is_not_published(sent):
    shutil.rmtree(audit(sent))
    with closing(sqlite3.connect(sent.file("crisis.db"))) as database:
        database.execute("UPDATE entries SET bytes = cast(replace(cast(bytes AS TEXT), 'coord', 'koord') AS BLOB) WHERE sequence = 3")
        database.commit()
    assert "entry 3 " in sent.run("audit", "publish", check=7).err
    assert not os.path.exists(sent.file("audit/checkpoint"))


def test_a_log_without_a_name_is_not_published(workspace):
    config = workspace.config()
    del config["log"]
    workspace.write("crisis.yaml", yaml.safe_dump(config))
    assert "log origin" in workspace.run("audit", "publish", check=3).err


# --- other logs -------------------------------------------------------------------------------------------------
def test_another_folder(sent, crisis, tmp_path):
    copy = shutil.copytree(audit(sent), tmp_path / "copy")
    assert crisis("audit", "verify", "--from", copy, json=True, check=0).lines[0]["origin"] == ORIGIN
    crisis("audit", "verify", "--from", copy, "--key", vkey(sent), check=0)
    other = Witness(tmp_path / "w", "w.example").vkey
    assert crisis("audit", "verify", "--from", copy, "--key", other).code == 7
    sent.run("send", sent.plan, "all-clear", "--yes", check=0)
    sent.run("audit", "verify", "--from", copy, check=0)  # the older one is the beginning of ours
    bundle = next(path for path in (copy / "tile" / "entries" / "000.p").iterdir())
    change_one_byte(bundle, random.Random(1))
    assert crisis("audit", "verify", "--from", copy).code == 7


def serve(folder):
    def answer(request):
        path = os.path.join(folder, request.path.removeprefix("/log/"))
        if not request.path.startswith("/log/") or not os.path.isfile(path):
            return reply(404, b"")
        with open(path, "rb") as file:
            return reply(200, file.read(), "application/octet-stream")
    return Server(answer)


def test_a_log_on_the_network(sent, crisis, tmp_path, monkeypatch):
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    before = set(os.listdir(tmp_path))
    with serve(audit(sent)) as server:
        for url in (server.url + "/log", server.url + "/log/"):
            crisis("audit", "verify", "--from", url, "--key", vkey(sent), check=0)
        crisis("audit", "verify", "--from", server.url + "/nothing", check=7)
        size = len(stored(sent))
        os.rename(sent.file(f"audit/tile/0/000.p/{size}"), sent.file("gone"))
        assert "status 404" in crisis("audit", "verify", "--from", server.url + "/log", check=7).err
        os.rename(sent.file("gone"), sent.file(f"audit/tile/0/000.p/{size}"))
        change_one_byte(sent.file(f"audit/tile/entries/000.p/{size}"), random.Random(3))
        crisis("audit", "verify", "--from", server.url + "/log", check=7)
    assert set(os.listdir(tmp_path)) == before
    assert crisis("audit", "verify", "--from", "http://example.org/log").code == 2
    assert crisis("audit", "verify", "--from", "ftp://127.0.0.1/log").code == 2


# --- proofs -----------------------------------------------------------------------------------------------------
@pytest.fixture
def proven(sent, tmp_path):
    run = sent.run("runs", json=True, check=0).lines[0]["run"]
    delivery = next(line for line in sent.run("status", run, json=True, check=0).events("delivery") if line["channel"] == "x")
    folder = tmp_path / "proofs"
    folder.mkdir()
    sent.delivery, sent.proofs = delivery, folder
    sent.lines = sent.run("audit", "prove", "--output", folder, "--", delivery["delivery"], json=True, check=0).lines
    return sent


def verify_py(*words):
    return subprocess.run([sys.executable, VERIFY, *map(str, words)], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
                          timeout=60, check=False)


def test_prove_writes_the_attempt_and_the_outcome(proven):
    assert [line["type"] for line in proven.lines] == ["attempt", "outcome"]
    key = proven.delivery["delivery"]
    assert sorted(os.listdir(proven.proofs)) == sorted(
        [f"{key}.1-attempt.entry", f"{key}.1-attempt.tlog-proof", f"{key}.entry", f"{key}.tlog-proof"])
    entries = stored(proven)
    for line in proven.lines:
        with open(line["entry"], "rb") as file:
            assert file.read() == entries[line["sequence"]]
    with open(proven.lines[1]["entry"], encoding="utf-8") as file:
        assert f"delivery {key}\n" in (text := file.read()) and proven.delivery["posts"][0]["url"] in text
    with open(proven.lines[0]["entry"], encoding="utf-8") as file:
        assert "Flom. Hold deg unna elva" in file.read() or proven.delivery["municipality"] == "4640"


def test_proofs_verify_here_and_elsewhere(proven, crisis):
    key = vkey(proven)
    for line in proven.lines:
        result = crisis("audit", "check-proof", line["proof"], "--key", key, json=True, check=0).lines[0]
        assert (result["valid"], result["index"], result["origin"]) == (True, line["sequence"], ORIGIN)
        crisis("audit", "check-proof", line["proof"], "--entry", line["entry"], "--key", key, check=0)
        with open(line["proof"], "rb") as proof, open(line["entry"], "rb") as entry:
            assert read_log.check_proof(proof.read(), entry.read(), key)[0] == line["sequence"]
        for given in (key, proven.file("audit/log.vkey")):
            done = verify_py(given, line["entry"], line["proof"])
            assert done.returncode == 0 and f"entry {line['sequence']} " in done.stdout, done


def test_proofs_that_do_not_fit(proven, crisis, tmp_path):
    key = vkey(proven)
    attempt, outcome = proven.lines
    other = Witness(tmp_path / "w", "w.example").vkey
    result = crisis("audit", "check-proof", attempt["proof"], "--entry", outcome["entry"], "--key", key, json=True, check=7)
    assert result.lines[0]["valid"] is False and result.lines[0]["reason"]
    assert verify_py(key, outcome["entry"], attempt["proof"]).returncode == 1
    assert crisis("audit", "check-proof", attempt["proof"], "--key", key, "--key", other, check=7)
    assert verify_py(key, attempt["entry"], attempt["proof"], other).returncode == 1
    assert crisis("audit", "check-proof", attempt["proof"], "--key", other, check=2)
    source = random.Random(2)
    for name in ("proof", "entry"):
        with open(attempt[name], "rb") as file:
            whole = file.read()
        commands = []
        for number in range(30):
            data = bytearray(whole)
            if number < 25:
                data[source.randrange(len(data))] ^= 1 << source.randrange(7)
            else:
                del data[source.randrange(len(data)):]
            changed = tmp_path / f"{number}.{name}"
            changed.write_bytes(data)
            files = {**attempt, name: str(changed)}
            commands.append(["audit", "check-proof", files["proof"], "--entry", files["entry"], "--key", key])
        for words, result in zip(commands, crisis.each(commands)):
            assert result.code == 7, result
            assert verify_py(key, words[4], words[2]).returncode == 1, words


def test_deliveries_that_are_none(sent):
    for word in ("x", "A" * 22, "../../../etc/passwd-aaaa"):
        result = sent.run("audit", "prove", word)
        assert result.code == 2 and "status RUN" in result.err


def test_notes(sent, crisis, tmp_path):
    checkpoint, key = sent.file("audit/checkpoint"), vkey(sent)
    other = Witness(tmp_path / "w", "w.example").vkey
    assert ORIGIN in crisis("audit", "check-note", checkpoint, "--key", key, check=0).out
    result = crisis("audit", "check-note", checkpoint, "--key", other, "--key", key, json=True, check=0)
    assert result.lines[0] == {"valid": True, "signatures": 1}
    assert crisis("audit", "check-note", checkpoint, "--key", other, json=True, check=7).lines[0]["valid"] is False
    assert crisis("audit", "check-note", checkpoint, check=2)
    assert crisis("audit", "check-note", checkpoint, "--key", "nonsense", check=2)
    change_one_byte(checkpoint, random.Random(1))
    assert crisis("audit", "check-note", checkpoint, "--key", key, check=7)


def test_options_belong_to_their_action(sent):
    for words in (["log", "--from", "x"], ["verify", "--output", "x"], ["prove"], ["prove", "a", "b"], ["check-note", "--entry", "x", "y"],
                  ["verify", "x"], ["veryfi"]):
        assert sent.run("audit", *words).code == 2, words


# --- witnesses --------------------------------------------------------------------------------------------------
class Witnesses:
    """Two that sign, one that does not answer."""

    def __init__(self, folder):
        self.witnesses = [Witness(folder / name, name) for name in ("w1.example", "w2.example")]
        self.servers = [Server(self.answer_of(witness)) for witness in self.witnesses]

    @staticmethod
    def answer_of(witness):
        def answer(request):
            status, kind, body = witness.decide(request.path, request.body)
            witness.statuses.append(status)
            return reply(status, body, kind)
        return answer

    def config(self):
        return [{"url": server.url + "/", "key": witness.vkey} for server, witness in zip(self.servers, self.witnesses)]

    def watch(self, key):
        for witness in self.witnesses:
            witness.log_key = key

    def close(self):
        for server in self.servers:
            server.close()
            assert not server.failures, server.failures


@pytest.fixture
def witnesses(tmp_path):
    pair = Witnesses(tmp_path)
    yield pair
    pair.close()


def test_witnesses_cosign_what_a_send_published(ready, plan, crisis, witnesses):
    witnesses.watch(vkey(ready))
    set_key(ready, witnesses=witnesses.config())
    path = plan(["0301", "4640"])
    ready.run("send", path, "--yes", check=0)
    size = assert_published(ready)
    checkpoint = ready.file("audit/checkpoint")
    for witness in witnesses.witnesses:
        assert witness.size == size and witness.statuses[-1] == 200
        crisis("audit", "check-note", checkpoint, "--key", witness.vkey, check=0)
    result = ready.run("audit", "verify", json=True, check=0).lines[0]
    assert (result["witnesses"], result["cosigned"]) == (2, 2)
    ready.run("send", path, "all-clear", "--yes", check=0)  # it remembers what they know: one question, one answer
    assert [witness.statuses for witness in witnesses.witnesses] == [[200, 200]] * 2
    os.remove(ready.file("audit/.witnesses"))
    ready.run("send", path, "update", "--yes", check=0)  # and asks again from the size that they say
    assert [witness.statuses for witness in witnesses.witnesses] == [[200, 200, 409, 200]] * 2
    run = ready.run("runs", json=True, check=0).lines[0]["run"]
    key = ready.run("status", run, json=True, check=0).events("delivery")[0]["delivery"]
    lines = ready.run("audit", "prove", "--output", ready.path, "--", key, json=True, check=0).lines
    keys = [vkey(ready), *(witness.vkey for witness in witnesses.witnesses)]
    words = [word for one in keys for word in ("--key", one)]
    result = crisis("audit", "check-proof", lines[0]["proof"], *words, json=True, check=0).lines[0]
    assert result["witnesses"] == 2 and result["time"] == "2026-09-21T14:13:20.000Z"
    done = verify_py(keys[0], lines[0]["entry"], lines[0]["proof"], *keys[1:])
    assert done.returncode == 0 and "says w2.example" in done.stdout, done


def test_a_dry_run_asks_no_witness(ready, plan, witnesses):
    set_key(ready, witnesses=witnesses.config())
    ready.run("send", plan(["0301", "4640"]), "--dry-run", check=0)
    assert_published(ready)
    assert all(server.connections == 0 for server in witnesses.servers)


def test_witnesses_are_asked_at_most_every_ten_seconds(ready, witnesses):
    witnesses.watch(vkey(ready))
    set_key(ready, witnesses=witnesses.config())
    for channel in ("x", "facebook", "webhook"):
        ready.run("unregister", "0301", channel, check=0)
    assert [len(witness.statuses) for witness in witnesses.witnesses] == [1, 1]


@pytest.mark.alone
def test_a_witness_that_lies_or_hangs_stops_nothing(ready, plan, witnesses):
    """One signs nonsense, one never answers: the send is as fast, the log is published, and it is told once."""
    witnesses.watch(vkey(ready))
    witnesses.witnesses[0].id = b"liar"
    with socket.create_server(("127.0.0.1", 0)) as silent:
        config = witnesses.config()
        config[1]["url"] = f"http://127.0.0.1:{silent.getsockname()[1]}"
        set_key(ready, witnesses=config)
        result = ready.run("send", plan(["0301", "4640"]), "--yes", json=True, check=0)
    assert result.events("summary")[0]["seconds"] < 3
    assert result.err.count("w1.example") == result.err.count("w2.example") == 1
    assert_published(ready)
    assert ready.run("audit", "verify", json=True, check=0).lines[0]["cosigned"] == 0


def copy_of(ready, folder):
    return Workspace(shutil.copytree(ready.path, folder / "copy"), ready.program)


def assert_stopped(workspace, path, words):
    """Nothing is written any more, by whatever command; what only reads goes on."""
    before, checkpoint = stored(workspace), workspace.file("audit/checkpoint")
    with open(checkpoint, "rb") as file:
        signed = file.read()
    for command in (["send", path, "--yes"], ["send", path, "--dry-run"], ["unregister", "0301", "webhook"], ["audit", "publish"],
                    ["audit", "verify"]):
        result = workspace.run(*command, check=7)
        assert words in result.err and "begin a new log" in result.err and "audit/.stopped" in result.err, result
    assert stored(workspace) == before
    with open(checkpoint, "rb") as file:
        assert file.read() == signed
    workspace.run("runs", check=0)
    workspace.run("audit", "log", check=0)


@pytest.fixture
def restored(ready, plan, witnesses, tmp_path):
    """A copy that was made before the last send, which the witnesses have seen."""
    witnesses.watch(vkey(ready))
    set_key(ready, witnesses=witnesses.config())
    copy = copy_of(ready, tmp_path)
    copy.newer, copy.plan = ready, plan(["0301", "4640"])
    ready.run("send", copy.plan, "--yes", check=0)
    return copy


def test_a_witness_that_has_seen_more_stops_the_log(restored):
    result = restored.run("unregister", "0301", "x", check=0)
    assert "'w1.example' remembers" in result.err or "'w2.example' remembers" in result.err, result
    assert_stopped(restored, restored.plan, "nothing more is written to it")


def test_a_send_never_waits_for_a_witness(restored):
    """The first send after the backup was restored is not held up, and is the last."""
    posts = len(restored.newer.sandbox.posts())
    result = restored.run("send", restored.plan, "update", "--yes", check=0)
    assert len(restored.newer.sandbox.posts()) == posts + 6 and "nothing more is written to it" in result.err
    assert_stopped(restored, restored.plan, "nothing more is written to it")


def test_what_is_only_remembered_of_a_witness_stops_nothing(ready, witnesses):
    """The file is a help for the next question, and no evidence."""
    witnesses.watch(vkey(ready))
    set_key(ready, witnesses=witnesses.config())
    with open(ready.file("audit/.witnesses"), "w", encoding="ascii") as file:
        file.write("asked 0\nknown 99999 w1.example\nknown 99999 w2.example\n")
    assert ready.run("unregister", "0301", "x", check=0).err == ""
    assert [witness.statuses for witness in witnesses.witnesses] == [[200], [200]]


@pytest.mark.parametrize("way", ["newer", "new log", "wrong witness"])
def test_ways_out_of_a_stopped_log(restored, witnesses, way):
    restored.run("unregister", "0301", "x", check=0)
    restored.run("send", restored.plan, "--yes", check=7)
    if way == "newer":
        shutil.rmtree(restored.path)
        shutil.copytree(restored.newer.path, restored.path)
    elif way == "new log":
        os.rename(audit(restored), restored.file("audit-until-today"))
        set_key(restored, log={"origin": "second.example/audit"}, witnesses=[])
    else:
        os.remove(restored.file("audit/.stopped"))
        set_key(restored, witnesses=[])
    restored.run("send", restored.plan, "all-clear", "--yes", check=0)
    assert_published(restored)
    restored.run("audit", "verify", check=0)


def test_a_witness_that_is_not_wrong_stops_it_again(restored):
    restored.run("unregister", "0301", "x", check=0)
    os.remove(restored.file("audit/.stopped"))
    restored.run("send", restored.plan, "--yes", check=0)
    assert_stopped(restored, restored.plan, "nothing more is written to it")


@pytest.mark.parametrize("more, status", [(0, 409), (2, 422)])
def test_a_witness_that_has_seen_others_stops_the_log(ready, plan, witnesses, tmp_path, more, status):
    """A fork of the same length (C2SP tlog-witness: 409), and one that is longer (422)."""
    copy = copy_of(ready, tmp_path)
    witnesses.watch(vkey(ready))
    set_key(ready, witnesses=witnesses.config())
    ready.run("unregister", "0301", "x", check=0)
    for channel in ("facebook", "x")[:more]:
        copy.run("unregister", "0301", channel, check=0)
    set_key(copy, witnesses=witnesses.config())
    result = copy.run("unregister", "4640", "facebook", check=0)
    assert "are not those that it has here" in result.err, result
    assert [witness.statuses for witness in witnesses.witnesses] == [[200, 409, status]] * 2
    assert_stopped(copy, plan(["0301", "4640"]), "are not those that it has here")


def test_a_stop_that_is_not_readable_stops(ready):
    for text in ("", "x", "crisis-log-stopped/v1\norigin a\n"):
        ready.write("audit/.stopped", text)
        assert "begin a new log" in ready.run("unregister", "0301", "x", check=7).err


def test_witnesses_that_are_none(workspace, tmp_path):
    good = Witness(tmp_path / "w", "w.example").vkey

    cases = {
        "'witnesses' must be a list": {"url": "https://w.example", "key": good},
        "'key'": [{"url": "https://w.example", "key": good[:-4] + "AAAA"}],
        "'http://w.example'": [{"url": "http://w.example", "key": good}],
        "twice": [{"url": "https://a.example", "key": good}, {"url": "https://b.example", "key": good}],
        "unknown": [{"url": "https://a.example", "key": good, "name": "a"}],
        "more than": [{"url": "https://a.example", "key": good}] * 17,
    }
    for words, value in cases.items():
        set_key(workspace, witnesses=value)
        result = workspace.run("runs")
        assert result.code == 3 and words in result.err, (words, result)


# --- a witness of others ----------------------------------------------------------------------------------------
def find_sigsum(name):
    return shutil.which(name) or next((path for path in [os.path.join(os.environ.get("SIGSUM_BIN", "/nowhere"), name)]
                                       if os.path.exists(path)), None)


def test_sigsum_witness_cosigns(workspace, crisis, tmp_path, accounts, plan, sandbox):
    """The witness of the Sigsum project (Debian backports: sigsum-go); it watches one log, whose name is made of its key."""
    program, keys = find_sigsum("sigsum-witness"), find_sigsum("sigsum-key")
    if not program or not keys:
        pytest.skip("sigsum-witness is not installed (package sigsum-go of bookworm-backports)")
    with open(workspace.file("keys/log.key"), encoding="ascii") as file:
        seed = base64.b64decode(file.read().split()[1])
    (tmp_path / "seed").write_bytes(bytes.fromhex("302e020100300506032b657004220420") + seed)
    public = Witness.openssl("pkey", "-inform", "DER", "-in", str(tmp_path / "seed"), "-pubout", "-outform", "DER")[-32:]

    def run(*words, **options):
        return subprocess.run([keys, *map(str, words)], check=True, stdout=subprocess.PIPE, text=True, timeout=60, **options).stdout.strip()

    run("from-hex", "-o", tmp_path / "log.pub", input=public.hex())
    run("generate", "-o", tmp_path / "witness")
    origin = "sigsum.org/v1/tree/" + run("to-hash", "-k", tmp_path / "log.pub")
    name = "sigsum.org/v1/witness/" + run("to-hash", "-k", tmp_path / "witness.pub")
    blob = b"\4" + bytes.fromhex(run("to-hex", "-k", tmp_path / "witness.pub"))
    key = f"{name}+{hashlib.sha256(name.encode() + bytes([10]) + blob).digest()[:4].hex()}+{base64.b64encode(blob).decode()}"
    address = f"127.0.0.1:{free_port()}"
    process = subprocess.Popen([program, "-k", tmp_path / "witness", "--log-key", tmp_path / "log.pub",
                                "--state-file", tmp_path / "state", address], stderr=subprocess.PIPE,
                               env={**os.environ, "GODEBUG": "httpmuxgo121=0"})  # as it was built, it serves nothing without
    try:
        def listens():
            with socket.socket() as one:
                host, port = address.split(":")
                return one.connect_ex((host, int(port))) == 0
        wait_until(listens)
        chosen = accounts(["0301"])
        running = sandbox(accounts=chosen)
        workspace.configure(running.url, running.ca, log={"origin": origin},
                            witnesses=[{"url": f"http://{address}", "key": key}])
        workspace.register(chosen)
        for message in ("alert", "all-clear"):
            result = workspace.run("send", plan(["0301"]), message, "--yes", check=0)
            assert "has not cosigned" not in result.err, result
            crisis("audit", "check-note", workspace.file("audit/checkpoint"), "--key", key, check=0)
            if message == "alert":
                copy = Workspace(shutil.copytree(workspace.path, tmp_path / "copy"), crisis)
        os.remove(workspace.file("audit/.witnesses"))  # now it must learn the size from the 409
        workspace.run("send", plan(["0301"]), "update", "--yes", check=0)
        crisis("audit", "check-note", workspace.file("audit/checkpoint"), "--key", key, check=0)

        def ask(old, *proof):
            with open(workspace.file("audit/checkpoint"), "rb") as file:
                body = b"".join([f"old {old}\n".encode(), *(base64.b64encode(one) + b"\n" for one in proof), b"\n", file.read()])
            try:
                with urllib.request.urlopen(f"http://{address}/add-checkpoint", data=body, timeout=WAIT_TIMEOUT_S) as answer:
                    return answer.status, answer.headers["content-type"], answer.read()
            except urllib.error.HTTPError as answer:
                return answer.code, answer.headers["content-type"], answer.read()

        size = assert_published(workspace)
        assert ask(0)[0] == 409 and ask(0)[1:] == ("text/x.tlog.size", f"{size}\n".encode())
        assert ask(size)[0] == 200
        # A history of its own from the first message on, under the same name and key.
        watching = copy.config()["witnesses"]
        set_key(copy, witnesses=[])
        for message in ("all-clear", "update", "cancel"):
            copy.run("send", plan(["0301"]), message, "--yes", check=0)
        assert assert_published(copy) > size
        shutil.copy(copy.file("audit/checkpoint"), workspace.file("audit/checkpoint"))
        assert ask(size, bytes(32))[0] == 422
        set_key(copy, witnesses=watching)
        result = copy.run("send", plan(["0301"]), "all-clear", "--yes", check=0)
        assert "are not those that it has here" in result.err, result
        assert_stopped(copy, plan(["0301"]), "are not those that it has here")
    finally:
        process.kill()
        process.communicate()
