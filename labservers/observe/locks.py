"""Locks of a program: holder and waiters of each, and since when.

`threading.Lock` and `threading.RLock` make a traced lock where an own file calls them, or a
Condition, Event, Semaphore, Barrier or Queue that an own file makes. All others are the real
ones: no cost, no noise.
"""

from __future__ import annotations

import itertools
import sys
import threading
import time
import weakref
from _thread import get_ident
from collections import deque
from types import FrameType
from typing import Any, Callable, NamedTuple

from .lines import OwnLines, Place

CARRIERS = frozenset({"Condition", "Event", "Semaphore", "BoundedSemaphore", "Barrier", "Queue",
                      "LifoQueue", "PriorityQueue"})  # fmt: skip
HOLDS = 64  # the newest of a lock that wait to be looked at


class Wait(NamedTuple):
    """A thread waits for a lock; `since` by time.monotonic()."""

    lock: Traced
    since: float
    place: Place | None
    for_ever: bool


class Held(NamedTuple):
    """A thread had a lock; times by time.monotonic()."""

    thread: int
    place: Place | None
    taken_at: float
    waited_s: float
    held_s: float


class Traced:
    """A Lock, and what is known of it.

    `line` made it; `number` is never given twice. `holder`: a thread's number, `since` by
    time.monotonic(), `taken` where. `crossed`: a thread has released what another one took, as
    one does with a signal. `holds`: that have ended and that nobody has looked at.
    """

    def __init__(self, locks: Locks, real: Any, kind: str, line: str) -> None:
        self._locks = locks
        self._real = real
        self.kind, self.line = kind, line
        self.number = locks.add(self)
        self.holder: int | None = None
        self.since = 0.0
        self.taken: Place | None = None
        self.held_s = self.waited_s = 0.0
        self.crossed = False
        self.holds: deque[Held] = deque(maxlen=HOLDS)
        self.locked = getattr(real, "locked", None) or (lambda: self.holder is not None)
        self._waited_s = 0.0  # for the hold under way

    @property
    def name(self) -> str:
        """`Lock of server.py:4`."""
        return f"{self.kind} of {self.line}"

    def acquire(self, blocking: bool = True, timeout: float = -1) -> bool:
        return self._take(blocking, timeout, sys._getframe(1))

    def release(self) -> None:
        try:
            self._let_go()
        finally:  # also where a signal handler raises
            self._real.release()

    def __enter__(self) -> bool:
        """Taken, or not at all where a signal handler raises: nobody would release it."""
        taken: list[bool] = []
        try:
            return self._take(True, -1, sys._getframe(1), taken)
        except BaseException:
            if taken and taken[-1]:
                self._let_go()
                self._real.release()
            raise

    def __exit__(self, *error: object) -> None:
        self.release()

    def __repr__(self) -> str:
        return repr(self._real)

    def __reduce_ex__(self, protocol: Any) -> Any:
        """Not pickled and not copied, as ever."""
        return self._real.__reduce_ex__(protocol)

    def _at_fork_reinit(self) -> None:
        self._real._at_fork_reinit()
        self.holder = None

    def _take(
        self, blocking: bool, timeout: float, frame: FrameType, taken: list[bool] | None = None
    ) -> bool:
        """Whether it is taken, which `taken` shows from the same moment on."""
        taken = [] if taken is None else taken
        if not blocking or not (timeout == -1 or 0 <= timeout <= threading.TIMEOUT_MAX):
            taken.append(self._real.acquire(blocking, timeout))
        else:
            taken.extend(map(self._real.acquire, (False,)))  # one step: no signal in between
            if not taken[-1]:
                return self._wait(timeout, frame, taken)
        if taken[-1]:
            self._taken(frame, 0.0)
        return bool(taken[-1])

    def _wait(self, timeout: float, frame: FrameType, taken: list[bool]) -> bool:
        waits, me, began = self._locks.waits, get_ident(), time.monotonic()
        waits[me] = Wait(self, began, self._locks.own.place(frame), timeout < 0)
        waited_s = 0.0
        try:
            taken.extend(map(self._real.acquire, (True,), (timeout,)))
        finally:
            waits.pop(me, None)
            waited_s = time.monotonic() - began
            self.waited_s += waited_s
        if taken[-1]:
            self._taken(frame, waited_s)
        self._locks.waited(self, began, frame)
        return bool(taken[-1])

    def _taken(self, frame: FrameType, waited_s: float) -> None:
        self.holder, self.since, self._waited_s = get_ident(), time.monotonic(), waited_s
        self.taken = self._locks.own.place(frame)

    def _let_go(self) -> None:
        if self.holder is not None:
            held_s = time.monotonic() - self.since
            self.crossed = self.crossed or self.holder != get_ident()
            self.holds.append(Held(self.holder, self.taken, self.since, self._waited_s, held_s))
            self.held_s += held_s
            self.holder = None


