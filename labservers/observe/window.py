"""A tap that a busy server does not feel: it sees the first calls of each window.

To see a call takes a good part of the time that some of them last. So it takes itself out once a
bounded number has come, until the next window: it sees everything while there is little, and a
sample under load. While something may be held it sees every call.
"""

from __future__ import annotations

import time

from . import births, wrappers
from .alive import alive
from .clock import Clock
from .lines import OwnLines
from .sockets import Entry
from .tap import Tap

WINDOW_S = 0.5
CALLS = 100  # of a window that are counted
RATE, BURST = 100.0, 400.0  # of these: a second, and at once, that are reported one by one


class WindowTap(Tap):
    """install() and go_on() are for the one thread that empties the book."""

    def __init__(self, own: OwnLines, clock: Clock) -> None:
        super().__init__(own, clock, room=CALLS)
        self.book.rate, self.book.burst = RATE, BURST
        self._wrappers = [*wrappers.of_sockets(self, wire=True), *births.of_threads(self)]
        self._began = time.monotonic()
        self._cut: float | None = None  # when this window had seen its calls

    def install(self, *, wire: bool = True) -> None:
        """Sockets and starts of threads: the waits of a server are not its lessons."""
        if not self.on:
            self.book.meet(alive())
            self.replace(self._wrappers)

    def go_on(self) -> float:
        """Begin a window when it is time for one; the share of the one under way, or of the one
        that has ended, in which calls were seen, 0..1."""
        now = time.monotonic()
        lasted = now - self._began
        seen = (self._cut or now) - self._began
        if lasted >= WINDOW_S:
            self._began, self._cut = now, None
        if self._cut is None:
            self.install()
        return round(min(1.0, seen / lasted), 4) if lasted > 0 else 1.0

    def relieve(self) -> None:
        """The calls of this window have come; called by a thread of the server."""
        if self.gates:
            super().relieve()
        elif self._cut is None:
            self._cut = time.monotonic()
            self.remove()

    def _dropped(self, entry: Entry) -> None:
        """Also between two windows: a socket that was seen is seen to go."""
        self.live(entry, "closed")
