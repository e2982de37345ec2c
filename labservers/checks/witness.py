"""What the tap in the checked program says: deaths, threads, addresses, calls."""

from __future__ import annotations

import base64
import contextlib
import threading
from collections import deque
from collections.abc import Callable
from typing import TypeVar

from labservers.checks.values import Address, Death, Stand
from labservers.observe import messages, observed
from labservers.observe.observed import Point

POINTS = 200  # batches that are kept
MOST = 5_000  # deaths, addresses and peers that are kept, of each
BATCH = b'{"type":"points"'
WANTED = (b'{"type":"socket_events"', b'{"type":"threads"', b'{"type":"crash"',
          b'{"type":"asks"', b'{"type":"program"')  # fmt: skip

T = TypeVar("T")


class Witness:
    """Fed line by line by one thread, asked by any. Lists only grow, so that a length of today
    is a mark: what follows it has happened since."""

    def __init__(self, source: Callable[[str | None], str | None]) -> None:
        self._source = source
        self._changed = threading.Condition()
        self._batches: deque[bytes] = deque(maxlen=POINTS)
        self.deaths: list[Death] = []
        self.listening: list[Address] = []
        self.unix: str | None = None  # the path at which it listens (unix(7))
        self.peers: dict[int, str] = {}  # by the id of a socket
        self.told = 0  # lines that were taken
        self.asks: str | None = None
        self.begun = False  # its own code runs
        self.standing: observed.Threads | None = None

    def take(self, line: bytes) -> None:
        """One line of the channel; what is not wanted is not even read."""
        if line.startswith(BATCH):
            self.told += 1
            self._batches.append(line)
        elif line.startswith(WANTED):
            try:
                message = messages.decode(line)
            except messages.MessageError:
                return
            with self._changed:
                # All code of the program can write to the channel, and what fits the schema may
                # still hold bytes that are not base64.
                with contextlib.suppress(ValueError, IndexError):
                    self._note(message)
                self._changed.notify_all()

    def wait(self, found: Callable[[], T | None], timeout_s: float) -> T | None:
        """What `found` returns as soon as it is something; None: not within that time."""
        with self._changed:
            return self._changed.wait_for(found, timeout_s)

    def points(self, batches: int = POINTS) -> list[Point]:
        """The newest calls of the program, in their order, out of so many batches."""
        found: list[Point] = []
        for line in list(self._batches)[-batches:]:
            try:
                message = messages.decode(line)
            except messages.MessageError:
                continue
            if isinstance(message, observed.Points):
                found += message.points
        return found

    def stands(self) -> tuple[Stand, ...]:
        """Where each thread stood at the last look."""
        rows = self.standing.threads if self.standing is not None else []
        return tuple(
            Stand(row.name, row.line, self._source(row.line), row.call, row.waited_s)
            for row in rows
            if row.line is not None
        )

    def _note(self, message: messages.Message) -> None:
        if isinstance(message, observed.SocketEvents):
            for event in message.events:
                self._socket(event)
        elif isinstance(message, observed.Crash):
            if len(self.deaths) < MOST:
                self.deaths.append(death(message))
        elif isinstance(message, observed.Threads):
            self.standing = message
        elif isinstance(message, observed.Program):
            self.begun = True
        elif isinstance(message, observed.Asks):
            self.asks = message.prompt

    def _socket(self, event: observed.SocketEvent) -> None:
        datagram = event.kind == "datagram"
        if event.event == "connected" and event.peer and len(self.peers) < MOST:
            self.peers[event.id] = event.peer
        if event.event == ("bound" if datagram else "listening"):
            if event.family == "AF_UNIX":
                self.unix = event.local
            found = address_of(event.local, datagram=datagram)
            known = found in self.listening or len(self.listening) >= MOST
            if found is not None and not known:
                self.listening.append(found)


def address_of(text: str | None, *, datagram: bool) -> Address | None:
    """`127.0.0.1:8000` or `[::1]:8000`; None: it is something else."""
    host, _, port = (text or "").rpartition(":")
    if not host or not (port.isascii() and port.isdigit()):
        return None
    return Address(host.strip("[]"), int(port), datagram)


def death(crash: observed.Crash) -> Death:
    return Death(
        thread=crash.thread,
        main=crash.main,
        exception=crash.exception,
        message=crash.message,
        line=crash.line,
        source=crash.source,
        received=base64.b64decode(crash.received or ""),
        bad=crash.bad,
        swallowed=crash.swallowed,
        stack=tuple((str(one[0]), str(one[1]), one[2]) for one in crash.stack),
    )
