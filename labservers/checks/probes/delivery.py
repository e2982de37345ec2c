"""The same conversation in other segments: TCP is a stream of bytes, not of messages."""

from __future__ import annotations

import dataclasses
import re

from labservers.checks.context import Context, Probe, streams
from labservers.checks.diagnosis.sentences import shown
from labservers.checks.holding import Held
from labservers.checks.refusals import refuses
from labservers.checks.values import Evidence, Outcome, Talk, Turn
from labservers.observe.schema import read_json

SOME, MUCH = 150, 3_000  # bytes of padding: within one recv(1024), and beyond several
LAST_NUMBER = re.compile(rb"(\d+)(\D*)$")
NOTHING = Evidence("")
PIECES = "puts pieces together"


def split(context: Context) -> Outcome:
    held = context.hold("bytes")
    context.memory[PIECES] = held.good
    return context.must_be_good(held)


def half_close(context: Context) -> Outcome:
    return context.must_be_good(context.hold("half-close"))


def glued(context: Context) -> Outcome:
    """Two requests in one segment have two answers."""
    return context.must_be_good(context.hold(talk=_twice(context.talk)))


def long(context: Context) -> Outcome:
    """A request that is padded as its format allows. Only where a little of it is understood, much
    of it has to be."""
    if context.talk.answered == "other":
        return _long_message(context)
    for size in (SOME, MUCH):
        talk = padded(context.talk, size)
        if talk is None:
            break
        held = context.hold(talk=talk)
        if size == SOME and not held.good:
            break
        if size == MUCH:
            return _taken_whole(context, held)
    return context.not_tried("no-long-form")


def _long_message(context: Context) -> Outcome:
    """All of a long message is heard, whatever stands between its parts."""
    *joins, said = context.talk.turns
    text = b"b" * MUCH
    end = b"\n" if said.send.endswith(b"\n") else b""
    turn = Turn(text + end, b"(?:[^b]*b){%d}.*" % MUCH)
    talk = dataclasses.replace(context.talk, turns=(*joins, turn))
    return _taken_whole(context, context.hold(talk=talk))


def _taken_whole(context: Context, held: Held) -> Outcome:
    """One that puts pieces together may have a bound for a request: then it says so, or closes. To
    answer the beginning as if it were all is another fault than to take a recv() for a message."""
    outcome = context.must_be_good(held)
    if held.good or (outcome.evidence or NOTHING).deaths or not _puts_together(context):
        return outcome
    if refuses(held.got) or (not held.got and held.result in ("closed", "reset")):
        return context.passed()
    if not held.got:
        return outcome
    values = ("n", str(len(held.sent))), ("got", shown(held.got))
    return dataclasses.replace(outcome, why="request-cut", values=values)


def _puts_together(context: Context) -> bool:
    """Whether it understands a request that comes byte by byte."""
    if PIECES not in context.memory:
        context.memory[PIECES] = _framed(context) is None and context.hold("bytes").good
    return bool(context.memory[PIECES])


def padded(talk: Talk, size: int) -> Talk | None:
    """The same request in more bytes; None: its format has no room for any."""
    turn = talk.turns[-1]
    send = _padded(talk.framed, turn.send, size)
    if send is None:
        return None
    return dataclasses.replace(talk, turns=(*talk.turns[:-1], Turn(send, turn.answer)))


def _padded(framed: str, send: bytes, size: int) -> bytes | None:
    if framed == "http":
        head, empty, body = send.partition(b"\r\n\r\n")
        return head + b"\r\nX-Padding: " + b"a" * size + empty + body
    try:
        if isinstance(read_json(send), dict | list):
            return send[:1] + b" " * size + send[1:]
    except ValueError:
        pass
    found = LAST_NUMBER.search(send)
    if framed == "line" and found is not None:
        return send[: found.start()] + b"0" * size + found[0]
    return None


def _twice(talk: Talk) -> Talk:
    *before, last = talk.turns
    answer = last.answer or b".+"
    return dataclasses.replace(
        talk, turns=(*before, Turn(last.send * 2, b"(?:%b)(?:%b)" % (answer, answer)))
    )


def _framed(context: Context) -> str | None:
    """Where nothing in the bytes says where a request ends, its parts cannot be put together."""
    return streams(context) or ("no-end" if context.talk.framed == "recv" else None)


def _repeats(context: Context) -> str | None:
    if not context.talk.repeats:
        return streams(context) or "one-request"
    return _framed(context) or ("no-end" if context.talk.framed == "json" else None)


HALF_CLOSE = Probe("half-close", streams, half_close, rough=True)
PROBES = (
    Probe("split", _framed, split),
    Probe("glued", _repeats, glued),
    Probe("long", streams, long),
)
