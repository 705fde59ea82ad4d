"""A whole country on eight networks at once: threads, cards and web pages among them, and no network's limit passed."""
import collections
import time

import pytest
import yaml
from conftest import release_path
from stage import Stage as WholeStage
from stage import assert_nothing_twice

CHANNELS = ("wordpress", "facebook", "instagram", "threads", "x", "mastodon", "bluesky", "telegram")
PLACES = [f"{5000 + number:04}" for number in range(357)]
TEXT = {"nb": {"headline": "Flom i Glomma", "long": "{{municipality.name}}: Vannet stiger. " + "Hold deg unna elva. " * 40}}
IN_THREADS = ("threads", "x", "mastodon", "bluesky")
SITE = "https://krise.example.no"
DEADLINE_S = 240


class Stage(WholeStage):
    def write_plan(self, **plan):
        super().write_plan(channels=CHANNELS, **plan)


@pytest.mark.alone
def test_a_country_on_eight_networks(tmp_path):
    with Stage(tmp_path, places=PLACES, channels=CHANNELS, languages=("nb",), texts={"alert": TEXT}, binary=release_path()) as stage:
        stage.open()
        config = stage.workspace.config()
        config["coordinator"]["url"] = SITE
        stage.workspace.write("crisis.yaml", yaml.safe_dump(config, allow_unicode=True))
        begun = time.monotonic()
        result = stage.send("--deadline", f"{DEADLINE_S}s", check=0, timeout=DEADLINE_S + 60)
        took = time.monotonic() - begun
        assert result.lines[-1]["posted"] == len(PLACES) * len(CHANNELS) == 2856
        posts = collections.Counter((p["channel"], p["municipality"]) for p in stage.sandbox.posts())
        assert len(posts) == 2856 and all(posts[key] >= (2 if key[0] in IN_THREADS else 1) for key in posts)
        assert all(p["raw"]["pictures"] for p in stage.sandbox.posts() if p["channel"] == "instagram")
        refused = [entry for entry in stage.sandbox.log() if entry["status"] == 429]
        assert not refused, (len(refused), refused[:3])
        assert_nothing_twice(stage)
        print(f"2856 deliveries, {sum(posts.values())} posts, {len(stage.sandbox.log())} requests in {took:.1f} s")
