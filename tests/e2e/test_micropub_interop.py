"""Against a Micropub server that we did not write (micropub-express): check, post, follow, lost answers."""
import json
import types
import urllib.parse
import urllib.request

import pytest
from conftest import WAIT_TIMEOUT_S
from gateway import Gateway
from npm import packages, start_node
from retracting import retract
from servers import Authority
from stage import Stage

TOKEN = "a-token-that-may-create"
HEADLINE = "Kok <vannet> & vent"
TEXT = "Kok \"vannet\" i 3 minutter & vent:\nhttps://testkommune.example/vann?a=1&b=2.\n\n👍 Čáhci."
HTML = ('<p lang="nb">Kok &quot;vannet&quot; i 3 minutter &amp; vent:<br><a href="https://testkommune.example/vann?a=1&amp;b=2">'
        'https://testkommune.example/vann?a=1&amp;b=2</a>.</p><p lang="nb">👍 Čáhci.</p>')


def serve(folder, authority, **environment):
    """A site behind a gateway; yields what a test needs of it."""
    with Gateway("http://127.0.0.1:1", tls=authority) as gateway:
        process = start_node(folder, "server.js", env={"SITE": gateway.url, **environment})
        try:
            port = process.stdout.readline().strip()
            assert port, process.stderr.read()
            gateway.target = urllib.parse.urlsplit(f"http://127.0.0.1:{port}")

            def posts():
                with urllib.request.urlopen(f"http://127.0.0.1:{port}/posts.json", timeout=WAIT_TIMEOUT_S) as answer:
                    return json.load(answer)

            yield types.SimpleNamespace(gateway=gateway, ca=authority.ca, posts=posts)
        finally:
            process.terminate()
            process.communicate(timeout=WAIT_TIMEOUT_S)


@pytest.fixture
def place(tmp_path):
    yield from serve(packages("micropub"), Authority(tmp_path / "authority"))


@pytest.fixture
def silent_place(tmp_path):
    """Its site does not tell what it has."""
    yield from serve(packages("micropub"), Authority(tmp_path / "authority"), LISTS="no")


def sender(folder, place, token=TOKEN, **settings):
    stage = Stage(folder / f"sender-{token}", places=("0301",), channels=("micropub",), languages=("nb",))
    stage.write_plan(municipalities=("0301",), languages=("nb",), channels=("web",),
                     texts={"alert": {"nb": {"headline": HEADLINE, "long": TEXT}}})
    stage.workspace.configure(place.gateway.url, place.ca)
    stage.workspace.register([{"municipality": "0301", "channel": "micropub", "label": "default",
                               "settings": {"site": place.gateway.url, **settings}, "credential": {"access-token": token}}])
    return stage


def is_create(request):
    return request.method == "POST" and request.path == "/micropub"


def delivery(stage):
    return stage.status().events("delivery")[0]


def test_a_check_finds_the_endpoint_and_knows_the_token(tmp_path, place):
    works = sender(tmp_path, place).run("channels", "--check", check=0)
    assert place.gateway.url + "/micropub" in works.out, works
    for token in ("a-token-that-may-read", "unknown"):
        told = sender(tmp_path, place, token).run("channels", "--check")
        assert told.code != 0 and "token" in told.out, told
    assert not place.posts()


def test_a_message_is_stored_as_it_was_written(tmp_path, place):
    stage = sender(tmp_path, place)
    stage.send(check=0)
    stage.send("update", check=0)
    first, second = place.posts()
    assert first["properties"]["name"] == [HEADLINE] and first["properties"]["content"] == [{"html": HTML}]
    assert first["type"] == ["h-entry"] and first["slug"].startswith("crisis-")
    link = first["properties"]["url"][0]
    assert second["properties"]["content"][0]["html"].endswith(f'<p><a href="{link}">{link}</a></p>')
    assert delivery(stage)["posts"][0]["id"] == second["properties"]["url"][0]


def test_a_lost_answer_is_found_in_the_list(tmp_path, place):
    stage = sender(tmp_path, place)
    place.gateway.lose(is_create)
    stage.send(check=0)
    assert [post["properties"]["url"][0] for post in place.posts()] == [delivery(stage)["posts"][0]["id"]]


def test_a_lost_answer_of_a_site_that_does_not_tell_stays_in_doubt(tmp_path, silent_place):
    stage = sender(tmp_path, silent_place)
    silent_place.gateway.lose(is_create)

    def looked_up():
        methods = [request.method for request, _ in silent_place.gateway.asked("/micropub")]
        return "POST" in methods and methods[-1] == "GET"

    result = stage.send_until(lambda: looked_up() and stage.states()["in-doubt"])
    assert result.code == 130 and delivery(stage)["state"] == "in-doubt" and len(silent_place.posts()) == 1


def test_a_server_that_knows_no_deletion_says_so(tmp_path, place):
    stage = sender(tmp_path, place)
    stage.send(check=0)
    post = delivery(stage)["posts"][0]["id"]
    account = {"channel": "micropub", "settings": {"site": place.gateway.url}, "credential": {"access-token": TOKEN}}
    result, why = retract(account, place.ca, post)
    assert result == "failed" and "does not delete" in why
    assert retract(account, place.ca, post + "-gone")[0] == "failed", "it does not tell what is gone either"


def test_a_second_post_that_the_site_keeps_is_told(tmp_path, place):
    """The request arrives twice; this server knows no deletion."""
    stage = sender(tmp_path, place)
    place.gateway.change(is_create, place.gateway.ask)
    told = stage.send("--deadline", "150s")
    assert len(place.posts()) == 2 and "twice" in told.out, told
