"""The list of approvers in force: pinned when it is first seen, and changed by nothing but the consent of those on it."""
import hashlib
import os
import shutil
import sqlite3
from contextlib import closing

import pytest

from approving import KARI, OLA, PEOPLE, PER, VAKT, Approvals, public, read

HOW = "crisis approvers restore"


@pytest.fixture
def stage(tmp_path):
    with Approvals(tmp_path) as made:
        yield made.open()


def taken_in(stage):
    """Version and consent of every list that has come into force."""
    return [(int(entry["version"]), entry["consent"]) for entry in stage.audit() if entry["type"] == "approvers"]


def approvers(stage):
    return stage.workspace.file("approvers")


def write(stage, text):
    stage.workspace.write("approvers", text)


def line_of(stage, name, key=None):
    return f'{name} namespaces="crisis-approval@v1,crisis-approvers@v1" {public(key or stage.keys[name])}\n'


def successor(stage):
    """The next version of the list that is in force: with one more."""
    stage.run("approvers", "add", VAKT, stage.keys[VAKT] + ".pub", check=0)
    made = read(stage.workspace.file("approvers.next"))
    os.unlink(stage.workspace.file("approvers.next"))
    return made


# --- the first one ----------------------------------------------------------------------------------------------
def test_the_first_list_is_pinned_when_a_send_sees_it(stage):
    for name in (KARI, OLA):
        stage.approve(name, "alert")
    assert stage.run("approvals", stage.plan, json=True, check=0).lines[-1]["approved"]
    assert taken_in(stage) == []  # who only looks changes nothing
    result = stage.send(check=0)
    assert "Version 1 of the approvers is in force, with 3 of them" in result.err
    assert taken_in(stage) == [(1, "first")]
    assert "is in force" not in stage.send("update", "--dry-run", check=0).err
    assert taken_in(stage) == [(1, "first")]
    stage.run("audit", "verify", check=0)


def test_a_list_without_a_version_line_is_pinned_too(stage):
    write(stage, line_of(stage, KARI) + line_of(stage, OLA))
    for name in (KARI, OLA):
        stage.approve(name, "alert")
    stage.send(check=0)
    write(stage, read(approvers(stage)) + line_of(stage, PER))
    stage.refused("update", words="neither the list in force")


def test_before_it_is_set_up_it_may_be_edited(stage):
    for names in ((KARI,), (OLA,), (OLA, PER)):
        write(stage, "# crisis-approvers v1 version=1 threshold=2 previous=none\n" + "".join(line_of(stage, name) for name in names))
        stage.run("approvers", "status", check=0)
    assert taken_in(stage) == [(1, "first"), (1, "set-up"), (1, "set-up")]
    write(stage, read(approvers(stage)) + line_of(stage, KARI))
    stage.refused(words="neither the list in force")


# --- edited by hand ---------------------------------------------------------------------------------------------
EDITS = {
    "somebody-more": lambda stage, text: text + line_of(stage, VAKT),
    "somebody-less": lambda stage, text: "".join(line for line in text.splitlines(True) if not line.startswith(PER)),
    "another-key": lambda stage, text: text.replace(public(stage.keys[PER]), public(stage.keys[VAKT])),
    "another-threshold": lambda stage, text: text.replace("threshold=2", "threshold=1"),
    "another-version": lambda stage, text: text.replace("version=1", "version=2").replace("none", "sha256:" + "0" * 64),
    "a-remark": lambda stage, text: text + "# a remark\n",
    "empty": lambda stage, text: "",
    "nobody": lambda stage, text: text.splitlines(True)[0],
}


def test_a_file_that_was_edited_is_not_in_force(stage):
    for name in (KARI, OLA):
        stage.approve(name, "alert")
    stage.run("approvers", "status", check=0)
    good = read(approvers(stage))
    for case, edit in EDITS.items():
        write(stage, edit(stage, good))
        result = stage.refused(words="neither the list in force (version 1, SHA-256 ")
        assert HOW in result.err, case
        assert not stage.run("approvals", stage.plan, json=True, check=0).lines[-1]["approved"], case
        assert "neither the list in force" in stage.approve(KARI, "alert", "--for", "1h").err, case
        assert taken_in(stage) == [(1, "first")], case
    os.unlink(approvers(stage))
    stage.refused(words="it is empty, or not there")
    write(stage, good)
    stage.send(check=0)


