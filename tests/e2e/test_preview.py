"""`check`, `preview` and `render`: what will be said, in which language, how long, and marked as what."""
import json
import re

import pytest
from test_plans import x_weight

MARKS = {"nb": "ØVELSE", "nn": "ØVING", "en": "EXERCISE", "se": "HÁRJEHUS"}
LIMITS = {"x": 280, "facebook": 63206, "webhook": 20000}
LINK = "https://www.kriseinfo.no/flom"
SENTENCES = " ".join(f"Setning nummer {number} handler om vannet som stiger i elva." for number in range(1, 12))


def previewed(crisis, path, *words, check=0):
    return crisis("preview", path, *words, json=True, check=check).lines


def rendered(crisis, path, message, municipality, channel, *words):
    """The parts, asked for with --json, and compared with what is printed without."""
    named = ("render", path, message, "--municipality", municipality, "--channel", channel, *words)
    as_json, plain = crisis.each([["--json", *named], named], check=0)
    parts = json.loads(as_json.out)["parts"]
    assert plain.out == "\n\n".join(parts)
    return parts


def plan_of(plan, text, **options):
    """A plan of one message `varsel` in one language, or with the texts of several."""
    text = text if "nb" in text else {"nb": text}
    message = {"kind": "information", "text": text, **options.pop("message", {})}
    return plan(options.pop("municipalities", ["0301"]), languages=list(text), messages={"varsel": message}, **options)


# --- check ------------------------------------------------------------------------------------------------------
def test_check_without_a_workspace_looks_at_everything_but_accounts(crisis, plan):
    result = crisis("check", plan(["0301", "4640"]), json=True, check=0)
    assert result.lines == [{"event": "summary", "plan": "flom", "messages": 5, "municipalities": 2, "errors": 0, "warnings": 0}]
    assert "accounts are not looked at" in result.err


def test_check_in_a_workspace_tells_what_is_not_reached(workspace, plan, accounts):
    workspace.register(accounts(["0301", "4640"], channels=("x",)) + accounts(["0301"], channels=("facebook",)))
    path = plan(["0301", "4640", "5501"], channels=("facebook", "x"))
    problems = workspace.run("check", path, json=True, check=0).events("problem")
    assert {p["severity"] for p in problems} == {"warning"}
    messages = [p["message"] for p in problems]
    assert any("2 of 3 municipalities have no account on facebook" in m for m in messages)
    assert any("1 of 3 municipalities have no account on x" in m for m in messages)
    assert any("1 municipality is reached on no channel at all (first: 5501)" in m for m in messages)
    assert not any("facebook" in p["message"] for p in workspace.run("check", plan(["0301"], channels=("facebook", "x")), json=True)
                   .events("problem"))


def test_check_warns_where_a_language_is_missing(crisis, plan):
    text = {"nb": {"short": "Hei {{municipality.name}}"}}
    path = plan(["0301", "4640"], messages={"varsel": {"kind": "information", "text": text}}, channels=("x",))
    result = crisis("check", path, json=True, check=0)
    assert [p["severity"] for p in result.events("problem")] == ["warning"]
    assert "nn" in result.events("problem")[0]["message"]
    assert previewed(crisis, path, "--only", "4640")[0]["parts"][0]["text"] == "Hei Sogndal"


def test_check_warns_of_an_alert_that_cannot_be_called_off(crisis, plan):
    text = {"nb": {"short": "Flom"}}
    path = plan(languages=("nb",), messages={"varsel": {"kind": "alert", "text": text}})
    messages = [p["message"] for p in crisis("check", path, json=True, check=0).events("problem")]
    assert any("cannot go live" in m for m in messages)
    assert not crisis("check", plan(), json=True, check=0).events("problem")


def test_check_warns_of_approvals_that_are_missing(crisis, plan):
    path = plan(approval={"threshold": 2, "approvers": ["kari@dsb.example", "ola@dsb.example"]})
    result = crisis("check", path, json=True, check=0)
    assert "2 approvals are required" in result.events("problem")[0]["message"]


