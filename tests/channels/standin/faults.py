"""What can go wrong between us and a shop: by chance with a seed, or by script."""

import random
from dataclasses import dataclass, field

KINDS = (
    "drop",  # nothing done, no answer
    "double",  # done twice, as when something in between tried again
    "lost_answer",  # done, no answer
    "500",
    "502_html",
    "429",
    "503",
    "html",
    "invalid_json",
    "not_utf8",
    "deep_json",
    "huge",
    "slow_body",
    "slow_headers",
    "silence",
    "redirect",
    "gzip",
    "empty",
    "said",  # nothing done, and the answer is `value`
    "odd",  # done, and one value of the answer is of another kind; `value` is the seed
)

ODD = (
    *(None, True, False, 7, -1, 0, 1.5, 10**25, 10**400, float("inf"), "", "7", "x" * 5_000),
    *("\ud800", "a\x00b", [], {}, [7], {"id": 7}, [[]], [None], {"": None}),
)
"""What stands in an answer where something else is expected."""


def spoiled(data, chance):
    """Return JSON of which one value, anywhere, is another one."""
    if not isinstance(data, list | dict) or not data or chance.random() < 0.15:
        return chance.choice(ODD)
    places = range(len(data)) if isinstance(data, list) else sorted(data)
    place = chance.choice(places)
    changed = data.copy()
    changed[place] = spoiled(data[place], chance)
    return changed


@dataclass
class Scripted:
    """A fault of the next requests that fit, so many times, after so many that pass."""

    kind: str
    method: str = ""
    path: str = ""
    times: int = 1
    after: int = 0
    value: str = ""


@dataclass
class Faults:
    """How often something goes wrong, each from 0 to 1, and what goes wrong next."""

    seed: int = 0
    drop: float = 0
    double: float = 0
    reorder: float = 0
    lost_answer: float = 0
    scripted: list[Scripted] = field(default_factory=list)

    def __post_init__(self):
        self.random = random.Random(self.seed)

    def script(self, kind, *, method="", path="", times=1, after=0, value=""):
        """Let a request go wrong; `path` is a part of it."""
        assert kind in KINDS, kind
        self.scripted.append(Scripted(kind, method, path, times, after, value))

    def next(self, method, path):
        """Return what goes wrong with this request, `None` for nothing."""
        for one in self.scripted:
            if one.times and one.method in {"", method} and one.path in path:
                if one.after:
                    one.after -= 1
                    continue
                one.times -= 1
                return one
        for kind in ("drop", "double", "lost_answer"):
            if self.random.random() < getattr(self, kind):
                return Scripted(kind)
        return None

    def shuffled(self, rows):
        """Return a list, sometimes in another order."""
        rows = list(rows)
        if self.random.random() < self.reorder:
            self.random.shuffle(rows)
        return rows

    def as_delivered(self, rows):
        """Return messages as a network brings them: some not, some twice, some out of order."""
        arrived = []
        for row in rows:
            if self.random.random() >= self.drop:
                arrived += [row] * (2 if self.random.random() < self.double else 1)
        return self.shuffled(arrived)
