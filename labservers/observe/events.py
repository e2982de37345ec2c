"""Events on their way to the dashboard: numbered, bounded, and what is lost is counted."""

from __future__ import annotations

import threading
from collections import deque
from typing import Any, Callable

from . import messages
from .clock import Clock
from .tally import Counter

KEPT = 1_000

Gathered = list[tuple[float, str, dict[str, Any]]]  # time, kind and data of each event


class EventStore:
    """The events since the last batch. Any thread may add; one takes. `lost` counts in all.

    What happens too often for an event each is gathered by its maker, and made into events before
    the next one is added or taken. So the order stays that in which all happened.
    """

    def __init__(self, clock: Clock, capacity: int = KEPT) -> None:
        self.lost = 0
        self._clock = clock
        self._capacity = capacity
        self._lock = threading.Lock()  # an event's number is its place in the order
        self._waiting: deque[tuple[int, float, str, dict[str, Any]]] = deque()
        self._number = 0
        self._left_out = Counter()
        self._sources: list[Callable[[], Gathered]] = []

    @property
    def full(self) -> bool:
        """Whether another event would push out the oldest."""
        return len(self._waiting) >= self._capacity

    def gather_from(self, source: Callable[[], Gathered]) -> None:
        """From now on call it for the events of what it has gathered since the last call."""
        self._sources.append(source)

    def gather(self) -> None:
        """Make events of what has been gathered. They never push out others: while so many wait
        that nobody can be taking them, they are left out and counted."""
        with self._lock:
            self._gather()

    def add(self, kind: str, data: dict[str, Any]) -> int:
        """The number of the new event, from 1 without gaps."""
        with self._lock:
            self._gather()
            if self.full:
                self._waiting.popleft()
                self._left_out.add()
            self._append(self._clock.now(), kind, data)
            return self._number

    def take(self) -> messages.Events | None:
        """The events since the last call, or None."""
        with self._lock:
            self._gather()
            if not self._waiting:
                return None
            taken, self._waiting = self._waiting, deque()
            lost = self._left_out.take()
        self.lost += lost
        return messages.Events(self._clock.now(), [messages.Event(*e) for e in taken], lost)

    def _gather(self) -> None:
        for source in self._sources:
            for event in source():
                if self.full:
                    self._left_out.add()
                else:
                    self._append(*event)

    def _append(self, at: float, kind: str, data: dict[str, Any]) -> None:
        self._number += 1
        self._waiting.append((self._number, at, kind, data))
