"""Secrets of the coordinator's apps: kept in the vault, named in crisis.yaml, used while a request is built."""
import base64
import json
import os
import pathlib
import sqlite3

import pytest
import yaml
from conftest import wait_until
from servers import Authority, Server, reply
from stage import Stage, assert_all_posted, beside, scenes  # noqa: F401

APP_SECRET = "PlantedAppSecret0123456789abcdef"
API_KEY = "PlantedApiKey0123456789"
API_SECRET = "PlantedApiSecret0123456789abcdefghij"
PLANTED = (APP_SECRET, API_KEY, API_SECRET)
NAMES = {"facebook-app-secret": APP_SECRET, "x-api-key": API_KEY, "x-api-secret": API_SECRET}
FACEBOOK = {"app-id": "1234567890", "app-secret": {"vault": "facebook-app-secret"}}
X = {"api-key": {"vault": "x-api-key"}, "api-secret": {"vault": "x-api-secret"}}


def put(place, name, value, **options):
    return place.run("vault", "put", name, input=value + "\n", **{"check": 0, **options})


def put_all(stage):
    for name, value in NAMES.items():
        put(stage, name, value)


def make_app_stage(folder, channels=("facebook", "x"), **plan):
    """Accounts without the secrets of the app, at a sandbox that knows these too and wants them."""
    stage = Stage(folder, places=("0301",), channels=channels, form="oauth1", **plan)
    for account in stage.accounts:
        if account["channel"] == "x":
            account["credential"].update({"api-key": API_KEY, "api-secret": API_SECRET})
        else:
            account["credential"]["app-secret"] = APP_SECRET
    return stage


def open_app_stage(stage, **options):
    stage.open(register=False, **options)
    config = stage.workspace.config()
    config["networks"]["facebook"].update(FACEBOOK)
    config["networks"]["x"].update(X)
    stage.workspace.write("crisis.yaml", yaml.safe_dump(config, sort_keys=False))
    stage.workspace.register([{**account, "credential": {name: value for name, value in account["credential"].items()
                                                         if value not in PLANTED}} for account in stage.accounts])
    os.unlink(stage.workspace.file("registration.yaml"))
    return stage


def assert_hidden(stage, *results):
    for result in results:
        assert not any(secret in result.out + result.err for secret in PLANTED), result
    for folder, folders, files in os.walk(stage.workspace.path):
        for name in files:
            data = pathlib.Path(folder, name).read_bytes()
            assert not any(secret.encode() in data for secret in PLANTED), name


# --- the vault --------------------------------------------------------------------------------------------------
def test_a_secret_is_put_listed_and_removed(workspace):
    workspace.configure("https://127.0.0.1:1", "ca.pem", networks={"facebook": FACEBOOK, "x": X})
    path = workspace.write("secret", APP_SECRET + "\r\n")
    stored = workspace.run("vault", "put", "facebook-app-secret", "--file", path, json=True, check=0)
    os.unlink(path)
    assert stored.lines == [{"event": "secret-stored", "name": "facebook-app-secret"}]
    told = put(workspace, "x-api-key", API_KEY)
    assert "api-key of x" in told.err
    unused = put(workspace, "unused", API_SECRET)
    assert "{vault: unused}" in unused.err

    listed = workspace.run("vault", "list", json=True, check=0)
    by_name = {line["name"]: line for line in listed.lines}
    assert sorted(by_name) == ["facebook-app-secret", "unused", "x-api-key", "x-api-secret"]
    assert by_name["facebook-app-secret"]["uses"] == [{"channel": "facebook", "setting": "app-secret"}]
    assert by_name["unused"]["uses"] == [] and by_name["unused"]["stored"]
    assert by_name["x-api-secret"]["missing"] and "stored" not in by_name["x-api-secret"]
    assert not by_name["x-api-key"]["missing"]
    text = workspace.run("vault", "list", check=0)
    assert [line.split()[0] for line in text.out.splitlines()] == ["facebook-app-secret", "unused", "x-api-key", "x-api-secret"]
    assert "not in the vault" in text.out.splitlines()[-1]

    removed = workspace.run("vault", "remove", "facebook-app-secret", check=0)
    assert "app-secret of facebook" in removed.err
    again = workspace.run("vault", "remove", "facebook-app-secret", check=3)
    assert "crisis vault list" in again.err
    entries = [e for e in workspace.run("audit", "log", json=True, check=0).lines if e["type"].startswith("secret-")]
    assert [(e["type"], e["secret"]) for e in entries] == [
        ("secret-stored", "facebook-app-secret"), ("secret-stored", "x-api-key"), ("secret-stored", "unused"),
        ("secret-removed", "facebook-app-secret")]
    workspace.run("audit", "verify", check=0)
    for result in (stored, told, unused, listed, text, removed):
        assert not any(secret in result.out + result.err for secret in PLANTED)


