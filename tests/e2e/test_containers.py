"""Threads and Instagram: posts that are made, waited for and published; tokens that end."""
import datetime
import os
import signal
import time

import pytest
import yaml
from conftest import WAIT_TIMEOUT_S, default_text, wait_until
from pictures import jpeg
from stage import Stage as WholeStage
from stage import assert_all_posted, assert_nothing_twice, beside, scenes  # noqa: F401

SITE = "https://krise.example.no"
BOTH = ("instagram", "threads")
LONG = {"nb": {"headline": "Flom", "short": "Flom. " + "Hold deg unna elva 🚨. " * 40, "long": "Flom. " + "Hold deg unna elva 🚨. " * 40}}
EDGES = {"instagram": ("media", "media_publish"), "threads": ("threads", "threads_publish")}
ACTING = ("reset-after", "500-after", "503-after", "truncated", "garbage", "html")
DAY = datetime.timedelta(days=1)


class Stage(WholeStage):
    """Its messages have a picture, which Instagram needs; `one` language, so that each account gets one post."""

    def __init__(self, folder, places=("0301",), channels=("threads",), pictures=1, languages=("nb",), **plan):
        self.pictures = pictures
        super().__init__(folder, places=places, channels=channels, languages=languages, **plan)

    def write_plan(self, languages=("nb",), texts=None, **plan):
        media = [{"file": f"kart{n}.jpg", "alt": {language: f"Kart {n}" for language in languages}} for n in range(self.pictures)]
        for entry in media:
            with open(os.path.join(self.folder, entry["file"]), "wb") as file:
                file.write(jpeg())
        text = (texts or {}).get("alert") or {language: default_text(language, "alert") for language in languages}
        more = {"media": media} if media else {}
        messages = {"alert": {"kind": "alert", "expires": "6h", "text": text, **more},
                    **{kind: {"kind": kind, "follows": "alert", "expires": "6h",
                              "text": {language: default_text(language, kind) for language in languages}, **more}
                       for kind in ("update", "cancel", "all-clear")}}
        super().write_plan(languages=languages, messages=messages,
                           channels=tuple(dict.fromkeys(account["channel"] for account in self.accounts)), **plan)

    def open(self, *arguments, **options):
        super().open(*arguments, **options)
        self.configure(coordinator={"name": "Nasjonal krisekoordinator", "language": "nb", "time-zone": "Europe/Oslo", "url": SITE})
        return self

    def configure(self, **more):
        config = self.workspace.config()
        config.update(more)
        self.workspace.write("crisis.yaml", yaml.safe_dump(config, allow_unicode=True))

    def asked(self, end, channel=None):
        return [e for e in self.sandbox.log() if e["path"].endswith(end) and channel in (None, e["channel"])]

    def created(self, channel="threads"):
        return [e for e in self.asked("/" + EDGES[channel][0], channel) if e["method"] == "POST"]

    def expire(self, channel, when):
        """As if a check had found out that the credentials end then."""
        for account in self.accounts:
            if account["channel"] == channel:
                account["settings"]["expires-at"] = when.strftime("%Y-%m-%dT%H:%M:%SZ")
        self.workspace.register(self.accounts)

    def end_of(self, channel):
        accounts = self.run("channels", json=True, check=0).lines
        return next(a.get("expires-at") for a in accounts if a["channel"] == channel)


def now():
    return datetime.datetime.now(datetime.timezone.utc)


