"""What the end-to-end tests start from: the program, a workspace, the sandbox, plans and accounts.

    crisis("check", path, check=0)            runs the program: .code .out .err, with json=True also .lines
    crisis.each([["check", path], …])         runs many at a time
    crisis.start("send", …)                   starts it and returns its subprocess.Popen, ended after the test
    workspace.run("send", path, "--yes")      the same in a fresh workspace: .path .configure() .register() .file()
    sandbox(accounts=[…], faults=[…])         starts one: .url .ca .posts() .log() .stats() .reset() .stop()
    plan(municipalities=…, languages=…)       writes a plan file and returns its path
    accounts(["0301"], channels=("x",))       accounts as a list of dictionaries, credentials made up from a seed
    wait_until(condition)                     asks until the condition holds, or fails

Every run of the program is also a test of it: a report of a sanitizer fails the test that caused it.
"""
import base64
import concurrent.futures
import json
import os
import random
import select
import shutil
import signal
import ssl
import string
import subprocess
import tempfile
import threading
import time
import urllib.request

import pytest
import yaml

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
# They end what hangs, and measure nothing: however slow the machine is, a test that is under way does not meet them.
RUN_TIMEOUT_S = 300
WAIT_TIMEOUT_S = 120
POLL_S = 0.01
AT_A_TIME = 4
OF_THE_USER = ("CRISIS_WORKSPACE", "NO_COLOR", "LANG", "LANGUAGE", "LC_ALL", "LC_MESSAGES")
LETTERS = string.ascii_letters + string.digits
REPORTS = ("AddressSanitizer", "LeakSanitizer", "UndefinedBehaviorSanitizer", "runtime error:")
NAMES = {"0301": "Oslo", "1103": "Stavanger", "3401": "Kongsvinger", "4601": "Bergen", "4640": "Sogndal",
         "5001": "Trondheim", "5501": "Tromsø", "9901": "Øvelsesby"}
NYNORSK = {"4640"}

# What is ignored here is ignored by every program that is started: after nohup, and in the background of a script.
for number in (signal.SIGHUP, signal.SIGQUIT):
    signal.signal(number, signal.SIG_DFL)
signal.signal(signal.SIGINT, signal.default_int_handler)


def pytest_configure(config):
    config.addinivalue_line("markers", "alone: compares a time with a limit; ./dev runs these one after the other, beside no other test")


def binary_path():
    given = os.environ.get("CRISIS_BINARY")
    folders = [os.path.join(ROOT, folder, "crisis") for folder in ("build-dev", "build")]
    return given or next((path for path in folders if os.path.exists(path)), folders[0])


def release_path():
    given = os.environ.get("CRISIS_RELEASE_BINARY")
    path = given or os.path.join(ROOT, "build", "crisis")
    return path if os.path.exists(path) else None


def wait_until(condition, timeout=WAIT_TIMEOUT_S):
    """The first true value of condition(); fails after `timeout` seconds."""
    deadline = time.monotonic() + timeout
    while True:
        value = condition()
        if value:
            return value
        assert time.monotonic() < deadline, f"did not happen within {timeout} s"
        select.select([], [], [], POLL_S)


# --- the program ------------------------------------------------------------------------------------------------
class Result:
    """How a run ended. `lines` holds the JSON lines of standard output, parsed."""

    def __init__(self, arguments, code, out, err, as_json):
        self.arguments = arguments
        self.code = code
        self.out = out
        self.err = err
        self.lines = [json.loads(line) for line in out.splitlines()] if as_json else []

    def events(self, name):
        return [line for line in self.lines if line.get("event") == name]

    def __repr__(self):
        return f"{' '.join(map(str, self.arguments))} -> {self.code}\n{self.out[-4000:]}\n{self.err[-4000:]}"


def assert_no_report(err):
    assert not any(word in err for word in REPORTS), err


