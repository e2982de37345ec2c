"""The conversations that a server may be made for, as they are tried to find its own.

A candidate is a talk whose answers are not known yet. Its questions come in two versions with
other values, and an answer that is the same to both was no answer to a question of mathematics.
"""

from __future__ import annotations

import json
import re
import struct
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from labservers.checks.hints import Hints, values_of
from labservers.checks.values import Framing, Talk, Task, Turn

# So many numbers: those of a right triangle, and for three of a triangle and of a trapezoid that
# are also a quadratic equation with two roots. The first is small: it may be the line of a menu.
NUMBERS = {2: ("3", "4"), 3: ("3", "13", "12"), 4: ("1", "3", "13", "12")}
OTHERS = {2: ("6", "8"), 3: ("2", "9", "8"), 4: ("1", "2", "9", "8")}
NAMES = (b"anna", b"boris", b"clara", b"daniil", b"eva", b"fyodor")
SAID = b"hello, all"
COUNTS = (2, 3)
SEPARATORS = (" ", ",", ", ", ";")
Shape = tuple[str, tuple[bytes, ...]]
MOST = 14  # candidates of one family


@dataclass(frozen=True)
class Candidate:
    """talk: without answers. other: its requests with other values, where the answer must be
    another one then."""

    talk: Talk
    other: tuple[bytes, ...] | None = field(default=None)


Family = Callable[[Hints], Iterator[Candidate]]


def candidates(hints: Hints, task: Task | None, *, datagram: bool) -> Iterator[Candidate]:
    """The likeliest first; of one task only, where that is known."""
    if datagram:
        yield from _of(task, hints, {"hello": _hello, "math": _math_datagrams}, ["hello", "math"])
        return
    families = {"page": _page, "subjects": _subjects, "math": _math, "chat": _chat, "hello": _text}
    order = ["page", "math", "chat", "hello"]
    if hints.task is not None:
        order = [hints.task, *(name for name in order if name != hints.task)]
    yield from _of(task, hints, families, order)


def _of(
    task: Task | None, hints: Hints, families: Mapping[str, Family], order: list[str]
) -> Iterator[Candidate]:
    for name in [task] if task is not None else order:
        if name in families:
            yield from families[name](hints)


def repeating(hints: Hints) -> Iterator[Candidate]:
    """Of a server that repeats what it is sent, to all that are there or to the one that said
    it."""
    end = b"\n" if hints.lines else b""
    yield Candidate(_in_chat("chat-plain", (), end, hints.farewell))
    yield from _text(hints)


def member(turns: tuple[Turn, ...], number: int) -> tuple[Turn, ...]:
    """The turns of the n-th member of a chat, from 0."""
    name = NAMES[number] if number < len(NAMES) else b"guest%d" % number
    return tuple(Turn(turn.send.replace(b"{name}", name), turn.answer) for turn in turns)


def _hello(hints: Hints) -> Iterator[Candidate]:
    yield Candidate(Talk("hello-text", "hello", (Turn(b"Hello server"),), datagram=True))
    yield Candidate(Talk("hello-text", "hello", (Turn(b"hello"),), datagram=True))
    for word in hints.words:
        yield Candidate(Talk("hello-text", "hello", (Turn(word.encode()),), datagram=True))


def _math_datagrams(hints: Hints) -> Iterator[Candidate]:
    for one in _math(hints):
        talk = one.talk
        yield Candidate(Talk(talk.id, talk.task, talk.turns, datagram=True), one.other)


def _math(hints: Hints) -> Iterator[Candidate]:
    unknown = hints == Hints()  # without a source, as of a server at an address
    json_too = _math_json(hints) if hints.json or unknown else ()
    made = [*_math_struct(hints), *json_too, *_math_text(hints)]
    seen: list[tuple[Turn, ...]] = []
    for one in made:
        if one.talk.turns not in seen and len(seen) < MOST:
            seen.append(one.talk.turns)
            yield one


def _math_json(hints: Hints) -> Iterator[Candidate]:
    keys = [key for key in hints.keys if key.isidentifier()]
    shapes: list[list[str]] = [keys] if keys else []
    for shape in [*shapes, ["a", "b"], ["a", "b", "c"]]:
        first, other = (
            json.dumps(dict(zip(shape, map(int, _numbers(values, len(shape))), strict=True)))
            for values in (NUMBERS, OTHERS)
        )
        for end in ("\n", "") if hints.lines else ("",):
            yield _asked("math-json", [first + end], [other + end], "line" if end else "json")
    for count in hints.counts or COUNTS:
        lists = ([int(one) for one in _numbers(of, count)] for of in (NUMBERS, OTHERS))
        first, other = map(json.dumps, lists)
        yield _asked("math-json", [first], [other], "json")


