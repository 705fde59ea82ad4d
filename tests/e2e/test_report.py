"""`report`: what it says is what `status`, the sandbox and the audit log say, in each of its forms."""
import csv
import html.parser
import os
import re
import shutil
import sqlite3
from contextlib import closing

import pytest
from approving import KARI, OLA, Approvals, fingerprint
from browser import html_messages, look, printed
from conftest import Workspace, wait_until
from stage import Stage

PLACES = ("0301", "4601", "4640", "9901")
CHANNELS = ("facebook", "x")
# The rehearsal is the first to ask, and gets through; then these are refused for good.
FAULTS = ["refuse:channel=x:municipality=4640:code=186:after=1", "refuse:channel=x:municipality=9901:code=186:after=1",
          "expired-token:channel=facebook:municipality=9901:after=1"]
COLUMNS = 80


class Sent:
    """An exercise that went well, and the live alert in which three of eight failed."""

    def __init__(self, stage):
        self.stage = stage
        self.exercise = stage.send("alert", "--exercise", check=0).lines[0]["run"]
        self.result = stage.send("alert", check=5)
        self.run = self.result.lines[0]["run"]

    def report(self, *arguments, **options):
        return self.stage.run("report", *arguments, **options)

    def copy(self, folder):
        """The same workspace in another place, for whoever changes it."""
        return Workspace(shutil.copytree(self.stage.workspace.path, os.path.join(str(folder), "copy")), self.stage.program)


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    folder = tmp_path_factory.mktemp("report")
    with Approvals(folder, places=PLACES, channels=CHANNELS) as stage:
        stage.write_plan(municipalities=PLACES, channels=CHANNELS, approval={"threshold": 2, "approvers": [KARI, OLA]})
        stage.open(faults=FAULTS)
        for name in (KARI, OLA):
            stage.approve(name, "alert", "--mode", "exercise")
            stage.approve(name, "alert", "--mode", "live")
        yield Sent(stage)


def change(workspace, statement):
    with closing(sqlite3.connect(workspace.file("crisis.db"))) as database:
        database.execute(statement)
        database.commit()


def table(path):
    with open(path, encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file, strict=True))


class Page(html.parser.HTMLParser):
    """Its text, its elements, and where it leads."""

    def __init__(self, text):
        super().__init__()
        self.words, self.elements, self.links, self.rows = [], [], [], 0
        self.feed(text)
        self.text = " ".join(" ".join(self.words).split())

    def handle_starttag(self, tag, attrs):
        self.elements.append((tag, dict(attrs)))
        self.links += [value for name, value in attrs if name in ("href", "src")]

    def handle_data(self, data):
        self.words.append(data)


def read_page(path):
    with open(path, encoding="utf-8") as file:
        return Page(file.read())


# --- what it says -----------------------------------------------------------------------------------------------
def test_the_figures_are_those_of_status_and_of_the_sandbox(sent):
    report = sent.report(json=True, check=0)
    status = sent.stage.run("status", sent.run, json=True, check=0)
    assert report.lines[0]["run"] == sent.run and report.lines[0]["fits_log"] is True
    assert report.events("delivery") == status.events("delivery") and len(report.events("delivery")) == 8
    summary, known = report.events("summary")[0], status.events("summary")[0]
    assert {key: summary[key] for key in known} == known
    assert (summary["posted"], summary["failed"], summary["unreached"]) == (5, 3, 1)
    believed = [(d["channel"], d["municipality"], p["id"]) for d in report.events("delivery") for p in d["posts"]]
    there = {(p["channel"], p["municipality"], p["id"]) for p in sent.stage.sandbox.posts() if "ØVELSE" not in p["text"] and "ØVING" not in p["text"]}
    assert set(believed) == there and len(believed) == 5


def test_the_times_are_in_order_and_stand_beside_the_rehearsal(sent):
    summary = sent.report(json=True, check=0).events("summary")[0]
    assert 0 <= summary["first_post_seconds"] <= summary["half_posted_seconds"] <= summary["last_post_seconds"] <= summary["seconds"]
    assert "most_posted_seconds" not in summary  # 5 of 8 are less than 90 %
    rehearsal = summary["rehearsal"]
    assert (rehearsal["run"], rehearsal["mode"], rehearsal["posted"]) == (sent.exercise, "exercise", 8)
    assert rehearsal["first_post_seconds"] <= rehearsal["most_posted_seconds"] <= rehearsal["last_post_seconds"]
    own = sent.report(sent.exercise, json=True, check=0).events("summary")[0]
    assert {key: own[key] for key in rehearsal if key != "event"} == rehearsal and "rehearsal" not in own


