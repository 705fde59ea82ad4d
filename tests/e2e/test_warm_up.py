"""While the coordinator reads what is about to go out, the hosts are greeted: names, TCP and TLS, no request, no credential.
The run finds the connections that stand, and opens none a second time."""
import contextlib
import os
import signal
import socket
import ssl
import threading

import pytest
import yaml
from approving import KARI, OLA, Approvals
from conftest import SANDBOX_BASE, WAIT_TIMEOUT_S, wait_until
from servers import Authority, Server, reply
from stage import Stage, assert_all_posted
from test_terminal import PROMPT_EXERCISE, PROMPT_LIVE, Terminal

PLACES = [str(7000 + i) for i in range(12)]
QUESTION_OF_CANARIES = "Type yes to send the other "


def at_own_hosts(stage):
    """The receiver of each municipality is a host of its own."""
    port = stage.sandbox.url.rpartition(":")[2]
    for account in stage.accounts:
        own = f"https://{account['municipality']}.sandbox.localhost:{port}"
        account["settings"]["url"] = account["settings"]["url"].replace(SANDBOX_BASE, own)
    stage.workspace.register(stage.accounts)
    return stage


@pytest.fixture
def stage(tmp_path):
    with Stage(tmp_path, places=PLACES, channels=("webhook",)) as made:
        yield made


@pytest.fixture(params=["http2", "http1"])
def opened(request, stage):
    return at_own_hosts(stage.open(*(["--http1"] if request.param == "http1" else []), register=False))


class Opened:
    """How many connections the sandbox has taken since; each look is one itself."""

    def __init__(self, stage):
        self.sandbox, self.looks = stage.sandbox, 0
        self.before = self.sandbox.stats()["connections"]

    def count(self):
        self.looks += 1
        return self.sandbox.stats()["connections"] - self.before - self.looks

    def requests(self):
        self.looks += 1
        return self.sandbox.stats()["requests"]


def ask(stage, *arguments, prompt=PROMPT_LIVE):
    terminal = Terminal(stage, "send", stage.plan, *arguments, environment={"CRISIS_LOG": "http"})
    terminal.wait_for(prompt)
    return terminal


def stand(terminal, connections, count):
    """Waits until so many are there, handshake and all."""
    for _ in range(count):
        terminal.wait_for("speaks HTTP/")
        terminal.text = terminal.text.replace("speaks HTTP/", "", 1)
    assert connections.count() == count


def say_no(terminal):
    terminal.type("no\n")
    assert terminal.end() == 2 and "not confirmed: nothing was sent" in terminal.text, terminal.text


# --- what is greeted, and what comes of it ----------------------------------------------------------------------
def test_the_run_goes_over_the_connections_that_were_opened_while_it_was_read(opened):
    connections = Opened(opened)
    terminal = ask(opened)
    stand(terminal, connections, len(PLACES))
    assert connections.requests() == 0
    terminal.type("flom\n")
    assert terminal.end() == 0, terminal.text
    assert connections.count() == connections.requests() == len(PLACES)
    assert len(assert_all_posted(opened)) == len(PLACES)


def test_an_exercise_greets_its_hosts_and_no_others(opened):
    connections = Opened(opened)
    terminal = ask(opened, "--exercise", "--only", "7001", "--only", "7002", "--only", "7003", "--except", "7002",
                   prompt=PROMPT_EXERCISE)
    stand(terminal, connections, 2)
    terminal.type("flom\n")
    assert terminal.end() == 0, terminal.text
    assert connections.count() == 2 and connections.requests() == 2


def test_canaries_and_the_rest_share_the_connections(opened):
    connections = Opened(opened)
    terminal = ask(opened, "--canary", "7000")
    stand(terminal, connections, len(PLACES))
    terminal.type("flom\n")
    terminal.wait_for(QUESTION_OF_CANARIES)
    assert connections.requests() == 1
    terminal.type("yes\n")
    assert terminal.end() == 0, terminal.text
    assert connections.count() == connections.requests() == len(PLACES)


def test_without_a_question_nothing_is_opened_twice_either(opened):
    connections = Opened(opened)
    assert opened.send().code == 0
    assert connections.count() == connections.requests() == len(PLACES)


