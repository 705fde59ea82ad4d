"""`register`, `unregister`, `channels`: accounts go in all or none, and their credentials never come out."""
import json
import os
import random
import re
import sqlite3
import subprocess
import time
from contextlib import closing

import pytest
import yaml

from conftest import WAIT_TIMEOUT_S, make_account, registration_text

WHSEC = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
FAST_S = 2
SECRETS = ("sEcReTaLpHa", "sEcReTbRaVo", "sEcReTcHaRlIe")


def listed(workspace, *words):
    return workspace.run("channels", *words, json=True, check=0).lines


def keys(workspace):
    return [(line["municipality"], line["channel"], line["account"]) for line in listed(workspace)]


def files_of(workspace):
    for folder, _, names in os.walk(workspace.path):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                yield os.path.join(folder, name), file.read()


def assert_nowhere(text, workspace, *results):
    for result in results:
        assert text not in result.out and text not in result.err, result
    for path, content in files_of(workspace):
        assert text.encode() not in content, path


# --- one account ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("words, credential", [
    (["facebook", "--set", "page=102030405060708"], "access-token: EAAG-{}\n"),
    (["x", "--set", "user=44"], "access-token: {}"),
    (["x", "--set=user=44"], "access-token: {}\nrefresh-token: again-{}\n"),
    (["x"], "api-key: k{}\napi-secret: s\naccess-token: t\naccess-secret: u{}\n"),
    (["webhook", "--set", "url=https://oslo.example/crisis"], "secret: \"" + WHSEC + "\" # {}\n"),
])
def test_an_account_from_standard_input_and_from_a_file(workspace, tmp_path, words, credential):
    credential = credential.replace("{}", SECRETS[0])
    first = workspace.run("register", "0301", *words, input=credential, check=0)
    path = tmp_path / "credential"
    path.write_text(credential)
    second = workspace.run("register", "0301", *words, "--credential-file", path, "--label", "second", check=0)
    assert keys(workspace) == [("0301", words[0], "default"), ("0301", words[0], "second")]
    assert first.out == second.out == "1 account registered.\n"
    assert_nowhere(SECRETS[0], workspace, first, second)
    assert_nowhere(WHSEC, workspace, first, second)
    entries = workspace.run("audit", "log", json=True, check=0).lines
    assert [entry["type"] for entry in entries] == ["init", "registered", "registered"]


def test_to_register_again_replaces(workspace):
    for token in SECRETS:
        workspace.run("register", "0301", "x", "--set", "user=" + str(len(token)), input="access-token: " + token, check=0)
    assert keys(workspace) == [("0301", "x", "default")]
    with closing(sqlite3.connect(workspace.file("crisis.db"))) as database:
        assert database.execute("SELECT count(*) FROM accounts").fetchone() == (1,)


def test_with_json_each_account_is_told(workspace, accounts):
    path = workspace.write("a.yaml", registration_text(accounts(["0301", "4640"], channels=("x", "facebook"))))
    lines = workspace.run("register", "--from", path, json=True, check=0).lines
    assert [(line["event"], line["municipality"], line["channel"], line["account"]) for line in lines] == [
        ("registered", number, channel, "default") for number in ("0301", "4640") for channel in ("x", "facebook")]


# --- files ------------------------------------------------------------------------------------------------------
def test_several_files_lists_and_documents(workspace, accounts):
    one = workspace.write("one.yaml", registration_text(accounts(["0301", "1103"], channels=("x", "facebook"))))
    documents = [{"municipality": account["municipality"], "accounts": [
        {key: account[key] for key in ("channel", "settings", "credential")}]} for account in accounts(["4601", "4640"], channels=("x",))]
    two = workspace.write("two.yaml", yaml.safe_dump_all(documents, explicit_start=True))
    three = workspace.write("three.yaml", yaml.safe_dump_all([documents, [{**documents[0], "municipality": "5001"}]]).replace(
        "municipality: '4", "municipality: '7"))
    workspace.run("register", "--from", one, two, "--from", three, check=0)
    assert [key[0] for key in keys(workspace)] == ["0301", "0301", "1103", "1103", "4601", "4640", "5001", "7601", "7640"]