def test_approvals_and_time_line_are_those_of_the_audit_log(sent):
    entries = sent.stage.run("audit", "log", sent.run, json=True, check=0).lines
    start = next(entry for entry in entries if entry["type"] == "run-started")
    run = sent.report(json=True, check=0).lines[0]
    assert {one["key"] for one in run["approvals"]} == {fingerprint(sent.stage.keys[name]) for name in (KARI, OLA)}
    assert [one["key"] for one in run["approvals"]] == start["approved-by"].split()
    assert [one["statement"] for one in run["approvals"]] == start["statements"].split()
    assert [event["what"] for event in run["time_line"]] == ["begun", "finished"]
    assert [event["time"] for event in run["time_line"]] == [entries[0]["time"], entries[-1]["time"]]
    assert run["log_root"] == sent.stage.run("audit", "verify", json=True, check=0).lines[0]["root"]


def test_each_text_stands_once(sent):
    texts = sent.report(json=True, check=0).events("text")
    assert {(t["channel"], t["language"]): (t["deliveries"], t["variants"]) for t in texts} == {
        (channel, language): (count, count) for channel in CHANNELS for language, count in (("nb", 3), ("nn", 1))}
    assert len(texts) == 4 and sum(t["posted"] for t in texts) == 5
    posted = {p["text"] for p in sent.stage.sandbox.posts()}
    assert all(t["parts"][0] in posted for t in texts if t["posted"] and t["as"] == "0301")


def test_the_short_form_fits_a_terminal(sent):
    out = sent.report(check=0).out
    for line in out.splitlines():
        assert len(line) <= COLUMNS or " " not in line.strip(), line
    words = " ".join(out.split())
    assert out.startswith("LIVE: report on alert of flom\n") and sent.run in words and sent.exercise in words
    assert "5 of 8 deliveries posted, 3 of 4 municipalities reached" in words
    assert "1 of 4 municipalities: 9901 Øvelsesby" in words
    assert "2 failed on x: X says that the text is too long" in words and "1 failed on facebook: the token has expired" in words
    assert re.search(r"posted +5 +8\n", out) and re.search(r"90 % posted +– +[\d.]+ s\n", out)


# --- files ------------------------------------------------------------------------------------------------------
def test_the_table_has_a_row_for_each_delivery(sent, tmp_path):
    path = tmp_path / "report.csv"
    assert f"written to {path}." in sent.report("--csv", path, check=0).out
    assert path.read_bytes().count(b"\r\n") == path.read_bytes().count(b"\n") == 9
    events = {d["delivery"]: d for d in sent.report(json=True, check=0).events("delivery")}
    rows = table(path)
    assert len(rows) == 8
    for row in rows:
        event = events[row["delivery"].lstrip("'")]
        assert {row["log"], row["run"], row["mode"]} == {"fits", sent.run, "live"}
        assert all(row[key] == event[key] for key in ("municipality", "channel", "account", "language", "state"))
        assert row["post_ids"].split() == [p["id"] for p in event["posts"]]
        assert row["post_urls"].split() == [p["url"] for p in event["posts"]]
        assert row["done"] == event["done"] and int(row["attempts"]) == event["attempts"] and float(row["seconds"]) >= 0
        assert row["error_message"] == event.get("error", {}).get("message", "")
        assert not any(cell.startswith(("=", "+", "-", "@", "\t", "\r")) for cell in row.values())


def test_the_page_has_all_of_it(sent, tmp_path):
    path = tmp_path / "report.html"
    sent.report("--html", path, check=0)
    page = read_page(path)
    for event in sent.report(json=True, check=0).events("delivery"):
        assert all(post["url"] in page.links for post in event["posts"])
        if "error" in event:
            assert event["error"]["message"] in page.text and event["error"]["next"] in page.text
    for name in (KARI, OLA):
        assert fingerprint(sent.stage.keys[name]) in page.text and name not in page.text
    assert sent.exercise in page.text and "Flaum. Hald deg unna elva" in page.text
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "img", "link", "iframe", "form"})
    assert all(re.match("https?://", link) for link in page.links)
    assert all(attrs.get("scope") for tag, attrs in page.elements if tag == "th")


