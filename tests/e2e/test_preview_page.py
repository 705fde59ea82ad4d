"""`preview --html`: the page shows what `preview --json` tells, to whom it goes, and where the languages differ."""
import base64
import html.parser
import os
import re

import pytest
import yaml
from browser import html_messages, look, printed
from pictures import mp4, png

REPOSITORY = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
MARKS = {"nb": "ØVELSE", "nn": "ØVING"}
SITE = "https://krise.example.no"
SENTENCES = " ".join(f"Setning nummer {number} handler om vannet som stiger i elva." for number in range(1, 12))
PLACES = ("0301", "4601", "4640")


class Page(html.parser.HTMLParser):
    """Its articles, with what stands in them by class, and all elements."""

    def __init__(self, text):
        super().__init__()
        self.articles, self.elements, self.all, self.stack = [], [], [], []
        self.feed(text)
        self.text = " ".join("".join(self.all).split())

    def handle_starttag(self, tag, attrs):
        attrs = dict(attrs)
        self.elements.append((tag, attrs))
        if tag == "article":
            self.articles.append({"text": [], "elements": []})
        if self.articles:
            self.articles[-1]["elements"].append((tag, attrs))
        if tag in ("p", "li", "h2", "h3"):
            self.stack.append(attrs.get("class", tag))
            if self.articles:
                self.articles[-1].setdefault(self.stack[-1], []).append("")

    def handle_endtag(self, tag):
        if tag in ("p", "li", "h2", "h3"):
            self.stack.pop()

    def handle_data(self, data):
        self.all.append(data)
        for name in self.stack[-1:] if self.articles else []:
            if self.articles[-1].get(name):
                self.articles[-1][name][-1] += data


def page_of(crisis, path, *words, check=0):
    return Page(crisis("preview", path, *words, "--html", "-", check=check).out)


def previewed(crisis, path, *words):
    return crisis("preview", path, *words, json=True, check=0).lines


def plan_of(plan, text, **options):
    message = {"kind": "information", "text": text if "nb" in text else {"nb": text}, **options.pop("message", {})}
    return plan(options.pop("municipalities", PLACES), languages=list(message["text"]), messages={"varsel": message}, **options)


def images(page):
    return [(attrs["href"].partition(",")[0], base64.b64decode(attrs["href"].partition(",")[2])) for tag, attrs in page.elements
            if tag == "image"]


# --- what it shows ----------------------------------------------------------------------------------------------
def test_each_text_stands_there_with_its_length_and_its_limit(crisis, plan):
    path = plan(PLACES)
    page, lines = page_of(crisis, path), previewed(crisis, path)
    assert len(page.articles) == 6  # three channels in two languages, for three municipalities
    shown = {text for article in page.articles for text in article["text"]}
    assert shown <= {part["text"] for line in lines for part in line["parts"]}
    for article in page.articles:
        number, limit = map(int, re.match(r" *(\d+) of (\d+)", article["length"][0]).groups())
        told = next(part for line in lines for part in line["parts"] if part["text"] == article["text"][0] and part["limit"] == limit)
        assert told["length"] == number
        meter = next(attrs for tag, attrs in article["elements"] if tag == "meter")
        assert (meter["value"], meter["max"], meter["min"]) == (str(number), str(limit), "0") and meter["aria-label"]
    languages = {attrs["lang"] for tag, attrs in page.elements if "lang" in attrs and tag != "html"}
    assert languages == {"nb", "nn"}


def test_texts_that_differ_in_the_names_alone_are_one_variant(crisis):
    page = page_of(crisis, os.path.join(REPOSITORY, "plans/norway/flood.yaml"))
    assert len(page.articles) == 6
    assert page.text.startswith("Preview of alert of flood")
    of_bokmal = [article["li"] for article in page.articles if "(nb)" in article["h3"][0]]
    of_nynorsk = [article["li"] for article in page.articles if "(nn)" in article["h3"][0]]
    assert len(of_bokmal) == len(of_nynorsk) == 3
    assert "0301 Oslo" in of_bokmal[0] and of_bokmal[0] == of_bokmal[1] == of_bokmal[2]
    assert len(set(of_bokmal[0]) | set(of_nynorsk[0])) == len(of_bokmal[0]) + len(of_nynorsk[0]) == 357


def test_a_thread_is_shown_post_by_post(crisis, plan):
    path = plan_of(plan, {"long": SENTENCES}, channels=("x",), municipalities=["0301"])
    page = page_of(crisis, path)
    parts = previewed(crisis, path)[0]["parts"]
    assert len(parts) > 2 and page.articles[0]["text"] == [part["text"] for part in parts]
    assert [name.split("post ")[1].strip() for name in page.articles[0]["account"]] == [
        f"{number} of {len(parts)}" for number in range(1, len(parts) + 1)]
    assert [text.split(" of ")[0].strip() for text in page.articles[0]["length"]] == [str(part["length"]) for part in parts]


