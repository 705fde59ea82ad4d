"""Credentials are planted and looked for everywhere else: outputs, logs, files, the process and its database."""
import base64
import json
import os
import pathlib
import shutil
import sqlite3
import stat
import subprocess
import urllib.parse

import pytest
from conftest import WAIT_TIMEOUT_S, assert_no_report, registration_text, wait_until
from servers import Authority, Server, reply
from stage import Stage, beside, scenes  # noqa: F401

NOBODY = 65534
HOOK_BYTES = b"PlantedHookSecret0123456789abcdef"
PLANTED = {
    ("0301", "facebook"): {"access-token": "EAAPlantedFacebookToken0123456789"},
    ("0301", "x"): {"access-token": "PlantedXBearer-token+/=0123456789", "refresh-token": "PlantedXRefresh0123456789"},
    ("4601", "x"): {"api-key": "PlantedXKey0123456789", "api-secret": "PlantedXKeySecret0123456789",
                    "access-token": "77-PlantedXToken0123456789", "access-secret": "PlantedXTokenSecret0123456789"},
    ("0301", "webhook"): {"secret": "whsec_" + base64.b64encode(HOOK_BYTES).decode()},
}


def secrets():
    found = [HOOK_BYTES]
    for credential in PLANTED.values():
        for value in credential.values():
            text = value.removeprefix("whsec_")
            found += [text.encode(), urllib.parse.quote(text, safe="").encode(), json.dumps(text)[1:-1].encode(),
                      base64.b64encode(text.encode()).rstrip(b"="), text[:16].encode()]
    return sorted(set(found) - {b"77-PlantedXToken"})


SECRETS = secrets()


def assert_clean(data, where):
    data = data if isinstance(data, bytes) else data.encode("utf-8", "surrogateescape")
    for secret in SECRETS:
        at = data.find(secret)
        assert at < 0, (where, secret, data[max(0, at - 80):at + 80])


def assert_files_clean(stage):
    looked_at = 0
    for folder, folders, files in os.walk(stage.workspace.path):
        folders[:] = [f for f in folders if f != "keys"]
        for name in files:
            looked_at += 1
            assert_clean(pathlib.Path(folder, name).read_bytes(), name)
    assert looked_at >= 4


def planted_stage(folder):
    stage = Stage(folder, places=("0301", "4601"))
    stage.accounts = [{**a, "credential": PLANTED[(a["municipality"], a["channel"])]} for a in stage.accounts
                      if (a["municipality"], a["channel"]) in PLANTED]
    for account in stage.accounts:
        if account["channel"] == "x" and account["municipality"] == "4601":
            account["settings"]["user"] = "77"
    return stage


def forget_registration(stage):
    """The file that the test itself has written."""
    path = stage.workspace.file("registration.yaml")
    if os.path.exists(path):
        os.unlink(path)


def look_everywhere(stage, result):
    assert_clean(result.out, "stdout")
    assert_clean(result.err, "stderr")
    for command in (("status",), ("runs",), ("audit", "log"), ("channels",), ("audit", "verify")):
        for as_json in (False, True):
            told = stage.run(*command, json=as_json, env={"CRISIS_LOG": "debug"})
            assert_clean(told.out, command)
            assert_clean(told.err, command)
    assert_files_clean(stage)


def assert_process_clean(process):
    for name in ("cmdline", "environ"):
        assert_clean(pathlib.Path(f"/proc/{process.pid}/{name}").read_bytes(), name)


# --- where all is well ------------------------------------------------------------------------------------------
@pytest.fixture
def stage(tmp_path):
    with planted_stage(tmp_path) as made:
        yield made


def test_a_send_shows_no_secret_anywhere(stage):
    stage.open(faults=["slow:on=post:ms=6000:times=4"])
    forget_registration(stage)
    process = stage.start(json=True, env={"CRISIS_LOG": "debug"})
    wait_until(lambda: stage.sandbox.stats()["requests"] >= 1 or process.poll() is not None)
    assert process.poll() is None, process.communicate()
    assert_process_clean(process)
    assert_files_clean(stage)
    out, err = process.communicate(timeout=WAIT_TIMEOUT_S)
    assert process.returncode == 0, (out, err)
    assert_no_report(err)
    assert "on disk" in err  # the debug log was on
    assert_clean(out, "stdout")
    assert_clean(err, "stderr")
    look_everywhere(stage, stage.run("status"))
    assert len(stage.sandbox.posts()) == 4
    # The search finds what it looks for, where it is.
    assert any(secret in pathlib.Path(stage.folder, "accounts.json").read_bytes() for secret in SECRETS)


