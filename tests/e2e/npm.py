"""Software of npm that tests are held against, at the versions that tests/npm pins.

    folder = packages("text")                  installs the set tests/npm/text once; skips the test where it cannot be had
    node(folder, "script.js", input=lines)     runs a script of tests/npm/text with these packages, returns what it prints
    start_node(folder, "script.js", "word")    starts one and returns its subprocess.Popen, for the test to end

Where a set is installed nothing is fetched any more, and no script of a package is ever run.
"""
import fcntl
import hashlib
import os
import shutil
import subprocess

import pytest

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
SETS = os.path.join(ROOT, "tests", "npm")
INSTALLED = os.path.join(ROOT, "build-dev", "npm")
INSTALL_TIMEOUT_S = 600
RUN_TIMEOUT_S = 120
UNREACHABLE = ("ENOTFOUND", "EAI_AGAIN", "ECONNREFUSED", "ECONNRESET", "ENETUNREACH", "EHOSTUNREACH", "ETIMEDOUT",
               "ERR_SOCKET_TIMEOUT")


def install(folder):
    """Fetches the packages of the set; what else is in the folder stays."""
    done = subprocess.run(["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder, check=False,
                          stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
                          timeout=INSTALL_TIMEOUT_S)
    if done.returncode and any(word in done.stdout for word in UNREACHABLE):
        pytest.skip(f"npm cannot be reached for {os.path.basename(folder)}")
    assert done.returncode == 0, done.stdout


def read(path):
    with open(path, "rb") as file:
        return file.read()


def lay_out(source, folder):
    """Copies the lists and scripts of the set, each at once, for another test may be running one."""
    os.makedirs(folder, exist_ok=True)
    for name in os.listdir(source):
        there = os.path.join(folder, name)
        if not os.path.exists(there) or read(there) != read(os.path.join(source, name)):
            shutil.copyfile(os.path.join(source, name), there + ".new")
            os.replace(there + ".new", there)


def packages(name, finish=None):
    """The folder with the set `name`. `finish(folder)` is what is left to do after the packages are there, once.

    The mark that a set is complete is written last; tests beside each other wait for the one that installs.
    """
    if not shutil.which("npm") or not shutil.which("node"):
        pytest.skip("nodejs and npm are not installed")
    source, folder = os.path.join(SETS, name), os.path.join(INSTALLED, name)
    mark = os.path.join(folder, ".complete")
    os.makedirs(INSTALLED, exist_ok=True)
    with open(folder + ".lock", "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        lay_out(source, folder)
        wanted = hashlib.sha256(read(os.path.join(folder, "package-lock.json"))).hexdigest().encode()
        if not os.path.exists(mark) or read(mark) != wanted:
            install(folder)
            if finish:
                finish(folder)
            with open(mark, "wb") as file:
                file.write(wanted)
    return folder


def node(folder, script, *arguments, input="", timeout=RUN_TIMEOUT_S):
    done = subprocess.run(["node", os.path.join(folder, script), *map(str, arguments)], cwd=folder, input=input, check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=timeout)
    assert done.returncode == 0, done.stderr
    return done.stdout


def start_node(folder, script, *arguments, env=None):
    """Its standard input ends with this process, however that ends; a script that serves ends then too."""
    return subprocess.Popen(["node", os.path.join(folder, script), *map(str, arguments)], cwd=folder,
                            env={**os.environ, **(env or {})}, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                            stderr=subprocess.PIPE, text=True)
