"""`send` on a terminal: what it shows, what it asks, and what it shows meanwhile."""
import os
import pty
import re
import select
import time

import pytest
from approving import PER, Approvals
from conftest import assert_no_report
from stage import Stage

PROMPT_LIVE = "Type the plan's id to publish it LIVE: "
PROMPT_EXERCISE = "Type the plan's id to publish this exercise: "
TIMEOUT_S = 120
END_OF_FILE = b"\x04"
CLEAR = "\033[1A\033[2K"
COLOUR = re.compile(r"\033\[[0-9;]*m")


class Terminal:
    """The program on a terminal of its own: its output and errors both go there."""

    def __init__(self, stage, *arguments, environment=None):
        command = stage.program.command(("-C", stage.workspace.path, *arguments), False)
        environment = stage.program.environment({"TERM": "xterm", **(environment or {})})
        self.pid, self.descriptor = pty.fork()
        if self.pid == 0:
            os.execve(command[0], command, environment)
        self.text = ""
        self.code = None

    def _read(self, deadline):
        left = deadline - time.monotonic()
        assert left > 0, self.text
        if not select.select([self.descriptor], [], [], left)[0]:
            return True
        try:
            data = os.read(self.descriptor, 65536)
        except OSError:  # the other side of a terminal is gone
            return False
        self.text += data.decode("utf-8", "replace")
        return bool(data)

    def wait_for(self, words):
        deadline = time.monotonic() + TIMEOUT_S
        while words not in self.text:
            assert self._read(deadline), self.text

    def type(self, words):
        os.write(self.descriptor, words if isinstance(words, bytes) else words.encode())

    def end(self):
        deadline = time.monotonic() + TIMEOUT_S
        while self._read(deadline):
            pass
        self.code = os.waitstatus_to_exitcode(os.waitpid(self.pid, 0)[1])
        os.close(self.descriptor)
        assert_no_report(self.text)
        return self.code


def test_a_secret_is_not_shown_while_it_is_typed(tmp_path):
    with Stage(tmp_path) as made:
        terminal = Terminal(made, "vault", "put", "x-api-key")
        terminal.wait_for("the secret 'x-api-key': ")
        terminal.type("PlantedTypedSecret\n")
        assert terminal.end() == 0
        assert "PlantedTypedSecret" not in terminal.text and "is in the vault" in terminal.text
        assert [line["name"] for line in made.run("vault", "list", json=True, check=0).lines] == ["x-api-key"]


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path) as made:
        yield made.open(latency="300ms")


def test_it_shows_what_goes_out_and_sends_when_the_id_is_typed(stage):
    terminal = Terminal(stage, "send", stage.plan)
    terminal.wait_for(PROMPT_LIVE)
    shown = COLOUR.sub("", terminal.text)
    assert "LIVE: this is published to the public." in shown
    assert "Message 'alert' of flom (Flom), to 3 municipalities:" in shown
    for channel in ("facebook", "x", "webhook"):
        assert re.search(rf"{channel} +3 deliveries, 3 posts", shown)
    assert "For example, 0301 Oslo on " in shown and "Oslo: Flom. Hold deg unna elva" in shown
    assert "EXERCISE" not in shown
    assert stage.sandbox.posts() == []
    assert stage.run("runs").out == ""
    terminal.type("flom\n")
    assert terminal.end() == 0, terminal.text
    assert len(stage.sandbox.posts()) == 9
    assert "9 of 9 deliveries to 3 municipalities posted" in COLOUR.sub("", terminal.text)


@pytest.mark.parametrize("typed", [b"flo\n", b"\n", b"yes\n", b"FLOM\n", b"flom \n", b" flom\n", b"flomm\n", b"x" * 200 + b"flom\n",
                                   END_OF_FILE, b"flom" + END_OF_FILE * 2],
                         ids=["part", "nothing", "yes", "capitals", "blank-after", "blank-before", "more", "long", "end", "no-line"])
def test_anything_else_sends_nothing(stage, typed):
    terminal = Terminal(stage, "send", stage.plan)
    terminal.wait_for(PROMPT_LIVE)
    terminal.type(typed)
    code = terminal.end()
    if typed.startswith(b"flom" + END_OF_FILE):
        assert code in (0, 2)  # the id, with the end of the input instead of a line's
        return
    assert code == 2 and "not confirmed: nothing was sent" in terminal.text, terminal.text
    assert stage.sandbox.posts() == [] and stage.run("runs").out == ""


def test_an_exercise_asks_in_other_words(stage):
    terminal = Terminal(stage, "send", stage.plan, "--exercise")
    terminal.wait_for(PROMPT_EXERCISE)
    assert "EXERCISE: this is published, every text marked as an exercise." in terminal.text
    assert "LIVE" not in terminal.text
    terminal.type("flom\n")
    assert terminal.end() == 0, terminal.text
    assert "EXERCISE: 9 of 9 deliveries" in terminal.text
    assert len(stage.sandbox.posts()) == 9


def test_who_is_not_reached_is_shown_before(stage):
    stage.write_plan(municipalities=["0301", "5001", "5501"])
    terminal = Terminal(stage, "send", stage.plan)
    terminal.wait_for(PROMPT_LIVE)
    shown = re.sub(r"\s+", " ", COLOUR.sub("", terminal.text))
    assert "2 municipalities have no account here and are not reached on any channel: 5001 Trondheim, 5501 Tromsø" in shown
    terminal.type("\n")
    assert terminal.end() == 2


