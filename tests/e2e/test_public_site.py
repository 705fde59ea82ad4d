"""The channel `feed`: pages, CAP and feeds as files below public/, whatever happens on the way."""
import json
import os
import re
import signal
import sqlite3
import stat
import subprocess

import pytest
from browser import html_messages, look
from conftest import WAIT_TIMEOUT_S, wait_until
from site_rules import CONTROL, check_alerts, check_feeds, read
from stage import Stage as WholeStage
from stage import beside, scenes  # noqa: F401

SITE = "https://127.0.0.1:8443/site"
LIGHT_BYTES = 30 * 1024


class Stage(WholeStage):
    """Its accounts are folders of the public site, and no network is there."""

    def __init__(self, folder, channels=("feed",), **options):
        super().__init__(folder, channels=channels, **options)

    def write_plan(self, **plan):
        super().write_plan(channels=tuple(dict.fromkeys(account["channel"] for account in self.accounts)), **plan)

    def open(self, url=SITE, **options):
        coordinator = {"name": "Nasjonal krisekoordinator", "language": "nb", "time-zone": "Europe/Oslo", "url": url}
        self.workspace.configure("https://127.0.0.1:1", "none.pem", coordinator=coordinator)
        config = self.workspace.config()
        del config["ca-file"]
        self.workspace.write("crisis.yaml", json.dumps(config))
        self.workspace.register(self.accounts)
        return self

    def public(self, *names):
        return os.path.join(self.workspace.path, "public", *names)

    def files(self, end):
        found = [os.path.join(folder, name) for folder, _, names in os.walk(self.public()) for name in names
                 if name.endswith(end)]
        return sorted(found)

    def messages(self, end):
        return [path for path in self.files(end) if os.path.basename(path)[0].isdigit()]

    def posts(self, result):
        return {e["municipality"]: e["posts"][0] for e in result.events("delivery") if e["state"] == "posted"}


def assert_whole(stage, is_plain=True):
    """No half file, no link that leads nowhere, all valid, and pages that are light."""
    assert not [path for path in stage.files("") if ".new-" in path or path.endswith(".probe")]
    for path in stage.files(".html"):
        page = read(path).decode()
        assert page.rstrip().endswith("</html>") and not CONTROL.search(page)
        assert len(page.encode()) < LIGHT_BYTES, (path, len(page))
        assert not re.search(r"<script|\son\w+=|javascript:", page)
        for link in re.findall(r'(?:href|src)="([^"#]+)"', page):
            if not link.startswith("http"):
                assert os.path.exists(os.path.join(os.path.dirname(path), link)), (path, link)
            elif link.startswith(SITE):
                assert os.path.exists(stage.public(link.removeprefix(SITE + "/"))), (path, link)
        assert not re.search(r'<(?:img|link|source|iframe)[^>]+(?:src|href)="https?://(?!127\.0\.0\.1)', page)
    return check_alerts(stage.messages(".xml"), is_plain)


@beside()
def test_a_message_is_a_page_an_alert_and_an_entry(folder):
    with Stage(folder).open() as stage:
        posts = stage.posts(stage.send(check=0))
        assert sorted(posts) == ["0301", "4601", "4640"]
        for place, post in posts.items():
            assert post["url"] == f"{SITE}/{place}/{post['id']}.html"
            page = read(stage.public(place, post["id"] + ".html")).decode()
            assert '<html lang="nn">' in page if place == "4640" else '<html lang="nb">' in page
            assert f"{post['id']}.xml" in page and "verify.html" in page
            assert stat.S_IMODE(os.stat(stage.public(place, post["id"] + ".html")).st_mode) == 0o644
            assert len(check_feeds(stage.public(place), f"{SITE}/{place}/")) == 1
        alerts = assert_whole(stage)
        assert {(a.msgType, a.status, a.sent[-6:]) for a in alerts} == {("Alert", "Actual", "+01:00")} or \
            {a.sent[-6:] for a in alerts} == {"+02:00"}
        assert len(check_feeds(stage.public(), SITE + "/")) == 3
        assert not os.path.exists(stage.public("exercise.atom"))


