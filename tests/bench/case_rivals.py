"""Case b: the same requests by others. Recorded by a first send, so that all post the same bytes to the same addresses; then
rounds in which each has its turn, in another order every time. All have one core, the server the others, and all trust the
system's authorities besides the server's own."""
import contextlib
import os

from country import Country
from measure import CLIENT_CORES, median, scratch
from rivals import CURL_AT_ONCE, Rivals
from server import Server, Watch

IN_FLIGHT = 400  # what crisis has when the processor, not the network, is what it waits for
ANSWER_MS = 100
WORDS = ("wall_s", "cpu_s", "peak_mib")


@contextlib.contextmanager
def arena(options, **accounts):
    """A country, the rivals for it, and how many connections crisis opens to its server without latency."""
    with scratch() as folder, contextlib.closing(Server(os.path.join(folder, "nginx"))) as server:
        country = Country(options.crisis, folder, server, **accounts)
        server.start(recorded=True)
        with Watch(server) as watch:
            country.send_all(cores=CLIENT_CORES)
        yield country, Rivals(options.bare_client, folder, server), watch.connections


def turn(server, act):
    with Watch(server, looks=True) as watch:
        figures = act()
    return {**figures, "connections": watch.connections, "in_flight": watch.in_flight_max, "server_cpu_s": watch.server_cpu_s}


def compare(rounds, server, contenders, once=()):
    """Medians of what each took, and of the ratios of `ours` to each other one in the same round; those of `once`, which take
    long and have no goal, are in the first round only."""
    taken = []
    for number in range(rounds):
        names = [name for name in contenders if number == 0 or name not in once]
        first = number % len(names)
        taken.append({name: turn(server, contenders[name]) for name in names[first:] + names[:first]})
        print("  " + ", ".join(f"{name} {taken[-1][name]['wall_s']} s" for name in names), flush=True)
    figures = {}
    for name in contenders:
        both = [(one["ours"], one[name]) for one in taken if name in one]
        figures |= {f"{name}_{key}": value for key, value in median([theirs for _, theirs in both]).items()}
        if name != "ours":
            figures |= median([{f"rate_of_{name}": theirs["wall_s"] / ours["wall_s"], **{
                f"{key.partition('_')[0]}_of_{name}": ours[key] / theirs[key] for key in WORDS}} for ours, theirs in both])
    return figures


def throughput(options, results):
    """Without latency: over HTTP/2 to one host, and over HTTP/1.1 to 500 hosts."""
    pages, hosts = options.scaled(100), options.scaled(500)
    for name, http, accounts in (("b http2", "2", {"places": 200, "pages": pages}),
                                 ("b http1", "1.1", {"places": hosts, "sites": 40, "own_hosts": True})):
        with arena(options, **accounts) as (country, rivals, connections):
            per_host = connections if http == "2" else -(-connections // hosts)
            in_flight = IN_FLIGHT if http == "2" else connections
            contenders = {"ours": lambda: country.send_all(cores=CLIENT_CORES), "bare": lambda: rivals.bare(in_flight, per_host, http),
                          "aiohttp": rivals.aiohttp, "curl": rivals.curl, "curl_few": rivals.curl_few}
            if http != "2":
                del contenders["curl_few"]  # has names of its own in any case
            country.server.start()
            results[name] = {"deliveries": country.count, **compare(options.rounds, country.server, contenders, once={"curl"})}


def with_latency(options, results):
    """Answers after 100 ms, over HTTP/2 to one host: with no more than 300 requests at once for anybody, and with as many as
    crisis has by itself. It has no switch for that: the server allows fewer on each connection, a whole number, and the
    others have no more than comes of it."""
    with arena(options, places=200, pages=options.scaled(100)) as (country, rivals, connections):
        streams = CURL_AT_ONCE // connections
        for name, at_once, most in (("b 300", streams * connections, {"streams": streams}), ("b free", CURL_AT_ONCE, {})):
            country.server.start(latency_ms=ANSWER_MS, **most)
            results[name] = {"deliveries": country.count, **compare(options.rounds, country.server, {
                "ours": lambda: country.send_all(cores=CLIENT_CORES), "curl": lambda: rivals.curl(at_once),
                "curl_few": lambda: rivals.curl_few(at_once), "aiohttp": lambda: rivals.aiohttp(at_once)})}


def cold_hosts(options, results):
    """500 hosts that nobody has greeted, one delivery each, answers after 100 ms."""
    with arena(options, places=options.scaled(500), sites=1, own_hosts=True) as (country, rivals, _):
        country.server.start(latency_ms=ANSWER_MS)
        results["b cold"] = {"deliveries": country.count, **compare(options.rounds, country.server, {
            "ours": lambda: country.send_all(cores=CLIENT_CORES), "curl": rivals.curl, "aiohttp": rivals.aiohttp})}


def apprise(options, results):
    """2,000 targets of Apprise's own kind for JSON, answers after 100 ms; three rounds are enough for what differs so much."""
    with arena(options, places=200, sites=options.scaled(10)) as (country, rivals, _):
        country.server.start(latency_ms=ANSWER_MS)
        results["b apprise"] = {"deliveries": country.count, **compare(min(options.rounds, 3), country.server, {
            "ours": lambda: country.send_all(cores=CLIENT_CORES), "apprise": rivals.apprise})}