@beside()
def test_a_message_and_what_follows_it(folder):
    with Stage(folder, places=("0301", "4601"), channels=BOTH) as stage:
        stage.open()
        deliveries = assert_all_posted(stage, stage.send(check=0))
        assert len(deliveries) == 4 and all(d["attempts"] == 1 for d in deliveries)
        assert all(p["url"].startswith(("https://www.threads.net/", "https://www.instagram.com/p/"))
                   for d in deliveries for p in d["posts"])
        for post in stage.sandbox.posts():
            picture = post["raw"]["pictures"][0]
            assert picture["url"].startswith(SITE + "/media/") and picture["url"].endswith(".jpg") and picture["alt"] == "Kart 0"
        stage.send("update", check=0)
        assert_nothing_twice(stage)
        later = [p for p in stage.sandbox.posts() if "stig" in p["text"]]
        assert len(later) == 4 and all(bool(p["reply_to"]) == (p["channel"] == "threads") for p in later)
        stage.run("audit", "verify", check=0)


@beside()
def test_several_pictures_are_a_carousel(folder):
    with Stage(folder, channels=BOTH, pictures=3) as stage:
        stage.open()
        assert_all_posted(stage, stage.send(check=0))
        for post in stage.sandbox.posts():
            assert [p["alt"] for p in post["raw"]["pictures"]] == ["Kart 0", "Kart 1", "Kart 2"]


@beside()
def test_instagram_gets_a_card_where_a_message_has_no_picture(folder):
    with Stage(folder, places=("0301", "4601"), channels=BOTH, pictures=0) as stage:
        stage.open()
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        cards = [p["raw"]["pictures"][0] for p in stage.sandbox.posts() if p["channel"] == "instagram"]
        assert len(cards) == 2 and all(card["url"].endswith(".jpg") and "Flom" in card["alt"] for card in cards)
        assert not [p for p in stage.sandbox.posts() if p["channel"] == "threads" and "raw" in p]


@beside()
def test_a_long_text_is_a_thread(folder):
    with Stage(folder, pictures=0, texts={"alert": LONG}) as stage:
        stage.open()
        delivery = assert_all_posted(stage, stage.send("--deadline", "150s", check=0))[0]
        posts = stage.sandbox.posts()
        assert len(posts) >= 2 and delivery["attempts"] == 1
        assert [p["reply_to"] for p in posts] == [None, *(p["id"] for p in posts[:-1])]


# --- lost answers -----------------------------------------------------------------------------------------------
@beside(*ACTING)
def test_the_answer_to_the_container_is_lost(folder, kind):
    """Nobody sees a container: another one is made."""
    with Stage(folder, channels=BOTH) as stage:
        stage.open(faults=[f"{kind}:channel={channel}:path=/{EDGES[channel][0]}:on=post:times=1" for channel in BOTH])
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        assert [len(stage.created(channel)) for channel in BOTH] == [2, 2]


@beside(*ACTING)
def test_the_answer_to_the_publishing_is_lost(folder, kind):
    """The container says that it is published, and it is not asked for again."""
    with Stage(folder, channels=BOTH) as stage:
        stage.open(faults=[f"{kind}:channel={channel}:path={EDGES[channel][1]}:times=1" for channel in BOTH])
        deliveries = assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        assert [len(stage.asked(EDGES[channel][1], channel)) for channel in BOTH] == [1, 1]
        assert all(d["posts"][0]["url"] for d in deliveries)


@beside("reset-before", "500-before", "503-before")
def test_the_publishing_does_not_come_through(folder, kind):
    """The container is still there to be published: no other is made."""
    with Stage(folder) as stage:
        stage.open(faults=[f"{kind}:path=threads_publish:times=1"])
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        assert len(stage.created()) == 1 and len(stage.asked("threads_publish")) == 2


@beside("reset-after", "500-after", "garbage")
def test_the_answer_to_a_look_is_lost(folder, kind):
    """At the container, or for the permalink of what is posted."""
    with Stage(folder) as stage:
        stage.open(faults=[f"{kind}:channel=threads:on=read:times=1", f"{kind}:channel=threads:on=read:after=1:times=1"])
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        assert len(stage.created()) == 1


@beside()
def test_a_part_of_a_thread_is_lost(folder):
    with Stage(folder, pictures=0, texts={"alert": LONG}) as stage:
        stage.open(faults=["reset-after:path=threads_publish:after=1:times=1"])
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))


