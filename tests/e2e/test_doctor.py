"""`crisis doctor`: whether this workspace could send now. Each problem is provoked once, and told with its next step."""
import hashlib
import os
import shutil
import sqlite3
from contextlib import closing

import pytest
import yaml
from approving import KARI, OLA, PER, Approvals, public, read
from conftest import Program, make_plan, release_path
from failing import faults, needs_release, preload_path
from servers import CLOSE, Authority, Server, free_port, reply
from stage import Stage, beside, scenes  # noqa: F401
from test_cap_signature import make_key, name_certificate
from test_system_faults import mounted
from test_wrong_clock import Clock

CHECKS = {"store", "disk", "clock", "log", "vault", "approvers", "credentials", "limits", "plan", "rehearsal", "certificates",
          "network"}
EVERY_CREDENTIAL = ("facebook", "x")
MINUTE, HOUR, DAY = 60, 3600, 86400


def doctor(place, *arguments, check=None, **options):
    return place.run("doctor", *arguments, json=True, check=check, **options)


def found(result, check, level="problem"):
    """The findings of a check at a level; every one that is not ok says what to do."""
    findings = result.events("finding")
    assert all(f.get("next") for f in findings if f["level"] == "problem"), findings
    return [f for f in findings if (f["check"], f["level"]) == (check, level)]


def assert_only(result, check, words, level="problem"):
    """That problem, and no other; whatever is ok or doubtful besides."""
    problems = [f for f in result.events("finding") if f["level"] == "problem"]
    assert problems if level == "problem" else not problems, result
    assert {f["check"] for f in problems} <= {check}, result
    told = [f["message"] + " " + f.get("next", "") for f in found(result, check, level)]
    assert any(words in text for text in told), (words, result)
    assert result.lines[-1]["problems"] == len(problems)
    assert result.lines[-1]["could_send"] == (result.code in (0, 5))


def change(place, *statements):
    with closing(sqlite3.connect(place.workspace.file("crisis.db"))) as database, database:
        for statement in statements:
            assert database.execute(statement).rowcount > 0, statement


def put_config(place, **more):
    config = {**place.workspace.config(), **more}
    place.workspace.write("crisis.yaml", yaml.safe_dump(config, allow_unicode=True, sort_keys=False))


def well(folder, **options):
    """Accounts that are proven, and two of three approvers are asked for."""
    stage = Approvals(folder, places=("0301", "4601"), **options).open()
    stage.run("approvers", "status", check=0)
    stage.run("channels", "--check", check=0)
    return stage


def simple(folder, channels=("webhook",), **options):
    """Nothing is asked for, and nothing is amiss."""
    return Stage(folder, places=("0301", "4601"), channels=channels, binary=options.pop("binary", None)).open(**options)


def as_released(stage):
    """What stands in front of the system's calls does not go with sanitizers."""
    stage.workspace.program = Program(stage.folder, release_path())


# --- all is well ------------------------------------------------------------------------------------------------
@beside()
def test_a_workspace_in_order(folder):
    with well(folder) as stage:
        for name in (KARI, OLA):
            stage.approve(name, "alert", "--mode", "exercise")
        stage.run("send", stage.plan, "--exercise", "--yes", check=0)
        result = doctor(stage, check=0)
        levels = {f["check"]: f["level"] for f in result.events("finding")}
        assert set(levels) == CHECKS and set(levels.values()) == {"ok"}, result
        assert result.lines[-1] == {"event": "summary", "could_send": True, "problems": 0, "warnings": 0}
        ready = {r["channel"]: (r["ready"], r["accounts"]) for r in result.events("readiness")}
        assert ready == {"facebook": (2, 2), "x": (2, 2), "webhook": (2, 2)}
        text = stage.run("doctor", check=0).out
        assert "2 of 2 ready on facebook\n" in text and text.endswith("This workspace could send now: 0 problems, 0 warnings\n")
        assert stage.run("--quiet", "doctor", check=0).out.startswith("2 of 2 ready on ")


