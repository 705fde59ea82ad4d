"""A country made up to size: a plan, a workspace and accounts, posting to nginx (server.py)."""
import base64
import os
import re
import shutil
import tempfile

from measure import Failed, posted_ms, run
from server import DOMAIN

FIRST = 10000  # municipalities are numbers from here on
DIRECTORY_MAX = 2500  # municipalities in a file
REGISTRATION_MAX = 30000  # accounts in a registration file
DEADLINE = 6  # the exit code when some are left
TEXT = "Det er flomfare i {{municipality.name}}. Vannet stiger raskt i elver og bekker. Hold deg unna dem. " * 3
PLAN = """\
plan: country
title: Country
issuer: Bench
languages: [nb]
approval: {{threshold: 0}}
municipalities:
{audience}channels: [facebook, webhook]
messages:
  alert: {{kind: alert, expires: 6h, text: {{nb: {{headline: Flomfare, long: "{text}"}}}}}}
  cancel: {{kind: cancel, follows: alert, text: {{nb: {{headline: Ny, long: Ny melding}}}}}}
  all-clear: {{kind: all-clear, follows: alert, text: {{nb: {{headline: Ny, long: Ny melding}}}}}}
"""


class Country:
    """`places` municipalities, each with so many `pages` of Facebook, over HTTP/2, and `sites` that take webhooks: of all
    at one host over HTTP/2, or, with `own_hosts`, at a host of each municipality's own over HTTP/1.1."""

    def __init__(self, crisis, folder, server, places, pages=0, sites=0, own_hosts=False):
        self.crisis, self.folder, self.server = crisis, folder, server
        self.pages, self.sites, self.own_hosts = pages, sites, own_hosts
        self.count = places * (pages + sites)
        self.places = range(FIRST, FIRST + places)
        self.made = os.path.join(folder, "made")
        self.workspace = os.path.join(folder, "workspace")
        self.plan = os.path.join(folder, "plan.yaml")
        self.write_plan()
        run(crisis, "--quiet", "init", self.made)
        self.configure()
        self.register()

    def write_plan(self):
        audience = ""
        for first in range(0, len(self.places), DIRECTORY_MAX):
            name = f"municipalities-{first}.yaml"
            audience += f"  - from: {name}\n    select: [all]\n"
            with open(os.path.join(self.folder, name), "w", encoding="utf-8") as file:
                file.write("municipalities:\n")
                file.writelines(f'  - {{id: "{place}", name: Sted{place}, languages: [nb], website: "https://m{place}.example.no"}}\n'
                                for place in self.places[first:first + DIRECTORY_MAX])
        with open(self.plan, "w", encoding="utf-8") as file:
            file.write(PLAN.format(audience=audience, text=TEXT))

    def configure(self):
        path = os.path.join(self.made, "crisis.yaml")
        with open(path, encoding="utf-8") as file:
            log = re.search(r"^log:.*?(?=^\S|\Z)", file.read(), re.MULTILINE | re.DOTALL).group(0)
        with open(path, "w", encoding="utf-8") as file:
            file.write(f'coordinator: {{name: Bench}}\napproval: {{threshold: 0}}\n{log}\nca-file: "{self.server.own_ca}"\n'
                       f'networks:\n  facebook: {{endpoint: "https://127.0.0.1:{self.server.http2_port}/facebook/v25.0"}}\n')

    def account_lines(self, place):
        yield f'- municipality: "{place}"\n  accounts:\n'
        for number in range(self.pages):
            page = place * 10**9 + number
            yield (f'    - channel: facebook\n      label: page-{number}\n      settings: {{page: "{page:015d}"}}\n'
                   f'      credential: {{access-token: "EAA{page:0180d}"}}\n')
        host = f"m{place}.{DOMAIN}:{self.server.http1_port}" if self.own_hosts else f"sites.{DOMAIN}:{self.server.http2_port}"
        for number in range(self.sites):
            secret = base64.b64encode(f"{place:016d}{number:016d}".encode()).decode()
            yield (f'    - channel: webhook\n      label: site-{number}\n'
                   f'      settings: {{url: "https://{host}/webhook/{place}-{number}"}}\n      credential: {{secret: "whsec_{secret}"}}\n')

    def register(self):
        path = os.path.join(self.folder, "registration.yaml")
        step = max(1, REGISTRATION_MAX // (self.pages + self.sites))
        for first in range(0, len(self.places), step):
            with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w", encoding="utf-8") as file:
                for place in self.places[first:first + step]:
                    file.writelines(self.account_lines(place))
            run(self.crisis, "--quiet", "-C", self.made, "register", "--from", path)

    def renew(self):
        """The workspace as it was before anything was sent."""
        if os.path.exists(self.workspace):  # see scratch() in measure.py
            os.rename(self.workspace, tempfile.mkdtemp(dir=self.folder))
        shutil.copytree(self.made, self.workspace)

    def send(self, *arguments, command=(), **options):
        """All of it, from a workspace that knows of no other run; `command` runs it."""
        self.renew()
        figures, _ = run(*command, self.crisis, "--quiet", "-C", self.workspace, "send", self.plan, "--yes", *arguments, **options)
        return figures

    def send_all(self, **options):
        figures = self.send("--deadline", "3h", **options)
        posted = len(posted_ms(self.workspace))
        if posted != self.count:
            raise Failed(f"{posted} of {self.count} deliveries were posted")
        return figures
