"""From "this is wrong" to the correction posted everywhere: one command, while the wrong message still goes out."""
import datetime
import time

import pytest
from conftest import WAIT_TIMEOUT_S, release_path, wait_until
from failing import needs_release
from stage import Stage, assert_nothing_twice

PLACES = [str(5000 + i) for i in range(357)]
CHANNELS = ("facebook", "x", "mastodon", "bluesky", "webhook")
LATENCY = "150ms"
BEGUN = 300  # posts that the wrong message has made when somebody notices
# The requirement is 5 s. What else runs on a busy machine only adds to a time: the best of some rounds counts.
WITHIN_S = 5
ROUNDS_MAX = 4
# These keep the wrong message from coming to its end, however fast this machine is.
HELD = tuple(f"429:on=post:channel=x:municipality={place}:seconds=300:times=1" for place in PLACES[:3])

pytestmark = [needs_release, pytest.mark.alone]


def seconds_of(post):
    return datetime.datetime.fromisoformat(post["created"].replace("Z", "+00:00")).timestamp()


def place_of(post):
    return (post["municipality"], post["channel"])


def correct(folder):
    """Seconds from the start of the one command to the last corrected post, by the networks' clock."""
    with Stage(folder, places=PLACES, channels=CHANNELS, languages=("nb",), binary=release_path()) as stage:
        stage.open(latency=LATENCY, faults=HELD)
        wrong = stage.start("alert", json=True)
        wait_until(lambda: stage.sandbox.stats()["posts"] >= BEGUN)
        assert wrong.poll() is None
        begun_s = time.time()
        result = stage.send("correction", check=0)
        wrong.communicate(timeout=WAIT_TIMEOUT_S)
        assert wrong.returncode == 6
        assert [stop["state"] for stop in result.events("stop")] == ["stopped"]
        posts = [post for post in stage.sandbox.posts() if not post["deleted"]]
        corrected = [post for post in posts if "Retting" in post["text"]]
        wronged = [post for post in posts if "Hold deg unna" in post["text"]]
        # Whoever saw the wrong one has the correction, once; nobody else has either.
        assert {place_of(post) for post in wronged} <= {place_of(post) for post in corrected}
        assert len(wronged) >= BEGUN and len(wronged) + len(corrected) == len(posts)
        assert_nothing_twice(stage)
        assert {(place, "x") for place in PLACES[:3]}.isdisjoint(map(place_of, posts))
        # Not one wrong one was made after the first corrected one.
        assert max(map(seconds_of, wronged)) <= min(map(seconds_of, corrected))
        return max(map(seconds_of, corrected)) - begun_s


def test_the_correction_is_everywhere_in_time(tmp_path):
    took = []
    while len(took) < ROUNDS_MAX and (not took or min(took) >= WITHIN_S):
        took.append(correct(tmp_path / str(len(took))))
    assert min(took) < WITHIN_S, took
