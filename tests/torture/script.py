"""What happens in a round, all of it chosen from a seed: who is written to, what goes wrong, when the process dies.

    script = Script(seed, number)        the same seed and number make the same script

Times are those of a program whose waits are SCALE times shorter than in life (meson: -Dtime-scale).
"""
import random

SCALE = 20
REQUEST_TIMEOUT_MS = 30000 // SCALE
ABSENT_BELIEVED_AFTER_MS = 20000 // SCALE


# What becomes of a delivery whose answer is lost: it is sent again, looked up, or left in doubt for a person.
AGAIN, LOOK, LEFT = "again", "look", "left"
# A new channel is one line here. The public site is none of them: it is files on this machine, and no network's faults
# meet it; but the process dies on it as on any other.
PUBLIC_SITE = "feed"
CHANNELS = {
    "facebook": LOOK,
    "x": LOOK,
    "bluesky": AGAIN,
    "telegram": LEFT,
    "threads": LOOK,
    "webhook": AGAIN,
    "wordpress": LOOK,
    "micropub": LOOK,
}
READS_TO_POST = {"threads", "micropub"}  # where nothing can be read, nothing can be posted either: an endpoint is not found

# Faults of single requests that pass: what is tried again ends well. A name and what else its rule says; the rate comes
# with the weather.
PASSING = (
    ("slow", lambda source: f":ms={source.randrange(5, REQUEST_TIMEOUT_MS // 3)}"),
    ("hang", None), ("hang-after", None),
    ("reset-before", None), ("reset-after", None),
    ("stream-reset-before", None), ("stream-reset-after", None), ("refuse-stream", None),
    ("500-before", None), ("500-after", None), ("502-before", None), ("502-after", None),
    ("503-before", None), ("503-after", None),
    ("429", lambda source: ":seconds=1:times=3"),
    ("truncated", None), ("garbage", None), ("html", None),
    ("large", lambda source: ":times=2"),
    ("close-idle", None), ("goaway", None),
    # Far younger than what is believed absent, so that only a look that comes too early could be fooled.
    ("late", lambda source: f":ms={source.randrange(20, ABSENT_BELIEVED_AFTER_MS // 3)}"),
)
# Faults of everything at once.
SWEEPING = (
    ("outage", lambda source: f":rate=0.02:times={source.randrange(1, 4)}:ms={source.randrange(5, 900)}"),
    ("tls-reset", lambda source: f":rate={source.choice([0.2, 0.5, 0.8])}:times=12"),
    ("wrong-certificate", lambda source: f":rate={source.choice([0.2, 0.5])}:times=8"),
)
# Faults after which a delivery has failed for good, and rightly.
LASTING = (
    ("expired-token", lambda source: f":after={source.randrange(0, 60)}:times={source.randrange(1, 20)}"),
    ("duplicate", lambda source: f":times={source.randrange(1, 6)}:rate=0.2"),
)
HOLDS_EVERYTHING_UP = {"late"}  # must not meet a frozen network: it would be later than late

TEXT = "{{municipality.name}}: Vannet stiger. Hold deg unna elva, og følg med på det som blir sagt."
SENTENCE = "Dette er setning nummer {} om vannet som stiger i elva og om veien som er stengt fra i kveld. "


def long_text(sentences):
    return "{{municipality.name}}: " + "".join(SENTENCE.format(n) for n in range(sentences))


class Blow:
    """Something done to the sender: `kind` after `after_s` seconds, or after so many lines of its output."""

    def __init__(self, source):
        self.kind = source.choices(["kill", "interrupt", "interrupt-twice", "terminate"], [16, 2, 1, 1])[0]
        self.lines = None
        self.after_s = 0.0
        how = source.random()
        if how < 0.15:
            self.lines = 1  # the run has begun
        elif how < 0.35:
            self.lines = source.randrange(1, 60)
        elif how < 0.45:
            self.lines = "summary"  # all is done but publishing the log
            self.after_s = source.uniform(0, 0.03)
        else:
            self.after_s = 0.004 * 600 ** source.random()  # from 4 ms to 2.4 s, short ones as often as long ones

    def __repr__(self):
        when = f"after {self.lines} lines" if self.lines else "after"
        return f"{self.kind} {when} {self.after_s:.3f} s"


