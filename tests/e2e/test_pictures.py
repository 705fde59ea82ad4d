"""Pictures on the networks: with each text, described in its language, once, and never in the way of the text."""
import collections
import hashlib
import json
import os
import random
import struct
import subprocess
import zlib

from conftest import default_text, wait_until
from pictures import jpeg, messages_with, mp4, png
from stage import Stage as WholeStage
from stage import assert_all_posted, assert_nothing_twice, beside, scenes  # noqa: F401

NETWORKS = ("facebook", "x", "mastodon", "bluesky", "telegram")
WITH_UPLOADS = NETWORKS[:4]
ALT = {"nb": "Kart over området som er stengt", "nn": "Kart over området som er stengt no"}
SECOND = {"nb": "Elva går over veien", "nn": "Elva går over vegen"}
PICTURES = {"kart.png": png(), "elva.jpg": jpeg(grey=3)}
MAX = {"facebook": 10, "x": 4, "mastodon": 4, "bluesky": 4, "telegram": 1}


class Stage(WholeStage):
    """Its plan names the channels of its accounts, and its alert has pictures."""

    def __init__(self, folder, channels=NETWORKS, files=("kart.png",), contents=None, text=None, **more):
        self.channels = channels
        text = text or {language: default_text(language, "alert") for language in ("nb", "nn")}
        files = [one if isinstance(one, dict) else {"file": one, "alt": ALT if one == "kart.png" else SECOND} for one in files]
        files = [{**one, "alt": {language: one["alt"][language] for language in text}} for one in files]
        super().__init__(folder, channels=channels, messages=messages_with(files, text), languages=tuple(text), **more)
        for name, content in {**PICTURES, **(contents or {})}.items():
            with open(os.path.join(self.folder, name), "wb") as file:
                file.write(content)

    def write_plan(self, **plan):
        super().write_plan(channels=self.channels, **plan)


def shown(stage, channel):
    return [p for p in stage.sandbox.posts() if p["channel"] == channel]


def digests(post):
    return [(m["type"], m["size"], m["sha256"]) for m in post["media"]]


def facts(*names):
    types = {"png": "image/png", "jpg": "image/jpeg"}
    return [(types[n[-3:]], len(PICTURES[n]), hashlib.sha256(PICTURES[n]).hexdigest()) for n in names]


def uploads(stage, channel):
    ends = {"facebook": "/photos", "x": "/media/upload", "mastodon": "/api/v2/media", "bluesky": "uploadBlob"}
    return [e for e in stage.sandbox.log() if e["channel"] == channel and e["path"].endswith(ends[channel])]


# --- sent -------------------------------------------------------------------------------------------------------
@beside()
def test_each_text_has_its_pictures_described_in_its_language(folder):
    with Stage(folder, files=("kart.png", "elva.jpg")) as stage:
        stage.open()
        assert_all_posted(stage, stage.send(check=0))
        for channel in NETWORKS:
            posts = shown(stage, channel)
            assert len(posts) == 3, channel
            for post in posts:
                names = ("kart.png", "elva.jpg")[:MAX[channel]]
                assert digests(post) == facts(*names), channel
                language = "nn" if post["municipality"] == "4640" else "nb"
                described = [None] if channel == "telegram" else [ALT[language], SECOND[language]]
                assert [m["alt"] for m in post["media"]] == described, post
        page = stage.sandbox.ask("/_sandbox/municipality/4640").decode()
        assert page.count(f'alt="{ALT["nn"]}"') == 4 and page.count("<img ") == 9
        assert stage.sandbox.ask(f"/_sandbox/media/{facts('kart.png')[0][2]}") == PICTURES["kart.png"]


@beside()
def test_only_the_first_part_of_a_thread_has_them(folder):
    long = "Flom. " + "Hold deg unna elva. " * 40
    with Stage(folder, channels=("x", "mastodon", "bluesky"), places=("0301",), text={"nb": {"headline": "Flom", "short": long, "long": long}}) as stage:
        stage.open()
        assert_all_posted(stage, stage.send(check=0))
        for channel in ("x", "mastodon", "bluesky"):
            parts = shown(stage, channel)
            assert len(parts) >= 2 and [len(p["media"]) for p in parts] == [1] + [0] * (len(parts) - 1)


