"""A rehearsal: the whole send against a sandbox of its own, which leaves nothing behind but what was learnt."""
import os
import re
import signal
import sqlite3

import pytest
import yaml
from conftest import ROOT, release_path, wait_until
from pictures import png
from stage import CHANNELS, PLACES, Stage

EVERY_CHANNEL = ("facebook", "x", "mastodon", "bluesky", "telegram", "threads", "webhook", "wordpress", "micropub", "feed")
CALM = ("--faults", "none", "--latency", "5ms")
PATIENCE_S = 240


class Real(Stage):
    """A workspace for real networks, as far as it knows: they are where nobody must ever ask."""

    def ready(self, **accounts):
        self.workspace.url = "https://sandbox.invalid"
        config = self.workspace.config()
        config["approval"] = {"threshold": 0}
        config["coordinator"]["url"] = "https://krise.example.no"
        self.workspace.write("crisis.yaml", yaml.safe_dump(config, allow_unicode=True))
        self.workspace.register(self.accounts)
        self.temporary = os.path.join(self.folder, "temporary")
        os.makedirs(self.temporary, exist_ok=True)
        return self

    def rehearse(self, *arguments, json=True, calm=True, **options):
        options.setdefault("timeout", PATIENCE_S)
        return self.run("rehearse", self.plan, *arguments, *(CALM if calm else ()), json=json,
                        env={"TMPDIR": self.temporary}, **options)

    def left_behind(self):
        return os.listdir(self.temporary)


@pytest.fixture
def stage(tmp_path):
    with Real(tmp_path) as made:
        yield made.ready()


def last(result):
    return result.events("rehearsal")[0]


def processes_of(folder):
    """Those that have the folder on their command line."""
    found = []
    for number in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{number}/cmdline", "rb") as file:
                if folder.encode() in file.read():
                    found.append(int(number))
        except OSError:
            pass
    return found


# --- what it does -----------------------------------------------------------------------------------------------


def test_everything_is_posted_and_corrected_in_the_sandbox(stage):
    result = stage.rehearse(check=0)
    rehearsal = last(result)
    assert (rehearsal["plan"], rehearsal["message"]) == ("flom", "alert")
    assert (rehearsal["deliveries"], rehearsal["posted"], rehearsal["failed"], rehearsal["in_doubt"]) == (9, 9, 0, 0)
    assert (rehearsal["municipalities"], rehearsal["reached"]) == (3, 3)
    assert 0 <= rehearsal["first_post_seconds"] <= rehearsal["most_posted_seconds"] <= rehearsal["last_post_seconds"]
    assert rehearsal["correction"] == "correction"
    assert 0 <= rehearsal["correction_most_seconds"] <= rehearsal["correction_last_seconds"]
    assert stage.left_behind() == []
    assert stage.run("runs", json=True, check=0).lines == []


def test_the_text_says_when_and_what(stage):
    result = stage.rehearse(json=False, check=0)
    assert "REHEARSAL of alert of flom, in a sandbox: nothing was published." in result.out
    assert "9 of 9 deliveries posted, 3 of 3 municipalities reached." in result.out
    for words in (r"first post +\S+ s", r"90 % posted +\S+ s", r"last post +\S+ s", r"to correct it +\S+ s \(correction; 90 % in .+\)"):
        assert re.search(words, result.out), (words, result)
    assert "9 of 9 credentials have never been shown to work" in result.out
    assert re.search(r"The same again: crisis rehearse .*plan.yaml alert --seed \d+", result.out)
    assert "Nothing is published." in result.err


def test_every_channel_can_be_rehearsed(tmp_path):
    with Real(tmp_path, channels=EVERY_CHANNEL) as stage:
        stage.write_plan(municipalities=PLACES, channels=EVERY_CHANNEL)
        rehearsal = last(stage.ready().rehearse(check=0))
        assert rehearsal["posted"] == rehearsal["deliveries"] == len(PLACES) * len(EVERY_CHANNEL)
        assert not os.path.exists(stage.workspace.file("public/0301"))


