"""Nothing goes out unless enough approvers have signed exactly that; ssh-keygen alone can sign it and check it."""
import hashlib
import json
import os
import re
import shutil
import subprocess

import pytest
import yaml
from conftest import WAIT_TIMEOUT_S, default_municipality, default_text, make_plan, wait_until
from stage import assert_all_posted, assert_nothing_twice
from test_sshsig_interop import Passkey, armour
from test_terminal import Terminal

from approving import (KARI, NAMESPACE, OLA, PEOPLE, PER, PLACES, SUCCESSION, VAKT, Approvals, fingerprint, keygen, make_key, public, read)

PASSPHRASE = "blåbær og fløte"


@pytest.fixture
def stage(tmp_path):
    with Approvals(tmp_path) as made:
        yield made.open()


@pytest.fixture(scope="module")
def settled(tmp_path_factory):
    """For tests that send nothing: each works on a copy of the plan and its approvals, in a folder of its own."""
    with Approvals(tmp_path_factory.mktemp("settled")) as made:
        made.open()
        made.write_plan(municipalities=[{"from": "places.yaml", "select": ["all"]}], approval={"threshold": 2, "approvers": list(PEOPLE[:3])},
                        variables={"level": {"one-of": ["2", "3", "4"], "default": "2"}})
        with open(os.path.join(made.folder, "places.yaml"), "w", encoding="utf-8") as file:
            yaml.safe_dump({"municipalities": [default_municipality(place) for place in PLACES]}, file, allow_unicode=True)
        made.approve(KARI, "alert")
        made.approve(OLA, "alert")
        assert made.run("approvals", made.plan, json=True, check=0).lines[-1]["approved"]
        yield made


class Copy:
    def __init__(self, settled, folder):
        self.settled, self.folder = settled, str(folder)
        for name in ("plan.yaml", "places.yaml"):
            shutil.copy(os.path.join(settled.folder, name), self.folder)
        shutil.copytree(os.path.join(settled.folder, "flom.approvals"), os.path.join(self.folder, "flom.approvals"))
        self.plan = os.path.join(self.folder, "plan.yaml")

    def base(self, name):
        return next(path for path in self.settled.statements(self.folder) if os.path.basename(path).startswith(name))

    def replace(self, name, change, **options):
        """A statement and its signature give way to one that is changed and signed again, by the same person."""
        base = self.base(name)
        text = change(read(base + ".statement"))
        self.remove(name)
        return self.settled.sign(name, text, self.folder, **options)

    def remove(self, name):
        base = self.base(name)
        os.unlink(base + ".statement")
        os.unlink(base + ".sig")

    def refused(self, *arguments, words):
        return self.settled.refused(*arguments, words=words, plan=self.plan)

    def approved(self, *arguments):
        return self.settled.run("approvals", self.plan, *arguments, json=True, check=0).lines[-1]["approved"]


@pytest.fixture
def copy(settled, tmp_path):
    return Copy(settled, tmp_path)


def window(begin, end):
    """Changes the time in which a statement holds."""
    def change(text):
        text = re.sub(r"(?m)^not-before .*$", "not-before " + begin, text)
        return re.sub(r"(?m)^not-after .*$", "not-after " + end, text)
    return change


EXPIRED = window("2020-01-01T00:00:00Z", "2020-01-01T12:00:00Z")
FUTURE = window("2090-01-01T00:00:00Z", "2090-01-01T12:00:00Z")


