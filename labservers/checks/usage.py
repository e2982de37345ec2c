"""Whether a program has ended because it was not given its arguments."""

from __future__ import annotations

import re
from collections.abc import Sequence

from labservers.checks.values import Death

USAGE = re.compile(r"\b(usage|использование|запуск|параметры|аргументы?)\b", re.IGNORECASE)
READS = re.compile(r"\bargv\b|\b(Argument|Option)Parser\b")
COUNTS = re.compile(r"\blen\(\s*(sys\.)?argv\b")
NAMED = re.compile(r"^[ \t]*(\w+)[ \t]*=[ \t]*(?:list\()?(?:sys\.)?argv\b", re.MULTILINE)
LACKS = frozenset({"IndexError", "ValueError"})  # of a subscript, and of too few to unpack


def needed(text: str, given: Sequence[str], deaths: Sequence[Death], said: str) -> str | None:
    """What shows that it needs arguments, or others: the line that it said or that raised; None:
    it has ended for another reason. text: its source. said: what it has printed."""
    if deaths:
        return _of_line(text, deaths[-1])
    if not READS.search(text):
        return None
    lines = [line.strip() for line in said.splitlines() if line.strip()]
    if USAGE.search(said) or (not given and COUNTS.search(text)):
        return lines[-1] if lines else "len(argv)"
    return None


def _of_line(text: str, death: Death) -> str | None:
    """The line that takes from the arguments, or from a name of theirs."""
    source = death.source or ""
    names = "|".join({"argv", *NAMED.findall(text)})
    taken = re.search(rf"\b({names})\b", source)
    if death.exception not in LACKS or taken is None:
        return None
    if death.exception == "ValueError" and "to unpack" not in death.message:
        return None
    return source