@beside()
def test_all_languages_are_one_page_and_one_alert(folder):
    place = {"id": "5501", "name": "Tromsø", "languages": ["nb", "se", "en"]}
    with Stage(folder, places=("5501",), languages=("nb", "se", "en")) as stage:
        stage.write_plan(municipalities=[place], languages=("nb", "se", "en"))
        stage.open()
        assert len(stage.posts(stage.send(check=0))) == 1
        (alert,) = assert_whole(stage)
        assert [info.findtext("{*}language") for info in alert.infos] == ["nb", "se", "en"]
        page = read(stage.messages(".html")[0]).decode()
        assert '<h2 id="text-1" lang="se">' in page and '<h2 id="text-2" lang="en">' in page


@beside()
def test_the_history_of_an_incident_stays_visible(folder):
    with Stage(folder, places=("0301",)).open() as stage:
        first = stage.posts(stage.send(check=0))["0301"]
        before = read(stage.public("0301", first["id"] + ".xml"))
        update = stage.posts(stage.send("update", check=0))["0301"]
        over = stage.posts(stage.send("all-clear", check=0))["0301"]
        assert read(stage.public("0301", first["id"] + ".xml")) == before
        alerts = {os.path.basename(a.path)[:-4]: a for a in assert_whole(stage)}
        one, two, three = (alerts[post["id"]] for post in (first, update, over))
        assert [a.msgType for a in (one, two, three)] == ["Alert", "Update", "Update"]
        assert two.referred == [one.reference] and three.referred == [one.reference, two.reference]
        assert three.info("responseType") == "AllClear"
        for post in (first, update, over):
            page = read(stage.public("0301", post["id"] + ".html")).decode()
            history = page[page.index('id="history"'):]
            assert [i for i in (first["id"], update["id"], over["id"]) if f'href="{i}.html"' in history] == \
                [i for i in (first["id"], update["id"], over["id"]) if i != post["id"]]
        assert "Faren er over." in read(stage.public("0301", first["id"] + ".html")).decode()
        assert len(check_feeds(stage.public("0301"), f"{SITE}/0301/")) == 3


@beside()
def test_a_cancel_takes_back(folder):
    with Stage(folder, places=("0301",)).open() as stage:
        first = stage.posts(stage.send(check=0))["0301"]
        stage.send("cancel", check=0)
        alerts = {a.msgType: a for a in assert_whole(stage)}
        assert alerts["Cancel"].referred == [alerts["Alert"].reference]
        assert alerts["Cancel"].info("severity") == "Minor"
        assert "Avlyst." in read(stage.public("0301", first["id"] + ".html")).decode()


@beside()
def test_an_exercise_is_kept_apart(folder):
    with Stage(folder, places=("0301",)).open() as stage:
        stage.send("--exercise", check=0)
        (alert,) = assert_whole(stage)
        assert alert.status == "Exercise" and "Flom" in alert.note
        assert "class=\"drill\"" in read(stage.messages(".html")[0]).decode()
        for folder_, base in ((stage.public(), SITE + "/"), (stage.public("0301"), f"{SITE}/0301/")):
            assert check_feeds(folder_, base) == []
            assert check_feeds(folder_, base, "exercise") == [alert.identifier]
        assert alert.info("headline") not in read(stage.public("index.html")).decode()


@beside()
def test_nothing_of_a_plan_becomes_markup(folder):
    nasty = "</p><script>alert(1)</script> & \"quotes' ]]> <!-- https://x.no/?a=1&b=<i> &amp; 𝒳 e\u0301 \u200f"
    text = {"nb": {"headline": nasty, "short": nasty + "!", "long": nasty + "\n\n" + nasty}}
    with Stage(folder, places=("0301",), languages=("nb",), texts={"alert": text}).open() as stage:
        stage.send(check=0)
        (alert,) = assert_whole(stage, is_plain=False)
        assert alert.info("headline") == nasty and alert.info("description") == text["nb"]["long"]
        assert 'href="https://x.no/?a=1&amp;b="' in read(stage.messages(".html")[0]).decode()
        check_feeds(stage.public("0301"), f"{SITE}/0301/")


