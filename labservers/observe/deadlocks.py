"""Deadlocks: threads each of which waits for a lock that the next one holds."""

from __future__ import annotations

import time
from typing import Callable

from . import observed
from .locks import Locks, Wait

STUCK_S = 1.0  # a cycle that lasts so long is a deadlock

Waits = list[tuple[int, Wait]]  # threads; the lock is held by the thread that follows
Name = Callable[["int | None"], str]  # of a thread


class Deadlocks:
    """Looks for cycles. `sentence`: about one that was there at the newest look, or None."""

    def __init__(self, locks: Locks, clock: Callable[[], float] = time.monotonic) -> None:
        self.sentence: str | None = None
        self._locks = locks
        self._clock = clock
        self._known: set[frozenset[int]] = set()

    def look(self, at: float, name: Name) -> list[observed.Deadlock]:
        """Those that were not there at the look before."""
        waits, now = dict(self._locks.waits), self._clock()
        cycles: dict[frozenset[int], Waits] = {}
        for thread in waits:
            cycle = _cycle(thread, waits)
            if cycle and all(now - wait.since >= STUCK_S for _, wait in cycle):
                cycles.setdefault(frozenset(one for one, _ in cycle), cycle)
        found = {members: _message(cycle, at, name) for members, cycle in cycles.items()}
        self.sentence = next((one.text for one in found.values()), None)
        known, self._known = self._known, set(found)
        return [one for members, one in found.items() if members not in known]


def _cycle(thread: int, waits: dict[int, Wait]) -> Waits:
    """The waits from this thread around to itself; empty where they end elsewhere."""
    path: Waits = []
    current: int | None = thread
    while current in waits and current not in [one for one, _ in path]:
        wait = waits[current]
        if not wait.for_ever or wait.lock.crossed:
            return []
        path.append((current, wait))
        current = wait.lock.holder
    return path if current == thread else []


def _message(cycle: Waits, at: float, name: Name) -> observed.Deadlock:
    """A row a thread, and one sentence."""
    stuck = [
        observed.StuckThread(
            thread=name(thread),
            line=wait.place.text if wait.place else None,
            lock=wait.lock.name,
            held_by=name(wait.lock.holder),
            taken=wait.lock.taken.text if wait.lock.taken else None,
        )
        for thread, wait in cycle
    ]
    return observed.Deadlock(at, "deadlock: " + "; ".join(map(_sentence, stuck)), stuck)


def _sentence(row: observed.StuckThread) -> str:
    waits = f"waits in {row.line}" if row.line else "waits"
    took = f"took in {row.taken}" if row.taken else "holds"
    return f"{row.thread} {waits} for the {row.lock}, which {row.held_by} {took}"
