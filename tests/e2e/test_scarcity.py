"""When the system has no more of something: memory, each allocation in turn; descriptors, each limit in turn; threads
and whatever else may be refused. A clear error and exit code 1, or it just goes on; nothing lost, nothing twice.

CRISIS_ALLOCATIONS=N tries each N-th allocation of a send (1: each) instead of some."""
import os
import shutil
import subprocess

import pytest
from approving import KARI, OLA, Approvals
from conftest import release_path
from failing import END_S, assert_clear, begin_again, counted, faults, go_on, make_stage, needs_release, \
    send_with
from stage import beside, scenes  # noqa: F401

PARTS = 8
ENOUGH = 32  # descriptors for a send
STEP = int(os.environ.get("CRISIS_ALLOCATIONS") or 97)
ALLOCATIONS = "malloc,calloc,realloc:error=ENOMEM"
# Nearly all allocations of a send are made while the system's authorities are read, a hundred times the same.
NO_AUTHORITIES = "open:path=/etc/ssl/certs/*:error=EACCES"
# A build whose waits are 20 times shorter: what was being sent when the memory was gone is looked up.
QUICK = os.environ.get("CRISIS_TORTURE_BINARY") or os.path.join(os.path.dirname(release_path() or "."), "..", "build-torture", "crisis")

pytestmark = needs_release


