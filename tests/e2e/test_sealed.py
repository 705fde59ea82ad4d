"""Sealed registration files, invitations, the vault's keys, export and import; the `age` program on the other side."""
import json
import os
import pty
import random
import re
import select
import shutil
import sqlite3
import subprocess
import time

import pytest
import yaml
from conftest import registration_text, wait_until
from test_age_interop import PASSPHRASE, age, age_on_terminal

TIMEOUT_S = 120
needs_age = pytest.mark.skipif(not shutil.which("age"), reason="the age program is not there (Debian package age)")


def recipient(workspace):
    return workspace.run("vault", "recipient", check=0).out.strip()


def invite(workspace, municipality, *options):
    line, = workspace.run("invite", municipality, *options, json=True, check=0).lines
    return line["invite"]


def registration(workspace, accounts, invites=None, name="r.yaml"):
    """Writes a registration file with these invitations, by municipality."""
    groups = json.loads(registration_text(accounts))
    for group in groups:
        if invites and group["municipality"] in invites:
            group["invite"] = invites[group["municipality"]]
    return workspace.write(name, json.dumps(groups, indent=1))


def seal(workspace, path, name="r.age", *options):
    workspace.program("seal", path, "--to", recipient(workspace), "--output", workspace.file(name), *options, check=0)
    return workspace.file(name)


def registered(workspace):
    return [(a["municipality"], a["channel"]) for a in workspace.run("channels", json=True, check=0).lines]


def secrets_of(accounts):
    return [value for account in accounts for value in account["credential"].values()]


def assert_hidden(accounts, *results):
    for result in results:
        for secret in secrets_of(accounts):
            assert secret not in result.out and secret not in result.err, result.arguments


def as_registry(text):
    """What a registration file registers, by account."""
    return {(group["municipality"], account["channel"], account.get("label", "default")):
            (account.get("settings", {}), account.get("credential", {}))
            for group in yaml.safe_load(text) for account in group["accounts"]}


# --- the keys ---------------------------------------------------------------------------------------------------
def test_init_prints_the_recipient(crisis, tmp_path):
    line, = crisis("init", tmp_path / "w", json=True, check=0).lines
    assert re.fullmatch("age1[0-9a-z]{58}", line["recipient"])
    assert line["recipient"] == crisis("-C", tmp_path / "w", "vault", "recipient", check=0).out.strip()
    assert line["recipient"] in (tmp_path / "w" / "keys" / "vault.key").read_text()
    told = crisis("init", tmp_path / "v", check=0).out
    assert crisis("-C", tmp_path / "v", "vault", "recipient", check=0).out.strip() in told
    assert line["recipient"] not in told and "SECRET" not in told


@needs_age
def test_age_opens_the_data_key_in_an_emergency(workspace):
    key = age("-d", "-i", workspace.file("keys/vault.key"), workspace.file("vault.age"))
    assert re.fullmatch(rb"crisis-vault-key/v1 [A-Za-z0-9+/]{43}=\n", key)
    assert key == workspace.program("unseal", workspace.file("vault.age"), "--identity", workspace.file("keys/vault.key"),
                                    check=0).out.encode()


def test_without_its_keys_a_vault_does_not_open(crisis, workspace, accounts, tmp_path):
    path = registration(workspace, accounts())
    shutil.copy(workspace.file("vault.age"), tmp_path / "vault.age")
    with open(workspace.file("vault.age"), "r+b") as file:
        last = file.read()[-1]
        file.seek(-1, os.SEEK_END)
        file.write(bytes([last ^ 1]))
    assert "vault.age" in workspace.run("register", "--from", path, check=1).err
    os.remove(workspace.file("vault.age"))
    assert "restore" in workspace.run("register", "--from", path, check=1).err
    crisis("init", tmp_path / "other", check=0)
    shutil.copy(tmp_path / "other" / "vault.age", workspace.file("vault.age"))
    assert "vault.age" in workspace.run("register", "--from", path, check=1).err
    shutil.copy(tmp_path / "vault.age", workspace.file("vault.age"))
    workspace.run("register", "--from", path, check=0)


