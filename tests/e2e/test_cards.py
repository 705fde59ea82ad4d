"""Text cards: a message without a picture on channels that show nothing else. The codes on them are read by zbarimg, and the
pictures by djpeg, which are not ours."""
import hashlib
import os
import shutil
import signal
import subprocess

import pytest
import yaml
from conftest import WAIT_TIMEOUT_S, default_text, release_path, wait_until
from failing import needs_release
from stage import Stage as WholeStage
from stage import assert_all_posted, beside, scenes  # noqa: F401

from approving import KARI, OLA, Approvals

SITE = "https://krise.example.no"
LINK = "https://www.kriseinfo.no/flom"
TEXT = {"nb": {"headline": "Flom i Glomma", "short": "{{municipality.name}}: Hold deg unna elva. " + LINK},
        "nn": {"headline": "Flaum i Glomma", "short": "{{municipality.name}}: Hald deg unna elva. " + LINK},
        "se": {"headline": "Dulvi Glommas", "short": "{{municipality.name}}: Ale mana joga lahka. " + LINK}}


def alert(languages=("nb", "nn"), **more):
    text = {language: {**TEXT[language], **more} for language in languages}
    return {"alert": {"kind": "alert", "text": text},
            **{kind: {"kind": kind, "follows": "alert", "text": {language: default_text("nb", kind) for language in languages}}
               for kind in ("cancel", "all-clear")}}


def with_site(stage, **coordinator):
    config = stage.workspace.config()
    config["coordinator"] = {key: value for key, value in {**config["coordinator"], "url": SITE, **coordinator}.items() if value}
    stage.workspace.write("crisis.yaml", yaml.safe_dump(config, allow_unicode=True))


class Stage(WholeStage):
    def __init__(self, folder, channels=("instagram",), **plan):
        super().__init__(folder, channels=channels, **{"messages": alert(), **plan})

    def write_plan(self, **plan):
        super().write_plan(channels=tuple(dict.fromkeys(account["channel"] for account in self.accounts)), **plan)

    def open(self, *arguments, **options):
        super().open(*arguments, **options)
        with_site(self)
        return self

    def pictures(self):
        """What was posted, by municipality: the picture's address and alt text."""
        return {p["municipality"]: p["raw"]["pictures"][0] for p in self.sandbox.posts()}

    def file_at(self, url):
        assert url.startswith(SITE + "/media/") and url.endswith(".jpg")
        path = self.workspace.file("public/media/" + url.rsplit("/", 1)[1])
        with open(path, "rb") as file:
            assert hashlib.sha256(file.read()).hexdigest() in url
        return path


def timeless(words):
    """What a card says, without its last line: a minute may pass from one preview to the next."""
    return words.rsplit("\n", 1)[0]


def tool(name, *arguments):
    if not shutil.which(name):
        pytest.fail(f"{name} is not installed: ./dev names its package")
    done = subprocess.run([name, *arguments], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=60, check=False)
    assert done.returncode == 0, (name, done)
    return done.stdout


def assert_is_card(path, link=LINK):
    header = tool("djpeg", "-pnm", path)[:20].split()
    assert header[:3] == [b"P6", b"1080", b"1350"], header
    assert tool("zbarimg", "-q", "--raw", "-Sdisable", "-Sqrcode.enable", path).decode().strip() == link


@beside()
def test_a_message_without_a_picture_gets_a_card(folder):
    with Stage(folder) as stage:
        stage.open()
        assert_all_posted(stage, stage.send(check=0))
        pictures = stage.pictures()
        assert set(pictures) == {"0301", "4601", "4640"} and len({p["url"] for p in pictures.values()}) == 3
        for picture in pictures.values():
            assert_is_card(stage.file_at(picture["url"]))
        lines = pictures["0301"]["alt"].split("\n")
        assert lines[:3] == ["Nasjonal krisekoordinator", "Oslo", "Flom i Glomma"]
        assert lines[3] == "Oslo: Hold deg unna elva. " + LINK and len(lines) == 5
        assert "Hald deg unna elva" in pictures["4640"]["alt"]
        told = {e["municipality"]: e["media-sha256"] for e in stage.audit() if e["type"] == "attempt"}
        assert all(told[place] in picture["url"] for place, picture in pictures.items()) and len(told) == 3
        stage.run("audit", "verify", check=0)


@beside()
def test_an_exercise_says_so_on_the_card(folder):
    with Stage(folder) as stage:
        stage.open()
        stage.send("--exercise", check=0)
        for place, word in (("0301", "ØVELSE"), ("4640", "ØVING")):
            lines = stage.pictures()[place]["alt"].split("\n")
            assert lines[0] == lines[-1] == word
        yellow = tool("djpeg", "-pnm", stage.file_at(stage.pictures()["0301"]["url"]))[-1080 * 3:]
        assert sum(r > 240 and g > 190 and b < 80 for r, g, b in zip(yellow[::3], yellow[1::3], yellow[2::3])) > 1000