# --- memory -----------------------------------------------------------------------------------------------------
def steps(total, step):
    """Each step-th of so many, from the middle of a step on."""
    return range(1 + step // 2, total + 1, step)


def each_of(numbers, try_one):
    """Tries all, and fails with what was wrong with any; {exit code: how often}."""
    codes, wrong = {}, []
    for nth in numbers:
        try:
            code = try_one(nth)
        except (AssertionError, subprocess.TimeoutExpired) as error:
            wrong.append(f"{nth}: {error}")
        else:
            codes[code] = codes.get(code, 0) + 1
    assert not wrong, f"{len(wrong)} of {len(numbers)} went wrong\n" + "\n".join(wrong)[:20000]
    return codes


def small_stage(folder):
    """Two of three have signed, and both deliveries have trouble: a look-up and a repetition."""
    return Approvals(folder, places=("0301",), channels=("x", "webhook"), binary=QUICK)


def send_small(stage, fault):
    """As send_with(). What was not even recorded is mostly not sent then: that would be the first send again."""
    begin_again(stage)
    result = stage.send(env=faults(f"{ALLOCATIONS}:{fault};{NO_AUTHORITIES}"), json=False)
    if result.code != 0:
        assert_clear(result, "memory", "no network")
    is_recorded = stage.run("runs", json=True, check=0).lines
    if is_recorded or fault.endswith("5"):
        go_on(stage, result)
    else:
        assert result.code == 1 and not stage.sandbox.posts(), result
        stage.run("audit", "verify", check=0)
    return result.code


def whole_send(stage):
    """A send from the beginning, to be counted."""
    def run(**options):
        begin_again(stage)
        return stage.send(**options)

    return run


def open_small(stage):
    stage.open(faults=["reset-after:channel=x:times=1", "503-before:channel=webhook:times=1"])
    for name in (KARI, OLA):
        stage.approve(name)
    begin_again(stage)


@pytest.mark.skipif(not os.path.exists(QUICK), reason="no build with short waits is there")
@beside(*range(PARTS))
def test_each_allocation_of_a_send(folder, part):
    with small_stage(folder) as stage:
        open_small(stage)
        total = counted(folder, whole_send(stage), ALLOCATIONS, NO_AUTHORITIES)
        numbers = steps(total, STEP)[part::PARTS]
        codes = each_of(numbers, lambda nth: send_small(stage, f"nth={nth}"))
        assert codes.get(1, 0) >= len(numbers) * 3 // 4, codes


@pytest.mark.skipif(not os.path.exists(QUICK), reason="no build with short waits is there")
@beside()
def test_no_memory_from_some_moment_on(folder):
    with small_stage(folder) as stage:
        open_small(stage)
        total = counted(folder, whole_send(stage), ALLOCATIONS, NO_AUTHORITIES)
        codes = each_of(steps(total, total // 12), lambda nth: send_small(stage, f"from={nth}"))
        assert set(codes) == {1}, codes


@beside()
def test_no_memory_for_the_authorities(folder):
    with make_stage(folder, ("webhook",)) as stage:
        stage.open()
        begin_again(stage)
        total = counted(folder, stage.send, ALLOCATIONS)
        each_of(steps(total, total // 12), lambda nth: send_with(stage, faults(f"{ALLOCATIONS}:nth={nth}"), "memory"))


@beside()
def test_each_allocation_of_a_check(folder):
    with make_stage(folder) as stage:
        stage.open()

        def run(**options):
            return stage.run("check", stage.plan, **options)

        def try_one(nth):
            result = run(env=faults(f"{ALLOCATIONS}:nth={nth}"))
            if result.code != 0:
                assert_clear(result, "memory")
            else:
                assert result.out == plain.out, result
            return result.code

        plain = run(check=0)
        total = counted(folder, run, ALLOCATIONS)
        each_of(steps(total, 331), try_one)
        each_of(range(max(1, total - 200), total + 1), try_one)  # the store is read last


@beside()
def test_each_allocation_of_an_init(folder):
    with make_stage(folder) as stage:
        made = os.path.join(folder, "new")

        def run(**options):
            shutil.rmtree(made, ignore_errors=True)
            return stage.program.run("init", made, **options)

        def try_one(nth):
            result = run(env=faults(f"{ALLOCATIONS}:nth={nth}"))
            if result.code != 0:
                assert_clear(result, "memory")
            else:
                stage.program.run("-C", made, "audit", "verify", check=0)
            return result.code

        each_of(steps(counted(folder, run, ALLOCATIONS), 331), try_one)


# --- descriptors ------------------------------------------------------------------------------------------------
def limited(folder, limit):
    """The program under a limit of the shell's."""
    path = os.path.join(folder, "limited")
    with open(path, "w", encoding="ascii") as file:
        file.write(f'#!/bin/sh\nulimit {limit} && exec {release_path()} "$@"\n')
    os.chmod(path, 0o700)
    return path


def send_limited(stage, limit, *words, deadline=END_S):
    """As send_with(), under that limit."""
    begin_again(stage)
    stage.program.binary = limited(stage.folder, limit)
    try:
        result = stage.send("--deadline", deadline, json=False)
    finally:
        stage.program.binary = release_path()
    if result.code not in (0, 6):  # 6: not all of them left before the deadline
        assert_clear(result, *words)
    go_on(stage, result)
    return result.code


@beside(*range(4))
def test_each_limit_of_descriptors(folder, part):
    """From what the loader needs to what a send needs."""
    with make_stage(folder, ("webhook",)) as stage:
        stage.open()
        codes = {count: send_limited(stage, f"-n {count}", "too many open files", "descriptors", "cannot", "no network",
                                     deadline=END_S if count >= ENOUGH else "2s") for count in range(4 + part, 40, 4)}
        assert all(code == 1 for count, code in codes.items() if count <= 12), codes
        assert all(code == 0 for count, code in codes.items() if count >= ENOUGH), codes


@beside(("socket", "EMFILE"), ("eventfd", "EMFILE"), ("epoll_create1", "EMFILE"), ("epoll_ctl", "ENOMEM"),
        ("pthread_create", "EAGAIN"), ("mmap", "ENOMEM"))
def test_each_thing_that_the_system_may_not_give(folder, case):
    call, error = case
    with make_stage(folder, ("webhook",)) as stage:
        stage.open()
        begin_again(stage)
        calls = counted(folder, stage.send, call)
        codes = [send_with(stage, faults(f"{call}:error={error}:nth={nth}"), "cannot", "no more", "memory")
                 for nth in range(1, min(calls, 24) + 1)]
        assert codes
        assert call == "socket" or 1 in codes, codes  # a socket is tried again


# --- sizes of files ---------------------------------------------------------------------------------------------
@beside(*range(4))
def test_each_limit_of_a_files_size(folder, part):
    """What a quota does, and it comes with a signal that would end the program (SIGXFSZ)."""
    with make_stage(folder, ("webhook",)) as stage:
        stage.open()
        begin_again(stage)
        codes = {size: send_limited(stage, f"-f {size}", "no room", "file too large", "cannot")
                 for size in range(0 + part * 16, 1024, 64)}
        assert 1 in codes.values(), codes
