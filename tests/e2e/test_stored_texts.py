"""What goes out when a run is resumed is what was let through: a hand in the store is noticed."""
from contextlib import closing
import sqlite3

import pytest
from conftest import WAIT_TIMEOUT_S, wait_until
from stage import Stage

CHANGES = {
    "another text": "UPDATE drafts SET parts = replace(parts, 'Hold deg unna', 'Gå ned til')",
    "another headline": "UPDATE drafts SET headline = 'Alt er trygt'",
    "another link": "UPDATE drafts SET link = 'https://evil.example'",
    "another document": "UPDATE drafts SET document = replace(document, 'elva', 'fjellet')",
    "the text of another place": "UPDATE deliveries SET draft = (SELECT max(row) FROM drafts)",
}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """A run that was stopped when one place had got it."""
    with Stage(tmp_path_factory.mktemp("stopped"), places=("0301", "4601"), channels=("facebook", "webhook"), languages=("nb",)) as stage:
        stage.open(faults=["429:channel=facebook:municipality=4601:seconds=60"])
        process = stage.start(json=True)
        wait_until(lambda: len(stage.sandbox.posts()) >= 3)
        stage.run("stop", check=0)
        process.wait(timeout=WAIT_TIMEOUT_S)
        yield stage


def change(stage, *statements):
    with closing(sqlite3.connect(stage.workspace.file("crisis.db"))) as database, database:
        for statement in statements:
            assert database.execute(statement).rowcount > 0


@pytest.mark.parametrize("what", CHANGES)
def test_a_changed_text_is_not_sent(stopped, what):
    run = stopped.run("runs", json=True, check=0).lines[0]["run"]
    with closing(sqlite3.connect(stopped.workspace.file("crisis.db"))) as database, closing(sqlite3.connect(":memory:")) as before:
        database.backup(before)
        change(stopped, CHANGES[what])
        requests = stopped.sandbox.stats()["requests"]
        result = stopped.run("resume", run, json=True)
        verified = stopped.run("audit", "verify", json=True)
        before.backup(database)
    assert result.code == 7 and "with other texts than it has now" in result.events("error")[0]["message"], result
    assert verified.code == 7, verified
    assert stopped.sandbox.stats()["requests"] == requests


def test_what_is_unchanged_goes_on(stopped):
    stopped.run("audit", "verify", check=0)
    run = stopped.run("runs", json=True, check=0).lines[0]["run"]
    stopped.run("resume", run, "--deadline", "1s", check=6)