@beside()
def test_nothing_is_changed_and_no_credential_leaves(folder):
    with well(folder) as stage:
        def state():
            paths = [os.path.join(at, name) for at, _, names in os.walk(stage.workspace.path) for name in names]
            return {path: hashlib.sha256(open(path, "rb").read()).hexdigest()  # noqa: SIM115
                    for path in paths if not path.endswith(("-shm", "-wal"))}

        before, asked, entries = state(), stage.sandbox.log(), stage.audit()
        result = doctor(stage, stage.plan, check=0)
        assert state() == before and stage.audit() == entries
        assert stage.sandbox.log() == asked and stage.sandbox.posts() == []
        secrets = [value for account in stage.accounts for value in account["credential"].values()]
        assert secrets and not any(secret in result.out + result.err for secret in secrets)


@beside()
def test_offline_connects_to_nothing(folder):
    with well(folder) as stage:
        stage.sandbox.stop()
        assert {f["check"] for f in doctor(stage, "--offline", check=0).events("finding")} == CHECKS - {"network"}
        if shutil.which("strace"):
            trace = os.path.join(folder, "trace")
            stage.program.binary, arguments = "strace", ["-f", "-e", "trace=connect,sendto", "-o", trace, stage.program.binary]
            stage.program.run(*arguments, "-C", stage.workspace.path, "doctor", "--offline", env={"ASAN_OPTIONS": "detect_leaks=0"},
                              check=0)
            assert "AF_INET" not in read(trace)


# --- the machine ------------------------------------------------------------------------------------------------
@beside()
def test_the_store(folder):
    with simple(folder) as stage:
        stage.workspace.write("crisis.db", "no database " * 1000)
        for name in ("crisis.db-wal", "crisis.db-shm"):
            if os.path.exists(stage.workspace.file(name)):
                os.unlink(stage.workspace.file(name))
        assert_only(doctor(stage, check=1), "store", "crisis.db")


def test_a_disk_that_is_full(tmp_path):
    disk = tmp_path / "disk"
    disk.mkdir()
    with mounted("-t", "tmpfs", "-o", "size=48m", "tmpfs", str(disk)), simple(disk / "stage") as stage:
        assert_only(doctor(stage, check=1), "disk", "MiB are free")
    with mounted("-t", "tmpfs", "-o", "size=256m", "tmpfs", str(disk)), simple(disk / "stage") as stage:
        assert_only(doctor(stage, check=0), "disk", "MiB are free", level="warning")


@needs_release
@beside("fsync", "write", "open")
def test_a_disk_that_keeps_nothing(folder, call):
    with simple(folder) as stage:
        as_released(stage)
        path = "*/workspace/public" if call == "open" else "*/workspace/#*"
        result = doctor(stage, "--offline", env=faults(f"{call}:path={path}:error=EROFS"), check=1)
        assert_only(result, "disk", "nothing can be written" if call == "open" else "does not last")


@needs_release
@beside((-5 * HOUR, "behind the last entry", 1, "problem"), (10 * MINUTE, "ahead of", 1, "problem"),
        (2 * MINUTE, "ahead of", 0, "warning"))
def test_a_clock_that_is_wrong(folder, case):
    seconds, words, code, level = case
    with simple(folder) as stage:
        as_released(stage)
        clock = Clock(folder)
        clock.set(seconds)
        result = doctor(stage, env=clock.environment, check=code)
        assert any(words in f["message"] for f in found(result, "clock", level)), result
        if seconds < 0:  # the certificate is not valid yet, by this clock
            assert any("is its clock right?" in f["message"] for f in found(result, "network")), result
        else:
            assert_only(result, "clock", words, level)


@beside()
def test_the_log(folder):
    with simple(folder) as stage:
        key, database = stage.workspace.file("keys/log.key"), stage.workspace.file("crisis.db")
        os.rename(key, key + ".away")
        assert_only(doctor(stage, check=1), "log", "log.key")
        os.rename(key + ".away", key)
        shutil.copy(database, database + ".backup")
        stage.workspace.register(stage.accounts)
        for ending in ("-wal", "-shm"):
            if os.path.exists(database + ending):
                os.unlink(database + ending)
        os.rename(database + ".backup", database)
        assert_only(doctor(stage, check=7), "log", "entr")


