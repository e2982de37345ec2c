"""Notices that somebody has set the clock, or that the machine has slept."""

from collections.abc import Callable

LEAST_S = 1.0  # of one look to the next; a clock that is slewed (adjtime(3)) moves by less


class SetClock:
    """clock: the monotonic one, which stands still while the machine sleeps. wall: Unix seconds."""

    def __init__(self, clock: Callable[[], float], wall: Callable[[], float]) -> None:
        self._clock, self._wall = clock, wall
        self._ahead = wall() - clock()

    def look(self) -> float:
        """By how many seconds it was set since the last look; back is below zero."""
        before, self._ahead = self._ahead, self._wall() - self._clock()
        by = self._ahead - before
        return by if abs(by) >= LEAST_S else 0.0
