"""Against WordPress itself, as Debian has it: check, post, follow, lost answers, a second post of the same slug, a picture."""
import html
import json
import os
import re
import types
import urllib.parse
import urllib.request

import pytest
from conftest import WAIT_TIMEOUT_S
from gateway import Gateway
from pictures import jpeg, png
from retracting import retract
from servers import Authority
from stage import Stage
from wordpress import Site

HEADLINE = "Kok <vannet> & vent [gallery]"
TEXT = ("Kok \"vannet\" i 3 minutter & vent. [caption]Les[/caption] <b>mer</b>:\nhttps://testkommune.example/vann?a=1&b=2.\n\n"
        "Ring 22 22 22 22. 👍 Čáhci.")
POSTS = "/wp/v2/posts"
PICTURES = {"kart.png": png(), "elva.jpg": jpeg(grey=3)}
ALT = {"kart.png": "Kart over \"området\" & elva", "elva.jpg": "Elva går over veien"}


@pytest.fixture(scope="module")
def place(tmp_path_factory):
    """A site, and the gateway in front of it, which is what visitors know."""
    folder = tmp_path_factory.mktemp("wordpress")
    authority = Authority(folder / "authority")
    with Gateway("http://127.0.0.1:1", tls=authority) as gateway, Site(folder / "site", gateway.url) as site:
        gateway.target = urllib.parse.urlsplit(site.url)
        yield types.SimpleNamespace(site=site, gateway=gateway, ca=authority.ca)


class Sender(Stage):
    """A municipality whose site it is."""

    def __init__(self, folder, place, role="author", password=None, pictures=None, **settings):
        super().__init__(folder, places=("0301",), channels=("wordpress",), languages=("nb",))
        messages = {kind: {"kind": kind, **({"follows": "alert"} if kind != "alert" else {}),
                           "text": {"nb": {"headline": HEADLINE, "long": TEXT if kind == "alert" else "Vannet er rent."}}}
                    for kind in ("alert", "update", "cancel", "all-clear")}
        for name, content in (pictures or {}).items():
            with open(os.path.join(self.folder, name), "wb") as file:
                file.write(content)
        if pictures:
            messages["alert"]["media"] = [{"file": name, "alt": {"nb": ALT[name]}} for name in pictures]
        self.write_plan(municipalities=("0301",), languages=("nb",), channels=("web",), messages=messages)
        self.workspace.configure(place.gateway.url, place.ca)
        self.accounts = [{"municipality": "0301", "channel": "wordpress", "label": "default",
                          "settings": {"site": place.gateway.url, **settings},
                          "credential": {"user": f"v-{role}", "application-password": password or place.site.passwords[role]}}]
        self.workspace.register(self.accounts)

    def posted(self):
        """The post that it believes to have made last."""
        delivery = self.status().events("delivery")[0]
        assert delivery["state"] == "posted", delivery
        return delivery["posts"][0]


@pytest.fixture
def sender(tmp_path, place):
    started = []

    def start(**options):
        started.append(Sender(tmp_path / str(len(started)), place, **options))
        return started[-1]

    yield start
    for one in started:
        one.program.end()


def is_create(request):
    return request.method == "POST" and request.path.endswith(POSTS)


def rows(place):
    return [row[0] for row in place.site.query(
        "SELECT ID FROM wp_posts WHERE post_type = 'post' AND post_status = 'publish' AND post_name LIKE 'crisis-%' ORDER BY ID")]


def rendered(place, post):
    """Title and content as anyone gets them; a theme, which is not in the package, would put them into a page."""
    answer = json.loads(place.site.get(f"/wp-json{POSTS}/{post['id']}"))
    assert answer["link"] == post["url"]
    return answer["title"]["rendered"] + "\n" + answer["content"]["rendered"]


def read(place, post):
    """What a reader sees of it, without what WordPress makes prettier."""
    text = html.unescape(re.sub(r"<[^>]*>", "", rendered(place, post)))
    return re.sub(r"\s+", " ", re.sub("[“”″]", '"', text))


def test_a_check_knows_who_may_publish(sender, place):
    before = rows(place)
    for role in ("author", "editor"):
        works = sender(role=role).run("channels", "--check", check=0)
        assert f"Testkommune {role}" in works.out, works
    lacking = sender(role="contributor").run("channels", "--check")
    assert lacking.code != 0 and "may not publish" in lacking.out, lacking
    wrong = sender(password="aaaa bbbb cccc dddd eeee ffff").run("channels", "--check")
    assert wrong.code != 0 and "application password" in wrong.out, wrong
    assert rows(place) == before


def test_a_category_that_is_not_there_is_named(sender, place):
    assert sender(category=str(place.site.category)).run("channels", "--check").code == 0
    told = sender(category="4711").run("channels", "--check")
    assert told.code != 0 and "no such category" in told.out, told