def test_an_edited_file_is_shown_and_the_list_in_force_restored(stage):
    stage.run("approvers", "status", check=0)
    good = read(approvers(stage))
    assert "nothing to restore" in stage.run("approvers", "restore", check=0).err
    write(stage, good + line_of(stage, VAKT))
    status = stage.run("approvers", "status", json=True, check=0)
    assert status.lines[-1]["event"] == "problem" and "neither the list in force" in status.lines[-1]["message"]
    assert [(line["list"], line["principal"]) for line in status.lines[:-1]] == [
        *(("in force", name) for name in PEOPLE[:3]), *(("foreign", name) for name in PEOPLE)]
    assert HOW in status.err
    for words in (("add", VAKT, stage.keys[VAKT] + ".pub"), ("remove", PER), ("sign", "--key", stage.keys[KARI])):
        assert HOW in stage.run("approvers", *words, check=4).err
    stage.run("approvers", "restore", check=0)
    assert read(approvers(stage)) == good
    assert read(stage.workspace.file("approvers.rejected")) == good + line_of(stage, VAKT)
    assert {line["list"] for line in stage.run("approvers", "status", json=True, check=0).lines} == {"in force"}


def test_resume_does_not_take_an_edited_list(stage):
    stage.sandbox.stop()
    stage.open(faults=["429:channel=x:seconds=300"], register=False)
    stage.workspace.register(stage.accounts)
    for name in (KARI, OLA):
        stage.approve(name, "alert")
    run = stage.send_until(lambda: stage.states() == {"posted": 6, "waiting": 3}).lines[0]["run"]
    stage.sandbox.stop()
    stage.open(register=False)
    stage.workspace.register([account for account in stage.accounts if account["channel"] == "x"])
    good = read(approvers(stage))
    write(stage, good + line_of(stage, VAKT))
    assert "neither the list in force" in stage.run("resume", run, check=4).err
    assert stage.audit()[-1]["type"] == "refused" and stage.audit()[-1]["run"] == run
    write(stage, good)
    stage.run("resume", run, check=0)


def test_where_nobody_needs_to_approve_the_list_does_not_matter(tmp_path):
    with Approvals(tmp_path, approval={"threshold": 0}, floor=0) as stage:
        stage.open()
        stage.run("approvers", "status", check=0)
        write(stage, read(approvers(stage)) + line_of(stage, VAKT))
        stage.send("--dry-run", check=0)
        stage.send(check=0)


def test_a_list_that_the_log_does_not_know_is_no_list(stage):
    """Somebody has changed the database, and the file with it."""
    stage.run("approvers", "status", check=0)
    write(stage, read(approvers(stage)) + line_of(stage, VAKT))
    with closing(sqlite3.connect(stage.workspace.file("crisis.db"))) as database, database:
        database.execute("UPDATE approver_lists SET bytes = ?", (read(approvers(stage)).encode(),))
    result = stage.run("send", stage.plan, "--yes", check=1)
    assert "the approver list is not the one of its audit entry" in result.err and stage.sandbox.posts() == []


def test_a_list_taken_out_of_the_database_brings_no_former_one_back(stage):
    stage.run("approvers", "status", check=0)
    first = read(approvers(stage))
    write(stage, successor(stage))
    for name in (KARI, OLA):
        stage.sign_list(stage.keys[name], approvers(stage), stage.workspace.file(f"approvers.v2.{name}.sig"))
    stage.run("approvers", "status", check=0)
    write(stage, first)
    with closing(sqlite3.connect(stage.workspace.file("crisis.db"))) as database, database:
        database.execute("DELETE FROM approver_lists WHERE row = (SELECT max(row) FROM approver_lists)")
    result = stage.run("send", stage.plan, "--yes", check=1)
    assert "the audit log tells of a later approver list" in result.err and stage.sandbox.posts() == []


