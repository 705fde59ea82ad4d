"""Carries a script out: sends, strikes, resumes until nothing is left, and compares the truths."""
import collections
import json
import os
import random
import select
import signal
import subprocess
import threading
import time
import urllib.error

from conftest import Program, Sandbox, Workspace, assert_no_report, make_account, make_plan
from script import AGAIN, CHANNELS, LEFT, LOOK, PUBLIC_SITE
from truths import FINAL, Store, compare, read_public_site

DEADLINE = "20s"
SITE = "https://127.0.0.1:8443/site"  # nobody asks there: it is the name of what is in public/
RESUMES_MAX = 200  # a busy machine ends many of them: nothing was heard for a moment
RUN_S = 300
ROUND_S = 900
PATIENCE_S = 0.2
INTERRUPTED = 130
ENDS = {0, 1, 2, 5, 6, INTERRUPTED}
UNAWARE = {-signal.SIGKILL, -signal.SIGINT, -signal.SIGTERM}  # also when nothing is sent yet, or any more
REFUSALS = ("is being worked on", "this message is being sent by")  # of a second sender
EXCUSES = ("no network of this run could be reached", *REFUSALS)  # of exit code 1
SIGNALS = {"kill": signal.SIGKILL, "interrupt": signal.SIGINT, "interrupt-twice": signal.SIGINT,
           "terminate": signal.SIGTERM}


