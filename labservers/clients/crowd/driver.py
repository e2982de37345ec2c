"""Drives many clients in one thread over non-blocking sockets.

Each client is a generator that yields its next wait, as the lab's tasks do. This is the smallest
event loop that serves them.
"""

import heapq
import itertools
import selectors
import socket
import time
from collections.abc import Callable, Generator, Iterable
from typing import NamedTuple, TypeAlias

READ, WRITE = selectors.EVENT_READ, selectors.EVENT_WRITE
LONGEST_WAIT_S = 0.1
REPORT_S = 0.5


class Ready(NamedTuple):
    """A client waits until its socket can be read or written, for `timeout_s` seconds at most;
    it is resumed with whether it can."""

    events: int
    sock: socket.socket
    timeout_s: float


# A float is a number of seconds to sleep.
Client: TypeAlias = Generator[Ready | float, bool | None, None]


class Crowd:
    """Clients, driven until all are done, until `until` (monotonic), or until end() is called."""

    def __init__(self, clients: Iterable[Client], until: float) -> None:
        self._coming = clients
        self._until = until
        self.done = self.failed = 0
        self._selector = selectors.DefaultSelector()
        self._deadlines: list[tuple[float, int, Client]] = []
        self._numbers = itertools.count()
        self._waiting: dict[Client, tuple[int, socket.socket | None]] = {}  # the newest wait

    def end(self) -> None:
        """At the next turn, from a signal handler too."""
        self._until = 0.0

    def run(self, note: Callable[[], None]) -> None:
        """`note` is called REPORT_S seconds apart, and at the end."""
        note_at = 0.0
        try:
            for client in self._coming:
                self._resume(client, None)
            while self._waiting and (now := time.monotonic()) < self._until:
                if now >= note_at:
                    note_at = now + REPORT_S
                    note()
                self._turn(now)
        finally:
            self._close()
            note()

    def watch(self, sock: socket.socket) -> None:
        """End when this socket can be read: it carries nothing, so that is its end."""
        self._selector.register(sock, READ, None)

    def _turn(self, now: float) -> None:
        timeout_s = LONGEST_WAIT_S
        if self._deadlines:
            timeout_s = min(max(0.0, self._deadlines[0][0] - now), timeout_s)
        for key, _ in self._selector.select(timeout_s):
            if key.data is None:
                self.end()
            else:
                self._resume(key.data, True)
        now = time.monotonic()
        while self._deadlines and self._deadlines[0][0] <= now:
            _, number, client = heapq.heappop(self._deadlines)
            waits = self._waiting.get(client)
            if waits and waits[0] == number:  # else it has gone on meanwhile (lazy deletion)
                self._resume(client, False)

    def _resume(self, client: Client, ready: bool | None) -> None:
        _, sock = self._waiting.pop(client, (0, None))
        if sock is not None:
            self._selector.unregister(sock)
        try:
            self._wait(client, client.send(ready))
        except StopIteration:
            self.done += 1
        except OSError:
            self.failed += 1

    def _wait(self, client: Client, wanted: Ready | float) -> None:
        number = next(self._numbers)
        sock, seconds = (
            (wanted.sock, wanted.timeout_s) if isinstance(wanted, Ready) else (None, wanted)
        )
        if isinstance(wanted, Ready):
            self._selector.register(wanted.sock, wanted.events, client)
        self._waiting[client] = number, sock
        heapq.heappush(self._deadlines, (time.monotonic() + seconds, number, client))

    def _close(self) -> None:
        for client in list(self._waiting):
            client.close()
        self._selector.close()