# --- the whole flow ---------------------------------------------------------------------------------------------
def test_two_of_three_let_it_out(stage):
    stage.refused(words="needs 2 approvals for mode live, and has 0")
    shown = stage.approve(KARI, "alert").out
    assert "Mode: live" in shown and "Message: alert" in shown and "level = 2" in shown
    assert "Audience: 3 municipalities, 9 deliveries" in shown and "Flom. Hold deg unna elva" in shown and "Flaum" in shown
    assert "Signed as kari@dsb.example" in shown
    stage.refused(words="needs 2 approvals for mode live, and has 1")
    assert "1 more approval needed (1 of 2)" in stage.run("approvals", stage.plan, check=0).out
    stage.approve(PER, "alert")
    listed = stage.run("approvals", stage.plan, json=True, check=0).lines
    assert [(a["principal"], a["counts"], a["key"]) for a in listed[:-1]] == [
        (name, True, fingerprint(stage.keys[name])) for name in (KARI, PER)]
    assert listed[-1] == {"event": "summary", "message": "alert", "mode": "live", "threshold": 2, "approvals": 2, "approved": True}
    stage.send(check=0)
    assert_all_posted(stage)
    started = next(e for e in stage.audit() if e["type"] == "run-started")
    told = json.dumps(started)
    for name in (KARI, PER):
        assert fingerprint(stage.keys[name]) in told and name not in told
    for base in stage.statements():
        assert hashlib.sha256(read(base + ".statement").encode()).hexdigest()[:12] in told
    assert fingerprint(stage.keys[OLA]) not in told and "BREAK GLASS" not in told
    stage.run("audit", "verify", check=0)


def test_the_statement_is_what_it_says(copy):
    lines = read(copy.base(KARI) + ".statement").split("\n")
    told = {key: value for key, _, value in (line.partition(" ") for line in lines[1:-1])}
    assert lines[0] == "crisis-approval/v1" and lines[-1] == ""
    assert told["plan-sha256"] == hashlib.sha256(read(copy.plan).encode()).hexdigest()
    assert told["directory-sha256"] == hashlib.sha256(read(os.path.join(copy.folder, "places.yaml")).encode()).hexdigest()
    assert (told["plan"], told["message"], told["mode"], told["set"]) == ("flom", "alert", "live", "level=2")
    assert told["audience"] == "3 municipalities, 9 deliveries"
    audience = sorted(f"{place} {'nn' if place == '4640' else 'nb'} {channel}\n"
                      for place in PLACES for channel in ("facebook", "webhook", "x"))
    assert told["audience-sha256"] == hashlib.sha256("".join(audience).encode()).hexdigest()


def test_the_texts_can_be_hashed_by_hand(tmp_path):
    with Approvals(tmp_path, channels=("facebook", "x")) as stage:
        stage.open()
        stage.approve(KARI, "alert")
        texts = []
        for place in sorted(PLACES):
            language = "nn" if place == "4640" else "nb"
            for channel in ("facebook", "x"):
                text = stage.run("render", stage.plan, "alert", "--municipality", place, "--channel", channel, check=0).out
                texts.append(f"{place} {channel} default {language}\n")
                for part in (default_text(language, "alert")["headline"], text.removesuffix("\n")):
                    texts.append(f"{len(part.encode())}\n{part}\n")
        statement = read(stage.statements()[0] + ".statement")
        assert "texts-sha256 " + hashlib.sha256("".join(texts).encode()).hexdigest() in statement


def test_without_a_message_every_message_is_approved(stage):
    for name in (KARI, OLA):
        assert "every message of the plan" in stage.approve(name).out
    assert "message *" in read(stage.statements()[0] + ".statement")
    stage.send("--set", "level=4", check=0)
    stage.send("update", "--set", "level=3", check=0)
    stage.refused("--exercise", words="it is for mode live")
    assert stage.approve(KARI, "--set", "level=3", check=2).err


def test_an_exercise_is_approved_by_itself(stage):
    for name in (KARI, OLA):
        stage.approve(name, "alert", "--mode", "exercise")
    stage.refused(words="it is for mode exercise")
    stage.send("--exercise", check=0)
    assert all("ØV" in post["text"] for post in stage.sandbox.posts())


def test_a_plan_may_want_each_message_approved(tmp_path):
    with Approvals(tmp_path, approval={"scope": "specific"}) as stage:
        stage.open()
        for name in (KARI, OLA):
            stage.approve(name)
        stage.refused(words="the plan wants an approval of this very message")
        for name in (KARI, OLA):
            stage.approve(name, "alert")
        stage.send(check=0)


