"""Running a program and measuring it; what all cases share."""
import atexit
import contextlib
import os
import resource
import shutil
import socket
import sqlite3
import statistics
import subprocess
import tempfile
import time

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.dirname(os.path.dirname(HERE))
CORES = sorted(os.sched_getaffinity(0))
CLIENT_CORES = CORES[:1]  # what is compared has one core, its server the others
SERVER_CORES = CORES[1:] or CORES


class Failed(Exception):
    """Something did not do what was measured; the figures would mean nothing."""


def prepare():
    """As many connections as the machine allows, here and in what is started from here."""
    _, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))


def scratch():
    """A folder that stays until the end: ext4 looks past each inode that was freed in the last minutes when it makes a file, so
    that who comes after a large deletion pays for it (a tenth of the processor time of a send, once)."""
    folder = tempfile.mkdtemp()
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return contextlib.nullcontext(folder)


def free_port():
    with socket.socket() as sock:
        sock.bind(("127.0.0.1", 0))
        return sock.getsockname()[1]


def run(*command, cores=None, expected=(0,), **options):
    """Runs it to its end: seconds, processor seconds, peak memory in MiB, and what it wrote. `cores`: where it may run."""
    if cores:
        options["preexec_fn"] = lambda: os.sched_setaffinity(0, cores)
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as messages:
        start = time.monotonic()
        process = subprocess.Popen([str(word) for word in command], stdout=out, stderr=messages, **options)
        _, status, used = os.wait4(process.pid, 0)
        wall = time.monotonic() - start
        process.returncode = os.waitstatus_to_exitcode(status)
        out.seek(0)
        messages.seek(0)
        if process.returncode not in expected:
            raise Failed(f"{' '.join(map(str, command))} ended with {process.returncode}:\n{messages.read().decode()[-2000:]}")
        return {"wall_s": round(wall, 3), "cpu_s": round(used.ru_utime + used.ru_stime, 3),
                "peak_mib": round(used.ru_maxrss / 1024, 1)}, out.read().decode()


def start(*command, **options):
    """Starts a server; it ends with this process at the latest."""
    process = subprocess.Popen(command, **options)
    atexit.register(stop, process)
    return process


def stop(process):
    if process.poll() is None:
        process.terminate()
        process.wait(timeout=60)


def posted_ms(workspace):
    """Of the latest run: when each delivery was posted, in milliseconds of Unix time."""
    path = os.path.join(workspace, "crisis.db")
    with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True)) as database:
        rows = database.execute("SELECT done_ms FROM deliveries WHERE state = 'posted' AND run = (SELECT max(row) FROM runs)").fetchall()
    return sorted(ms for ms, in rows)


def size_bytes(folder):
    return sum(os.path.getsize(os.path.join(path, name)) for path, _, names in os.walk(folder) for name in names)


def median(dictionaries):
    return {key: round(statistics.median(one[key] for one in dictionaries), 3) for key in dictionaries[0]}