@beside()
def test_a_published_post_that_is_shown_late(folder):
    with Stage(folder) as stage:
        stage.open(faults=["late:path=threads_publish:times=1:ms=8000"])
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        assert len(stage.asked("threads_publish")) == 1


# --- containers that are not ready ------------------------------------------------------------------------------
@beside()
def test_a_container_takes_its_time(folder):
    """It is waited for: no attempt is counted, nothing is told, and the log is whole."""
    with Stage(folder) as stage:
        stage.open(faults=["unready:path=/threads:times=1:ms=5000"])
        result = stage.send(check=0)
        delivery = assert_all_posted(stage, result)[0]
        assert delivery["attempts"] == 1 and not [e for e in result.events("delivery") if e["state"] == "waiting"]
        looks = [e for e in stage.sandbox.log() if e["method"] == "GET"]
        assert 2 <= len(looks) <= 4, looks
        stage.run("audit", "verify", check=0)


def interrupt(process):
    process.send_signal(signal.SIGINT)
    process.communicate(timeout=WAIT_TIMEOUT_S)


@beside()
def test_a_container_that_is_never_ready_holds_nobody_up(folder):
    with Stage(folder, places=("0301", "4601")) as stage:
        stage.open(faults=["unready:municipality=0301:path=/threads:ms=3600000"])

        def looks():
            return [e for e in stage.sandbox.log() if e["method"] == "GET" and e["municipality"] == "0301"]

        def states():
            return {d["municipality"]: d for d in stage.status().events("delivery")}

        began = time.monotonic()
        process = stage.start()
        wait_until(lambda: len(looks()) > 1)
        wait_until(lambda: states()["4601"]["state"] == "posted" and states()["0301"]["state"] == "waiting")
        interrupt(process)
        waiting = states()["0301"]
        assert waiting["state"] == "waiting" and waiting["attempts"] == 1 and "error" not in waiting
        assert len(looks()) < 2 + (time.monotonic() - began) / 2 and len(stage.created()) == 2
        stage.run("audit", "verify", check=0)


@beside(*BOTH)
def test_a_container_in_error_is_made_anew(folder, channel):
    with Stage(folder, channels=(channel,)) as stage:
        stage.open(faults=[f"spoilt:path=/{EDGES[channel][0]}:times=1"])
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        assert len(stage.created(channel)) == 2


@beside()
def test_containers_in_error_again_and_again_fail_that_account(folder):
    with Stage(folder, places=("0301", "4601")) as stage:
        stage.open(faults=["spoilt:municipality=0301:path=/threads"])
        stage.send("--deadline", "150s", check=5)
        states = {d["municipality"]: d for d in stage.status().events("delivery")}
        assert states["4601"]["state"] == "posted" and states["0301"]["state"] == "failed"
        assert states["0301"]["error"]["kind"] == "server" and len([e for e in stage.created() if e["municipality"] == "0301"]) == 3


@beside(("threads", 24), ("instagram", 9007))
def test_a_container_that_is_not_known_everywhere(folder, case):
    channel, code = case
    with Stage(folder, channels=(channel,)) as stage:
        stage.open(faults=[f"refuse:channel={channel}:path={EDGES[channel][1]}:code={code}:times=1"])
        delivery = assert_all_posted(stage, stage.send("--deadline", "150s", check=0))[0]
        assert len(stage.created(channel)) == 1 and delivery["attempts"] == 1


# --- limits, tokens, refusals -----------------------------------------------------------------------------------
@beside()
def test_limits_are_waited_out(folder):
    with Stage(folder, channels=BOTH) as stage:
        stage.open(faults=["429:channel=threads:path=threads_publish:seconds=2:times=1", "429:channel=instagram:path=/media:seconds=2:times=1"])
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        assert len(stage.created()) == 1


