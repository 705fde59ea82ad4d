"""What is measured, what it should be, and the table of both. A measure is found in the results by its case and its name."""
import dataclasses


@dataclasses.dataclass(frozen=True)
class Measure:
    case: str
    name: str
    title: str  # of what, and what
    goal: float | None = None
    at_least: bool = False  # else the goal is a ceiling
    unit: str = ""

    def value(self, results):
        return results.get(self.case, {}).get(self.name)

    def reached(self, value):
        return value >= self.goal if self.at_least else value <= self.goal


def at_most(goal, unit=""):
    return {"goal": goal, "unit": unit}


def at_least(goal, unit=""):
    return {"goal": goal, "at_least": True, "unit": unit}


def shown(unit=""):
    return {"unit": unit}


# Case, subject, and of it: name, what it is, goal.
GROUPS = (
    ("a", "357 x 5, answers after 150 ms", (
        ("first_after_answer_ms", "first post, without its answer", at_most(60, "ms")),
        ("last_of_bound", "last post, of start + handshake + one answer", at_most(1.25)),
        ("last_post_ms", "last post", at_most(1000, "ms")))),
    ("b http2", "20,000 over HTTP/2 to one host", (
        ("rate_of_bare", "rate, of a bare client", at_least(0.90)),
        ("cpu_of_bare", "processor time, of a bare client", at_most(1.15)),
        ("wall_of_curl", "time, of curl --parallel", shown()),
        ("wall_of_curl_few", "time, of curl with few connections", shown()),
        ("wall_of_aiohttp", "time, of aiohttp", at_most(0.3)))),
    ("b http1", "20,000 over HTTP/1.1 to 500 hosts", (
        ("rate_of_bare", "rate, of a bare client", at_least(0.85)),
        ("cpu_of_bare", "processor time, of a bare client", at_most(1.15)),
        ("wall_of_curl", "time, of curl --parallel", shown()),
        ("wall_of_aiohttp", "time, of aiohttp", at_most(0.3)))),
    ("b 300", "answers after 100 ms, 300 at once", (
        ("cpu_of_curl", "processor time, of curl --parallel", at_most(0.5)),
        ("peak_of_curl", "memory, of curl --parallel", at_most(0.4)),
        ("wall_of_curl", "time, of curl --parallel", at_most(1.0)),
        ("cpu_of_curl_few", "processor time, of curl with few connections", at_most(0.5)),
        ("peak_of_curl_few", "memory, of curl with few connections", at_most(0.4)),
        ("wall_of_curl_few", "time, of curl with few connections", at_most(1.0)))),
    ("b free", "answers after 100 ms, any number at once", (
        ("wall_of_curl", "time, of curl --parallel", at_most(0.4)),
        ("wall_of_curl_few", "time, of curl with few connections", at_most(0.4)),
        ("wall_of_aiohttp", "time, of aiohttp", at_most(0.3)))),
    ("b cold", "500 hosts never greeted, answers after 100 ms", (
        ("wall_of_aiohttp", "time, of aiohttp", at_most(0.6)),
        ("wall_of_curl", "time, of curl --parallel", at_most(0.1)),
        ("ours_wall_s", "time", at_most(1, "s")))),
    ("b apprise", "2,000 targets, answers after 100 ms", (
        ("wall_of_apprise", "time, of Apprise", at_most(1 / 30)),)),
    ("c 1000000 in flight", "a million queued, answers late", (
        ("peak_mib", "peak memory", at_most(160, "MiB")),
        ("in_flight", "in flight, as the server sees it", at_least(2000)))),
    ("c 1000000 growth", "a million, of ten times a hundred thousand", (
        ("wall_of_ten", "time", at_most(1.15)),
        ("cpu_of_ten", "processor time", at_most(1.15)))),
    ("c 1000000", "a million deliveries", (
        ("peak_mib", "peak memory", shown("MiB")),
        ("status_s", "crisis status", shown("s")))),
    ("c 100000", "100,000 deliveries", (
        ("wall_s", "time", shown("s")),
        ("peak_mib", "peak memory", shown("MiB")),
        ("bytes_each", "bytes on disk of each", shown()))),
    ("c france", "34,935 municipalities x 5", (
        ("wall_s", "time", shown("s")),
        ("peak_mib", "peak memory", shown("MiB")))),
    ("d", "plan of 357 municipalities", (
        ("check_s", "check", at_most(0.05, "s")),
        ("dry_run_s", "send --dry-run", shown("s")),
        ("resume_finished_s", "resume of a finished run", shown("s")))),
    ("e", "a million entries", (
        ("appended_per_s", "hashed and stored a second, on one core", at_least(200_000)),
        ("verify_s", "audit verify", at_most(5, "s")),
        ("prove_s", "a proof from them", shown("s")))),
    ("f", "a send of 1,000", (
        ("all", "thousand instructions of a delivery", shown()),)),
    ("g 150 ms", "two approvals and sealed accounts", (
        ("wall_ratio", "time, of neither", shown()),)),
    ("h", "a third of the municipalities failing", (
        ("healthy_grows", "the healthy have their posts later by", at_most(0.2)),)),
)
MEASURES = tuple(Measure(case, name, f"{subject}: {what}", **goal) for case, subject, rows in GROUPS for name, what, goal in rows)


def written(value):
    """Three figures that say something."""
    if isinstance(value, int) or abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.3f}".rstrip("0").rstrip(".") if abs(value) < 1 else f"{value:.2f}".rstrip("0").rstrip(".")


def row(measure, results):
    value = measure.value(results)
    figure = f"{written(value)} {measure.unit}".rstrip()
    if measure.goal is None:
        return (measure.case, measure.title, figure, "", "", "")
    goal = f"{'at least' if measure.at_least else 'at most'} {written(measure.goal)} {measure.unit}".rstrip()
    return (measure.case, measure.title, figure, goal, f"{value / measure.goal:.2f}",
            "reached" if measure.reached(value) else "NOT reached")


def table(results):
    """Figure, goal, figure by goal, and whether it is reached, of all that was measured; as Markdown."""
    head = ("case", "measure", "figure", "goal", "of the goal", "")
    rows = [row(measure, results) for measure in MEASURES if measure.value(results) is not None]
    widths = [max(len(one[column]) for one in (head, *rows)) for column in range(len(head))]
    lines = [head, tuple("-" * width for width in widths), *rows]
    return "\n".join("| " + " | ".join(text.ljust(width) for text, width in zip(line, widths)) + " |" for line in lines)