@beside()
def test_no_more_than_a_network_takes_and_no_film(folder):
    names = [f"bilde{n}.png" for n in range(12)]
    contents = {name: png(colour=(n, n, n)) for n, name in enumerate(names)}
    files = [{"file": name, "alt": ALT} for name in [*names, "film.mp4"]]
    with Stage(folder, places=("0301",), files=files, contents={**contents, "film.mp4": mp4()}) as stage:
        stage.open()
        assert_all_posted(stage, stage.send(check=0))
        for channel in NETWORKS:
            assert [m["sha256"] for m in shown(stage, channel)[0]["media"]] == \
                [hashlib.sha256(contents[name]).hexdigest() for name in names[:MAX[channel]]], channel


@beside()
def test_a_server_makes_a_large_picture_ready(folder):
    noise = png_noise(200)
    assert len(noise) > 64 * 1024
    with Stage(folder, channels=("mastodon",), places=("0301",), contents={"kart.png": noise}) as stage:
        stage.open()
        assert_all_posted(stage, stage.send(check=0))
        polls = [e["status"] for e in stage.sandbox.log() if "/api/v1/media/" in e["path"]]
        assert polls == [206, 200] and [len(p["media"]) for p in shown(stage, "mastodon")] == [1]


def png_noise(side):
    """Bytes that do not compress, so that few pixels make a large file."""
    source = random.Random(5)
    rows = b"".join(b"\0" + source.randbytes(3 * side) for _ in range(side))
    def chunk(kind, content):
        return struct.pack(">I", len(content)) + kind + content + struct.pack(">I", zlib.crc32(kind + content))
    return (b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", struct.pack(">IIBBBBB", side, side, 8, 2, 0, 0, 0)) +
            chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b""))


# --- lost answers -----------------------------------------------------------------------------------------------
ACTING = ("reset-after", "stream-reset-after", "500-after", "502-after", "503-after", "truncated", "garbage", "html")
UPLOAD = {"facebook": "photos", "x": "media/upload", "mastodon": "v2/media", "bluesky": "uploadBlob"}
POST = {"facebook": "feed", "x": "tweets", "mastodon": "statuses", "bluesky": "putRecord"}


@beside(*ACTING)
def test_the_answer_to_an_upload_is_lost(folder, kind):
    with Stage(folder, channels=WITH_UPLOADS, places=("0301",), files=("kart.png", "elva.jpg")) as stage:
        # HTTP/1.1, so that a connection that is reset takes no other upload along.
        one_each = () if kind.startswith("stream") else ("--http1",)
        stage.open(*one_each, faults=[f"{kind}:channel={channel}:path={UPLOAD[channel]}:times=2" for channel in WITH_UPLOADS] +
                   [f"{kind}:channel=x:path=media/metadata:times=1"])
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        for channel in WITH_UPLOADS:
            assert [digests(p) for p in shown(stage, channel)] == [facts("kart.png", "elva.jpg")], channel
            assert len(uploads(stage, channel)) == 4
        assert all(m["alt"] for p in stage.sandbox.posts() for m in p["media"])


@beside(*ACTING)
def test_the_answer_to_a_post_with_pictures_is_lost(folder, kind):
    with Stage(folder, channels=WITH_UPLOADS, places=("0301",)) as stage:
        # The networks share a host here: over HTTP/2 one's reset would take the other's upload along.
        stage.open("--http1", faults=[f"{kind}:channel={channel}:path={POST[channel]}:on=post:times=1" for channel in WITH_UPLOADS])
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        for channel in WITH_UPLOADS:
            assert [digests(p) for p in shown(stage, channel)] == [facts("kart.png")]
            assert len(uploads(stage, channel)) == 1, "what was uploaded is not uploaded again"


@beside()
def test_a_photo_in_doubt_is_left_to_a_person(folder):
    with Stage(folder, channels=("telegram",), places=("0301",)) as stage:
        stage.open(faults=["reset-after:path=sendPhoto:times=1"])
        stage.send("--deadline", "150s", check=6)
        assert len(assert_nothing_twice(stage)) == 1


# --- in the way of nothing --------------------------------------------------------------------------------------
@beside("500-before", "503-before", "hang")
def test_uploads_that_never_get_through_do_not_hold_the_text_up(folder, kind):
    channels = ("x", "mastodon") if kind == "hang" else WITH_UPLOADS
    with Stage(folder, channels=channels, places=("0301",), text={"nb": default_text("nb", "alert")}) as stage:
        stage.open(faults=[f"{kind}:channel={channel}:path={UPLOAD[channel]}:times={1 if kind == 'hang' else 50}" for channel in channels])
        assert_all_posted(stage, stage.send("--deadline", "120s", check=0))
        for channel in channels:
            assert [len(p["media"]) for p in shown(stage, channel)] == [1 if kind == "hang" else 0], channel