def on_terminal(program, words, answer):
    """Runs the program on a terminal of its own and answers what it asks for; its output and exit code."""
    child, terminal = pty.fork()
    if child == 0:
        try:
            os.execve(program.binary, [program.binary, *map(str, words)], program.environment())
        finally:
            os._exit(127)
    said, answered = b"", False
    while True:
        assert select.select([terminal], [], [], TIMEOUT_S)[0], said
        try:
            got = os.read(terminal, 4096)
        except OSError:  # the other end is closed
            got = b""
        if not got:
            break
        said += got
        if not answered and b"Passphrase for" in said and said.endswith(b": "):
            os.write(terminal, answer.encode() + b"\n")
            answered = True
    os.close(terminal)
    return said.decode(), os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


@needs_age
def test_the_key_may_have_a_passphrase(workspace, accounts, tmp_path):
    plain = open(workspace.file("keys/vault.key"), "rb").read()
    with open(workspace.file("keys/vault.key"), "wb") as file:
        file.write(age_on_terminal(["-p", "-a"], [PASSPHRASE, PASSPHRASE], tmp_path, plain))
    words = ["-C", workspace.path, "register", "--from", registration(workspace, accounts())]
    said, code = on_terminal(workspace.program, words, "not this one")
    assert code == 1 and "passphrase" in said and registered(workspace) == []
    said, code = on_terminal(workspace.program, words, PASSPHRASE)
    assert code == 0 and "3 accounts registered" in said and PASSPHRASE not in said
    done = subprocess.run([workspace.program.binary, *words], capture_output=True, text=True, start_new_session=True,
                          stdin=subprocess.DEVNULL, env=workspace.program.environment(), timeout=TIMEOUT_S)
    assert done.returncode == 2 and "no terminal" in done.stderr


def test_the_key_of_the_service_manager_comes_first(workspace, accounts, tmp_path):
    shutil.move(workspace.file("keys/vault.key"), tmp_path / "vault.key")
    path = registration(workspace, accounts())
    workspace.run("register", "--from", path, check=1)
    workspace.run("register", "--from", path, env={"CREDENTIALS_DIRECTORY": str(tmp_path)}, check=0)


# --- seal and unseal --------------------------------------------------------------------------------------------
@needs_age
@pytest.mark.parametrize("form", [[], ["--armor"]], ids=["binary", "armored"])
def test_age_opens_what_seal_makes(crisis, workspace, accounts, form):
    path = registration(workspace, accounts())
    sealed = seal(workspace, path, "r.age", *form)
    plain = open(path, "rb").read()
    assert age("-d", "-i", workspace.file("keys/vault.key"), sealed) == plain
    assert open(sealed, "rb").read().startswith(b"-----BEGIN AGE" if form else b"age-encryption.org/v1\n")
    piped = crisis("seal", path, "--to", recipient(workspace), "--armor", check=0)
    assert age("-d", "-i", workspace.file("keys/vault.key"), data=piped.out.encode()) == plain
    assert crisis("unseal", sealed, "--identity", workspace.file("keys/vault.key"), check=0).out.encode() == plain
    assert_hidden(accounts(), piped)


@needs_age
@pytest.mark.parametrize("form", [[], ["-a"]], ids=["binary", "armored"])
def test_register_takes_what_age_makes(workspace, accounts, form):
    code = invite(workspace, "0301")
    path = registration(workspace, accounts(), {"0301": code})
    with open(workspace.file("r.age"), "wb") as file:
        file.write(age(*form, "-r", recipient(workspace), path))
    result = workspace.run("register", "--from", workspace.file("r.age"), check=0)
    assert len(registered(workspace)) == 3
    assert_hidden(accounts(), result)


def test_seal_finds_mistakes_first_and_shows_no_secret(crisis, workspace, accounts):
    made = accounts()
    made[0]["settings"] = {"pge": "1"}
    made[1]["channel"] = "facebok"
    path = registration(workspace, made)
    result = crisis("seal", path, "--to", recipient(workspace), "--output", workspace.file("r.age"), check=3)
    assert "pge" in result.err and "facebok" in result.err and "nothing was sealed" in result.err
    assert not os.path.exists(workspace.file("r.age"))
    assert_hidden(made, result)


def test_seal_needs_recipients_that_are_some(crisis, workspace, accounts):
    path = registration(workspace, accounts())
    to = recipient(workspace)
    assert "--to" in crisis("seal", path, check=2).err
    for wrong in ("age1", to[:-1], to.replace("age1", "age2"), "ssh-ed25519 AAAA", to + to):
        crisis("seal", path, "--to", to, "--to", wrong, check=2)
    assert "no regular file" in crisis("seal", path, "--to", to, "--output", "/dev/null", check=2).err
    sealed = seal(workspace, path)
    assert "sealed already" in crisis("seal", sealed, "--to", to, check=3).err


