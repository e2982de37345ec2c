"""A task of an event loop as it is seen from outside, in the lane where it waits."""

from __future__ import annotations

import socket
from types import FrameType
from typing import Any, NamedTuple

from .sockets import Entry, Sockets

INNER = ("_transport", "_ssl_protocol", "_sock")  # of objects of asyncio
STEPS = 4  # from a reader over TLS to its socket
LANES = ("ready", "running", "reading", "writing", "sleeping", "waiting")


class Seen(NamedTuple):
    """task: a generator, an asyncio.Task, or the Entry of a socket that a callback serves.

    lane: "waiting" where it waits for something else than a socket or time, or where that cannot be
    seen. line: as "server.py:24", of an own file. frame: of that line; None where there is none.
    """

    task: Any
    lane: str
    function: str
    line: str | None
    entry: Entry | None
    frame: FrameType | None = None


def entry_of(value: Any, sockets: Sockets) -> Entry | None:
    """Of a socket, or of what asyncio has made of one: a transport, its reader or writer."""
    for _ in range(STEPS):
        if type(value).__module__.startswith("asyncio."):
            inner = (getattr(value, name, None) for name in INNER)
            value = next((one for one in inner if one is not None), None)
    entry = sockets.entries.get(id(value)) if isinstance(value, socket.socket) else None
    return entry if entry is not None and entry.seen and not entry.closed else None
