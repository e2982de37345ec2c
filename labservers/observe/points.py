"""Events of a tapped program as messages: dicts of plain values, and as lines of JSON."""

from __future__ import annotations

import base64
import json
import sys
from typing import Any, NamedTuple

from .tap import Counts, Point, SocketEvent

Message = dict[str, Any]  # with `type` and `at` (seconds since the epoch); `data` is bytes


class ThreadEvent(NamedTuple):
    """A thread has started, ended, or died of an exception. `line` of its function."""

    at: float
    thread: int
    name: str
    event: str
    line: str | None


def message(event: Any, names: dict[int, str]) -> Message:
    """A message of an event. `names` are the threads' so far; a thread's start adds its own."""
    if type(event) is dict:
        return event
    if type(event) is tuple:
        return _point(Point(*event), names)
    if isinstance(event, SocketEvent):
        return _socket(event)
    assert isinstance(event, ThreadEvent)
    names[event.thread] = event.name
    told = event._asdict()
    del told["thread"]
    return {"type": "thread", **told}


def _point(point: Point, names: dict[int, str]) -> Message:
    place, data = point.place, point.data
    told: Message = {
        "type": "point",
        "at": point.at,
        "n": point.n,
        "thread": names.get(point.thread) or _name(point.thread),
        "line": place.text if place else None,
        "function": place.function if place else None,
        "id": point.entry.id,
        "fd": point.entry.fd,
        "call": point.call,
        "waited_us": round(point.waited_s * 1e6),
        "bytes": point.size,
    }
    if data:
        told["data"] = data
        if len(data) < point.size:
            told["cut"] = len(data)
    if point.error is not None:
        told["error"] = point.error
    elif point.result is not None:
        told["result"] = point.result
    return told


def _socket(event: SocketEvent) -> Message:
    entry = event.entry
    return {
        "type": "socket",
        "at": event.at,
        "fd": entry.fd,
        "id": entry.id,
        "family": entry.family,
        "kind": entry.kind,
        "event": event.event,
        "local": event.local,
        "peer": event.peer,
        "listener": entry.listener,
    }


def _name(thread: int) -> str:
    """A thread that was not seen to start: one of _thread, or from before."""
    threading = sys.modules.get("threading")
    known = getattr(threading, "_active", {}).get(thread)
    return known.name if known is not None else f"thread {thread}"


def summary(at: float, counts: Counts, told: int, ending: Message, left: Message) -> Message:
    """The last message. `ending`: exit_code or signal; `left`: what the program left behind."""
    return {
        "type": "summary",
        "at": at,
        **ending,
        "connections": counts.connections,
        "bytes_in": counts.bytes_in,
        "bytes_out": counts.bytes_out,
        "points": counts.points,
        "lost": counts.points - told,
        **left,
    }


def encode(told: Message) -> bytes:
    """A line of JSON. Bytes become base64."""
    packed = {
        key: base64.b64encode(value).decode("ascii") if isinstance(value, bytes) else value
        for key, value in told.items()
    }
    return json.dumps(packed, ensure_ascii=False, default=str).encode("utf-8", "replace") + b"\n"