def test_unseal_is_whole_or_not_at_all(crisis, workspace, accounts, tmp_path):
    sealed = seal(workspace, registration(workspace, accounts([f"{i:04}" for i in range(1, 300)])))
    data = open(sealed, "rb").read()
    assert len(data) > 2 * 65536
    key = workspace.file("keys/vault.key")
    for size in (0, 10, 100, 65536, len(data) - 70000, len(data) - 1):
        (tmp_path / "cut.age").write_bytes(data[:size])
        result = crisis("unseal", tmp_path / "cut.age", "--identity", key)
        assert result.code in (3, 7) and result.out == "" and result.err, size
    (tmp_path / "changed.age").write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert crisis("unseal", tmp_path / "changed.age", "--identity", key, check=7).out == ""
    crisis("init", tmp_path / "other", check=0)
    assert crisis("unseal", sealed, "--identity", tmp_path / "other" / "keys" / "vault.key", check=3).out == ""
    crisis("unseal", sealed, check=2)
    crisis("unseal", sealed, "--identity", workspace.file("crisis.yaml"), check=3)


def test_a_file_for_another_coordinator_is_refused(crisis, workspace, accounts, tmp_path):
    to = crisis("init", tmp_path / "other", json=True, check=0).lines[0]["recipient"]
    path = registration(workspace, accounts())
    crisis("seal", path, "--to", to, "--output", workspace.file("r.age"), check=0)
    result = workspace.run("register", "--from", workspace.file("r.age"), "--without-invite", check=3)
    assert "crisis vault recipient" in result.err and registered(workspace) == []


# --- invitations ------------------------------------------------------------------------------------------------
def test_a_sealed_file_needs_its_invitation(workspace, accounts):
    sealed = seal(workspace, registration(workspace, accounts()))
    result = workspace.run("register", "--from", sealed, check=3)
    assert "crisis invite 0301" in result.err and registered(workspace) == []
    workspace.run("register", "--from", sealed, "--without-invite", check=0)
    assert len(registered(workspace)) == 3


def test_an_invitation_is_used_once(workspace, accounts):
    code = invite(workspace, "0301")
    sealed = seal(workspace, registration(workspace, accounts(), {"0301": code}))
    workspace.run("register", "--from", sealed, check=0)
    result = workspace.run("register", "--from", sealed, check=3)
    assert "has been used already" in result.err and code not in result.err
    result = workspace.run("register", "--from", sealed, "--without-invite", check=0)
    assert "warning" in result.err


def test_an_invitation_is_for_one_municipality(workspace, accounts):
    code = invite(workspace, "4601")
    sealed = seal(workspace, registration(workspace, accounts(["0301"]), {"0301": code}))
    assert "is for another municipality" in workspace.run("register", "--from", sealed, check=3).err
    both = registration(workspace, accounts(["4601", "0301"]), {"4601": code})
    result = workspace.run("register", "--from", seal(workspace, both), check=3)
    assert "for 0301" in result.err and registered(workspace) == []
    sealed = seal(workspace, registration(workspace, accounts(["4601"]), {"4601": code}))
    workspace.run("register", "--from", sealed, check=0)  # the refused ones did not use it up


def test_an_invitation_expires(workspace, accounts):
    code = invite(workspace, "0301", "--expires", "1ms")
    sealed = seal(workspace, registration(workspace, accounts(), {"0301": code}))
    assert "has expired" in workspace.run("register", "--from", sealed, check=3).err
    line, = workspace.run("invite", "0301", json=True, check=0).lines
    assert 6.9 < (time.mktime(time.strptime(line["expires"][:19], "%Y-%m-%dT%H:%M:%S")) - time.mktime(time.gmtime())) / 86400 < 7.1
    for wrong in ("soon", "-1d", "11y"):
        workspace.run("invite", "0301", "--expires", wrong, check=2)
    workspace.run("invite", "0301", "../0301", check=2)
    workspace.run("invite", check=2)