def sealed(workspace):
    with sqlite3.connect(f"file:{workspace.file('crisis.db')}?mode=ro", uri=True) as database:
        return [row[0] for row in database.execute("SELECT sealed FROM secrets ORDER BY name")]


def files(workspace):
    return b"".join(pathlib.Path(workspace.file("crisis.db" + end)).read_bytes() for end in ("", "-wal")
                    if os.path.exists(workspace.file("crisis.db" + end)))


def test_what_is_replaced_or_removed_is_destroyed(workspace):
    put(workspace, "a", APP_SECRET)
    put(workspace, "b", APP_SECRET)
    before = sealed(workspace)
    assert len(set(before)) == 2 and all(one in files(workspace) for one in before)
    put(workspace, "a", API_SECRET)
    workspace.run("vault", "remove", "b", check=0)
    left = files(workspace)
    for one in before:
        assert not any(one[i:i + 16] in left for i in range(0, len(one) - 16, 8))
    assert sealed(workspace)[0] in left


@pytest.mark.parametrize("value, words", [("", "is empty"), ("two words", "holds a space"), ("a\nb", "holds a space"),
                                          ("\u00e6", "holds a space"), ("x" * 4097, "larger than 4096 bytes")],
                         ids=["empty", "space", "lines", "not-ascii", "large"])
def test_what_is_no_secret_is_refused(workspace, value, words):
    result = put(workspace, "a", value, check=3)
    assert words in result.err and (len(value) < 3 or value not in result.err)
    assert workspace.run("vault", "list", json=True, check=0).lines == []


@pytest.mark.parametrize("arguments", [("put",), ("put", "A b"), ("put", "-a"), ("put", "a", "b"), ("list", "a"), ("remove",),
                                       ("rotate", "--file", "x"), ("rotate", "a"), ("show", "a")], ids=" ".join)
def test_wrong_usage(workspace, arguments):
    workspace.run("vault", *arguments, input=API_KEY, check=2)


def test_a_secret_never_stands_on_the_command_line(workspace):
    assert API_KEY not in put(workspace, "a", "", check=3).err
    workspace.run("vault", "put", "a", API_KEY, check=2)


# --- what goes out ----------------------------------------------------------------------------------------------
@beside()
def test_networks_get_what_the_app_owes_them(folder):
    """Facebook a proof of the app secret, X signatures with the app's key, also after a rotation."""
    with make_app_stage(folder) as stage:
        open_app_stage(stage)
        put_all(stage)
        checked = stage.run("channels", "--check", json=True, env={"CRISIS_LOG": "debug"}, check=0)
        assert [line["result"] for line in checked.lines] == ["ok", "ok"]
        dry = stage.send("--dry-run", env={"CRISIS_LOG": "debug"}, check=0)
        rotated = stage.run("vault", "rotate", json=True, check=0)
        assert rotated.lines == [{"event": "vault-rotated", "credentials": 5}]
        sent = stage.send(env={"CRISIS_LOG": "debug"}, check=0)
        assert len(assert_all_posted(stage, sent)) == 2
        assert_hidden(stage, checked, dry, rotated, sent, stage.run("audit", "log"), stage.run("status"))


@beside(*NAMES)
def test_a_wrong_secret_is_refused_by_the_network(folder, case):
    """So the right one was there in the other test: the sandbox checks proof and signature."""
    with make_app_stage(folder) as stage:
        open_app_stage(stage)
        put_all(stage)
        put(stage, case, NAMES[case][::-1])
        channel = case.split("-")[0]
        result = stage.send(check=5)
        states = {e["channel"]: e for e in result.events("delivery")}
        assert {c: e["state"] for c, e in states.items()} == {c: "failed" if c == channel else "posted" for c in ("facebook", "x")}
        assert_hidden(stage, result)


