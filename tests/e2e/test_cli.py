"""The command line: exit codes, options, where the workspace is found, what goes to which stream."""
import os
import pty
import re
import subprocess

import pytest
from conftest import WAIT_TIMEOUT_S

# --- exit codes -------------------------------------------------------------------------------------------------
# {workspace}, {plan}, {bad}: an empty workspace, a good plan, a plan that is not valid.
USAGE = [
    ["nothing"], ["--nothing"], ["--json=yes"], ["-Z"], ["check"], ["check", "a", "b"], ["check", "--set", "a=b", "{plan}"],
    ["init", "a", "b"], ["init", "{workspace}"], ["init", "--json=1"],
    ["preview"], ["preview", "{plan}", "alert", "more"], ["preview", "{plan}", "no-such-message"],
    ["preview", "{plan}", "--only", "9999"], ["preview", "{plan}", "--only", "county="], ["preview", "{plan}", "--html"],
    ["send"], ["send", "{plan}", "--dry-run", "--exercise"], ["-C", "{workspace}", "send", "{plan}", "no-such-message"],
    ["-C", "{workspace}", "send", "{plan}", "--dry-run", "--dry-run"], ["send", "{plan}"],
    ["-C", "{workspace}", "send", "{plan}", "--deadline"],
    ["-C", "{workspace}", "resume", "no-such-run"], ["-C", "{workspace}", "resume"], ["resume"],
    ["-C", "{workspace}", "resume", "a", "b"],
    ["-C", "{workspace}", "status"], ["-C", "{workspace}", "status", "no-such-run"], ["status"],
    ["-C", "{workspace}", "runs", "more"], ["runs"],
    ["-C", "{workspace}", "register"], ["-C", "{workspace}", "register", "0301"],
    ["-C", "{workspace}", "register", "0301", "x", "more"], ["-C", "{workspace}", "register", "0301", "x", "--set", "page"],
    ["-C", "{workspace}", "register", "--from"], ["register", "0301", "x"],
    ["-C", "{workspace}", "unregister", "0301"], ["unregister", "0301", "x"],
    ["-C", "{workspace}", "channels", "more"], ["-C", "{workspace}", "channels", "--only", "0301"], ["channels"],
    ["-C", "{workspace}", "audit"], ["-C", "{workspace}", "audit", "burn"], ["-C", "{workspace}", "audit", "verify", "more"],
    ["-C", "{workspace}", "audit", "log", "no-such-run"], ["audit", "log"],
    ["sandbox", "more"], ["sandbox", "--listen", "0.0.0.0:0"], ["sandbox", "--listen", "192.0.2.1:0"],
    ["sandbox", "--listen", "nowhere"], ["sandbox", "--latency", "soon"], ["sandbox", "--faults", "no-such-fault"],
    ["sandbox", "--faults", "slow:colour=red"], ["sandbox", "--seed", "x1"], ["sandbox", "--seed", "-1"],
    ["measure"], ["measure", "no-such-channel"], ["measure", "google-plus"], ["measure", "x", "more"],
    ["render", "{plan}"], ["render", "{plan}", "alert"], ["render", "{plan}", "alert", "--municipality", "0301"],
    ["render", "{plan}", "alert", "--municipality", "0301", "--channel", "no-such-channel"],
    ["render", "{plan}", "no-such-message", "--municipality", "0301", "--channel", "x"],
    ["help", "nothing"], ["help", "check", "more"],
    ["-C", "/no/such/folder", "runs"], ["-C"],
]

INPUT = [
    ["check", "{bad}"], ["check", "/no/such/plan.yaml"], ["check", "/"], ["preview", "{bad}"], ["preview", "{plan}", "--set", "a=b"],
    ["-C", "{workspace}", "send", "{bad}"], ["-C", "{workspace}", "send", "{plan}", "--dry-run"],
    ["-C", "{workspace}", "send", "{plan}", "--set", "a=b", "--dry-run"],
    ["-C", "{workspace}", "register", "--from", "/no/such/file"], ["-C", "{workspace}", "register", "--from", "{bad}"],
    ["-C", "{workspace}", "register", "0301", "x", "--credential-file", "/no/such/file"],
    ["-C", "{workspace}", "register", "0301", "x"], ["-C", "{workspace}", "unregister", "0301", "x"],
    ["sandbox", "--accounts", "/no/such/file"], ["sandbox", "--accounts", "{bad}"],
    ["render", "{bad}", "alert", "--municipality", "0301", "--channel", "x"],
    ["render", "{plan}", "alert", "--municipality", "0301", "--channel", "x", "--set", "a=b"],
]

