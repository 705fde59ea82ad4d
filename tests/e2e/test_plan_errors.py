"""Plans that are wrong: each with its exact file, line and column, exit code 3, everything at once, and quickly.

In the texts below ¤ stands where an error must point to. It is taken out before the plan is written.
"""
import os
import re
import time

import pytest

from conftest import Program

QUICK_S = 2
MARK = "¤"
pytestmark = pytest.mark.alone
HEAD = """plan: flom
title: Flom på Østlandet
issuer: Etat
languages: [nb, nn]
approval: {threshold: 0}
municipalities:
  - {id: "0301", name: Oslo, languages: [nb]}
  - {id: "4640", name: Sogndal, languages: [nn]}
channels: [facebook, x]
"""
MESSAGES = """messages:
  varsel:
    kind: information
    text:
      nb: {short: "{{municipality.name}}: hold deg unna."}
      nn: {short: "{{municipality.name}}: hald deg unna."}
"""
DIRECTORY = """municipalities:
  - {id: "1103", name: Stavanger, county: {id: "11", name: Rogaland}, languages: [nb], groups: [kyst]}
"""
GOOD = HEAD + MESSAGES
X_WORD = "å" * 300
OVER_FACEBOOK = "ord " * 15802  # 63,208 characters


def change(old, new, text=GOOD):
    assert text.count(old) == 1, old
    return text.replace(old, new)


def short(text):
    return change('"{{municipality.name}}: hold deg unna."', '¤"' + text + '"')