@beside()
def test_nothing_is_sent_without_them(folder):
    with make_app_stage(folder) as stage:
        open_app_stage(stage)
        put(stage, "facebook-app-secret", APP_SECRET)
        for words in (("check", stage.plan), ("send", stage.plan, "--yes"), ("send", stage.plan, "--yes", "--dry-run")):
            result = stage.run(*words, check=3)
            told = result.out + result.err
            assert "crisis vault put x-api-key" in told and "crisis vault put x-api-secret" in told, result
            assert "vault put facebook" not in told
        put(stage, "x-api-key", API_KEY)
        refused = stage.send(check=3)
        assert refused.events("error")[0]["next"] == "crisis vault put x-api-secret"
        assert stage.sandbox.stats()["requests"] == 0 and stage.run("runs", json=True, check=0).lines == []
        checked = stage.run("channels", "--check", json=True, check=5)
        by_channel = {line["channel"]: line for line in checked.lines}
        assert by_channel["facebook"]["result"] == "ok"
        assert by_channel["x"]["error"]["next"] == "crisis vault put x-api-secret"
        put(stage, "x-api-secret", API_SECRET)
        stage.run("check", stage.plan, check=0)
        stage.send(check=0)


@beside()
def test_another_network_s_secret_holds_nothing_up(folder):
    with make_app_stage(folder, channels=("facebook",)) as stage:
        open_app_stage(stage)
        put(stage, "facebook-app-secret", APP_SECRET)
        stage.run("check", stage.plan, check=0)
        stage.send(check=0)


@beside()
def test_a_run_goes_on_when_its_secret_is_back(folder):
    with make_app_stage(folder, channels=("facebook",)) as stage:
        open_app_stage(stage, faults=["hang:on=post:times=1"])
        put(stage, "facebook-app-secret", APP_SECRET)
        process = stage.start(json=True)
        wait_until(lambda: stage.sandbox.stats()["requests"] >= 1)
        process.kill()
        process.communicate()
        stage.run("vault", "remove", "facebook-app-secret", check=0)
        asked = stage.sandbox.stats()["requests"]
        refused = stage.run("resume", json=True, check=3)
        assert refused.events("error")[0]["next"] == "crisis vault put facebook-app-secret"
        assert stage.sandbox.stats()["requests"] == asked
        put(stage, "facebook-app-secret", APP_SECRET)
        assert_all_posted(stage, stage.run("resume", json=True, check=0))


@beside()
def test_the_app_names_itself_when_a_token_is_renewed(folder):
    authority = Authority(folder + "/authority")

    def answer(request):
        if request.target.endswith("/2/oauth2/token"):
            return reply(200, json.dumps({"token_type": "bearer", "access_token": "new-token", "refresh_token": "next", "expires_in": 7200}))
        if request.headers.get("authorization") == "Bearer new-token":
            return reply(201, json.dumps({"data": {"id": "1234567890", "text": "Flom"}}))
        return reply(401, json.dumps({"title": "Unauthorized", "status": 401, "type": "about:blank", "detail": "Unauthorized"}))

    with Stage(folder, places=("0301",), channels=("x",)) as stage, Server(answer, tls=authority) as server:
        network = {"endpoint": server.url, "client-id": "planted-client", "client-secret": {"vault": "x-client-secret"}}
        stage.workspace.configure(server.url, authority.ca, networks={"x": network})
        stage.accounts[0]["credential"]["refresh-token"] = "first"
        stage.workspace.register(stage.accounts)
        put(stage, "x-client-secret", APP_SECRET)
        result = stage.send(env={"CRISIS_LOG": "debug"}, check=0)
        renewals = [r for r in server.requests if r.target.endswith("/2/oauth2/token")]
        assert len(renewals) == 1
        assert renewals[0].headers["authorization"] == "Basic " + base64.b64encode(f"planted-client:{APP_SECRET}".encode()).decode()
        assert_hidden(stage, result)
