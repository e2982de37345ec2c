"""The points of a tapped program, as they wait in the ring, and as observed.

A call waits as eleven values in a row, as an object for each would give the garbage collector more
work than all the rest of a wrapper: (ended, began, thread, code, instruction, entry, call, size,
data, result, error). Times are those of the monotonic clock, code and instruction those of the own
line, or of NOWHERE. Anything else waits as itself, with what fills its row.
"""

from __future__ import annotations

import base64
from typing import NamedTuple, Optional

from . import observed
from .sockets import Entry

# Of a call that is told: ended, began, thread, entry, call, size, data, result, error.
Call = tuple[float, float, int, Optional[Entry], str, int, Optional[bytes], Optional[str],
             Optional[str]]  # fmt: skip


WIDTH = 11  # values of a row
REST = (None,) * (WIDTH - 1)


class Life(NamedTuple):
    """A step in a socket's life: created, bound, listening, connected, accepted, closed."""

    at: float
    entry: Entry
    event: str
    local: str | None
    peer: str | None


class Birth(NamedTuple):
    """A thread has started, ended, or died of an exception. `line` of its function."""

    at: float
    thread: int
    name: str
    event: str
    line: str | None


def packed(data: bytes | None) -> str | None:
    return base64.b64encode(data).decode("ascii") if data else None


def point(
    n: int, at: float, thread: str, line: str | None, function: str | None, call: Call
) -> observed.Point:
    """The message of the n-th call."""
    ended, began, _, entry, name, size, data, result, error = call
    number, descriptor = (entry.id, entry.fd) if entry is not None else (None, None)
    cut = len(data) if data and len(data) < size else None
    waited_us = round((ended - began) * 1e6)
    return observed.Point(n, at, thread, line, function, number, descriptor, name, waited_us,
                          size, packed(data), cut, result, error)  # fmt: skip


def socket_event(life: Life, at: float) -> observed.SocketEvent:
    entry = life.entry
    return observed.SocketEvent(
        at=at,
        id=entry.id,
        fd=entry.fd,
        family=entry.family,
        kind=entry.kind,
        event=life.event,
        local=life.local,
        peer=life.peer,
        listener=entry.listener,
    )
