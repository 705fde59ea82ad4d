"""Pictures and films of a message: what is refused, what is signed, what goes out, and where anyone can fetch it."""
import hashlib
import os

import pytest
import yaml
from conftest import WAIT_TIMEOUT_S, default_text, wait_until
from pictures import jpeg, mp4, png, with_position
from stage import Stage, assert_all_posted, beside, scenes  # noqa: F401

from approving import KARI, OLA, Approvals

SITE = "https://krise.example.no"
ALT = {"nb": "Kart over området som er stengt", "nn": "Kart over området som er stengt no"}
MAP = {"file": "kart.png", "alt": ALT}
TWO = [MAP, {"file": "bilder/elva.jpg", "alt": {"nb": "Elva går over veien", "nn": "Elva går over vegen"}}]


def alert(media, **more):
    text = {language: default_text(language, "alert") for language in ("nb", "nn")}
    return {"alert": {"kind": "alert", "text": text, "media": media, **more},
            "cancel": {"kind": "cancel", "follows": "alert", "text": text},
            "all-clear": {"kind": "all-clear", "follows": "alert", "text": text}}


def put(folder, name, content):
    path = os.path.join(str(folder), name)
    os.makedirs(os.path.dirname(path), exist_ok=True)
    with open(path, "wb") as file:
        file.write(content)
    return hashlib.sha256(content).hexdigest()


def documents(stage):
    """What the webhooks were told, by municipality."""
    return {p["municipality"]: p["raw"]["data"] for p in stage.sandbox.posts() if p["channel"] == "webhook"}


def configure(stage, **more):
    config = stage.workspace.config()
    config["coordinator"]["url"] = SITE
    config.update(more)
    stage.workspace.write("crisis.yaml", yaml.safe_dump(config, allow_unicode=True))


def published(stage, name):
    with open(stage.workspace.file(f"public/media/{name}"), "rb") as file:
        return file.read()


# --- check ------------------------------------------------------------------------------------------------------
REFUSED = [
    (None, "kart.png", "cannot read '{folder}/kart.png': no such file or directory"),
    (b"", "kart.png", "'kart.png' is empty"),
    (b"GIF89a" + bytes(40), "kart.png", "'kart.png' is no JPEG, no PNG and no MP4: save it as one of these"),
    (png()[:-4], "kart.png", "'kart.png' is cut short, or damaged: save it anew"),
    (jpeg() + jpeg(), "kart.png", "'kart.png' holds something after its end: save it anew"),
    (png(width=10001, height=1), "kart.png", "'kart.png' is wider or higher than 10,000 pixels: make it smaller"),
    (mp4(brand=b"qt  "), "kart.png", "'kart.png' is a film or picture of another kind: save it as MP4, JPEG or PNG"),
    (png(), "../kart.png", "'../kart.png' is not written as FILE or FOLDER/FILE: media lie beside the plan, or in a folder below it"),
    (png(), "/tmp/kart.png", "'/tmp/kart.png' is a path from the root: media lie beside the plan, or in a folder below it"),
    (png(), "kårt.png", "'kårt.png' has a character that networks do not take in a file's name: use letters of English, digits, '-', "
                        "'_' and '.'"),
]


@pytest.mark.parametrize("content, name, words", REFUSED, ids=[words[:30] for _, _, words in REFUSED])
def test_what_cannot_be_sent_is_refused_at_its_place(crisis, plan, tmp_path, content, name, words):
    path = plan(messages=alert([{"file": name, "alt": ALT}]))
    if content is not None and not name.startswith(("/", "..")):
        put(tmp_path, name, content)
    result = crisis("check", path, json=True, check=3)
    problem = next(p for p in result.events("problem") if p["severity"] == "error")
    assert problem["message"] == words.format(folder=tmp_path)
    lines = open(path, encoding="utf-8").read().split("\n")
    assert lines[problem["line"] - 1][problem["column"] - 1:].startswith(("'", '"', name)), problem


def test_a_named_pipe_holds_nobody_up(crisis, plan, tmp_path):
    os.mkfifo(tmp_path / "kart.png")
    assert "it is no regular file" in crisis("check", plan(messages=alert([MAP])), check=3).out


