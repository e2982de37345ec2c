"""Who of a crowd has its turn: a few at a time.

A machine that answers a thousand at once answers none of them soon. The newest of those that wait
comes next, and then the oldest, by turns: who came before a crowd waits as little as who came
after it.
"""

import math
import threading
import time
from collections import deque
from collections.abc import Callable
from typing import Generic, TypeVar

One = TypeVar("One")


class Turns(Generic[One]):
    """At most so many turns at a time. One that lasts longer than `longest_s` stands in nobody's
    way any more, whatever it waits for. Any thread may call; changed() is called when next() may
    have somebody."""

    def __init__(
        self,
        most: int,
        longest_s: float,
        changed: Callable[[], None],
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._most, self._longest_s = most, longest_s
        self._changed, self._clock = changed, clock
        self._lock = threading.Lock()
        self._until: dict[One, float] = {}  # of those that have a turn, the oldest first
        self._waiting: deque[One] = deque()  # the newest last
        self._newest_next = True

    def begin(self, one: One) -> bool:
        """Its turn begins at once; False: it has to wait, and comes by next()."""
        with self._lock:
            if self._waiting or not self._is_room():
                self._waiting.append(one)
                return False
            self._begin(one)
            return True

    def end(self, one: One) -> None:
        """Its turn is over, or it waits no more; twice is once."""
        with self._lock:
            if self._until.pop(one, None) is None and one in self._waiting:
                self._waiting.remove(one)
            anybody = bool(self._waiting)
        if anybody:
            self._changed()

    def next(self) -> One | None:
        """Whose turn begins now; None where nobody waits, or has to wait on."""
        with self._lock:
            if not self._waiting or not self._is_room():
                return None
            one = self._waiting.pop() if self._newest_next else self._waiting.popleft()
            self._newest_next = not self._newest_next
            self._begin(one)
            return one

    def push_out(self, most: int) -> One | None:
        """The oldest that waits, where they are more than so many; it gets no turn."""
        with self._lock:
            return self._waiting.popleft() if len(self._waiting) > most else None

    def waiting(self) -> list[One]:
        """Who waits for a turn now, the newest last."""
        with self._lock:
            return list(self._waiting)

    def wait_s(self) -> float | None:
        """How long until next() may have somebody, though no turn is ended; None: for ever."""
        with self._lock:
            until = min(self._until.values(), default=math.inf)
            if not self._waiting or until == math.inf:
                return None
            return max(0.0, until - self._clock())

    def _begin(self, one: One) -> None:
        self._until[one] = self._clock() + self._longest_s

    def _is_room(self) -> bool:
        now = self._clock()
        for one, until in list(self._until.items()):
            if until > now:
                break
            del self._until[one]
        return len(self._until) < self._most
