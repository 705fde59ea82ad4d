"""When the disk, the database or a system call fails: a clear error and exit code 1, nothing lost, nothing twice, and
`resume` ends the run when the cause is gone."""
import contextlib
import os
import shutil
import sqlite3
import subprocess

import pytest
from conftest import WAIT_TIMEOUT_S, wait_until
from failing import END_S, assert_clear, assert_whole, begin_again, counted, deliveries_of, faults, go_on, make_stage, \
    needs_release, send_with
from stage import assert_all_posted, beside, scenes  # noqa: F401

DATABASE = "path=*/crisis.db*"

pytestmark = needs_release


# --- the disk ---------------------------------------------------------------------------------------------------
@beside(("pwrite,write", "ENOSPC", "no room"), ("pwrite,write", "EDQUOT", "no room"), ("pwrite,write", "EIO", "the disk"),
        ("fdatasync,fsync", "EIO", "the disk"), ("pread,read", "EIO", "the disk"))
def test_the_disk_under_the_database_fails(folder, case):
    call, error, words = case
    with make_stage(folder, ("webhook",)) as stage:
        stage.open()
        begin_again(stage)
        calls = counted(folder, stage.send, f"{call}:{DATABASE}")
        codes = [send_with(stage, faults(f"{call}:{DATABASE}:error={error}:from={max(1, calls * part // 12)}"), words)
                 for part in (0, 3, 5, 8, 10)]
        assert codes[0] == 1 and codes.count(1) >= 3, codes


@beside()
def test_one_failed_sync_is_not_taken_for_success(folder):
    with make_stage(folder, ("webhook",)) as stage:
        stage.open()
        begin_again(stage)
        calls = counted(folder, stage.send, f"fdatasync,fsync:{DATABASE}")
        codes = [send_with(stage, faults(f"fdatasync,fsync:{DATABASE}:error=EIO:nth={nth}"), "the disk")
                 for nth in range(1, calls)]
        assert calls >= 6 and codes.count(1) >= calls // 2, codes


@beside()
def test_short_writes_and_reads_are_finished(folder):
    every = "write,pwrite:path=*/*:short=100;read,pread:path=*/*:short=50"
    with make_stage(folder) as stage:
        stage.open()
        assert stage.send(env=faults(every), check=0)
        assert_whole(stage)
        made = os.path.join(folder, "new")
        stage.program.run("init", made, env=faults(every), check=0)
        stage.program.run("-C", made, "audit", "verify", check=0)
        assert os.path.getsize(os.path.join(made, "crisis.yaml")) > 1000


@contextlib.contextmanager
def mounted(*arguments):
    """mount(8), for those who may; arguments[-1] is the folder."""
    done = subprocess.run(["mount", *arguments], capture_output=True, text=True)
    if done.returncode != 0:
        pytest.skip(f"nothing can be mounted here: {done.stderr.strip()}")
    try:
        yield
    finally:
        subprocess.run(["umount", "-l", arguments[-1]], check=True)


def test_a_disk_that_is_really_full(tmp_path):
    disk, filler = tmp_path / "disk", tmp_path / "disk" / "filler"
    disk.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=16m", "tmpfs", str(disk)), make_stage(disk / "stage", ("webhook",)) as stage:
        stage.open()
        failed = 0
        for free in (0, 24, 48, 96):
            begin_again(stage)
            with open(filler, "wb", buffering=0) as file, contextlib.suppress(OSError):
                while True:
                    file.write(bytes(4096))
            os.truncate(filler, max(0, os.path.getsize(filler) - free * 1024))
            result = stage.send(json=False)
            os.unlink(filler)
            if result.code != 0:
                assert_clear(result, "no room")
                failed += 1
            go_on(stage, result)
        assert failed >= 2


def test_a_read_only_file_system(tmp_path):
    with make_stage(tmp_path) as stage:
        stage.open()
        path = stage.workspace.path
        stage.send(check=0)
        with mounted("--bind", path, path):
            subprocess.run(["mount", "-o", "remount,bind,ro", path], check=True)
            for command in (["send", stage.plan, "--yes"], ["resume"], ["register", "--from", stage.workspace.file("registration.yaml")]):
                assert_clear(stage.run(*command), "read-only", "may only be read")
            assert len(stage.sandbox.posts()) == deliveries_of(stage)
            stage.run("status", check=0)  # reading needs no writing
            stage.run("audit", "verify", check=0)
        stage.sandbox.reset()
        stage.send(check=0)
        assert_whole(stage)