def test_a_dry_run_shows_no_secret(stage):
    stage.open()
    forget_registration(stage)
    look_everywhere(stage, stage.send("--dry-run", env={"CRISIS_LOG": "debug"}, check=0))


def test_an_unregistered_credential_is_gone_from_the_database(stage):
    stage.open()
    forget_registration(stage)
    stage.send(check=0)
    database = stage.workspace.file("crisis.db")
    with sqlite3.connect(database) as connection:
        tables = connection.execute("SELECT name FROM sqlite_master WHERE sql LIKE '%sealed%' ORDER BY name").fetchall()
        assert tables == [("accounts",), ("secrets",)]  # the other one: test_app_secrets.py
        sealed = [row[0] for row in connection.execute("SELECT sealed FROM accounts")]
    connection.close()
    assert len(sealed) == 4 and all(len(s) > 32 for s in sealed)
    assert all(s in all_of_database(database) for s in sealed)
    for account in stage.accounts:
        stage.run("unregister", account["municipality"], account["channel"], check=0)
    left = all_of_database(database)
    for one in sealed:
        # Not even a part of one.
        assert not any(one[i:i + 16] in left for i in range(0, len(one) - 16, 8))
    assert_clean(left, "database")


def all_of_database(path):
    return b"".join(pathlib.Path(path + end).read_bytes() for end in ("", "-wal") if os.path.exists(path + end))


# --- where networks tell everything they were told --------------------------------------------------------------
def echo_raw(request):
    return request.raw


def echo_json(request):
    return json.dumps({"error": {"message": request.raw.decode("latin-1"), "code": 1, "type": request.raw.decode("latin-1")},
                       "detail": request.raw.decode("latin-1"), "title": request.raw.decode("latin-1")}).encode()


def echo_decoded(request):
    return urllib.parse.unquote_plus(request.raw.decode("latin-1")).encode("utf-8", "replace")


def echo_token_at_the_end(request):
    """So that an excerpt of the answer may cut the secret in two."""
    tokens = [value for credential in PLANTED.values() for value in credential.values()]
    return "|".join("x" * (200 - 10 - i) + token for i, token in enumerate(tokens)).encode()


ECHOES = [(status, echo) for status in (400, 401, 500, 200) for echo in (echo_raw, echo_json, echo_decoded, echo_token_at_the_end)]


def looked_up(server):
    """Whether it was asked, with a token in the address, for a post whose answer was not understood."""
    return any(request.method == "GET" and "Planted" in request.target for request in list(server.requests))


class Echo(tuple):
    def __str__(self):
        return f"{self[0]} {self[1].__name__}"


@beside(*map(Echo, ECHOES))
def test_an_echo_is_masked(folder, case):
    status, echo = case
    authority = Authority(folder + "/authority")
    with planted_stage(folder) as stage:
        def answer(request):
            return reply(status, echo(request), headers=["X-Echo: " + request.headers.get("authorization", "none")])

        with Server(answer, tls=authority) as server:
            stage.workspace.configure(server.url, authority.ca)
            stage.workspace.register(stage.accounts)
            forget_registration(stage)
            result = stage.send_until(lambda: len(server.posts()) >= 4 and looked_up(server), env={"CRISIS_LOG": "debug"})
            assert result.code in (5, 130) and len(server.posts()) >= 4, result
            told = b"".join(r.raw for r in server.requests)
            assert b"EAAPlantedFacebookToken0123456789" in told  # the network itself is told
            assert b"PlantedXKeySecret" not in told and b"PlantedXTokenSecret" not in told and b"PlantedHook" not in told
            assert all("Planted" not in r.target or r.method == "GET" for r in server.requests)
            look_everywhere(stage, result)


