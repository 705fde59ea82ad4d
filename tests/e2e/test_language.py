"""English and Norwegian: what people read follows the locale; what programs read, and what is stored, never does."""
import os
import re
import shutil
import subprocess
import sys

import pytest
from conftest import ROOT
from stage import Stage
from test_terminal import Terminal

PO = os.path.join(ROOT, "po")
# No such locale need be installed.
NORWEGIAN = {"LC_ALL": "nb_NO.UTF-8"}
ENGLISH = {"LC_ALL": "C.UTF-8"}


def first_line(crisis, env):
    return crisis("help", env=env, check=0).out.splitlines()[0]


def catalogue(name="nb.po"):
    """Pairs of msgid and msgstr, plurals too."""
    with open(os.path.join(PO, name), encoding="utf-8") as file:
        text = re.sub(r'"\n"', "", file.read())
    pairs = []
    for block in text.split("\n\n")[1:]:
        ids = re.findall(r'^msgid(?:_plural)? "(.*)"$', block, re.M)
        strings = re.findall(r'^msgstr(?:\[\d\])? "(.*)"$', block, re.M)
        pairs += zip(ids if len(ids) == len(strings) else ids * len(strings), strings)
    return pairs


# --- which language ---------------------------------------------------------------------------------------------
def test_the_locale_chooses_the_language(crisis):
    for env in (NORWEGIAN, {"LC_ALL": "", "LC_MESSAGES": "nb_NO.UTF-8", "LANG": "C"}, {"LC_ALL": None, "LANG": "nb_NO.UTF-8"},
                {"LC_ALL": "C.UTF-8", "LANGUAGE": "nb"}, {"LC_ALL": "nb_NO"}, {"LC_ALL": "nb"}):
        assert first_line(crisis, env).startswith("bruk: crisis"), env
    for env in (ENGLISH, {"LC_ALL": "C", "LANGUAGE": "nb"}, {"LC_ALL": "POSIX"}, {"LC_ALL": "en_GB.UTF-8"}, {"LC_ALL": "xx_YY"},
                {"LC_ALL": "../../nb"}, {"LC_ALL": None, "LANG": None}):
        assert first_line(crisis, env).startswith("usage: crisis"), env


def test_an_installed_locale_chooses_it_too(crisis, tmp_path):
    if not shutil.which("localedef") or not os.path.exists("/usr/share/i18n/locales/nb_NO"):
        pytest.skip("no locale can be made")
    subprocess.run(["localedef", "-i", "nb_NO", "-f", "UTF-8", str(tmp_path / "nb_NO.UTF-8")], timeout=120, check=False)
    # The C library never lets go of the LOCPATH that it has taken apart.
    env = {"LOCPATH": str(tmp_path), "ASAN_OPTIONS": "detect_leaks=0", **NORWEGIAN}
    assert first_line(crisis, env).startswith("bruk: crisis")
    assert crisis("sned", env=env, check=2).err == "crisis: ukjent kommando «sned», mente du «send»?\n  crisis help viser kommandoene\n"


