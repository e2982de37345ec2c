"""The messages of a program under observation: kept, bounded, until its next start.

Ended is the normal state of a program that somebody learns with, so the picture of a life stays
until the next one begins.
"""

import heapq
from collections import deque
from collections.abc import Callable
from typing import Any

from dashboard.recording import code, sound
from dashboard.recording.memory import Memory
from dashboard.recording.packets import Place, place
from dashboard.recording.streams import Stream
from dashboard.recording.wire import Wire
from labservers.observe import messages, observed

CRASHES = 5
NOTICES = 20
STREAMS_SHOWN = 500
POINTS_AT_FIRST = 1_000
DATA_AT_FIRST = 512 * 1024
PAGE_DATA = 512 * 1024

# What a message changes: kinds of live events, and `view`, that of the program.
TOUCHES: dict[type[Any], tuple[str, ...]] = {
    observed.Program: ("view",),
    observed.SocketEvents: ("streams",),
    observed.Points: ("streams",),
    messages.Rows: ("streams",),
    observed.Lines: ("code",),
    observed.Threads: ("threads", "code"),
    observed.Crash: ("view",),
    observed.Deadlock: ("view",),
    messages.Held: ("view",),
    observed.Asks: ("view",),
    messages.Notice: ("view",),
    observed.Summary: ("view",),
}