class Program:
    """The program; calling it runs it."""

    def __init__(self, folder, binary=None):
        self.binary = binary or binary_path()
        self.folder = str(folder)
        self.started = []

    def environment(self, extra=None):
        environment = {key: value for key, value in os.environ.items() if key not in OF_THE_USER}
        environment["LC_ALL"] = "C.UTF-8"
        environment.setdefault("ASAN_OPTIONS", "detect_leaks=1")
        environment.setdefault("UBSAN_OPTIONS", "print_stacktrace=1")
        environment.update(extra or {})
        return {key: value for key, value in environment.items() if value is not None}

    def command(self, arguments, as_json):
        return [self.binary, *(["--json"] if as_json else []), *map(str, arguments)]

    def run(self, *arguments, cwd=None, input=None, env=None, check=None, json=False, timeout=RUN_TIMEOUT_S):
        """Text or bytes go in, text comes out. `check`: the exit code that is expected."""
        if isinstance(input, str):
            input = input.encode()
        done = subprocess.run(self.command(arguments, json), cwd=str(cwd or self.folder), input=input or b"",
                              env=self.environment(env), stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=timeout)
        err = done.stderr.decode("utf-8", "replace")
        assert_no_report(err)
        result = Result(arguments, done.returncode, done.stdout.decode("utf-8", "surrogateescape"), err, json)
        assert check is None or result.code == check, result
        return result

    __call__ = run

    def each(self, commands, **options):
        """Runs many, some at a time, and returns how each ended, in their order."""
        with concurrent.futures.ThreadPoolExecutor(max_workers=AT_A_TIME) as pool:
            return list(pool.map(lambda words: self.run(*words, **options), commands))

    def start(self, *arguments, cwd=None, env=None, json=False, stdin=subprocess.DEVNULL):
        """Starts it and returns at once; what is still running when the test ends is killed."""
        process = subprocess.Popen(self.command(arguments, json), cwd=str(cwd or self.folder), env=self.environment(env),
                                   stdin=stdin, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
        self.started.append(process)
        return process

    def end(self):
        for process in self.started:
            if process.poll() is None:
                process.kill()
            process.communicate(timeout=WAIT_TIMEOUT_S)


@pytest.fixture
def crisis(tmp_path):
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    program = Program(folder)
    yield program
    program.end()


@pytest.fixture
def release(tmp_path):
    """The released build, for what is measured."""
    if not release_path():
        pytest.skip("no released build is there")
    program = Program(tmp_path, release_path())
    yield program
    program.end()


# --- the workspace ----------------------------------------------------------------------------------------------
def registration_text(accounts):
    """A registration file of these accounts."""
    groups = []
    for account in accounts:
        if not groups or groups[-1]["municipality"] != account["municipality"]:
            groups.append({"municipality": account["municipality"], "accounts": []})
        groups[-1]["accounts"].append({key: account[key] for key in ("channel", "label", "settings", "credential")})
    return json.dumps(groups, ensure_ascii=False, indent=1) + "\n"


class Workspace:
    def __init__(self, path, program):
        self.path = str(path)
        self.program = program
        self.url = None

    def file(self, name):
        return os.path.join(self.path, name)

    def write(self, name, text):
        with open(self.file(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.file(name)

    def run(self, *arguments, **options):
        return self.program.run("-C", self.path, *arguments, **options)

    def start(self, *arguments, **options):
        return self.program.start("-C", self.path, *arguments, **options)

    def config(self):
        with open(self.file("crisis.yaml"), encoding="utf-8") as file:
            return yaml.safe_load(file)

    def configure(self, url, ca, **more):
        """Points the workspace at a sandbox. `more`: other keys of crisis.yaml, _ written for -."""
        self.url = url
        config = {
            "coordinator": {"name": "Nasjonal krisekoordinator", "language": "nb", "time-zone": "Europe/Oslo"},
            "approval": {"threshold": 0}, "store": "sqlite", "log": self.config().get("log", {}), "ca-file": str(ca),
            "networks": {"facebook": {"endpoint": url + "/facebook/v25.0"}, "x": {"endpoint": url + "/x"},
                         "telegram": {"endpoint": url + "/telegram"}, "instagram": {"endpoint": url + "/instagram/v25.0"},
                         "threads": {"endpoint": url + "/threads/v1.0"}, "youtube": {"endpoint": url + "/youtube"}},
            **{key.replace("_", "-"): value for key, value in more.items()},
        }
        self.write("crisis.yaml", yaml.safe_dump(config, allow_unicode=True, sort_keys=False))

    def register(self, accounts, check=0):
        """Registers them; sites and servers stand at the sandbox that `configure` named."""
        if self.url:
            accounts = json.loads(json.dumps(accounts).replace(SANDBOX_BASE + "/", self.url + "/"))
        path = self.write("registration.yaml", registration_text(accounts))
        os.chmod(path, 0o600)
        return self.run("register", "--from", path, check=check)


making, made = threading.Lock(), []


def copy_empty_workspace(path):
    """A workspace as `init` makes it, which is run once: all copies have the same keys."""
    with making:
        if not made:
            made.append(tempfile.TemporaryDirectory(prefix="crisis-empty-"))
            Program(made[0].name).run("init", os.path.join(made[0].name, "workspace"), check=0)
    return shutil.copytree(os.path.join(made[0].name, "workspace"), path)


@pytest.fixture
def workspace(tmp_path, crisis):
    return Workspace(copy_empty_workspace(tmp_path / "workspace"), crisis)


# --- the sandbox ------------------------------------------------------------------------------------------------
class Sandbox:
    """A running `crisis sandbox`."""

    def __init__(self, program, folder, arguments):
        self.process = program.start("sandbox", "--listen", "127.0.0.1:0", "--dir", str(folder), *arguments, json=True)
        line = self.process.stdout.readline()
        assert line, self.process.stderr.read()
        announced = json.loads(line)
        self.url, self.ca = announced["url"], announced["ca"]
        self.tls = ssl.create_default_context(cafile=self.ca)

    def ask(self, path, data=None):
        with urllib.request.urlopen(self.url + path, data=data, context=self.tls, timeout=WAIT_TIMEOUT_S) as answer:
            return answer.read()

    def get(self, path):
        return json.loads(self.ask(path))

    def posts(self):
        return self.get("/_sandbox/posts")

    def log(self):
        return self.get("/_sandbox/log")

    def stats(self):
        return self.get("/_sandbox/stats")

    def reset(self):
        self.ask("/_sandbox/reset", data=b"")

    def stop(self):
        """Ends it; returns what it wrote to standard error."""
        if self.process.poll() is None:
            self.process.send_signal(signal.SIGTERM)
        _, err = self.process.communicate(timeout=WAIT_TIMEOUT_S)
        assert_no_report(err)
        assert self.process.returncode == 0, err
        return err


@pytest.fixture
def sandbox(tmp_path, crisis):
    running = []

    def start(*arguments, accounts=None, faults=(), latency=None):
        folder = tmp_path / f"sandbox-{len(running) + 1}"
        if accounts is not None:
            path = tmp_path / f"accounts-{len(running) + 1}.json"
            path.write_text(json.dumps(accounts, ensure_ascii=False), encoding="utf-8")
            arguments += ("--accounts", str(path))
        for fault in faults:
            arguments += ("--faults", fault)
        if latency:
            arguments += ("--latency", latency)
        running.append(Sandbox(crisis, folder, arguments))
        return running[-1]

    yield start
    for one in running:
        if one.process.poll() is None:
            one.stop()


# --- accounts ---------------------------------------------------------------------------------------------------
SANDBOX_BASE = "https://127.0.0.1:1"  # replaced by the sandbox's when they are registered
WEBHOOK_BASE = SANDBOX_BASE + "/webhook"
BOT = "123456:" + "A" * 35  # one for all chats, as a coordinator has it


def letters(source, count):
    return "".join(source.choices(LETTERS, k=count))


def make_account(source, municipality, channel, label="default", form="oauth2"):
    user = str(source.randrange(10**17, 10**18))
    if channel == "facebook":
        settings, credential = {"page": user[:15]}, {"access-token": "EAA" + letters(source, 180)}
    elif channel == "x" and form == "oauth2":
        settings, credential = {"user": user}, {"access-token": letters(source, 91)}
    elif channel == "x":
        settings = {"user": user}
        credential = {"api-key": letters(source, 25), "api-secret": letters(source, 50),
                      "access-token": user + "-" + letters(source, 40), "access-secret": letters(source, 45)}
    elif channel == "mastodon":
        settings, credential = {"server": SANDBOX_BASE + "/mastodon"}, {"access-token": letters(source, 43)}
    elif channel == "bluesky":
        settings = {"handle": f"{label}.kommune-{municipality}.example", "server": SANDBOX_BASE + "/bluesky"}
        credential = {"app-password": "-".join(letters(source, 4) for _ in range(4))}
    elif channel == "threads":
        settings, credential = {"account": user[:15]}, {"access-token": "THAA" + letters(source, 150)}
    elif channel == "instagram":
        settings, credential = {"account": user[:17]}, {"access-token": "EAA" + letters(source, 180)}
    elif channel == "telegram":
        settings, credential = {"chat": f"@varsel_{municipality}_{label}"}, {"bot-token": BOT}
    elif channel == "youtube":
        settings, credential = {"channel-id": "UC" + letters(source, 22)}, {"refresh-token": "1//" + letters(source, 90)}
    elif channel == "feed":
        settings, credential = {"path": municipality if label == "default" else f"{municipality}/{label}"}, {}
    elif channel == "wordpress":
        settings = {"site": f"{SANDBOX_BASE}/wordpress/{municipality}-{label}"}
        credential = {"user": "varsler", "application-password": " ".join(letters(source, 4) for _ in range(6))}
    elif channel == "micropub":
        settings, credential = {"site": f"{SANDBOX_BASE}/micropub/{municipality}-{label}"}, {"access-token": letters(source, 43)}
    else:
        receiver = municipality if label == "default" else f"{municipality}-{label}"
        settings = {"url": f"{WEBHOOK_BASE}/{receiver}"}
        credential = {"secret": "whsec_" + base64.b64encode(source.randbytes(32)).decode()}
    return {"municipality": municipality, "name": NAMES.get(municipality, municipality), "channel": channel,
            "label": label, "settings": settings, "credential": credential}


@pytest.fixture
def accounts():
    """accounts(ids, channels, labels, form, seed): the same seed makes the same accounts."""

    def make(municipalities=("0301",), channels=("facebook", "x", "webhook"), labels=("default",), form="oauth2", seed=1):
        source = random.Random(seed)
        return [make_account(source, municipality, channel, label, form)
                for municipality in municipalities for channel in channels for label in labels]

    return make


# --- plans ------------------------------------------------------------------------------------------------------
KINDS = {"alert": None, "update": "alert", "correction": "alert", "cancel": "alert", "all-clear": "alert"}
WORDS = {
    "nb": {"alert": "Flom. Hold deg unna elva", "update": "Vannet stiger fortsatt", "correction": "Retting av forrige melding",
           "cancel": "Varselet gjelder ikke lenger", "all-clear": "Faren er over"},
    "nn": {"alert": "Flaum. Hald deg unna elva", "update": "Vatnet stig framleis", "correction": "Retting av førre melding",
           "cancel": "Varselet gjeld ikkje lenger", "all-clear": "Faren er over no"},
    "en": {"alert": "Flood. Stay away from the river", "update": "The water is still rising",
           "correction": "Correction of the last message", "cancel": "The warning no longer holds", "all-clear": "The danger is over"},
    "se": {"alert": "Dulvi. Ale mana joga lahka", "update": "Čáhci badjána ain", "correction": "Divvojuvvon diehtu",
           "cancel": "Várrehus ii leat šat fámus", "all-clear": "Várra lea meaddel"},
}


def default_text(language, kind):
    words = WORDS[language][kind]
    return {"headline": words, "short": "{{municipality.name}}: " + words + ".",
            "long": "{{municipality.name}}: " + words + ".\n\n" + words + ". {{municipality.website}}"}


def default_municipality(number):
    return {"id": number, "name": NAMES.get(number, "Kommune " + number),
            "county": {"id": number[:2], "name": "Fylke " + number[:2]},
            "languages": ["nn"] if number in NYNORSK else ["nb"], "website": f"https://kommune-{number}.example"}


def make_plan(municipalities=("0301",), languages=("nb", "nn"), texts=None, messages=None, channels=("facebook", "x", "webhook"),
              **more):
    """A plan as a dictionary. `municipalities`: ids, or whole entries; `texts`: for a kind, what replaces its text;
    `messages`: instead of all five; `more`: other keys of the plan."""
    texts = texts or {}
    if messages is None:
        messages = {}
        for kind, follows in KINDS.items():
            text = texts.get(kind, {language: default_text(language, kind) for language in languages})
            messages[kind] = {"kind": kind, **({"follows": follows} if follows else {}), "expires": "6h", "text": text}
    entries = [default_municipality(one) if isinstance(one, str) else one for one in municipalities]
    whole = {"plan": "flom", "title": "Flom", "issuer": "Nasjonal krisekoordinator", "languages": list(languages),
             "approval": {"threshold": 0}, "municipalities": entries, "channels": list(channels), **more}
    return {**{key: value for key, value in whole.items() if value}, "messages": messages}


@pytest.fixture
def plan(tmp_path):
    """plan(...): writes what make_plan makes, to plan.yaml or `name`, and returns the path."""

    def write(*arguments, name="plan.yaml", **options):
        path = tmp_path / name
        path.write_text(yaml.safe_dump(make_plan(*arguments, **options), allow_unicode=True, sort_keys=False, width=1000),
                        encoding="utf-8")
        return str(path)

    return write