def test_a_language_without_an_alt_text_is_refused(crisis, plan, tmp_path):
    put(tmp_path, "kart.png", png())
    result = crisis("check", plan(messages=alert([{"file": "kart.png", "alt": {"nb": "Kart"}}])), check=3)
    assert "error: 'alt' lacks 'nn', in which the message has a text" in result.out


def test_a_link_out_of_the_plan_s_folder_is_not_followed(crisis, plan, tmp_path):
    """A plan that somebody has sent must not read what lies elsewhere on the machine."""
    folder = tmp_path / "sent"
    folder.mkdir()
    put(tmp_path, "private.png", png())
    os.symlink(tmp_path / "private.png", folder / "kart.png")
    result = crisis("check", plan(messages=alert([MAP]), name="sent/plan.yaml"), json=True, check=3)
    told = [p["message"] for p in result.events("problem") if p["severity"] == "error"]
    assert told == [f"cannot read '{folder}/kart.png': a symbolic link leads out of '{folder}': put the file itself there"]


def test_a_picture_that_says_where_it_was_taken_is_warned_of(crisis, plan, tmp_path):
    put(tmp_path, "kart.jpg", with_position(jpeg()))
    path = plan(messages=alert([{"file": "kart.jpg", "alt": ALT}]))
    told = [p for p in crisis("check", path, json=True, check=0).events("problem") if "GPS" in p["message"]]
    assert [p["severity"] for p in told] == ["warning"] and told[0]["message"].startswith("'kart.jpg' says where it was taken")
    assert told[0]["line"] > 1
    put(tmp_path, "kart.jpg", jpeg())
    assert "GPS" not in crisis("check", path, check=0).out


def test_a_picture_of_a_form_that_instagram_refuses_is_told(crisis, plan, tmp_path):
    put(tmp_path, "kart.jpg", jpeg(width=400, height=100))
    path = plan(messages=alert([{"file": "kart.jpg", "alt": ALT}]), channels=["instagram"])
    words = "'kart.jpg' is left out on instagram: posts there take pictures 0.80 to 1.91 times as wide as high, not 400 by 100: cut it to fit"
    assert words in [p["message"] for p in crisis("check", path, json=True).events("problem")]
    put(tmp_path, "kart.jpg", jpeg(width=400, height=210))
    assert "wide as high" not in crisis("check", path).out


def test_previews_show_what_goes_with_a_text(crisis, plan, tmp_path):
    hashed = put(tmp_path, "kart.png", png(width=1080, height=1350))
    path = plan(messages=alert([MAP]), channels=["webhook"])
    rendered = crisis("render", path, "alert", "--municipality", "0301", "--channel", "webhook", check=0)
    assert rendered.out.strip() and "kart.png" not in rendered.out and "[kart.png" in rendered.err
    shown = crisis("preview", path, "alert", json=True, check=0).events("text")[0]["media"]
    assert shown == [{"file": "kart.png", "type": "image/png", "bytes": len(png(width=1080, height=1350)), "width": 1080, "height": 1350,
                      "sha256": hashed, "alt": ALT["nb"]}]
    document = crisis("preview", path, "alert", check=0)
    assert "[kart.png · image/png · 1080×1350 · " in document.out and ALT["nb"] in document.out
    assert "posts there get a link to it, and there is none" in document.err


def test_check_tells_of_the_channels_that_are_used(crisis, plan, tmp_path):
    put(tmp_path, "film.mp4", mp4())
    media = [{"file": "film.mp4", "alt": ALT}]
    words = "'film.mp4' is left out on facebook and x: they take no films"
    named = crisis("check", plan(messages=alert(media), channels=["x", "facebook"]), json=True, check=0)
    assert [p["message"] for p in named.events("problem") if "left out" in p["message"]] == [words]
    # Nobody knows here which channels there are accounts on.
    assert "left out" not in crisis("check", plan(messages=alert(media), channels=[]), check=0).out
    with Stage(tmp_path / "stage", messages=alert(media), channels=("x", "facebook")) as stage:
        put(stage.folder, "film.mp4", mp4())
        stage.write_plan(municipalities=("0301",), messages=alert(media), channels=[])
        stage.open()
        told = [p["message"] for p in stage.run("check", stage.plan, json=True, check=0).events("problem")]
        assert [t for t in told if "left out" in t] == [words]