@beside()
def test_the_posts_of_the_day_are_used_up(folder):
    with Stage(folder, channels=("instagram",)) as stage:
        stage.open(faults=["refuse:channel=instagram:path=media_publish:code=9"])
        process = stage.start()
        wait_until(lambda: stage.asked("media_publish"))
        wait_until(lambda: "error" in stage.status().events("delivery")[0])
        interrupt(process)
        waiting = stage.status().events("delivery")[0]
        assert waiting["state"] == "waiting" and waiting["error"]["kind"] == "rate-limit" and "of the day" in waiting["error"]["message"]


@beside(*BOTH)
def test_an_expired_token_fails_that_account_alone(folder, channel):
    with Stage(folder, places=("0301", "4601"), channels=(channel,)) as stage:
        stage.open(faults=["expired-token:municipality=0301"])
        stage.send("--deadline", "150s", check=5)
        states = {d["municipality"]: d for d in stage.status().events("delivery")}
        assert states["4601"]["state"] == "posted" and states["0301"]["state"] == "failed"
        assert states["0301"]["error"]["kind"] == "credential" and f"crisis register 0301 {channel}" in states["0301"]["error"]["next"]


@beside()
def test_instagram_needs_the_public_site(folder):
    with Stage(folder, channels=("instagram",)) as stage:
        stage.open()
        stage.configure(coordinator={"name": "Nasjonal krisekoordinator", "language": "nb", "time-zone": "Europe/Oslo"})
        result = stage.send()
        assert "from a public address" in result.out
        assert not stage.sandbox.posts()


@beside()
def test_a_withdrawn_picture_leaves_the_text(folder):
    """Where Threads cannot take the picture, the message goes out without it."""
    with Stage(folder) as stage:
        stage.open(faults=["refuse:path=/threads:code=100:times=1"])
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        assert "raw" not in stage.sandbox.posts()[0]


# --- the end of tokens ------------------------------------------------------------------------------------------
@beside()
def test_a_check_finds_out_the_end_and_renews(folder):
    with Stage(folder, channels=BOTH) as stage:
        stage.open()
        checked = stage.run("channels", "--check", json=True, check=0)
        assert {line["channel"]: line["result"] for line in checked.lines} == {"threads": "ok", "instagram": "ok"}
        assert len(stage.asked("refresh_access_token")) == 1
        end = datetime.datetime.fromisoformat(stage.end_of("threads").replace("Z", "+00:00"))
        assert 59 * DAY < end - now() < 61 * DAY and stage.end_of("instagram") is None
        stage.run("channels", "--check", json=True, check=0)
        assert len(stage.asked("refresh_access_token")) == 1  # the new one is young
        assert_all_posted(stage, stage.send(check=0))
        assert [e.get("type") for e in stage.audit()].count("renewed") == 1
        stage.run("audit", "verify", check=0)


@beside()
def test_a_check_whose_renewal_fails_goes_on(folder):
    with Stage(folder) as stage:
        stage.open(faults=["refuse:path=refresh_access_token:on=any:code=100"])
        checked = stage.run("channels", "--check", json=True, check=0)
        assert checked.lines[0]["result"] == "ok" and stage.end_of("threads") is None


@beside()
def test_a_token_near_its_end_is_renewed_once_before_a_send(folder):
    with Stage(folder) as stage:
        stage.open()
        stage.expire("threads", now() + 5 * DAY)
        warned = stage.run("check", stage.plan, check=0)
        assert "1 credential on threads ends within 14 days" in warned.out + warned.err, warned
        assert_all_posted(stage, stage.send(check=0))
        log = [e["path"].rsplit("/", 1)[-1] for e in stage.sandbox.log()]
        assert log.count("refresh_access_token") == 1 and log[0] == "refresh_access_token"
        end = datetime.datetime.fromisoformat(stage.end_of("threads").replace("Z", "+00:00"))
        assert end - now() > 59 * DAY
        assert "within 14 days" not in stage.run("check", stage.plan, check=0).err
        stage.send("update", check=0)
        assert len(stage.asked("refresh_access_token")) == 1