CASES = {
    "unknown key": (HEAD + "¤mesages: {}\n" + MESSAGES, ["unknown key 'mesages', did you mean 'messages'?"]),
    "unknown key of a message": (change("    kind", "    ¤knid: alert\n    kind"), ["unknown key 'knid', did you mean 'kind'?"]),
    "unknown kind": (change("information", "¤alarm"), ["unknown kind 'alarm', did you mean 'alert'?"]),
    "unknown message": (change("information", "update\n    follows: ¤varsl"), ["did you mean 'varsel'?"]),
    "unknown language": (GOOD + "      ¤sv: {short: hej}\n", ["the language 'sv' is not among the plan's 'languages'"]),
    "unknown name": (short("Elva {{rivr}}"), ["unknown name 'rivr' in '{{rivr}}'"]),
    "unknown name, near": (change("channels:", "variables: {river: {default: Glomma}}\nchannels:", short("Elva {{rivr}}")),
                           ["did you mean 'river'?"]),
    "section that is not closed": (short("{{#date}}i dag"), ["{{#date}}"]),
    "word too long for x": (short(X_WORD), ["does not fit into a post of 280", "0301 Oslo"]),
    "too long for facebook": (
        change('{short: "{{municipality.name}}: hold deg unna."}',
               '{short: "{{municipality.name}}: hold deg unna.", long: "A"}',
               change("[facebook, x]", "[facebook]")).replace(
                   'short: "{{municipality.name}}: hold deg unna.", long: "A"', f'long: ¤"{OVER_FACEBOOK}"'),
        ["the text for facebook in nb", "over the limit of 63206"]),
    "municipality twice": (change('  - {id: "4640"', '  - ¤{id: "0301"'), ["'0301' is given twice", ":7:5"]),
    "municipality twice, by the directory": (
        change("channels:", '  - {from: directory.yaml, select: [all]}\nchannels:', change('{id: "4640"', '¤{id: "1103"')),
        ["'1103' is given twice", "directory.yaml:2:5"]),
    "nothing selected": (change("channels:", "  - {from: directory.yaml, select: ¤[]}\nchannels:"), ["'select' is empty"]),
    "everything excepted": (change("channels:", '  - ¤{from: directory.yaml, select: [all], except: ["1103"]}\nchannels:'),
                            ["this chooses no municipality"]),
    "selector that matches nothing": (
        change("channels:", '  - {from: directory.yaml, select: ["county=11", ¤"county=12"]}\nchannels:'),
        ["'county=12' matches no municipality"]),
    "exception that matches nothing": (
        change("channels:", '  - {from: directory.yaml, select: ["group=kyst"], except: [¤"0301"]}\nchannels:'),
        ["'0301' matches no municipality"]),
    "selector of an unknown kind": (change("channels:", "  - {from: directory.yaml, select: [¤fylke=11]}\nchannels:"), ["fylke"]),
    "directory that is not there": (change("channels:", "  - {from: ¤elsewhere.yaml, select: [all]}\nchannels:"),
                                    ["cannot read", "elsewhere.yaml"]),
    "anchor that refers to itself": (change("issuer: Etat", "issuer: &a [¤*a]"), ["the anchor '&a' refers to itself"]),
    "alias of nothing": (change("issuer: Etat", "issuer: ¤*b"), ["b"]),
    "duplicate key": (HEAD + "¤title: Noe annet\n" + MESSAGES, ["duplicate key 'title', first given on line 2"]),
    "google-plus": (change("[facebook, x]", "[facebook, ¤google-plus]"), ["Google+", "2 April 2019", "5 July 2023", "facebook"]),
    "unknown channel": (change("[facebook, x]", "[¤fasebook, x]"), ["unknown channel 'fasebook', did you mean 'facebook'?"]),
    "exercise that denies being one": (short("Dette er ikke en øvelse."), ["'ikke en øvelse'", "cannot be sent as an exercise"]),
    "exercise that denies being one, in nynorsk": (
        change('nn: {short: "{{municipality.name}}: hald', 'nn: {short: ¤"Dette er ikkje ei øving. Hald'), ["'ikkje ei øving'"]),
    "exercise that denies being one, shouted": (
        change('"{{municipality.name}}: hold', '¤"DETTE  ER IKKE  EN ØVELSE! Hold'), ["cannot be sent as an exercise"]),
    "text with a bidirectional override": (change("hold deg unna", "hold ¤\u202eunna"), ["U+202E"]),
    "text with a control character": (change("hold deg unna", "hold ¤\x07unna"), ["U+0007"]),
    "expired message": (change("    kind: information", "    kind: information\n    expires: 2020-01-01T00:00:00Z").replace(
        "  varsel:", "  ¤varsel:"), ["message 'varsel' expired at 2020-01-01T00:00:00Z"]),
    "expiry that is none": (change("    kind: information", "    kind: information\n    expires: ¤soon"), ["'soon'", "6h"]),
    "id with capitals": (change("plan: flom", "plan: ¤Flom"), ["the plan id 'Flom'"]),
    "list for a text": (change("title: Flom på Østlandet", "title: ¤[a]"), ["'title'"]),
    "text for a list": (change("[nb, nn]", "¤nb"), ["'languages' must be a list"]),
    "threshold in words": (change("{threshold: 0}", "{threshold: ¤two}"), ["'two' is no whole number"]),
    "list for the plan": ("¤- plan: flom\n", ["the plan must be a map"]),
    "second document": (GOOD + "¤---\nplan: b\n", ["a second document"]),
    "too deep": (change("issuer: Etat", "issuer: " + "[" * 31 + "¤" + "[" * 40 + "]" * 71), ["more than 32 levels"]),
    "name of a built-in": (HEAD + "variables: {¤municipality.name: {default: a}}\n" + MESSAGES, ["built-in"]),
    "default out of its bounds": (HEAD + "variables: {a: {max: 3, default: ¤abcd}}\n" + MESSAGES, ["3"]),
}


@pytest.fixture
def write(tmp_path):
    (tmp_path / "directory.yaml").write_text(DIRECTORY, encoding="utf-8")

    def to(text, name="plan.yaml"):
        path = tmp_path / name
        path.write_bytes(text if isinstance(text, bytes) else text.replace(MARK, "").encode())
        return str(path)

    return to