REFUSALS = {"facebook": 100, "x": 403, "mastodon": 422, "bluesky": 400}


def assert_told_without(stage, result, channels):
    """A picture that is missing is no secret: each delivery says so, the log does, and the summary counts them."""
    told = {d["channel"]: d.get("left_out", 0) for d in result.events("delivery") if d["state"] == "posted"}
    logged = {e["channel"]: int(e.get("media-left-out", 0)) for e in stage.audit() if e.get("state") == "posted"}
    assert all(told[channel] > 0 and logged[channel] == told[channel] for channel in channels), (told, logged)
    assert f"{len(channels)} of the posted ones went out without a picture" in result.err


@beside()
def test_a_picture_that_a_network_refuses_is_left_out(folder):
    with Stage(folder, channels=WITH_UPLOADS, places=("0301",), files=("kart.png", "elva.jpg")) as stage:
        stage.open(faults=[f"refuse:code={REFUSALS[c]}:channel={c}:path={UPLOAD[c]}:times=1" for c in WITH_UPLOADS])
        result = stage.send(check=0)
        assert_all_posted(stage, result)
        for channel in WITH_UPLOADS:
            assert [digests(p) for p in shown(stage, channel)] == [facts("elva.jpg")], channel
        assert_told_without(stage, result, WITH_UPLOADS)


@beside()
def test_a_post_that_is_refused_with_pictures_goes_out_without(folder):
    with Stage(folder, places=("0301",)) as stage:
        stage.open(faults=[f"refuse:code={REFUSALS[c]}:channel={c}:path={POST[c]}:on=post:times=1" for c in WITH_UPLOADS] +
                   ["refuse:code=403:channel=telegram:path=sendPhoto:times=1"])
        result = stage.send(check=0)
        assert_all_posted(stage, result)
        for channel in NETWORKS:
            assert [p["media"] for p in shown(stage, channel)] == [[]], channel
        assert_told_without(stage, result, NETWORKS)


@beside()
def test_a_token_runs_out_between_two_uploads(folder):
    with Stage(folder, channels=("x",), places=("0301",), files=("kart.png", "elva.jpg")) as stage:
        stage.accounts[0]["credential"]["refresh-token"] = "refresh-once"
        stage.open(faults=["expired-token:path=media/upload:after=1:times=1"])
        networks = stage.workspace.config()["networks"]
        networks["x"]["client-id"] = "client"
        stage.workspace.configure(stage.sandbox.url, stage.sandbox.ca, networks=networks)
        assert_all_posted(stage, stage.send(check=0))
        assert [digests(p) for p in shown(stage, "x")] == [facts("kart.png", "elva.jpg")]
        assert collections.Counter(e["status"] for e in uploads(stage, "x")) == {200: 2, 401: 1}


# --- killed -----------------------------------------------------------------------------------------------------
@beside(*(f"{channel}-{where}" for channel in WITH_UPLOADS for where in ("upload", "post")))
def test_a_process_dies_and_resume_goes_on(folder, case):
    channel, where = case.split("-")
    path = UPLOAD[channel] if where == "upload" else POST[channel]
    with Stage(folder, channels=(channel,), places=("0301",), files=("kart.png", "elva.jpg")) as stage:
        # The second upload, or the post, is acted on and never answered.
        after = ":after=1" if where == "upload" else ""
        stage.open(faults=[f"hang-after:channel={channel}:path={path}{after}:on=post:times=1"])
        process = stage.start()
        reached = {"upload": lambda: len(uploads(stage, channel)) == 2, "post": lambda: len(shown(stage, channel)) == 1}[where]
        wait_until(reached)
        process.kill()
        process.wait()
        assert_all_posted(stage, stage.run("resume", json=True, check=0))
        assert [digests(p) for p in shown(stage, channel)] == [facts("kart.png", "elva.jpg")]
        assert len(uploads(stage, channel)) == (3 if where == "upload" else 2)


