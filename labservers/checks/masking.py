"""The pattern of an answer, from what was answered each time: what varies may be anything."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from difflib import SequenceMatcher

# What varies with the time, though two answers of one second have it in common.
VARIES = re.compile(
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"
    rb"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?"
    rb"|\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
    rb"|0x[0-9a-f]{6,16}"
)
TOKEN = re.compile(rb"[0-9A-Za-z\x80-\xff]+|[^0-9A-Za-z\x80-\xff]")
ANY = b".*?"
LONG = 16 * 1024  # bytes; of what follows only the length is compared


def pattern(answers: Sequence[bytes]) -> bytes:
    """A regular expression, with `.` for line feeds too, that each of the answers matches whole."""
    common = _tokens(answers[0][:LONG])
    for answer in answers[1:]:
        common = _common(common, _tokens(answer[:LONG]))
    return b"".join(_pieces(common)) + _tail([len(answer) - LONG for answer in answers])


def _tail(sizes: list[int]) -> bytes:
    if max(sizes) <= 0:
        return b""
    return b".{%d}" % sizes[0] if len(set(sizes)) == 1 else b".*"


def _tokens(answer: bytes) -> list[bytes | None]:
    """Words and signs; None is what may be anything."""
    tokens: list[bytes | None] = []
    at = 0
    for varying in VARIES.finditer(answer):
        tokens += TOKEN.findall(answer[at : varying.start()])
        tokens.append(None)
        at = varying.end()
    return [*tokens, *TOKEN.findall(answer[at:])]


def _common(one: list[bytes | None], other: list[bytes | None]) -> list[bytes | None]:
    if one == other:
        return one
    common: list[bytes | None] = []
    at = (0, 0)
    for first, second, size in SequenceMatcher(
        None, one, other, autojunk=False
    ).get_matching_blocks():
        if (first, second) != at:
            common.append(None)
        common += one[first : first + size]
        at = (first + size, second + size)
    return common


def _pieces(tokens: list[bytes | None]) -> Iterator[bytes]:
    before: bytes | None = b""
    for token in tokens:
        if token is not None:
            yield re.escape(token)
        elif before is not None:
            yield ANY
        before = token
