"""Cases a and g: a send to 357 municipalities x 5 accounts, from the start of the process, with nothing known before."""
import contextlib
import os

from measure import Failed, median, posted_ms, run, scratch
from norway import DELIVERIES, FIVE_EACH, Norway

LATENCY_MS = 150
IN_FLIGHT, CONNECTIONS = 2000, 16  # of the bare client: nothing of it waits for its turn


@contextlib.contextmanager
def norway(*arguments, **options):
    with scratch() as folder:
        with contextlib.closing(Norway(*arguments[:1], folder, *arguments[1:], **options)) as stage:
            yield stage


def bare(options, stage, count):
    """Milliseconds that the bare client takes for so many posts, from the start of its process."""
    path = os.path.join(stage.folder, "requests.tsv")
    with open(path, "w", encoding="utf-8") as file:
        file.writelines(stage.requests(count))
    with open(path, encoding="utf-8") as file:
        return 1000 * run(options.bare_client, stage.ca, IN_FLIGHT, CONNECTIONS, "2", stdin=file)[0]["wall_s"]


def post_ms(stage):
    """When all were posted, in milliseconds after the start of the process, and what it cost."""
    began_ms, figures = stage.send()
    times = [ms - began_ms for ms in posted_ms(stage.workspace)]
    if len(times) != DELIVERIES:
        raise Failed(f"{len(times)} of {DELIVERIES} deliveries were posted")
    return times, figures


def national(options, results):
    """The bound: a process that starts, greets the server, asks once and has its answer."""
    rounds = []
    for _ in range(options.rounds):
        with norway(options.crisis, LATENCY_MS, FIVE_EACH) as stage:
            bound = bare(options, stage, 1)
            times, figures = post_ms(stage)
            rounds.append({"deliveries": len(times), "first_post_ms": times[0], "last_post_ms": times[-1], "bound_ms": bound,
                           "first_after_answer_ms": times[0] - LATENCY_MS, "last_of_bound": times[-1] / bound, **figures,
                           "bare_all_ms": bare(options, stage, DELIVERIES)})
    results["a"] = median(rounds)


def approvals_once(options, latency_ms, approved):
    with norway(options.crisis, latency_ms, FIVE_EACH, approved=approved) as stage:
        return post_ms(stage)[1]


def approvals(options, results):
    """With two approvals and accounts that came sealed, against neither; rounds alternate."""
    for latency_ms in (LATENCY_MS, 0):
        rounds = []
        for number in range(options.rounds):
            figures = {approved: approvals_once(options, latency_ms, approved) for approved in ((True, False), (False, True))[number % 2]}
            rounds.append({"wall_ratio": figures[True]["wall_s"] / figures[False]["wall_s"],
                           "cpu_ratio": figures[True]["cpu_s"] / figures[False]["cpu_s"], "wall_s": figures[True]["wall_s"]})
        results[f"g {latency_ms} ms"] = median(rounds)
