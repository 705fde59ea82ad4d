"""Case c: a country with many municipalities; time, memory and disk as it grows."""
import contextlib
import os

from country import DEADLINE, Country
from measure import median, run, scratch, size_bytes
from server import Server, Watch

PER_PLACE = 100  # accounts, half of them pages of Facebook and half of them sites, so that there are two hosts
FULL_MS = 400  # answers so late that as much is under way as may be
FULL_FOR = "60s"
FRANCE = 34935


def full(country):
    """With late answers, for a minute: the peak of memory comes at the start, when everything is queued still."""
    country.server.start(latency_ms=FULL_MS)
    with Watch(country.server, looks=True) as watch:
        figures = country.send("--deadline", FULL_FOR, expected=(0, DEADLINE))
    return {"deliveries": country.count, "in_flight": watch.in_flight_max, "connections": watch.connections,
            "peak_mib": figures["peak_mib"], "cpu_s": figures["cpu_s"]}


def whole(options, country):
    country.server.start()
    rounds = []
    for _ in range(1 if country.count > 200_000 else min(options.rounds, 3)):
        figures = country.send_all()
        before, after = size_bytes(country.made), size_bytes(country.workspace)
        status, _ = run(options.crisis, "--quiet", "-C", country.workspace, "status")
        rounds.append({"deliveries": country.count, **figures, "bytes_each": (after - before) / country.count,
                       "status_s": status["wall_s"]})
    return median(rounds)


@contextlib.contextmanager
def country_of(options, places, pages, sites):
    with scratch() as folder, contextlib.closing(Server(os.path.join(folder, "nginx"))) as server:
        yield Country(options.crisis, folder, server, places, pages, sites)


def sizes(options, results):
    counts = [options.scaled(count) for count in (10_000, 100_000, *([1_000_000] if options.million else []))]
    for count in counts:
        with country_of(options, count // PER_PLACE, PER_PLACE // 2, PER_PLACE // 2) as country:
            results[f"c {count}"] = whole(options, country)
            if count == counts[-1]:
                results[f"c {count} in flight"] = full(country)
            print(f"  {count}: {results[f'c {count}']}", flush=True)
    for smaller, larger in zip(counts, counts[1:]):
        results[f"c {larger} growth"] = {key.replace("_s", "_of_ten"): round(
            results[f"c {larger}"][key] / (10 * results[f"c {smaller}"][key]), 3) for key in ("wall_s", "cpu_s")}
    with country_of(options, options.scaled(FRANCE), pages=3, sites=2) as france:
        results["c france"] = whole(options, france)