@pytest.mark.alone
def test_thousands_of_accounts_in_a_moment(release, workspace):
    source = random.Random(7)
    whole = [make_account(source, str(number), channel) for number in range(1000, 1357) for channel in ("facebook", "x", "webhook")]
    path = workspace.write("all.yaml", registration_text(whole).replace("https://127.0.0.1:1/", "https://kommune.example/"))
    release("init", "duty", check=0)
    begun = time.monotonic()
    result = release("-C", "duty", "register", "--from", path, check=0)
    assert time.monotonic() - begun < FAST_S
    assert result.out == "1071 accounts registered.\n"
    assert len(release("-C", "duty", "channels", json=True, check=0).lines) == 1071
    release("-C", "duty", "audit", "verify", check=0)


def test_all_or_none_and_every_problem_named_with_its_place(workspace):
    good = workspace.write("good.yaml", 'municipality: "0301"\naccounts:\n  - {channel: x, credential: {access-token: ' + SECRETS[0] + "}}\n")
    bad = workspace.write("bad.yaml", f"""- municipality: "0301"
  accounts:
    - channel: facebok
      credential: {{access-token: {SECRETS[0]}}}
    - channel: x
      label: b
      settings: {{uesr: "2", access-token: {SECRETS[1]}}}
      credential: {{access-token: {SECRETS[0]}}}
    - channel: google-plus
    - {{channel: webhook, settings: {{url: "http://kommune.example/x"}}, credential: {{secret: {WHSEC}}}}}
    - {{channel: webhook, label: b, credential: {{secret: {WHSEC}, tokn: {SECRETS[2]}}}}}
    - {{channel: facebook, settings: {{page: "1"}}}}
    - {{channel: x, label: c, credential: {{api-key: {SECRETS[0]}, access-token: {SECRETS[1]}}}}}
    - {{channel: x, label: d, credential: {{api-key: {SECRETS[0]}, api-secret: {SECRETS[1]}, access-token: {SECRETS[2]}}}}}
""")
    result = workspace.run("register", "--from", good, "--from", bad, json=True, check=3)
    problems = [(p["file"], p["line"], p["column"], p["message"]) for p in result.events("problem") if p["severity"] == "error"]
    wanted = [(3, "unknown channel 'facebok', did you mean 'facebook'?"), (5, "it belongs under `credential`"),
              (5, "x has no setting 'uesr', did you mean 'user'?"), (9, "2 April 2019"), (10, "must be an https: address"),
              (11, "webhook has no credential 'tokn'"), (11, "webhook needs the setting 'url'"),
              (12, "facebook has no credential: it needs 'access-token'"), (13, "x needs one whole credential"),
              (14, "x needs one whole credential")]
    assert len(problems) == len(wanted), result
    for line, words in wanted:
        assert any(p[:3] == (bad, line, 7) and words in p[3] for p in problems), (line, words, problems)
    assert "nothing was registered" in result.err and keys(workspace) == []
    assert [entry["type"] for entry in workspace.run("audit", "log", json=True).lines] == ["init"]
    os.remove(good)
    os.remove(bad)
    for secret in SECRETS + (WHSEC,):
        assert_nowhere(secret, workspace, result)


@pytest.mark.parametrize("secret", ["sEcReTaLpHa", WHSEC.removeprefix("whsec_"), "whsec_c2hvcnQ="], ids=["word", "bare", "short"])
def test_a_webhook_s_secret_is_looked_at_at_once(workspace, secret):
    result = workspace.run("register", "0301", "webhook", "--set", "url=https://oslo.example/", input=f"secret: {secret}", check=3)
    assert "webhook: the secret is not 'whsec_' and the base64 of 24 to 64 bytes" in result.err
    assert listed(workspace) == []
    assert_nowhere(secret, workspace, result)


def test_the_same_account_twice_is_a_mistake(workspace):
    text = 'municipality: "0301"\naccounts: [{channel: x, credential: {access-token: a}}]\n'
    one, two = workspace.write("one.yaml", text), workspace.write("two.yaml", text)
    result = workspace.run("register", "--from", one, two, check=3)
    assert f"{two}:2:12: error: the account 0301 x 'default' is given twice: first at {one}:2:12" in result.err
    assert keys(workspace) == []


