"""The turns of event loops: a wait in a selector, and what the thread runs until the next one.

A loop is a thread that waits for a listening socket or for several sockets at once. Its waits are
timed only while somebody looks.
"""

from __future__ import annotations

import selectors
import weakref
from _thread import get_ident
from collections import deque
from collections.abc import Container
from time import monotonic
from typing import Any, Callable

from .interest import NOTHING, Interest, keys_of, of_lists, of_selector
from .sockets import Sockets

KEPT = 50  # turns
SYSTEM_CALLS = {"epoll": "epoll_wait", "kqueue": "kevent"}
SHARE = 20  # a list of sockets that takes 1 ms to read is not read again within 20 ms
Watched = Callable[["tuple[Any, ...]"], Interest]  # the arguments of a call of the selector


class Loop:
    """A thread that waits in a selector again and again. Times by time.monotonic().

    turns: the newest as (waited, ran, returned), in seconds, each taken once by new_turns().
    arguments: of the wait under way. ended: of the newest wait; 0 before the first.
    """

    def __init__(self, thread: int, selector: str, watched: Watched) -> None:
        self.thread = thread
        self.selector = SYSTEM_CALLS.get(selector, selector)
        self.arguments: tuple[Any, ...] | None = None
        self.ended = self.waited = self._began = 0.0
        self.returned = self.count = 0
        self.turns: deque[tuple[float, float, int]] = deque(maxlen=KEPT)
        self._fresh: deque[tuple[float, float, int]] = deque(maxlen=1000)
        self.watched = watched
        self._selector: weakref.ref[Any] | None = None
        self._interest, self._read_due = NOTHING, 0.0

    @property
    def waits(self) -> bool:
        return self.arguments is not None

    def interest(self) -> Interest:
        """What it watches now, or did in its newest wait; for any thread."""
        arguments = self.arguments
        if arguments is None and self._selector is not None:
            arguments = (self._selector(),)
        if arguments is not None or self.watched is not of_lists:
            self._interest = self.watched(arguments or ())
        return self._interest

    def registered(self) -> list[selectors.SelectorKey]:
        """What the program has registered with a selector of `selectors`, now."""
        return keys_of(self._selector()) if self._selector is not None else []

    def waits_in(self, selector: selectors.BaseSelector) -> None:
        self._selector = weakref.ref(selector)

    def begin(self, arguments: tuple[Any, ...], *, timed: bool) -> None:
        """It waits from now on."""
        self._began = now = monotonic()
        if timed:
            if self.ended:
                turn = (self.waited, now - self.ended, self.returned)
                self.turns.append(turn)
                self._fresh.append(turn)
                self.count += 1
            if self.watched is of_lists and now >= self._read_due:
                self._interest = self.watched(arguments)
                self._read_due = now + (monotonic() - now) * SHARE
        self.arguments = arguments

    def end(self, returned: int) -> None:
        """The wait is over."""
        self.arguments = None
        self.ended = monotonic()
        self.waited, self.returned = self.ended - self._began, returned

    def new_turns(self) -> list[tuple[float, float, int]]:
        """Those since the last call."""
        fresh, self._fresh = self._fresh, deque(maxlen=1000)
        return list(fresh)

    def forget_times(self) -> None:
        """Nobody has looked for a while."""
        self.turns.clear()
        self._fresh.clear()


class Turns:
    """Loops by their thread; begin() and begin_in_library() are for those of the program.

    failed is called with an exception of our own.
    """

    def __init__(self, sockets: Sockets, failed: Callable[[BaseException], None]) -> None:
        self.loops: dict[int, Loop] = {}
        self._timed = False
        self._sockets = sockets
        self._failed = failed

    def look(self, *, wanted: bool) -> None:
        """Whether somebody looks at the loops from now on."""
        if wanted and not self._timed:
            for loop in list(self.loops.values()):
                loop.forget_times()
        self._timed = wanted

    def begin(self, selector: str, watched: Watched, arguments: tuple[Any, ...]) -> Loop | None:
        """An own line waits in a selector: the loop that this is, if it is one."""
        try:
            thread = get_ident()
            loop = self.loops.get(thread)
            if loop is None:
                if not self._is_loop(watched(arguments)):
                    return None
                loop = self.loops[thread] = Loop(thread, selector, watched)
            loop.watched = watched
            if isinstance(arguments[0] if arguments else None, selectors.BaseSelector):
                loop.waits_in(arguments[0])
            loop.begin(arguments, timed=self._timed)
            return loop
        except Exception as error:
            self._failed(error)
            return None

    def begin_in_library(
        self, selector: str, watched: Watched, arguments: tuple[Any, ...]
    ) -> Loop | None:
        """A library does: the loop, if it is known to be one."""
        known = get_ident() in self.loops
        return self.begin(selector, watched, arguments) if known and self._timed else None

    def of_library(self, thread: int, selector: selectors.BaseSelector) -> Loop:
        """The loop of a library, which is known by other signs."""
        loop = self.loops.setdefault(thread, Loop(thread, name_of(selector), of_selector))
        loop.waits_in(selector)
        return loop

    def forget(self, threads: Container[int]) -> None:
        """Keep the loops of these threads alone: the others have ended."""
        for thread in [one for one in list(self.loops) if one not in threads]:
            del self.loops[thread]

    def _is_loop(self, interest: Interest) -> bool:
        descriptors = interest.reading | interest.writing
        entries = (self._sockets.of_descriptor(number) for number in descriptors)
        return len(descriptors) > 1 or any(entry and entry.listens for entry in entries)


def name_of(selector: selectors.BaseSelector) -> str:
    """The system call of a selector, as "epoll"."""
    name = type(selector).__name__.lower()
    return name[: -len("selector")] if name.endswith("selector") else name


def many(result: Any) -> int:
    """How many descriptors a selector has returned: a list, or select()'s three."""
    return sum(map(len, result)) if type(result) is tuple else len(result)