# --- preview ----------------------------------------------------------------------------------------------------
def test_preview_has_the_shape_that_the_manual_gives(crisis, plan):
    lines = previewed(crisis, plan(["0301", "4640"]))
    assert {(line["municipality"], line["channel"], line["language"]) for line in lines} == {
        (number, channel, language) for number, language in (("0301", "nb"), ("4640", "nn")) for channel in LIMITS}
    for line in lines:
        assert list(line) == ["event", "municipality", "channel", "language", "parts", "deliveries"]
        assert line["event"] == "text" and line["deliveries"] == 1
        for part in line["parts"]:
            assert list(part) == ["text", "length", "limit"] and part["limit"] == LIMITS[line["channel"]]


def test_lengths_are_what_measure_counts(crisis, plan):
    text = {"short": "{{municipality.name}}: 漢字 👩‍👩‍👧 ÆØÅ é " + LINK + " og kommune.no", "long": "Långt " * 100}
    for line in previewed(crisis, plan_of(plan, text)):
        for part in line["parts"]:
            measured = crisis("measure", line["channel"], input=part["text"], json=True, check=0).lines[0]
            assert (measured["length"], measured["limit"]) == (part["length"], part["limit"]) and measured["fits"]


def test_x_counts_as_x_does(crisis, plan):
    text = {"short": "Flom i elva – 漢字 åøæ: " + LINK}
    parts = previewed(crisis, plan_of(plan, text, channels=("x",)))[0]["parts"]
    assert parts[0]["length"] == x_weight(parts[0]["text"])


def test_preview_as_text_shows_length_and_limit(crisis, plan):
    result = crisis("preview", plan_of(plan, {"short": "Flom i elva.\nHold deg unna: " + LINK}, channels=("x",)), check=0)
    heading, text = result.out.removesuffix("\n\n").split("\n", 1)
    assert re.fullmatch(r"0301 Oslo · x · nb · \d+ of 280", heading)
    assert heading.split(" · ")[3].split()[0] == str(x_weight(text))


def test_preview_shows_what_is_registered(workspace, plan, accounts):
    path = plan(["0301", "4640"])
    assert len(previewed(workspace.run, path)) == 6
    workspace.register(accounts(["4640"], channels=("x",), labels=("default", "second")))
    lines = previewed(workspace.run, path)
    assert [(line["municipality"], line["channel"], line["deliveries"]) for line in lines] == [("4640", "x", 2)]


def test_preview_takes_selectors(crisis, plan):
    path = plan(["0301", "4601", "4640"])

    def chosen(*words):
        return {(line["municipality"], line["channel"]) for line in previewed(crisis, path, *words)}

    assert chosen("--only", "county=46", "--only", "channel=x") == {("4601", "x"), ("4640", "x")}
    assert chosen("--only", "language=nn") == {("4640", channel) for channel in LIMITS}
    assert chosen("--only", "channel=web") == {(number, "webhook") for number in ("0301", "4601", "4640")}
    assert chosen("--except", "county=46", "--except", "channel=x") == {("0301", "facebook"), ("0301", "webhook")}
    assert len(chosen("--only", "all")) == 9
    assert "matches no account" in crisis("preview", path, "--only", "5501", check=2).err
    assert "matches no account" in crisis("preview", path, "--except", "county=99", check=2).err


def test_preview_shows_where_the_earlier_post_is_linked_to(crisis, plan):
    path = plan(channels=["facebook", "x", "wordpress"])
    links = {line["channel"]: (line.get("link_to"), line["parts"][0]["limit"]) for line in previewed(crisis, path, "update")}
    assert links["x"] == (None, LIMITS["x"]) and links["wordpress"][0] == links["facebook"][0] == "alert", links
    assert 0 < LIMITS["facebook"] - links["facebook"][1] < 1000
    assert [line for line in previewed(crisis, path, "alert") if "link_to" in line] == []
    assert crisis("preview", path, "update", "--only", "channel=facebook", check=0).out.count("[a link to the post of 'alert']") == 1


