"""CAP files with an XML signature, held against xmlsec1, which is not ours."""
import json
import os
import re
import subprocess

from site_rules import check_alerts, read
from stage import PLACES, beside, scenes  # noqa: F401
from test_public_site import Stage

KINDS = {"rsa": ("rsa:2048",), "ecdsa": ("ec", "-pkeyopt", "ec_paramgen_curve:prime256v1")}
WORDS = {"headline": "Fløm & \"is\"", "long": "Bruk 'trygge' veier & bruer: 1 < 2 > 0 \"nå\".\n\nRing 110."}


def make_key(stage, kind=("rsa:2048",), days=365, name="cap"):
    key, certificate = stage.workspace.file("keys/cap.key"), stage.workspace.file(f"{name}.pem")
    subprocess.run(["openssl", "req", "-x509", "-newkey", *kind, "-nodes", "-days", str(days), "-subj", "/CN=krise.example.no",
                    "-keyout", key, "-out", certificate], check=True, capture_output=True)
    os.chmod(key, 0o600)
    return certificate


def name_certificate(stage, name="cap.pem"):
    stage.workspace.write("crisis.yaml", json.dumps({**stage.workspace.config(), "cap-certificate": name}))


def verifies(path, certificate):
    done = subprocess.run(["xmlsec1", "--verify", "--trusted-pem", certificate, path], capture_output=True, check=False)
    return done.returncode == 0


@beside(*KINDS)
def test_xmlsec_takes_the_signature_for_good(folder, kind):
    with Stage(folder).open() as stage:
        certificate = make_key(stage, KINDS[kind])
        name_certificate(stage)
        stage.write_plan(municipalities=PLACES, texts={"alert": {"nb": WORDS, "nn": WORDS}})
        stage.run("check", stage.plan, check=0)
        stage.send(check=0)
        paths = stage.messages(".xml")
        assert len(paths) == 3
        check_alerts(paths)
        for path in paths:
            assert verifies(path, certificate)
            whole = read(path)
            for was, now in ((b"<status>Actual", b"<status>Exercise"), (b"Ring 110", b"Ring 112"), (b"&quot;", b"&lt;")):
                assert was in whole
                stage.workspace.write("changed.xml", whole.replace(was, now, 1).decode())
                assert not verifies(stage.workspace.file("changed.xml"), certificate)
        assert not verifies(paths[0], make_key(stage, KINDS[kind], name="other"))


@beside()
def test_without_a_certificate_nothing_is_signed(folder):
    with Stage(folder).open() as stage:
        stage.send(check=0)
        assert not [path for path in stage.messages(".xml") if b"<Signature" in read(path)]


FAULTS = {
    "no-key": "cap.key",
    "open-key": "cap.key",
    "passphrase": "no private key in PEM without a passphrase",
    "no-certificate": "cap.pem",
    "other-key": "the certificate is of another key",
    "short": "RSA of at least 2,048 bits",
    "other-curve": "ECDSA on P-256",
}


@beside(*FAULTS)
def test_what_does_not_fit_is_said_and_holds_nothing_up(folder, fault):
    with Stage(folder).open() as stage:
        key = stage.workspace.file("keys/cap.key")
        make_key(stage, {"short": ("rsa:1024",), "other-curve": ("ec", "-pkeyopt", "ec_paramgen_curve:secp384r1")}.get(
            fault, ("rsa:2048",)))
        name_certificate(stage)
        if fault == "no-key":
            os.remove(key)
        elif fault == "open-key":
            os.chmod(key, 0o644)
        elif fault == "passphrase":
            subprocess.run(["openssl", "rsa", "-aes256", "-passout", "pass:secret", "-in", key, "-out", key], check=True,
                           capture_output=True)
            os.chmod(key, 0o600)
        elif fault == "no-certificate":
            os.remove(stage.workspace.file("cap.pem"))
        elif fault == "other-key":
            make_key(stage, name="of-another-key")
        checked = stage.run("check", stage.plan)
        assert checked.code != 0 and FAULTS[fault] in checked.err
        sent = stage.send(check=0)
        assert FAULTS[fault] in sent.err and "the CAP files of this run are not signed" in sent.err
        assert len(stage.messages(".xml")) == 3
        assert not [path for path in stage.messages(".xml") if b"<Signature" in read(path)]


@beside()
def test_a_certificate_that_ends_is_told_before(folder):
    with Stage(folder).open() as stage:
        make_key(stage, days=13)
        name_certificate(stage)
        warned = stage.run("check", stage.plan, check=0)
        assert re.search(r"warning: .*the certificate that CAP files are signed with is valid until 20\d\d-", warned.out)
        assert stage.send(check=0).err.count("certificate") == 0