@pytest.mark.parametrize("url, accepted, warned", [
    ("https://kommune.example/x", True, False), ("http://127.0.0.1:8080/x", True, True), ("http://localhost/x", True, True),
    ("http://[::1]/x", True, True), ("http://kommune.example/x", False, False), ("http://127.0.0.1.example/x", False, False),
    ("http://127.0.0.1@kommune.example/", False, False), ("ftp://127.0.0.1/", False, False), ("kommune.example", False, False)])
def test_only_encrypted_addresses_but_for_loopback(workspace, url, accepted, warned):
    result = workspace.run("register", "0301", "webhook", "--set", "url=" + url, input=f"secret: {WHSEC}")
    assert (result.code == 0) == accepted and result.code in (0, 3), result
    assert ("warning" in result.err) == warned, result


@pytest.mark.parametrize("words, says", [
    (["0301", "facebok"], "did you mean 'facebook'?"), (["0301", "google-plus"], "5 July 2023"),
    (["03 01", "x"], "municipality"), (["0301", "x", "--set", "pge=1"], "pge"), (["0301", "x", "--label", "a b"], "label"),
    (["0301", "x", "--set", "user=1", "--set", "user=2"], "duplicate"), (["0301", "x", "--set", "a: b\nc=d"], "the name of a setting")])
def test_one_account_is_checked_like_a_file(workspace, words, says):
    result = workspace.run("register", *words, input="access-token: " + SECRETS[0], check=3)
    assert says in result.err and SECRETS[0] not in result.err and "standard input" in result.err
    assert keys(workspace) == []


def test_a_value_stays_a_value(workspace):
    """Whatever an argument holds, it is one setting of one account."""
    tricky = 'a"\n  - channel: facebook\n    credential: {access-token: b}\n#'
    workspace.run("register", "0301", "x", "--set", "user=" + tricky, input="access-token: a", check=3)
    workspace.run("register", "0301", "x", "--set", "username=a: {b}, 'c' \"d\" #e", input="access-token: a", check=0)
    assert listed(workspace)[0]["username"] == "a: {b}, 'c' \"d\" #e"


# --- secrets ----------------------------------------------------------------------------------------------------
MALFORMED = [
    "{}", "access-token {}", "access-token: {}: b", "access-token: *{}", "access-token: &{} a", "access-token: !{} a", 'access-token: "{}',
    "access-token: '{}", "access-token: [{}", "access-token: {{{}", "access-token:\n  - {}", "access-token: a\n {}: b", "{}: a",
    "access-token: {}\naccess-token: {}", "acess-token: {}", "access-token: |\n  {}\n  {}", "access-token: {}\x01", "access-token: {}\udcff",
    "? {}\n: a", "access-token: a\n- {}", "- {}", "access-token: {}\n\t{}", "@{}", "`{}", "%{}", "access-token: \"\\x{}\"", "--- {}", "access-token: %{}",
]


def test_no_error_shows_a_credential(workspace):
    def text(shape):
        return shape.replace("{{", "{").replace("{}", SECRETS[0]).encode("utf-8", "surrogateescape")

    commands, lists = [], []
    for number, shape in enumerate(MALFORMED):
        path = workspace.file(f"secret-{number}")
        with open(path, "wb") as file:
            file.write(text(shape))
        listed_path = path + ".yaml"
        with open(listed_path, "wb") as file:
            file.write(b'municipality: "0301"\naccounts:\n  - channel: facebook\n    settings: {page: "1"}\n    credential:\n')
            file.write(b"".join(b"      " + line + b"\n" for line in text(shape).split(b"\n")))
        commands.append(["-C", workspace.path, "register", "0301", "facebook", "--set", "page=1", "--credential-file", path])
        lists.append(listed_path)
    commands += [["-C", workspace.path, "register", *json_word, "--from", *lists] for json_word in ([], ["--json"])]
    results = workspace.program.each(commands, env={"CRISIS_LOG": "debug"})
    for result in results:
        assert result.code in (0, 3), result
        assert SECRETS[0] not in result.out and SECRETS[0] not in result.err, result
    assert sum(result.code == 3 for result in results) > len(results) / 2


