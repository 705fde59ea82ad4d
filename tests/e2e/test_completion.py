"""What shells complete: `crisis complete`, and bash, zsh and fish with the scripts in completion/."""
import os
import re
import shutil
import statistics
import subprocess
import time

import pytest
from conftest import ROOT, default_municipality
from shells import COMMANDS, Shell
from stage import Stage

FLOOD = os.path.join(ROOT, "plans", "norway", "flood.yaml")
GROUP = "Søre & $(touch x)"
SECRET = "PlantedCompletionSecret"


def fitting(result):
    """The words and what they mean."""
    assert result.err == ""
    return dict(line.split("\t") if "\t" in line else (line, "") for line in result.out.splitlines())


@pytest.fixture
def complete(crisis):
    return lambda *words: fitting(crisis("complete", "--", *words, check=0))


@pytest.fixture(scope="module")
def stage(tmp_path_factory):
    """A workspace that has sent something, and keeps a secret."""
    with Stage(tmp_path_factory.mktemp("completion"), places=("0301", "4601"), channels=("x", "facebook")) as made:
        made.open()
        made.send(check=0)
        made.run("vault", "put", "x-api-key", input=SECRET + "\n", check=0)
        yield made


# --- the program ------------------------------------------------------------------------------------------------
def test_commands_are_those_of_the_help(crisis, complete):
    names = re.findall(r"^  ([a-z]+) ", crisis("help", check=0).out.split("\n\n")[1], re.M)
    assert list(complete("")) == names
    assert set(complete("sta")) == {"status"} and complete("help", "sta") == complete("sta")
    assert complete("--json", "-C", ".", "sta") == complete("sta")


def test_options_are_those_of_the_help(crisis):
    for name in fitting(crisis("complete", "--", "", check=0)):
        told = set(re.findall(r"^  (?:-\w, )?(--[a-z0-9-]+)", crisis("help", name, check=0).out, re.M))
        offered = set(fitting(crisis("complete", "--", name, "-", check=0)))
        assert told <= offered and {"--help", "--json"} <= offered, name


def test_an_option_is_not_offered_twice_unless_it_may_be_given_twice(complete):
    offered = complete("send", "--yes", "--only", "all", "--")
    assert "--yes" not in offered and "--only" in offered
    assert complete("send", "--", "--") == {":plans": ""}


def test_what_stands_in_a_plan_is_offered(complete):
    assert list(complete("send", FLOOD, "")) == ["alert", "update", "correction", "cancel", "all-clear"]
    assert set(complete("send", FLOOD, "--set", "")) == {"level=", "river=", "next=", "phone=", "link="}
    assert set(complete("send", FLOOD, "--set", "level=")) == {"level=2", "level=3", "level=4"}
    assert set(complete("send", FLOOD, "--set=level=")) == {"--set=level=2", "--set=level=3", "--set=level=4"}
    assert set(complete("render", FLOOD, "alert", "--language", "")) == {"nb", "nn", "en"}


def test_selectors_and_municipalities_are_offered_with_their_names(complete):
    everything = complete("send", FLOOD, "--only", "")
    assert {"all", "county=", "group=", "language=", "channel=", "0301", "4601"} <= set(everything)
    assert everything["0301"] == "Oslo" and len(everything) > 300
    assert complete("send", FLOOD, "--only", "county=0") == {"county=03": "Oslo"}
    assert "channel=webhook" in complete("send", FLOOD, "--except", "channel=w")
    assert complete("render", FLOOD, "alert", "--municipality", "460") .keys() == {"4601", "4602"}


def test_a_name_that_is_meant_becomes_the_number(complete):
    assert list(complete("send", FLOOD, "--only", "trondh")) == ["5001"]
    assert complete("send", FLOOD, "--only", "s") == {}


def test_words_of_a_command_are_offered_where_they_fit(complete):
    assert {"log", "verify", "publish", "prove", "check-proof", "check-note"} <= set(complete("audit", ""))
    assert complete("audit", "check-note", "") == {":files": ""}
    assert set(complete("approvers", "")) >= {"add", "remove", "sign", "status"}
    assert complete("doctor", "") == complete("doctor", FLOOD, "") == complete("send", "") == {":plans": ""}
    assert complete("init", "") == {":folders": ""}
    assert set(complete("approve", FLOOD, "--mode", "")) == {"live", "exercise"}
    assert complete("approve", FLOOD, "--mode=l") == {"--mode=live": ""}
    assert "page=" in complete("register", "0301", "facebook", "--set", "")
    assert "facebook" in complete("register", "0301", "") and complete("register", "--from", "") == {":files": ""}


def test_runs_and_accounts_of_the_workspace_are_offered(stage):
    def complete(*words):
        return fitting(stage.program.run("complete", "--", "-C", stage.workspace.path, *words, check=0))

    run = stage.run("runs", json=True, check=0).lines[0]["run"]
    for command in ("status", "report", "watch", "stop"):
        assert list(complete(command, "")) == [run]
    assert complete("status", "")[run].startswith("live, finished, ")
    assert list(complete("audit", "log", "flom.al")) == [run]
    assert set(complete("unregister", "")) == {"0301", "4601"}
    assert set(complete("unregister", "0301", "x", "--label", "")) == {"default"}
    assert list(complete("vault", "remove", "")) == ["x-api-key"]