def test_a_send_to_some_is_approved_for_some(stage):
    for name in (KARI, OLA):
        stage.approve(name, "alert", "--only", "0301", "--only", "4601")
    stage.refused(words="the audience is not the one that was signed (2 municipalities then, 3 now)")
    stage.refused("--only", "0301", words="2 municipalities then, 1 now")
    stage.send("--except", "4640", check=0)
    assert {post["municipality"] for post in stage.sandbox.posts()} == {"0301", "4601"}


# --- ssh-keygen -------------------------------------------------------------------------------------------------
def verdicts(settled, base, name, at=None):
    """What `crisis verify` and `ssh-keygen -Y verify` say of it."""
    approvers = settled.workspace.file("approvers")
    ours = settled.program("verify", base + ".statement", "--signature", base + ".sig", "--namespace", NAMESPACE,
                           "--approvers", approvers, "--as", name, json=True)
    with open(base + ".statement", "rb") as file:
        theirs = keygen("-Y", "verify", "-f", approvers, "-I", name, "-n", NAMESPACE, "-s", base + ".sig", stdin=file.read())
    assert ours.code in (0, 7) and (ours.code == 0) == (theirs.returncode == 0), (ours, theirs)
    assert ours.lines[0]["valid"] == (ours.code == 0)
    return ours.code == 0


def test_ssh_keygen_says_the_same(settled, copy):
    base = copy.base(KARI)
    assert verdicts(settled, base, KARI)
    assert not verdicts(settled, base, OLA)
    assert not verdicts(settled, base, "nobody@dsb.example")
    good = read(base + ".statement")
    for changed in (good.replace("mode live", "mode exercise"), good + "\n", good[:-1], ""):
        with open(base + ".statement", "w", encoding="utf-8") as file:
            file.write(changed)
        assert not verdicts(settled, base, KARI)


@pytest.mark.parametrize("kind", ["ed25519", "ecdsa", "ed25519-sk", "ecdsa-sk"])
def test_what_ssh_keygen_signs_is_taken_as_it_is(settled, copy, kind):
    key = make_key(copy.folder, "key", kind)
    settled.allow(*PEOPLE[:3], keys={OLA: key})
    try:
        copy.refused(words="is nobody's in the approvers file")
        base = copy.replace(OLA, str, key=key)
        assert verdicts(settled, base, OLA)
        assert copy.approved()
    finally:
        settled.allow(*PEOPLE[:3])


# --- what is refused --------------------------------------------------------------------------------------------
def one_byte(copy):
    path = copy.base(OLA) + ".statement"
    text = read(path)
    nonce = text.rindex("nonce ") + 6
    with open(path, "w", encoding="utf-8") as file:
        file.write(text[:nonce] + ("0" if text[nonce] != "0" else "1") + text[nonce + 1:])


def edited_plan(copy):
    with open(copy.plan, "a", encoding="utf-8") as file:
        file.write("# a remark\n")


def edited_directory(copy):
    with open(os.path.join(copy.folder, "places.yaml"), "a", encoding="utf-8") as file:
        file.write("# a remark\n")


def wrong_namespace(copy):
    copy.replace(OLA, str, namespace="file")


def twice_the_same(copy):
    """The same person signs again, with another nonce and another hash."""
    copy.remove(OLA)
    text = read(copy.base(KARI) + ".statement")
    copy.settled.sign(KARI, re.sub(r"nonce .*", "nonce " + "ab" * 16, text), copy.folder, base="again")


def other_statement(copy):
    """The signature of one statement beside another."""
    shutil.copy(copy.base(KARI) + ".sig", copy.base(OLA) + ".sig")


def no_signature(copy):
    os.unlink(copy.base(OLA) + ".sig")