# --- send -------------------------------------------------------------------------------------------------------
@beside()
def test_a_webhook_gets_links_to_what_is_there(folder):
    with Stage(folder, messages=alert(TWO), channels=("webhook", "facebook")) as stage:
        hashes = [put(folder, "kart.png", png()), put(folder, "bilder/elva.jpg", jpeg(grey=3))]
        stage.open()
        configure(stage)
        dry = stage.send("--dry-run", check=0)
        assert not os.path.exists(stage.workspace.file("public/media")), dry
        assert_all_posted(stage, stage.send(check=0))
        attempts = [e for e in stage.audit() if e["type"] == "attempt"]
        assert {e["media-sha256"] for e in attempts if e["channel"] == "webhook"} == {" ".join(hashes)}
        told = documents(stage)
        assert len(told) == 3
        assert published(stage, f"{hashes[0]}.png") == png() and published(stage, f"{hashes[1]}.jpg") == jpeg(grey=3)
        assert len(os.listdir(stage.workspace.file("public/media"))) == 2
        for document in told.values():
            language = document["languages"][0]
            assert [(m["file"], m["type"], m["sha256"], m["url"], m["alt"][language]) for m in document["media"]] == [
                ("kart.png", "image/png", hashes[0], f"{SITE}/media/{hashes[0]}.png", TWO[0]["alt"][language]),
                ("elva.jpg", "image/jpeg", hashes[1], f"{SITE}/media/{hashes[1]}.jpg", TWO[1]["alt"][language])]
            assert (document["media"][0]["width"], document["media"][0]["height"], document["media"][0]["bytes"]) == (64, 48, len(png()))


# --- approvals --------------------------------------------------------------------------------------------------
@beside("alert", "standing")
def test_a_file_that_was_changed_after_the_approval_is_refused(folder, case):
    with Approvals(folder, messages=alert([MAP]), channels=("webhook",)) as stage:
        put(folder, "kart.png", png())
        stage.open()
        words = ["alert"] if case == "alert" else []
        shown = stage.approve(KARI, *words).out
        assert f"Media: kart.png · image/png · 64×48 · {len(png())} bytes · sha256 {hashlib.sha256(png()).hexdigest()[:12]}…" in shown
        stage.approve(OLA, *words)
        text = open(stage.statements()[0] + ".statement", encoding="utf-8").read()
        assert f"\nmedia-sha256 {hashlib.sha256(png()).hexdigest()}\n" in text
        put(folder, "kart.png", png(colour=(0, 0, 0)))
        stage.refused(words="the pictures and films are not the ones that were signed")
        put(folder, "kart.png", png())
        assert_all_posted(stage, stage.send(check=0))


# --- resume -----------------------------------------------------------------------------------------------------
@beside()
def test_a_killed_send_goes_on_with_what_was_stored(folder):
    with Stage(folder, messages=alert([MAP]), channels=("webhook",)) as stage:
        hashed = put(folder, "kart.png", png())
        stage.open(faults=["hang:on=post:times=1"])
        configure(stage)
        process = stage.start(json=True)
        wait_until(lambda: stage.sandbox.stats()["requests"] >= 1)
        process.kill()
        process.wait(timeout=WAIT_TIMEOUT_S)
        # What lies beside the plan, and what lies on the site, does not matter any more.
        put(folder, "kart.png", png(colour=(0, 0, 0)))
        put(stage.workspace.file("public/media"), f"{hashed}.png", b"damaged")
        stage.run("resume", "--deadline", "150s", check=0)
        assert_all_posted(stage)
        assert {d["media"][0]["sha256"] for d in documents(stage).values()} == {hashed}
        assert published(stage, f"{hashed}.png") == png()
        stage.run("audit", "verify", check=0)