FINE = [
    [], ["--help"], ["--version"], ["help"], ["help", "check"], ["send", "--help"],
    ["check", "{plan}"], ["preview", "{plan}"], ["preview", "{plan}", "all-clear", "--exercise"],
    ["render", "{plan}", "alert", "--municipality", "0301", "--channel", "x"], ["measure", "x"],
    ["init", "{new}"], ["-C", "{workspace}", "check", "{plan}"],
    ["-C", "{workspace}", "runs"], ["-C", "{workspace}", "channels"], ["-C", "{workspace}", "audit", "log"],
    ["-C", "{workspace}", "audit", "verify"],
]


@pytest.fixture
def fill(workspace, plan, tmp_path):
    bad = tmp_path / "bad.yaml"
    bad.write_text("plan: [\n")
    values = {"workspace": workspace.path, "plan": plan(), "bad": str(bad), "new": str(tmp_path / "new")}
    return lambda words: [word.format(**values) for word in words]


def test_wrong_usage_ends_in_2_and_says_what_is_wrong(crisis, fill):
    for result in crisis.each(map(fill, USAGE)):
        assert result.code == 2, result
        assert result.err.startswith("crisis: ") and result.out == "", result


def test_wrong_input_ends_in_3_and_says_what_is_wrong(crisis, fill):
    for result in crisis.each(map(fill, INPUT)):
        assert result.code == 3, result
        assert "crisis: " in result.err, result


def test_what_is_right_ends_in_0(crisis, fill):
    for result in crisis.each(map(fill, FINE)):
        assert result.code == 0, result
        assert "crisis: " not in result.err, result


def test_with_json_an_error_is_an_object_too(crisis, fill):
    for result in crisis.each(map(fill, USAGE[:7] + INPUT[:3]), json=True):
        assert result.lines[-1]["event"] == "error" and result.lines[-1]["exit"] == result.code, result
        assert result.lines[-1]["message"] and result.lines[-1]["message"] in result.err, result


# --- words and options ------------------------------------------------------------------------------------------
@pytest.mark.parametrize("wrong, right", [("chekc", "check"), ("statsu", "status"), ("regster", "register"), ("Send", "send")])
def test_a_slip_in_a_command_is_understood_but_not_obeyed(crisis, wrong, right):
    for words in ([wrong], ["help", wrong]):
        result = crisis(*words, check=2)
        assert f"unknown command '{wrong}', did you mean '{right}'?" in result.err


@pytest.mark.parametrize("command, wrong, right", [
    ("send", "--dry-rn", "dry-run"), ("send", "--excercise", "exercise"), ("preview", "--onyl=all", "only"),
    ("check", "--jsn", "json"), ("register", "--form", "from")])
def test_a_slip_in_an_option_is_understood_but_not_obeyed(crisis, command, wrong, right):
    result = crisis(command, "plan.yaml", wrong, check=2)
    assert f"unknown option '{wrong}', did you mean '--{right}'?" in result.err
    assert f"crisis help {command}" in result.err


def test_an_unknown_message_names_the_nearest(crisis, plan):
    assert "did you mean 'all-clear'?" in crisis("preview", plan(), "all-cler", check=2).err


def test_options_stand_anywhere_and_take_values_in_both_forms(crisis, plan):
    path = plan(["0301", "4640"])
    wanted = crisis("preview", path, "--only", "4640", "--exercise", json=True, check=0).lines
    assert {line["municipality"] for line in wanted} == {"4640"}
    for words in (["preview", "--only=4640", path, "--exercise"], ["--exercise", "preview", path, "--only=4640"][1:] + ["--exercise"],
                  ["preview", "--exercise", "--only", "4640", "--", path], ["preview", "--exercise", "--only=4640", path, "alert"]):
        assert crisis(*words, json=True, check=0).lines == wanted
    assert crisis("preview", path, "--only", "4640", "--exercise", "--json", check=0).out.count("\n") == len(wanted)


def test_after_two_dashes_nothing_is_an_option(crisis, tmp_path):
    folder = tmp_path / "folder"
    folder.mkdir()
    (folder / "--help").write_text("plan: [\n")
    assert crisis("check", "--", "--help", cwd=folder, check=3).out.startswith("--help:")
    assert "does not take" in crisis("check", "--", "a", "--json", check=2).err