class Script:
    def __init__(self, seed, number, municipalities=(8, 48)):
        source = random.Random(f"{seed}/{number}")
        self.seed, self.number = seed, number
        self.sandbox_seed = source.randrange(1 << 32)
        self.channels = source.sample(list(CHANNELS), source.randrange(1, 5))
        self.municipalities = [str(7000 + i) for i in range(source.randrange(*municipalities))]
        self.labels = ["default"] if source.random() < 0.8 else ["default", "press"]
        self.languages = source.choice([["nb"], ["nb"], ["nb", "nn"]])
        self.text = self.choose_text(source)
        self.http1 = source.random() < 0.25
        self.own_hosts = source.random() < 0.5  # each webhook receiver at a name, and so on connections, of its own
        self.latency_ms = source.choice([0, 0, 5, 20, 60])
        self.refuses_duplicates = source.random() < 0.15
        self.blind = source.sample(self.municipalities, 1 + len(self.municipalities) // 12) if source.random() < 0.2 else []
        self.faults = self.choose_faults(source)
        lasts = self.names(LASTING) & {fault.split(":")[0] for fault in self.faults}
        self.ends_well = not self.blind and not lasts and LEFT not in [CHANNELS[name] for name in self.channels]
        # How many runs of the same message, with the same texts, and whether an earlier one is left unfinished.
        self.runs = 2 if source.random() < 0.3 else 1
        self.leaves_unfinished = source.random() < 0.5
        self.blows = [Blow(source) for _ in range(self.choose_blow_count(source))]
        self.freezes = self.choose_freezes(source)
        self.second_sender = source.random() < 0.2
        self.publishes = source.random() < 0.4  # on the public site as well
        # The first run is taken back in the end, or as soon as it has begun; the process dies then too. Drawn last, so that
        # the rest of a round is what it was before there were retractions.
        self.retracts = source.choices([None, "done", "unfinished"], [6, 2, 1])[0]
        self.retract_blows = [Blow(source) for _ in range(source.randrange(0, 4))] if self.retracts else []

    @property
    def outlets(self):
        """All channels that the plan names."""
        return self.channels + ([PUBLIC_SITE] if self.publishes else [])

    @staticmethod
    def names(table):
        return {name for name, _ in table}

    @staticmethod
    def choose_blow_count(source):
        return source.choices([0, 1, 2, 3, 5, 8], [1, 3, 3, 2, 1, 1])[0]

    @staticmethod
    def choose_text(source):
        kind = source.random()
        if kind < 0.6:
            return TEXT
        return long_text(source.randrange(4, 14))

    def choose_faults(self, source):
        """Rules for the sandbox: about `total` of all requests fail."""
        faults = [rule + f":channel={name}:municipality={one}"
                  for one in self.blind for name in self.channels if CHANNELS[name] == LOOK and name not in READS_TO_POST
                  for rule in ("500-before:on=read", "reset-after:rate=0.6")]
        total = source.choices([0.0, 0.05, 0.15, 0.3, 0.5], [1, 2, 3, 6, 2])[0]
        if total == 0:
            return faults
        for name, more in SWEEPING:
            if source.random() < 0.2:
                faults.append(name + more(source))
        if source.random() < 0.15:
            name, more = source.choice(LASTING)
            faults.append(name + more(source))
        chosen = source.sample(PASSING, source.choice([1, 2, 3, 5, 8]))
        for name, more in chosen:
            channel = source.choice([""] * 6 + self.channels)
            rule = name + (more(source) if more else "") + f":rate={total / len(chosen):.4f}"
            faults.append(rule + (f":channel={channel}" if channel else ""))
        return faults

    def choose_freezes(self, source):
        """When the whole network stands still, and for how long; seconds."""
        names = {fault.split(":")[0] for fault in self.faults}
        if names & HOLDS_EVERYTHING_UP or source.random() < 0.8:
            return []
        return [(source.uniform(0.01, 1.0), source.uniform(0.05, 2.0)) for _ in range(source.randrange(1, 3))]

    def describe(self):
        deliveries = len(self.municipalities) * len(self.outlets) * len(self.labels) * len(self.languages)
        return (f"round {self.number} of seed {self.seed}: about {deliveries} deliveries x {self.runs} runs, "
                f"{'HTTP/1.1' if self.http1 else 'HTTP/2'}, faults {' '.join(self.faults) or 'none'}; "
                f"blows {self.blows}; freezes {self.freezes}; blind {self.blind}; retracts {self.retracts} {self.retract_blows}")
