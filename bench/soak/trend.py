"""The growth of a figure over time, whatever single samples say. No I/O.

Theil and Sen: the slope is the median of the slopes of all pairs of samples, so that almost a
third of them may be far off. A process that was started anew is a life of its own: pairs are made
within a life, following its warm-up.
"""

from collections.abc import Sequence
from itertools import combinations
from typing import NamedTuple

from bench.figures import median

MOST = 300  # samples of a life that are paired; of more, evenly spread ones


class Point(NamedTuple):
    at_s: float
    value: float


Life = Sequence[Point]


class Trend(NamedTuple):
    """looked_s: seconds that were looked at, warm-ups left out. before and after: the medians
    of the first and the last quarter. growth: by the slope, in the longest life, as a process that
    is started anew begins at nothing; negative: it shrank."""

    looked_s: float
    before: float
    after: float
    growth: float


def trend(lives: Sequence[Life], warm_up_s: float) -> Trend:
    """The trend of one figure over the lives of a process. NaN where there is too little of it."""
    warm = [found for life in lives if len(found := _warm(life, warm_up_s)) > 1]
    lasted_s = [life[-1].at_s - life[0].at_s for life in warm]
    values = [point.value for life in warm for point in life]
    quarter = max(1, len(values) // 4)
    slopes = [slope for life in warm for slope in _slopes(_spread(life))]
    return Trend(
        sum(lasted_s),
        median(values[:quarter]),
        median(values[-quarter:]),
        median(slopes) * max(lasted_s, default=0.0),
    )


def _warm(life: Life, warm_up_s: float) -> Life:
    return [point for point in life if point.at_s - life[0].at_s >= warm_up_s]


def _spread(life: Life) -> Life:
    return life[:: -(-len(life) // MOST)]


def _slopes(life: Life) -> list[float]:
    return [
        (two.value - one.value) / (two.at_s - one.at_s)
        for one, two in combinations(life, 2)
        if two.at_s > one.at_s
    ]
