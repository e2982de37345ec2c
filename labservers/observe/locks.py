"""Locks of a program: who holds each, who waits for it, since when; and deadlocks.

`threading.Lock` and `threading.RLock` make a traced lock where an own file calls them, or a
Condition or Queue that an own file makes. All others are the real ones: no cost, no noise.
"""

from __future__ import annotations

import sys
import threading
import time
import weakref
from _thread import get_ident
from types import FrameType
from typing import Any, NamedTuple

from .lines import OwnLines, Place

STUCK_S = 1.0  # a cycle that lasts so long is a deadlock
CARRIERS = ("Condition", "Queue", "LifoQueue", "PriorityQueue")


class Wait(NamedTuple):
    """A thread waits for a lock; `since` by time.monotonic()."""

    lock: Traced
    since: float
    place: Place | None
    for_ever: bool


class Traced:
    """A Lock, and what is known of it.

    `line` made it. `holder`: a thread's number, `since` by time.monotonic(), `taken` where.
    `crossed`: a thread has released what another one took, as one does with a signal.
    """

    def __init__(self, locks: Locks, real: Any, kind: str, line: str) -> None:
        self._locks = locks
        self._real = real
        self.kind, self.line = kind, line
        self.holder: int | None = None
        self.since = 0.0
        self.taken: Place | None = None
        self.held_s = self.waited_s = 0.0
        self.crossed = False
        self.locked = getattr(real, "locked", None) or (lambda: self.holder is not None)
        locks.traced.add(self)

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        return self._take(blocking, timeout, sys._getframe(1))

    def release(self) -> None:
        self._let_go()
        self._real.release()

    def __enter__(self) -> bool:
        return self._take(True, -1, sys._getframe(1))

    def __exit__(self, *error: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return repr(self._real)

    def _at_fork_reinit(self) -> None:
        self._real._at_fork_reinit()
        self.holder = None

    def _take(self, blocking: bool, timeout: float, frame: FrameType) -> bool:
        if not blocking or not (timeout == -1 or 0 <= timeout <= threading.TIMEOUT_MAX):
            got = self._real.acquire(blocking, timeout)
        else:
            got = self._real.acquire(False) or self._wait(timeout, frame)
        if got:
            self._taken(frame)
        return bool(got)

    def _wait(self, timeout: float, frame: FrameType) -> bool:
        waits, me, began = self._locks.waits, get_ident(), time.monotonic()
        waits[me] = Wait(self, began, self._locks.own.place(frame), timeout < 0)
        try:
            return bool(self._real.acquire(True, timeout))
        finally:
            waits.pop(me, None)
            self.waited_s += time.monotonic() - began

    def _taken(self, frame: FrameType) -> None:
        self.holder, self.since = get_ident(), time.monotonic()
        self.taken = self._locks.own.place(frame)

    def _let_go(self) -> None:
        if self.holder is not None:
            self.crossed = self.crossed or self.holder != get_ident()
            self.held_s += time.monotonic() - self.since
            self.holder = None


class TracedReentrant(Traced):
    """An RLock. Only its holder changes what is known of it."""

    _depth = 0

    def release(self) -> None:
        if self._real._is_owned():
            self._depth -= 1
            if not self._depth:
                self._let_go()
        self._real.release()

    def _taken(self, frame: FrameType) -> None:
        self._depth += 1
        if self._depth == 1:
            super()._taken(frame)

    # What a Condition needs of the lock that it waits with.

    def _is_owned(self) -> bool:
        return bool(self._real._is_owned())

    def _release_save(self) -> Any:
        depth, self._depth = self._depth, 0
        self._let_go()
        return self._real._release_save(), depth

    def _acquire_restore(self, state: Any) -> None:
        frame = sys._getframe(1)
        if not self._real.acquire(False):
            self._wait(-1, frame)
        self._real.release()
        self._real._acquire_restore(state[0])
        self._taken(frame)
        self._depth = state[1]


class Deadlock(NamedTuple):
    """Each thread of the cycle and its wait; the lock is held by the thread that follows."""

    waits: list[tuple[int, Wait]]


class Locks:
    """The traced locks of a process, and the threads that wait for one."""

    def __init__(self, own: OwnLines) -> None:
        self.own = own
        self.traced: weakref.WeakSet[Traced] = weakref.WeakSet()
        self.waits: dict[int, Wait] = {}
        self._told: set[frozenset[int]] = set()

    def install(self) -> None:
        """From now on; locks that exist already are not seen."""
        threading.Lock = self._maker("Lock", threading.Lock, Traced)
        threading.RLock = self._maker("RLock", threading.RLock, TracedReentrant)

    def deadlock(self) -> Deadlock | None:
        """A cycle of waits that has lasted, once each; None where there is none."""
        waits = dict(self.waits)
        now = time.monotonic()
        for thread in waits:
            cycle = _cycle(thread, waits)
            if not cycle or any(now - wait.since < STUCK_S for _, wait in cycle):
                continue
            members = frozenset(one for one, _ in cycle)
            if members not in self._told:
                self._told.add(members)
                return Deadlock(cycle)
        return None

    def _maker(self, name: str, real: Any, traced: type[Traced]) -> Any:
        """A class that can be called and asked like the real thing, which cannot be subclassed."""
        kind_of_real = type(real())
        locks = self

        class Maker(type):
            def __call__(cls) -> Any:
                kind, line = locks._user(sys._getframe(1), name)
                return traced(locks, real(), kind, line) if line else real()

            def __instancecheck__(cls, instance: object) -> bool:
                return isinstance(instance, (kind_of_real, traced))

        return Maker(name, (), {"__module__": "_thread", "__doc__": real.__doc__})

    def _user(self, frame: FrameType, name: str) -> tuple[str, str | None]:
        """What an own file makes here, and the line: a lock, or what carries one."""
        if frame.f_code.co_name == "__init__" and frame.f_back is not None:
            kind = type(frame.f_locals.get("self")).__name__
            if kind in CARRIERS and self.own.name(frame.f_code.co_filename) is None:
                frame, name = frame.f_back, kind
        own = self.own.name(frame.f_code.co_filename)
        return name, f"{own}:{frame.f_lineno}" if own else None


def _cycle(thread: int, waits: dict[int, Wait]) -> list[tuple[int, Wait]]:
    """The waits from this thread around to itself; empty where they end elsewhere."""
    path: list[tuple[int, Wait]] = []
    current: int | None = thread
    while current in waits and current not in [one for one, _ in path]:
        wait = waits[current]
        if not wait.for_ever or wait.lock.crossed:
            return []
        path.append((current, wait))
        current = wait.lock.holder
    return path if current == thread else []