@beside()
def test_a_redirect_takes_no_credential_along(folder):
    authority = Authority(folder + "/authority")
    with planted_stage(folder) as stage, Server(lambda request: reply(200, "{}"), tls=authority) as other:
        with Server(lambda request: reply(307, b"", headers=["Location: " + other.url + request.target]), tls=authority) as server:
            stage.workspace.configure(server.url, authority.ca)
            stage.workspace.register(stage.accounts)
            forget_registration(stage)
            result = stage.send(env={"CRISIS_LOG": "debug"}, check=5)
            assert other.connections == 0
            look_everywhere(stage, result)


# --- the process ------------------------------------------------------------------------------------------------
def limits_of(process):
    text = pathlib.Path(f"/proc/{process.pid}/limits").read_text(encoding="ascii")
    return next(line.split()[4:6] for line in text.splitlines() if line.startswith("Max core file size"))


def test_no_core_and_nobody_else_may_look(stage):
    """Run as another user: what /proc shows of it belongs to root then, since the process may not be dumped."""
    if os.geteuid() != 0:
        pytest.skip("only root can run the program as another user")
    stage.open(faults=["slow:on=post:ms=6000:times=4"])
    place = pathlib.Path(stage.folder).resolve()
    shutil.copy(stage.program.binary, place / "crisis")
    for folder in (place, *place.parents):
        if not folder.stat().st_mode & stat.S_IXOTH:
            if not str(folder).startswith(str(place.parents[len(place.parents) - 3])):
                break
            folder.chmod(folder.stat().st_mode | stat.S_IXOTH)
    for folder, _, files in os.walk(place / "workspace"):
        os.chown(folder, NOBODY, NOBODY)
        for name in files:
            os.chown(os.path.join(folder, name), NOBODY, NOBODY)
    os.chmod(stage.plan, 0o644)
    os.chmod(place / "sandbox", 0o755)
    environment = stage.program.environment({"ASAN_OPTIONS": "detect_leaks=0", "CRISIS_LOG": "debug"})
    process = subprocess.Popen([str(place / "crisis"), "-C", stage.workspace.path, "send", stage.plan, "--yes"], user=NOBODY,
                               group=NOBODY, extra_groups=[], env=environment, stdin=subprocess.DEVNULL,
                               stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    try:
        wait_until(lambda: stage.sandbox.stats()["requests"] >= 1 or process.poll() is not None)
        assert process.poll() is None, process.communicate()
        assert limits_of(process) == ["0", "0"]
        assert os.stat(f"/proc/{process.pid}/mem").st_uid == 0
        for name in ("environ", "mem", "maps"):
            other = subprocess.run(["cat", f"/proc/{process.pid}/{name}"], user=NOBODY, group=NOBODY, extra_groups=[],
                                   stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            assert other.returncode != 0 and other.stdout == b"", name
    finally:
        out, err = process.communicate(timeout=WAIT_TIMEOUT_S)
    assert process.returncode == 0, (out, err)
    assert_clean(out + err, "output")


@pytest.mark.parametrize("command", [("status",), ("send", "PLAN", "--yes")], ids=["status", "send"])
def test_files_of_the_workspace_are_private(stage, command):
    stage.open()
    stage.run(*(stage.plan if part == "PLAN" else part for part in command))
    stage.send(check=0)
    for name in ("crisis.db", "crisis.db-wal", "crisis.db-shm", "crisis.db-lock", "vault.age", "keys/vault.key", "keys/log.key"):
        path = stage.workspace.file(name)
        if os.path.exists(path):
            assert stat.S_IMODE(os.stat(path).st_mode) & 0o077 == 0, name
    assert stat.S_IMODE(os.stat(stage.workspace.file("keys")).st_mode) == 0o700


def test_a_credential_of_bad_characters_is_not_shown(stage):
    """It cannot be sent; the error does not say what it is."""
    text = registration_text(stage.accounts).replace("EAAPlantedFacebookToken0123456789", "EAAPlantedFacebookToken01234 \\n56789")
    stage.open(register=False)
    path = stage.workspace.write("registration.yaml", text)
    result = stage.run("register", "--from", path)
    forget_registration(stage)
    look_everywhere(stage, result)
    if result.code == 0:
        sent = stage.send(env={"CRISIS_LOG": "debug"}, check=5)
        look_everywhere(stage, sent)