# --- what is not greeted ----------------------------------------------------------------------------------------
def test_a_dry_run_greets_nobody(stage):
    at_own_hosts(stage.open(register=False))
    connections = Opened(stage)
    terminal = Terminal(stage, "send", stage.plan, "--dry-run")
    assert terminal.end() == 0, terminal.text
    assert stage.send("--dry-run").code == 0
    assert connections.count() == 0


def test_nobody_is_greeted_where_nobody_can_agree(stage):
    at_own_hosts(stage.open(register=False))
    connections = Opened(stage)
    assert stage.run("send", stage.plan).code == 2
    assert connections.count() == 0


def test_nothing_leaves_before_the_approvals_hold(tmp_path):
    with Approvals(tmp_path, channels=("webhook",)) as stage:
        stage.open()
        connections = Opened(stage)
        stage.approve(KARI, "alert")
        terminal = Terminal(stage, "send", stage.plan, "alert")
        assert terminal.end() == 4, terminal.text
        assert connections.count() == 0
        stage.approve(OLA, "alert")
        terminal = ask(stage, "alert")
        wait_until(lambda: connections.count() == 1)
        say_no(terminal)


def leave_unfinished(stage, *arguments):
    """One municipality's receiver asks to wait, longer than anybody does here."""
    assert stage.send("alert", "--deadline", "1s", *arguments).code == 6


@pytest.fixture
def waited_for(stage):
    """The first municipality's receiver lets nobody in for a while."""
    return at_own_hosts(stage.open(faults=[f"429:municipality={PLACES[0]}:seconds=300"], register=False))


def test_what_has_to_stop_another_message_first_greets_nobody(waited_for):
    """It is chosen, rendered and approved once more, from files that are out of reach once anything has been heard."""
    leave_unfinished(waited_for)
    connections = Opened(waited_for)
    terminal = ask(waited_for, "cancel")
    assert connections.count() == 0
    terminal.type("flom\n")
    assert terminal.end() == 0, terminal.text
    assert connections.count() == len(PLACES) - 1
    assert [run["state"] for run in waited_for.run("runs", json=True).lines] == ["finished", "stopped"]


def test_what_stops_nothing_greets_its_hosts(opened):
    assert opened.send("alert").code == 0
    connections = Opened(opened)
    terminal = ask(opened, "cancel")
    stand(terminal, connections, len(PLACES))
    terminal.type("flom\n")
    assert terminal.end() == 0, terminal.text
    assert connections.count() == len(PLACES)
    connections = Opened(opened)
    terminal = ask(opened, "all-clear", "--only", "7000")
    stand(terminal, connections, 1)
    say_no(terminal)


def test_what_begins_to_go_out_while_its_cancel_is_read_is_stopped_and_the_cancel_asked_for_again(waited_for):
    """The cancel would not know where that one got to."""
    assert waited_for.send("alert", "--except", PLACES[0]).code == 0
    terminal = ask(waited_for, "cancel")
    leave_unfinished(waited_for)
    posted = len(waited_for.sandbox.posts())
    terminal.type("flom\n")
    assert terminal.end() == 1 and "send it again at once" in terminal.text, terminal.text
    assert len(waited_for.sandbox.posts()) == posted == 2 * (len(PLACES) - 1)
    assert [run["state"] for run in waited_for.run("runs", json=True).lines] == ["stopped", "finished"]
    terminal = ask(waited_for, "cancel")
    terminal.type("flom\n")
    assert terminal.end() == 0, terminal.text
    assert len(waited_for.sandbox.posts()) > posted


def test_who_sends_it_while_its_cancel_is_read_is_stopped(waited_for):
    assert waited_for.send("alert", "--except", PLACES[0]).code == 0
    terminal = ask(waited_for, "cancel")
    sender = waited_for.start("alert", json=True)
    wait_until(lambda: waited_for.states() == {"posted": len(PLACES) - 1, "waiting": 1})
    terminal.type("flom\n")
    assert terminal.end() == 1 and "send it again at once" in terminal.text, terminal.text
    sender.communicate(timeout=WAIT_TIMEOUT_S)
    assert sender.returncode == 6
    assert [run["state"] for run in waited_for.run("runs", json=True).lines] == ["stopped", "finished"]