# --- changed with consent ---------------------------------------------------------------------------------------
def test_a_signed_successor_is_taken_in_by_the_send(stage):
    for name in (KARI, OLA):
        stage.approve(name, "alert")
    stage.run("approvers", "status", check=0)
    write(stage, successor(stage))
    stage.sign_list(stage.keys[KARI], approvers(stage), stage.workspace.file("approvers.v2.kari.sig"))
    stage.refused(words="it is signed by 1 of 2 of the present list, and by 1 of 2 of the new one")
    stage.sign_list(stage.keys[VAKT], approvers(stage), stage.workspace.file("approvers.v2.vakt.sig"))  # of the new list only
    stage.refused(words="it is signed by 1 of 2 of the present list, and by 2 of 2 of the new one")
    stage.sign_list(stage.keys[PER], approvers(stage), stage.workspace.file("approvers.sig"))  # as ssh-keygen names it
    assert "Version 2 of the approvers is in force: as many as needed have signed it" in stage.send(check=0).err
    assert taken_in(stage) == [(1, "first"), (2, "signed")]
    former = read(stage.workspace.file("approvers.v1")).encode()
    assert f"previous=sha256:{hashlib.sha256(former).hexdigest()}\n" in read(approvers(stage))
    stage.run("audit", "verify", check=0)


def test_the_former_list_does_not_come_back(stage):
    stage.run("approvers", "status", check=0)
    first = read(approvers(stage))
    write(stage, successor(stage))
    for name in (KARI, OLA):
        stage.sign_list(stage.keys[name], approvers(stage), stage.workspace.file(f"approvers.v2.{name}.sig"))
    stage.run("approvers", "status", check=0)
    write(stage, first)
    stage.refused(words="neither the list in force (version 2, ")


@pytest.mark.parametrize("case", ["version", "predecessor"])
def test_signatures_do_not_make_a_successor_of_another_list(stage, case):
    stage.run("approvers", "status", check=0)
    made = successor(stage)
    write(stage, made.replace("version=2", "version=3") if case == "version" else made.replace(
        made.split("sha256:")[1][:64], "0" * 64))
    version = 3 if case == "version" else 2
    for name in PEOPLE:
        stage.sign_list(stage.keys[name], approvers(stage), stage.workspace.file(f"approvers.v{version}.{name}.sig"))
    stage.refused(words="the new list is version 3, not 2" if case == "version" else "from another version of the present one")
    assert taken_in(stage) == [(1, "first")]


def test_a_prepared_list_decides_nothing(stage):
    stage.run("approvers", "remove", PER, check=0)
    stage.run("approvers", "add", VAKT, stage.keys[VAKT] + ".pub", check=0)
    stage.run("approvers", "sign", "--key", stage.keys[KARI], check=0)
    stage.edit_plan(lambda plan: plan["approval"]["approvers"].append(VAKT))
    for name in (PER, VAKT):
        stage.run("approve", stage.plan, "alert", "--key", stage.keys[name], "--as", name, "--yes", check=0)
    stage.refused(words="has 1")
    stage.run("approvers", "sign", "--key", stage.keys[OLA], check=0)
    stage.refused(words="has 1")
    stage.approve(KARI, "alert")
    stage.send(check=0)
    assert taken_in(stage) == [(1, "first"), (2, "signed")]


def test_a_change_that_was_cut_off_is_finished_by_whoever_comes_next(stage):
    """The power failed after the file was put in place, and before the list was recorded."""
    stage.run("approvers", "add", VAKT, stage.keys[VAKT] + ".pub", check=0)
    stage.run("approvers", "sign", "--key", stage.keys[KARI], check=0)
    stage.sign_list(stage.keys[OLA], stage.workspace.file("approvers.next"), stage.workspace.file("approvers.next.ola.sig"))
    shutil.copy(stage.workspace.file("approvers.next"), approvers(stage))
    for name in (KARI, OLA):
        stage.approve(name, "alert")
    stage.send(check=0)
    assert taken_in(stage) == [(1, "first"), (2, "signed")]
    assert {line["list"] for line in stage.run("approvers", "status", json=True, check=0).lines} == {"in force"}