def test_no_network_is_reached_and_no_credential_is_used(stage, tmp_path):
    """What is connected to is this machine, and no real secret, page or address is in the temporary workspace."""
    trace = tmp_path / "trace"
    program, stage.program.binary = stage.program.binary, "strace"
    try:
        done = stage.program.run("-f", "-s", "4096", "-e", "trace=connect,write,pwrite64,sendto", "-o", trace, program, "--json",
                                 "-C", stage.workspace.path, "rehearse", stage.plan, *CALM,
                                 env={"TMPDIR": stage.temporary, "ASAN_OPTIONS": "detect_leaks=0"}, timeout=PATIENCE_S)
    finally:
        stage.program.binary = program
    assert done.code == 0, done
    text = trace.read_text(errors="replace")
    there = set(re.findall(r"connect\(\d+, \{sa_family=AF_INET6?,.*?(?:inet_addr\(\"|inet_pton\(AF_INET6, \")([^\"]+)", text))
    assert there and there <= {"127.0.0.1", "::1"}, there
    for account in stage.accounts:
        secrets = [*account["credential"].values(), *(v for k, v in account["settings"].items() if k != "user")]
        assert not any(secret in text for secret in secrets), account


def test_variables_and_selectors_are_those_of_send(tmp_path):
    with Real(tmp_path) as stage:
        stage.write_plan(municipalities=PLACES, variables={"river": {"required": True, "max": 20}})
        stage.ready()
        refused = stage.rehearse(check=3)
        assert "would not have gone out" in refused.err and stage.left_behind() == []
        assert "river" in refused.err or "river" in refused.out or "1 error" in refused.err
        rehearsal = last(stage.rehearse("update", "--set", "river=Glomma", "--only", "0301", "--except", "channel=x", check=0))
        assert (rehearsal["message"], rehearsal["deliveries"], rehearsal["municipalities"]) == ("update", 2, 1)
        assert "correction" not in rehearsal  # nothing takes an update back


def test_directories_and_pictures_come_along(tmp_path):
    text = {"nb": {"short": "{{municipality.name}}: hei"}}
    message = {"kind": "information", "text": text, "media": [{"file": "bilder/inne/kart.png", "alt": {"nb": "Kart"}}]}
    with Real(tmp_path / "home", channels=("facebook", "webhook")) as stage:
        folder = os.path.join(stage.folder, "bilder", "inne")
        os.makedirs(folder)
        with open(os.path.join(folder, "kart.png"), "wb") as file:
            file.write(png())
        elsewhere = tmp_path / "elsewhere"
        elsewhere.mkdir()
        entries = [{"id": p, "name": "By " + p, "county": {"id": p[:2], "name": "Fylke"}, "languages": ["nb"]} for p in PLACES]
        (elsewhere / "places.yaml").write_text(yaml.safe_dump({"municipalities": entries}))
        stage.write_plan(municipalities=[{"from": str(elsewhere / "places.yaml"), "select": ["all"]}], channels=("facebook", "webhook"),
                         languages=("nb",), messages={"info": message})
        rehearsal = last(stage.ready().rehearse(check=0))
        assert rehearsal["posted"] == 6 and "correction" not in rehearsal


# --- what goes wrong --------------------------------------------------------------------------------------------
def test_what_fails_is_told_with_its_cause_and_decides_the_exit_code(stage):
    faults = ("--faults", "expired-token:channel=x:municipality=0301", "--latency", "5ms")
    result = stage.rehearse(*faults, calm=False, check=5)
    trouble, = result.events("trouble")
    assert (trouble["state"], trouble["channel"], trouble["kind"], trouble["deliveries"]) == ("failed", "x", "credential", 1)
    assert "0301 Oslo" in trouble["places"] and "register 0301 x" in trouble["next"]
    assert last(result)["failed"] == 1
    out = stage.rehearse(*faults, calm=False, json=False, check=5).out
    assert re.search(r"1 failed on x: .+\n  0301 Oslo\n", out), out