def test_pages_are_for_everybody(sent, tmp_path):
    """A page of each sort: valid, without a barrier, without a request, no wider than a telephone."""
    sent.report("--html", tmp_path / "live.html", check=0)
    sent.report(sent.exercise, "--html", tmp_path / "exercise.html", check=0)
    copy = sent.copy(tmp_path)
    change(copy, "UPDATE deliveries SET attempts = 9 WHERE municipality = '4601'")
    copy.run("report", sent.run, "--html", tmp_path / "differs.html", check=7)
    pages = ["live.html", "exercise.html", "differs.html"]
    assert html_messages([tmp_path / name for name in pages]) == []
    seen = look(tmp_path, pages)
    assert len(seen) >= 2 * len(pages) and {one["page"] for one in seen} == set(pages)
    for one in seen:
        assert one["status"] == 200 and not one["elsewhere"] and not one["wider"] and not one["violations"], one


def test_each_sheet_of_an_exercise_says_so(sent, tmp_path):
    sent.report(sent.exercise, "--html", tmp_path / "exercise.html", check=0)
    sent.report("--html", tmp_path / "live.html", check=0)
    sheets = printed(tmp_path / "exercise.html", tmp_path)
    assert len(sheets) >= 3 and all("EXERCISE" in sheet for sheet in sheets)
    assert not any("EXERCISE" in sheet for sheet in printed(tmp_path / "live.html", tmp_path))


def test_a_file_that_is_there_stays(sent, tmp_path):
    path = tmp_path / "report.html"
    path.write_text("mine")
    refused = sent.report("--html", path, "--csv", tmp_path / "report.csv", check=2)
    assert "is there already" in refused.err and "--force" in refused.err
    assert path.read_text() == "mine" and os.listdir(tmp_path) == ["report.html"]
    sent.report("--html", path, "--force", check=0)
    assert path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>")
    (tmp_path / "folder").mkdir()
    assert "no regular file" in sent.report("--csv", tmp_path / "folder", "--force", check=2).err
    assert sent.report("--csv", tmp_path / "nowhere" / "report.csv", check=1).err
    assert sorted(os.listdir(tmp_path)) == ["folder", "report.html"]


def test_a_form_goes_to_standard_output(sent, tmp_path):
    sent.report("--csv", tmp_path / "report.csv", check=0)
    assert sent.report("--csv", "-", check=0).out.replace("\r\n", "\n") == (tmp_path / "report.csv").read_text(encoding="utf-8")
    assert sent.report("--html", "-", check=0).out.endswith("</html>\n")
    written = sent.report("--html", tmp_path / "report.html", json=True, check=0).lines
    assert written == [{"event": "written", "run": sent.run, "form": "html", "output": str(tmp_path / "report.html")}]
    for wrong in (("--html", "-", "--csv", "-"), ("--json", "--csv", "-")):
        assert "only one form" in sent.report(*wrong, check=2).err


# --- which run --------------------------------------------------------------------------------------------------
def test_without_a_run_it_is_the_latest_finished_one(sent, tmp_path):
    copy = sent.copy(tmp_path)
    copy.run("send", sent.stage.plan, "alert", "--dry-run", check=0)
    assert copy.run("report", json=True, check=0).lines[0]["run"] == sent.run
    dry = copy.run("runs", json=True, check=0).lines[0]["run"]
    words = copy.run("report", dry, check=0).out
    assert words.startswith("DRY RUN: ") and "8 of 8 deliveries would be posted" in words
    missing = copy.run("report", "flom.nothing", check=2)
    assert "there is no run 'flom.nothing'" in missing.err and "crisis runs" in missing.err


def test_nothing_to_report_on(workspace):
    assert "nothing has been sent" in workspace.run("report", check=2).err


def test_what_is_in_doubt_is_named_and_an_unfinished_run_says_so(tmp_path):
    with Stage(tmp_path, channels=("telegram", "x")) as stage:
        stage.write_plan(municipalities=("0301", "4601", "4640"), channels=("telegram", "x"))
        stage.open(faults=["reset-after:channel=telegram:municipality=0301:times=1"])
        run = stage.send("alert", check=6).lines[0]["run"]
        assert "no run is finished yet" in stage.run("report", check=2).err
        report = stage.run("report", run, json=True, check=0)
        doubts = [d for d in report.events("delivery") if d["state"] == "in-doubt"]
        assert doubts and report.events("summary")[0]["in_doubt"] == len(doubts) and report.lines[0]["state"] == "unfinished"
        words = " ".join(stage.run("report", run, check=0).out.split())
        assert "This run is not finished" in words
        assert sum(map(int, re.findall(r"(\d+) in-doubt on telegram: ", words))) == len(doubts)
        stage.run("report", run, "--html", tmp_path / "report.html", check=0)
        page = read_page(tmp_path / "report.html")
        assert "This run is not finished" in page.text
        for doubt in doubts:
            assert doubt["error"]["next"] in page.text.split("In doubt", 2)[2].split("Reached on no channel")[0]
        # When it is sent again it is done, and the next report leaves it out.
        stage.send("alert", "--only", "4601", check=0)
        later = stage.run("report", json=True, check=0)
        assert later.lines[0]["run"] != run and later.lines[0]["state"] == "finished"