# --- languages and texts ----------------------------------------------------------------------------------------
def test_each_municipality_is_spoken_to_in_its_own_languages(crisis, plan):
    both = {"id": "5612", "name": {"se": "Guovdageaidnu", "nb": "Kautokeino"}, "languages": ["se", "nb"]}
    path = plan(["0301", "4640", both], languages=("nb", "nn", "se"), channels=("facebook",))
    texts = {(line["municipality"], line["language"]): line["parts"][0]["text"] for line in previewed(crisis, path)}
    assert set(texts) == {("0301", "nb"), ("4640", "nn"), ("5612", "se"), ("5612", "nb")}
    assert "Hold deg unna elva" in texts["0301", "nb"] and "Hald deg unna elva" in texts["4640", "nn"]
    assert "Guovdageaidnu" in texts["5612", "se"] and "Kautokeino" in texts["5612", "nb"]


def test_the_longest_text_that_fits_is_taken(crisis, plan):
    path = plan_of(plan, {"headline": "Flom", "short": "Kort tekst.", "long": "Lang tekst. " * 40})
    texts = {line["channel"]: line["parts"] for line in previewed(crisis, path)}
    assert [part["text"] for part in texts["x"]] == ["Kort tekst."]
    assert texts["facebook"][0]["text"].startswith("Lang tekst. Lang tekst.")


def test_sections_stay_or_go_with_their_variable(crisis, plan):
    path = plan_of(plan, {"short": "Flom. {{#phone}}Ring {{phone}}. {{/phone}}{{^phone}}Ikke ring. {{/phone}}Slutt."},
                   variables={"phone": {"type": "phone", "default": ""}})
    assert rendered(crisis, path, "varsel", "0301", "x") == ["Flom. Ikke ring. Slutt."]
    assert rendered(crisis, path, "varsel", "0301", "x", "--set", "phone=02000") == ["Flom. Ring 02000. Slutt."]


def test_values_are_inserted_once_and_as_they_are(crisis, plan):
    path = plan_of(plan, {"short": "A {{a}} B {{b}}"}, variables={"a": {"default": "<&\"'>"}, "b": {"default": ""}})
    assert rendered(crisis, path, "varsel", "0301", "facebook", "--set", "b={{a}}") == ["A <&\"'> B {{a}}"]


def test_what_is_built_in(crisis, plan):
    path = plan_of(plan, {"short": "{{municipality.id}} {{municipality.name}} {{county.name}} {{municipality.website}} {{coordinator.name}}"})
    assert rendered(crisis, path, "varsel", "0301", "facebook") == [
        "0301 Oslo Fylke 03 https://kommune-0301.example Nasjonal krisekoordinator"]


def test_a_channel_may_have_a_text_of_its_own(crisis, plan):
    path = plan_of(plan, {"short": "Til alle."}, message={"channels": {"x": {"nb": "Bare på X."}}})
    assert rendered(crisis, path, "varsel", "0301", "x") == ["Bare på X."]
    assert rendered(crisis, path, "varsel", "0301", "facebook") == ["Til alle."]


def test_a_channel_may_go_without_the_link(crisis, plan):
    path = plan_of(plan, {"short": "Flom. {{link}}"}, variables={"link": {"type": "url", "default": LINK}},
                   message={"channels": {"x": {"link": "omit"}}})
    assert rendered(crisis, path, "varsel", "0301", "x") == ["Flom."]
    assert rendered(crisis, path, "varsel", "0301", "facebook") == ["Flom. " + LINK]