@pytest.mark.parametrize("role", ["author", "editor"])
def test_a_message_is_read_as_it_was_written(sender, place, role):
    one = sender(role=role, sticky="yes", category=str(place.site.category))
    before = rows(place)
    one.send(check=0)
    post = one.posted()
    assert rows(place) == before + [post["id"]]
    page = read(place, post)
    assert page.startswith(HEADLINE)
    for line in TEXT.split("\n"):
        assert re.sub(r"\s+", " ", line) in page, (line, page)
    stored = place.site.query(f"SELECT post_content, comment_status FROM wp_posts WHERE ID = {post['id']}")[0]
    assert '<a href="https://testkommune.example/vann?a=1&amp;b=2">' in stored[0] and 'lang="nb"' in stored[0] and stored[1] == "closed"
    assert f";i:{post['id']};" in place.site.query("SELECT option_value FROM wp_options WHERE option_name = 'sticky_posts'")[0][0]
    category = place.site.query(f"SELECT term_taxonomy_id FROM wp_term_relationships WHERE object_id = {post['id']}")
    assert category == [[str(place.site.category)]]


def test_a_message_that_follows_links_to_the_first(sender, place):
    one = sender()
    one.send(check=0)
    first = one.posted()
    one.send("update", check=0)
    assert first["url"] != one.posted()["url"]
    assert f'<a href="{first["url"]}">{first["url"]}</a>' in rendered(place, one.posted())


@pytest.mark.parametrize("lost", [False, True], ids=["at-once", "with-a-lost-answer"])
def test_pictures_are_shown_and_described(sender, place, lost):
    one = sender(pictures=PICTURES)
    if lost:
        place.gateway.lose(lambda request: request.path.endswith("/wp/v2/media"))
    one.send(check=0)
    post = one.posted()
    shown = re.findall(r"<img [^>]*>", rendered(place, post))
    assert [html.unescape(re.search(r'alt="([^"]*)"', picture)[1]) for picture in shown] == list(ALT.values()), shown
    for picture, content in zip(shown, PICTURES.values()):
        with urllib.request.urlopen(place.site.url + urllib.parse.urlsplit(re.search(r'src="([^"]*)"', picture)[1]).path, timeout=WAIT_TIMEOUT_S) as answer:
            assert answer.read() == content
    featured = place.site.query(f"SELECT meta_value FROM wp_postmeta WHERE post_id = {post['id']} AND meta_key = '_thumbnail_id'")[0][0]
    assert place.site.query(f"SELECT post_title FROM wp_posts WHERE ID = {featured}")[0][0].startswith("kart")


def test_a_lost_answer_is_found_by_its_slug(sender, place):
    one = sender()
    before = rows(place)
    place.gateway.lose(is_create)
    one.send(check=0)
    assert rows(place) == before + [one.posted()["id"]]
    assert one.posted()["url"].startswith(place.gateway.url + "/crisis-")


def test_a_second_post_of_the_same_slug_goes_again(sender, place):
    """WordPress takes the same post twice: here it arrives a second time."""
    one = sender()
    before = rows(place)
    place.gateway.change(is_create, place.gateway.ask)
    one.send(check=0)
    assert rows(place) == before + [one.posted()["id"]]
    assert not re.search(r"-\d+/?$", one.posted()["url"]), "the first one stays"


def test_a_post_is_taken_back_once(sender, place):
    one = sender()
    before = rows(place)
    one.send(check=0)
    post = one.posted()
    for _ in range(2):
        assert retract(one.accounts[0], place.ca, post["id"]) == ["retracted", ""]
    assert rows(place) == before and place.site.get(f"/wp-json{POSTS}/{post['id']}") is None
    assert retract({**one.accounts[0], "credential": sender(role="contributor").accounts[0]["credential"]}, place.ca, "1")[0] == "failed"


def test_who_may_not_publish_is_told_so(sender, place):
    before = rows(place)
    told = sender(role="contributor").send("--deadline", "150s", check=5)
    assert "Author" in told.out, told
    assert rows(place) == before


def test_a_site_that_is_being_updated_is_waited_for(sender, place):
    one = sender()
    before = rows(place)
    mark = os.path.join(place.site.pages, ".maintenance")

    def begin(request):
        with open(mark, "w", encoding="ascii") as file:
            file.write("<?php $upgrading = time();")

    def end(request):
        os.unlink(mark)

    place.gateway.change(is_create, begin)
    place.gateway.change(lambda request: request.method == "GET" and request.path.endswith(POSTS), end)
    one.send("--deadline", "150s", check=0)
    assert rows(place) == before + [one.posted()["id"]]


def test_without_permalinks_the_check_finds_the_way(sender, place):
    place.site.php("permalinks.php", "")
    try:
        one = sender()
        one.run("channels", "--check", check=0)
        one.send(check=0)
        assert "?p=" in one.posted()["url"] and place.gateway.asked("/index.php")
    finally:
        place.site.php("permalinks.php", "/%postname%/")
