"""Cases d, e and f: what needs no network, the audit log, and the instructions of a send."""
import contextlib
import json
import os
import re
import shutil

from country import Country
from measure import CLIENT_CORES, median, run, scratch
from norway import FIVE_EACH, Norway
from server import Server

BATCH = 1000  # entries in a transaction, as a send has them when much waits
STAGES = {"render": "render_message", "create the run": "run_create", "load the queue": "dispatcher_load", "take up": "dispatcher_take_up",
          "begin an attempt": "attempt_start", "hand a request to libcurl": "http_client_send", "take an answer": "http_exchange_finish",
          "record": "store_commit", "publish the log": "published_log_update", "turns of libcurl, our callbacks included": "curl_multi_socket_action"}


def start_up(options, results):
    """`check` of the plan, a dry run, and `resume` of a run that is finished."""
    rounds = []
    with scratch() as folder, contextlib.closing(Norway(options.crisis, folder, 0, FIVE_EACH)) as stage:
        _, sent = run(options.crisis, "--json", "-C", stage.workspace, "send", stage.plan, "--yes")
        name = json.loads(sent.splitlines()[-1])["run"]
        for _ in range(max(options.rounds, 7)):
            checked, _ = run(options.crisis, "--quiet", "check", stage.plan)
            dry, _ = run(options.crisis, "--quiet", "-C", stage.workspace, "send", stage.plan, "--dry-run")
            resumed, _ = run(options.crisis, "--quiet", "-C", stage.workspace, "resume", name)
            rounds.append({"check_s": checked["wall_s"], "dry_run_s": dry["wall_s"], "resume_finished_s": resumed["wall_s"]})
    results["d"] = median(rounds)


def prove(options, country):
    """The entries of a delivery with their proofs, and one of them checked: seconds of both."""
    _, status = run(options.crisis, "--json", "-C", country.workspace, "status")
    delivery = next(line["delivery"] for line in map(json.loads, status.splitlines()) if line["event"] == "delivery")
    proven, _ = run(options.crisis, "-C", country.workspace, "audit", "prove", "--output", country.folder, "--", delivery)
    with open(os.path.join(country.workspace, "audit", "log.vkey"), encoding="utf-8") as file:
        key = file.read().strip()
    checked, _ = run(options.crisis, "audit", "check-proof", "--key", key, os.path.join(country.folder, f"{delivery}.tlog-proof"))
    return {"prove_s": proven["wall_s"], "check_proof_s": checked["wall_s"]}


def audit(options, results):
    """A million entries are appended to the log of a workspace that has sent something; all of it is published and verified,
    and one of its deliveries proven."""
    with scratch() as folder, contextlib.closing(Server(os.path.join(folder, "nginx"))) as server:
        country, count = Country(options.crisis, folder, server, 10, pages=10), options.scaled(1_000_000)
        server.start()
        country.send_all()
        server.close()
        rounds = []
        for number in range(min(options.rounds, 3)):
            workspace = os.path.join(folder, f"log-{number}")
            shutil.copytree(country.workspace, workspace)
            appended, _ = run(options.append_entries, workspace, count, BATCH, cores=CLIENT_CORES)
            published, _ = run(options.crisis, "--quiet", "-C", workspace, "audit", "publish")
            verified, out = run(options.crisis, "--json", "-C", workspace, "audit", "verify")
            entries = json.loads(out.splitlines()[-1])["entries"]
            rounds.append({"entries": entries, "appended_per_s": count / appended["wall_s"], "append_cpu_us": appended["cpu_s"] / count * 1e6,
                           "publish_s": published["wall_s"], "verify_s": verified["wall_s"], "verify_cpu_s": verified["cpu_s"],
                           "verify_peak_mib": verified["peak_mib"]})
            if number + 1 < min(options.rounds, 3):
                shutil.rmtree(workspace)
        country.workspace = workspace
        results["e"] = {**median(rounds), **prove(options, country)}


def inclusive(path):
    """What each function costs with all that it calls, as far as others call it, and what everything costs."""
    costs, names, called, total = {}, {}, None, 0
    with open(path, encoding="utf-8") as file:
        for line in file:
            if line.startswith(("fn=", "cfn=")):
                number, _, name = line.rstrip("\n").partition("=")[2].partition(" ")
                names.setdefault(number, name)
                called = names[number]
            elif line.startswith("calls="):
                costs[called] = costs.get(called, 0) + int(next(file).split()[1])
            elif re.match(r"[+\-*\d]", line):
                total += int(line.split()[1])
    return costs, total


def instructions(options, results):
    """Thousand instructions of a delivery, of 1,000, by stage; hashes look three times as dear as they are."""
    with scratch() as folder, contextlib.closing(Server(os.path.join(folder, "nginx"))) as server:
        country = Country(options.crisis, folder, server, 10, pages=100)
        server.start()
        out = os.path.join(folder, "callgrind.out")
        country.send_all(command=("valgrind", "-q", "--tool=callgrind", f"--callgrind-out-file={out}"))
        costs, total = inclusive(out)
    each = 1000 * country.count
    results["f"] = {"all": round(total / each), **{stage: round(costs[function] / each) for stage, function in STAGES.items() if function in costs}}