def test_what_stays_in_doubt_ends_in_6(tmp_path):
    """Telegram cannot be asked: whatever has lost its answer stays in doubt."""
    with Real(tmp_path, channels=("telegram",)) as stage:
        stage.write_plan(municipalities=PLACES, channels=("telegram",))
        result = stage.ready().rehearse("--faults", "stream-reset-after:municipality=0301:times=1", "--latency", "5ms", calm=False, check=6)
        assert (last(result)["in_doubt"], last(result)["posted"]) == (1, 2)


def test_the_same_seed_has_the_same_faults(tmp_path):
    places = [str(1000 + number) for number in range(24)]
    with Real(tmp_path, places=places) as stage:
        stage.ready()

        def troubles(seed):
            result = stage.rehearse("--seed", seed, "--latency", "5ms", calm=False)
            assert result.code in (0, 5), result
            assert last(result)["seed"] == seed
            return [(t["channel"], t["places"]) for t in result.events("trouble")]

        first = troubles(7)
        assert first and troubles(7) == first
        assert troubles(3) != first


def test_a_credential_that_has_run_out_fails_here_too(stage):
    database = stage.workspace.file("crisis.db")
    with sqlite3.connect(database) as store:
        store.execute("UPDATE accounts SET settings = json_set(settings, '$.expires-at', '2020-01-01T00:00:00Z') "
                      "WHERE municipality = '4640' AND channel = 'facebook'")
    store.close()
    result = stage.rehearse("--seed", "1", "--latency", "5ms", calm=False)
    assert any("4640" in t["places"] and t["kind"] == "credential" for t in result.events("trouble")), result
    assert any("4640" in p["message"] for p in result.events("problem"))


def test_a_message_that_would_be_refused_is_not_rehearsed(stage):
    message = {"kind": "information", "expires": "2020-01-01T00:00:00Z", "text": {"nb": {"short": "Hei"}}}
    stage.write_plan(municipalities=PLACES, messages={"info": message})
    result = stage.rehearse(check=3)
    assert "message 'info' would not have gone out: message 'info' expired at 2020-01-01" in result.err
    assert any("expired at" in p["message"] for p in result.events("problem"))
    assert stage.left_behind() == [] and not stage.run("check", stage.plan, json=True).events("rehearsal")


def test_without_accounts_there_is_nothing_to_rehearse(tmp_path):
    with Real(tmp_path) as stage:
        stage.accounts = []
        stage.temporary = stage.folder
        assert "no account of this plan's municipalities is registered" in stage.rehearse(check=3).err


# --- what is kept of it -----------------------------------------------------------------------------------------
def test_check_tells_of_the_last_rehearsal(stage):
    before = stage.run("check", stage.plan)
    assert "never been rehearsed: crisis rehearse" in before.err and "last rehearsal" not in before.out
    stage.rehearse("all-clear", check=0)
    rehearsal = last(stage.rehearse(check=0))
    event, = stage.run("check", stage.plan, json=True).events("rehearsal")
    assert {key: rehearsal[key] for key in event if key != "event"} == {key: event[key] for key in event if key != "event"}
    assert re.search(r"last rehearsal: alert, .+ ago: 9 of 9 posted, 90 % in .+, last in .+, corrected in ", stage.run("check", stage.plan).out)
    with open(stage.plan, "a", encoding="utf-8") as file:
        file.write("# another one\n")
    assert "the plan has been changed since" in stage.run("check", stage.plan).out


def test_it_is_on_the_audit_log_which_still_verifies(stage):
    rehearsal = last(stage.rehearse(check=0))
    entry, = [e for e in stage.audit() if e["type"] == "rehearsed"]
    assert (entry["rehearsal"], entry["plan"], entry["message"], entry["posted"]) == (rehearsal["rehearsal"], "flom", "alert", "9")
    assert "run" not in entry
    stage.run("audit", "verify", check=0)