def test_an_exercise_is_marked_on_the_page_and_in_every_text(crisis, plan):
    page = page_of(crisis, plan(PLACES), "--exercise")
    assert page.text.startswith("EXERCISE – ")
    for article in page.articles:
        mark = next(mark for language, mark in MARKS.items() if f"({language})" in article["h3"][0])
        assert all(mark in text.split("\n")[0] and mark in text.split("\n")[-1] for text in article["text"])
    live = page_of(crisis, plan(PLACES))
    assert "EXERCISE" not in live.text and not any(mark in live.text for mark in MARKS.values())


def test_accounts_are_named(workspace, plan, accounts):
    chosen = accounts(["0301"], channels=("x",), labels=("default", "second"))
    chosen[0]["settings"]["username"] = "oslo_kommune"
    workspace.register(chosen)
    page = page_of(workspace.run, plan(["0301"]))
    assert len(page.articles) == 1 and "2 deliveries" in page.text
    assert page.articles[0]["account"][0].split() == ["Oslo", "@oslo_kommune"]


def test_a_document_is_shown_with_all_of_its_languages(crisis, plan):
    both = {"id": "5612", "name": {"se": "Guovdageaidnu", "nb": "Kautokeino"}, "languages": ["se", "nb"]}
    page = page_of(crisis, plan(["0301", both], languages=("nb", "se"), channels=("webhook",)))
    shown = [(article["h3"][0], [text.split(":")[0] for text in article["text"]]) for article in page.articles]
    assert shown == [("1. Bokmål (nb)", ["Oslo"]), ("2. Davvisámegiella (se), Bokmål (nb)", ["Guovdageaidnu", "Kautokeino"])]
    assert [attrs["lang"] for tag, attrs in page.articles[1]["elements"] if attrs.get("class") == "text"] == ["se", "nb"]


def test_values_and_headlines_are_shown(crisis, plan):
    path = plan_of(plan, {"headline": "Flom i {{river}}", "short": "Hold deg unna {{river}}."}, variables={"river": {"default": "Glomma"}})
    page = page_of(crisis, path, "--set", "river=Lågen")
    assert "river = Lågen" in page.text
    assert [article.get("headline", []) for article in page.articles] == [["Flom i Lågen"], [], []]  # the webhook shows one


def test_only_what_was_asked_for_is_there(crisis, plan):
    page = page_of(crisis, plan(PLACES), "update", "--only", "channel=x", "--only", "4640")
    assert len(page.articles) == 1 and "Preview of update of flom" in page.text and "4640 Sogndal, 1 delivery" in page.text


# --- pictures ---------------------------------------------------------------------------------------------------
def test_pictures_are_inside_once_with_their_alt_texts(crisis, plan, tmp_path):
    (tmp_path / "kart.png").write_bytes(png())
    (tmp_path / "elva.mp4").write_bytes(mp4())
    alt = {"nb": "Kart over <elva>", "nn": "Kart over «elva»"}
    media = [{"file": "kart.png", "alt": alt}, {"file": "elva.mp4", "alt": {"nb": "Elva går", "nn": "Elva renn"}}]
    text = {"nb": {"headline": "Flom", "short": "Flom."}, "nn": {"headline": "Flaum", "short": "Flaum."}}
    page = page_of(crisis, plan_of(plan, text, message={"media": media}, channels=("facebook", "x", "bluesky", "youtube")))
    assert images(page) == [("data:image/png;base64", png())]
    shown = [attrs["aria-label"] for tag, attrs in page.elements if tag == "svg"]
    assert sorted(shown) == sorted([*alt.values()] * 3)  # on YouTube the film alone
    assert page.text.count("Film, which is not shown here: elva.mp4") == 2
    assert "Alt text: Kart over <elva>" in page.text


def test_text_cards_are_drawn(workspace, plan, accounts):
    config = workspace.config()
    config["coordinator"]["url"] = SITE
    workspace.write("crisis.yaml", yaml.safe_dump(config, allow_unicode=True))
    workspace.register(accounts(PLACES, channels=("instagram",)))
    page = page_of(workspace.run, plan(PLACES, channels=("instagram",)))
    cards = images(page)
    assert len(page.articles) == len(cards) == 2  # one of each language, whatever the number of municipalities
    assert all(kind == "data:image/jpeg;base64" and card.startswith(b"\xff\xd8") for kind, card in cards)
    assert "card.jpg · image/jpeg · 1080×1350" in page.text


# --- differences of the languages -------------------------------------------------------------------------------
DIFFERENT = {"nb": {"short": "{{municipality.name}}: Hold deg inne fra kl. 07.30. Ring 22 86 40 00."},
             "nn": {"short": "{{municipality.name}}: Hald deg inne frå kl. 08.30. Ring +47 22 86 40 00."}}
WORDS = "the short text in nn differs from nb: it lacks '07.30' and adds '08.30'"