@beside()
def test_the_vault(folder):
    with simple(folder, channels=EVERY_CREDENTIAL) as stage:
        key = stage.workspace.file("keys/vault.key")
        os.rename(key, key + ".away")
        assert_only(doctor(stage, check=1), "vault", "vault.key")
        os.rename(key + ".away", key)
        config = stage.workspace.config()["networks"]
        config["facebook"].update({"app-id": "1234567890", "app-secret": {"vault": "facebook-app-secret"}})
        put_config(stage, networks=config)
        assert_only(doctor(stage, check=3), "vault", "crisis vault put facebook-app-secret")
        stage.run("vault", "put", "facebook-app-secret", input="PlantedAppSecret\n", check=0)
        doctor(stage, check=0)
        change(stage, "UPDATE secrets SET sealed = randomblob(64)")
        assert_only(doctor(stage, check=5), "vault", "crisis vault put facebook-app-secret")


# --- approvers --------------------------------------------------------------------------------------------------
@beside()
def test_approvers_who_are_not_enough(folder):
    with Approvals(folder, places=("0301",), channels=("webhook",)) as stage:
        stage.allow(KARI)
        stage.open()
        assert_only(doctor(stage, check=4), "approvers", "1 could be given now: kari@dsb.example")
        stage.allow(KARI, OLA, consent=False)
        assert_only(doctor(stage, check=0), "approvers", "no more could be given now: kari@dsb.example, ola@dsb.example",
                    level="warning")
        stage.allow(KARI, OLA, PER, keys={PER: stage.keys[OLA]}, consent=False)  # one key counts once
        assert found(doctor(stage), "approvers", "warning")


@beside()
def test_an_approver_whose_time_is_over_or_nearly(folder):
    with Approvals(folder, places=("0301",), channels=("webhook",)) as stage:
        stage.allow(KARI, OLA, options=',valid-before="20200101Z"')
        stage.open()
        assert_only(doctor(stage, check=4), "approvers", "0 could be given now: nobody")


@beside()
def test_a_list_that_is_not_in_force(folder):
    with well(folder, channels=("webhook",)) as stage:
        path = stage.workspace.file("approvers")
        with open(path, "a", encoding="utf-8") as file:
            file.write(f'eva@dsb.example namespaces="crisis-approval@v1" {public(stage.keys[KARI])}\n')
        assert_only(doctor(stage, check=4), "approvers", "crisis approvers restore")
        with open(path, "a", encoding="utf-8") as file:
            file.write("nobody knows what this is\n")
        assert found(doctor(stage, check=3), "approvers")


@beside()
def test_a_plan_asks_for_approvers_of_its_own(folder):
    with well(folder, channels=("webhook",), approval={"threshold": 2, "approvers": [KARI, "eva@dsb.example"]}) as stage:
        doctor(stage, check=0)
        assert_only(doctor(stage, stage.plan, check=4), "approvers", f"for {stage.plan}, and 1 could be given now")


# --- accounts ---------------------------------------------------------------------------------------------------
def test_nobody_is_registered(workspace):
    result = doctor(workspace, check=3)
    assert "crisis register" in found(result, "credentials")[0]["next"]
    assert result.events("readiness") == [] and result.lines[-1]["could_send"] is False


@beside()
def test_credentials_that_were_not_proven_or_were_refused(folder):
    with simple(folder, channels=EVERY_CREDENTIAL, faults=["expired-token:channel=x:municipality=4601"]) as stage:
        result = doctor(stage, check=0)
        assert_only(result, "credentials", "2 credentials on x were never proven (first: 0301 'default')", level="warning")
        assert [r["ready"] for r in result.events("readiness")] == [0, 0]
        stage.run("channels", "--check", check=5)
        result = doctor(stage, check=5)
        assert_only(result, "credentials", "1 credential on x was refused when it was last used (first: 4601 'default')")
        counts = {r["channel"]: (r["ready"], r["refused"], r["unproven"]) for r in result.events("readiness")}
        assert counts == {"facebook": (2, 0, 0), "x": (1, 1, 0)}
        text = stage.run("doctor", check=5).out
        assert "1 of 2 ready on x\n" in text and "could send now, but not everything would arrive: 1 problem" in text
        stage.workspace.register(stage.accounts)  # connected again
        assert_only(doctor(stage, check=0), "credentials", "2 credentials on x were never proven", level="warning")


@beside()
def test_a_post_that_was_refused_tells_of_the_credential(folder):
    with simple(folder, channels=EVERY_CREDENTIAL, faults=["expired-token:channel=x:municipality=4601"]) as stage:
        stage.send(check=5)
        assert_only(doctor(stage, check=5), "credentials", "1 credential on x was refused when it was last used")


