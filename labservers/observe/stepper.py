"""Holding a running program at its points: pause, one step at a time, slow motion.

A *point* is a place where a program can be held: the resume of a task, a call. A *turn* is a run
of points that belong together: the resumes of one tick of an event loop. A step lets one point
pass, a tick lets the points of one turn pass. This module is the only owner of "paused".
"""

from __future__ import annotations

import threading
import time

PAUSE_LIMIT_S = 300.0
DELAY_LIMIT_S = 60.0


class Stepper:
    """The program's threads call pass_point(); all other methods are for any thread."""

    def __init__(self) -> None:
        self._changed = threading.Condition()
        self._paused_until = 0.0  # by time.monotonic()
        self._delay_s = 0.0
        self._steps = self._ticks = 0  # that may pass
        self._turn: int | None = None  # of the newest point
        self._free_turn: int | None = None  # all of its points may pass

    @property
    def paused(self) -> bool:
        return self.resumes_in_s > 0

    @property
    def resumes_in_s(self) -> float:
        """Seconds until the pause ends by itself; 0 when there is none."""
        return max(0.0, self._paused_until - time.monotonic())

    @property
    def delay_s(self) -> float:
        """Slow motion: seconds of rest before each turn."""
        return self._delay_s

    @property
    def active(self) -> bool:
        """Whether a point may be held at all."""
        return self._delay_s > 0 or self.paused

    def pause(self, limit_s: float = PAUSE_LIMIT_S) -> None:
        """Hold at the next point, for so long at the most, and never beyond PAUSE_LIMIT_S."""
        with self._changed:
            self._paused_until = time.monotonic() + min(limit_s, PAUSE_LIMIT_S)
            self._steps = self._ticks = 0
            self._free_turn = None
            self._changed.notify_all()

    def resume(self) -> None:
        """Let all points pass again."""
        self.pause(0.0)

    def step(self) -> None:
        """Let one more point pass."""
        with self._changed:
            self._steps += 1
            self._changed.notify_all()

    def tick(self) -> None:
        """Let what is left of this turn pass, or one turn when none of it has passed."""
        with self._changed:
            self._ticks += 1
            self._changed.notify_all()

    def slow(self, delay_s: float) -> None:
        """Rest so long before each turn, DELAY_LIMIT_S at the most; 0 is full speed."""
        with self._changed:
            self._delay_s = min(delay_s, DELAY_LIMIT_S)
            self._changed.notify_all()

    def pass_point(self, turn: int) -> None:
        """Return when this point of this turn may pass."""
        with self._changed:
            arrived = time.monotonic()
            first, self._turn = turn != self._turn, turn
            while (left := self._left_s(turn, arrived, first=first)) > 0:
                self._changed.wait(left)

    def _left_s(self, turn: int, arrived: float, *, first: bool) -> float:
        """How long this point has to wait as things are; uses up what lets it pass."""
        now = time.monotonic()
        if now >= self._paused_until:
            return arrived + self._delay_s - now if first else 0.0
        if turn == self._free_turn:
            return 0.0
        if self._steps:
            self._steps -= 1
            return 0.0
        if self._ticks:
            self._ticks -= 1
            self._free_turn = turn
            return 0.0
        return self._paused_until - now