def test_an_empty_value_is_a_value(crisis, plan):
    path = plan(variables={"place": {"default": "elva"}})
    crisis("preview", path, "--set=place=", check=0)
    assert crisis("preview", path, "--set=").code in (2, 3)


def test_an_option_is_given_once_unless_it_may_repeat(crisis, plan):
    assert "--exercise is given twice" in crisis("preview", plan(), "--exercise", "--exercise", check=2).err
    crisis("preview", plan(["0301", "4640"]), "--only", "0301", "--only", "4640", check=0)


def test_version_says_what_is_built_in(crisis):
    out = crisis("--version", check=0).out
    assert re.match(r"crisis \d+\.\d+\.\d+\n", out)
    assert all(name in out for name in ("facebook", "x", "webhook", "sqlite"))


# --- the workspace ----------------------------------------------------------------------------------------------
def test_init_makes_what_the_manual_lists(crisis, tmp_path):
    result = crisis("init", "duty", cwd=tmp_path, check=0)
    folder = tmp_path / "duty"
    assert "duty" in result.out
    assert {"crisis.yaml", "approvers", "keys", "crisis.db", "audit", "public"} <= set(os.listdir(folder))
    assert os.stat(folder / "keys").st_mode & 0o777 == 0o700
    assert all(os.stat(folder / "keys" / name).st_mode & 0o777 == 0o600 for name in os.listdir(folder / "keys"))
    assert os.stat(folder / "crisis.db").st_mode & 0o077 == 0
    entries = crisis("-C", folder, "audit", "log", json=True, check=0).lines
    assert [entry["type"] for entry in entries] == ["init"]


def test_init_in_the_current_folder_and_with_c(crisis, tmp_path):
    here, there = tmp_path / "here", tmp_path / "there"
    here.mkdir()
    crisis("init", cwd=here, check=0)
    crisis("-C", there, "init", check=0)
    for folder in (here, there):
        crisis("-C", folder, "audit", "verify", check=0)


def test_init_leaves_a_workspace_as_it_is(crisis, workspace):
    before = {name: open(workspace.file(name), "rb").read() for name in ("crisis.yaml", "keys/vault.key", "crisis.db")}
    assert "holds a workspace already" in crisis("init", workspace.path, check=2).err
    assert before == {name: open(workspace.file(name), "rb").read() for name in before}


def test_the_workspace_is_named_by_c_then_by_the_environment_then_found_upward(crisis, workspace, accounts, tmp_path):
    workspace.register(accounts(channels=("x",)))
    deep = os.path.join(workspace.path, "plans", "deep")
    os.makedirs(deep)
    other = tmp_path / "other"
    crisis("init", other, check=0)

    def count(*words, **options):
        return len(crisis(*words, "channels", json=True, check=0, **options).lines)

    assert count(cwd=deep) == count(cwd=workspace.path) == 1
    assert count(env={"CRISIS_WORKSPACE": workspace.path}) == 1
    assert count(cwd=deep, env={"CRISIS_WORKSPACE": str(other)}) == 0
    assert count("-C", workspace.path, env={"CRISIS_WORKSPACE": str(other)}) == 1
    assert count("--directory", workspace.path) == count(f"--directory={workspace.path}") == count(f"-C{workspace.path}") == 1
    assert count(cwd=deep, env={"CRISIS_WORKSPACE": ""}) == 1


def test_without_a_workspace_the_way_to_one_is_told(crisis):
    result = crisis("channels", check=2)
    assert "there is no workspace" in result.err and "crisis init" in result.err and "-C" in result.err


def test_a_wrong_configuration_is_told_with_its_place(crisis, workspace):
    text = open(workspace.file("crisis.yaml"), encoding="utf-8").read()
    workspace.write("crisis.yaml", "coordinater: {name: A}\n" + text + "listen: [\n")
    result = workspace.run("channels", check=3)
    assert re.search(r"crisis\.yaml:\d+:\d+: error: ", result.err)
    workspace.write("crisis.yaml", text.replace("store: sqlite", "store: sqlite\nstroe: sqlite\nnetworks: {facebok: {}, "
                                                "x: {endpoint: \"http://api.example\"}}"))
    result = workspace.run("channels", check=3)
    assert "unknown key 'stroe', did you mean 'store'?" in result.err
    assert "there is no channel 'facebok'" in result.err
    assert "https" in result.err


