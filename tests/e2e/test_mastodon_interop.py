"""snac in the place of the sandbox: a server of Mastodon's API that knows no idempotency keys, so that what is in doubt must
be found among the account's posts, which it shows in its own way."""
import html
import itertools
import json
import re
import signal

import pytest
from conftest import WAIT_TIMEOUT_S, default_municipality, wait_until
from gateway import Gateway
from pictures import jpeg, messages_with, png
from servers import Authority
from snac import Snac
from stage import Stage, beside, scenes  # noqa: F401

LINK = "https://www.kriseinfo.no/flom?del=1"
SHORT = {"nb": f"🚨 Flom i Bærum – hold deg unna elva («Sandvikselva»). Les {LINK}, og si det videre.", "nn": f"🚨 Flaum. Les ({LINK})."}
BOTH = ("0301", "4640")  # one for each language
LONG = "⚠️ Flom. " + "Kok vannet før du drikker det 👩🏽‍🚒. " * 40 + f"Les {LINK} nå."
ODD = ["Ring *110* og **ikke** _110_ eller `113`", "Vann < 5 grader & stigende > i går", "Linje\n\nto\n- tre\n> fire\n# fem",
       "Elva <b>stiger</b> &amp; faller", "Si det til @kommune og #flom :) :smile: ❤", "[kart](https://kart.no/a_b_c)", "e\u0301 og  to   mellomrom"]


NUMBERS = itertools.count(1)  # no two accounts have the same name
SERVERS = []  # one, which all tests of this module share


@pytest.fixture(scope="module", autouse=True)
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("snac")
    with Snac(folder / "data") as snac:
        snac.authority = Authority(folder / "authority")
        SERVERS.append(snac)
        yield
        SERVERS.clear()


def texts_of(**texts):
    return {language: {"headline": "Flom", "short": text, "long": text} for language, text in texts.items()}


class MastodonStage(Stage):
    """Municipalities with accounts at the server behind a gateway: .gateway .users .posts()"""

    def __init__(self, folder, places=("0301",), texts=None):
        super().__init__(folder, places=places, channels=("mastodon",))
        self.server = server = SERVERS[0]
        self.gateway = Gateway(server.url, tls=server.authority, turn=server.turn)
        self.users = {}
        self.write_plan(municipalities=[default_municipality(place) for place in places], channels=("mastodon",),
                        texts=texts or {"alert": texts_of(**SHORT)})
        for account in self.accounts:
            user = f"m{account['municipality']}x{next(NUMBERS)}"
            account["settings"] = {"server": self.gateway.url}
            account["credential"] = {"access-token": server.create(user)}
            self.users[account["municipality"]] = user
        self.workspace.configure(self.gateway.url, server.authority.ca, networks={})
        self.workspace.register(self.accounts)

    def __exit__(self, kind, *rest):
        self.gateway.__exit__(kind, *rest)
        super().__exit__(kind, *rest)

    def posts(self, place="0301"):
        return self.server.statuses(self.users[place])

    def believed(self, place="0301"):
        return [post["id"] for d in self.status().events("delivery") if d["municipality"] == place for post in d["posts"]]


def is_post(number=1):
    """Fits the so-and-so-manieth request that would post."""
    count = 0

    def fits(request):
        nonlocal count
        count += request.method == "POST" and request.path == "/api/v1/statuses"
        return count == number and request.method == "POST"

    return fits


def assert_is_thread(posts, parent=None):
    for post in posts:
        assert post["in_reply_to_id"] == (parent["id"] if parent else None)
        parent = post


def shown(post):
    """What people read."""
    return html.unescape(re.sub(r"<[^>]*>", "", re.sub(r"<br>", "\n", post["content"]))).rstrip("\n")


@beside()
def test_the_check_says_who_it_is(folder):
    with MastodonStage(folder, places=BOTH) as stage:
        lines = stage.run("channels", "--check", json=True, check=0).lines
        identities = {line["identity"] for line in lines if line.get("identity")}
        assert {identity.split("@")[1] for identity in identities} == set(stage.users.values()), lines
        stage.workspace.register([{**stage.accounts[0], "credential": {"access-token": "0" * 32}}])
        assert stage.run("channels", "--check", json=True).code != 0 and not stage.posts()


@beside()
def test_posts_are_there_in_each_language(folder):
    with MastodonStage(folder, places=BOTH) as stage:
        stage.send(check=0)
        for place, language in (("0301", "nb"), ("4640", "nn")):
            post, = stage.posts(place)
            assert stage.believed(place) == [post["id"]]
            assert shown(post) == SHORT[language] and f'<a href="{LINK}"' in post["content"]
            assert post["visibility"] == "public" and post["in_reply_to_id"] is None
        said = {json.loads(request.body)["language"] for request, _ in stage.gateway.asked("/api/v1/statuses")}
        assert said == {"nb", "nn"}  # the server does not keep it


