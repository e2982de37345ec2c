"""The figures of a running server: totals, open connections, events, the last exchange."""

from __future__ import annotations

import itertools
import socket
import threading
import time
from typing import Any

from . import messages
from .clock import Clock
from .events import EventStore
from .kernel import receive_queue, send_queue
from .log import Log
from .tally import Tally
from .text import one_line

ROWS_SHOWN = 50


class Connection(Tally):
    """One open connection, written by the one thread that serves it at the time."""

    __slots__ = ("id", "label", "opened_at", "peer", "sock", "state", "state_since")

    def __init__(self, id: int, peer: str, sock: socket.socket | None) -> None:
        super().__init__()
        self.accepted = 1
        self.id = id
        self.peer = peer
        self.sock = sock
        self.opened_at = self.state_since = time.monotonic()
        self.state = "reading"
        self.label = ""

    def enter(self, state: str) -> None:
        """Move to another state of messages.Row, from now on."""
        self.state = state
        self.state_since = time.monotonic()

    def row(self, now: float) -> messages.Row:
        """As shown; `now` by time.monotonic()."""
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


class Monitor(Tally):
    """The figures of one server, fed by its threads and read by the reporter.

    Its own counters are for the thread that accepts. A thread that serves a connection counts in
    that connection, any other in a tally() of its own. last: the newest exchange as received, sent,
    microseconds; always replaced as a whole. The lock guards the table of connections and the sums
    of the closed ones.
    """

    def __init__(self, log: Log, clock: Clock | None = None) -> None:
        super().__init__()
        self.log = log
        self.clock = clock or Clock()
        self.last: tuple[bytes, bytes, int] | None = None
        self._started_at = time.monotonic()
        self._ids = itertools.count(1)
        self._lock = threading.Lock()
        self._open: dict[int, Connection] = {}
        self._tallies: list[Tally] = [self]
        self._closed = Tally()
        self._events = EventStore(self.clock)

    def tally(self) -> Tally:
        """Counters for one more thread, kept to the end."""
        made = Tally()
        with self._lock:
            self._tallies.append(made)
        return made

    def open(self, peer: str, sock: socket.socket | None = None) -> Connection:
        """A connection was accepted."""
        connection = Connection(next(self._ids), peer, sock)
        with self._lock:
            self._open[connection.id] = connection
        return connection

    def close(self, connection: Connection) -> None:
        """The connection is closed; what it counted stays in the totals. Twice is once."""
        with self._lock:
            if self._open.pop(connection.id, None) is not None:
                self._closed.add(connection)
        connection.sock = None

    def totals(self) -> Tally:
        """All that was counted up to now."""
        total = Tally()
        with self._lock:
            total.add(self._closed)
            parts = [*self._tallies, *self._open.values()]
        for part in parts:
            total.add(part)
        return total

    def exchanged(self, received: bytes, sent: bytes, microseconds: int) -> None:
        """The thread that accepts has answered a request. The bytes are shortened when somebody
        looks, not here."""
        self.requests += 1
        self.last = (received, sent, microseconds)

    def event(self, kind: str, /, **data: Any) -> int:
        """Something for the dashboard to hear; kept until the next batch, bounded. Its number."""
        return self._events.add(kind, data)

    @property
    def events(self) -> EventStore:
        """For events of what is gathered first, since it happens very often."""
        return self._events

    def take_events(self) -> messages.Events | None:
        """The events since the last call, or None; called by one thread only."""
        return self._events.take()

    def frame(self, seq: int, **extra: Any) -> messages.Frame:
        """All figures now; `extra` replaces or adds fields of messages.Frame."""
        total = self.totals()
        fields: dict[str, Any] = {
            "at": self.clock.now(),
            "seq": seq,
            "uptime_s": round(time.monotonic() - self._started_at, 3),
            "accepted": total.accepted,
            "connections": len(self._open),
            "bytes_in": total.bytes_in,
            "bytes_out": total.bytes_out,
            "requests": total.requests,
            "errors": total.errors,
            "threads": threading.active_count(),
            "last": self._last_exchange(),
            "counts": dict(total.counts),
            "events_lost": self._events.lost,
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

    def _last_exchange(self) -> messages.LastExchange | None:
        last = self.last
        if last is None:
            return None
        received, sent, microseconds = last
        return messages.LastExchange(one_line(received), one_line(sent), microseconds)