class TracedReentrant(Traced):
    """An RLock. Only its holder changes what is known of it."""

    _depth = 0

    def release(self) -> None:
        try:
            if self._real._is_owned():
                self._depth -= 1
                if not self._depth:
                    self._let_go()
        finally:
            self._real.release()

    def _taken(self, frame: FrameType, waited_s: float) -> None:
        self._depth += 1
        if self._depth == 1:
            super()._taken(frame, waited_s)

    # What a Condition needs of the lock that it waits with.

    def _is_owned(self) -> bool:
        return bool(self._real._is_owned())

    def _release_save(self) -> Any:
        depth, self._depth = self._depth, 0
        self._let_go()
        return self._real._release_save(), depth

    def _acquire_restore(self, state: Any) -> None:
        self._take(True, -1, sys._getframe(1))
        self._real.release()
        self._real._acquire_restore(state[0])
        self._depth = state[1]


# As the types are named whose place they take.
Traced.__name__ = Traced.__qualname__ = "lock"
TracedReentrant.__name__ = TracedReentrant.__qualname__ = "RLock"
Traced.__module__ = TracedReentrant.__module__ = "_thread"


class Locks:
    """The traced locks of a process, and the threads that wait for one.

    waited(lock, since, frame): is notified of each wait that is over, in its thread; `since` by
    time.monotonic(), `frame` wanted the lock.
    """

    def __init__(
        self, own: OwnLines, waited: Callable[[Traced, float, FrameType], None] = lambda *_: None
    ) -> None:
        self.own = own
        self.waited = waited
        self.waits: dict[int, Wait] = {}
        self._numbers = itertools.count(1)
        self._traced: dict[int, weakref.ref[Traced]] = {}

    def install(self) -> None:
        """From now on; locks that exist already are not seen."""
        threading.Lock = self._maker("Lock", threading.Lock, Traced)
        threading.RLock = self._maker("RLock", threading.RLock, TracedReentrant)

    def add(self, lock: Traced) -> int:
        """The number of a new one. It is dropped when the program drops it."""
        number = next(self._numbers)
        self._traced[number] = weakref.ref(lock, lambda _: self._traced.pop(number, None))
        return number

    def alive(self) -> list[Traced]:
        """In the order in which they were made."""
        locks = [ref() for ref in list(self._traced.values())]
        return [lock for lock in locks if lock is not None]

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

            def __repr__(cls) -> str:
                return repr(real)

        names = {"__module__": "_thread", "__doc__": real.__doc__}
        return Maker(kind_of_real.__name__, (), names)

    def _user(self, frame: FrameType | None, name: str) -> tuple[str, str | None]:
        """The object that an own file makes here, and the line: a lock, or a carrier of one, as the
        Queue of a Condition of this lock."""
        while frame is not None and frame.f_code.co_name == "__init__":
            kinds = [kind.__name__ for kind in type(frame.f_locals.get("self")).__mro__]
            carriers = [kind for kind in kinds if kind in CARRIERS]
            if not carriers or self.own.name(frame.f_code.co_filename) is not None:
                break
            frame, name = frame.f_back, carriers[0]
        own = self.own.name(frame.f_code.co_filename) if frame is not None else None
        return name, f"{own}:{frame.f_lineno}" if own and frame is not None else None