def places(text):
    """Line and column of each mark."""
    found = []
    for number, line in enumerate(text.split("\n"), 1):
        parts = line.split(MARK)
        found += [(number, len("".join(parts[:i])) + 1) for i in range(1, len(parts))]
    return found


def check(crisis, path, *arguments, code=3):
    begun = time.monotonic()
    result = crisis("check", path, *arguments, json=True, check=code)
    assert time.monotonic() - begun < QUICK_S
    return result, [line for line in result.events("problem") if line["severity"] == "error"]


def test_the_plan_that_the_others_are_made_of_is_good(crisis, write):
    assert check(crisis, write(GOOD), code=0)[1] == []


@pytest.fixture(scope="module")
def checked(tmp_path_factory):
    """Each case's path and how its check ended; they are checked some at a time."""
    folder = tmp_path_factory.mktemp("cases")
    (folder / "directory.yaml").write_text(DIRECTORY, encoding="utf-8")
    paths = []
    for number, (text, _) in enumerate(CASES.values()):
        paths.append(folder / f"plan-{number}.yaml")
        paths[-1].write_bytes(text.replace(MARK, "").encode())
    results = Program(folder).each([["check", path] for path in paths], json=True)
    return dict(zip(CASES, zip(map(str, paths), results)))


@pytest.mark.parametrize("name", CASES)
def test_the_error_is_told_with_its_place(checked, name):
    text, words = CASES[name]
    path, result = checked[name]
    problems = [problem for problem in result.events("problem") if problem["severity"] == "error"]
    assert result.code == 3
    assert [(p["file"], p["line"], p["column"]) for p in problems] == [(path, *place) for place in places(text)], result
    for word in words:
        assert word in problems[0]["message"], result


def test_as_text_a_problem_is_one_line_that_editors_understand(crisis, write):
    path = write(CASES["unknown key"][0])
    result = crisis("check", path, check=3)
    assert result.out == f"{path}:10:1: error: unknown key 'mesages', did you mean 'messages'?\n"


def test_a_plan_that_is_not_utf_8(crisis, write):
    path = write(GOOD.encode().replace("på Østlandet".encode(), b"p\xe5 \xd8stlandet"))
    _, problems = check(crisis, path)
    assert (problems[0]["line"], problems[0]["column"]) == (2, 14) and "0xE5 is not UTF-8" in problems[0]["message"]


def test_a_plan_that_is_too_large(crisis, write):
    result, _ = check(crisis, write(HEAD + "# " + "x" * 10_000_000 + "\n" + MESSAGES))
    assert "larger than 8 MiB" in result.lines[-1]["message"]


def test_a_plan_that_grows_when_it_is_read(crisis, write):
    """Ten lists of ten lists of ten …: the file is small, what it means is not."""
    names = "abcdefgh"
    lines = ["x-0: &a [" + ", ".join(["lol"] * 10) + "]"]
    lines += [f"x-{i}: &{names[i]} [" + ", ".join([f"*{names[i - 1]}"] * 10) + "]" for i in range(1, len(names))]
    result, problems = check(crisis, write(HEAD + "\n".join(lines) + "\n" + MESSAGES))
    assert len(problems) == 1 and "more than 100000 values" in problems[0]["message"], result
    assert problems[0]["line"] == HEAD.count("\n") + 5


@pytest.mark.parametrize("text", ["", "\n\n# nothing\n", "\0\0\0", "\t", "{", "%YAML 9.9\n---\na: b\n", "!!binary aGVp\n", "? {a: b}\n: c\n"])
def test_what_is_no_plan_at_all(crisis, write, text):
    result = crisis("check", write(text), check=3)
    assert result.out.startswith(write(text)) or "plan.yaml" in result.err, result


