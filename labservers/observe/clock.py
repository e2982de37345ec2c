"""The time of an event: the time of day, which never goes back within a process."""

from __future__ import annotations

import time
from typing import Callable


class Clock:
    """The wall clock at the start, and from then on the monotonic clock.

    Two readings differ by the time that has passed, even where somebody sets the clock meanwhile.
    """

    def __init__(
        self,
        wall: Callable[[], float] = time.time,
        monotonic: Callable[[], float] = time.monotonic,
    ) -> None:
        self._monotonic = monotonic
        self._offset = wall() - monotonic()

    def now(self) -> float:
        """Seconds since the epoch."""
        return self.at(self._monotonic())

    def at(self, monotonic: float) -> float:
        """Seconds since the epoch of a reading of the monotonic clock."""
        return self._offset + monotonic
