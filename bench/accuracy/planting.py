"""Servers with one planted fault: a sound one, and the difference that plants it (diff -u).

`python -m bench.accuracy.planting NAME` prints such a server, to be looked at and run by hand.
"""

import json
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
PLANTED = ROOT / "tests/programs/planted"
BASE = re.compile(r"^--- (\S+\.py)$", re.MULTILINE)
HUNK = re.compile(r"^@@ -(\d+)(?:,(\d+))? \+\d+(?:,\d+)? @@")


def facts() -> dict[str, dict[str, str | None]]:
    """name.py -> its task, its finding (None: it is sound), args and client where it wants some."""
    found: dict[str, dict[str, str | None]] = json.loads(
        (PLANTED / "planted.json").read_text("utf-8")
    )
    return found


def source(name: str) -> str:
    """The text of a server.

    Raises:
        OSError: there is none of that name. ValueError: its difference does not fit the sound one.
    """
    sound = PLANTED / name
    if sound.exists():
        return sound.read_text("utf-8")
    difference = sound.with_suffix(".diff").read_text("utf-8")
    base = BASE.search(difference)
    if base is None:
        raise ValueError(f"{name}: the difference names no file")
    return patched((PLANTED / base[1]).read_text("utf-8"), difference)


def patched(text: str, difference: str) -> str:
    """A text with a unified difference applied, whose lines fit exactly.

    Raises:
        ValueError: they do not.
    """
    lines, made, at = text.splitlines(keepends=True), [], 0
    for begin, old, new in _hunks(difference):
        if begin < at or lines[begin : begin + len(old)] != old:
            raise ValueError(f"the difference does not fit at line {begin + 1}")
        made += [*lines[at:begin], *new]
        at = begin + len(old)
    return "".join([*made, *lines[at:]])


def _hunks(difference: str) -> Iterator[tuple[int, list[str], list[str]]]:
    """Where each begins, from 0; the lines that are there, and those in their place."""
    begin = -1
    old: list[str] = []
    new: list[str] = []
    for line in difference.splitlines(keepends=True):
        if found := HUNK.match(line):
            if begin >= 0:
                yield begin, old, new
            # An empty range names the line before it.
            begin, old, new = int(found[1]) - (found[2] != "0"), [], []
        elif begin >= 0:
            old += [line[1:]] if line[0] in " -" else []
            new += [line[1:]] if line[0] in " +" else []
    if begin >= 0:
        yield begin, old, new


if __name__ == "__main__":
    sys.stdout.write(source(sys.argv[1]))
