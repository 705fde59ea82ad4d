"""A workspace with its accounts, plan and network, whole in a folder of its own; and tests that run beside
each other, since they mostly wait: for a pause before a look-up, or for a time-out.

    @beside(*cases)
    def test_x(folder, case): …       all such tests of a module begin when the first of them is asked for
"""
import collections
import concurrent.futures
import contextlib
import functools
import json
import os
import random
import signal

import pytest
import yaml
from conftest import WAIT_TIMEOUT_S, Program, Result, Sandbox, Workspace, assert_no_report, copy_empty_workspace, make_account, make_plan, \
    wait_until

THREADS = 8
PLACES = ("0301", "4601", "4640")
CHANNELS = ("facebook", "x", "webhook")


class Stage:
    """`stage.send()` sends the plan's first message; `stage.run()` runs any command in the workspace."""

    def __init__(self, folder, places=PLACES, channels=CHANNELS, labels=("default",), form="oauth2", binary=None, **plan):
        self.folder = str(folder)
        os.makedirs(self.folder, exist_ok=True)
        self.program = Program(self.folder, binary)
        self.workspace = Workspace(os.path.join(self.folder, "workspace"), self.program)
        self.sandboxes = []
        source = random.Random(7)
        self.accounts = [make_account(source, place, channel, label, form)
                         for place in places for channel in channels for label in labels]
        copy_empty_workspace(self.workspace.path)
        self.write_plan(municipalities=places, **plan)

    def __enter__(self):
        return self

    def __exit__(self, kind, *_):
        with contextlib.suppress(Exception) if kind else contextlib.nullcontext():
            for sandbox in self.sandboxes:
                if sandbox.process.poll() is None:
                    sandbox.stop()
        self.program.end()

    def write_plan(self, **plan):
        self.plan = os.path.join(self.folder, "plan.yaml")
        with open(self.plan, "w", encoding="utf-8") as file:
            yaml.safe_dump(make_plan(**plan), file, allow_unicode=True, sort_keys=False, width=1000)

    @property
    def sandbox(self):
        return self.sandboxes[-1]

    def open(self, *arguments, faults=(), latency=None, register=True):
        """Starts a sandbox that knows the accounts, and points the workspace at it."""
        path = os.path.join(self.folder, "accounts.json")
        with open(path, "w", encoding="utf-8") as file:
            json.dump(self.accounts, file, ensure_ascii=False)
        arguments += ("--accounts", path)
        for fault in faults:
            arguments += ("--faults", fault)
        if latency:
            arguments += ("--latency", latency)
        folder = os.path.join(self.folder, "sandbox")
        self.sandboxes.append(Sandbox(self.program, folder, arguments))
        self.workspace.configure(self.sandbox.url, self.sandbox.ca)
        if register:
            self.workspace.register(self.accounts)
        return self

    def run(self, *arguments, **options):
        return self.workspace.run(*arguments, **options)

    def send(self, *arguments, json=True, **options):
        return self.workspace.run("send", self.plan, *arguments, "--yes", json=json, **options)

    def send_until(self, condition, *arguments, **options):
        """Sends, and interrupts it when the condition holds: what is under way then is still answered. How it ended."""
        process = self.start(*arguments, json=True, **options)
        with concurrent.futures.ThreadPoolExecutor(1) as pool:
            ended = pool.submit(process.communicate)
            try:
                wait_until(lambda: ended.done() or condition())
                process.send_signal(signal.SIGINT)
                out, err = ended.result(WAIT_TIMEOUT_S)
            finally:
                if not ended.done():
                    process.kill()
        assert_no_report(err)
        return Result(arguments, process.returncode, out, err, True)

    def start(self, *arguments, **options):
        return self.workspace.start("send", self.plan, *arguments, "--yes", **options)

    def status(self, *arguments):
        return self.workspace.run("status", *arguments, json=True, check=0)

    def states(self):
        """How many deliveries are in each state; nothing before there is a run."""
        return collections.Counter(delivery["state"] for delivery in self.run("status", json=True).events("delivery"))

    def account(self, municipality, channel, label="default"):
        return next(a for a in self.accounts
                    if (a["municipality"], a["channel"], a["label"]) == (municipality, channel, label))

    def audit(self):
        return self.workspace.run("audit", "log", json=True, check=0).lines


def copies(posts):
    """How often each thing was published: a webhook by its id, else by account and text."""
    return collections.Counter(
        (p["channel"], p["municipality"], p["account"], p["id"] if p["channel"] == "webhook" else p["text"])
        for p in posts if not p["deleted"])


def assert_nothing_twice(stage):
    counted = copies(stage.sandbox.posts())
    assert all(count == 1 for count in counted.values()), [c for c in counted.items() if c[1] > 1]
    return counted


def assert_all_posted(stage, result=None):
    """Each delivery is posted, is at the sandbox under the ids that we believe, and nothing else is there."""
    status = stage.status()
    deliveries = status.events("delivery")
    assert deliveries and all(d["state"] == "posted" for d in deliveries), (deliveries, result)
    believed = [(d["channel"], d["municipality"], d["account"], p["id"]) for d in deliveries for p in d["posts"]]
    there = [(p["channel"], p["municipality"], p["account"], p["id"]) for p in stage.sandbox.posts() if not p["deleted"]]
    assert sorted(believed) == sorted(there)
    assert_nothing_twice(stage)
    return deliveries


def by_state(result):
    """The last word of the events on each delivery: {(municipality, channel, account, language): event}."""
    return {(e["municipality"], e["channel"], e["account"], e["language"]): e for e in result.events("delivery")}


# --- tests beside each other ------------------------------------------------------------------------------------
def beside(*cases):
    """Makes a test of function(folder) or, with cases, of function(folder, case)."""

    def decorate(function):
        if cases:
            @pytest.mark.parametrize("case", cases, ids=str)
            def test(scenes, request, case):
                scenes[request.node.nodeid].result()
        else:
            def test(scenes, request):
                scenes[request.node.nodeid].result()
        functools.update_wrapper(test, function, assigned=("__name__", "__doc__", "__module__"), updated=())
        del test.__wrapped__  # pytest looks at the arguments of what is wrapped
        test.scene = function
        return test

    return decorate


@pytest.fixture(scope="module")
def scenes(request, tmp_path_factory):
    """The chosen tests of this module, all under way."""
    pool = concurrent.futures.ThreadPoolExecutor(THREADS)
    running = {}
    for item in request.session.items:
        scene = getattr(getattr(item, "function", None), "scene", None)
        if item.module is not request.module or not scene:
            continue
        folder = tmp_path_factory.mktemp(scene.__name__[5:25])
        arguments = [item.callspec.params["case"]] if hasattr(item, "callspec") else []
        running[item.nodeid] = pool.submit(scene, str(folder), *arguments)
    yield running
    pool.shutdown(cancel_futures=True)