def test_an_installed_program_takes_the_installed_catalogue(crisis, tmp_path):
    """Elsewhere than in its build folder it does not read what lies beside it under another name."""
    copy = tmp_path / "crisis"
    shutil.copy(crisis.binary, copy)
    done = subprocess.run([copy, "help"], env=crisis.environment(NORWEGIAN), capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith(("usage: crisis", "bruk: crisis")) and done.returncode == 0
    shutil.copytree(os.path.join(os.path.dirname(crisis.binary), "po"), tmp_path / "po")
    done = subprocess.run([copy, "help"], env=crisis.environment(NORWEGIAN), capture_output=True, text=True, timeout=60)
    assert done.stdout.startswith("bruk: crisis")


# --- the catalogue ----------------------------------------------------------------------------------------------
def test_the_catalogue_is_whole_and_up_to_date():
    if not shutil.which("xgettext"):
        pytest.skip("gettext is not installed")
    done = subprocess.run([os.path.join(PO, "update"), "--check"], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_no_sentence_is_out_of_reach_of_a_translation():
    done = subprocess.run([sys.executable, os.path.join(ROOT, "tests", "sentences.py")], capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_translation_has_the_marks_of_its_original():
    pairs = catalogue()
    assert len(pairs) > 500
    for original, translation in pairs:
        assert re.findall(r"<[a-zA-Z!?/][^>]*>|&", original) == re.findall(r"<[a-zA-Z!?/][^>]*>|&", translation), original
        assert re.findall(r"(?<![\w-])--[a-z-]+", original) == re.findall(r"(?<![\w-])--[a-z-]+", translation), original
        for edge in (original[:1], original[-1:]):
            assert edge not in " ." or edge in (translation[:1], translation[-1:]), original


# --- a send in Norwegian ----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    """Sent by somebody who reads Norwegian; one account fails."""
    with Stage(tmp_path_factory.mktemp("language"), places=("0301", "4601"), channels=("x", "facebook")) as stage:
        stage.open(faults=["expired-token:channel=x:times=1"])
        stage.result = stage.run("send", stage.plan, "--yes", env=NORWEGIAN)
        yield stage


def test_a_send_speaks_to_who_sends(sent):
    assert sent.result.code == 5, sent.result
    assert re.search(r"^SKARPT: alert av flom, 4 leveranser til 2 kommuner$", sent.result.err, re.M)
    assert re.search(r"^3 av 4 leveranser til 2 kommuner publisert på ", sent.result.out, re.M)
    assert "1 mislykket på x" in sent.result.out and "kjøring: flom.alert." in sent.result.out


def test_where_it_stands_is_told_in_the_language_of_who_asks(sent):
    told = sent.run("status", env=NORWEGIAN, check=0).out
    assert told.startswith("skarp: alert av flom, begynt 2") and "2 publisert" in told and "1 mislykket" in told
    assert sent.run("status", env=ENGLISH, check=0).out.startswith("live: alert of flom, begun 2")
    assert "  skarp     ferdig      3 av 4  flom.alert." in sent.run("runs", env=NORWEGIAN, check=0).out
    assert "var ferdig: det var ingenting igjen å stanse." in sent.run("stop", sent_run(sent), env=NORWEGIAN).out
    assert "SKARPT: rapport om alert av flom" in sent.run("report", env=NORWEGIAN, check=0).out


def sent_run(sent):
    return sent.run("runs", json=True, check=0).lines[0]["run"]


def test_the_page_of_a_report_says_its_language(sent):
    page = sent.run("report", "--html", "-", env=NORWEGIAN, check=0).out
    assert '<html lang="nb">' in page and "<h1>Rapport om alert av flom</h1>" in page and "revisjonsloggen" in page
    assert '<html lang="en">' in sent.run("report", "--html", "-", env=ENGLISH, check=0).out


# Why x posted nothing for Oslo: as it is stored, and as it is shown.
REASON = {"message": "X does not accept the credential: Unauthorized",
          "next": "ask municipality 0301 to connect x again, then: crisis register 0301 x"}
SHOWN = ("X godtar ikke nøkkelen: Unauthorized", "be kommune 0301 om å koble til x på nytt, og så: crisis register 0301 x")


def test_why_a_delivery_failed_is_told_in_the_language_of_who_asks(sent):
    told = {"send": sent.result.err, "summary": sent.result.out}
    for words in (["status"], ["report"], ["report", "--html", "-"]):
        told[" ".join(words)] = sent.run(*words, env=NORWEGIAN, check=0).out
        english = sent.run(*words, env=ENGLISH, check=0).out
        assert all(text in english for text in REASON.values()), words
    for where, text in told.items():
        assert all(one in text for one in SHOWN), (where, text)
        assert not any(one in text for one in REASON.values()), (where, text)


def test_why_a_delivery_failed_is_english_for_programs(sent):
    run = sent_run(sent)
    failed = [line for line in sent.run("status", run, json=True, env=NORWEGIAN, check=0).lines if line.get("state") == "failed"]
    assert len(failed) == 1 and {key: failed[0]["error"][key] for key in REASON} == REASON
    table = sent.run("report", run, "--csv", "-", env=NORWEGIAN, check=0).out
    assert all(text in table for text in REASON.values()) and SHOWN[0] not in table


def test_why_a_network_cannot_be_reached_is_told_in_norwegian(tmp_path):
    with Stage(tmp_path, places=("0301",), channels=("x",)) as stage:
        stage.open(faults=["reset-after:channel=x:on=any"])
        told = stage.run("channels", "--check", env=NORWEGIAN).out
        assert re.search(r"forbindelsen ble (brutt før et svar kom|lukket uten et svar)$", told, re.M), told
        assert "  → kontroller nettverket og endepunktet, og forsøk så på nytt\n" in told


def test_why_a_post_was_not_taken_back_is_told_in_norwegian(tmp_path):
    with Stage(tmp_path, places=("0301",), channels=("x",)) as stage:
        stage.open(faults=["expired-token:channel=x:on=delete"])
        stage.run("send", stage.plan, "--yes", env=NORWEGIAN, check=0)
        told = stage.run("retract", sent_run(stage), "--yes", env=NORWEGIAN)
        assert "ikke trukket tilbake: X godtar ikke nøkkelen: Unauthorized" in told.err + told.out, told
        assert SHOWN[1] in told.err + told.out


def test_the_page_of_a_preview_is_in_norwegian(sent):
    page = sent.run("preview", sent.plan, "--html", "-", env=NORWEGIAN, check=0).out
    assert '<html lang="nb">' in page and "<h1>Forhåndsvisning av alert av flom</h1>" in page
    assert "<h2 id=\"variants\">Varianter</h2>" in page and "En forhåndsvisning: ingenting ble sendt." in page
    assert "<h1>Preview of alert of flom</h1>" in sent.run("preview", sent.plan, "--html", "-", env=ENGLISH, check=0).out


def test_a_workspace_is_looked_at_in_norwegian(sent):
    told = sent.run("doctor", sent.plan, "--offline", env=NORWEGIAN).out
    assert re.search(r"^ok +disk +det som skrives, blir værende$", told, re.M)
    assert re.search(r"^Denne arbeidsmappen kan .*: \d+ problem(er)?, \d+ advars(el|ler)$", told, re.M), told
    columns = {line.index(check) for line in told.splitlines() for check in (" store ", " disk ", " vault ") if check in line}
    assert len(columns) == 1, told


def test_a_rehearsal_is_told_in_norwegian(sent):
    told = sent.run("rehearse", sent.plan, "--faults", "none", "--latency", "1ms", env=NORWEGIAN, timeout=240)
    assert re.search(r"^PRØVE av alert av flom, i en sandkasse: ingenting ble publisert\.$", told.out, re.M), told
    assert "4 av 4 leveranser publisert, 2 av 2 kommuner nådd." in told.out


def test_one_of_a_kind_is_told_of_in_the_singular(tmp_path):
    with Stage(tmp_path, places=("0301",), channels=("x",)) as stage:
        stage.open()
        told = stage.run("send", stage.plan, "--dry-run", env=ENGLISH, check=0)
        assert "alert of flom, 1 delivery to 1 municipality" in told.err
        assert re.search(r"^1 of 1 delivery to 1 municipality would be posted", told.out, re.M)
        assert "would post 1 text in 1 post to 1 account;" in told.out
        assert ", 1 municipality: 0 errors, " in stage.run("check", stage.plan, env=ENGLISH, check=0).out
        told = stage.run("send", stage.plan, "--dry-run", env=NORWEGIAN, check=0)
        assert "alert av flom, 1 leveranse til 1 kommune" in told.err
        assert re.search(r"^1 av 1 leveranse til 1 kommune ville blitt publisert", told.out, re.M)
        assert "ville publisert 1 tekst i 1 innlegg på 1 konto;" in told.out


def test_what_programs_read_is_the_same_in_every_language(sent):
    run = sent_run(sent)
    commands = [["status", run], ["runs"], ["report", run], ["audit", "log"], ["audit", "verify"], ["channels"],
                ["check", sent.plan], ["preview", sent.plan], ["approvals", sent.plan], ["status", "nothing"], ["sned"]]
    for words in commands:
        told = [sent.run(*words, env=env, json=True) for env in (ENGLISH, NORWEGIAN)]
        assert told[0].code == told[1].code and told[0].err == told[1].err, words
        made = [re.sub(r'"made":"[^"]*"', "", one.out) for one in told]
        assert made[0] == made[1], words
    tables = [sent.run("report", run, "--csv", "-", env=env, check=0).out for env in (ENGLISH, NORWEGIAN)]
    assert tables[0] == tables[1]


def test_why_a_send_was_refused_is_on_record_in_english(tmp_path):
    with Stage(tmp_path, places=("0301",), channels=("x",), approval={"threshold": 1}) as stage:
        stage.open()
        assert stage.run("send", stage.plan, "--yes", env=NORWEGIAN).code == 4
        assert stage.run("send", stage.plan, "--yes", env=ENGLISH).code == 4
        reasons = [entry["reason"] for entry in stage.audit() if entry["type"] == "refused"]
        assert len(reasons) == 2 and reasons[0] == reasons[1]
        assert "1 godkjenning mangler (0 av 1)" in stage.run("approvals", stage.plan, env=NORWEGIAN).out


def test_what_is_wrong_with_a_plan_is_told_in_norwegian(crisis, tmp_path):
    plan = tmp_path / "plan.yaml"
    plan.write_text("plan: Flom 1\ntitle: Flom\nlanguages: [nb]\nmunicipalities: []\nchannels: [facebok]\n"
                    "messages:\n  alert: {kind: alert, expires: 6 timer, text: {nb: {short: Hei}}}\n", encoding="utf-8")
    told = crisis("check", plan, env=NORWEGIAN, check=3).out
    assert ":1:7: feil: plan-id-en «Flom 1» inneholder noe annet enn a-z, 0-9 og «-»" in told
    assert ":4:17: feil: «municipalities» er tom" in told
    assert ":5:12: feil: ukjent kanal «facebok», mente du «facebook»?" in told
    assert "feil: «6 timer» er verken en varighet eller et tidspunkt: " in told
    plan.write_text("plan: flom\n\ttitle: Flom\n", encoding="utf-8")
    assert "feil: en tabulator i innrykket: bruk mellomrom" in crisis("check", plan, env=NORWEGIAN, check=3).out


def test_a_secret_is_shown_in_no_language(sent, tmp_path):
    """YAML takes what begins like this for its own, and its errors would name it."""
    path = tmp_path / "accounts.yaml"
    for secret in ("*hemmelig-3f9", "!hemmelig-3f9 x"):
        path.write_text("municipality: '0301'\naccounts:\n  - channel: x\n"
                        f"    credential: {{access-token: {secret}}}\n", encoding="utf-8")
        for env, words in ((NORWEGIAN, "må settes i anførselstegn"), (ENGLISH, "must be put in quotes")):
            told = sent.run("register", "--from", path, env=env, check=3)
            assert words in told.err and "3f9" not in told.err + told.out, told


def test_keys_stores_and_logs_are_told_of_in_norwegian(crisis, sent, tmp_path):
    told = sent.run("audit", "verify", env=NORWEGIAN, check=0).out
    assert re.search(r"^\d+ oppføringer stemmer med \d+ trehoder\.$", told, re.M), told
    assert "  kan         tråder, tilbaketrekking, kontroll\n" in sent.run("channels", "--kinds", env=NORWEGIAN, check=0).out
    place = tmp_path / "place"
    crisis("init", place, check=0)
    (place / "approvers").write_text("kari@dsb.example namespaces=\"approval@crisis\" ssh-rsa AAAA\n", encoding="utf-8")
    told = crisis("-C", place, "approvers", "status", env=NORWEGIAN).err
    assert "approvers:1:0: feil: " in told and "RSA-nøkler godtas ikke" in told
    told = crisis("check", place / "none.yaml", env=NORWEGIAN, check=3).err
    assert told.startswith("crisis: kan ikke lese «") and told.endswith("»: ingen slik fil eller mappe\n")
    (place / "crisis.db").write_bytes(b"no database" * 1000)
    told = crisis("-C", place, "runs", env=NORWEGIAN, check=1).err
    assert re.search(r"crisis: kan ikke .*: databasen «.*crisis\.db» er skadet, eller er ingen database\n", told), told


def test_what_is_stored_is_english(sent):
    """No sentence of the catalogue got into the store or the published log."""
    stored = b""
    for folder, _, names in os.walk(sent.workspace.path):
        for name in names:
            with open(os.path.join(folder, name), "rb") as file:
                stored += file.read()
    assert b"posted" in stored
    for original, translation in catalogue():
        for piece in re.split(r"%[-*.0-9a-z]*|\\n", translation):
            # What the original has as well, such as a command, is no translation.
            assert len(piece) < 12 or piece in original or piece.encode() not in stored, piece


def test_a_send_asks_in_norwegian(tmp_path):
    with Stage(tmp_path, places=("0301",), channels=("x",)) as stage:
        stage.open()
        terminal = Terminal(stage, "send", stage.plan, environment=NORWEGIAN)
        terminal.wait_for("Skriv planens id for å publisere den SKARPT: ")
        assert "SKARPT: dette publiseres for alle." in terminal.text and "Meldingen «alert» i flom (Flom), til 1 kommune:" in terminal.text
        terminal.type("nei\n")
        assert terminal.end() == 2
        assert "ikke bekreftet: ingenting ble sendt" in terminal.text


def test_what_was_sent_is_taken_back_in_norwegian(tmp_path):
    with Stage(tmp_path, places=("0301",), channels=("x",)) as stage:
        stage.open()
        stage.run("send", stage.plan, "--yes", env=NORWEGIAN, check=0)
        run = sent_run(stage)
        refused = stage.run("retract", run, env=NORWEGIAN, check=2).err
        assert "uten en terminal kan ingen bekrefte denne tilbaketrekkingen" in refused
        terminal = Terminal(stage, "retract", run, environment=NORWEGIAN)
        terminal.wait_for("Skriv planens id for å trekke tilbake denne SKARPE meldingen: ")
        assert "SKARPT: dette trekker tilbake det folk leser. Det kan ikke gjøres om." in terminal.text
        terminal.type("flom\n")
        assert terminal.end() == 0
        assert re.search(r"TRUKKET TILBAKE på .*: 1 av 1 leveranse av alert \(flom\)\.", terminal.text)