REFUSED = {
    "one-byte": (one_byte, (), "over these bytes"),
    "edited-plan": (edited_plan, (), "the plan file is not the one that was signed"),
    "edited-directory": (edited_directory, (), "a directory file is not the one that was signed"),
    "another-variable": (None, ("--set", "level=3"), "the variables are not the ones that were signed"),
    "another-mode": (None, ("--exercise",), "it is for mode live"),
    "another-message": (None, ("update",), "it is for the message 'alert'"),
    "fewer-places": (None, ("--except", "0301"), "(3 municipalities then, 2 now)"),
    "fewer-channels": (None, ("--except", "channel=x"), "the audience is not the one that was signed"),
    "expired": (lambda copy: copy.replace(OLA, EXPIRED), (), "it expired at 2020-01-01T12:00:00Z"),
    "future": (lambda copy: copy.replace(OLA, FUTURE), (), "it is valid only from 2090-01-01T00:00:00Z"),
    "one-signer": (lambda copy: copy.remove(OLA), (), "needs 2 approvals for mode live, and has 1"),
    "twice-the-same": (twice_the_same, (), "needs 2 approvals for mode live, and has 1"),
    "wrong-namespace": (wrong_namespace, (), "namespace"),
    "other-statement": (other_statement, (), "over these bytes"),
    "no-signature": (no_signature, (), "it is not signed"),
    "a-line-more": (lambda copy: copy.replace(OLA, lambda text: text + "x y\n"), (), "has 1"),
    "other-counts": (lambda copy: copy.replace(OLA, lambda text: text.replace("audience 3 m", "audience 4 m")), (),
                     "(4 municipalities then, 3 now)"),
    "other-texts": (lambda copy: copy.replace(OLA, lambda text: re.sub(r"texts-sha256 \w+", "texts-sha256 " + "0" * 64, text)), (),
                    "the texts are not the ones that were signed"),
}


@pytest.mark.parametrize("case", REFUSED)
def test_refused(copy, case):
    change, arguments, words = REFUSED[case]
    if change:
        change(copy)
    copy.refused(*arguments, words=words)


def test_a_municipality_more_is_refused(stage):
    """An account is registered after the approval."""
    stage.write_plan(municipalities=(*PLACES, "5501"), approval={"threshold": 2, "approvers": list(PEOPLE[:3])})
    for name in (KARI, OLA):
        stage.approve(name, "alert")
    more = [{**account, "municipality": "5501"} for account in stage.accounts if account["municipality"] == "0301"]
    stage.workspace.register(more[:1])
    stage.refused(words="(3 municipalities then, 4 now)")


def test_one_key_under_two_names_counts_once(stage):
    stage.allow(*PEOPLE[:3], keys={OLA: stage.keys[KARI]})
    stage.approve(KARI, "alert")
    stage.approve(KARI, "alert", "--as", OLA)
    assert len(stage.statements()) == 2
    stage.refused(words="needs 2 approvals for mode live, and has 1")
    stage.approve(PER, "alert")
    stage.send(check=0)


def test_an_approver_who_was_removed_counts_no_more(stage):
    for name in (KARI, OLA):
        stage.approve(name, "alert")
    stage.run("approvers", "status", check=0)
    stage.allow(KARI, PER)
    stage.refused(words="is nobody's in the approvers file")
    assert [entry["consent"] for entry in stage.audit() if entry["type"] == "approvers"] == ["first", "signed"]
    stage.workspace.write("approvers", read(stage.workspace.file("approvers")).replace("ssh-ed25519", "ssh-rsa"))
    assert "while one is bad, nobody is an approver" in stage.run("send", stage.plan, "--yes").err
    assert stage.sandbox.posts() == []


def test_an_approver_whose_time_is_over_counts_no_more(stage):
    for name in (KARI, OLA):
        stage.approve(name, "alert")
    stage.allow(KARI, OLA, PER, options=',valid-before="20200101Z"', consent=False)
    stage.refused(words="has 0")


def test_who_is_not_of_the_plan_does_not_count(stage):
    stage.allow(*PEOPLE)
    assert "it will not count" in stage.approve(VAKT, "alert").err
    stage.approve(KARI, "alert")
    stage.refused(words="'vakt@dsb.example' is not an approver of this plan")