def test_nothing_is_told_where_nothing_can_be_known(crisis, tmp_path, complete):
    broken = tmp_path / "broken.yaml"
    broken.write_text("plan: [\n", encoding="utf-8")
    for words in (["send", broken, ""], ["send", tmp_path / "missing.yaml", "--only", "46"], ["status", ""],
                  ["-C", tmp_path, "status", ""], ["runs", ""], ["send", FLOOD, "--deadline", ""], ["send", "--nothing="],
                  ["-C"], ["\xff\xfe", "\x1b["]):
        assert complete(*words).keys() <= complete("").keys() if words[0] == "\xff\xfe" else complete(*words) == {}
    assert crisis("complete", check=0).out == ""


def test_what_steers_a_terminal_is_not_offered(crisis, plan, complete):
    place = {"id": "0301", "name": "Oslo", "languages": ["nb"], "groups": ["north\u2028", "$(touch here)"]}
    path = plan([place], languages=("nb",))
    assert all(ord(letter) >= 32 for word in complete("send", path, "--only", "group=") for letter in word)


def test_a_workspace_is_read_and_nothing_else(stage):
    before = sorted(os.listdir(stage.workspace.path))
    traced = stage.program.folder + "/trace"
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    command = ["strace", "-f", "-e", "trace=socket,connect", "-o", traced, stage.program.binary, "complete", "--", "-C",
               stage.workspace.path, "vault", "put", ""]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60,
                                        env=stage.program.environment({"ASAN_OPTIONS": "detect_leaks=0"}))
    assert done.returncode == 0 and done.stdout == "x-api-key\t\n" and SECRET not in done.stdout
    with open(traced, encoding="utf-8") as file:
        assert "socket(" not in file.read()
    assert [name for name in sorted(os.listdir(stage.workspace.path)) if not name.endswith(("-wal", "-shm"))] == [
        name for name in before if not name.endswith(("-wal", "-shm"))]


@pytest.mark.alone
def test_it_is_there_before_a_finger_leaves_the_key(release):
    times = []
    for _ in range(9):
        began = time.monotonic()
        release("complete", "--", "send", FLOOD, "--only", "", check=0)
        times.append(time.monotonic() - began)
    assert statistics.median(times) < 0.5, times


# --- the shells -------------------------------------------------------------------------------------------------
@pytest.fixture(params=COMMANDS)
def shell(request, tmp_path, stage, plan):
    if not shutil.which(request.param):
        pytest.skip(f"{request.param} is not installed")
    shutil.copy(stage.plan, tmp_path / "plan.yaml")
    (tmp_path / "a folder").mkdir()
    shutil.copy(stage.plan, tmp_path / "a folder" / "plan two.yaml")
    (tmp_path / "notes.txt").write_text("", encoding="utf-8")
    plan([{**default_municipality("0301"), "groups": [GROUP]}, "1103"], name="grouped.yaml")
    environment = stage.program.environment({"CRISIS_WORKSPACE": stage.workspace.path})
    made = Shell(request.param, str(tmp_path), stage.program.binary, environment)
    yield made
    made.end()


def test_a_shell_completes_the_line(shell, stage, tmp_path):
    run = stage.run("runs", json=True, check=0).lines[0]["run"]
    assert shell.line("crisis stat") == ["crisis", "status"]
    assert shell.line("crisis status ") == ["crisis", "status", run]
    assert shell.line("crisis report fl") == ["crisis", "report", run]
    assert shell.line("crisis send --exerc") == ["crisis", "send", "--exercise"]
    assert shell.line("crisis approve plan.yaml --mode=l") == ["crisis", "approve", "plan.yaml", "--mode=live"]
    assert shell.line("crisis --json send plan.yaml all") == ["crisis", "--json", "send", "plan.yaml", "all-clear"]
    assert shell.line("crisis send ~/plan.yaml up") == ["crisis", "send", str(tmp_path / "plan.yaml"), "update"]


def test_a_shell_completes_names_of_files(shell):
    assert shell.line("crisis check pl") == ["crisis", "check", "plan.yaml"]
    assert shell.line("crisis seal no") == ["crisis", "seal", "notes.txt"]
    assert shell.line("crisis report --html=no") == ["crisis", "report", "--html=notes.txt"]
    assert shell.line("crisis check 'a folder/pl") == ["crisis", "check", "a folder/plan two.yaml"]
    assert shell.line("crisis send 'a folder/plan two.yaml' corr") == ["crisis", "send", "a folder/plan two.yaml", "correction"]


def test_what_a_plan_says_is_a_word_for_a_shell_and_never_a_command(shell, tmp_path):
    assert shell.line("crisis send grouped.yaml --only group=S") == ["crisis", "send", "grouped.yaml", "--only", f"group={GROUP}"]
    assert not (tmp_path / "x").exists()


def test_a_shell_that_lists_says_what_a_word_means(shell):
    shown = shell.list("crisis send grouped.yaml --only ", "Oslo", "Stavanger", "group=")
    assert re.search(r"0301 +\(?Oslo", shown) and re.search(r"1103 +\(?Stavanger", shown)
