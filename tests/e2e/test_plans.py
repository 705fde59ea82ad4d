"""The plans and the directory that come with the program: complete, distinct, short enough, and read by it."""
import os
import re
import subprocess

import pytest
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
NORWAY = os.path.join(ROOT, "plans", "norway")
PLANS = ("flood", "drinking-water", "drill")
MESSAGES = {"alert": None, "update": "alert", "correction": "alert", "cancel": "alert", "all-clear": "alert"}
LANGUAGES = ("nb", "nn", "en")
SHORT_MAX = 255  # room for an exercise mark in the first and the last line
CRISIS = os.environ.get("CRISIS_BINARY", os.path.join(ROOT, "build", "crisis"))


def load(name):
    with open(os.path.join(NORWAY, name + ".yaml"), encoding="utf-8") as file:
        return yaml.load(file, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))


@pytest.fixture(scope="module")
def municipalities():
    return load("municipalities")["municipalities"]


def fill(text, values):
    """The template language again, so that the program is not its own judge."""
    text = re.sub(r"\{\{#([\w.]+)\}\}(.*?)\{\{/\1\}\}", lambda m: m[2] if values[m[1]] else "", text, flags=re.S)
    text = re.sub(r"\{\{\^([\w.]+)\}\}(.*?)\{\{/\1\}\}", lambda m: "" if values[m[1]] else m[2], text, flags=re.S)
    return re.sub(r"\{\{([\w.]+)\}\}", lambda m: values[m[1]], text)


def x_weight(text):
    """As X counts texts of letters and whole links."""
    text = re.sub(r"https?://\S+", "x" * 23, text)
    ones = (range(0, 4352), range(8192, 8206), range(8208, 8224), range(8242, 8248))
    return sum(1 if any(ord(c) in one for one in ones) else 2 for c in text)


def names_of(municipality):
    name = municipality["name"]
    return [name] if isinstance(name, str) else list(name.values()) + [" – ".join(name.values())]


def test_directory_is_whole(municipalities):
    assert len(municipalities) == 357
    assert len({m["id"] for m in municipalities}) == 357
    assert all(re.fullmatch(r"\d{4}", m["id"]) and m["id"].startswith(m["county"]["id"]) for m in municipalities)
    assert len({m["county"]["id"] for m in municipalities}) == 15
    assert sum(int(m["population"]) for m in municipalities) == 5550203
    assert sum(m["languages"] == ["nn"] for m in municipalities) == 88
    assert all(m["languages"] in (["nb"], ["nn"]) for m in municipalities)
    assert all(m["website"].startswith("https://") for m in municipalities)
    assert all(57 < float(m["location"][0]) < 72 and 4 < float(m["location"][1]) < 32 for m in municipalities)


@pytest.mark.parametrize("name", PLANS)
def test_plan_has_its_way_back(name):
    plan = load(name)
    assert plan["plan"] == name
    assert tuple(plan["languages"]) == LANGUAGES
    assert list(plan["messages"]) == list(MESSAGES)
    for kind, follows in MESSAGES.items():
        message = plan["messages"][kind]
        assert message["kind"] == kind and message.get("follows") == follows
        assert set(message["text"]) == set(LANGUAGES)
        assert all(set(text) == {"headline", "short", "long"} for text in message["text"].values())
    texts = [text for m in plan["messages"].values() for language in m["text"].values() for text in language.values()]
    assert len(texts) == len(set(texts))
    assert not any(variable.get("required") for variable in plan["variables"].values())


@pytest.mark.parametrize("name", PLANS)
def test_every_short_text_fits_x_with_the_exercise_marks(name, municipalities):
    plan = load(name)
    values = {key: variable["default"] for key, variable in plan["variables"].items()}
    for message in plan["messages"].values():
        for language in LANGUAGES:
            for municipality in municipalities:
                for own_name in names_of(municipality):
                    here = {**values, "municipality.name": own_name, "municipality.website": municipality["website"]}
                    filled = fill(message["text"][language]["short"], here)
                    assert "{{" not in filled and x_weight(filled) <= SHORT_MAX, filled


@pytest.mark.parametrize("name", PLANS)
@pytest.mark.parametrize("channel", ["facebook", "x", "webhook"])
def test_program_renders_every_message(name, channel):
    """Kautokeino has two names, Storfjord three, Sveio writes nynorsk."""
    for message in MESSAGES:
        for number in ("5612", "5538", "4612"):
            done = subprocess.run(
                [CRISIS, "render", os.path.join(NORWAY, name + ".yaml"), message, "--municipality", number, "--channel", channel],
                capture_output=True, text=True, timeout=60)
            assert done.returncode == 0, done.stderr
            assert done.stdout.strip() and "{{" not in done.stdout
