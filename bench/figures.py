"""Medians, spreads and ratios; no I/O."""

import math
import statistics
from collections.abc import Sequence
from typing import TypeVar

Name = TypeVar("Name")


def median(values: Sequence[float]) -> float:
    """NaN where nothing was measured."""
    return statistics.median(values) if values else math.nan


def percentile(values: Sequence[float], share: float) -> float:
    """The smallest value that at least `share` of all (0 to 1) do not exceed; NaN without any."""
    if not values:
        return math.nan
    ordered = sorted(values)
    return ordered[max(0, math.ceil(share * len(ordered)) - 1)]


def ratio(ours: Sequence[float], theirs: Sequence[float]) -> float:
    """The median of the one by that of the other; NaN where one is missing or theirs is 0."""
    below = median(theirs)
    return median(ours) / below if below else math.nan


def each_us(busy_percent: float, rate: float) -> float:
    """Processor time for each of so many a second, in microseconds; it hardly changes when others
    use the machine as well, as the rate does."""
    return 1e4 * busy_percent / rate if rate else math.nan


def rotated(names: Sequence[Name], turn: int) -> list[Name]:
    """The order of round number `turn`: each is first once in as many rounds."""
    at = turn % len(names) if names else 0
    return [*names[at:], *names[:at]]


def readable(value: float) -> str:
    """Three significant digits or more, thousands with commas."""
    if math.isnan(value):
        return "-"
    if abs(value) >= 100:
        return f"{value:,.0f}"
    return f"{value:.1f}" if abs(value) >= 10 else f"{value:.2f}"
