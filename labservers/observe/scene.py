"""The figures and the sockets of a tapped program, in the messages of a server of the lab."""

from __future__ import annotations

import sys
import time
from types import ModuleType
from typing import Any

from . import messages
from .alive import alive
from .kernel import accept_queue, receive_queue, send_queue, tcp_state
from .sockets import Entry
from .tap import Inside, Tap
from .text import one_line

ROWS_SHOWN = 200
FILES_SHOWN = 100
STATES = {"accept": "accepting", "recv": "reading", "recvfrom": "reading", "send": "writing",
          "sendall": "writing", "sendto": "writing"}  # fmt: skip


class Scene:
    """Read from a thread of ours, from the tap's exact counts and from the kernel."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        self._began = time.monotonic()
        self._frames = 0

    def frame(self) -> messages.Frame:
        self._frames += 1
        totals = self._tap.totals()
        entries = self._tap.sockets.open()
        queue, limit = _fullest(entries)
        return messages.Frame(
            at=self._tap.clock.now(),
            seq=self._frames,
            uptime_s=round(time.monotonic() - self._began, 3),
            accepted=totals.connections + totals.datagrams,
            connections=sum(e.kind == "stream" and e.peer is not None for e in entries),
            bytes_in=totals.bytes_in,
            bytes_out=totals.bytes_out,
            requests=totals.requests,
            errors=totals.errors,
            threads=len(alive()),
            counts={},
            accept_queue=queue,
            accept_limit=limit,
            last=self._last(),
            events_lost=self._tap.book.lost,
            files=self._files(),
        )

    def _files(self) -> list[str]:
        """The program's own files among the modules that are loaded."""
        modules = [one for one in list(sys.modules.values()) if type(one) is ModuleType]
        paths = [path for one in modules if type(path := vars(one).get("__file__")) is str]
        names = {self._tap.own.name(path) for path in paths}
        return sorted(name for name in names if name is not None)[:FILES_SHOWN]

    def rows(self) -> messages.Rows:
        """Listening sockets, those in which a thread is inside a call, and the oldest others."""
        now, entries, inside = time.monotonic(), self._tap.sockets.open(), self._inside()
        order = sorted(entries, key=lambda e: (not e.listens, e.id not in inside, e.opened_at))
        shown = [self._row(entry, inside.get(entry.id), now) for entry in order[:ROWS_SHOWN]]
        return messages.Rows(self._tap.clock.at(now), "connections", len(entries), shown)

    def _row(self, entry: Entry, inside: Inside | None, now: float) -> messages.Row:
        sock = entry.ref() if entry.ref is not None else None
        place = self._tap.own.place(inside.frame) if inside is not None else None
        queued, unsent, limit = _queues(entry, sock)
        age = round(self._tap.clock.at(now) - entry.opened_at, 3)
        return messages.Row(
            id=entry.id,
            peer=entry.peer or entry.local or "",
            state="listening" if entry.listens else _state(inside),
            age_s=age,
            state_s=round(now - inside.since, 3) if inside is not None else age,
            bytes_in=entry.bytes_in,
            bytes_out=entry.bytes_out,
            label=f"fd {entry.fd}, {entry.kind}",
            recv_q=queued,
            send_q=unsent,
            accept_limit=limit,
            line=place.text if place else None,
            tcp_state=tcp_state(sock) if sock is not None and entry.kind == "stream" else None,
        )

    def _inside(self) -> dict[int, Inside]:
        """By the socket's id, the call that a thread is inside."""
        calls = [self._tap.inside(frame) for frame in sys._current_frames().values()]
        return {call.entry.id: call for call in calls if call is not None and call.entry}

    def _last(self) -> messages.LastExchange | None:
        newest = self._tap.book.exchange()
        if newest is None:
            return None
        micros = max(0, round(newest.seconds * 1e6))
        return messages.LastExchange(one_line(newest.received), one_line(newest.sent), micros)


def _state(inside: Inside | None) -> str:
    return STATES.get(inside.call, "open") if inside is not None else "open"


def _queues(entry: Entry, sock: Any) -> tuple[int | None, int | None, int | None]:
    """What waits to be taken, what waits to be sent, and the bound of an accept queue."""
    if sock is None:
        return None, None, None
    if entry.listens:
        waiting, limit = accept_queue(sock) or (None, None)
        return waiting, None, limit
    return receive_queue(sock), send_queue(sock), None


def _fullest(entries: list[Entry]) -> tuple[int | None, int | None]:
    """The accept queue that is nearest to its limit, and that."""
    listeners = [entry.ref() for entry in entries if entry.listens and entry.ref is not None]
    queues = [accept_queue(sock) for sock in listeners if sock is not None]
    known = [queue for queue in queues if queue is not None and queue[1]]
    return max(known, key=lambda one: one[0] / one[1]) if known else (None, None)
