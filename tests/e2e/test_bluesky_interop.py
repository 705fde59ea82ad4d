"""Bluesky's own server in the place of the sandbox: what it takes, and what is there afterwards by its own API."""
import datetime
import os
import signal

import pytest
from conftest import WAIT_TIMEOUT_S, default_municipality, wait_until
from gateway import Gateway
from pds import Pds
from pictures import jpeg, messages_with, png
from servers import Authority
from stage import Stage

LINK = "https://www.kriseinfo.no/flom/råd?del=1"
SHORT = {"nb": "🚨 Flom i Bærum – hold deg unna elva («Sandvikselva»). Les {link}, og si det videre.",
         "nn": "🚨 Flaum – hald deg unna elva. Les ({link})."}
LONG = "⚠️ Flom. " + "Kok vannet før du drikker det 👩🏽‍🚒. " * 25 + "Les {link} nå."


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pds")
    with Pds(str(folder / "data")) as pds:
        pds.authority = Authority(folder / "authority")
        yield pds


def texts_of(**texts):
    texts = {language: text.replace("{link}", LINK) for language, text in texts.items()}
    return {language: {"headline": "Flom", "short": text, "long": text} for language, text in texts.items()}


class BlueskyStage(Stage):
    """Two municipalities, one for each language, at the server behind a gateway: .gateway .handles .posts()"""

    def __init__(self, server, folder, places=("0301", "4640"), texts=None):
        super().__init__(folder, places=places, channels=("bluesky",))
        self.server = server
        self.gateway = Gateway(server.url, tls=server.authority)
        self.handles = {}
        self.write_plan(municipalities=[default_municipality(place) for place in places], channels=("bluesky",),
                        texts=texts or {"alert": texts_of(**SHORT)})
        for account in self.accounts:
            handle = f"m{account['municipality']}-{len(server.accounts)}.test"
            account["settings"] = {"handle": handle, "server": self.gateway.url}
            account["credential"] = {"app-password": server.create(handle)}
            self.handles[account["municipality"]] = handle
        self.workspace.configure(self.gateway.url, server.authority.ca, networks={})
        self.workspace.register(self.accounts)

    def __exit__(self, kind, *rest):
        self.gateway.__exit__(kind, *rest)
        super().__exit__(kind, *rest)

    def posts(self, place="0301"):
        return self.server.records(self.handles[place])

    def asked(self, procedure):
        return [status for _, status in self.gateway.asked(procedure)]


@pytest.fixture
def open_stage(server, tmp_path):
    stages = []

    def start(**options):
        stages.append(BlueskyStage(server, tmp_path / str(len(stages)), **options))
        return stages[-1]

    yield start
    for stage in stages:
        stage.__exit__(None, None, None)


def is_put(place_handle, server, part=1):
    """Fits the request that writes that part of the account's thread."""
    seen = set()

    def fits(request):
        if request.path.endswith("putRecord") and server.did(place_handle).encode() in request.body:
            seen.add(request.body)
            return len(seen) == part
        return False

    return fits


def assert_is_thread(posts, root=None, parent=None):
    """Each is a reply to the one before; the first to what is given."""
    for post in posts:
        if parent:
            assert post["value"]["reply"] == {name: {"uri": one["uri"], "cid": one["cid"]}
                                              for name, one in (("root", root), ("parent", parent))}
        else:
            assert "reply" not in post["value"]
        root, parent = root or post, post


def test_the_check_knows_a_right_password_from_a_wrong_one(open_stage):
    stage = open_stage()
    lines = stage.run("channels", "--check", json=True, check=0).lines
    assert sorted(line["identity"] for line in lines if line.get("identity")) == sorted(stage.handles.values()), lines
    stage.workspace.register([{**stage.accounts[0], "credential": {"app-password": "aaaa-bbbb-cccc-dddd"}}])
    result = stage.run("channels", "--check", json=True)
    assert result.code != 0 and "app password" in result.out and not stage.posts()