@beside()
def test_previews_write_the_cards(folder):
    with Stage(folder, languages=("nb", "nn", "se"), messages=alert(("nb", "nn", "se"))) as stage:
        stage.open()
        shown = stage.run("preview", stage.plan, "--cards", os.path.join(folder, "cards"), json=True, check=0).events("text")
        assert all(t["media"][0]["file"] == "card.jpg" and t["media"][0]["height"] == 1350 for t in shown)
        files = sorted(os.listdir(os.path.join(folder, "cards")))
        assert files == sorted(f"{t['municipality']}-instagram-{t['language']}.jpg" for t in shown)
        for name in files:
            assert_is_card(os.path.join(folder, "cards", name))
        quick = stage.run("preview", stage.plan, json=True, check=0).events("text")
        assert [timeless(t["card"]) for t in quick] == [timeless(t["media"][0]["alt"]) for t in shown]
        assert not any("media" in t for t in quick)
        assert "[text card]\nNasjonal krisekoordinator\nOslo\n" in stage.run("preview", stage.plan, check=0).out


@beside()
def test_a_text_that_is_too_long_is_not_cut(folder):
    words = "Hold deg unna elva, og følg med på meldingene. " * 12
    with Stage(folder, languages=("nb",), messages=alert(("nb",), short=words + LINK)) as stage:
        stage.open()
        told = stage.run("check", stage.plan, check=0).out
        assert "and the text card for instagram has room for 500: it shows the headline and where to read more" in told
        assert "3 text cards show the headline and where to read more" in stage.send(check=0).err
        lines = stage.pictures()["0301"]["alt"].split("\n")
        assert lines[2:5] == ["Flom i Glomma", "Les hele meldingen her:", LINK]
        assert_is_card(stage.file_at(stage.pictures()["0301"]["url"]))


@beside()
def test_without_a_public_site_nobody_is_reached_there(folder):
    with Stage(folder, channels=("instagram", "facebook")) as stage:
        stage.open()
        with_site(stage, url=None)
        words = ("nobody is reached on instagram with this message: it fetches media from a public address, and there is none: set "
                 "`url` of `coordinator` in crisis.yaml (municipality 0301 Oslo and 2 more)")
        assert words in stage.run("check", stage.plan, check=0).out
        result = stage.send(check=0, json=False)
        assert words in result.err
        assert {p["channel"] for p in stage.sandbox.posts()} == {"facebook"}
        alone = stage.send("--only", "channel=instagram", check=3, json=False)
        assert "message 'alert' reaches nobody on these channels" in alone.err and words in alone.err


@beside()
def test_a_killed_send_goes_on_with_the_same_cards(folder):
    with Stage(folder) as stage:
        stage.open(faults=["hang:on=post:times=1"])
        process = stage.start(json=True)
        wait_until(lambda: stage.sandbox.stats()["requests"] >= 1)
        process.send_signal(signal.SIGKILL)
        process.wait(timeout=WAIT_TIMEOUT_S)
        there = sorted(os.listdir(stage.workspace.file("public/media")))
        assert len(there) == 3
        os.unlink(stage.plan)  # it is not needed any more
        shutil.rmtree(stage.workspace.file("public/media"))
        stage.run("resume", "--deadline", "150s", check=0)
        assert_all_posted(stage)
        assert sorted(os.listdir(stage.workspace.file("public/media"))) == there
        for picture in stage.pictures().values():
            assert_is_card(stage.file_at(picture["url"]))


class Approving(Approvals):
    def write_plan(self, **plan):
        super().write_plan(channels=("instagram",), **plan)


@beside()
def test_what_stands_on_a_card_is_approved(folder):
    with Approving(folder, messages=alert(), channels=("instagram",), issuer="") as stage:
        stage.open()
        with_site(stage)
        shown = stage.approve(KARI, "alert").out
        assert "[card.jpg · image/jpeg · 1080×1350 · " in shown and "Nasjonal krisekoordinator\nOslo\nFlom i Glomma\n" in shown
        stage.approve(OLA, "alert")
        with_site(stage, name="Noen andre")
        stage.refused(words="the texts are not the ones that were signed")
        with_site(stage, name="Nasjonal krisekoordinator")
        assert_all_posted(stage, stage.send(check=0))


def linked(path):
    """The libraries that the loader opens for a program or a module."""
    out = subprocess.run(["ldd", path], check=True, stdout=subprocess.PIPE, text=True).stdout
    return {line.split()[0].split(".so")[0] for line in out.splitlines()}


@needs_release
def test_only_the_module_needs_what_draws():
    drawing = {"libpango-1.0", "libcairo", "libfontconfig", "libqrencode", "libjpeg"}
    assert not linked(release_path()) & drawing
    assert drawing <= linked(os.path.join(os.path.dirname(release_path()), "crisis-card.so"))


@needs_release
def test_the_module_draws(tmp_path):
    with Stage(os.path.join(tmp_path, "stage"), binary=release_path()) as stage:
        with_site(stage)
        stage.workspace.register(stage.accounts)
        stage.open()
        assert_all_posted(stage, stage.send(check=0))


@needs_release
def test_without_the_module_it_says_what_to_do(tmp_path):
    alone = shutil.copy(release_path(), os.path.join(tmp_path, "crisis"))
    with Stage(os.path.join(tmp_path, "stage"), binary=alone) as stage:
        with_site(stage)
        stage.workspace.register(stage.accounts)
        stage.run("check", stage.plan, check=0)
        refused = stage.send("--dry-run", json=False, check=1).err
        assert "cannot draw text cards: " in refused and "crisis-card.so" in refused
        assert "install crisis again, with all of its files" in refused