@beside("mkdir", "mkostemp", "open", "write", "fsync", "rename", "pwrite", "fdatasync")
def test_what_init_could_not_make_it_takes_away(folder, call):
    with make_stage(folder) as stage:
        made = os.path.join(folder, "new")
        spec = f"{call}:path=*/new*"

        def run(**options):
            result = stage.program.run("init", made, **options)
            shutil.rmtree(made, ignore_errors=True)
            return result

        calls = counted(folder, run, spec)
        assert calls >= 1
        failed = 0
        for nth in range(1, calls + 1):
            result = stage.program.run("init", made, env=faults(f"{spec}:error=ENOSPC:nth={nth}"))
            if result.code != 0:
                assert_clear(result, "space", "room", "may only be read", "cannot open")
                assert not os.path.exists(made), (nth, result, os.listdir(made))
                failed += 1
            else:  # nothing of what was lost there was needed
                stage.program.run("-C", made, "audit", "verify", check=0)
                shutil.rmtree(made)
        assert failed >= 1
        stage.program.run("init", made, check=0)


@beside("crisis.yaml", "keys/log.key", "keys/vault.key", "vault.age")
def test_a_file_gets_its_name_when_it_is_on_disk(folder, name):
    with make_stage(folder) as stage:
        made = os.path.join(folder, "new")
        result = stage.program.run("init", made, env=faults(f"fsync:path=*/new/{name}.new-*:error=EIO"))
        assert_clear(result, "input/output error")
        assert not os.path.exists(made)


@beside("mkostemp", "write", "fsync", "rename", "open")
def test_no_alert_waits_for_the_published_log(folder, call):
    with make_stage(folder) as stage:
        stage.open()
        result = stage.send(env=faults(f"{call}:path=*/audit/*:error=ENOSPC:from=1"), check=0)
        assert "the audit log could not be published" in result.err and "space" in result.err, result
        assert_all_posted(stage)
        stage.sandbox.reset()
        stage.send(check=0)  # publishes the rest
        assert_whole(stage)


# --- interrupted calls ------------------------------------------------------------------------------------------
@beside()
def test_interrupted_calls_are_made_again(folder):
    storm = faults("read,write,pread,pwrite:error=EINTR:every=2")
    with make_stage(folder) as stage:
        stage.open()
        made = os.path.join(folder, "new")
        stage.program.run("init", made, env=storm, check=0)
        stage.program.run("-C", made, "audit", "verify", env=storm, check=0)
        stage.run("check", stage.plan, env=storm, check=0)
        stage.send(env=storm, check=0)
        assert_whole(stage)


# --- another process holds the database -------------------------------------------------------------------------
@contextlib.contextmanager
def held(stage):
    connection = sqlite3.connect(stage.workspace.file("crisis.db"), isolation_level=None, timeout=WAIT_TIMEOUT_S)
    connection.execute("BEGIN EXCLUSIVE")
    try:
        yield
    finally:
        connection.execute("ROLLBACK")
        connection.close()


@beside()
def test_a_database_that_is_held(folder):
    with make_stage(folder) as stage:
        stage.open()
        with held(stage):
            result = stage.send(json=False)
            assert_clear(result, "another process holds the database")
            assert "crisis.db" in result.err and "fuser" in result.err
            stage.run("runs", check=0)  # readers are never held up
        assert not stage.sandbox.posts()
        stage.send(check=0)
        assert_whole(stage)


@beside()
def test_a_database_that_is_held_in_the_middle(folder):
    with make_stage(folder) as stage:
        stage.open(faults=[f"slow:on=post:ms=10000:times={deliveries_of(stage)}"])
        process = stage.start(json=True)
        wait_until(lambda: stage.sandbox.stats()["requests"] >= 1)
        with held(stage):
            out, err = process.communicate(timeout=WAIT_TIMEOUT_S)
        assert process.returncode == 1, (out, err)
        assert "another process holds the database" in err and "crisis resume" in err, err
        stage.run("resume", "--deadline", END_S, check=0)
        assert_whole(stage)
