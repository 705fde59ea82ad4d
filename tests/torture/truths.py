"""Three truths about the same deliveries, and whether they agree: what exists on the networks and on the public site, what
the store says, what the audit log says. The store is read with SQLite itself, not by the program.

    disagreements = compare(store, audit, posts, is_undecidable)      a list of sentences; empty: they agree
"""
import base64
import collections
import contextlib
import glob
import json
import os
import sqlite3
import xml.etree.ElementTree

FINAL = {"posted", "failed", "skipped", "stopped", "retracted"}
DOCUMENTS = {"webhook", "feed"}  # one post with all languages


class Delivery:
    """One row of the store."""

    def __init__(self, row):
        self.run, key, self.municipality, self.channel, self.account, self.language, self.state, posts, parts = row
        self.key = base64.urlsafe_b64encode(key).decode().rstrip("=")
        self.ids = [post["id"] for post in json.loads(posts or "[]")]
        self.parts = json.loads(parts)

    @property
    def place(self):
        return self.channel, self.municipality, self.account

    def __repr__(self):
        return f"{self.run} {self.municipality}/{self.channel}/{self.account}/{self.language} {self.state} {self.ids}"


class Store:
    def __init__(self, path):
        with contextlib.closing(sqlite3.connect(f"file:{path}?mode=ro", uri=True, timeout=30)) as database:
            self.runs = [row[0] for row in database.execute("SELECT id FROM runs ORDER BY row")]
            self.deliveries = [Delivery(row) for row in database.execute(
                "SELECT r.id, d.key, d.municipality, d.channel, d.account, d.language, d.state, d.posts, t.parts "
                "FROM deliveries d JOIN runs r ON r.row = d.run JOIN drafts t ON t.row = d.draft ORDER BY d.row")]

    def of_run(self, run):
        return [one for one in self.deliveries if one.run == run]

    def states(self):
        return collections.Counter(one.state for one in self.deliveries)


def read_public_site(folder):
    """The messages below public/ as posts of their accounts, by their records; and what of their files is not there."""
    posts, wrong = [], []
    for path in sorted(glob.glob(os.path.join(folder, "**", "[0-9]*-*-*.json"), recursive=True)):
        record = json.loads(read(path))
        municipality, _, label = record["path"].partition("/")
        slug = record["slug"]
        posts.append({"channel": "feed", "municipality": municipality, "account": label or "default", "id": slug,
                      "text": record["document"]["message"], "reply_to": None, "deleted": "retracted" in record})
        place = os.path.dirname(path)
        if not os.path.exists(f"{place}/{slug}.html"):
            wrong.append(f"SITE: {place}/{slug}.html is not there")
        for feed in (os.path.join(place, "feed.json"), os.path.join(folder, "feed.json")):
            if not os.path.exists(feed) or slug not in read(feed):
                wrong.append(f"SITE: {feed} does not list {slug}")
        for end in ("", "-retracted") if "retracted" in record else ("",):
            if not is_well_formed(f"{place}/{slug}{end}.xml"):
                wrong.append(f"SITE: {place}/{slug}{end}.xml is no XML")
    return posts, wrong


def read(path):
    with open(path, encoding="utf-8") as file:
        return file.read()


def is_well_formed(path):
    try:
        xml.etree.ElementTree.parse(path)
    except (OSError, xml.etree.ElementTree.ParseError):
        return False
    return True


def against_networks(store, posts, touched, is_undecidable):
    """Each post is one delivery's, each post that a delivery has is there, and no delivery has it twice. Of what is retracted
    nothing is there; of what was `touched`, whose deletion was tried and refused, some parts may be gone."""
    wrong = []
    there = {(p["channel"], p["municipality"], p["account"], p["id"]): p for p in posts if not p["deleted"]}
    claims = collections.Counter((*one.place, post) for one in store.deliveries for post in one.ids)
    for one in store.deliveries:
        lost = [post for post in one.ids if (*one.place, post) not in there]
        if one.state == "retracted" and len(lost) < len(one.ids):
            wrong.append(f"KEPT: {one} is called retracted, and the network has posts of it still")
        if lost and one.state != "retracted" and one.key not in touched:
            wrong.append(f"LOSS: {one} has posts that the network does not have: {lost}")
        if one.state == "posted" and len(one.ids) != (len(one.parts) if one.channel not in DOCUMENTS else 1):
            wrong.append(f"LOSS: {one} is called posted with {len(one.ids)} posts for {len(one.parts)} parts")
        if one.state not in FINAL and not is_undecidable(one):
            wrong.append(f"UNDECIDED: {one}")
    wrong += [f"LOSS: {count} deliveries have the same post {claim}" for claim, count in claims.items() if count > 1]
    return wrong + unclaimed(store, [post for claim, post in there.items() if claim not in claims], is_undecidable)


