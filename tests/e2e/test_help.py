"""`crisis help`, the manual pages and the commands themselves say the same."""
import os
import re
import shutil
import subprocess

import pytest

from conftest import Program, ROOT

MAN = os.path.join(ROOT, "docs", "man")
GLOBAL = {"-C", "--directory", "--json", "--quiet", "-q", "--no-color", "--help", "-h", "--version"}
HELP_WIDTH = 80


def page(name):
    with open(os.path.join(MAN, name), encoding="utf-8") as file:
        return file.read()


def pages():
    return sorted(os.listdir(MAN))


def commands_of(crisis):
    out = crisis("help", check=0).out
    return re.findall(r"^  ([a-z]+) ", out.split("\n\n")[1], re.M)


def options_of_help(text):
    """Option and its value, from lines such as `  -C, --directory DIR     …`."""
    found = {}
    for line in text.split("\n"):
        match = re.match(r"  (?:(-\w), )?(--[a-z0-9-]+)(?: ([^ ]+))?( …)?(?:  |$)", line)
        if match:
            found[match[2]] = bool(match[3])
            if match[1]:
                found[match[1]] = bool(match[3])
    return found


def options_of_page(text):
    """The options in `.It Fl …` of a page, and whether they take a value."""
    found = {}
    for line in re.findall(r"^\.It Fl (.*)$", text, re.M):
        for part in line.split(", "):
            words = part.removeprefix("Fl ").split()
            name = "-" + words[0]
            found[name] = "Ar" in words
    return found


def synopsis(text):
    return text[text.index(".Sh SYNOPSIS"):text.index(".Sh DESCRIPTION")]


@pytest.fixture(scope="module")
def helps(tmp_path_factory):
    """What `help NAME` prints, by name."""
    program = Program(tmp_path_factory.mktemp("help"))
    names = commands_of(program)
    return {name: result.out for name, result in zip(names, program.each([["help", name] for name in names], check=0))}


@pytest.fixture
def names(helps):
    return list(helps)


def test_each_command_has_a_page_and_each_page_a_command(names):
    assert {f"crisis-{name}.1" for name in names if name != "help"} | {"crisis.1", "crisis-plan.5", "crisis.yaml.5"} == set(pages())
    assert re.findall(r"^\.It Cm (\S+)", page("crisis.1").split("The commands are")[1].split(".El")[0], re.M) == names


def test_the_options_of_help_are_those_of_the_page(helps):
    for name, text in helps.items():
        if name == "help":
            continue
        told = options_of_help(text)
        assert told == options_of_page(page(f"crisis-{name}.1")), name
        in_synopsis = {"-" + option for option in re.findall(r"Fl (-[a-z0-9-]+)", synopsis(page(f"crisis-{name}.1")))}
        assert in_synopsis == set(told), name


def test_the_global_options_of_help_are_those_of_the_page(crisis):
    told = options_of_help(crisis("help", check=0).out)
    assert set(told) == GLOBAL
    assert told == options_of_page(page("crisis.1"))


def test_a_page_names_no_option_that_is_not_there(helps):
    known = GLOBAL.union(*map(options_of_help, helps.values()))
    for name in pages():
        mentioned = {"-" + option for option in re.findall(r"\bFl (-[a-z]+[a-z0-9-]*)", page(name))}
        assert mentioned <= known, (name, mentioned - known)


def test_every_option_of_help_is_taken(crisis, helps):
    commands, count = [], 0
    for name, text in helps.items():
        options = options_of_help(text)
        words = [word for option, takes_value in options.items() for word in ([option, "1"] if takes_value else [option])]
        commands.append([name, *words, "--help"])
        count += len(options)
    assert count > 25
    crisis.each(commands, check=0)


def test_help_and_help_option_say_the_same(crisis, helps):
    for name in ("send", "sandbox", "help"):
        assert helps[name] == crisis(name, "--help", check=0).out == crisis(name, "-h", check=0).out
    assert crisis("help", check=0).out == crisis("--help", check=0).out == crisis(check=0).out


def test_help_is_laid_out_in_columns(crisis, helps):
    for text in [crisis("help", check=0).out, *helps.values()]:
        for line in text.split("\n"):
            assert len(line) <= 100 and line == line.rstrip(), line
            if re.match(r"  (-\w, )?--", line):
                assert len(line) <= HELP_WIDTH and re.match(r"  .{22}  \S|  \S.{22,}$|.{25} \S", line), line


def test_the_kinds_of_faults_are_in_help_and_page(crisis, helps):
    table = helps["sandbox"].split("kinds of faults")[1]
    kinds = re.findall(r"^  ([a-z0-9-]+) ", table, re.M)
    faults = page("crisis-sandbox.1").split(".Sh FAULTS")[1].split(".Sh ")[0]
    assert len(kinds) > 20 and kinds == re.findall(r"^\.It Cm (\S+)", faults, re.M)
    assert all(result.code == 2 and "unknown fault" not in result.err for result in crisis.each(
        [["sandbox", "--faults", kind, "--listen", "nowhere"] for kind in kinds[:6]]))


def test_the_exit_codes_of_the_page_are_those_of_the_program():
    codes = re.findall(r"^\.It (\d+)", page("crisis.1").split(".Sh EXIT STATUS")[1], re.M)
    assert codes == ["0", "1", "2", "3", "4", "5", "6", "7", "130"]
    for name in pages():
        if name.endswith(".1"):
            assert set(re.findall(r"^\.It (\d+)", page(name).split(".Sh EXIT STATUS")[1].split(".Sh ")[0], re.M)) <= set(codes)


def test_the_plan_of_the_manual_is_a_plan(crisis, tmp_path):
    text = page("crisis-plan.5").split(".Bd -literal\n")[1].split("\n.Ed")[0]
    path = tmp_path / "plan.yaml"
    path.write_text(text + "\n", encoding="utf-8")
    result = crisis("check", path, json=True, check=0)
    assert result.lines[-1]["errors"] == 0


def test_the_configuration_of_the_manual_is_one(workspace, tmp_path):
    text = page("crisis.yaml.5").split(".Bd -literal -offset indent\n")[1].split("\n.Ed")[0]
    workspace.write("crisis.yaml", text + "\n")
    workspace.run("runs", check=0)


def test_the_registration_of_the_manual_is_one(workspace):
    text = page("crisis-register.1").split(".Sh REGISTRATION FILES")[1].split(".Bd -literal -offset indent\n")[1].split("\n.Ed")[0]
    path = workspace.write("manual.yaml", text.replace("whsec_...", "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw") + "\n")
    workspace.run("register", "--from", path, check=0)


def test_the_pages_are_well_formed():
    if not shutil.which("mandoc"):
        pytest.skip("mandoc is not installed")
    paths = [os.path.join(MAN, name) for name in pages()]
    done = subprocess.run(["mandoc", "-Tlint", "-Wwarning", *paths], capture_output=True, text=True, timeout=60)
    assert done.returncode == 0 and done.stdout == ""