@beside("reset-before", "reset-after", "500-before", "refuse", "hang")
def test_an_early_renewal_that_fails_holds_nothing_up(folder, kind):
    with Stage(folder) as stage:
        more = ":code=190" if kind == "refuse" else ""
        stage.open(faults=[f"{kind}:path=refresh_access_token:on=any{more}"])
        stage.expire("threads", now() + 5 * DAY)
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        assert len(stage.asked("refresh_access_token")) == 1


@beside()
def test_a_dry_run_renews_nothing(folder):
    with Stage(folder) as stage:
        stage.open()
        stage.expire("threads", now() + 5 * DAY)
        result = stage.send("--dry-run", check=0)
        assert [e["state"] for e in result.events("delivery")] == ["would-post"] and not stage.sandbox.log()


@beside()
def test_an_ended_token_is_told_before_a_send(folder):
    with Stage(folder) as stage:
        stage.open()
        stage.expire("threads", now() - DAY)
        warned = stage.run("check", stage.plan, check=0)
        assert "1 credential on threads has ended" in warned.out + warned.err, warned


# --- the process dies -------------------------------------------------------------------------------------------
MOMENTS = {
    "creating": (["hang-after:path=/threads:on=post:times=1"], lambda stage: stage.created()),
    "waiting": (["unready:path=/threads:times=1:ms=15000"], lambda stage: [e for e in stage.sandbox.log() if e["method"] == "GET"]),
    "publishing": (["hang-after:path=threads_publish:times=1"], lambda stage: stage.asked("threads_publish")),
    "publishing, not acted on": (["hang:path=threads_publish:times=1"], lambda stage: stage.asked("threads_publish")),
    "linking": (["hang:on=read:after=1:times=1"], lambda stage: len([e for e in stage.sandbox.log() if e["method"] == "GET"]) > 1),
}


@beside(*MOMENTS)
def test_the_process_dies(folder, moment):
    faults, has_come = MOMENTS[moment]
    with Stage(folder) as stage:
        stage.open(faults=faults)
        process = stage.start()
        wait_until(lambda: has_come(stage))
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=WAIT_TIMEOUT_S)
        resumed = stage.run("resume", "--deadline", "150s", json=True, check=0)
        assert_all_posted(stage, resumed)
        assert len(stage.sandbox.posts()) == 1
        if moment in ("waiting", "publishing", "linking"):
            assert len(stage.created()) == 1
        stage.run("audit", "verify", check=0)


@beside()
def test_a_pause_is_stopped(folder):
    with Stage(folder) as stage:
        stage.open(faults=["unready:path=/threads:ms=3600000"])
        process = stage.start(json=True)
        wait_until(lambda: [e for e in stage.sandbox.log() if e["method"] == "GET"])
        stage.run("stop", check=0)
        process.communicate(timeout=WAIT_TIMEOUT_S)
        assert [d["state"] for d in stage.status().events("delivery")] == ["stopped"]
        assert not stage.sandbox.posts()
        stage.run("audit", "verify", check=0)


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_no_secret_is_shown(tmp_path, as_json):
    with Stage(tmp_path, channels=BOTH) as stage:
        stage.open()
        os.unlink(stage.workspace.file("registration.yaml"))
        told = [stage.send(json=as_json, env={"CRISIS_LOG": "debug"}, check=0), stage.run("channels", "--check", check=0, json=as_json),
                stage.run("audit", "log", json=as_json), stage.run("status", json=as_json)]
        text = "".join(one.out + one.err for one in told)
        for account in stage.accounts:
            assert account["credential"]["access-token"] not in text
        assert all("access_token" not in entry["path"] or entry["path"].endswith("refresh_access_token") for entry in stage.sandbox.log())
