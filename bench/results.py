"""The measured values: tables of contenders with every single one; JSON in and out."""

import contextlib
import statistics
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from bench.figures import median, ratio

OURS = "ours"


@dataclass
class Row:
    """One contender. `values`: one for each round, in the table's unit. `more`: other figures of
    the same rounds by column. `note`: a word on what is special about it."""

    values: list[float] = field(default_factory=list)
    more: dict[str, list[float]] = field(default_factory=dict)
    note: str = ""

    def add(self, value: float, **more: float) -> None:
        """The outcome of one round."""
        self.values.append(value)
        for name, figure in more.items():
            self.more.setdefault(name, []).append(figure)

    def merge(self, since: int) -> None:
        """Make one outcome, the mean, of those from a number on."""
        for figures in (self.values, *self.more.values()):
            if newest := figures[since:]:
                figures[since:] = [statistics.fmean(newest)]


@dataclass
class Table:
    """Contenders beside each other in one quantity. `better`: more or less."""

    key: str
    title: str
    unit: str
    better: str = "more"
    rows: dict[str, Row] = field(default_factory=dict)
    left_out: dict[str, str] = field(default_factory=dict)

    def row(self, name: str) -> Row:
        return self.rows.setdefault(name, Row())

    @contextlib.contextmanager
    def round(self) -> Iterator[None]:
        """One round: rows take turns, and each gets the mean of its values of this time.
        A machine whose speed changes every few seconds does so for all of them."""
        before = {name: len(row.values) for name, row in self.rows.items()}
        yield
        for name, row in self.rows.items():
            row.merge(before.get(name, 0))

    def of(self, name: str) -> list[float]:
        """The values of a contender, none where it was not measured."""
        return self.rows[name].values if name in self.rows else []

    def best(self, names: Sequence[str]) -> str | None:
        """Which of these has the best median; None where none was measured."""
        there = [name for name in names if self.of(name)]
        pick = max if self.better == "more" else min
        return pick(there, key=lambda name: median(self.of(name)), default=None)

    def against(self, name: str) -> float:
        """Ours by theirs, NaN where there is none."""
        return ratio(self.of(OURS), self.of(name))


@dataclass
class Results:
    """A whole run."""

    machine: dict[str, str]
    tables: list[Table] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)

    def table(self, key: str) -> Table | None:
        return next((table for table in self.tables if table.key == key), None)

    def as_dict(self) -> dict[str, Any]:
        return asdict(self)


def from_dict(data: dict[str, Any]) -> Results:
    """The results that as_dict() wrote.

    Raises:
        KeyError, TypeError: they are not of this version.
    """
    tables = []
    for entry in data["tables"]:
        rows = {name: Row(**row) for name, row in entry["rows"].items()}
        tables.append(Table(**{**entry, "rows": rows}))
    return Results(data["machine"], tables, data["notes"])
