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
    arguments: of the wait under way. began, ended: of the newest wait; 0 before the first.
    of_library: its waits are seen only while somebody looks.
    """

    def __init__(
        self, thread: int, selector: str, watched: Watched, *, of_library: bool = False
    ) -> None:
        self.thread = thread
        self.of_library = of_library
        self.selector = SYSTEM_CALLS.get(selector, selector)
        self.arguments: tuple[Any, ...] | None = None
        self.began = self.ended = 0.0
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
        if self.watched is of_selector:
            self._interest = of_selector((self._of_selectors(),))
        elif arguments is not None or self.watched is not of_lists:
            self._interest = self.watched(arguments or ())
        return self._interest

    def registered(self) -> list[selectors.SelectorKey]:
        """What the program has registered with a selector of `selectors`, now."""
        return keys_of(self._of_selectors())

    def _of_selectors(self) -> Any:
        """The object that it waits in, or did; None for another kind of wait."""
        arguments = self.arguments
        if arguments and self.watched is of_selector:
            return arguments[0]
        return self._selector() if self._selector is not None else None

    def waits_in(self, selector: selectors.BaseSelector) -> None:
        self._selector = weakref.ref(selector)

    def note(self, began_before: float) -> None:
        """It waits again: the turn before this wait is known."""
        if self.ended:
            turn = (self.ended - began_before, self.began - self.ended, self.returned)
            self.turns.append(turn)
            self._fresh.append(turn)
            self.count += 1
        if self.watched is of_lists and self.began >= self._read_due and self.arguments:
            self._interest = self.watched(self.arguments)
            self._read_due = self.began + (monotonic() - self.began) * SHARE

    def new_turns(self) -> list[tuple[float, float, int]]:
        """Those since the last call."""
        fresh, self._fresh = self._fresh, deque(maxlen=1000)
        return list(fresh)

    def forget_times(self) -> None:
        """Nobody has looked for a while. A library's loop may have waited unseen meanwhile."""
        self.turns.clear()
        self._fresh.clear()
        if self.of_library:
            self.ended = 0.0


class Turns:
    """Loops by their thread; find() and note() are for those of the program. timed: somebody looks.

    failed is called with an exception of our own.
    """

    def __init__(self, sockets: Sockets, failed: Callable[[BaseException], None]) -> None:
        self.loops: dict[int, Loop] = {}
        self.timed = False
        self._sockets = sockets
        self._failed = failed

    def look(self, *, wanted: bool) -> None:
        """Whether somebody looks at the loops from now on."""
        if wanted and not self.timed:
            for loop in list(self.loops.values()):
                loop.forget_times()
        self.timed = wanted

    def find(self, selector: str, watched: Watched, arguments: tuple[Any, ...]) -> Loop | None:
        """An own line waits in a selector: the loop that this is from now on, if it is one."""
        try:
            if not self._is_loop(watched(arguments)):
                return None
            thread = get_ident()
            loop = self.loops[thread] = Loop(thread, selector, watched)
            if watched is of_selector:
                loop.waits_in(arguments[0])
            return loop
        except Exception as error:
            self._failed(error)
            return None

    def note(self, loop: Loop, began_before: float) -> None:
        """While somebody looks: the loop has begun to wait again."""
        try:
            arguments = loop.arguments
            if loop.watched is of_selector and arguments:
                loop.waits_in(arguments[0])
            loop.note(began_before)
        except Exception as error:
            self._failed(error)

    def of_library(self, thread: int, selector: selectors.BaseSelector) -> Loop:
        """The loop of a library, which is known by other signs."""
        made = Loop(thread, name_of(selector), of_selector, of_library=True)
        loop = self.loops.setdefault(thread, made)
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
    return len(result[0]) + len(result[1]) if type(result) is tuple else len(result)
