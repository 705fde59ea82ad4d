"""What webhooks are sent, received by a server that shares nothing with the program and verified by npm's Standard Webhooks."""
import base64
import collections
import json
import os
import subprocess

import pytest
from conftest import default_municipality
from npm import node, packages
from servers import Authority, Server, reply
from stage import Stage

PLACES = ("0301", "4601", "4640")
OWN_KEY = "4601"  # has a signing key of its own; the others take the coordinator's
LANGUAGES = {"0301": {"nb", "nn"}, "4601": {"nb"}, "4640": {"nn"}}


def make_key(folder, name):
    """A pair of Ed25519 as the manual says to make it: (whsk_…, whpk_…)."""
    path = os.path.join(folder, name)
    subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-outform", "DER", "-out", path], check=True)
    public = subprocess.run(["openssl", "pkey", "-inform", "DER", "-in", path, "-pubout", "-outform", "DER"], check=True,
                            stdout=subprocess.PIPE).stdout
    with open(path, "rb") as file:
        private = file.read()
    return tuple(prefix + base64.b64encode(der[-32:]).decode() for prefix, der in (("whsk_", private), ("whpk_", public)))


class Receiver(Server):
    """Takes every event but the first of each address, for which it is not ready yet."""

    def __init__(self, tls):
        self.asked = collections.Counter()
        super().__init__(self.take, tls=tls)

    def take(self, request):
        with self.lock:
            self.asked[request.path] += 1
            is_first = self.asked[request.path] == 1
        return reply(503, b"", headers=["Retry-After: 1"]) if is_first else reply(204, b"")

    def of(self, place):
        return [request for request in self.requests if request.path == f"/hook/{place}"]


def verified(questions):
    """[(request, secret, public key)]: what the others say of each."""
    lines = [json.dumps({"secret": secret, "public_key": public, "headers": request.headers,
                         "body": base64.b64encode(request.body).decode()}) for request, secret, public in questions]
    out = node(packages("standard_webhooks"), "verify.js", input="\n".join(lines) + "\n")
    return [json.loads(line) for line in out.splitlines()]


def changed(request, body=None, **headers):
    """The request as somebody on the way would have it."""
    copy = type(request)(request.server, request.method, request.target, dict(request.headers), body or request.body, 0, 0)
    copy.headers.update({name.replace("_", "-"): value for name, value in headers.items()})
    return copy


@pytest.fixture(scope="module")
def sent(tmp_path_factory):
    """(stage, receiver, {place: secret}, {place: public key}) after an alert and its update to three receivers over TLS."""
    packages("standard_webhooks")
    folder = str(tmp_path_factory.mktemp("hooks"))
    (private, public), (own_private, own_public) = make_key(folder, "all.der"), make_key(folder, "own.der")
    authority = Authority(os.path.join(folder, "authority"))
    with Receiver(authority) as receiver, Stage(folder, places=PLACES, channels=("webhook",)) as stage:
        stage.workspace.configure(receiver.url, authority.ca, networks={"webhook": {"signing-key": {"vault": "webhook-key"}}})
        stage.run("vault", "put", "webhook-key", input=private + "\n", check=0)
        for account in stage.accounts:
            account["settings"]["url"] = f"{receiver.url}/hook/{account['municipality']}"
            if account["municipality"] == OWN_KEY:
                account["credential"]["signing-key"] = own_private
        stage.write_plan(municipalities=[{**default_municipality(place), "languages": sorted(LANGUAGES[place])} for place in PLACES],
                         channels=("webhook",))
        stage.workspace.register(stage.accounts)
        stage.send(check=0)
        stage.send("update", check=0)
        secrets = {account["municipality"]: account["credential"]["secret"] for account in stage.accounts}
        yield stage, receiver, secrets, {place: own_public if place == OWN_KEY else public for place in PLACES}


def test_every_request_is_verified(sent):
    _, receiver, secrets, keys = sent
    questions = [(request, secrets[place], keys[place]) for place in PLACES for request in receiver.of(place)]
    assert len(questions) == 3 * 3
    assert verified(questions) == [{"v1": True, "v1a": True}] * len(questions)


def test_nothing_else_is(sent):
    _, receiver, secrets, keys = sent
    request = receiver.of("0301")[0]
    later = str(int(request.headers["webhook-timestamp"]) + 1)
    questions = [(changed(request, body=request.body.replace(b"Flom", b"Fest")), secrets["0301"], keys["0301"]),
                 (changed(request, webhook_timestamp=later), secrets["0301"], keys["0301"]),
                 (changed(request, webhook_id="other"), secrets["0301"], keys["0301"]),
                 (request, secrets["4640"], keys[OWN_KEY])]
    assert b"Flom" in request.body
    assert verified(questions) == [{"v1": "No matching signature found", "v1a": False}] * len(questions)


def test_an_attempt_is_signed_anew_and_is_the_same_event(sent):
    stage, receiver, _, _ = sent
    recorded = {post["id"] for delivery in stage.status().events("delivery") for post in delivery["posts"]}
    for place in PLACES:
        first, second, update = receiver.of(place)
        assert first.body == second.body and first.headers["webhook-id"] == second.headers["webhook-id"]
        assert int(first.headers["webhook-timestamp"]) < int(second.headers["webhook-timestamp"])
        assert first.headers["webhook-signature"] != second.headers["webhook-signature"]
        assert update.headers["webhook-id"] != second.headers["webhook-id"] and update.headers["webhook-id"] in recorded
    assert all("." not in request.headers["webhook-id"] for request in receiver.requests)


def test_an_event_has_the_languages_of_its_municipality(sent):
    _, receiver, _, _ = sent
    for place in PLACES:
        alert, update = (json.loads(receiver.of(place)[number].body) for number in (1, 2))
        assert (alert["type"], update["type"]) == ("crisis.alert", "crisis.update")
        assert set(alert) == {"type", "timestamp", "data"} and set(alert["data"]["texts"]) == LANGUAGES[place]


def test_no_key_is_shown(sent):
    stage, receiver, secrets, _ = sent
    shown = stage.run("audit", "log").out + stage.run("status").out + stage.run("channels", check=0).out
    with open(stage.workspace.file("registration.yaml"), encoding="utf-8") as file:
        private = [word.strip('",') for word in file.read().split() if word.strip('",').startswith("whsk_")]
    assert len(private) == 1
    for secret in [*secrets.values(), *private]:
        assert secret not in shown and all(secret.encode() not in request.raw for request in receiver.requests)