def test_posts_are_there_with_language_and_links(open_stage):
    stage = open_stage()
    before = datetime.datetime.now(datetime.timezone.utc) - datetime.timedelta(seconds=2)
    result = stage.send(check=0)
    ids = {d["municipality"]: [post["id"] for post in d["posts"]] for d in stage.status().events("delivery")}
    for place, language in (("0301", "nb"), ("4640", "nn")):
        post, = stage.posts(place)
        value = post["value"]
        assert ids[place] == [post["uri"]], result
        assert value["$type"] == "app.bsky.feed.post" and value["langs"] == [language]
        assert value["text"] == SHORT[language].replace("{link}", LINK)
        facet, = value["facets"]
        start, end = facet["index"]["byteStart"], facet["index"]["byteEnd"]
        assert value["text"].encode()[start:end].decode() == LINK
        assert facet["features"] == [{"$type": "app.bsky.richtext.facet#link", "uri": LINK}]
        created = datetime.datetime.fromisoformat(value["createdAt"].replace("Z", "+00:00"))
        assert before <= created <= datetime.datetime.now(datetime.timezone.utc)


def test_pictures_are_embedded_and_kept(open_stage):
    stage = open_stage()
    pictures = {"kart.png": png(), "elva.jpg": jpeg()}
    for name, content in pictures.items():
        with open(os.path.join(stage.folder, name), "wb") as file:
            file.write(content)
    alts = {"kart.png": {"nb": "Kart 🗺", "nn": "Kart nn"}, "elva.jpg": {"nb": "Elva går over veien", "nn": "Elva nn"}}
    stage.write_plan(municipalities=[default_municipality(place) for place in ("0301", "4640")], channels=("bluesky",),
                     messages=messages_with([{"file": name, "alt": alts[name]} for name in pictures], texts_of(**SHORT)))
    stage.send(check=0)
    for place, language in (("0301", "nb"), ("4640", "nn")):
        post, = stage.posts(place)
        embed = post["value"]["embed"]
        assert embed["$type"] == "app.bsky.embed.images" and len(embed["images"]) == 2
        for image, (name, content) in zip(embed["images"], pictures.items()):
            assert image["alt"] == alts[name][language] and image["aspectRatio"] == {"width": 64, "height": 48}
            assert image["image"]["size"] == len(content) and image["image"]["mimeType"] == ("image/png" if name == "kart.png" else "image/jpeg")
            assert stage.server.blob(stage.handles[place], image["image"]) == content


def test_a_long_text_is_a_thread_and_an_update_a_reply(open_stage):
    stage = open_stage(texts={"alert": texts_of(nb=LONG, nn=LONG)})
    stage.send(check=0)
    alert = stage.posts()
    assert len(alert) >= 3
    assert_is_thread(alert)
    links = [post for post in alert if "facets" in post["value"]]
    assert len(links) == 1 and LINK in links[0]["value"]["text"]
    stage.send("update", check=0)
    update = stage.posts()[len(alert):]
    assert len(update) == 1 and "stiger" in update[0]["value"]["text"]
    replied = next(post for post in alert if post["uri"] == update[0]["value"]["reply"]["parent"]["uri"])
    assert_is_thread(update, alert[0], replied)
    assert len(stage.posts("4640")) == len(alert) + 1


def test_an_update_of_what_is_gone_goes_by_itself(open_stage):
    stage = open_stage(places=("0301",))
    stage.send(check=0)
    stage.server.delete(stage.handles["0301"], stage.posts()[0]["uri"])
    stage.send("update", check=0)
    post, = stage.posts()
    assert "reply" not in post["value"] and "stiger" in post["value"]["text"]


@pytest.mark.parametrize("part", [1, 2, 3])
def test_a_lost_answer_does_not_double_a_part(open_stage, part):
    stage = open_stage(places=("0301",), texts={"alert": texts_of(nb=LONG)})
    stage.gateway.lose(is_put(stage.handles["0301"], stage.server, part))
    stage.send(check=0)
    posts = stage.posts()
    assert not stage.gateway.faults and len(posts) >= 3
    assert_is_thread(posts)
    assert len({post["value"]["text"] for post in posts}) == len(posts)
    assert [post["id"] for d in stage.status().events("delivery") for post in d["posts"]] == [post["uri"] for post in posts]


def test_a_process_that_died_before_the_answer_is_resumed(open_stage):
    """The record is there, and nobody here has heard of it: it is looked up by its key."""
    stage = open_stage(places=("0301",), texts={"alert": texts_of(nb=LONG)})
    arrived = stage.gateway.hold(is_put(stage.handles["0301"], stage.server, 2))
    process = stage.start()
    wait_until(arrived.is_set)
    process.send_signal(signal.SIGKILL)
    process.communicate(timeout=WAIT_TIMEOUT_S)
    assert len(stage.posts()) == 2
    stage.gateway.closing.set()
    stage.run("resume", check=0)
    posts = stage.posts()
    assert_is_thread(posts)
    assert len({post["value"]["text"] for post in posts}) == len(posts) >= 3
    assert [post["id"] for d in stage.status().events("delivery") for post in d["posts"]] == [post["uri"] for post in posts]