def test_an_interrupted_question_sends_nothing(stage):
    terminal = Terminal(stage, "send", stage.plan)
    terminal.wait_for(PROMPT_LIVE)
    terminal.type(b"\x03")
    assert terminal.end() in (130, -2), terminal.text
    assert stage.sandbox.posts() == []


def test_yes_asks_nothing(stage):
    terminal = Terminal(stage, "send", stage.plan, "--yes")
    assert terminal.end() == 0 and "Type the plan's id" not in terminal.text


def test_a_line_per_channel_shows_the_progress(tmp_path):
    with Stage(tmp_path) as stage:
        stage.open(latency="100ms", faults=["slow:ms=4000:channel=webhook:municipality=0301"])
        terminal = Terminal(stage, "send", stage.plan, "--yes")
        assert terminal.end() == 0, terminal.text
        for channel in ("facebook", "x", "webhook"):
            assert re.search(rf"{channel} +\d/3 posted", terminal.text), terminal.text
        assert "under way" in terminal.text and "slowest: " + stage.sandbox.url in terminal.text
        assert terminal.text.count(CLEAR) >= 4
        # What stays on the screen is the summary: all progress lines have been taken away.
        last_progress = terminal.text.rindex("/3 posted")
        assert terminal.text.rindex(CLEAR) > last_progress
        assert "9 of 9 deliveries" in terminal.text[last_progress:]


@pytest.mark.parametrize("arguments,environment,coloured", [
    ((), {}, True), (("--no-color",), {}, False), ((), {"NO_COLOR": "1"}, False), ((), {"NO_COLOR": ""}, True),
], ids=["plain", "option", "variable", "empty-variable"])
def test_colour(stage, arguments, environment, coloured):
    terminal = Terminal(stage, *arguments, "send", stage.plan, "--yes", environment=environment)
    assert terminal.end() == 0
    assert bool(COLOUR.search(terminal.text)) == coloured, terminal.text


def test_quiet_shows_no_progress(stage):
    terminal = Terminal(stage, "--quiet", "send", stage.plan, "--yes")
    assert terminal.end() == 0
    assert "under way" not in terminal.text and "9 of 9 deliveries" in terminal.text


def test_json_on_a_terminal_is_json_alone(stage):
    terminal = Terminal(stage, "--json", "send", stage.plan, "--yes")
    assert terminal.end() == 0
    lines = terminal.text.replace("\r", "").splitlines()
    assert len(lines) == 11 and all(line.startswith('{"event":') for line in lines), terminal.text


def test_without_a_terminal_lines_are_plain(stage):
    result = stage.send(json=False, check=0)
    assert "\033" not in result.out + result.err
    assert "9 of 9 deliveries to 3 municipalities posted" in result.out
    assert "LIVE: alert of flom, 9 deliveries to 3 municipalities" in result.err


# --- what cannot be undone --------------------------------------------------------------------------------------
def ask(stage, words, question, typed):
    """What it said before the question, without colours; its exit code."""
    terminal = Terminal(stage, *words)
    terminal.wait_for(question)
    shown = COLOUR.sub("", terminal.text)
    terminal.type(typed + "\n")
    return terminal.end(), " ".join(shown.split()), terminal.text


@pytest.mark.parametrize(("words", "word", "said", "entry"), [
    (("unregister", "0301", "x"), "0301", "The account 'default' of 0301 on x is removed and its credential destroyed", "unregistered"),
    (("vault", "rotate"), "rotate", "Every credential is sealed under a new key", "vault-rotated"),
    (("vault", "remove", "x-api-key"), "x-api-key", "The secret 'x-api-key' is removed from the vault and destroyed", "secret-removed"),
    (("invite", "--withdraw", "0301"), "withdraw", "1 open invitation is made void, the first of 0301", "invite-withdrawn"),
], ids=["unregister", "rotate", "remove", "withdraw"])
def test_what_destroys_something_says_so_and_asks(tmp_path, words, word, said, entry):
    with Stage(tmp_path) as stage:
        stage.workspace.register(stage.accounts)
        stage.run("vault", "put", "x-api-key", input="PlantedSecret\n", check=0)
        stage.run("invite", "0301", check=0)
        question = f"Type {word} to go on: "
        for typed in ("yes", "", word.upper() + "x"):
            code, shown, text = ask(stage, words, question, typed)
            assert code == 2 and said in shown and "not confirmed: nothing was changed" in text
        assert entry not in [e["type"] for e in stage.audit()]
        assert ask(stage, words, question, word)[0] == 0
        assert [e["actor"] for e in stage.audit() if e["type"] == entry] == ["coordinator"]


def test_yes_asks_nothing_on_a_terminal(tmp_path):
    with Stage(tmp_path) as stage:
        stage.workspace.register(stage.accounts)
        terminal = Terminal(stage, "unregister", "0301", "x", "--yes")
        assert terminal.end() == 0 and "Type" not in terminal.text
        # What is not there is not asked about.
        terminal = Terminal(stage, "unregister", "0301", "x")
        assert terminal.end() == 3 and "Type" not in terminal.text


def test_an_approver_is_taken_off_the_list_by_name(tmp_path):
    with Approvals(tmp_path) as stage:
        stage.open()
        stage.run("approvers", "status", check=0)  # the list is in force from now on
        question = f"Type {PER} to go on: "
        code, shown, _ = ask(stage, ("approvers", "remove", PER), question, "per")
        assert code == 2 and f"{PER} is taken off the list of who may approve" in shown
        assert not os.path.exists(stage.workspace.file("approvers.next"))
        assert ask(stage, ("approvers", "remove", PER), question, PER)[0] == 0
        assert os.path.exists(stage.workspace.file("approvers.next"))
