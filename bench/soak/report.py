"""What a soak saw, as text and as JSON. No I/O."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from bench.soak.load import Tally
from bench.soak.verdict import Verdict


@dataclass
class Soaked:
    """at_rest: figures of the dashboard with nothing running, before and after. left: those of
    them that must not have grown, and have. complaints: errors in the dashboard's own log."""

    machine: dict[str, str]
    verdicts: list[Verdict] = field(default_factory=list)
    tallies: dict[str, Tally] = field(default_factory=dict)
    faults: dict[str, int] = field(default_factory=dict)
    at_rest: tuple[Mapping[str, float], Mapping[str, float]] = ({}, {})
    left: dict[str, float] = field(default_factory=dict)
    complaints: list[str] = field(default_factory=list)

    def found(self) -> list[str]:
        """What is wrong, a line each; nothing where all is well."""
        lines = [
            f"{one.process}: {_signed(one.trend.growth)} {one.figure.title}"
            for one in self.verdicts
            if one.word == "grows"
        ]
        lines += [f"at rest: {_signed(more)} {name}" for name, more in self.left.items()]
        lines += [wrong for tally in self.tallies.values() for wrong in tally.wrong]
        return lines + [f"the dashboard's log: {line}" for line in self.complaints]


def text(soaked: Soaked) -> str:
    """The whole report in markdown."""
    parts = [
        "\n".join(f"- {name}: {value}" for name, value in soaked.machine.items()),
        _growth(soaked.verdicts),
        _at_rest(soaked),
        _visits(soaked.tallies),
        "Faults: " + ", ".join(f"{count} {name}" for name, count in soaked.faults.items()),
        "\n".join(f"- {line}" for line in soaked.found()) or "Nothing grows, nothing was wrong.",
    ]
    return "\n\n".join(parts) + "\n"


def as_dict(soaked: Soaked) -> dict[str, Any]:
    before, after = soaked.at_rest
    return {
        "machine": soaked.machine,
        "growth": [
            {
                "process": one.process,
                "figure": one.figure.name,
                "unit": one.figure.unit,
                "tolerance": one.figure.tolerance,
                **one.trend._asdict(),
                "verdict": one.word,
            }
            for one in soaked.verdicts
            if one.trend.looked_s
        ],
        "at_rest": {"before": dict(before), "after": dict(after)},
        "visits": {
            name: {"answered": tally.answered, "lost": tally.lost, "wrong": tally.wrong}
            for name, tally in soaked.tallies.items()
        },
        "faults": soaked.faults,
        "found": soaked.found(),
    }


def _growth(verdicts: Sequence[Verdict]) -> str:
    rows = [
        [
            one.process,
            one.figure.title,
            _plain(one.trend.before),
            _plain(one.trend.after),
            _signed(one.trend.growth),
            _plain(one.figure.tolerance) if one.judged else "-",
            f"{one.trend.looked_s:.0f} s",
            one.word,
        ]
        for one in verdicts
        if one.trend.looked_s
    ]
    head = ["process", "figure", "first quarter", "last", "growth", "allowed", "seen for", ""]
    return _grid([head, *rows])


def _at_rest(soaked: Soaked) -> str:
    before, after = soaked.at_rest
    rows = [[name, _plain(before[name]), _plain(after[name])] for name in before if name in after]
    return _grid([["dashboard with nothing running", "before", "after"], *rows])


def _visits(tallies: Mapping[str, Tally]) -> str:
    rows = [
        [name, str(tally.answered), str(tally.lost), str(len(tally.wrong))]
        for name, tally in tallies.items()
    ]
    return _grid([["visits", "answered", "lost to faults", "wrong"], *rows])


def _plain(value: float) -> str:
    return f"{value:,.1f}".removesuffix(".0")


def _signed(value: float) -> str:
    return f"{value:+,.1f}".removesuffix(".0")


def _grid(rows: Sequence[Sequence[str]]) -> str:
    head, *rest = (f"| {' | '.join(row)} |" for row in rows)
    return "\n".join([head, f"|{' --- |' * len(rows[0])}", *rest])