def test_a_file_that_is_no_registration_is_not_quoted(workspace):
    """A credential file given to --from by mistake."""
    path = workspace.write("token.txt", f"access-token: {SECRETS[0]}\n{SECRETS[1]}: {SECRETS[2]}\n")
    for words in (["--from", path], ["0301", "facebook", "--set", "page=1", "--credential-file", path]):
        result = workspace.run("register", *words, check=3)
        assert not any(secret in result.err + result.out for secret in SECRETS[:1] + SECRETS[2:]), result


def test_no_command_shows_a_credential(workspace, sandbox, plan, accounts):
    chosen = accounts(["0301"])
    running = sandbox()
    workspace.configure(running.url, running.ca)
    workspace.register(chosen)
    os.remove(workspace.file("registration.yaml"))
    path = plan()
    results = [workspace.run(*words, env={"CRISIS_LOG": "debug"}, json=as_json) for as_json in (False, True) for words in (
        ["check", path], ["send", path, "--yes"], ["status"], ["channels"], ["channels", "--check"], ["audit", "log"])]
    for account in chosen:
        for secret in account["credential"].values():
            assert_nowhere(secret, workspace, *results)


# --- unregister -------------------------------------------------------------------------------------------------
def test_unregister_destroys_the_credential(workspace, accounts):
    workspace.register(accounts(["0301", "4640"], channels=("facebook", "x")))
    with closing(sqlite3.connect(workspace.file("crisis.db"))) as database:
        sealed = dict(database.execute("SELECT municipality || channel, sealed FROM accounts"))
    result = workspace.run("unregister", "0301", "x", check=0)
    assert "destroyed" in result.out
    assert keys(workspace) == [("0301", "facebook", "default"), ("4640", "facebook", "default"), ("4640", "x", "default")]
    gone = sealed.pop("0301x")
    for path, content in files_of(workspace):
        assert gone not in content and gone[-32:] not in content, path
    whole = b"".join(content for _, content in files_of(workspace))
    assert all(other in whole for other in sealed.values())
    entry = workspace.run("audit", "log", json=True, check=0).lines[-1]
    assert (entry["type"], entry["municipality"], entry["channel"], entry["account"]) == ("unregistered", "0301", "x", "default")


def test_to_replace_destroys_the_old_credential_too(workspace):
    workspace.run("register", "0301", "x", input="access-token: " + SECRETS[0], check=0)
    with closing(sqlite3.connect(workspace.file("crisis.db"))) as database:
        old = database.execute("SELECT sealed FROM accounts").fetchone()[0]
    workspace.run("register", "0301", "x", input="access-token: " + SECRETS[1], check=0)
    assert not any(old in content for _, content in files_of(workspace))


def test_unregister_what_is_not_there(workspace, accounts):
    workspace.register(accounts(["0301"], channels=("x",)))
    for words in (["0301", "facebook"], ["4640", "x"], ["0301", "x", "--label", "second"]):
        assert "has no account" in workspace.run("unregister", *words, check=3).err
    workspace.run("unregister", "0301", "x", "--label", "default", check=0)
    assert keys(workspace) == []


# --- channels ---------------------------------------------------------------------------------------------------
def test_channels_lists_and_selects(workspace, accounts):
    workspace.register(accounts(["0301", "4601", "4640"], channels=("facebook", "x")))
    assert [line["municipality"] for line in listed(workspace, "--only", "county=46", "--only", "channel=x")] == ["4601", "4640"]
    assert len(listed(workspace, "--only", "all")) == 6 and len(listed(workspace, "--only", "0301")) == 2
    for line in listed(workspace):
        assert line["credential"] is True and "proven" not in line
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT[\d:]{8}\.\d{3}Z", line["registered"])
    assert "matches no account" in workspace.run("channels", "--only", "5501", check=2).err


