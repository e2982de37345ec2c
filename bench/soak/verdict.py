"""What counts as growth: the figures of a process, and how much of each is not a leak. No I/O."""

import math
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

from bench.soak.trend import Life, Trend, trend

LOOKED_S = 60.0  # a shorter look tells no trend


class Figure(NamedTuple):
    """tolerance: growth in the whole soak that is not a leak yet, in `unit`."""

    name: str
    unit: str
    tolerance: float

    @property
    def title(self) -> str:
        return f"{self.unit} {self.name}".strip()


# A heap of Python's breathes by some MiB, as its arenas are freed or not. Threads, descriptors and
# connections follow the load of the machine: an answer that takes longer keeps its own for longer.
FIGURES = (
    Figure("USS", "MiB", 6.0),
    Figure("PSS", "MiB", 6.0),
    Figure("RSS", "MiB", 6.0),
    Figure("threads", "", 10.0),
    Figure("descriptors", "", 10.0),
    Figure("connections", "", 10.0),
)
# What a dashboard has at rest is counted one by one: a leak of a handle is seen by one of it.
AT_REST = {"threads": 0, "descriptors": 0, "connections": 0}

Lives = Mapping[str, Sequence[Life]]  # of a process, by the name of a figure


class Verdict(NamedTuple):
    """judged: the growth of this process counts."""

    process: str
    figure: Figure
    trend: Trend
    judged: bool

    @property
    def word(self) -> str:
        if not self.judged:
            return "not judged"
        if self.trend.looked_s < LOOKED_S or math.isnan(self.trend.growth):
            return "too short"
        return "grows" if self.trend.growth > self.figure.tolerance else "steady"


def verdicts(
    seen: Mapping[str, Lives], warm_up_s: Mapping[str, float], judged: Sequence[str]
) -> Iterator[Verdict]:
    """For each figure of each process; judged: those whose growth counts."""
    for process, lives in seen.items():
        for figure in FIGURES:
            found = trend(lives.get(figure.name, []), warm_up_s[process])
            yield Verdict(process, figure, found, process in judged)


def left_at_rest(before: Mapping[str, float], after: Mapping[str, float]) -> dict[str, float]:
    """The figures that an idle dashboard has more of than before, and by how much."""
    more = {
        name: after[name] - before[name] for name in AT_REST if name in before and name in after
    }
    return {name: value for name, value in more.items() if value > AT_REST[name]}