@beside()
def test_a_dry_run_and_a_check_write_nothing(folder):
    with Stage(folder).open() as stage:
        before = stage.files("")
        stage.send("--dry-run", check=0)
        stage.run("check", stage.plan, check=0)
        assert stage.files("") == before


@beside()
def test_the_check_of_an_account_proves_that_files_can_be_written(folder):
    with Stage(folder, places=("0301", "4601")).open() as stage:
        os.mkdir(stage.public("4601"))
        os.chmod(stage.public("4601"), 0o500)
        if os.geteuid() == 0:  # who may do anything is stopped by something else
            os.rmdir(stage.public("4601"))
            with open(stage.public("4601"), "w", encoding="ascii"):
                pass
        result = stage.run("channels", "--check", json=True, check=5)
        checks = {line["municipality"]: line for line in result.lines if line.get("event") == "check"}
        assert checks["0301"]["result"] == "ok" and checks["0301"]["identity"] == f"{SITE}/0301/"
        assert checks["4601"]["result"] == "failed" and "public/" in checks["4601"]["error"]["next"]
        assert not stage.messages(".html")


@beside()
def test_what_could_not_be_written_is_stored_in_english(folder):
    with Stage(folder, places=("0301",)).open() as stage:
        with open(stage.public("0301"), "w", encoding="ascii"):
            pass  # a file where a folder must be
        stage.send_until(lambda: stage.states()["waiting"], env={"LC_ALL": "nb_NO.UTF-8"})
        with sqlite3.connect(stage.workspace.file("crisis.db")) as store:
            [[message]] = store.execute("SELECT failure_message FROM deliveries")
        store.close()
        assert "the public site could not be written: cannot " in message and "ikke" not in message


@beside("../x", "/etc", "0301/..", "media", "A", "a//b", "a/", ".hidden", "x.html", "")
def test_a_path_that_leads_elsewhere_is_refused(folder, case):
    with Stage(folder, places=("0301",)) as stage:
        stage.accounts[0]["settings"]["path"] = case
        result = stage.workspace.register(stage.accounts, check=3)
        assert "path" in result.err


@beside()
def test_no_credential_is_waited_for(folder):
    with Stage(folder, places=("0301",)).open() as stage:
        process = stage.workspace.start("register", "4601", "feed", "--set", "path=4601", stdin=subprocess.PIPE)
        assert process.wait(WAIT_TIMEOUT_S) == 0  # nobody has closed its standard input


@beside()
def test_a_workspace_without_an_address_says_so(folder):
    with Stage(folder, places=("0301",)).open() as stage:
        config = stage.workspace.config()
        del config["coordinator"]["url"]
        stage.workspace.write("crisis.yaml", json.dumps(config))
        (delivery,) = stage.send(check=5).events("delivery")
        assert "`url`" in delivery["error"]["next"], delivery


@beside()
def test_a_real_address_is_not_for_rehearsals(folder):
    with Stage(folder, places=("0301",)).open(url="https://krise.example.no") as stage:
        result = stage.send(check=4)
        assert "krise.example.no" in result.err and not stage.messages("")


@beside()
def test_a_folder_that_cannot_be_written_fails_that_one_alone(folder):
    with Stage(folder).open() as stage:
        with open(stage.public("4601"), "w", encoding="ascii"):
            pass
        result = stage.send_until(lambda: stage.states() == {"posted": 2, "waiting": 1})
        states = {e["municipality"]: e["state"] for e in stage.status().events("delivery")}
        assert states == {"0301": "posted", "4640": "posted", "4601": "waiting"}, result
        os.unlink(stage.public("4601"))
        assert stage.run("resume", check=0)
        assert len(assert_whole(stage)) == 3