def test_a_plain_file_needs_none_but_one_that_is_there_is_checked(workspace, accounts):
    unknown = "crisis-invite-" + "0" * 32
    path = registration(workspace, accounts(), {"0301": unknown})
    result = workspace.run("register", "--from", path, check=3)
    assert "is not known here" in result.err and unknown not in result.err
    code = invite(workspace, "0301")
    path = registration(workspace, accounts(), {"0301": code})
    workspace.run("register", "--from", path, check=0)
    assert "has been used already" in workspace.run("register", "--from", path, check=3).err


def test_a_registration_that_fails_uses_no_invitation(workspace, accounts):
    code = invite(workspace, "0301")
    broken = accounts()
    broken[0]["channel"] = "facebok"
    workspace.run("register", "--from", registration(workspace, broken, {"0301": code}), check=3)
    workspace.run("register", "--from", registration(workspace, accounts(), {"0301": code}), check=0)


def test_a_code_is_printed_once_and_its_hash_is_logged(workspace, accounts):
    result = workspace.run("invite", "0301", "4601", check=0)
    codes = re.findall(r"crisis-invite-[0-9a-f]{32}", result.out)
    assert len(set(codes)) == 2
    path = registration(workspace, accounts(), {"0301": codes[0]})
    workspace.run("register", "--from", seal(workspace, path), check=0)
    os.remove(path)
    entries = workspace.run("audit", "log", json=True, check=0).lines
    made = [entry["invitation-sha256"] for entry in entries if entry["type"] == "invited"]
    used = {entry["invitation-sha256"] for entry in entries if entry["type"] == "registered"}
    assert len(made) == 2 and used == {made[0]}
    for folder, _, files in os.walk(workspace.path):
        for name in files:
            data = open(os.path.join(folder, name), "rb").read()
            assert not any(code.encode() in data or code.encode()[14:] in data for code in codes), name
    workspace.run("audit", "verify", check=0)


# --- rotation ---------------------------------------------------------------------------------------------------
def exported(workspace):
    return as_registry(age("-d", "-i", workspace.file("keys/vault.key"),
                           data=workspace.run("export", "--to", recipient(workspace), "--armor", check=0).out.encode()))


def sealed_rows(workspace):
    with sqlite3.connect(f"file:{workspace.file('crisis.db')}?mode=ro", uri=True) as database:
        return database.execute("SELECT row, sealed FROM accounts ORDER BY row").fetchall()


def data_keys(workspace):
    return age("-d", "-i", workspace.file("keys/vault.key"), workspace.file("vault.age")).splitlines()


@needs_age
def test_rotation_gives_every_credential_a_new_key(workspace, accounts):
    made = accounts(["0301", "4601"])
    workspace.run("register", "--from", registration(workspace, made), check=0)
    before, rows, keys = exported(workspace), sealed_rows(workspace), data_keys(workspace)
    result = workspace.run("vault", "rotate", json=True, check=0)
    assert result.lines == [{"event": "vault-rotated", "credentials": 6}]
    assert exported(workspace) == before == as_registry(registration_text(made))
    assert all(old[0] == new[0] and old[1] != new[1] for old, new in zip(rows, sealed_rows(workspace)))
    assert len(data_keys(workspace)) == 1 and data_keys(workspace) != keys
    stored = open(workspace.file("crisis.db"), "rb").read() + open(workspace.file("crisis.db-wal"), "rb").read()
    assert not any(row[1] in stored for row in rows)
    assert [e["type"] for e in workspace.run("audit", "log", json=True, check=0).lines].count("vault-rotated") == 1
    workspace.run("vault", "turn", check=2)


@needs_age
def test_a_rotation_killed_at_any_point_leaves_a_readable_vault(workspace, accounts):
    made = accounts([f"{i:04}" for i in range(1, 120)])
    workspace.run("register", "--from", registration(workspace, made), check=0)
    began = time.monotonic()
    workspace.run("vault", "rotate", check=0)
    whole_s = time.monotonic() - began
    source, expected, interrupted = random.Random(7), as_registry(registration_text(made)), 0
    for tries in range(40):
        if tries >= 8 and interrupted > 1:
            break
        process, began = workspace.start("vault", "rotate"), time.monotonic()
        try:
            process.wait(timeout=source.uniform(0.1, 1.0) * whole_s)
            whole_s = min(whole_s, time.monotonic() - began)  # the machine is faster now
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            interrupted += 1
        assert exported(workspace) == expected
        assert len(data_keys(workspace)) in (1, 2)
    assert interrupted > 1
    workspace.run("vault", "rotate", check=0)
    assert exported(workspace) == expected and len(data_keys(workspace)) == 1
    workspace.run("audit", "verify", check=0)