@beside()
def test_pictures_are_attached_and_described(folder):
    with MastodonStage(folder) as stage:
        for name, content in (("kart.png", png()), ("elva.jpg", jpeg())):
            with open(f"{stage.folder}/{name}", "wb") as file:
                file.write(content)
        media = [{"file": name, "alt": {"nb": alt}} for name, alt in (("kart.png", "Kart over «stengt» område"), ("elva.jpg", "Elva"))]
        stage.write_plan(municipalities=[default_municipality("0301")], channels=("mastodon",), languages=("nb",),
                         messages=messages_with(media, texts_of(nb=SHORT["nb"])))
        stage.send(check=0)
        post, = stage.posts()
        assert stage.believed() == [post["id"]] and shown(post) == SHORT["nb"]
        assert [(m["type"], m["description"]) for m in post["media_attachments"]] == [("image", m["alt"]["nb"]) for m in media]


@beside()
def test_a_long_text_is_a_thread_and_an_update_a_reply(folder):
    with MastodonStage(folder, texts={"alert": texts_of(nb=LONG)}) as stage:
        stage.send(check=0)
        alert = stage.posts()
        assert len(alert) >= 3 and stage.believed() == [post["id"] for post in alert]
        assert_is_thread(alert)
        asked = [json.loads(request.body)["visibility"] for request, _ in stage.gateway.asked("/api/v1/statuses")]
        assert asked == ["public"] + ["unlisted"] * (len(alert) - 1)  # the server says "public" of both
        stage.send("update", check=0)
        update, = stage.posts()[len(alert):]
        assert "stiger" in update["content"] and update["in_reply_to_id"] in {post["id"] for post in alert}


@beside(1, 2, 3)
def test_a_lost_answer_does_not_double_a_part(folder, part):
    with MastodonStage(folder, texts={"alert": texts_of(nb=LONG)}) as stage:
        stage.gateway.lose(is_post(part))
        stage.send(check=0)
        posts = stage.posts()
        assert not stage.gateway.faults and len({post["content"] for post in posts}) == len(posts) >= 3
        assert_is_thread(posts)
        assert stage.believed() == [post["id"] for post in posts]


@beside(*range(len(ODD)))
def test_a_text_that_the_server_shows_otherwise_is_found(folder, number):
    """It makes HTML of what looks like Markdown, and does not escape."""
    with MastodonStage(folder, texts={"alert": texts_of(nb=ODD[number])}) as stage:
        stage.gateway.lose(is_post())
        stage.send(check=0)
        post, = stage.posts()
        assert stage.believed() == [post["id"]]


@beside()
def test_a_process_that_died_before_the_answer_is_resumed(folder):
    with MastodonStage(folder, texts={"alert": texts_of(nb=LONG)}) as stage:
        arrived = stage.gateway.hold(is_post(2))
        process = stage.start()
        wait_until(arrived.is_set)
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=WAIT_TIMEOUT_S)
        assert len(stage.posts()) == 2
        stage.run("resume", check=0)
        posts = stage.posts()
        assert_is_thread(posts)
        assert len({post["content"] for post in posts}) == len(posts) >= 3
        assert stage.believed() == [post["id"] for post in posts]


@beside("/api/v2/media", "/api/v1/statuses")
def test_a_lost_answer_loses_no_picture(folder, lost):
    with MastodonStage(folder) as stage:
        pictures = {"kart.png": png(), "elva.jpg": jpeg()}
        for name, content in pictures.items():
            with open(f"{stage.folder}/{name}", "wb") as file:
                file.write(content)
        stage.write_plan(municipalities=["0301"], channels=("mastodon",), languages=("nb",), messages=messages_with(
            [{"file": name, "alt": {"nb": name}} for name in pictures], texts_of(nb=LONG)))
        stage.gateway.lose(lambda request: request.method == "POST" and request.path == lost)
        stage.send(check=0)
        posts = stage.posts()
        assert_is_thread(posts)
        assert not stage.gateway.faults and len({post["content"] for post in posts}) == len(posts) >= 3
        first, *others = [post["media_attachments"] for post in posts]
        assert not any(others) and [one["description"] for one in first] == list(pictures)
        assert [stage.server.fetch(one["url"]) for one in first] == list(pictures.values())


@beside()
def test_a_token_that_was_taken_back_is_told(folder):
    with MastodonStage(folder) as stage:
        stage.server.revoke(stage.users["0301"])
        stage.send(check=5)
        failed, = stage.status().events("delivery")
        assert failed["error"]["kind"] == "credential" and "register" in failed["error"]["next"] and not stage.posts()
