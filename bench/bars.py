"""Bars, and whether they are met: computed from the medians, never asserted.

Each section has its own.

Ratios are judged as they are printed, to two decimals.
"""

import math
from collections.abc import Sequence
from dataclasses import dataclass

from bench.figures import median, readable
from bench.results import OURS, Results, Table


@dataclass(frozen=True, slots=True)
class Bar:
    """One line of the table of bars.

    `peers`: ours is divided by the best of them that was measured; without any, it is ours
    alone. `sign`: `>=` or `<=` the bound, or `<` for lower than every peer by the plain value.
    """

    name: str
    table: str
    bound: float
    sign: str = ">="
    peers: tuple[str, ...] = ()
    ours: str = OURS
    unit: str = ""


@dataclass(frozen=True, slots=True)
class Verdict:
    """A bar with its outcome; `status` is met, missed or not measured."""

    bar: Bar
    value: float
    peer: str
    status: str

    @property
    def measured(self) -> str:
        return readable(self.value) + self.bar.unit

    @property
    def wanted(self) -> str:
        if self.bar.sign == "<":
            return "below every peer"
        return f"{self.bar.sign} {self.bar.bound:g}{self.bar.unit}"


def judge(results: Results, bars: Sequence[Bar]) -> list[Verdict]:
    """All bars in their order."""
    return [_judge(results.table(bar.table), bar) for bar in bars]


def _judge(table: Table | None, bar: Bar) -> Verdict:
    if table is None or not table.of(bar.ours):
        return Verdict(bar, math.nan, "", "not measured")
    ours = median(table.of(bar.ours))
    if not bar.peers:
        return Verdict(bar, ours, "", _status(ours, bar.sign, bar.bound))
    peer = table.best(bar.peers)
    if peer is None:
        return Verdict(bar, math.nan, "", "not measured")
    theirs = median(table.of(peer))
    if bar.sign == "<":
        met = ours < theirs or ours == theirs == 0.0
        return Verdict(bar, ours, f"{peer}: {readable(theirs)}{bar.unit}", _word(met))
    value = round(ours / theirs, 2) if theirs else math.nan
    return Verdict(bar, value, peer, _status(value, bar.sign, bar.bound))


def _status(value: float, sign: str, bound: float) -> str:
    if math.isnan(value):
        return "not measured"
    return _word(value >= bound if sign == ">=" else value <= bound)


def _word(met: bool) -> str:
    return "met" if met else "missed"
