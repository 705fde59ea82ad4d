"""Municipalities' own sites, made with WordPress or spoken to by Micropub, beside the others."""
import json
import os
import pathlib

import pytest
from conftest import NYNORSK
from stage import Stage as WholeStage
from stage import assert_all_posted, assert_nothing_twice, beside, scenes  # noqa: F401
from test_pictures import ALT, SECOND, digests, facts, shown
from test_pictures import Stage as PictureStage

SITES = ("wordpress", "micropub")


class Stage(WholeStage):
    """Its plan names `web`, and so each kind of site that has an account."""

    def write_plan(self, **plan):
        super().write_plan(**{"channels": ("web",), **plan})


def paths(stage, end):
    return [entry for entry in stage.sandbox.log() if entry["path"].endswith(end)]


@beside()
def test_a_message_goes_out_over_all_web_kinds(folder):
    with Stage(folder, channels=(*SITES, "webhook")) as stage:
        stage.open()
        result = stage.send(check=0)
        deliveries = assert_all_posted(stage, result)
        assert {d["channel"] for d in deliveries} == {*SITES, "webhook"}
        assert all(p["url"] and p["url"].rsplit("/", 1)[1].startswith("crisis-") for d in deliveries if d["channel"] in SITES
                   for p in d["posts"])
        first = {(p["channel"], p["municipality"]): p["url"] for p in stage.sandbox.posts()}
        stage.send("update", check=0)
        assert_nothing_twice(stage)
        for channel in SITES:
            posts = [p for p in stage.sandbox.posts() if p["channel"] == channel]
            linked = [p for p in posts if p["text"].endswith(first[channel, p["municipality"]])]
            assert len(posts) == 6 and len(linked) == 3, [p["text"] for p in posts]


@beside()
def test_a_check_finds_out_where_a_site_takes_posts(folder):
    with Stage(folder, channels=SITES) as stage:
        stage.open()
        stage.run("channels", "--check", check=0)
        assert len(paths(stage, "/wp-json/wp/v2/users/me")) == 3
        stage.send(check=0)
        assert_nothing_twice(stage)
        assert len([e for e in stage.sandbox.log() if e["method"] == "HEAD"]) == 6, "the send knows it already"


@beside()
def test_a_check_posts_nothing_and_names_a_wrong_credential(folder):
    with Stage(folder, places=("0301",), channels=SITES) as stage:
        stage.open(register=False)
        wrong = json.loads(json.dumps(stage.accounts))
        wrong[0]["credential"]["application-password"] = "aaaa bbbb cccc dddd eeee ffff"
        wrong[1]["credential"]["access-token"] = "wrong-token"
        stage.workspace.register(wrong)
        told = stage.run("channels", "--check")
        assert told.code != 0 and "application password" in told.out and "token" in told.out, told
        assert not stage.sandbox.posts()


ACTING = ("reset-after", "stream-reset-after", "500-after", "502-after", "503-after", "truncated", "garbage", "html", "late")


@beside(*ACTING)
def test_an_answer_is_lost_and_nothing_is_doubled(folder, kind):
    with Stage(folder, places=("0301",), channels=SITES) as stage:
        stage.open(faults=[f"{kind}:channel={channel}:times=1" for channel in SITES])
        result = stage.send("--deadline", "150s", check=0)
        assert_all_posted(stage, result)


@beside("reset-before", "503-before", "429")
def test_what_did_not_arrive_is_sent_again(folder, kind):
    with Stage(folder, places=("0301",), channels=SITES) as stage:
        stage.open(faults=[f"{kind}:channel={channel}:times=1:on=post" for channel in SITES])
        result = stage.send("--deadline", "150s", check=0)
        assert_all_posted(stage, result)


@beside()
def test_pictures_are_shown_and_described(folder):
    with PictureStage(folder, channels=SITES, files=("kart.png", "elva.jpg")) as stage:
        stage.open()
        assert_all_posted(stage, stage.send(check=0))
        posts = [post for channel in SITES for post in shown(stage, channel)]
        assert len(posts) == 6
        for post in posts:
            language = "nn" if post["municipality"] in NYNORSK else "nb"
            assert digests(post) == facts("kart.png", "elva.jpg")
            assert [m["alt"] for m in post["media"]] == [ALT[language], SECOND[language]], post


@beside("reset-after", "500-after", "truncated")
def test_the_answer_to_an_upload_is_lost(folder, kind):
    with PictureStage(folder, channels=SITES, places=("0301",)) as stage:
        stage.open(faults=[f"{kind}:channel={channel}:path=/media:times=1" for channel in SITES])
        assert_all_posted(stage, stage.send("--deadline", "150s", check=0))
        assert all(digests(post) == facts("kart.png") for channel in SITES for post in shown(stage, channel))


@beside()
def test_what_the_account_says_of_a_post_is_in_it(folder):
    with Stage(folder, places=("0301",), channels=("wordpress",)) as stage:
        stage.accounts[0]["settings"].update({"category": "7", "sticky": "yes"})
        stage.open()
        stage.send(check=0)
        sent = stage.sandbox.posts()[0]["raw"]
        assert sent["sticky"] is True and sent["categories"] == [7]
        assert sent["content"].startswith('<p lang="nb">') and "<a href=" in sent["content"], sent


def test_registering_names_what_is_wrong(tmp_path):
    with Stage(tmp_path, places=("0301",), channels=SITES) as stage:
        stage.open(register=False)
        accounts = json.loads(json.dumps(stage.accounts))
        accounts[0]["credential"]["application-password"] = "my login password"
        del accounts[1]["settings"]["site"]
        told = stage.workspace.register(accounts, check=None)
        assert told.code == 3 and "24 letters and digits" in told.err and "micropub needs the setting 'site'" in told.err, told
        assert "my login password" not in told.err


@pytest.mark.parametrize("as_json", [False, True], ids=["text", "json"])
def test_no_secret_is_shown(tmp_path, as_json):
    with Stage(tmp_path, channels=SITES) as stage:
        stage.open()
        os.unlink(stage.workspace.file("registration.yaml"))
        told = [stage.send(json=as_json, env={"CRISIS_LOG": "debug"}, check=0), stage.run("channels", "--check", check=0, json=as_json),
                stage.run("audit", "log", json=as_json), stage.run("status", json=as_json)]
        text = "".join(one.out + one.err for one in told)
        files = b"".join(path.read_bytes() for path in pathlib.Path(stage.workspace.path).rglob("*") if path.is_file())
        for account in stage.accounts:
            for name, secret in account["credential"].items():
                if name == "user":
                    continue
                for form in (secret, secret.replace(" ", "")):
                    assert form not in text and form.encode() not in files