# --- when nothing comes of it -----------------------------------------------------------------------------------
def to_server(stage, url, authority):
    """The first municipality's receiver is there."""
    stage.account(PLACES[0], "webhook")["settings"]["url"] = url + "/hook"
    at_own_hosts(stage)
    config = stage.workspace.config()
    with open(stage.sandbox.ca, encoding="ascii") as own, open(authority.ca, encoding="ascii") as other:
        config["ca-file"] = stage.workspace.write("both.pem", own.read() + other.read())
    stage.workspace.write("crisis.yaml", yaml.safe_dump(config, allow_unicode=True, sort_keys=False))


@pytest.mark.parametrize("how", ["no", "interrupt"])
def test_the_connections_go_when_it_is_not_meant(stage, tmp_path, how):
    authority = Authority(tmp_path / "authority")
    with Server(lambda request: reply(200, {}), tls=authority) as server:
        stage.open(register=False)
        to_server(stage, server.url, authority)
        terminal = ask(stage)
        wait_until(lambda: server.open_count() == 1)
        if how == "no":
            say_no(terminal)
        else:
            os.kill(terminal.pid, signal.SIGINT)
            assert terminal.end() == -signal.SIGINT
        wait_until(lambda: server.open_count() == 0)
        assert server.connections == 1 and server.requests == []
    assert stage.run("runs").out == "" and stage.sandbox.posts() == []


def test_a_host_that_does_not_answer_holds_nothing_up(stage, tmp_path):
    """It takes the connection and says nothing."""
    authority = Authority(tmp_path / "authority")
    with socket.create_server(("127.0.0.1", 0)) as silent:
        stage.open(register=False)
        to_server(stage, f"https://127.0.0.1:{silent.getsockname()[1]}", authority)
        connections = Opened(stage)
        terminal = ask(stage)
        wait_until(lambda: connections.count() == len(PLACES) - 1)
        terminal.type("flom\n")
        wait_until(lambda: stage.states()["posted"] == len(PLACES) - 1)
        stage.run("stop", check=0)
        assert terminal.end() == 6, terminal.text
    states = {event["municipality"]: event["state"] for event in stage.status().events("delivery")}
    assert states.pop(PLACES[0]) == "stopped" and set(states.values()) == {"posted"}, states


class Impatient:
    """A TLS server of HTTP/1.1 that waits for no request: it ends its first connection when told to. The next one is answered."""

    def __init__(self, authority, says_408):
        self.says_408 = says_408
        self.context = authority.context()
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        self.greeted, self.told, self.left = threading.Event(), threading.Event(), threading.Event()
        self.requests = []
        self.thread = threading.Thread(target=self.serve, daemon=True)
        self.thread.start()

    def accept(self):
        plain, _ = self.listener.accept()
        plain.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # what it says is there when it has left
        plain.settimeout(60)
        return self.context.wrap_socket(plain, server_side=True)

    def serve(self):
        with self.accept() as first:
            self.greeted.set()
            self.told.wait(WAIT_TIMEOUT_S)
            if self.says_408:
                first.sendall(b"HTTP/1.1 408 Request Timeout\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
            first.settimeout(0)
            with contextlib.suppress(ssl.SSLWantReadError):
                first.unwrap()  # says that it closes; the other side has not yet
            self.left.set()
            first.settimeout(60)
            try:
                self.requests.append(first.recv(65536))
            except ssl.SSLZeroReturnError:  # the other side has closed it too
                self.requests.append(b"")
        with self.accept() as second:
            self.requests.append(second.recv(65536))
            second.sendall(reply(200, {}))
            second.recv(65536)


@pytest.mark.parametrize("says_408", [False, True], ids=["closed", "408"])
def test_a_connection_that_was_closed_meanwhile_is_replaced_and_nothing_is_in_doubt(stage, tmp_path, says_408):
    """What a server says to a connection on which nothing was asked is no answer to what is asked then."""
    authority = Authority(tmp_path / "authority")
    server = Impatient(authority, says_408)
    stage.open(register=False)
    to_server(stage, server.url, authority)
    terminal = ask(stage)
    assert server.greeted.wait(WAIT_TIMEOUT_S)
    server.told.set()
    assert server.left.wait(WAIT_TIMEOUT_S)
    terminal.type("flom\n")
    assert terminal.end() == 0, terminal.text
    server.thread.join(60)
    server.listener.close()
    assert [request[:5] for request in server.requests] == [b"", b"POST "]
    [delivery] = [event for event in stage.status().events("delivery") if event["municipality"] == PLACES[0]]
    assert (delivery["state"], delivery["attempts"]) == ("posted", 1)