def test_channels_check_proves_and_remembers(workspace, accounts, sandbox):
    chosen = accounts(["0301", "4640"], channels=("facebook", "x"))
    running = sandbox(accounts=chosen[:3])
    workspace.configure(running.url, running.ca)
    workspace.register(chosen)
    result = workspace.run("channels", "--check", json=True, check=5)
    found = {(line["municipality"], line["channel"]): line for line in result.lines}
    assert {key for key, line in found.items() if line["result"] == "ok"} == {("0301", "facebook"), ("0301", "x"), ("4640", "facebook")}
    assert found["4640", "x"]["error"]["kind"] == "credential" and found["4640", "x"]["error"]["next"]
    assert [("proven" in line) for line in listed(workspace)] == [True, True, True, False]
    assert running.posts() == []
    assert [entry["result"] for entry in workspace.run("audit", "log", json=True).lines if entry["type"] == "checked"].count("ok") == 3


# --- disks ------------------------------------------------------------------------------------------------------
def mounted(command):
    """Runs a shell command where it may mount, in a mount namespace of its own."""
    as_root = [] if os.geteuid() == 0 else ["--user", "--map-root-user"]
    return ["unshare", "--mount", *as_root, "sh", "-ec", command]


def run_mounted(crisis, command, *words):
    try:
        subprocess.run(mounted("mount -t tmpfs none /mnt"), check=True, capture_output=True, timeout=WAIT_TIMEOUT_S)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("nothing can be mounted here")
    return subprocess.run(mounted(command) + ["sh", crisis.binary, *words], env=crisis.environment(), cwd=crisis.folder,
                          stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=60)


