"""The pattern of an answer, from what was answered each time: what varies may be anything."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from difflib import SequenceMatcher
from typing import TypeVar

# What varies with the time, though two answers of one second have it in common.
VARIES = re.compile(
    rb"(?:Mon|Tue|Wed|Thu|Fri|Sat|Sun), \d{1,2} [A-Z][a-z]{2} \d{4} \d\d:\d\d:\d\d GMT"
    rb"|\d{4}-\d\d-\d\d(?:[T ]\d\d:\d\d(?::\d\d(?:\.\d+)?)?)?"
    rb"|\d\d:\d\d(?::\d\d(?:\.\d+)?)?"
    rb"|0x[0-9a-f]{6,16}"
)
TOKEN = re.compile(rb"[0-9A-Za-z\x80-\xff]+|[^0-9A-Za-z\x80-\xff]")
ANY = b".*?"
T = TypeVar("T")
Tokens = list[bytes | None]
MOST_PAIRS = 1_000_000  # of tokens, or lines, that are compared with each other
LONG = 16 * 1024  # bytes; of what follows only the length is compared


def pattern(answers: Sequence[bytes]) -> bytes:
    """A regular expression, with `.` for line feeds too, that each of the answers matches whole."""
    common = _tokens(answers[0][:LONG])
    for answer in answers[1:]:
        common = _common(common, _tokens(answer[:LONG]))
    return _expression(common) + _tail([len(answer) - LONG for answer in answers])


def _tail(sizes: list[int]) -> bytes:
    if max(sizes) <= 0:
        return b""
    return b".{%d}" % sizes[0] if len(set(sizes)) == 1 else b".*"


def _tokens(answer: bytes) -> Tokens:
    """Words and signs; None is what may be anything."""
    tokens: Tokens = []
    at = 0
    for varying in VARIES.finditer(answer):
        tokens += TOKEN.findall(answer[at : varying.start()])
        tokens.append(None)
        at = varying.end()
    return [*tokens, *TOKEN.findall(answer[at:])]


def _common(one: Tokens, other: Tokens) -> Tokens:
    """What both have, in order; None stands for the rest."""
    begin = _alike(one, other)
    end = _alike(one[begin:][::-1], other[begin:][::-1])
    inner, rest = one[begin : len(one) - end], other[begin : len(other) - end]
    middle: Tokens = []
    if inner or rest:
        if len(inner) * len(rest) <= MOST_PAIRS:
            middle = _matched(inner, rest, lambda token: [token])
        else:
            middle = _matched(_lines(inner), _lines(rest), list)
    return [*one[:begin], *middle, *one[len(one) - end :]]


def _alike(one: Tokens, other: Tokens) -> int:
    """How many tokens both begin with."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((n for n, (a, b) in pairs if a != b), min(len(one), len(other)))


def _matched(one: Sequence[T], other: Sequence[T], tokens: Callable[[T], Tokens]) -> Tokens:
    """By difflib, where that does not take long; its time grows with the pairs."""
    if len(one) * len(other) > MOST_PAIRS:
        return [None]
    common: Tokens = []
    at = (0, 0)
    for first, second, size in SequenceMatcher(
        None, one, other, autojunk=False
    ).get_matching_blocks():
        if (first, second) != at:
            common.append(None)
        for unit in one[first : first + size]:
            common += tokens(unit)
        at = (first + size, second + size)
    return common


def _lines(tokens: Tokens) -> list[tuple[bytes | None, ...]]:
    lines: list[tuple[bytes | None, ...]] = []
    begin = 0
    for at, token in enumerate(tokens, 1):
        if token == b"\n" or at == len(tokens):
            lines.append(tuple(tokens[begin:at]))
            begin = at
    return lines


def _expression(tokens: Tokens) -> bytes:
    """What may be anything ends at the first place where the rest goes on: as in a glob, another
    place would do no better. Atomic groups say so, and a match takes no longer than its text."""
    literals = [b""]
    for token in tokens:
        if token is None and (literals[-1] or len(literals) == 1):
            literals.append(b"")
        elif token is not None:
            literals[-1] += re.escape(token)
    first, *others = literals
    if not others:
        return first
    *inner, last = others
    return first + b"".join(b"(?>.*?%b)" % one for one in inner) + ANY + last
