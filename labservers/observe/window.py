"""A tap that a busy server does not feel: it sees the first calls of each window.

To see a call takes a good part of the time that some of them last. So it takes itself out once a
bounded number has come, until the next window: it sees everything while there is little, and a
sample under load. While something may be held it sees every call.
"""

from __future__ import annotations

import time

from . import wrappers
from .clock import Clock
from .lines import OwnLines
from .sockets import Entry
from .tap import Tap

CALLS = 40  # of a window


class WindowTap(Tap):
    """install() and next_window() are for the one thread that empties the book."""

    def __init__(self, own: OwnLines, clock: Clock) -> None:
        super().__init__(own, clock, room=CALLS)
        self._wrappers = wrappers.of_sockets(self, wire=True)
        self._began = time.monotonic()
        self._cut: float | None = None  # when this window had seen its calls

    def install(self, *, wire: bool = True) -> None:
        """Sockets alone: the waits of a server are not its lessons."""
        if not self.on:
            self.replace(self._wrappers)

    def next_window(self) -> float:
        """Begin one; the share of the last one in which calls were seen, 0..1."""
        now = time.monotonic()
        seen = (self._cut or now) - self._began
        share = seen / (now - self._began) if now > self._began else 1.0
        self._began, self._cut = now, None
        self.install()
        return round(min(1.0, share), 4)

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
