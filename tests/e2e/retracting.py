"""Lets a driver take one post back from a real server, with tests/tools/retract_tool.c: no run is needed for it.

    retract(account, ca, post)      ["retracted", ""], or ["failed", why]
"""
import os
import subprocess

from conftest import assert_no_report, binary_path

TIMEOUT_S = 120


def tool_path():
    folder = os.path.dirname(os.path.realpath(binary_path()))
    candidates = [os.path.join(base, "tests", "tools", "retract_tool") for base in (folder, os.path.dirname(folder))]
    found = next((path for path in candidates if os.path.exists(path)), None)
    assert found, "tests/tools/retract_tool is not built (meson option tests)"
    return found


def retract(account, ca, post):
    lines = [f"setting {name}={value}" for name, value in account["settings"].items()]
    lines += [f"secret {name}={value}" for name, value in account["credential"].items()]
    done = subprocess.run([tool_path(), account["channel"], str(ca)], input="\n".join([*lines, f"post {post}"]) + "\n", check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=TIMEOUT_S)
    assert_no_report(done.stderr)
    assert done.returncode == 0, done.stderr
    return done.stdout.rstrip("\n").split(" ", 1)
