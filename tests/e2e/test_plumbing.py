"""`measure`: how long a text is as a channel counts it, and how it would be split."""
import json

import pytest
from test_plans import x_weight

CASES = [  # channel, text, length
    ("x", "", 0), ("x", "Flom", 4), ("x", "æøå", 3), ("x", "漢字", 4), ("x", "é", 1), ("x", "e\u0301", 1), ("x", "👩‍👩‍👧", 2), ("x", "🇳🇴", 2),
    ("x", "Se https://www.varsom.no/flom-og-jordskred?a=1#b.", 27), ("x", "kommune.no", 23), ("x", "a@b.no", 6),
    ("x", "a\nb", 3), ("x", "a" * 281, 281),
    ("facebook", "", 0), ("facebook", "æøå", 3), ("facebook", "漢字", 2), ("facebook", "https://www.varsom.no", 21),
    ("facebook", "a" * 63206, 63206), ("facebook", "a" * 63207, 63207),
    ("webhook", "æøå", 6), ("webhook", "a" * 20000, 20000), ("webhook", "a" * 20001, 20001),  # bytes
]
LIMITS = {"x": 280, "facebook": 63206, "webhook": 20000}


def measured(crisis, channel, text):
    lines = crisis("measure", channel, input=text, json=True, check=0).lines
    assert len(lines) == 1 and list(lines[0]) == ["length", "limit", "fits", "parts"]
    return lines[0]


def test_measure_counts_as_the_channel_does(crisis):
    for channel in LIMITS:
        cases = [(text, length) for name, text, length in CASES if name == channel]
        result = crisis("measure", channel, "--json-lines", input="".join(json.dumps(text) + "\n" for text, _ in cases), check=0)
        found = [json.loads(line) for line in result.out.splitlines()]
        assert len(found) == len(cases)
        for (text, length), line in zip(cases, found):
            assert (line["length"], line["limit"], line["fits"]) == (length, LIMITS[channel], length <= LIMITS[channel]), text[:40]


def test_json_and_json_lines_say_the_same(crisis):
    text = "Flom i elva.\nHold deg unna \"elva\" – æøå 漢字 \\"
    one = measured(crisis, "x", text)
    lines = crisis("measure", "x", "--json-lines", input=json.dumps(text) + "\n" + json.dumps(text, ensure_ascii=False), check=0)
    assert [json.loads(line) for line in lines.out.splitlines()] == [one, one]
    assert one["parts"] == [{"text": text, "length": one["length"]}]


def test_as_text(crisis):
    assert crisis("measure", "x", input="Flom", check=0).out == "4 of 280\n"
    assert crisis("measure", "facebook", input="a" * 63207, check=0).out.startswith("63207 of 63206: too long\n")


def test_a_long_text_is_split_into_parts_that_fit(crisis):
    text = " ".join(f"Setning nummer {number} handler om vannet som stiger." for number in range(40))
    result = measured(crisis, "x", text)
    assert not result["fits"] and result["length"] == len(text)
    assert all(part["length"] == x_weight(part["text"]) <= 280 for part in result["parts"])
    count = len(result["parts"])
    assert all(f"{number}/{count}" in part["text"] for number, part in enumerate(result["parts"], 1))


def test_a_word_that_cannot_be_split_gives_no_parts(crisis):
    result = measured(crisis, "x", "a" * 300)
    assert not result["fits"] and result["parts"] == []


def test_the_input_may_end_without_a_line_break_and_hold_many(crisis):
    assert measured(crisis, "x", "a\n")["length"] in (1, 2)
    assert crisis("measure", "x", "--json-lines", input="", check=0).out == ""


@pytest.mark.parametrize("words, text, says", [
    (["x"], b"Fl\xf8m", "not UTF-8 (byte 3)"), (["x", "--json-lines"], b'"a"\n{"b": 1}\n', "line 2"), (["x", "--json-lines"], b"Flom\n", "line 1"),
    (["x", "--json-lines"], b'"a"\n"b", "c"\n', "line 2"), (["x", "--json-lines"], b'"a\n', "line 1")])
def test_what_is_no_text_is_refused(crisis, words, text, says):
    assert says in crisis("measure", *words, input=text, check=3).err


def test_unknown_channels_are_explained(crisis):
    assert "did you mean 'facebook'?" in crisis("measure", "facebok", check=2).err
    err = crisis("measure", "google-plus", check=2).err
    assert "2 April 2019" in err and "5 July 2023" in err and "facebook" in err


def test_no_workspace_and_no_plan_is_looked_at(crisis, tmp_path):
    folder = tmp_path / "broken"
    folder.mkdir()
    (folder / "crisis.yaml").write_text("[")
    assert crisis("measure", "x", input="Flom", cwd=folder, check=0).out == "4 of 280\n"