@beside()
def test_credentials_that_end(folder):
    with simple(folder, channels=("threads",)) as stage:
        for account, end in zip(stage.accounts, ("2020-01-01T00:00:00Z", "2999-01-01T00:00:00Z")):
            account["settings"]["expires-at"] = end
        stage.workspace.register(stage.accounts)
        assert_only(doctor(stage, check=5), "credentials", "1 credential on threads has ended (first: 0301 'default')")


@needs_release
@beside()
def test_proofs_that_are_old(folder):
    with simple(folder, channels=EVERY_CREDENTIAL) as stage:
        stage.run("channels", "--check", check=0)
        as_released(stage)
        clock = Clock(folder)
        clock.set(31 * DAY)
        result = doctor(stage, "--offline", env=clock.environment, check=0)
        assert_only(result, "credentials", "2 credentials on x were last proven more than 30 days ago", level="warning")


@beside()
def test_credentials_that_do_not_open(folder):
    with simple(folder, channels=("webhook", "x")) as stage:
        change(stage, "UPDATE accounts SET sealed = randomblob(100) WHERE channel = 'x' AND municipality = '0301'")
        result = doctor(stage, check=5)
        assert_only(result, "credentials", "1 credential on x cannot be opened by the vault (first: 0301 'default')")
        assert {r["channel"]: r["unreadable"] for r in result.events("readiness")} == {"webhook": 0, "x": 1}


def test_limits(workspace, accounts):
    workspace.register(accounts([f"{9000 + i}" for i in range(101)], channels=("youtube",)))
    result = doctor(workspace, "--offline", check=0)
    assert "1 of 101 accounts would have to wait now" in found(result, "limits", "warning")[0]["message"]


@beside()
def test_posts_are_counted_against_limits(folder):
    with simple(folder, channels=EVERY_CREDENTIAL) as stage:
        stage.send(check=0)
        assert any("10000 posts" in f["message"] and "2 were made" in f["message"] for f in found(doctor(stage), "limits", "ok"))


# --- plans ------------------------------------------------------------------------------------------------------
@beside()
def test_plans_of_the_workspace_and_named_ones(folder):
    with simple(folder) as stage:
        stage.workspace.write("municipalities.yaml", "- {id: '0301', name: Oslo}\n")  # no plan
        assert "none is in the workspace" in found(doctor(stage, check=0), "plan", "ok")[0]["message"]
        os.makedirs(stage.workspace.file("plans/deep"))
        good = yaml.safe_dump(make_plan(municipalities=("0301", "4601"), channels=("webhook",)), allow_unicode=True, sort_keys=False)
        stage.workspace.write("plans/deep/good.yaml", good)
        stage.workspace.write("bad.yaml", good.replace("kind: alert", "kind: alarm"))
        result = doctor(stage, check=3)
        assert_only(result, "plan", "crisis check " + stage.workspace.file("bad.yaml"))
        assert "plans/deep/good.yaml is valid: 5 messages, 2 municipalities" in found(result, "plan", "ok")[0]["message"]
        result = doctor(stage, stage.workspace.file("plans/deep/good.yaml"), check=0)
        assert len(found(result, "plan", "ok")) == 1
        assert_only(doctor(stage, "nowhere.yaml", check=3), "plan", "nowhere.yaml")


@beside()
def test_a_plan_with_warnings(folder):
    with simple(folder) as stage:
        stage.write_plan(municipalities=("0301", "4601", "5501"), channels=("webhook",))
        assert_only(doctor(stage, stage.plan, check=0), "plan", "crisis check", level="warning")


@beside()
def test_rehearsals(folder):
    with simple(folder) as stage:
        assert_only(doctor(stage, check=0), "rehearsal", "nothing has been exercised yet", level="warning")
        stage.run("send", stage.plan, "--exercise", "--yes", check=0)
        assert "alert of flom was last exercised" in found(doctor(stage, check=0), "rehearsal", "ok")[0]["message"]
        stage.run("rehearse", stage.plan, "update", "--faults", "none", "--latency", "5ms", check=0)
        assert "update of flom was last rehearsed in a sandbox" in found(doctor(stage, check=0), "rehearsal", "ok")[0]["message"]
        with closing(sqlite3.connect(stage.workspace.file("crisis.db"))) as store, store:
            store.execute("UPDATE runs SET started_ms = 1000")
            store.execute("UPDATE rehearsals SET started_ms = 2000")
        assert_only(doctor(stage, check=0), "rehearsal", "rehearsed in a sandbox more than 90 days ago", level="warning")


