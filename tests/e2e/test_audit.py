"""`audit log` and `audit verify`: everything is on the log, and nothing on it can be changed unseen."""
import base64
import hashlib
import os
import re
import shutil
import sqlite3
from contextlib import closing

import pytest

from conftest import Program, Workspace, copy_empty_workspace
from stage import Stage

@pytest.fixture
def sent(workspace, sandbox, plan, accounts):
    """A workspace in which something was said."""
    chosen = accounts(["0301", "4640"])
    running = sandbox(accounts=chosen)
    workspace.configure(running.url, running.ca)
    workspace.register(chosen)
    workspace.run("send", plan(["0301", "4640"]), "--yes", check=0)
    running.stop()
    return workspace


@pytest.fixture(scope="module")
def small_template(tmp_path_factory):
    folder = tmp_path_factory.mktemp("small")
    whole = Workspace(copy_empty_workspace(folder / "workspace"), Program(folder))
    for number in ("0301", "4640"):
        whole.run("register", number, "x", input="access-token: a", check=0)
    whole.run("audit", "verify", check=0)
    return whole.path


@pytest.fixture
def small(workspace, small_template):
    """Three entries under three tree heads."""
    shutil.rmtree(workspace.path)
    shutil.copytree(small_template, workspace.path)
    return workspace


def change(workspace, *statements):
    with closing(sqlite3.connect(workspace.file("crisis.db"))) as database:
        for statement in statements:
            database.execute(statement)
        database.commit()


def rows(workspace, statement):
    with closing(sqlite3.connect(workspace.file("crisis.db"))) as database:
        return database.execute(statement).fetchall()


