"""Conversations that nobody has written down: from a file that was recorded, or from a client.

A recording holds what was sent and answered once. What varies in the answers is found by holding
the conversation again.
"""

from __future__ import annotations

import base64
import codecs
import dataclasses
import re
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

from labservers.checks.masking import pattern
from labservers.checks.trial import Trial
from labservers.checks.values import Framing, Talk, Task, Turn
from labservers.observe.observed import Point
from labservers.observe.schema import read_json

MOST = 8 * 1024 * 1024  # bytes of a file
PAUSE_S = 0.05  # two sends with less between them are one request
TELLING = 0.5  # the share of an answer that its pattern must still say
VARIES = re.compile(rb"\(\?>|\.\*\??")  # what a pattern has in place of it
HTTP = re.compile(rb"[A-Z]+ \S+ HTTP/\d")
SENDS = ("send", "sendall", "sendto", "sendmsg")
BYTE_ORDERS: tuple[Literal["big", "little"], ...] = ("big", "little")
RECEIVES = ("recv", "recvfrom", "recvmsg", "recv_into", "recvfrom_into")


class TalkError(ValueError):
    """A conversation that cannot be held; the text says what is missing."""


@dataclass(frozen=True)
class Recording:
    """What was sent and answered once; answers as they came."""

    talk: Talk
    trial: Trial


def from_file(path: Path, task: Task | None) -> Recording:
    """`{"datagram", "greeting", "ends", "turns": [{"send", "answer"}]}`. Bytes are a string, or
    `{"base64": ...}`; null: nothing. A byte order mark is passed over (RFC 8259 section 8.1).

    Raises:
        TalkError: it is not of this form.
        OSError: it cannot be read.
    """
    try:
        value = read_json(path.read_bytes()[:MOST].removeprefix(codecs.BOM_UTF8))
        turns = [(_bytes(one["send"]) or b"", _bytes(one.get("answer"))) for one in value["turns"]]
        datagram, greeting = value.get("datagram", False), _bytes(value.get("greeting"))
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise TalkError(f"{path.name} is not a conversation: {error}") from error
    if not isinstance(datagram, bool):
        raise TalkError(f"{path.name} is not a conversation: datagram is true or false")
    return recording(turns, task, greeting=greeting or b"", datagram=datagram)


def recording(
    turns: list[tuple[bytes, bytes | None]],
    task: Task | None,
    *,
    greeting: bytes = b"",
    datagram: bool = False,
) -> Recording:
    """
    Raises:
        TalkError: nothing was answered.
    """
    if not any(answer for _, answer in turns):
        raise TalkError("nothing is answered in it")
    framed = _framed(turns[-1][0])
    if task is None and (framed == "http" or datagram):
        task = "page" if framed == "http" else "hello"
    trial = Trial(greeting, tuple(answer or b"" for _, answer in turns), closed=True)
    said = tuple(Turn(send, _pattern(answer)) for send, answer in turns)
    talk = Talk("learned", task, said, datagram, _pattern(greeting), framed=framed)
    return Recording(talk, trial)


def agreed(recorded: Recording, held: Talk) -> Talk:
    """The patterns of a talk as it was held now, where much of what was recorded is in them; else
    that itself is expected: the program answers something else than it did."""
    turns = tuple(
        now if _tells(now.answer, answer) else once
        for once, answer, now in zip(
            recorded.talk.turns, recorded.trial.answers, held.turns, strict=True
        )
    )
    return dataclasses.replace(held, turns=turns)


def of_points(points: Iterable[Point]) -> tuple[list[tuple[bytes, bytes | None]], bytes]:
    """The turns of a client, by its calls on one socket, and what it was greeted with.

    Raises:
        TalkError: a request is not kept whole, or there is none.
    """
    turns: list[tuple[bytes, bytes | None]] = []
    greeting, sent_at = b"", 0.0
    for point in points:
        data = base64.b64decode(point.data or "")
        if point.call in SENDS and data:
            if point.cut is not None:
                raise TalkError("its request is longer than what is kept of it")
            goes_on = turns and turns[-1][1] is None and point.at - sent_at < PAUSE_S
            if goes_on and point.call != "sendto":
                data = turns.pop()[0] + data
            turns.append((data, None))
            sent_at = point.at
        elif point.call in RECEIVES and data:
            if turns:
                turns[-1] = turns[-1][0], (turns[-1][1] or b"") + data
            else:
                greeting += data
    if not turns:
        raise TalkError("it has sent nothing")
    return turns, greeting


def _tells(answer: bytes | None, once: bytes) -> bool:
    """Whether a pattern still says half of an answer, or there was none."""
    told = VARIES.sub(b"", answer or b"")
    return not once or len(told) >= len(once) * TELLING


def _framed(send: bytes) -> Framing:
    """Where a request ends, as far as its bytes say it."""
    if HTTP.match(send):
        return "http"
    if _says_its_length(send):
        return "length"
    if send.endswith(b"\n"):
        return "line"
    try:
        return "json" if isinstance(read_json(send), dict | list) else "recv"
    except ValueError:
        return "recv"


def _says_its_length(send: bytes) -> bool:
    """Whether its first two or four bytes are the number of the others."""
    return any(
        len(send) > size and int.from_bytes(send[:size], order) == len(send) - size
        for size in (2, 4)
        for order in BYTE_ORDERS
    )


def _pattern(answer: bytes | None) -> bytes | None:
    return pattern([answer]) if answer else None


def _bytes(value: Any) -> bytes | None:
    """
    Raises:
        ValueError: base64 that is none.
        TypeError, KeyError: neither a string nor base64.
    """
    if value is None:
        return None
    if isinstance(value, str):
        return value.encode()
    return base64.b64decode(value["base64"], validate=True)