class Round:
    """`run()` returns the counts and the disagreements."""

    def __init__(self, folder, binary, script):
        self.folder, self.script = str(folder), script
        os.makedirs(self.folder, exist_ok=True)
        self.program = Program(self.folder, binary)
        self.workspace = Workspace(os.path.join(self.folder, "workspace"), self.program)
        self.counts, self.wrong = collections.Counter(), []  # deliveries by state, faults, blows …
        self.retracted = set()  # runs that are taken back
        self.blows = list(script.blows)
        self.was_cut_short = False  # the last sender
        self.frozen = threading.Lock()

    # --- the stage ----------------------------------------------------------------------------------------------
    def open(self):
        script = self.script
        self.program.run("init", self.workspace.path, check=0)
        source = random.Random(script.sandbox_seed)
        accounts = [make_account(source, place, channel, label) for place in script.municipalities
                    for channel in script.outlets for label in script.labels]
        known = [account for account in accounts if account["channel"] != PUBLIC_SITE]
        arguments = ["--accounts", self.write("accounts.json", json.dumps(known)), "--seed", script.sandbox_seed,
                     "--latency", f"{script.latency_ms}ms", "--no-rate-limits"]
        arguments += [word for fault in script.faults for word in ("--faults", fault)]
        arguments += ["--http1"] if script.http1 else []
        arguments += ["--refuse-duplicates"] if script.refuses_duplicates else []
        self.sandbox = Sandbox(self.program, os.path.join(self.folder, "sandbox"), arguments)
        self.workspace.configure(self.sandbox.url, self.sandbox.ca)
        config = self.workspace.config()
        config["coordinator"]["url"] = SITE
        self.workspace.write("crisis.yaml", json.dumps(config))
        self.workspace.register([self.at_own_host(account) for account in accounts])
        entries = [{"id": place, "name": "Kommune " + place, "county": {"id": place[:2], "name": "Fylke"},
                    "languages": script.languages} for place in script.municipalities]
        message = {"kind": "information", "text": {language: {"long": script.text} for language in script.languages}}
        plan = make_plan(entries, languages=script.languages, messages={"info": message}, channels=script.outlets)
        self.plan = self.write("plan.yaml", json.dumps(plan))

    def at_own_host(self, account):
        url = account["settings"].get("url")
        if not url or not self.script.own_hosts:
            return account
        port = self.sandbox.url.rsplit(":", 1)[1]
        name = url.rsplit("/", 1)[1]
        return {**account, "settings": {"url": f"https://{name}.sandbox.localhost:{port}/webhook/{name}"}}

    def write(self, name, text):
        path = os.path.join(self.folder, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write(text)
        return path

    def store(self):
        return Store(self.workspace.file("crisis.db"))

    # --- one process --------------------------------------------------------------------------------------------
    def sender(self, words):
        """Runs a sender to its end, or to the next blow; false: another one was at work."""
        process = self.workspace.start(*words, "--deadline", DEADLINE, json=True)
        blow = self.blows.pop(0) if self.blows else None
        if blow:
            self.wait_for(process, blow)
            if process.poll() is None:
                self.strike(process, blow)
        out, err = process.communicate(timeout=RUN_S)
        self.program.started.remove(process)
        self.judge_end(words, process.returncode, err)
        self.was_cut_short = process.returncode in UNAWARE or process.returncode == INTERRUPTED
        is_refused = any(words in err for words in REFUSALS)
        if is_refused:
            time.sleep(PATIENCE_S)  # the second sender is at it
        return not is_refused

    def wait_for(self, process, blow):
        lines, data = blow.lines, b""
        until = time.monotonic() + RUN_S
        while lines is not None and time.monotonic() < until:
            if data.count(b"\n") >= lines if isinstance(lines, int) else b'"event":"summary"' in data:
                break
            if not select.select([process.stdout], [], [], 1)[0]:
                continue
            piece = os.read(process.stdout.fileno(), 65536)
            if not piece:
                break
            data += piece
        try:
            process.communicate(timeout=blow.after_s)
        except subprocess.TimeoutExpired:
            pass

    def strike(self, process, blow):
        self.counts["blow " + blow.kind] += 1
        process.send_signal(SIGNALS[blow.kind])
        if blow.kind == "interrupt-twice":
            process.send_signal(signal.SIGINT)

    def judge_end(self, words, code, err):
        self.counts["processes"] += 1
        try:
            assert_no_report(err)
        except AssertionError:
            self.wrong.append(f"SANITIZER: {err}")
        if code in UNAWARE:
            return
        if code not in ENDS or (code == 1 and not any(words in err for words in EXCUSES)):
            self.wrong.append(f"END: {words} ended with {code}: {err[-1500:]}")

    # --- what goes on meanwhile ---------------------------------------------------------------------------------
    def freeze(self, seconds):
        """Nothing on the network moves for so long."""
        with self.frozen:
            self.sandbox.process.send_signal(signal.SIGSTOP)
            time.sleep(seconds)
            self.sandbox.process.send_signal(signal.SIGCONT)
        self.counts["freezes"] += 1

    def second_sender(self):
        result = self.workspace.run("resume", "--deadline", DEADLINE, timeout=RUN_S)
        self.counts["second senders refused"] += any(words in result.err for words in REFUSALS)
        self.judge_end("a second resume", result.code, result.err)

    def meanwhile(self):
        script = self.script
        tasks = [threading.Timer(after, self.freeze, [seconds]) for after, seconds in script.freezes]
        if script.second_sender:
            tasks.append(threading.Timer(0.15, self.second_sender))
        for task in tasks:
            task.start()
        return tasks

    # --- the story ----------------------------------------------------------------------------------------------
    def is_undecidable(self, delivery):
        """Nobody can tell: its network has no look-up, or answers none at its account."""
        way = CHANNELS.get(delivery.channel, AGAIN)
        return delivery.state == "in-doubt" and (way == LEFT or way == LOOK and delivery.municipality in self.script.blind)

    def is_done(self, run):
        return all(one.state in FINAL or self.is_undecidable(one) for one in self.store().of_run(run))

    def begin(self, number):
        """A run, however often the process dies before there is one."""
        while len(self.store().runs) < number:
            self.sender(["send", self.plan, "--yes"])
        return self.store().runs[number - 1]

    def finish(self, run):
        resumes, until = 0, time.monotonic() + ROUND_S
        while resumes < RESUMES_MAX and time.monotonic() < until:
            if not self.blows and self.is_done(run):
                return
            resumes += self.sender(["resume", run])
        self.wrong.append(f"STUCK: run {run} is not done after {resumes} resumes")

    def is_taken_back(self, run):
        """As far as that can be: what nobody can tell, and what a network refuses for good, stays."""
        left = [one for one in self.store().of_run(run) if one.state not in ("retracted", "stopped", "failed")]
        return all(self.is_undecidable(one) or (one.state == "posted" and not self.script.ends_well) for one in left)

    def take_back(self, run):
        tries, until = 0, time.monotonic() + ROUND_S
        self.blows = list(self.script.retract_blows)
        self.retracted.add(run)
        while tries < RESUMES_MAX and time.monotonic() < until:
            tries += self.sender(["retract", run, "--yes"])
            # What it was about to record when it was cut short, a receiver may have been told already.
            if not self.blows and tries > 0 and not self.was_cut_short and self.is_taken_back(run):
                return
        self.wrong.append(f"STUCK: run {run} is not taken back after {tries} retractions")

    def send_all(self):
        tasks = self.meanwhile()
        runs = []
        for number in range(1, self.script.runs + 1):
            runs.append(self.begin(number))
            if not self.script.leaves_unfinished:
                self.finish(runs[-1])
        for task in tasks:
            task.join()
        for run in runs:
            if self.script.retracts != "unfinished" or run != runs[0]:
                self.finish(run)
        if self.script.retracts:
            self.take_back(runs[0])

    def posts(self):
        """The faults may hit us as well."""
        for _ in range(200):
            try:
                return self.sandbox.posts(), self.sandbox.stats()
            except (urllib.error.URLError, ConnectionError, TimeoutError):
                time.sleep(0.02)
        raise RuntimeError("the sandbox does not answer")

    def judge(self):
        store = self.store()
        posts, stats = self.posts()
        audit = self.workspace.run("audit", "log", json=True, timeout=RUN_S).lines
        verified = self.workspace.run("audit", "verify", timeout=RUN_S)
        if verified.code != 0:
            self.wrong.append(f"AUDIT: verify says {verified.code}: {verified.err}")
        published, half = read_public_site(self.workspace.file("public"))
        self.wrong += half + compare(store, audit, posts + published, self.is_undecidable)
        if self.script.ends_well and not self.script.refuses_duplicates:
            for one in store.deliveries:
                fine = {"retracted", "stopped"} if one.run in self.retracted else {"posted"}
                if one.state not in fine:
                    self.wrong.append(f"LOSS: every fault passes, and yet {one}")
        self.counts.update({state: count for state, count in store.states().items()})
        self.counts.update(deliveries=len(store.deliveries), posts=len(posts) + len(published), requests=stats["requests"])
        self.counts.update({"fault " + name: count for name, count in stats["faults_by_kind"].items()})

    def run(self):
        started = time.monotonic()
        try:
            self.open()
            self.send_all()
            self.judge()
        finally:
            with self.frozen:
                self.program.end()
        self.counts["milliseconds"] += int((time.monotonic() - started) * 1000)
        return self.counts, self.wrong
