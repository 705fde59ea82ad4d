"""`channels --kinds`: what the drivers say of themselves, for people and as data."""
import re

FEATURES = ("threads", "find", "repeatable", "retract", "renew", "check", "document", "web")


def test_people_see_each_kind_within_a_line(crisis):
    shown = crisis("channels", "--kinds", check=0).out
    assert re.search(r"^x  X\n  text +280 characters as X weighs them$", shown, re.M), shown
    assert re.search(r"^mastodon  Mastodon\n  text +500 characters, a link as 23$", shown, re.M)
    assert re.search(r"^telegram  .*\n.*\n(  media .*\n)?  can +threads, retract, check$", shown, re.M)
    assert "access-token" in shown and "(optional)" in shown


def test_data_has_everything_of_each_kind(crisis):
    kinds = {line["channel"]: line for line in crisis("channels", "--kinds", json=True, check=0).lines}
    assert {"facebook", "x", "mastodon", "bluesky", "telegram", "webhook"} <= set(kinds)
    for kind in kinds.values():
        assert kind["limit"] > 0 and kind["title"] and all(isinstance(kind[name], bool) for name in FEATURES)
        assert all(set(field) == {"name", "secret", "required"} for field in kind["fields"])
        assert all(quota["posts"] > 0 and quota["per"] in ("account", "app") for quota in kind["quotas"])
    assert kinds["bluesky"]["limit_bytes"] == 3000 and kinds["x"]["unit"] == "x-weighted"
    assert not kinds["telegram"]["find"] and not kinds["telegram"]["repeatable"]
    assert kinds["webhook"]["web"] and kinds["webhook"]["document"]
    told = {"x": "reply", "facebook": "link", "youtube": "link", "instagram": "none", "webhook": "data"}
    assert {name: kinds[name]["follow_up"] for name in told} == told


def test_a_kind_is_measured_as_it_is_shown(crisis):
    """The limit that is shown is the one that texts are held to."""
    for kind in crisis("channels", "--kinds", json=True, check=0).lines:
        text = "a" * kind["limit"]
        fits = crisis("measure", kind["channel"], input=text, json=True, check=0).lines[0]
        assert fits["length"] == kind["limit"] and fits["fits"] is (not 0 < kind.get("limit_bytes", 0) < kind["limit"]), kind
        assert crisis("measure", kind["channel"], input=text + "a", json=True, check=0).lines[0]["fits"] is False
