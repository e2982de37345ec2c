"""What happens in a tapped program, as it waits in the ring, and as observed.

A call waits as a bare tuple, since a named one costs more than all the rest of a wrapper:
(ended, began, thread, code, instruction, entry, call, size, data, result, error). Times are those
of the monotonic clock, code and instruction those of the own line, if there is one.
"""

from __future__ import annotations

import base64
from types import CodeType
from typing import Any, NamedTuple, Optional

from . import observed
from .sockets import Entry

Call = tuple[float, float, int, Optional[CodeType], int, Optional[Entry], str, int,
             Optional[bytes], Optional[str], Optional[str]]  # fmt: skip


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


class Chosen(NamedTuple):
    """A call that is reported by itself, with its number."""

    n: int
    call: Call


def packed(data: bytes | None) -> str | None:
    return base64.b64encode(data).decode("ascii") if data else None


def point(chosen: Chosen, at: float, thread: str, line: str | None, function: str | None) -> Any:
    """The message of a call."""
    ended, began, _, _, _, entry, call, size, data, result, error = chosen.call
    return observed.Point(
        n=chosen.n,
        at=at,
        thread=thread,
        line=line,
        function=function,
        id=entry.id if entry else None,
        fd=entry.fd if entry else None,
        call=call,
        waited_us=round((ended - began) * 1e6),
        bytes=size,
        data=packed(data),
        cut=len(data) if data and len(data) < size else None,
        result=result,
        error=error,
    )


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