# --- networks ---------------------------------------------------------------------------------------------------
@beside()
def test_no_network_is_reached(folder):
    with simple(folder, channels=EVERY_CREDENTIAL) as stage:
        stage.sandbox.stop()
        assert_only(doctor(stage, check=1), "network", f"x is not reached at 1 of 1 address: {stage.sandbox.url}")


@beside()
def test_one_address_of_several_is_not_reached(folder):
    with simple(folder) as stage:
        lost = f"https://127.0.0.1:{free_port()}/hook"
        stage.accounts[0]["settings"]["url"] = lost
        stage.workspace.register(stage.accounts)
        assert_only(doctor(stage, check=5), "network", f"webhook is not reached at 1 of 2 addresses: {lost.removesuffix('/hook')}")


@needs_release
@beside()
def test_a_name_without_an_address(folder):
    with simple(folder) as stage:
        as_released(stage)
        stage.accounts[0]["settings"]["url"] = "https://varsel.kommune.example/hook"
        stage.workspace.register(stage.accounts)
        result = doctor(stage, env={"LD_PRELOAD": preload_path(), "CRISIS_FAULTS": "getaddrinfo:error=EIO"}, check=5)
        assert "1 of 1 name has no address (first: https://varsel.kommune.example:443)" in found(result, "names")[0]["message"]
        assert "webhook is not reached at 1 of 2 addresses" in found(result, "network")[0]["message"]


@beside()
def test_certificates_that_cannot_be_trusted(folder):
    with simple(folder) as stage:
        authority = os.path.join(folder, "other.pem")
        put_config(stage, **{"ca-file": authority})
        assert_only(doctor(stage, check=1), "certificates", "other.pem")  # it is not there
        with open(authority, "w", encoding="ascii") as file:
            file.write("no certificate\n")
        assert_only(doctor(stage, "--offline", check=1), "certificates", "is no file of certificates")
        os.unlink(authority)
        config = stage.workspace.config()
        del config["ca-file"]
        stage.workspace.write("crisis.yaml", yaml.safe_dump(config, sort_keys=False))
        result = doctor(stage, check=1)
        assert "certificate is not trusted" in found(result, "network")[0]["message"]


@beside()
def test_a_server_that_is_asked_without_a_credential(folder):
    authority = Authority(os.path.join(folder, "authority"))
    answers = {"how": reply(404, b"")}
    with Server(lambda request: answers["how"], tls=authority) as server, \
            Stage(folder, places=("0301",), channels=EVERY_CREDENTIAL) as stage:
        stage.workspace.configure(server.url, authority.ca)
        stage.workspace.register(stage.accounts)
        result = doctor(stage, check=0)
        assert_only(result, "certificates", f"that of {server.url} ends in 0 days", level="warning")
        assert {f["message"] for f in found(result, "network", "ok")} == {f"{c} is reached at its 1 address" for c in EVERY_CREDENTIAL}
        assert {(r.method, r.target, r.body) for r in server.requests} == {("HEAD", "/", b"")}
        assert {name for r in server.requests for name in r.headers} <= {"host", "user-agent", "accept", "accept-encoding"}
        answers["how"] = CLOSE
        assert_only(doctor(stage, check=0), "network", "x is reached, but answers nothing, at 1 of 1 address", level="warning")


@beside()
def test_the_signature_of_cap_files(folder):
    with simple(folder) as stage:
        make_key(stage, days=400)
        name_certificate(stage)
        assert any("CAP files" in f["message"] for f in found(doctor(stage, "--offline", check=0), "certificates", "ok"))
        make_key(stage, days=9)
        assert_only(doctor(stage, "--offline", check=0), "certificates", "CAP files are signed with is valid until", level="warning")
        os.unlink(stage.workspace.file("keys/cap.key"))
        assert_only(doctor(stage, "--offline", check=0), "certificates", "cap.key", level="warning")