def test_where_languages_differ_stands_on_the_page(crisis, plan):
    path = plan_of(plan, DIFFERENT)
    result = crisis("preview", path, "--html", "-", check=0)
    page = Page(result.out)
    assert "Warning: " + WORDS in page.text and WORDS in result.err
    noted = [article["h3"][0] for article in page.articles if WORDS in " ".join(article.get("note", []))]
    assert len(noted) == 3 and all("(nn)" in heading for heading in noted)
    assert "Nothing is wrong" in page_of(crisis, plan(PLACES)).text


def test_check_warns_of_it_with_file_line_and_column(crisis, plan):
    path = plan_of(plan, DIFFERENT)
    problems = crisis("check", path, json=True, check=0).events("problem")
    with open(path, encoding="utf-8") as file:
        lines = file.read().split("\n")
    line = next(number for number, text in enumerate(lines, 1) if "08.30" in text)
    assert problems == [{"event": "problem", "severity": "warning", "file": path, "line": line,
                         "column": lines[line - 1].index("short: ") + len("short: ") + 1, "message": WORDS}]


def test_the_norwegian_plans_say_the_same_in_all_languages(crisis):
    for name in ("flood", "drinking-water", "drill"):
        path = os.path.join(REPOSITORY, f"plans/norway/{name}.yaml")
        assert not crisis("check", path, json=True, check=0).events("problem")


# --- files ------------------------------------------------------------------------------------------------------
def test_a_file_that_is_there_stays(crisis, plan, tmp_path):
    path, page = plan(PLACES), tmp_path / "page.html"
    page.write_text("mine")
    assert "is there already" in crisis("preview", path, "--html", page, check=2).err and page.read_text() == "mine"
    assert crisis("preview", path, "--html", page, "--force", check=0).out == f"Preview of alert of flom written to {page}.\n"
    whole = page.read_text(encoding="utf-8")
    assert whole.startswith("<!DOCTYPE html>") and whole.endswith("</html>\n")
    told = crisis("preview", path, "--html", page, "--force", json=True, check=0).lines
    assert told == [{"event": "written", "plan": "flom", "message": "alert", "form": "html", "output": str(page)}]
    crisis("preview", path, "--html", "-", json=True, check=2)  # one or the other


def test_what_is_wrong_stands_on_the_page(crisis, plan):
    page = page_of(crisis, plan_of(plan, {"short": "å" * 281, "headline": "H"}, channels=("x", "facebook")), check=3)
    assert "Error: " in page.text and "does not fit into a post of 280" in page.text
    assert len(page.articles) == 1 and "Facebook page" in page.text


HOSTILE = "<script>alert(1)</script> <img src=x onerror=alert(1)> \"' & https://example.org/?a=1&b='\"<b>"


@pytest.mark.parametrize("words", [(), ("--exercise",)])
def test_pages_are_for_everybody(crisis, plan, tmp_path, words):
    """Valid, without a barrier in light and dark, without a request, no wider than a telephone; and nothing leaves its place."""
    (tmp_path / "kart.png").write_bytes(png())
    media = [{"file": "kart.png", "alt": {"nb": HOSTILE, "nn": "Kart"}}]
    text = {"nb": {"headline": HOSTILE, "short": HOSTILE, "long": HOSTILE + " 12 " + SENTENCES}, "nn": {"headline": "H", "short": "Hald " * 20}}
    path = plan_of(plan, text, message={"media": media}, channels=("x", "facebook", "bluesky", "webhook"), title=HOSTILE)
    crisis("preview", path, *words, "--html", tmp_path / "page.html", check=0)
    page = Page((tmp_path / "page.html").read_text(encoding="utf-8"))
    assert {tag for tag, _ in page.elements}.isdisjoint({"script", "img", "link", "iframe", "form", "b onerror"})
    assert HOSTILE in page.text and not any(name.startswith("on") for _, attrs in page.elements for name in attrs)
    assert html_messages([tmp_path / "page.html"]) == []
    for one in look(tmp_path, ["page.html"]):
        assert one["status"] == 200 and not one["elsewhere"] and not one["wider"] and not one["violations"], one


def test_it_prints_on_a4_with_every_municipality(crisis, tmp_path):
    path = os.path.join(REPOSITORY, "plans/norway/flood.yaml")
    crisis("preview", path, "--exercise", "--html", tmp_path / "page.html", check=0)
    sheets = printed(tmp_path / "page.html", tmp_path)
    assert len(sheets) > 2 and all("EXERCISE" in sheet for sheet in sheets)
    with open(os.path.join(REPOSITORY, "plans/norway/municipalities.yaml"), encoding="utf-8") as file:
        numbers = re.findall(r'^ +- \{id: "(\d{4})"', file.read(), re.MULTILINE)
    assert len(numbers) == 357 and set(numbers) <= set(" ".join(sheets).split())