def expire(server):
    def change(request):
        request.headers["authorization"] = "Bearer " + server.expired(request.headers["authorization"].split()[1])

    return change


def test_a_session_that_has_run_out_is_renewed(open_stage):
    """In the middle of a thread, which goes on where it was."""
    stage = open_stage(places=("0301",), texts={"update": texts_of(nb=LONG)})
    stage.send(check=0)
    stage.gateway.change(is_put(stage.handles["0301"], stage.server, 2), expire(stage.server))
    stage.send("update", check=0)
    posts = stage.posts()
    assert len(posts) >= 4 and len({post["value"]["text"] for post in posts}) == len(posts)
    assert_is_thread(posts)
    assert 400 in stage.asked("putRecord") and stage.asked("refreshSession") == [200] and stage.asked("createSession") == [200]


def test_a_session_that_cannot_be_renewed_is_opened_anew(open_stage):
    stage = open_stage(places=("0301",))
    stage.send(check=0)
    stage.gateway.change(is_put(stage.handles["0301"], stage.server), expire(stage.server))
    stage.gateway.change(lambda request: request.path.endswith("refreshSession"), expire(stage.server))
    stage.send("update", check=0)
    assert len(stage.posts()) == 2
    assert_is_thread(stage.posts())
    assert stage.asked("refreshSession") == [400] and stage.asked("createSession") == [200, 200]


def test_a_lost_renewal_does_no_harm(open_stage):
    """The server gives the same new session to whoever shows the old one again."""
    stage = open_stage(places=("0301",))
    stage.send(check=0)
    stage.gateway.change(is_put(stage.handles["0301"], stage.server), expire(stage.server))
    stage.gateway.lose(lambda request: request.path.endswith("refreshSession"))
    stage.send("update", check=0)
    assert len(stage.posts()) == 2 and not stage.gateway.faults
    assert_is_thread(stage.posts())
    assert stage.asked("refreshSession") == [200, 200] and stage.asked("createSession") == [200]


LONGEST = ("å" * 300, "👨‍👩‍👧‍👦" * 120, "e\u0301" * 300, "🇳🇴" * 300, "한" * 300)


def test_the_longest_texts_are_taken(open_stage):
    """What we count as just fitting fits: 300 graphemes, or 3000 bytes."""
    stage = open_stage(places=("0301",))
    for text in LONGEST:
        stage.write_plan(texts={"alert": texts_of(nb=text)}, languages=("nb",), channels=("bluesky",))
        stage.send(check=0)
    assert [post["value"]["text"] for post in stage.posts()] == list(LONGEST)


@pytest.mark.parametrize("lost", ["uploadBlob", "putRecord"])
def test_a_lost_answer_loses_no_picture(open_stage, lost):
    stage = open_stage(places=("0301",))
    pictures = {"kart.png": png(), "elva.jpg": jpeg()}
    for name, content in pictures.items():
        with open(os.path.join(stage.folder, name), "wb") as file:
            file.write(content)
    stage.write_plan(municipalities=["0301"], channels=("bluesky",), languages=("nb",), messages=messages_with(
        [{"file": name, "alt": {"nb": name}} for name in pictures], texts_of(nb=LONG)))
    stage.gateway.lose(lambda request: request.path.endswith(lost))
    stage.send(check=0)
    posts = stage.posts()
    assert_is_thread(posts)
    assert not stage.gateway.faults and len({post["value"]["text"] for post in posts}) == len(posts) >= 3
    assert not any("embed" in post["value"] for post in posts[1:])
    images = posts[0]["value"]["embed"]["images"]
    assert [stage.server.blob(stage.handles["0301"], image["image"]) for image in images] == list(pictures.values())


def test_no_session_is_on_disk_or_shown(open_stage):
    stage = open_stage(places=("0301",))
    told = stage.send(env={"CRISIS_LOG": "debug"}, check=0)
    token = next(request for request, _ in stage.gateway.asked("putRecord")).headers["authorization"].split()[1]
    password = stage.accounts[0]["credential"]["app-password"]
    os.unlink(stage.workspace.file("registration.yaml"))
    files = [os.path.join(folder, name) for folder, _, names in os.walk(stage.workspace.path) for name in names]
    held = b"".join(open(path, "rb").read() for path in files)
    for secret in (token, password):
        assert secret not in told.out + told.err and secret.encode() not in held
