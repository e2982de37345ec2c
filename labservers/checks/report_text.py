"""A report, as in report_json.py, for a terminal."""

from __future__ import annotations

import textwrap
from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any

from labservers.checks.texts import Language, text
from labservers.observe.text import printable

Json = dict[str, Any]
SIGNS = {"must": "✗", "should": "!", "hint": "·"}
COLOURS = {"✗": 31, "!": 33, "·": 36}  # of ECMA-48, 8.3.117
WIDTH = 100
FREQUENT = 10


def report(said: Json, *, colour: bool = False) -> str:
    """Lines: the verdict, each finding, then what passed and what was not tried."""
    lines = (printable(line, kept="\n") for line in _lines(said))
    return "".join(f"{_coloured(line) if colour else line}\n" for line in lines)


def headline(said: Json) -> str:
    """The verdict in one sentence, and why the program was not checked, or not to the end."""
    key = "cannot" if said["verdict"] == "cannot run" else said["verdict"]
    musts = sum(finding["level"] == "must" for finding in said["findings"])
    verdict = text(said["language"], f"verdict.{key}", {"n": musts})
    return f"{verdict} {said['reason']}".rstrip()


def task_words(said: Json) -> str:
    """The task, and whether it was guessed."""
    language: Language = said["language"]
    name = text(language, f"task.{said['task'] or 'none'}")
    return f"{name} ({text(language, 'task.guessed')})" if said["guessed"] else name


def table(many: Sequence[Json]) -> str:
    """A row for each of several programs, and what was found most often in them."""
    language = many[0]["language"]
    columns = ("program", "task", "verdict", "must", "should", "hint", "first")
    rows = [[text(language, f"column.{name}") for name in columns], *(map(cells, many))]
    widths = [max(len(row[at]) for row in rows) for at in range(len(columns) - 1)]
    lines = ("  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in rows)
    often = (f"{n:>4}  {title}" for n, title in frequent(many))
    parts = [*lines, "", f"{text(language, 'frequent')}:", *often] if len(many) > 1 else lines
    return "\n".join(map(printable, parts)) + "\n"


def frequent(many: Sequence[Json]) -> list[tuple[int, str]]:
    """The causes that most programs have: how many of them, and the title."""
    titles = {f["id"]: f["title"] for said in many for f in said["findings"]}
    found = Counter(f["id"] for said in many for f in said["findings"])
    return [(n, titles[id]) for id, n in found.most_common(FREQUENT)]


def cells(said: Json) -> list[str]:
    """A program's row of the table."""
    language = said["language"]
    levels = [finding["level"] for finding in said["findings"]]
    short = "cannot" if said["verdict"] == "cannot run" else said["verdict"]
    first = said["findings"][0]["title"] if said["findings"] else said["reason"]
    counts = (str(levels.count(level) or "") for level in SIGNS)
    task = task_words(said) if said["verdict"] != "cannot run" else ""
    return [said["program"], task, text(language, f"verdict.{short}.s"), *counts, first]


def _lines(said: Json) -> Iterator[str]:
    language = said["language"]
    yield f"{said['program']} · {task_words(said)}" if said["talk"] else said["program"]
    yield textwrap.fill(headline(said), WIDTH)
    for finding in said["findings"]:
        yield ""
        yield from _finding(finding, language)
    yield ""
    yield from _rest(said)
    yield text(language, "took", {"s": f"{said['took_s']:.0f}"})


def _finding(finding: Json, language: Language) -> Iterator[str]:
    yield _wrapped(SIGNS[finding["level"]], finding["title"], "  ")
    if finding["line"]:
        yield f"    {finding['line']}    {finding['source'] or ''}".rstrip()
    for key, name in (("seen", "evidence"), ("why", "why"), ("next", "next_step")):
        if finding[name]:
            yield _wrapped(f"  {text(language, key)}:", finding[name], "    ")


def _rest(said: Json) -> Iterator[str]:
    language = said["language"]
    passed = [probe for probe in said["probes"] if probe["outcome"] == "pass"]
    if passed:
        ids = ", ".join(_remarked(probe) for probe in passed)
        yield _wrapped(f"{text(language, 'passed')} ({len(passed)}):", ids, "  ")
    for key, probes in (("untried", untried(said)), ("unconfirmed", unconfirmed(said))):
        if probes:
            yield f"{text(language, key)} ({len(probes)}):"
            for why, alike in by_reason(probes):
                yield _wrapped(
                    f"  {why}:" if why else " ", ", ".join(p["id"] for p in alike), "    "
                )


def _remarked(probe: Json) -> str:
    return f"{probe['id']} ({probe['why']})" if probe["why"] else probe["id"]


def by_reason(probes: Sequence[Json]) -> list[tuple[str, list[Json]]]:
    """Probes that share a reason stand together."""
    groups: dict[str, list[Json]] = {}
    for probe in probes:
        groups.setdefault(probe["why"], []).append(probe)
    return list(groups.items())


def untried(said: Json) -> list[Json]:
    return [probe for probe in said["probes"] if probe["outcome"] == "not tried"]


def unconfirmed(said: Json) -> list[Json]:
    """Probes that failed once only; of others speaks a finding, or the reason of the verdict."""
    return [p for p in said["probes"] if p["outcome"] == "fail" and not p["confirmed"]]


def _wrapped(first: str, rest: str, indent: str) -> str:
    return textwrap.fill(f"{first} {rest}", WIDTH, subsequent_indent=indent)


def _coloured(line: str) -> str:
    """With the sign of a finding in its colour."""
    sign, blank, rest = line.partition(" ")
    return f"\x1b[{COLOURS[sign]}m{sign}\x1b[0m{blank}{rest}" if sign in COLOURS else line