# --- threads ----------------------------------------------------------------------------------------------------
@pytest.mark.parametrize("words", [(), ("--exercise",)])
def test_a_thread_is_numbered_complete_and_every_part_fits(crisis, plan, words):
    path = plan_of(plan, {"long": SENTENCES}, channels=("x",))
    parts = [part["text"] for part in previewed(crisis, path, *words)[0]["parts"]]
    assert len(parts) > 2
    said = []
    for number, part in enumerate(parts, 1):
        assert x_weight(part) <= 280
        if words:
            assert part.split("\n")[0] == part.split("\n")[-1] == MARKS["nb"]
            part = "\n".join(part.split("\n")[1:-1])
        assert f"{number}/{len(parts)}" in part
        said.append(part.replace(f"{number}/{len(parts)}", "").strip(" ()\n"))
    assert re.sub(r"\s+", " ", " ".join(said)) == SENTENCES
    assert rendered(crisis, path, "varsel", "0301", "x", *words) == parts


# --- exercises --------------------------------------------------------------------------------------------------
def test_an_exercise_is_marked_in_every_text_of_every_channel_in_its_own_language(crisis, plan):
    tongues = {"0301": "nb", "4640": "nn", "9902": "en", "5612": "se"}
    municipalities = [{"id": number, "name": "Sted " + number, "languages": [language]} for number, language in tongues.items()]
    path = plan(municipalities, languages=tuple(MARKS), texts={"alert": {
        language: {"headline": "Flom", "short": "{{municipality.name}}", "long": SENTENCES} for language in MARKS}})
    for message in ("alert", "update", "correction", "cancel", "all-clear"):
        lines = previewed(crisis, path, message, "--exercise")
        assert {(line["municipality"], line["language"]) for line in lines} == set(tongues.items())
        assert {line["channel"] for line in lines} == set(LIMITS)
        for line in lines:
            for part in line["parts"]:
                first, last = part["text"].split("\n")[0], part["text"].split("\n")[-1]
                assert MARKS[line["language"]] in first and first == last, line
                assert part["length"] <= part["limit"]
        assert not any(mark in part["text"] for line in previewed(crisis, path, message) for part in line["parts"]
                       for mark in MARKS.values())


def test_a_mark_that_does_not_fit_makes_check_fail(crisis, plan):
    """280 fit X, but not with two more lines; a text that may not be split is told."""
    path = plan_of(plan, {"short": "å" * 280}, channels=("x",))
    result = crisis("check", path, json=True, check=3)
    assert "280" in result.events("problem")[0]["message"]


# --- render -----------------------------------------------------------------------------------------------------
def test_render_prints_what_preview_shows_and_nothing_else(crisis, plan):
    path = plan(["0301", "4640"])
    for number, words in (("0301", ()), ("4640", ("--exercise",))):
        for line in previewed(crisis, path, "--only", number, *words):
            parts = rendered(crisis, path, "alert", line["municipality"], line["channel"], "--language", line["language"], *words)
            assert parts == [part["text"] for part in line["parts"]]


def test_what_render_prints_is_what_is_posted(crisis, workspace, plan, accounts, sandbox):
    chosen = accounts(["0301", "4640"], channels=("facebook", "x"))
    running = sandbox(accounts=chosen)
    workspace.configure(running.url, running.ca)
    workspace.register(chosen)
    path = plan(["0301", "4640"], texts={"alert": {language: {"short": "{{municipality.name}} – æøå 👩‍👩‍👧 & <b>: " + language,
                                                              "long": language + " " + SENTENCES} for language in ("nb", "nn")}})
    for words in ((), ("--exercise",)):
        running.reset()
        workspace.run("send", path, "--yes", *words, check=0)
        wanted = [part for number in ("0301", "4640") for channel in ("facebook", "x")
                  for part in rendered(crisis, path, "alert", number, channel, *words)]
        assert sorted(post["text"] for post in running.posts()) == sorted(wanted)


@pytest.mark.parametrize("words, code", [
    (("--municipality", "9999", "--channel", "x"), 3), (("--municipality", "0301", "--channel", "x", "--language", "en"), 3),
    (("--municipality", "0301", "--channel", "xx"), 2), (("--municipality", "0301", "--channel", "google-plus"), 2)])
def test_render_refuses_what_there_is_not(crisis, plan, words, code):
    result = crisis("render", plan(), "alert", *words, check=code)
    assert result.out == "" and result.err
