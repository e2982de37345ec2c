"""Events on their way to the dashboard: numbered, bounded, and what is lost is counted."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any

from . import messages
from .clock import Clock
from .tally import Counter

KEPT = 1_000


class EventStore:
    """The events since the last batch. Any thread may add; one takes. `lost` counts in all."""

    def __init__(self, clock: Clock, capacity: int = KEPT) -> None:
        self.lost = 0
        self._clock = clock
        self._capacity = capacity
        self._lock = threading.Lock()  # an event's number is its place in the order
        self._waiting: deque[tuple[int, float, str, dict[str, Any]]] = deque()
        self._number = 0
        self._left_out = Counter()

    @property
    def full(self) -> bool:
        """Whether another event would push out the oldest."""
        return len(self._waiting) >= self._capacity

    def add(self, kind: str, data: dict[str, Any]) -> int:
        """The number of the new event, from 1 without gaps."""
        with self._lock:
            self._number += 1
            if self.full:
                self._waiting.popleft()
                self._left_out.add()
            self._waiting.append((self._number, self._clock.now(), kind, data))
            return self._number

    def extend(self, number: int, name: str, more: list[Any]) -> bool:
        """Add to a list of an event's data; False: the event does not wait any more."""
        with self._lock:
            place = number - self._number - 1 + len(self._waiting)
            if place < 0:
                return False
            self._waiting[place][3][name] += more
            return True

    def leave_out(self) -> None:
        """Count an event that is not added, as there are more of its kind than anybody takes."""
        self._left_out.add()

    def take(self) -> messages.Events | None:
        """The events since the last call, or None."""
        with self._lock:
            if not self._waiting:
                return None
            taken, self._waiting = self._waiting, deque()
            lost = self._left_out.take()
        self.lost += lost
        return messages.Events(self._clock.now(), [messages.Event(*e) for e in taken], lost)