# --- resume -----------------------------------------------------------------------------------------------------
def test_resume_asks_the_gate_again(stage):
    stage.sandbox.stop()
    stage.open(faults=["429:channel=x:seconds=300"], register=False)
    stage.workspace.register(stage.accounts)
    for name in (KARI, OLA):
        stage.approve(name, "alert")
    run = stage.send_until(lambda: stage.states() == {"posted": 6, "waiting": 3}).lines[0]["run"]
    posted = len(stage.sandbox.posts())
    stage.sandbox.stop()
    stage.open(register=False)
    stage.workspace.register([account for account in stage.accounts if account["channel"] == "x"])

    stage.allow(KARI, PER)
    assert "is nobody's in the approvers file" in stage.run("resume", run, check=4).err
    stage.allow(*PEOPLE[:3])
    texts = {base: read(base + ".statement") for base in stage.statements()}
    base = next(base for base in texts if OLA in base)
    os.rename(base + ".sig", base + ".kept")
    expired = stage.sign(OLA, EXPIRED(texts[base]))
    refused = stage.run("resume", run, check=4).err
    assert "and has 1" in refused and ("it expired at 2020-01-01T12:00:00Z" in refused or "it is not signed" in refused)
    assert stage.sandbox.posts() == []
    assert sum(entry["type"] == "refused" and entry.get("run") == run for entry in stage.audit()) == 2

    os.unlink(expired + ".sig")
    os.unlink(expired + ".statement")
    os.rename(base + ".kept", base + ".sig")
    stage.edit_plan(lambda plan: plan.update(title="Noe annet", approval={"threshold": 3, "approvers": list(PEOPLE[:3])}))
    stage.run("resume", run, check=0)
    assert len(stage.sandbox.posts()) + posted == 9
    assert_nothing_twice(stage)
    stage.run("audit", "verify", check=0)


# --- calling it off ---------------------------------------------------------------------------------------------
@pytest.mark.parametrize("reversal", ["cancel", "all-clear", "correction"])
def test_the_reversal_goes_out_on_the_approval_of_the_alert(tmp_path, reversal):
    with Approvals(tmp_path, approval={"scope": "specific"}) as stage:
        stage.open()
        for name in (KARI, OLA):
            stage.approve(name, "alert")
        stage.send(check=0)
        stage.refused("update", words="it is for the message 'alert'")
        stage.refused(reversal, "--except", "0301", words="the audience is not the one that was signed")
        stage.refused(reversal, "--exercise", words="it is for mode live")
        stage.send(reversal, check=0)
        assert len(stage.sandbox.posts()) == 18
        assert stage.run("approvals", stage.plan, reversal, json=True, check=0).lines[-1]["approved"]


# --- when none is needed, and when more -------------------------------------------------------------------------
def test_a_dry_run_needs_none(stage):
    stage.send("--dry-run", check=0)
    assert stage.sandbox.posts() == []


def test_the_floor_of_the_workspace_holds_for_a_plan_without(tmp_path):
    with Approvals(tmp_path, approval={"threshold": 0}) as stage:
        stage.open()
        stage.refused(words="needs 2 approvals for mode live, and has 0")
        stage.approve(KARI, "alert")
        stage.refused(words="and has 1")
        stage.approve(OLA, "alert")
        stage.send(check=0)


def test_the_plan_may_ask_for_more_than_the_workspace(tmp_path):
    with Approvals(tmp_path, approval={"threshold": 3}, floor=1) as stage:
        stage.open()
        for name in (KARI, OLA):
            stage.approve(name, "alert")
        stage.refused(words="needs 3 approvals for mode live, and has 2")
        stage.approve(PER, "alert")
        stage.send(check=0)


def emergency_messages(severity):
    messages = make_plan()["messages"]
    messages["alert"]["cap"] = {"category": "Met", "event": "Flom", "urgency": "Immediate", "severity": severity, "certainty": "Observed"}
    return messages


def test_in_an_emergency_one_may_act_alone(tmp_path):
    emergency = {"emergency": {"approvers": [VAKT], "severities": ["Extreme"]}}
    with Approvals(tmp_path, approval=emergency, messages=emergency_messages("Extreme")) as stage:
        stage.open()
        stage.allow(*PEOPLE)
        stage.approve(VAKT, "alert")
        listed = stage.run("approvals", stage.plan, json=True, check=0).lines
        assert listed[0]["counts"] is False and listed[0]["counts_alone"] is True and listed[-1]["approvals"] == 0
        result = stage.send(check=0)
        assert "EMERGENCY PATH: ONE APPROVER ACTS ALONE" in result.err
        assert_all_posted(stage)
        started = next(e for e in stage.audit() if e["type"] == "run-started")
        assert started["emergency"] == "BREAK GLASS: ONE APPROVER ACTED ALONE; TO BE REVIEWED"
        assert fingerprint(stage.keys[VAKT]) in json.dumps(started)


