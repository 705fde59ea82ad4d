"""Films on YouTube: in pieces, once, with a token that is made anew; and nothing where a message has no film."""
import collections
import hashlib
import os

import yaml
from conftest import default_text, wait_until
from pictures import messages_with, mp4
from stage import Stage as WholeStage
from stage import assert_all_posted, assert_nothing_twice, beside, scenes  # noqa: F401

FILM = mp4(data=bytes(range(256)) * 20480)  # 5 MiB: three pieces
PIECES = 3
ALT = {"nb": "Elva går over veien", "nn": "Elva går over vegen"}


class Stage(WholeStage):
    """Its alert has a film, its accounts a refresh token, and crisis.yaml the coordinator's app."""

    def __init__(self, folder, channels=("youtube",), film=FILM, headline=None, **more):
        self.channels = channels
        text = {language: default_text(language, "alert") for language in ("nb", "nn")}
        if headline:
            text["nb"]["headline"] = headline
        messages = messages_with([{"file": "film.mp4", "alt": ALT}], text)
        if not film:
            del messages["alert"]["media"]
        super().__init__(folder, channels=channels, messages=messages, **more)
        with open(os.path.join(self.folder, "film.mp4"), "wb") as file:
            file.write(film or FILM)

    def write_plan(self, **plan):
        super().write_plan(channels=self.channels, **plan)

    def open(self, *arguments, **options):
        super().open(*arguments, **options)
        networks = self.workspace.config()["networks"]
        networks["youtube"]["client-id"] = "client"
        self.workspace.configure(self.sandbox.url, self.sandbox.ca, networks=networks)
        return self


def films(stage):
    return [p for p in stage.sandbox.posts() if p["channel"] == "youtube"]


def asked(stage, method, end):
    return [e for e in stage.sandbox.log() if e["method"] == method and e["path"].endswith(end)]


def assert_whole(stage, count=1):
    posts = films(stage)
    assert [[(m["type"], m["sha256"]) for m in p["media"]] for p in posts] == \
        [[("video/mp4", hashlib.sha256(FILM).hexdigest())]] * count, posts


@beside()
def test_a_film_goes_out_with_its_title_and_text(folder):
    with Stage(folder) as stage:
        stage.open()
        assert_all_posted(stage, stage.send(check=0))
        assert_whole(stage, 3)
        post = next(p for p in films(stage) if p["municipality"] == "4640")
        assert post["raw"] == "Flaum. Hald deg unna elva" and post["text"].startswith("Sogndal: Flaum") and "watch?v=" in post["url"]
        assert len(asked(stage, "PUT", "videos")) == 3 * PIECES and len(asked(stage, "POST", "/token")) == 3
        assert [e.get("type") for e in stage.audit()].count("renewed") == 3
        page = stage.sandbox.ask("/_sandbox/municipality/0301").decode()
        assert '<video controls src="/_sandbox/media/' in page


@beside()
def test_the_check_finds_the_channel_out(folder):
    with Stage(folder, places=("0301",)) as stage:
        stage.open()
        told = stage.run("channels", "--check", json=True, check=0)
        assert "Oslo" in told.out and "youtube" in told.out


@beside()
def test_a_message_without_a_film_leaves_youtube_out(folder):
    with Stage(folder, channels=("youtube", "mastodon"), film=None, places=("0301",)) as stage:
        stage.open()
        result = stage.send(check=None)
        assert not films(stage) and not asked(stage, "POST", "videos"), result
        assert [p["channel"] for p in stage.sandbox.posts()] == ["mastodon"]


ACTING = ("reset-after", "stream-reset-after", "500-after", "502-after", "503-after", "truncated", "garbage", "html")


@beside(*(f"{kind}/{after}" for kind in ACTING for after in (0, 1, PIECES)))
def test_an_answer_is_lost_and_no_film_is_doubled(folder, case):
    """The answer to the request for a session, to the first piece, and to the last."""
    kind, after = case.split("/")
    with Stage(folder, places=("0301",)) as stage:
        stage.open(faults=[f"{kind}:path=v3/videos:on=post:after={after}:times=1"])
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        assert_whole(stage)
        assert_nothing_twice(stage)


@beside()
def test_a_token_runs_out_between_pieces(folder):
    with Stage(folder, places=("0301",)) as stage:
        stage.accounts[0]["credential"]["access-token"] = "ya29.old"
        stage.open(faults=["expired-token:path=v3/videos:on=post:after=2:times=1"])
        assert_all_posted(stage, stage.send(check=0))
        assert_whole(stage)


@beside("session", "piece", "last")
def test_a_process_dies_and_resume_goes_on(folder, case):
    after = {"session": 0, "piece": 1, "last": PIECES}[case]
    with Stage(folder, places=("0301",)) as stage:
        stage.open(faults=[f"hang-after:path=v3/videos:on=post:after={after}:times=1"])
        process = stage.start()
        wait_until(lambda: len(asked(stage, "POST", "videos")) + len(asked(stage, "PUT", "videos")) == after + 1)
        process.kill()
        process.wait()
        assert_all_posted(stage, stage.run("resume", json=True, check=0))
        assert_whole(stage)
        uploaded = collections.Counter(e["status"] for e in asked(stage, "PUT", "videos"))
        assert uploaded[201] + (case == "last") == 1, "only one request has made a film"


@beside()
def test_a_quota_that_is_used_up_is_said(folder):
    with Stage(folder, places=("0301",)) as stage:
        stage.open(faults=["refuse:code=403:path=v3/videos:on=post"])
        stage.send("--deadline", "150s", check=5)
        failed = stage.status().events("delivery")[0]
        assert failed["error"]["kind"] == "permission" and failed["error"]["code"] == "forbidden" and "studio.youtube.com" in failed["error"]["next"]


@beside()
def test_a_connection_that_was_taken_back_is_said(folder):
    with Stage(folder, places=("0301",)) as stage:
        stage.open(register=False)
        stage.workspace.register([{**stage.accounts[0], "credential": {"refresh-token": "1//another"}}])
        stage.send("--deadline", "150s", check=5)
        failed = stage.status().events("delivery")[0]
        assert failed["error"]["kind"] == "credential" and "connect YouTube again" in failed["error"]["next"], failed


@beside()
def test_a_headline_that_is_too_long_is_refused_before_anything_is_sent(folder):
    with Stage(folder, places=("0301",), headline="Flom " * 21) as stage:
        stage.open()
        stage.send("--deadline", "150s", check=5)
        failed = stage.status().events("delivery")[0]
        assert "100 characters" in failed["error"]["message"] and not asked(stage, "POST", "videos")


@beside()
def test_a_film_that_follows_another_ends_with_its_address(folder):
    with Stage(folder) as stage:
        stage.open()
        stage.send("alert", check=0)
        alerts = {p["municipality"]: p["url"] for p in films(stage)}
        with open(stage.plan, encoding="utf-8") as file:
            plan = yaml.safe_load(file)
        plan["messages"]["cancel"]["media"] = plan["messages"]["alert"]["media"]
        with open(stage.plan, "w", encoding="utf-8") as file:
            yaml.safe_dump(plan, file, allow_unicode=True, sort_keys=False, width=1000)
        stage.send("cancel", check=0)
        cancels = {p["municipality"]: p["text"] for p in films(stage) if p["url"] not in alerts.values()}
        assert alerts and all(cancels[place].endswith("\n\n" + url) for place, url in alerts.items()), cancels