def unclaimed(store, posts, is_undecidable):
    """Posts that no delivery has: only what cannot be decided may explain one, and only one each."""
    wrong = []
    doubtful = collections.defaultdict(list)
    for one in store.deliveries:
        if one.state not in FINAL and is_undecidable(one):
            doubtful[one.place].append(one)
    # A receiver is told that something is taken back which, as is seen only here, never came to it.
    notices = {f"{one.key}-retracted" for one in store.deliveries if one.channel == "webhook" and one.state == "retracted"}
    for post in posts:
        place = (post["channel"], post["municipality"], post["account"])
        if post["id"] in notices:
            continue
        if doubtful[place]:
            doubtful[place].pop()  # a part of it was posted, and nothing after it
            continue
        owners = [one for one in store.deliveries if one.place == place]
        word = "DOUBLE" if all(one.state == "posted" for one in owners) else "LOSS"
        wrong.append(f"{word}: nobody has post {post['id']} of {place} {post['text'][:60]!r}; its account has {owners}")
    return wrong


def against_audit(store, entries):
    """A delivery that is posted has one entry that says so, with the same posts; another has none. Before each post there
    was an entry with the intent."""
    wrong = []
    said, attempts, retracted = collections.defaultdict(list), collections.Counter(), collections.Counter()
    for entry in entries:
        if entry.get("type") == "attempt":
            attempts[entry["delivery"]] += 1
        elif entry.get("type") in ("outcome", "look-up") and entry["state"] == "posted":
            said[entry["delivery"]].append(entry.get("posts", []))
        elif entry.get("type") == "retracted" and entry["state"] == "retracted":
            retracted[entry["delivery"]] += 1
    for one in store.deliveries:
        fine = ([one.ids], []) if one.state == "retracted" else ([one.ids],) if one.state == "posted" else ([],)
        if retracted[one.key] != (one.state == "retracted"):
            wrong.append(f"AUDIT: {one}, and the log says {retracted[one.key]} times that it is retracted")
        if said[one.key] not in fine:
            wrong.append(f"AUDIT: {one}, but the log says {said[one.key]}")
        if len(one.ids) > attempts[one.key]:
            wrong.append(f"AUDIT: {one} has {len(one.ids)} posts and {attempts[one.key]} recorded intents")
    strange = set(said) - {one.key for one in store.deliveries}
    return wrong + [f"AUDIT: the log says posted of {key}, which the store does not have" for key in strange]


def threads_are_whole(store, posts):
    """Each part of a thread replies to the one before. Two deliveries with the same texts at one account may have each other's
    posts after a look-up: nothing on the network tells them apart."""
    replies = {(p["channel"], p["id"]): p["reply_to"] for p in posts}
    wrong = []
    for one in store.deliveries:
        alike = [other for other in store.deliveries if other.place == one.place and other.parts == one.parts]
        for number, (before, after) in enumerate(zip(one.ids, one.ids[1:])):
            if replies.get((one.channel, after)) not in {other.ids[number] for other in alike if len(other.ids) > number}:
                wrong.append(f"THREAD: {one}: {after} does not reply to {before}")
    return wrong


def compare(store, audit, posts, is_undecidable=lambda delivery: False):
    touched = {entry["delivery"] for entry in audit if entry.get("type") == "retract-attempt"}
    return (against_networks(store, posts, touched, is_undecidable) + against_audit(store, audit) + threads_are_whole(store, posts))