# --- audit log --------------------------------------------------------------------------------------------------
def test_the_log_tells_everything_in_order(sent):
    entries = sent.run("audit", "log", json=True, check=0).lines
    assert [int(entry["sequence"]) for entry in entries] == list(range(len(entries)))
    times = [entry["time"] for entry in entries]
    assert times == sorted(times) and all(re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", time) for time in times)
    types = [entry["type"] for entry in entries]
    assert types[0] == "init" and types[1:7] == ["registered"] * 6
    assert types[7] == "run-started" and types[-1] == "run-finished"
    assert types.count("attempt") == types.count("outcome") == 6
    assert all(entry["mode"] == "live" for entry in entries[7:])
    posted = [entry for entry in entries if entry["type"] == "outcome"]
    assert {(entry["municipality"], entry["channel"]) for entry in posted} == {
        (number, channel) for number in ("0301", "4640") for channel in ("facebook", "x", "webhook")}
    assert all(entry["posts"] for entry in posted)


def test_the_log_of_one_run(sent, plan, accounts):
    sent.run("send", plan(["0301", "4640"]), "--dry-run", check=0)
    runs = [run["run"] for run in sent.run("runs", json=True, check=0).lines]
    assert len(runs) == 2
    for run in runs:
        entries = sent.run("audit", "log", run, json=True, check=0).lines
        assert entries and {entry["run"] for entry in entries} == {run}
        assert sent.run("audit", "log", run, check=0).out.count("\n") == len(entries)


def test_refusals_are_on_the_log(workspace, sandbox, plan, accounts):
    running = sandbox()
    workspace.configure(running.url, running.ca)
    workspace.register(accounts())
    workspace.run("send", plan(approval={"threshold": 1, "approvers": ["kari@dsb.example"]}), "--yes", check=4)
    entry = workspace.run("audit", "log", json=True, check=0).lines[-1]
    assert (entry["type"], entry["mode"], entry["plan"]) == ("refused", "live", "flom") and entry["reason"]
    workspace.run("audit", "verify", check=0)


# --- audit verify -----------------------------------------------------------------------------------------------
def merkle_root(leaves):
    """RFC 6962, section 2.1, from the words of it."""
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\1" + merkle_root(leaves[:half]) + merkle_root(leaves[half:])).digest()


def test_the_root_is_that_of_rfc_6962(sent):
    result = sent.run("audit", "verify", json=True, check=0).lines[0]
    entries = [row[0] for row in rows(sent, "SELECT bytes FROM entries ORDER BY sequence")]
    leaves = [hashlib.sha256(b"\0" + entry).digest() for entry in entries]
    assert (result["event"], result["entries"]) == ("verified", len(entries))
    assert base64.b64decode(result["root"]) == merkle_root(leaves)
    assert result["heads"] == len(rows(sent, "SELECT size FROM heads"))
    for size, root in rows(sent, "SELECT size, root FROM heads"):
        assert root == merkle_root(leaves[:size])


def test_a_copy_verifies_as_well(sent, tmp_path):
    shutil.copytree(sent.path, tmp_path / "copy")
    copy = sent.program.run("-C", tmp_path / "copy", "audit", "verify", check=0)
    assert copy.out == sent.run("audit", "verify", check=0).out


TAMPERED = {  # what is done, and the entry that must be named
    "a letter of an entry": (["UPDATE entries SET bytes = cast(replace(cast(bytes AS TEXT), '0301', '0302') AS BLOB) WHERE sequence = 1"], 1),
    "an entry is text": (["UPDATE entries SET bytes = replace(cast(bytes AS TEXT), 'registered', 'checked') WHERE sequence = 1"], 1),
    "an entry is empty": (["UPDATE entries SET bytes = x'' WHERE sequence = 1"], 1),
    "an entry is no entry": (["UPDATE entries SET bytes = randomblob(100) WHERE sequence = 1"], 1),
    "a line more": (["UPDATE entries SET bytes = cast(cast(bytes AS TEXT) || 'note a' || char(10) AS BLOB) WHERE sequence = 2"], 2),
    "a leaf": (["UPDATE entries SET leaf = randomblob(32) WHERE sequence = 1"], 1),
    "a leaf that is cut": (["UPDATE entries SET leaf = x'00' WHERE sequence = 2"], 2),
    "an entry and its leaf": (["UPDATE entries SET bytes = (SELECT bytes FROM entries WHERE sequence = 2), "
                               "leaf = (SELECT leaf FROM entries WHERE sequence = 2) WHERE sequence = 1"], 1),
    "a sequence before the first": (["UPDATE entries SET sequence = -1 WHERE sequence = 1"], 1),
    "a sequence after the last": (["UPDATE entries SET sequence = 9 WHERE sequence = 1"], 1),
    "two in each other's place": (["UPDATE entries SET sequence = 9 WHERE sequence = 1", "UPDATE entries SET sequence = 1 WHERE sequence = 2",
                                   "UPDATE entries SET sequence = 2 WHERE sequence = 9"], 1),
    "the first is gone": (["DELETE FROM entries WHERE sequence = 0"], 0),
    "one in the middle is gone": (["DELETE FROM entries WHERE sequence = 1"], 1),
    "the last is gone": (["DELETE FROM entries WHERE sequence = 2"], 2),
    "all entries are gone": (["DELETE FROM entries"], 0),
    "everything is gone": (["DELETE FROM entries", "DELETE FROM heads"], 0),
    "one more": (["INSERT INTO entries SELECT 3, bytes, leaf FROM entries WHERE sequence = 2"], 3),
    "a root": (["UPDATE heads SET root = randomblob(32) WHERE size = 2"], 1),
    "a root that is cut": (["UPDATE heads SET root = x'00' WHERE size = 3"], 2),
    "an edge": (["UPDATE heads SET edge = randomblob(length(edge)) WHERE size = 3"], 2),
    "an edge that is empty": (["UPDATE heads SET edge = x'' WHERE size = 3"], 2),
    "the time of a head": (["UPDATE heads SET unix_ms = unix_ms + 1 WHERE size = 2"], 1),
    "the size of a head": (["UPDATE heads SET size = 5 WHERE size = 3"], 3),
    "the size of a head, below nothing": (["UPDATE heads SET size = -1 WHERE size = 3"], 3),
    "a head too many": (["INSERT INTO heads SELECT 4, root, unix_ms, edge FROM heads WHERE size = 3"], 3),
    "the last head is gone": (["DELETE FROM heads WHERE size = 3"], 2),
    "all heads are gone": (["DELETE FROM heads"], 2),
}


@pytest.fixture(scope="module")
def verified(tmp_path_factory, small_template):
    """How `audit verify` ended after each change; they are verified some at a time."""
    folder = tmp_path_factory.mktemp("tampered")
    program = Program(folder)
    copies = []
    for number, (statements, _) in enumerate(TAMPERED.values()):
        copies.append(Workspace(shutil.copytree(small_template, folder / str(number)), program))
        change(copies[-1], *statements)
    return dict(zip(TAMPERED, program.each([["-C", copy.path, "audit", "verify"] for copy in copies], json=True)))


@pytest.mark.parametrize("name", TAMPERED)
def test_what_was_changed_is_found_and_named(verified, name):
    entry = TAMPERED[name][1]
    result = verified[name]
    assert result.code == 7, result
    assert f"entry {entry} " in result.lines[-1]["message"], result
    assert result.lines[-1]["exit"] == 7 and "keep this workspace as it is" in result.err


# --- what the entries tell of runs and deliveries ---------------------------------------------------------------
CHANGED = {  # a change of the rows, made without an entry, and what is told of the entry that it does not fit
    "a state": ("UPDATE deliveries SET state = 'failed' WHERE row = 1", "tells otherwise of a delivery"),
    "a state that is none": ("UPDATE deliveries SET state = 'poste' WHERE row = 2", "tells otherwise of a delivery"),
    "all states": ("UPDATE deliveries SET state = 'queued'", "tells otherwise of a delivery"),
    "a post": ("UPDATE deliveries SET posts = replace(posts, 'id\":\"', 'id\":\"9') WHERE row = 1", "tells otherwise of a delivery"),
    "a post more": ("UPDATE deliveries SET posts = replace(posts, ']', ',{\"id\":\"7\"}]') WHERE row = 3", "tells otherwise of a delivery"),
    "no posts": ("UPDATE deliveries SET posts = NULL WHERE row = 4", "tells otherwise of a delivery"),
    "attempts": ("UPDATE deliveries SET attempts = attempts + 1 WHERE row = 5", "tells otherwise of a delivery"),
    "a text": ("UPDATE drafts SET parts = replace(parts, 'Flom', 'Flim') WHERE row = 1", "begins the run .* with other texts"),
    "a time": ("UPDATE deliveries SET done_ms = done_ms + 60000 WHERE row = 2", "tells otherwise of a delivery .*: when it was done"),
    "when a run began": ("UPDATE runs SET started_ms = started_ms - 60000", "another time of the run"),
    "when a run ended": ("UPDATE runs SET finished_ms = finished_ms + 60000", "another time of the run"),
    "a failure": ("UPDATE deliveries SET failure_kind = 'content' WHERE row = 6", "tells otherwise of a delivery"),
    "a municipality": ("UPDATE deliveries SET municipality = '5001' WHERE row = 1", "does not belong"),
    "a key": ("UPDATE deliveries SET key = randomblob(16) WHERE row = 1", "does not belong"),
    "a delivery is gone": ("DELETE FROM deliveries WHERE row = 6", "a run '.*' of 6 deliveries, and the store has 5"),
    "a delivery more": ("INSERT INTO deliveries (run, key, municipality, municipality_name, channel, account, language, draft, "
                        "part_count, state) SELECT run, key, municipality, municipality_name, channel, account, language, draft, "
                        "part_count, state FROM deliveries WHERE row = 1", "does not belong"),
    "all deliveries are gone": ("DELETE FROM deliveries", "of 6 deliveries, and the store has 0"),
    "a run is gone": ("DELETE FROM runs", "tells of a run that the store does not have"),
    "a plan": ("UPDATE runs SET plan_sha256 = randomblob(32)", "tells otherwise of the run"),
    "a mode": ("UPDATE runs SET mode = 'exercise'", "tells otherwise of the run"),
    "a run is finished": ("UPDATE runs SET state = 'unfinished'", "is the last on the run"),
}


@pytest.fixture(scope="module")
def compared(tmp_path_factory):
    """How `audit verify` ended after each of them; they are verified some at a time."""
    folder = tmp_path_factory.mktemp("compared")
    with Stage(folder, places=("0301", "4640")) as stage:
        stage.open()
        stage.send(check=0)
        assert "6 deliveries of 1 run are as they tell." in stage.run("audit", "verify", check=0).out
        copies = []
        for number, (statement, _) in enumerate(CHANGED.values()):
            copies.append(Workspace(shutil.copytree(stage.workspace.path, folder / str(number)), stage.program))
            change(copies[-1], statement)
        yield dict(zip(CHANGED, stage.program.each([["-C", copy.path, "audit", "verify"] for copy in copies], json=True)))


@pytest.mark.parametrize("name", CHANGED)
def test_a_row_that_was_changed_without_an_entry_is_found(compared, name):
    result = compared[name]
    assert result.code == 7, result
    message = result.lines[-1]["message"]
    assert re.search(r"entry \d+ .*" + CHANGED[name][1], message), message


def test_verifying_while_a_send_goes_on(workspace, sandbox, plan, accounts):
    """The store is looked at as of one moment, whatever is written meanwhile."""
    chosen = accounts([str(7000 + number) for number in range(40)])
    running = sandbox(accounts=chosen, latency="300ms", faults=["429:channel=x:seconds=4:times=20"])
    workspace.configure(running.url, running.ca)
    workspace.register(chosen)
    process = workspace.start("send", plan([str(7000 + number) for number in range(40)]), "--yes", json=True)
    times = 0
    while process.poll() is None:
        workspace.run("audit", "verify", check=0)
        times += 1
    assert process.wait() == 0 and times >= 2
    workspace.run("audit", "verify", check=0)


def test_every_column_is_covered(small):
    """A column that is added to either table needs a row above."""
    assert [row[1] for row in rows(small, "PRAGMA table_info(entries)")] == ["sequence", "bytes", "leaf"]
    assert [row[1] for row in rows(small, "PRAGMA table_info(heads)")] == ["size", "root", "unix_ms", "edge"]


def test_nothing_is_added_to_a_log_whose_edge_was_cut(small, accounts):
    change(small, "UPDATE heads SET edge = x'00' WHERE size = 3")
    small.run("register", "0301", "x", "--label", "b", input="access-token: a", check=1)
    assert rows(small, "SELECT count(*) FROM entries") == [(3,)]


@pytest.mark.parametrize("damage", ["text", "cut", "gone"])
def test_a_database_that_is_none(small, damage):
    path = small.file("crisis.db")
    whole = open(path, "rb").read()
    for name in ("crisis.db-wal", "crisis.db-shm"):
        if os.path.exists(small.file(name)):
            os.remove(small.file(name))
    if damage == "gone":
        os.remove(path)
    else:
        with open(path, "wb") as file:
            file.write(b"This is no database. " * 500 if damage == "text" else whole[:5000])
    result = small.run("audit", "verify")
    assert result.code in (1, 7) and "crisis: " in result.err
    assert damage != "gone" or not os.path.exists(path)