def test_a_report_stands_beside_the_last_rehearsal(tmp_path):
    with Real(tmp_path) as stage:
        stage.open()  # now with a network to send to
        stage.temporary = os.path.join(stage.folder, "temporary")
        os.makedirs(stage.temporary)
        stage.send("--exercise", check=0)
        rehearsal = last(stage.rehearse(check=0))
        run = stage.send(check=0).lines[0]["run"]
        stage.rehearse(check=0)  # a later one is not what this run is compared with
        beside = stage.run("report", run, json=True, check=0).events("summary")[0]["rehearsal"]
        assert beside["run"] == rehearsal["rehearsal"] and beside["sandbox"] is True
        assert (beside["mode"], beside["posted"], beside["failed"], beside["unreached"]) == ("exercise", 9, 0, 0)
        for key in ("first_post_seconds", "half_posted_seconds", "most_posted_seconds", "last_post_seconds"):
            assert beside[key] == rehearsal[key]
        assert f"rehearsal: {rehearsal['rehearsal']}, in a sandbox" in " ".join(stage.run("report", run, check=0).out.split())
        page = stage.run("report", run, "--html", "-", check=0).out
        assert rehearsal["rehearsal"] + ", in a sandbox, begun" in page and "dashed: the last rehearsal" in page
        exercise = stage.send("--exercise", check=0).lines[0]["run"]
        later = stage.send(check=0).lines[0]["run"]  # the exercise is the later one of the two
        beside = stage.run("report", later, json=True, check=0).events("summary")[0]["rehearsal"]
        assert beside["run"] == exercise and "sandbox" not in beside


def test_a_store_of_the_first_release_is_taken_along(stage):
    database = stage.workspace.file("crisis.db")
    with sqlite3.connect(database) as store:
        store.executescript("DROP TABLE rehearsals; DROP INDEX approvers_entries; ALTER TABLE runs DROP COLUMN canary;"
                            "ALTER TABLE deliveries DROP COLUMN is_canary; "
                            "CREATE INDEX deliveries_by_state ON deliveries (run, state); PRAGMA user_version = 1;")
    store.close()
    assert stage.run("runs", json=True, check=0).lines == []
    assert not stage.run("check", stage.plan, json=True).events("rehearsal")
    stage.rehearse(check=0)
    assert stage.run("check", stage.plan, json=True).events("rehearsal")
    stage.run("audit", "verify", check=0)


# --- how it ends ------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP, signal.SIGKILL], ids=lambda number: number.name)
def test_ended_in_the_middle_it_leaves_nothing(stage, number):
    process = stage.workspace.start("rehearse", stage.plan, "--latency", "300s", "--faults", "none", env={"TMPDIR": stage.temporary})

    def sending():
        return stage.left_behind() and len(processes_of(stage.temporary)) >= 2 and any(
            os.path.exists(os.path.join(stage.temporary, folder, "workspace", "crisis.db-lock")) for folder in stage.left_behind())

    wait_until(sending, timeout=PATIENCE_S)
    process.send_signal(number)
    process.communicate(timeout=PATIENCE_S)
    assert process.returncode == (-signal.SIGKILL if number == signal.SIGKILL else 130)
    wait_until(lambda: stage.left_behind() == [] and processes_of(stage.temporary) == [], timeout=PATIENCE_S)
    assert not stage.run("check", stage.plan, json=True).events("rehearsal")


def test_a_whole_country_is_rehearsed_in_a_moment(tmp_path):
    """With the faults and the slowness that it has by itself. It is no race: what is measured is told."""
    with open(os.path.join(ROOT, "plans", "norway", "municipalities.yaml"), encoding="utf-8") as file:
        places = re.findall(r'id: "?(\d{4})"?', file.read())
    assert len(places) == 357
    with Real(tmp_path, places=places, channels=CHANNELS, binary=release_path()) as stage:
        stage.ready()
        stage.plan = os.path.join(ROOT, "plans", "norway", "drill.yaml")
        result = stage.rehearse("--seed", "7", calm=False)
        rehearsal = last(result)
        assert result.code in (0, 5) and rehearsal["deliveries"] == 357 * len(CHANNELS), result
        assert rehearsal["posted"] + rehearsal["failed"] == rehearsal["deliveries"] and rehearsal["reached"] == 357
        assert rehearsal["correction"] == "correction" and stage.left_behind() == []
        print({key: value for key, value in rehearsal.items() if key.endswith("_seconds")})