@needs_age
@pytest.mark.parametrize("call", ["rename", "fdatasync", "fsync", "pwrite64"])
def test_a_rotation_killed_at_a_system_call_leaves_a_readable_vault(workspace, accounts, call):
    if not shutil.which("strace"):
        pytest.skip("strace is not installed")
    made = accounts(["0301", "4601"])
    workspace.run("register", "--from", registration(workspace, made), check=0)
    for when in (1, 2, 4):
        subprocess.run(["strace", "-f", "-o", "/dev/null", "-e", f"inject={call}:signal=KILL:when={when}",
                        workspace.program.binary, "-C", workspace.path, "vault", "rotate"], capture_output=True,
                       env=workspace.program.environment({"ASAN_OPTIONS": "detect_leaks=0"}), timeout=TIMEOUT_S)
        assert exported(workspace) == as_registry(registration_text(made)), when
    workspace.run("vault", "rotate", check=0)
    assert exported(workspace) == as_registry(registration_text(made)) and len(data_keys(workspace)) == 1


def test_a_vault_in_use_is_not_rotated(workspace, accounts):
    process = workspace.start("register", "0301", "x", stdin=subprocess.PIPE)  # waits for the credential
    try:
        wait_until(lambda: workspace.run("vault", "rotate").code == 1)
        assert "in use" in workspace.run("vault", "rotate", check=1).err
    finally:
        out, err = process.communicate("access-token: planted-token-0123456789\n", timeout=TIMEOUT_S)
    assert process.returncode == 0, (out, err)
    workspace.run("vault", "rotate", check=0)


# --- export and import ------------------------------------------------------------------------------------------
@needs_age
@pytest.mark.parametrize("form", [[], ["--armor"]], ids=["binary", "armored"])
def test_export_and_import_move_everything(crisis, workspace, accounts, tmp_path, form):
    made = accounts(["0301", "4601", "5501"])
    made[0]["credential"]["access-token"] = 'a"b\\c: {d}, #e\u00e6\u2603'[:10] + "'x'"
    workspace.run("register", "--from", registration(workspace, made), check=0)
    target = tmp_path / "other"
    to = crisis("init", target, json=True, check=0).lines[0]["recipient"]
    result = workspace.run("export", "--to", to, "--output", workspace.file("all.age"), *form, check=0)
    assert "9 accounts exported" in result.out
    taken = crisis("-C", target, "import", workspace.file("all.age"), check=0)
    assert "9 accounts registered" in taken.out
    again = crisis("-C", target, "export", "--to", to, "--armor", check=0)
    plain = age("-d", "-i", target / "keys" / "vault.key", data=again.out.encode())
    assert as_registry(plain) == as_registry(registration_text(made)) == exported(workspace)
    assert_hidden(made, result, taken, again)
    entry = [e for e in workspace.run("audit", "log", json=True, check=0).lines if e["type"] == "exported"][0]
    assert entry["recipient"] == to and entry["accounts"] == "9"
    crisis("-C", target, "import", workspace.file("all.age"), "--identity", target / "keys" / "vault.key", check=0)


def test_import_is_all_or_nothing(crisis, workspace, accounts, tmp_path):
    made = accounts(["0301", "4601"])
    made[-1]["channel"] = "facebok"
    path = registration(workspace, made)
    if not shutil.which("age"):
        pytest.skip("the age program is not there")
    with open(workspace.file("all.age"), "wb") as file:
        file.write(age("-r", recipient(workspace), path))
    result = workspace.run("import", workspace.file("all.age"), check=3)
    assert "nothing was imported" in result.err and registered(workspace) == []
    assert_hidden(made, result)
    data = open(workspace.file("all.age"), "rb").read()
    (tmp_path / "cut.age").write_bytes(data[:-5])
    workspace.run("import", tmp_path / "cut.age", check=7)
    workspace.run("import", path, check=3)
    crisis("init", tmp_path / "other", check=0)
    workspace.run("import", workspace.file("all.age"), "--identity", tmp_path / "other" / "keys" / "vault.key", check=3)
    assert registered(workspace) == []


def test_there_must_be_something_to_export(workspace):
    assert "nothing to export" in workspace.run("export", "--to", recipient(workspace), check=3).err
    workspace.run("export", check=2)