def test_a_run_that_is_being_sent(tmp_path):
    with Stage(tmp_path) as stage:
        stage.open(faults=["hang:channel=x"])
        process = stage.start("alert")
        wait_until(lambda: stage.run("runs", json=True, check=0).lines and stage.status().events("summary")[0]["posted"] == 6)
        run = stage.run("runs", json=True, check=0).lines[0]["run"]
        words = " ".join(stage.run("report", run, check=0).out.split())
        assert f"This run is being sent now by process {process.pid}" in words and "6 of 9 deliveries posted" in words
        process.kill()


# --- checked against the audit log ------------------------------------------------------------------------------
TAMPERED = {
    "a state": "UPDATE deliveries SET state = 'posted' WHERE state = 'failed' AND municipality = '9901' AND channel = 'x'",
    "a post": "UPDATE deliveries SET posts = replace(posts, 'id\":\"', 'id\":\"9') WHERE row > 8",
    "a text": "UPDATE drafts SET parts = replace(parts, 'Flom', 'Fred') WHERE run = 2",
    "a time": "UPDATE deliveries SET done_ms = done_ms - 60000 WHERE row > 8 AND state = 'posted'",
    "an entry": "UPDATE entries SET bytes = cast(replace(cast(bytes AS TEXT), '0301', '0302') AS BLOB) WHERE sequence = 30",
}


@pytest.mark.parametrize("name", TAMPERED)
def test_a_store_that_differs_from_the_log_is_told_on_top_of_every_form(sent, tmp_path, name):
    copy = sent.copy(tmp_path)
    change(copy, TAMPERED[name])
    verified = copy.run("audit", "verify", json=True, check=7).lines[-1]["message"]
    told = copy.run("report", sent.run, check=7)
    top = " ".join(told.out.split("Times and counts")[0].split())
    assert "THIS REPORT DOES NOT FIT THE AUDIT LOG: " + " ".join(verified.split()) in top and verified in told.err
    first = copy.run("report", sent.run, json=True, check=7).lines[0]
    assert first["fits_log"] is False and first["difference"] == verified and "log_root" not in first
    html_path, csv_path = tmp_path / "report.html", tmp_path / "report.csv"
    copy.run("report", sent.run, "--html", html_path, "--csv", csv_path, check=7)
    page = read_page(html_path)
    assert "does not fit the audit log" in page.text.split("The run")[0] and " ".join(verified.split()) in page.text
    assert {row["log"] for row in table(csv_path)} == {"DIFFERS FROM THE AUDIT LOG"}


def test_what_was_done_to_another_run_is_no_matter(sent, tmp_path):
    copy = sent.copy(tmp_path)
    change(copy, "UPDATE deliveries SET attempts = 9 WHERE row <= 8")
    copy.run("audit", "verify", check=7)
    copy.run("report", sent.run, check=0)
    copy.run("report", sent.exercise, check=7)


def test_names_do_no_harm(sent, tmp_path):
    """What is on no entry may be anything: it is shown, and neither run nor obeyed."""
    copy = sent.copy(tmp_path)
    change(copy, "UPDATE deliveries SET municipality_name = '=HYPERLINK(\"http://x\")<script>alert(1)</script>' || char(27) || '[2J'")
    assert "\033" not in copy.run("report", check=0).out
    copy.run("report", "--html", tmp_path / "report.html", "--csv", tmp_path / "report.csv", check=0)
    page = read_page(tmp_path / "report.html")
    assert "script" not in {tag for tag, _ in page.elements} and "<script>alert(1)</script>" in page.text
    assert all(row["name"].startswith("'=HYPERLINK") and "\033" not in row["name"] for row in table(tmp_path / "report.csv"))
