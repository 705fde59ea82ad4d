"""How many connections a send opens: the sandbox counts them. Each host is greeted once, and what comes later goes over the
connections that stand. One that is opened twice is two round trips and the dearest step of all."""
import contextlib
import os
import pathlib
import socket
import struct
import threading

import pytest
from conftest import SANDBOX_BASE, wait_until
from stage import Stage, assert_all_posted

PLACES = [str(7000 + i) for i in range(40)]
MANY_PLACES = [str(1000 + i) for i in range(300)]  # more than one thread greets by itself
LABELS = ("default", "second", "third")
CONNECTIONS_PER_HOST_MAX = 16


def open_with_own_hosts(stage, *arguments, faults=()):
    """A host for each municipality."""
    stage.open(*arguments, register=False, faults=faults)
    port = stage.sandbox.url.rpartition(":")[2]
    for account in stage.accounts:
        if account["channel"] == "webhook":
            own = f"https://{account['municipality']}.sandbox.localhost:{port}"
            account["settings"]["url"] = account["settings"]["url"].replace(SANDBOX_BASE, own)
    stage.workspace.register(stage.accounts)


def opened_by_a_send(folder, *arguments, places=PLACES, channels=("webhook",), labels=LABELS, faults=()):
    with Stage(folder, places=places, channels=channels, labels=labels) as stage:
        open_with_own_hosts(stage, *arguments, faults=faults)
        before = stage.sandbox.stats()["connections"]
        assert stage.send().code == 0
        opened = stage.sandbox.stats()["connections"] - before - 1  # one is of the question itself
        assert len(assert_all_posted(stage)) == len(places) * len(channels) * len(labels)
        return opened


def test_each_host_is_greeted_once_with_http2(tmp_path):
    assert opened_by_a_send(tmp_path) == len(PLACES)


def test_a_host_that_all_share_is_greeted_once_with_http2(tmp_path):
    """Its first answer says that one connection carries many requests."""
    assert opened_by_a_send(tmp_path, channels=("facebook", "x"), labels=("default",)) == 1


def test_a_host_that_takes_a_hundred_requests_on_a_connection_has_few_connections(tmp_path):
    """libcurl opens another for each request that finds no room: 128 for these 640, if there were no ceiling."""
    labels = [f"account-{number}" for number in range(8)]
    opened = opened_by_a_send(tmp_path, "--streams", "100", "--latency", "300ms", channels=("facebook", "x"), labels=labels)
    assert 1 < opened <= CONNECTIONS_PER_HOST_MAX


def test_each_host_is_greeted_once_with_http1(tmp_path):
    assert opened_by_a_send(tmp_path, "--http1", labels=("default",)) == len(PLACES)


def test_no_more_connections_than_requests_at_once_with_http1(tmp_path):
    """Each that is under way needs one."""
    assert len(PLACES) <= opened_by_a_send(tmp_path, "--http1") <= len(PLACES) * len(LABELS)


def test_a_request_that_follows_goes_over_the_connection_that_stands_with_http1(tmp_path):
    """All hosts refuse once: the first request was sent before anything was known of its host, the second when it is."""
    assert opened_by_a_send(tmp_path, "--http1", labels=("default",), faults=[f"503-before:times={len(PLACES)}"]) == len(PLACES)


# --- what a burst takes --------------------------------------------------------------------------------------------
TCP_INFO_DATA_SEGS_IN = struct.Struct("152xI")  # struct tcp_info of linux/tcp.h


class Relay:
    """Passes connections on to a server, and counts the segments with data that came from the clients, as the kernel does."""

    def __init__(self, port):
        self.port, self.segments, self.threads = port, 0, []
        self.listener = socket.create_server(("127.0.0.1", 0))
        self.url = f"https://127.0.0.1:{self.listener.getsockname()[1]}"
        self.begin(self.accept)

    def begin(self, act, *arguments):
        self.threads.append(threading.Thread(target=act, args=arguments))
        self.threads[-1].start()

    def accept(self):
        with contextlib.suppress(OSError):  # it was shut down
            while True:
                client = self.listener.accept()[0]
                server = socket.create_connection(("127.0.0.1", self.port))
                self.begin(self.pass_on, server, client)
                self.begin(self.pass_on_and_count, client, server)

    def pass_on(self, origin, target):
        with contextlib.suppress(OSError):  # the other side may have closed before
            while data := origin.recv(1 << 16):
                target.sendall(data)
            target.shutdown(socket.SHUT_WR)

    def pass_on_and_count(self, client, server):
        self.pass_on(client, server)
        info = client.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, TCP_INFO_DATA_SEGS_IN.size)
        self.segments += TCP_INFO_DATA_SEGS_IN.unpack(info)[0]

    def close(self):
        self.listener.shutdown(socket.SHUT_RDWR)
        for thread in self.threads:
            thread.join()
        self.listener.close()


def test_requests_of_a_burst_share_packets_with_http2(tmp_path):
    """libcurl writes three frames for a request; each in a packet of its own costs both sides more than the rest of it."""
    labels = [f"account-{number}" for number in range(8)]
    with Stage(tmp_path, places=PLACES, channels=("facebook",), labels=labels) as stage:
        stage.open("--latency", "300ms", register=False)
        with contextlib.closing(Relay(int(stage.sandbox.url.rpartition(":")[2]))) as relay:
            stage.workspace.configure(relay.url, stage.sandbox.ca)
            stage.workspace.register(stage.accounts)
            assert stage.send().code == 0
            assert len(assert_all_posted(stage)) == len(PLACES) * len(labels)
        assert relay.segments < 1.3 * len(PLACES) * len(labels)


def test_a_network_that_begins_to_answer_late_gets_more_at_once(tmp_path):
    """While it answers at once, 400 requests are more than enough. Nothing is answered any more after the first few."""
    labels = [f"account-{number}" for number in range(16)]
    with Stage(tmp_path, places=PLACES, channels=("facebook",), labels=labels) as stage:
        stage.open(faults=["hang:on=post:after=20"])
        process = stage.start(json=True)
        wait_until(lambda: stage.sandbox.stats()["requests"] >= len(PLACES) * len(labels))
        assert stage.states()["in-doubt"] == 0  # none has been given up
        process.terminate()
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130, err


# --- more hosts than one thread greets ---------------------------------------------------------------------------
def test_each_of_many_hosts_is_greeted_once_with_http2(tmp_path):
    assert opened_by_a_send(tmp_path, places=MANY_PLACES) == len(MANY_PLACES)


def test_each_of_many_hosts_is_greeted_once_with_http1(tmp_path):
    faults = [f"503-before:times={len(MANY_PLACES)}"]
    assert opened_by_a_send(tmp_path, "--http1", places=MANY_PLACES, labels=("default",), faults=faults) == len(MANY_PLACES)


def threads_of(process):
    return sum(path.read_text() == "crisis-net\n" for path in pathlib.Path(f"/proc/{process.pid}/task").glob("*/comm"))


@pytest.mark.skipif(len(os.sched_getaffinity(0)) < 2, reason="one processor: one thread")
def test_many_hosts_are_greeted_by_threads_which_end_with_the_send(tmp_path):
    with Stage(tmp_path, places=MANY_PLACES, channels=("webhook",)) as stage:
        open_with_own_hosts(stage, faults=["hang"])
        process = stage.start(json=True)
        wait_until(lambda: threads_of(process) > 0 and stage.sandbox.stats()["requests"] >= len(MANY_PLACES))
        process.terminate()
        _, err = process.communicate(timeout=60)
        assert process.returncode == 130, err
        stage.workspace.run("audit", "verify", check=0)