def test_all_problems_at_once_in_the_order_of_the_file(crisis, write):
    text = change("issuer: Etat", "¤isuer: Etat")
    text = change('  - {id: "4640"', '  - ¤{id: "0301"', text)
    text = change("[facebook, x]", "[facebook, ¤google-plus, ¤fasebook]\n¤mesages: {}", text)
    text = change("kind: information", "kind: ¤alarm\n    ¤colour: red\n    expires: ¤soon", text)
    _, problems = check(crisis, write(text))
    assert [(p["line"], p["column"]) for p in problems] == places(text)
    text = change('"{{municipality.name}}: hold deg unna."', '¤"Dette er ikke en øvelse"')
    text = change('"{{municipality.name}}: hald deg unna."', '¤"' + X_WORD + '"', text)
    _, problems = check(crisis, write(text))
    assert {(p["line"], p["column"]) for p in problems} == set(places(text)), problems


def test_of_very_many_problems_fifty_are_told_and_all_are_counted(crisis, write):
    path = write(HEAD + "".join(f"k{number}: a\n" for number in range(80)) + MESSAGES)
    result, problems = check(crisis, path)
    assert len(problems) == 50 and "80 errors" in result.lines[-1]["message"]
    assert "and 30 more problems" in crisis("check", path, check=3).out


def test_a_required_variable_without_a_value_is_no_fault_of_the_plan_but_of_the_send(crisis, workspace, write, accounts):
    text = change("channels:", "variables: {elv: {required: true, max: 20}}\nchannels:",
                  change("hold deg unna", "hold deg unna {{elv}}"))
    path = write(text)
    check(crisis, path, code=0)
    workspace.register(accounts(["0301"]))
    for words in (["send", path, "--dry-run"], ["render", path, "varsel", "--municipality", "0301", "--channel", "x"]):
        result = workspace.run(*words, check=3)
        assert re.search(r"error: variable 'elv' must be given: --set elv=", result.err), result
        workspace.run(*words, "--set", "elv=Glomma", check=0)


@pytest.mark.parametrize("value", ["for langt for denne variabelen", "a\u202eb", "a\nb", "a\x1bb"])
def test_a_value_out_of_its_bounds_is_refused(crisis, write, value):
    path = write(change("channels:", "variables: {elv: {max: 20}}\nchannels:", change("hold deg unna", "{{elv}}")))
    result = crisis("render", path, "varsel", "--municipality", "0301", "--channel", "x", "--set", f"elv={value}", check=3)
    assert "elv" in result.err and result.out == ""


def test_values_have_types(crisis, write):
    declared = "variables: {lenke: {type: url}, tlf: {type: phone}, nivå-1: {one-of: [gult, rødt]}}\nchannels:"
    path = write(change("channels:", declared.replace("nivå-1", "niva"), change("hold deg unna", "{{lenke}}{{tlf}}{{niva}}")))
    for wrong in ("lenke=javascript:alert(1)", "lenke=www", "tlf=ring meg", "niva=grønt", "farge=rød", "municipality.name=Oslo", "elv"):
        assert crisis("preview", path, "--set", wrong).code in (2, 3), wrong
    result = crisis("preview", path, "--set", "lenke=www", "--set", "tlf=ring meg", "--set", "niva=grønt", check=3)
    assert all(name in result.err for name in ("lenke", "tlf", "niva"))


def test_an_expired_message_is_not_sent(workspace, write, accounts, sandbox):
    running = sandbox()
    workspace.configure(running.url, running.ca)
    workspace.register(accounts(["0301"]))
    path = write(CASES["expired message"][0])
    for mode in (["--dry-run"], ["--exercise", "--yes"], ["--yes"]):
        assert "expired at 2020-01-01T00:00:00Z" in workspace.run("send", path, *mode, check=3).err
    assert running.log() == []


def test_the_plans_that_come_with_the_program_are_good(crisis):
    folder = os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "plans", "norway")
    for name in ("flood", "drinking-water", "drill"):
        result = crisis("check", os.path.join(folder, name + ".yaml"), json=True, check=0)
        assert result.lines[-1]["errors"] == 0
