"""docs/tutorial.md is true: its commands are run as they stand there, in order and in one shell, and print what it says."""
import os
import re
import signal
import subprocess

from conftest import ROOT, assert_no_report, binary_path
from servers import free_port

TUTORIAL = os.path.join(ROOT, "docs", "tutorial.md")
FENCE = re.compile(r"^```(sh build|sh|)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PORT = "8443"
TIMEOUT_S = 400
MARK = "@@ step {} @@"


def steps():
    """(commands, what they print in excerpt) of each step; how it is built is left out."""
    with open(TUTORIAL, encoding="utf-8") as file:
        text = file.read()
    found = []
    assert text.count("\n```") == 2 * len(FENCE.findall(text)), "a fence of another kind"
    for kind, body in FENCE.findall(text):
        if kind == "sh":
            found.append([body, ""])
        elif kind == "":
            assert not found[-1][1], f"two excerpts of one step: {body}"
            found[-1][1] = body
    return found


def pattern(excerpt):
    """The lines of an excerpt, one after the other; … stands for anything in a line, alone for any lines."""
    parts = []
    for line in excerpt.splitlines():
        any_lines = line == "…"
        parts.append(r"(?:.*\n)*?" if any_lines else ".*?".join(map(re.escape, line.split("…"))) + "\n")
    return re.compile("^" + "".join(parts), re.MULTILINE)


def run(script, folder):
    """Standard output and standard error together; what the script leaves running ends with it."""
    programs = folder / "programs"
    programs.mkdir()
    (programs / "crisis").symlink_to(os.path.abspath(binary_path()))
    environment = {"PATH": f"{programs}:{os.environ['PATH']}", "HOME": str(folder), "LC_ALL": "C.UTF-8",
                   **{key: value for key, value in os.environ.items() if key.endswith("SAN_OPTIONS")}}
    with open(folder / "output", "w+", encoding="utf-8") as output:
        shell = subprocess.Popen(["bash", "-c", script], cwd=folder, env=environment, stdin=subprocess.DEVNULL, stdout=output,
                                 stderr=subprocess.STDOUT, start_new_session=True)
        try:
            code = shell.wait(timeout=TIMEOUT_S)
        finally:
            try:
                os.killpg(shell.pid, signal.SIGKILL)
            except ProcessLookupError:
                pass
            shell.wait()
        output.seek(0)
        return code, output.read()


def test_the_tutorial_is_true(tmp_path):
    found, port = steps(), str(free_port())
    script = "set -eu -o pipefail\n" + "".join(
        f"echo '{MARK.format(i)}'\n{commands}" for i, (commands, _) in enumerate(found))
    code, printed = run(script.replace(PORT, port), tmp_path)
    assert_no_report(printed)
    assert code == 0, printed[-4000:]
    for i, (commands, excerpt) in enumerate(found):
        part = printed.split(MARK.format(i) + "\n")[1].split(MARK.format(i + 1) + "\n")[0]
        assert pattern(excerpt.replace(PORT, port)).search(part), (commands, excerpt, part)


def test_it_shows_the_commands_of_a_first_day():
    text = "\n".join(commands for commands, _ in steps())
    for command in ("init", "sandbox", "register", "channels --check", "approvers add", "check", "preview", "approve", "approvals",
                    "doctor", "send", "status", "watch", "runs", "stop", "report", "audit log", "audit verify"):
        assert re.search(rf"^crisis {command}\b", text, re.MULTILINE), command
    assert "ssh-keygen" in text and "--dry-run" in text and "--exercise" in text