# --- streams ----------------------------------------------------------------------------------------------------
def test_results_go_to_standard_output_and_the_rest_to_standard_error(crisis, workspace, plan):
    path = plan()
    check = crisis("check", path, check=0)
    assert "5 messages, 1 municipality" in check.out and "No workspace is near" in check.err
    assert "No workspace is near" not in crisis("--quiet", "check", path, check=0).err
    assert crisis("-q", "preview", path, check=0).err == ""
    assert workspace.run("runs", check=0).out == ""
    assert "Nothing has been sent" in workspace.run("runs", check=0).err


def test_json_is_one_object_per_line(crisis, workspace, plan, accounts, sandbox):
    chosen = accounts(["0301", "4640"])
    running = sandbox(accounts=chosen)
    workspace.configure(running.url, running.ca)
    workspace.register(chosen)
    path = plan(["0301", "4640"])
    for words in (["check", path], ["preview", path], ["send", path, "--dry-run"], ["send", path, "--exercise", "--yes"],
                  ["send", path, "--yes"], ["status"], ["runs"], ["channels"], ["channels", "--check"], ["audit", "log"],
                  ["audit", "verify"], ["register", "--from", workspace.file("registration.yaml")], ["resume", "nothing"],
                  ["render", path, "alert", "--municipality", "0301", "--channel", "x"],
                  ["unregister", "0301", "webhook"]):
        result = workspace.run(*words, json=True)
        assert result.lines and all(isinstance(line, dict) for line in result.lines), result
    assert [line["state"] for line in workspace.run("status", json=True, check=0).events("delivery")] == ["posted"] * 6
    runs = workspace.run("runs", json=True, check=0).lines
    assert [run["mode"] for run in runs] == ["live", "exercise", "dry-run"]
    stamp = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z")
    assert all(stamp.fullmatch(run["started"]) for run in runs)


def read_terminal(arguments, crisis, **env):
    """What the program writes when standard input, output and error are a terminal."""
    ours, theirs = pty.openpty()
    environment = crisis.environment({"TERM": "xterm", **env})
    process = subprocess.Popen([crisis.binary, *map(str, arguments)], stdin=theirs, stdout=theirs, stderr=theirs,
                               cwd=crisis.folder, env=environment, close_fds=True)
    os.close(theirs)
    written = b""
    while True:
        try:
            some = os.read(ours, 65536)
        except OSError:  # the terminal is gone with its last writer
            break
        if not some:
            break
        written += some
    os.close(ours)
    return process.wait(timeout=WAIT_TIMEOUT_S), written


def test_colour_is_for_terminals_and_can_be_refused(crisis, plan):
    path = plan()
    assert "\033" not in crisis("check", path, check=0).out
    code, written = read_terminal(["check", path], crisis)
    assert code == 0 and b"\033[32m" in written
    assert b"\033" not in read_terminal(["check", path], crisis, NO_COLOR="1")[1]
    assert b"\033" not in read_terminal(["--no-color", "check", path], crisis)[1]
    assert b"\033" in read_terminal(["check", path], crisis, NO_COLOR="")[1]
    for line in read_terminal(["--json", "check", path], crisis)[1].decode().splitlines():
        assert line.startswith("{") or "workspace" in line


def test_a_closed_pipe_is_an_error_and_no_crash(crisis, plan):
    process = subprocess.Popen([crisis.binary, "preview", plan(["0301", "4601"] + [str(n) for n in range(1001, 1200)])],
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=crisis.environment(), cwd=crisis.folder)
    process.stdout.close()
    err = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(timeout=WAIT_TIMEOUT_S) == 1 and "the output could not be written" in err


def test_without_a_terminal_a_send_needs_yes(workspace, plan, accounts, sandbox):
    running = sandbox()
    workspace.configure(running.url, running.ca)
    workspace.register(accounts())
    for words in ([], ["--exercise"]):
        result = workspace.run("send", plan(), *words, input="flom\n", check=2)
        assert "--yes" in result.err
    assert running.posts() == [] and workspace.run("runs", json=True).lines == []


def test_a_plan_that_needs_approvals_ends_in_4(workspace, plan, accounts, sandbox):
    running = sandbox()
    workspace.configure(running.url, running.ca)
    workspace.register(accounts())
    path = plan(approval={"threshold": 1, "approvers": ["kari@dsb.example"]})
    result = workspace.run("send", path, "--yes", json=True, check=4)
    assert result.lines[-1]["exit"] == 4 and running.log() == []
    workspace.run("send", path, "--dry-run", check=0)
