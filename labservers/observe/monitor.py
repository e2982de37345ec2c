"""What a running server knows about itself: totals, open connections, events, the last exchange.

Totals of a connection are plain attributes that one thread at a time changes; reading them
from the telemetry thread is safe and may be one message behind. The lock guards the table of
connections and the sums of the closed ones.
"""

from __future__ import annotations

import itertools
import socket
import threading
import time
from collections import Counter, deque
from typing import Any

from . import messages
from .clock import Clock
from .kernel import receive_queue, send_queue
from .log import Log

EVENTS_KEPT = 1_000
ROWS_SHOWN = 50
EXCHANGE_CHARACTERS = 80


class Connection:
    """One open connection as its own thread reports it."""

    __slots__ = (
        "bytes_in",
        "bytes_out",
        "id",
        "label",
        "opened_at",
        "peer",
        "sock",
        "state",
        "state_since",
    )

    def __init__(self, id: int, peer: str, sock: socket.socket | None) -> None:
        self.id = id
        self.peer = peer
        self.sock = sock
        self.opened_at = self.state_since = time.monotonic()
        self.state = "reading"
        self.bytes_in = 0
        self.bytes_out = 0
        self.label = ""

    def enter(self, state: str) -> None:
        """Move to another state of messages.Row, from now on."""
        self.state = state
        self.state_since = time.monotonic()

    def row(self, now: float) -> messages.Row:
        sock = self.sock  # once: close() may take it away meanwhile
        return messages.Row(
            id=self.id,
            peer=self.peer,
            state=self.state,
            age_s=round(now - self.opened_at, 3),
            state_s=round(now - self.state_since, 3),
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
            label=self.label,
            recv_q=receive_queue(sock) if sock else None,
            send_q=send_queue(sock) if sock else None,
        )


class Monitor:
    """The figures of one server, fed by its threads and read by the telemetry."""

    def __init__(self, log: Log, clock: Clock | None = None) -> None:
        self.log = log
        self.clock = clock or Clock()
        self.accepted = 0
        self.requests = 0
        self.errors = 0
        self.counts: Counter[str] = Counter()
        self._started_at = time.monotonic()
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._open: dict[int, Connection] = {}
        self._closed_in = 0
        self._closed_out = 0
        self.last: tuple[bytes, bytes, int] | None = None  # received, sent, microseconds
        self._events: deque[tuple[int, float, str, dict[str, Any]]] = deque(maxlen=EVENTS_KEPT)
        self._event_numbers = itertools.count(1)
        self._taken_to = 0
        self._left_out = self._left_out_told = self._lost = 0

    def open(self, peer: str, sock: socket.socket | None = None) -> Connection:
        """A connection was accepted."""
        connection = Connection(next(self._ids), peer, sock)
        with self._lock:
            self.accepted += 1
            self._open[connection.id] = connection
        return connection

    def close(self, connection: Connection) -> None:
        """The connection is closed; its bytes stay in the totals. Twice is once."""
        with self._lock:
            if self._open.pop(connection.id, None) is not None:
                self._closed_in += connection.bytes_in
                self._closed_out += connection.bytes_out
        connection.sock = None

    def exchanged(self, received: bytes, sent: bytes, microseconds: int) -> None:
        """A request was answered. The bytes are shortened when somebody looks, not here."""
        self.requests += 1
        self.last = (received, sent, microseconds)

    def event(self, kind: str, **data: Any) -> None:
        """Something worth telling the dashboard; kept until the next batch, bounded."""
        self._events.append((next(self._event_numbers), self.clock.now(), kind, data))

    @property
    def full(self) -> bool:
        """Whether another event would push out the oldest."""
        return len(self._events) == EVENTS_KEPT

    def leave_out(self) -> None:
        """Count an event that is not told, since there are more of its kind than anybody takes;
        for one thread at a time."""
        self._left_out += 1

    def frame(self, seq: int, **extra: Any) -> messages.Frame:
        """All figures now; `extra` replaces or adds fields of messages.Frame."""
        with self._lock:
            open_now = list(self._open.values())
            bytes_in, bytes_out = self._closed_in, self._closed_out
        fields: dict[str, Any] = {
            "at": self.clock.now(),
            "seq": seq,
            "uptime_s": round(time.monotonic() - self._started_at, 3),
            "accepted": self.accepted,
            "connections": len(open_now),
            "bytes_in": bytes_in + sum(c.bytes_in for c in open_now),
            "bytes_out": bytes_out + sum(c.bytes_out for c in open_now),
            "requests": self.requests,
            "errors": self.errors,
            "threads": threading.active_count(),
            "last": self._last_exchange(),
            "counts": dict(self.counts),
            "events_lost": self._lost,
        }
        return messages.Frame(**{**fields, **extra})

    def rows(self, limit: int = ROWS_SHOWN) -> messages.Rows:
        """The open connections that have been in their state longest."""
        with self._lock:
            open_now = list(self._open.values())
        now = time.monotonic()
        shown = sorted(open_now, key=lambda c: c.state_since)[:limit]
        rows = [connection.row(now) for connection in shown]
        return messages.Rows(self.clock.now(), "connections", len(open_now), rows)

    def take_events(self) -> messages.Events | None:
        """The events since the last call, or None; called by one thread only."""
        taken = []
        while self._events:
            taken.append(messages.Event(*self._events.popleft()))
        if not taken:
            return None
        left_out = self._left_out
        lost = taken[0].number - self._taken_to - 1 + left_out - self._left_out_told
        self._left_out_told = left_out
        self._taken_to = taken[-1].number
        self._lost += lost
        return messages.Events(self.clock.now(), taken, lost)

    def _last_exchange(self) -> messages.LastExchange | None:
        if self.last is None:
            return None
        received, sent, microseconds = self.last
        return messages.LastExchange(one_line(received), one_line(sent), microseconds)


def one_line(data: bytes, characters: int = EXCHANGE_CHARACTERS) -> str:
    """The first line of some bytes as text that is safe to print, cut to a length."""
    text = data[: characters * 4].decode("utf-8", "replace").lstrip().split("\n", 1)[0].rstrip()
    text = "".join(c if c.isprintable() else "·" for c in text)
    return text if len(text) <= characters else text[: characters - 1] + "…"


class Excerpt:
    """Bytes that become one short line of text only if somebody prints them."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __str__(self) -> str:
        return one_line(self._data)
