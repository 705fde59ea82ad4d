#!/usr/bin/python3
"""Makes an account on each channel for every municipality of a directory file.

The credentials are random but seeded: the same seed makes the same accounts. Two files are written to
the folder --out: accounts.yaml, a registration file for `crisis register --from`, and accounts.json, the
same accounts for `crisis sandbox --accounts`, which then knows these and no others.
"""
import argparse
import base64
import json
import os
import random
import re
import string
import sys

ENTRY = re.compile(r'^\s*- \{id: "?([^",]+)"?, name: (\{[^}]*\}|"[^"]*"|[^,]+),', re.MULTILINE)
LABELS = ("default", "second", "third", "fourth", "fifth", *(f"account-{number}" for number in range(6, 101)))
LETTERS = string.ascii_letters + string.digits


def municipalities(path):
    """(id, name) of each entry: one line each, as in plans/norway, else whatever YAML allows."""
    with open(path, encoding="utf-8") as file:
        text = file.read()
    entries = ENTRY.findall(text)
    if len(entries) == len(re.findall(r"^\s*- ", text, re.MULTILINE)):
        return [(number, first_name(name)) for number, name in entries]
    import yaml

    found = []
    for entry in yaml.load(text, Loader=getattr(yaml, "CBaseLoader", yaml.BaseLoader))["municipalities"]:
        name = entry["name"]
        found.append((entry["id"], name if isinstance(name, str) else next(iter(name.values()))))
    return found


def first_name(written):
    if written.startswith("{"):
        written = written.strip("{}").split(",")[0].split(":", 1)[1]
    return written.strip().strip('"')


class Maker:
    def __init__(self, seed, webhook_base):
        self.random = random.Random(seed)
        self.webhook_base = webhook_base.rstrip("/")
        self.x_count = 0
        self.used_ids = set()

    def letters(self, count):
        return "".join(self.random.choices(LETTERS, k=count))

    def number(self, digits):
        while True:
            value = str(self.random.randrange(10 ** (digits - 1), 10**digits))
            if value not in self.used_ids:
                self.used_ids.add(value)
                return value

    def facebook(self, _municipality, _label):
        return {"page": self.number(15)}, {"access-token": "EAA" + self.letters(180)}

    def x(self, _municipality, _label):
        """Half with OAuth 2, half with OAuth 1.0a."""
        user = self.number(19)
        self.x_count += 1
        if self.x_count % 2:
            return {"user": user}, {"access-token": self.letters(91)}
        return {"user": user}, {
            "api-key": self.letters(25),
            "api-secret": self.letters(50),
            "access-token": user + "-" + self.letters(40),
            "access-secret": self.letters(45),
        }

    def webhook(self, municipality, label):
        receiver = municipality if label == LABELS[0] else f"{municipality}-{label}"
        secret = base64.b64encode(self.random.randbytes(32)).decode()
        return {"url": f"{self.webhook_base}/{receiver}"}, {"secret": "whsec_" + secret}


def make(directory, seed, webhook_base, per_channel):
    maker = Maker(seed, webhook_base)
    accounts = []
    for number, name in municipalities(directory):
        for channel, count in per_channel.items():
            for label in LABELS[:count]:
                settings, credential = getattr(maker, channel)(number, label)
                accounts.append({"municipality": number, "name": name, "channel": channel, "label": label,
                                 "settings": settings, "credential": credential})
    return accounts


def flow_map(values):
    return "{" + ", ".join(f'{key}: "{value}"' for key, value in values.items()) + "}"


def registration(accounts):
    lines = []
    last = None
    for account in accounts:
        if account["municipality"] != last:
            last = account["municipality"]
            lines.append(f'- municipality: "{last}"\n  accounts:\n')
        lines.append(f'    - channel: {account["channel"]}\n      label: {account["label"]}\n'
                     f'      settings: {flow_map(account["settings"])}\n'
                     f'      credential: {flow_map(account["credential"])}\n')
    return "".join(lines)


def write_private(path, text):
    handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)


def counts(text):
    """facebook=2,x=2,webhook=1"""
    per_channel = {}
    for part in text.split(","):
        channel, _, count = part.partition("=")
        if channel not in ("facebook", "x", "webhook") or not count.isdigit() or int(count) > len(LABELS):
            raise argparse.ArgumentTypeError(f"'{part}' is not CHANNEL=COUNT with at most {len(LABELS)}")
        per_channel[channel] = int(count)
    return per_channel


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("directory", metavar="DIRECTORY.yaml", help="a directory file of municipalities")
    parser.add_argument("--webhook-base", required=True, metavar="URL", help="web sites are URL/MUNICIPALITY")
    parser.add_argument("--per-channel", type=counts, default=counts("facebook=1,x=1,webhook=1"), metavar="CHANNEL=COUNT,…")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--out", default=".", metavar="FOLDER", help="where accounts.yaml and accounts.json go")
    options = parser.parse_args()

    accounts = make(options.directory, options.seed, options.webhook_base, options.per_channel)
    write_private(os.path.join(options.out, "accounts.yaml"), registration(accounts))
    write_private(os.path.join(options.out, "accounts.json"), json.dumps(accounts, ensure_ascii=False, indent=0) + "\n")
    print(f"{len(accounts)} accounts of {len({a['municipality'] for a in accounts})} municipalities", file=sys.stderr)


if __name__ == "__main__":
    main()
