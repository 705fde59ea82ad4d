"""What must hold of the files of the public site, read independently of the program: the rules of CAP 1.2 that its
schema does not have (OASIS, section 3.2, and the profile that aggregators check), of Atom, RSS and JSON Feed."""
import datetime
import email.utils
import json
import os
import re
import subprocess
import urllib.parse
import xml.etree.ElementTree as ElementTree

SCHEMAS = os.path.join(os.path.dirname(os.path.abspath(__file__)), "data", "schemas")
CAP = "{urn:oasis:names:tc:emergency:cap:1.2}"
ATOM = "{http://www.w3.org/2005/Atom}"
TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d[+-]\d\d:\d\d")
CONTROL = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\ufffe\uffff]")


def read(path):
    with open(path, "rb") as file:
        return file.read()


def validate(paths, kind, schema):
    """xmllint says that each of them is valid; nothing is fetched."""
    done = subprocess.run(["xmllint", "--noout", "--nonet", kind, os.path.join(SCHEMAS, schema), *paths], check=False,
                          stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, timeout=60)
    assert done.returncode == 0, done.stdout


def time(text):
    assert TIME.fullmatch(text), text
    return datetime.datetime.fromisoformat(text)


def is_absolute(address):
    parts = urllib.parse.urlsplit(address)
    return parts.scheme in ("http", "https") and parts.netloc


# --- CAP --------------------------------------------------------------------------------------------------------
class Alert:
    def __init__(self, path):
        self.path = path
        self.bytes = read(path)
        self.root = ElementTree.fromstring(self.bytes)
        self.infos = self.root.findall(CAP + "info")

    def __getattr__(self, name):
        return self.root.findtext(CAP + name)

    def info(self, name, index=0):
        return self.infos[index].findtext(CAP + name)

    @property
    def reference(self):
        return f"{self.sender},{self.identifier},{self.sent}"

    @property
    def referred(self):
        return (self.references or "").split()


def check_info(alert, info, is_plain):
    text = {name: info.findtext(CAP + name) for name in
            ("language", "event", "headline", "description", "web", "effective", "expires", "senderName", "areaDesc")}
    assert all(text[name] for name in ("language", "event", "description", "web", "expires", "senderName")), text
    assert re.fullmatch(r"[A-Za-z]{2,8}(-[A-Za-z0-9]{1,8})*", text["language"])
    assert time(text["effective"]) < time(text["expires"]) and time(alert.sent) < time(text["expires"])
    assert is_absolute(text["web"]) and text["web"].endswith(".html")
    assert text["headline"] != text["description"]
    assert not is_plain or not re.search(r"<\w|&\w+;", text["description"]), "HTML in a text"
    areas = info.findall(CAP + "area")
    assert areas and all(area.findtext(CAP + "areaDesc") and area.find(CAP + "geocode") is not None for area in areas)
    for resource in info.findall(CAP + "resource"):
        assert is_absolute(resource.findtext(CAP + "uri")) and resource.findtext(CAP + "resourceDesc")
    if alert.status == "Exercise":
        for name in ("headline", "description"):
            assert re.match(r"ØVELSE|ØVING|HÁRJEHUS|EXERCISE", text[name]), (name, text[name])


def check_alert(path, is_plain=True):
    """Returns the alert."""
    alert = Alert(path)
    assert b"\n<" not in alert.bytes.split(b"\n", 1)[1], "white space between elements"
    assert all(char not in value for value in (alert.identifier, alert.sender) for char in " ,<&\t\n")
    assert not alert.sent.endswith(("Z", "-00:00")) and time(alert.sent)
    assert alert.scope == "Public" and alert.status in ("Actual", "Exercise")
    assert (alert.msgType in ("Update", "Cancel")) == bool(alert.referred)
    assert len(set(alert.referred)) == len(alert.referred) and alert.reference not in alert.referred
    assert alert.status != "Exercise" or alert.note
    assert alert.infos
    for info in alert.infos:
        check_info(alert, info, is_plain)
    said = [info.findtext(CAP + "description") for info in alert.infos]
    languages = [info.findtext(CAP + "language") for info in alert.infos]
    assert len(set(said)) == len(said) and len(set(languages)) == len(languages)
    for name in ("category", "event", "expires"):
        assert len({tuple(e.text for e in info.findall(CAP + name)) for info in alert.infos}) == 1, name
    return alert


def check_alerts(paths, is_plain=True):
    """All of a site: valid, each of its own, and no reference that leads nowhere."""
    validate(paths, "--schema", "cap12_extended.xsd")
    alerts = [check_alert(path, is_plain) for path in paths]
    assert len({alert.identifier for alert in alerts}) == len(alerts)
    known = {alert.reference: alert for alert in alerts}
    for alert in alerts:
        for reference in alert.referred:
            assert time(known[reference].sent) <= time(alert.sent), reference
    return alerts


# --- feeds ------------------------------------------------------------------------------------------------------
def check_atom(path, address):
    validate([path], "--relaxng", "atom.rng")
    root = ElementTree.fromstring(read(path))
    links = {(link.get("rel"), link.get("type")): link.get("href") for link in root.findall(ATOM + "link")}
    assert links[("self", "application/atom+xml")] == address and root.find(ATOM + "author") is not None
    entries = root.findall(ATOM + "entry")
    ids = [entry.findtext(ATOM + "id") for entry in entries]
    assert len(set(ids)) == len(ids)
    for entry in entries:
        links = {link.get("type"): link.get("href") for link in entry.findall(ATOM + "link")}
        assert links["application/cap+xml"].endswith(".xml") and links["text/html"].endswith(".html")
        assert time(entry.findtext(ATOM + "updated")) <= time(root.findtext(ATOM + "updated"))
    return ids


def check_rss(path, address):
    channel = ElementTree.fromstring(read(path)).find("channel")
    if channel.find("item") is not None:  # the schema wants one; RSS 2.0 itself does not
        validate([path], "--schema", "rss-2_0.xsd")
    assert channel.find(ATOM + "link").get("href") == address and is_absolute(channel.findtext("link"))
    for item in channel.findall("item"):
        assert item.findtext("link").endswith(".xml") and item.find("guid").get("isPermaLink") == "false"
        date = email.utils.parsedate_to_datetime(item.findtext("pubDate"))
        assert item.findtext("pubDate").startswith(date.strftime("%a, %d %b %Y"))
    return [item.findtext("guid") for item in channel.findall("item")]


def check_json_feed(path, address):
    feed = json.loads(read(path))
    assert feed["version"] == "https://jsonfeed.org/version/1.1" and feed["feed_url"] == address
    assert isinstance(feed["title"], str) and feed["title"] and is_absolute(feed["home_page_url"])
    for item in feed["items"]:
        assert isinstance(item["id"], str) and item["content_text"] and item["title"]
        assert is_absolute(item["url"]) and time(item["date_published"]) and item["authors"][0]["name"]
        assert [a["mime_type"] for a in item["attachments"]] == ["application/cap+xml"]
    return [item["id"] for item in feed["items"]]


def check_feeds(folder, base, name="feed"):
    """The three of a folder say the same. Returns the ids, the latest first."""
    checks = {".atom": check_atom, ".rss": check_rss, ".json": check_json_feed}
    ids = [check(os.path.join(folder, name + end), base + name + end) for end, check in checks.items()]
    assert ids[0] == ids[1] == ids[2]
    return ids[0]
