"""What the tests of failing system calls share: tests/tools/fault_preload.c in front of the program as it is released,
and what must hold after it.

    faults("write:path=*/crisis.db*:error=EIO:nth=3")     the environment in which that call fails
    counted(folder, run, "write")                         how many such calls a run makes
    send_with(stage, faults(…), "the disk")               sends so, then without, until all is there once
"""
import os
import shutil
import struct

import pytest
from conftest import binary_path, release_path
from stage import Stage, assert_all_posted

PLACES = ("0301", "4601")
CHANNELS = ("facebook", "x", "webhook")
NEVER = 10**9
END_S = "150s"
RESUMES_MAX = 10

needs_release = pytest.mark.skipif(not release_path(), reason="no released build is there")


def preload_path():
    name = os.path.join("tests", "tools", "fault_preload.so")
    folders = [os.path.dirname(os.path.realpath(binary_path())), os.path.dirname(os.path.abspath(binary_path()))]
    found = [path for folder in (*folders, os.path.dirname(folders[0])) if os.path.exists(path := os.path.join(folder, name))]
    assert found, "tests/tools/fault_preload.so is not built (meson option tests)"
    return found[0]


def faults(spec, counts=None):
    return {"LD_PRELOAD": preload_path(), "CRISIS_FAULTS": spec, "CRISIS_FAULT_COUNTS": counts}


def found_no_network(result):
    """A build with short waits gives up after 750 ms without an answer, which a busy machine may well take."""
    return result.code == 1 and "no network of this run could be reached" in result.err


def counted(folder, run, spec, *more):
    """How many calls of `spec` a run of the program makes; `more`: other faults that it suffers."""
    counts = os.path.join(folder, "counts")
    for _ in range(RESUMES_MAX):
        with open(counts, "wb") as file:
            file.write(bytes(64))
        result = run(env=faults(";".join((f"{spec}:nth={NEVER}", *more)), counts))
        if not found_no_network(result):
            break
    assert result.code == 0, result
    with open(counts, "rb") as file:
        return struct.unpack("=Q", file.read(8))[0]


def make_stage(folder, channels=CHANNELS):
    """With the webhook alone, `resume` need not look anything up, which takes 20 seconds."""
    return Stage(folder, places=PLACES, channels=channels, binary=release_path())


def deliveries_of(stage):
    return len(stage.accounts)


def assert_clear(result, *words):
    """It ended as the program ends, not by a signal, and says why and what to do."""
    assert result.code == 1, result
    assert "crisis: " in result.err, result
    assert any(word in result.err.lower() for word in words), result


def assert_whole(stage, result=None):
    assert len(assert_all_posted(stage, result)) == deliveries_of(stage)
    stage.run("audit", "verify", check=0)


def resume(stage):
    for _ in range(RESUMES_MAX):
        result = stage.run("resume", "--deadline", END_S, json=True)
        if not found_no_network(result):
            break
    return result


def go_on(stage, result):
    """The cause is gone: goes on with what is unfinished, or sends, and all is there once."""
    if result.code != 0:
        unfinished = [run for run in stage.run("runs", json=True, check=0).lines if run.get("state") != "finished"]
        result = resume(stage) if unfinished else result
        there = len(stage.sandbox.posts())
        if not unfinished and there < deliveries_of(stage):
            assert there == 0, (result, there)
            result = stage.send()
            result = resume(stage) if found_no_network(result) else result
        assert result.code == 0 or not unfinished, result
    assert_whole(stage, result)


def begin_again(stage):
    """As it was before anything was sent: the sandbox gives the same ids again after a reset."""
    pristine = stage.workspace.path + ".pristine"
    if not os.path.exists(pristine):
        shutil.copytree(stage.workspace.path, pristine)
    shutil.rmtree(stage.workspace.path)
    shutil.copytree(pristine, stage.workspace.path)
    stage.sandbox.reset()


def send_with(stage, environment, *words):
    """One send in that environment, and the end of it without: the exit code of the first."""
    begin_again(stage)
    result = stage.send(env=environment, json=False)
    if result.code != 0:
        assert_clear(result, *words)
    go_on(stage, result)
    return result.code