@beside(*range(6))
def test_a_death_in_the_middle_leaves_no_half_file(folder, case):
    """Killed after so many files; `resume` ends it, and all is as if nothing had happened."""
    places = tuple(str(5000 + i) for i in range(24))
    with Stage(folder, places=places).open() as stage:
        process = stage.start()
        wait_until(lambda: len(stage.files("")) > 1 + 30 * case or process.poll() is not None)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        for path in stage.messages(".xml"):
            check_alerts([path])
        for path in stage.messages(".json"):
            assert os.path.exists(path[:-5] + ".html") and os.path.exists(path[:-5] + ".xml")
        resumed = stage.run("resume")
        assert all(d["state"] == "posted" for d in stage.status().events("delivery")), resumed
        assert len(assert_whole(stage)) == len(places)
        assert len(check_feeds(stage.public(), SITE + "/")) == len(places)


@beside()
def test_two_runs_beside_each_other_lose_nothing(folder):
    places = tuple(str(5000 + i) for i in range(12))
    with Stage(folder, places=places).open() as stage:
        one = stage.start()
        two = stage.workspace.start("send", stage.plan, "--exercise", "--yes")
        assert [p.wait(WAIT_TIMEOUT_S) for p in (one, two)] == [0, 0]
        assert len(assert_whole(stage)) == 2 * len(places)
        assert len(check_feeds(stage.public(), SITE + "/")) == len(places)
        assert len(check_feeds(stage.public(), SITE + "/", "exercise")) == len(places)


@pytest.mark.parametrize("again", (False, True), ids=("once", "twice"))
def test_a_site_is_made_anew_from_its_records(tmp_path, again):
    with Stage(tmp_path, places=("0301",)).open() as stage:
        stage.send(check=0)
        for path in (*stage.files("index.html"), *stage.files(".rss")):
            os.unlink(path)
        stage.send("update", check=0)
        if again:
            stage.send("all-clear", check=0)
        assert len(assert_whole(stage)) == 2 + again


# --- as people see it -------------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def whole_site(tmp_path_factory):
    """A site with an incident that is over, a message that is in force, several languages, and an exercise."""
    place = {"id": "5501", "name": "Tromsø", "languages": ["nb", "se", "en"]}
    with Stage(tmp_path_factory.mktemp("whole"), places=("5501", "0301", "4640")) as stage:
        stage.write_plan(municipalities=[place, "0301", "4640"], languages=("nb", "nn", "se", "en"))
        stage.open()
        for words in ([], ["update"], ["all-clear"], ["--exercise"]):
            stage.send(*words, check=0)
        stage.write_plan(municipalities=["0301"], plan="vann", languages=("nb", "en"))
        stage.send(check=0)
        yield stage


def pages_of(stage):
    """One of each sort: replaced, over, an exercise, in force; the lists."""
    found = [os.path.relpath(path, stage.public()) for path in stage.files(".html")]
    kinds = {re.sub(r"[\d]{8}-\d{6}|-[0-9a-f]{8}", "", name): name for name in found if name.startswith("5501") or "/" not in name}
    return sorted({*kinds.values(), next(name for name in reversed(found) if name.startswith("0301/2"))})


def test_pages_are_html(whole_site):
    """The Nu Html Checker finds nothing, not even to warn of."""
    assert html_messages(list(map(whole_site.public, pages_of(whole_site)))) == []
    assert_whole(whole_site)


def test_pages_are_for_everybody(whole_site):
    """Chromium shows them without asking elsewhere; axe finds no barrier; at 320 pixels nothing is wider."""
    seen = look(whole_site.public(), pages_of(whole_site))
    assert len(seen) == 4 + 2 * (len(pages_of(whole_site)) - 1)
    for one in seen:
        assert one["status"] == 200 and not one["elsewhere"] and not one["wider"] and not one["violations"], one