def test_without_the_severity_nobody_acts_alone(tmp_path):
    emergency = {"emergency": {"approvers": [VAKT], "severities": ["Extreme"]}}
    with Approvals(tmp_path, approval=emergency, messages=emergency_messages("Severe")) as stage:
        stage.open()
        stage.allow(*PEOPLE)
        stage.approve(VAKT, "alert")
        stage.approve(KARI, "alert")
        stage.refused(words="it counts in an emergency only")


# --- keys -------------------------------------------------------------------------------------------------------
@pytest.fixture
def agent(tmp_path):
    """The environment of an ssh-agent that holds Kari's key."""
    path = str(tmp_path / "agent.sock")
    process = subprocess.Popen(["ssh-agent", "-D", "-a", path], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    wait_until(lambda: os.path.exists(path))
    yield {"SSH_AUTH_SOCK": path}
    process.terminate()
    process.wait(timeout=WAIT_TIMEOUT_S)


def ssh_add(environment, *words):
    done = subprocess.run(["ssh-add", "-q", *words], env={**os.environ, **environment}, stdin=subprocess.DEVNULL, capture_output=True, timeout=60)
    assert done.returncode == 0, done


def test_the_key_of_an_agent(stage, agent):
    assert "ssh-agent holds no key of an approver (0 keys)" in stage.run("approve", stage.plan, "alert", env=agent, check=2).err
    assert "no ssh-agent is running" in stage.run("approve", stage.plan, "alert", env={"SSH_AUTH_SOCK": None}, check=2).err
    ssh_add(agent, make_key(stage.folder, "unrelated"))
    ssh_add(agent, stage.keys[KARI])
    ssh_add(agent, stage.keys[OLA])
    assert "Signed as kari@dsb.example" in stage.run("approve", stage.plan, "alert", env=agent, check=0).out
    signed = stage.run("approve", stage.plan, "alert", "--key", stage.keys[OLA] + ".pub", env=agent, json=True, check=0).lines[0]
    assert signed["principal"] == OLA and os.path.exists(signed["signature"])
    assert all(verdicts(stage, base, name) for base, name in zip(stage.statements(), (KARI, OLA)))
    stage.send(check=0)
    assert stage.run("approve", stage.plan, "alert", "--key", stage.keys[PER] + ".pub", env=agent).code != 0


def test_a_passphrase_is_asked_for_on_the_terminal(stage):
    key = make_key(stage.folder, "locked", passphrase=PASSPHRASE)
    stage.allow(*PEOPLE[:3], keys={KARI: key}, consent=False)
    terminal = Terminal(stage, "approve", stage.plan, "alert", "--key", key)
    terminal.wait_for("Passphrase for ")
    assert "Mode: live" in terminal.text
    terminal.type(PASSPHRASE + "\n")
    terminal.wait_for("Type the plan's id to sign this: ")
    terminal.type("flom\n")
    assert terminal.end() == 0, terminal.text
    assert PASSPHRASE not in terminal.text
    assert verdicts(stage, stage.statements()[0], KARI)

    terminal = Terminal(stage, "approve", stage.plan, "alert", "--key", key)
    terminal.wait_for("Passphrase for ")
    terminal.type("bringebær\n")
    assert terminal.end() != 0 and "is wrong" in terminal.text and "bringebær" not in terminal.text
    assert len(stage.statements()) == 1


def test_not_confirmed_is_not_signed(stage):
    terminal = Terminal(stage, "approve", stage.plan, "alert", "--key", stage.keys[KARI])
    terminal.wait_for("Type the plan's id to sign this: ")
    terminal.type("yes\n")
    assert terminal.end() == 2 and "nothing was signed" in terminal.text
    assert stage.statements() == []


def test_a_key_that_is_nobodys(stage):
    key = make_key(stage.folder, "unrelated")
    result = stage.run("approve", stage.plan, "alert", "--key", key, "--yes", check=4)
    assert fingerprint(key) in result.err and "crisis approvers add" in result.err
    stage.run("approve", stage.plan, "alert", "--key", key, "--as", "kari, ola", "--yes", check=2)
    assert stage.statements() == []
    assert public(key)


def test_how_long_an_approval_holds(stage):
    stage.approve(KARI, "alert", "--for", "90m")
    line = stage.run("approvals", stage.plan, json=True, check=0).lines[0]
    assert line["not_before"].endswith(".000Z") and line["not_after"] > line["not_before"]
    statement = read(stage.statements()[0] + ".statement")
    begin, end = re.search(r"not-before \S+T(\d+):(\d+)", statement), re.search(r"not-after \S+T(\d+):(\d+)", statement)
    minutes = [int(match[1]) * 60 + int(match[2]) for match in (begin, end)]
    assert (minutes[1] - minutes[0]) % (24 * 60) == 90
    assert stage.approve(KARI, "alert", "--for", "soon", check=2).err
    assert stage.approve(KARI, "alert", "--mode", "dry-run", check=2).err


# --- passkeys ---------------------------------------------------------------------------------------------------
PAGE = "https://krise.dsb.example"


@pytest.fixture
def passkey(stage, tmp_path):
    """Ola approves in a browser: his key is a passkey of the site."""
    made = Passkey(tmp_path, "dsb.example")
    lines = read(stage.workspace.file("approvers")).splitlines(True)
    stage.workspace.write("approvers", "".join(
        line.split(" sk-")[0].split(" ssh-")[0] + f" {made.line()}\n" if line.startswith(OLA) else line for line in lines))
    return made


def allow_pages(stage, *origins):
    approval = {"threshold": 2, **({"passkey-origins": list(origins)} if origins else {})}
    stage.workspace.configure(stage.sandbox.url, stage.sandbox.ca, approval=approval)


def sign_in_browser(stage, passkey, origin=PAGE):
    """Ola signs what Kari signed, but for the nonce; what a browser returns is put beside it."""
    kari = next(base for base in stage.statements() if KARI in base)
    text = re.sub(r"nonce .*", "nonce " + "cd" * 16, read(kari + ".statement"))
    base = kari.replace(KARI, OLA)
    for suffix, content in ((".statement", text), (".sig", armour(passkey.sign(text.encode(), origin=origin)))):
        with open(base + suffix, "w", encoding="ascii") as file:
            file.write(content)


def test_a_passkey_of_a_listed_page_approves(stage, passkey):
    stage.approve(KARI, "alert")
    sign_in_browser(stage, passkey)
    stage.refused(words=f"the passkey was used at '{PAGE}', which is not a page where approvals are given")
    allow_pages(stage, "https://annet.example", PAGE)
    assert stage.run("approvals", stage.plan, json=True, check=0).lines[-1]["approved"]
    stage.send(check=0)


@pytest.mark.parametrize("origin", ["https://evil.example", "http://krise.dsb.example", PAGE + ":8443", PAGE + ".evil.example"])
def test_a_passkey_used_elsewhere_is_refused_and_the_page_named(stage, passkey, origin):
    allow_pages(stage, PAGE)
    stage.approve(KARI, "alert")
    sign_in_browser(stage, passkey, origin)
    stage.refused(words=f"the passkey was used at '{origin}'")
    listed = stage.run("approvals", stage.plan, json=True, check=0).lines
    assert [line["counts"] for line in listed[:-1]] == [True, False] and origin in listed[1]["reason"]


def test_a_passkey_consents_to_a_list_too(stage, passkey):
    stage.run("approvers", "remove", PER, check=0)
    stage.run("approvers", "sign", "--key", stage.keys[KARI], check=0)
    prepared = read(stage.workspace.file("approvers.next")).encode()
    stage.workspace.write("approvers.next.ola.sig", armour(passkey.sign(prepared, namespace=SUCCESSION)))
    status = stage.run("approvers", "status", check=0)
    assert "signed by 1 of 2 of the present list" in status.out and "not a page where approvals are given" in status.err
    stage.workspace.write("approvers.next.ola.sig", armour(passkey.sign(prepared, origin=PAGE, namespace=SUCCESSION)))
    allow_pages(stage, PAGE)
    assert "Version 2 of the approvers is in force" in stage.run("approvers", "sign", "--key", stage.keys[KARI], check=0).out


# --- what `check` says ------------------------------------------------------------------------------------------
def checked(stage, plan=None):
    """Warnings, and by message and values what is approved."""
    lines = stage.run("check", plan or stage.plan, json=True, check=0).lines
    warnings = [line["message"] for line in lines if line["event"] == "problem"]
    assert all(line["severity"] == "warning" for line in lines if line["event"] == "problem")
    found = {(line["message"], line["mode"], *line["set"].values()): line for line in lines if line["event"] == "approval"}
    assert lines[-1]["event"] == "summary" and lines[-1]["warnings"] == len(warnings)
    return warnings, found


def test_check_tells_what_is_approved_and_what_is_missing(stage):
    warnings, found = checked(stage)
    assert [key[:2] for key in found] == [(name, "live") for name in ("alert", "update", "correction", "cancel", "all-clear")]
    assert "alert, mode live, level=2: 0 of 2 approvals, 2 more needed before it can be sent" in warnings
    stage.approve(KARI, "alert", "--set", "level=3", "--for", "90m")
    warnings, found = checked(stage)
    one, = [line for line in warnings if line.startswith("alert, ")]
    until = found["alert", "live", "3"]["until"]
    assert one == (f"alert, mode live, level=3: 1 of 2 approvals (kari@dsb.example, until {until.replace('.000', '')}), "
                   "1 more needed before it can be sent")
    assert found["cancel", "live", "2"]["principals"] == [KARI]  # it calls the alert off
    stage.approve(OLA, "alert", "--set", "level=3")
    warnings, found = checked(stage)
    assert not any(line.startswith("alert, ") or "does not count" in line for line in warnings)
    alert = found["alert", "live", "3"]
    assert alert["approved"] and alert["principals"] == [KARI, OLA] and alert["until"] == until  # the shorter of both
    assert found["cancel", "live", "2"]["approved"] and not found["update", "live", "2"]["approved"]
    assert "  alert, mode live, level=3: approved by kari@dsb.example, ola@dsb.example, until 20" in stage.run("check", stage.plan, check=0).out
    stage.send("--set", "level=3", check=0)
    stage.refused(words="the variables are not the ones that were signed")


def test_check_tells_why_an_approval_does_not_count(settled, copy):
    warnings, found = checked(settled, copy.plan)
    assert found["alert", "live", "2"]["approved"] and not any("does not count" in line for line in warnings)
    copy.replace(OLA, EXPIRED)
    lines = settled.run("check", copy.plan, json=True, check=0).lines
    refused, = [line for line in lines if "does not count" in line.get("message", "")]
    assert refused["message"] == "this approval does not count: it expired at 2020-01-01T12:00:00Z"
    assert OLA in refused["file"] and refused["severity"] == "warning"
    edited_plan(copy)
    warnings, found = checked(settled, copy.plan)
    assert sum("the plan file is not the one that was signed" in line for line in warnings) == 2
    assert found["alert", "live", "2"]["approvals"] == 0


def test_check_of_a_list_that_is_not_in_force(stage):
    stage.run("approvers", "status", check=0)
    stage.workspace.write("approvers", read(stage.workspace.file("approvers")) + "# a remark\n")
    warnings, found = checked(stage)
    assert any("nothing can be approved: the file 'approvers' is neither the list in force" in line for line in warnings) and not found


def test_check_of_a_standing_approval_and_of_an_exercise(stage):
    for name in (KARI, OLA):
        stage.approve(name, "--for", "90d")
        stage.approve(name, "update", "--mode", "exercise", "--set", "level=4")
    warnings, found = checked(stage)
    assert not any("approvals" in line for line in warnings), warnings
    assert all(line["approved"] for line in found.values())
    assert {key[1:] for key in found} == {("live", "2"), ("exercise", "4")}