class Recorder:
    """The recording of one program; any thread may call it. The lock is that of the memory."""

    def __init__(self, name: str, memory: Memory) -> None:
        self._name = name
        self._memory = memory
        self._lock = memory.lock
        self._begin(0)

    def begin(self, life: int) -> None:
        """A new process: what the one before left is forgotten."""
        with self._lock:
            self._begin(life)

    def end(self, at: float) -> None:
        """The process is gone; what it told stays."""
        with self._lock:
            self._wire.end(at)
            self._changes.add("streams")

    def _begin(self, life: int) -> None:
        self._life = life
        self._wire = Wire()
        self._memory.put(self._name, self._wire)
        self._newest: dict[type[Any], Any] = {}  # of the messages that are snapshots
        self._asks: observed.Asks | None = None
        self._crashes: deque[observed.Crash] = deque(maxlen=CRASHES)
        self._notices: deque[messages.Notice] = deque(maxlen=NOTICES)
        self._unsound: list[messages.Notice] = []  # one at most, which no other pushes out
        self._share = 1.0
        self._changes = {"streams", "code", "threads"}

    def take(self, message: messages.Message, life: int) -> bool:
        """Keep a message, unless it is of an earlier life; whether view() has changed by it."""
        with self._lock:
            if life != self._life or type(message) not in TOUCHES:
                return False
            listening = self._wire.listening()
            match message:
                case observed.Points():
                    self._take_points(message)
                case observed.SocketEvents():
                    self._take_events(message)
                case messages.Rows():
                    self._wire.counted(message)
                case observed.Crash():
                    self._crashes.append(message)
                case messages.Notice(code=sound.UNSOUND):
                    self._unsound = [message]
                case messages.Notice():
                    self._notices.append(message)
                case observed.Asks():
                    self._asks = message if message.prompt is not None else None
                case _:
                    self._newest[type(message)] = message
            self._changes.update(TOUCHES[type(message)])
            return "view" in TOUCHES[type(message)] or self._wire.listening() != listening

    def changes(self) -> set[str]:
        """The kinds of live events that have newer content than at the last call."""
        with self._lock:
            changed, self._changes = self._changes - {"view"}, set()
            return changed

    def _take_events(self, message: observed.SocketEvents) -> None:
        for event in message.events:
            self._wire.happened(event)
        self._memory.make_room()

    def _take_points(self, message: observed.Points) -> None:
        for point in message.points:
            self._wire.add(point)
        self._wire.miss(message.lost)
        self._share = message.share
        self._memory.make_room()

    # What is read.

    def newest_points(self) -> list[dict[str, Any]]:
        """The first content of a tab."""
        with self._lock:
            newest = self._wire.newest(POINTS_AT_FIRST, DATA_AT_FIRST)
            return [point_dict(point) for point in newest]

    def points(self, since: int, limit: int, stream: int | None = None) -> dict[str, Any]:
        """Up to `limit` points with numbers above `since`, and PAGE_DATA of data; `next`: the
        `since` of the next page. `lost`: of all so far."""
        with self._lock:
            found = self._wire.page(since, limit, PAGE_DATA, stream)
            return {
                "points": [point_dict(point) for point in found],
                "next": found[-1].n if found else since,
                "lost": self._wire.lost,
                "share": self._share,
            }

    def read(self, function: Callable[[Wire], Any]) -> Any:
        """The value of a function of the wire, which holds still meanwhile."""
        with self._lock:
            return function(self._wire)

    def streams(self, limit: int = STREAMS_SHOWN) -> dict[str, Any]:
        """The open sockets first, then those that closed last; `total`: of the whole life."""
        with self._lock:
            chosen = heapq.nlargest(limit, self._wire.streams.values(), key=_interest)
            chosen.sort(key=lambda stream: stream.id)
            return {"streams": [s.as_dict() for s in chosen], "total": self._wire.total}

    def code(self) -> dict[str, Any]:
        """Lines and their counts, and what stands in which."""
        with self._lock:
            threads = self._newest.get(observed.Threads)
            lines = self._newest.get(observed.Lines)
            return {
                "lines": code.counted(lines),
                "standing": code.standing(threads, self._peer),
            }

    def threads(self) -> dict[str, Any] | None:
        with self._lock:
            newest = self._newest.get(observed.Threads)
            return messages.as_dict(newest) if newest else None

    def reachable(self) -> list[tuple[str, str]]:
        """Transport and address of each socket that clients can reach."""
        with self._lock:
            return [
                ("udp" if stream.kind == "datagram" else "tcp", stream.local)
                for stream in self._wire.reachable()
                if stream.local
            ]

    def view(self, *, alive: bool) -> dict[str, Any]:
        """The observation's part of a program's view."""
        with self._lock:
            asks = self._asks if alive else None
            return {
                "observed": observed.Program in self._newest,
                "listening": self._wire.listening() if alive else [],
                "waits_for_input": asks
                and {"prompt": asks.prompt, "line": asks.line, "since": asks.at},
                "held": self._shown(messages.Held) if alive else None,
                "deadlock": self._shown(observed.Deadlock) if alive else None,
                "crashes": [messages.as_dict(crash) for crash in self._crashes],
                "notices": [messages.as_dict(one) for one in (*self._unsound, *self._notices)],
                "summary": self._shown(observed.Summary),
            }

    def opening(self) -> bytes | None:
        """The first words of the newest client."""
        with self._lock:
            return self._wire.opening()

    def targets(self) -> dict[str, tuple[str, int]]:
        """Kind of socket -> where clients reach the newest of that kind; by IPv4 where two
        share a port, as those of asyncio do."""
        found: dict[str, Place] = {}
        with self._lock:
            for stream in self._wire.reachable():
                at, before = place(stream.local), found.get(stream.kind)
                twin = at and before and at.port == before.port and before.host.version == 4
                if at and not twin:
                    found[stream.kind] = at
        return {kind: (str(at.host), at.port) for kind, at in found.items()}

    def _shown(self, kind: type[Any]) -> dict[str, Any] | None:
        newest = self._newest.get(kind)
        return messages.as_dict(newest) if newest else None

    def _peer(self, socket: int | None) -> str | None:
        stream = self._wire.streams.get(socket) if socket is not None else None
        return stream.peer if stream else None


def point_dict(point: observed.Point) -> dict[str, Any]:
    """A point as the page gets it."""
    return {**messages.as_dict(point), "stream": point.id}


def _interest(stream: Stream) -> tuple[bool, float]:
    return stream.open, stream.closed_at or stream.opened_at