def _math_struct(hints: Hints) -> Iterator[Candidate]:
    for format in hints.formats:
        first, other = (
            struct.pack(format, *map(int, _numbers(of, values_of(format))))
            for of in (NUMBERS, OTHERS)
        )
        talk = Talk("math-struct", "math", (Turn(first),), framed="length")
        yield Candidate(talk, (other,))


def _numbers(of: dict[int, tuple[str, ...]], count: int) -> tuple[str, ...]:
    return of[count] if count in of else tuple(str(one) for one in range(3, 3 + count))


def _math_text(hints: Hints) -> Iterator[Candidate]:
    counts = [*hints.counts, *(count for count in COUNTS if count not in hints.counts)]
    separators = [*hints.separators, *(one for one in SEPARATORS if one not in hints.separators)]
    for count in counts[:2]:
        for separator in separators[:3]:
            if separator in ("\\n", "\\r\\n"):
                separator = "\n"
            first, other = (separator.join(_numbers(of, count)) for of in (NUMBERS, OTHERS))
            yield _asked("math-text", [first + "\n"], [other + "\n"], "line")
            if not hints.lines:
                yield _asked("math-text", [first], [other], "recv")
        numbers, other_numbers = (list(_numbers(of, count)) for of in (NUMBERS, OTHERS))
        yield _asked("math-turns", numbers, other_numbers, "recv")
        asked, others = ([f"{one}\n" for one in of] for of in (numbers, other_numbers))
        yield _asked("math-turns", asked, others, "line")


def _asked(id: str, sends: list[str], others: list[str], framed: Framing) -> Candidate:
    turns = tuple(Turn(one.encode()) for one in sends)
    talk = Talk(id, "math", turns, framed=framed)
    return Candidate(talk, tuple(one.encode() for one in others))


def _page(hints: Hints) -> Iterator[Candidate]:
    paths = [path for path in hints.paths if "." not in path.rpartition("/")[2]]
    for path in dict.fromkeys(["/", *(p for p in hints.paths if p.endswith(".html")), *paths][:4]):
        yield Candidate(_got(path, "page", "page-get"))


def _subjects(hints: Hints) -> Iterator[Candidate]:
    own = [path for path in hints.paths if path != "/"]
    for path in dict.fromkeys(["/", "/subjects/1", *own][:5]):
        yield Candidate(_got(path, "subjects", "subjects-get"))


def _got(path: str, task: Task, id: str) -> Talk:
    request = f"GET {path} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n"
    return Talk(id, task, (Turn(request.encode("latin-1", "replace")),), framed="http")


def _chat(hints: Hints) -> Iterator[Candidate]:
    room: Shape = ("chat-rooms", (b"1",))
    named: Shape = ("chat-names", (b"{name}",))
    shapes = [named, room] if hints.names and not hints.rooms else [room, named]
    shapes += [
        ("chat-names", (b"{name} 1",)),
        ("chat-names", (b"{name}", b"1")),
        ("chat-names", (b"1", b"{name}")),
        ("chat-plain", ()),
    ]
    for end in (b"\n", b"") if hints.lines else (b"", b"\n"):
        for id, joins in shapes:
            turns = tuple(Turn(join + end) for join in joins)
            yield Candidate(_in_chat(id, turns, end, hints.farewell))


def _in_chat(id: str, joins: tuple[Turn, ...], end: bytes, farewell: str) -> Talk:
    said = Turn(SAID + end, b".*" + re.escape(SAID) + b".*")
    return Talk(
        id,
        "chat",
        (*joins, said),
        answered="other",
        repeats=True,
        farewell=farewell.encode() + end if farewell else b"",
        framed="line" if end else "recv",
    )


def _text(hints: Hints) -> Iterator[Candidate]:
    """Any TCP server that answers a line: a greeting over TCP, an echo, a command."""
    for word in ("Hello server", *hints.words):
        for end in ("\n",) if hints.lines else ("\n", ""):
            framed: Framing = "line" if end else "recv"
            turns = (Turn(f"{word}{end}".encode()),)
            yield Candidate(Talk("text", None, turns, framed=framed))