# --- the sandbox, by another program ----------------------------------------------------------------------------
def curl(sandbox, path, *arguments):
    done = subprocess.run(["curl", "-sS", "-m", "20", "-w", "\n%{http_code}", "--cacert", sandbox.ca, sandbox.url + path, *arguments],
                          stdout=subprocess.PIPE, check=True)
    body, _, status = done.stdout.rpartition(b"\n")
    return int(status), json.loads(body)


def test_the_sandbox_takes_pictures_of_curl_strictly(sandbox, tmp_path):
    started = sandbox()
    good, bad = tmp_path / "kart.png", tmp_path / "tekst.png"
    good.write_bytes(png())
    bad.write_bytes(b"no picture at all")
    bearer = ("-H", "Authorization: Bearer some-token")
    # Mastodon
    status, upload = curl(started, "/mastodon/api/v2/media", *bearer, "-F", f"file=@{good};type=image/png", "-F", "description=Kart")
    assert status == 200 and upload["description"] == "Kart"
    assert curl(started, "/mastodon/api/v2/media", *bearer, "-F", f"file=@{bad};type=image/png")[0] == 422
    assert curl(started, "/mastodon/api/v2/media", *bearer, "-F", f"file=@{good};type=image/jpeg")[0] == 422
    status = {"status": "Hei", "media_ids": [upload["id"]]}
    assert curl(started, "/mastodon/api/v1/statuses", *bearer, "-H", "content-type: application/json", "-d", json.dumps(status))[0] == 200
    status["status"] = "Hei igjen"
    assert curl(started, "/mastodon/api/v1/statuses", *bearer, "-H", "content-type: application/json", "-d", json.dumps(status))[0] == 422
    # X
    status, upload = curl(started, "/x/2/media/upload", *bearer, "-F", "media_category=tweet_image", "-F", f"media=@{good};type=image/png")
    assert status == 200 and upload["data"]["size"] == len(png())
    assert curl(started, "/x/2/media/upload", *bearer, "-F", f"media=@{good};type=image/png")[0] == 400
    assert curl(started, "/x/2/media/upload", *bearer, "-F", "media_category=tweet_image", "-F", f"media=@{bad};type=image/png")[0] == 400
    tweet = json.dumps({"text": "Hei", "media": {"media_ids": [upload["data"]["id"]]}})
    status, post = curl(started, "/x/2/tweets", *bearer, "-H", "content-type: application/json", "-d", tweet)
    assert status == 201 and " https://t.co/" in post["data"]["text"]
    other = ("-H", "Authorization: Bearer another-token")
    assert curl(started, "/x/2/tweets", *other, "-H", "content-type: application/json", "-d", tweet)[0] == 400
    # Facebook
    form = ("-F", "access_token=fb", "-F", "published=false", "-F", "alt_text_custom=Kart")
    status, photo = curl(started, "/facebook/v25.0/111/photos", *form, "-F", f"source=@{good};type=image/png")
    assert status == 200 and list(photo) == ["id"]
    assert curl(started, "/facebook/v25.0/111/photos", *form, "-F", f"source=@{bad};type=image/png")[1]["error"]["error_subcode"] == 1366046
    assert curl(started, "/facebook/v25.0/111/photos", *form[2:], "-F", f"source=@{good};type=image/png")[1]["error"]["code"] == 104
    feed = ("-d", "access_token=fb", "-d", "message=Hei", "-d", "attached_media=" + json.dumps([{"media_fbid": photo["id"]}]))
    assert curl(started, "/facebook/v25.0/111/feed", *feed)[0] == 200
    feed = ("-d", "access_token=fb", "-d", "message=Hei igjen", "-d", "attached_media=" + json.dumps([{"media_fbid": photo["id"]}]))
    assert curl(started, "/facebook/v25.0/111/feed", *feed)[1]["error"]["error_subcode"] == 1366051
    # Telegram
    status, message = curl(started, "/telegram/bot1:a/sendPhoto", "--form-string", "chat_id=@varsel", "-F", "caption=Hei", "-F", f"photo=@{good};type=image/png")
    assert status == 200 and message["result"]["caption"] == "Hei"
    assert curl(started, "/telegram/bot1:a/sendPhoto", "--form-string", "chat_id=@varsel", "-F", "caption=" + "a" * 1025, "-F", f"photo=@{good};type=image/png")[0] == 400
    assert {p["channel"]: len(p["media"]) for p in started.posts()} == {"mastodon": 1, "x": 1, "facebook": 1, "telegram": 1}