def test_init_on_a_full_disk(crisis, tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    done = run_mounted(crisis, 'mount -t tmpfs -o size=16k none "$2"; "$1" init "$2/duty"', str(folder))
    assert done.returncode == 1, done
    assert "no space left" in done.stderr.lower() or "no room" in done.stderr.lower()
    assert len(done.stderr.strip().splitlines()) >= 2, "what to do is missing: " + done.stderr


def test_register_on_a_full_disk_changes_nothing(crisis, workspace, accounts, tmp_path):
    folder = tmp_path / "disk"
    folder.mkdir()
    path = workspace.write("many.yaml", registration_text(accounts([str(number) for number in range(1000, 1200)])).replace(
        "https://127.0.0.1:1/", "https://kommune.example/"))
    done = run_mounted(crisis, f"""mount -t tmpfs -o size=200k none "$2"; cp -a "{workspace.path}/." "$2" 2>/dev/null || true
        rm "$2/many.yaml"
        "$1" -C "$2" register --from "{path}" && exit 9; code=$?
        "$1" -C "$2" channels --json >&1; "$1" -C "$2" audit verify >/dev/null; exit $code""", str(folder))
    assert done.returncode == 1 and done.stdout == "", done
    assert "no room" in done.stderr.lower() or "full" in done.stderr.lower() or "no space" in done.stderr.lower(), done


def test_a_workspace_that_may_only_be_read(crisis, workspace, accounts):
    workspace.register(accounts(["0301"], channels=("x",)))
    script = 'mount --bind "$2" "$2"; mount -o remount,ro,bind "$2"; "$1" -C "$2" '
    done = run_mounted(crisis, script + f'register --from "{workspace.file("registration.yaml")}"', workspace.path)
    assert done.returncode == 1 and "may only be read" in done.stderr or "read-only" in done.stderr.lower(), done
    done = run_mounted(crisis, script + "init", workspace.path)
    assert done.returncode == 2 and "holds a workspace already" in done.stderr, done
    done = run_mounted(crisis, 'mount --bind "$2" "$2"; mount -o remount,ro,bind "$2"; "$1" init "$2/new"', workspace.path)
    assert done.returncode == 1 and "read-only" in done.stderr.lower(), done
    for words in ("channels --json", "audit verify", "runs", "check --help"):
        done = run_mounted(crisis, script + words, workspace.path)
        assert done.returncode == 0, done


def test_register_needs_the_vault_key(workspace, accounts):
    path = workspace.write("one.yaml", registration_text(accounts(["0301"], channels=("x",))))
    os.chmod(workspace.file("keys/vault.key"), 0o644)
    assert "chmod 600" in workspace.run("register", "--from", path, check=1).err
    os.remove(workspace.file("keys/vault.key"))
    assert "restore it from its backup" in workspace.run("register", "--from", path, check=1).err
    assert keys(workspace) == []


# --- invitations: listed and withdrawn --------------------------------------------------------------------------
def invite(workspace, municipality, *options):
    line, = workspace.run("invite", municipality, *options, json=True, check=0).lines
    return line["invite"]


def registration_of(workspace, accounts, municipality, code):
    group, = json.loads(registration_text(accounts([municipality], channels=("x",))))
    return workspace.write(municipality + ".yaml", json.dumps({**group, "invite": code}))


def test_invitations_are_listed_without_their_codes(workspace, accounts):
    assert workspace.run("invite", "--list", json=True, check=0).lines == []
    codes = [invite(workspace, "4601", "--expires", "1ms"), invite(workspace, "0301"), invite(workspace, "0301")]
    workspace.run("register", "--from", registration_of(workspace, accounts, "0301", codes[1]), check=0)
    before = len(workspace.run("audit", "log", json=True, check=0).lines)
    result = workspace.run("invite", "--list", json=True, check=0)
    assert [(line["municipality"], line["state"], "used" in line) for line in result.lines] == [
        ("0301", "used", True), ("0301", "open", False), ("4601", "expired", False)]
    assert all(line["made"] < line["expires"] and "withdrawn" not in line for line in result.lines)
    text = workspace.run("invite", "--list", check=0)
    assert len(text.out.splitlines()) == 3 and re.search(r"(?m)^4601  expired    made 20\S+Z  until 20\S+Z$", text.out), text
    assert re.search(r"(?m)^0301  used .* used 20\S+Z$", text.out), text
    assert [line["municipality"] for line in workspace.run("invite", "--list", "4601", json=True, check=0).lines] == ["4601"]
    os.remove(workspace.file("0301.yaml"))
    for code in codes:
        assert_nowhere(code.removeprefix("crisis-invite-"), workspace, result, text)
    assert len(workspace.run("audit", "log", json=True, check=0).lines) == before  # who only looks changes nothing


def test_an_invitation_that_was_withdrawn_is_void(workspace, accounts):
    first, second, other = invite(workspace, "0301"), invite(workspace, "0301"), invite(workspace, "4601")
    done = workspace.run("invite", "--withdraw", "0301", json=True, check=0)
    assert [(line["event"], line["municipality"]) for line in done.lines] == [("withdrawn", "0301")] * 2
    for code in (first, second):
        result = workspace.run("register", "--from", registration_of(workspace, accounts, "0301", code), check=3)
        assert "the invitation of 0301 has been withdrawn" in result.err and code not in result.err
    workspace.run("register", "--from", registration_of(workspace, accounts, "4601", other), check=0)
    assert [line["state"] for line in workspace.run("invite", "--list", json=True, check=0).lines] == ["withdrawn", "withdrawn", "used"]
    entries = workspace.run("audit", "log", json=True, check=0).lines
    hashes = {kind: [e["invitation-sha256"] for e in entries if e["type"] == kind] for kind in ("invited", "invite-withdrawn")}
    assert sorted(hashes["invite-withdrawn"]) == sorted(hashes["invited"][:2])
    workspace.run("audit", "verify", check=0)


def test_withdrawing_is_all_or_none(workspace):
    invite(workspace, "0301")
    invite(workspace, "4601", "--expires", "1ms")
    for words in (("0301", "4601"), ("0301", "1103")):
        result = workspace.run("invite", "--withdraw", *words, check=2)
        assert f"{words[1]} has no open invitation: nothing was withdrawn" in result.err
    assert workspace.run("invite", "--list", "0301", json=True, check=0).lines[0]["state"] == "open"
    for words in (("--withdraw",), ("--list", "--withdraw", "0301"), ("--withdraw", "--expires", "1d", "0301"), ("--withdraw", "../0301"), ()):
        workspace.run("invite", *words, check=2)
    assert "made 20" in workspace.run("invite", "--withdraw", "0301", check=0).out
