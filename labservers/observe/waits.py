"""Waits without a socket: select() and its kind, time.sleep() and input().

A call of an own line becomes a point; one of a library is let through, and only inside() sees it.
"""

from __future__ import annotations

import builtins
import select
import selectors
import sys
import time
from _thread import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Any, Callable

from . import observed
from .interest import of_lists, of_selector
from .stand_in import stand_in
from .turns import Watched, many
from .wrappers import after, before

if TYPE_CHECKING:
    from .tap import Tap

Told = Callable[[tuple[Any, ...], Any], "str | None"]  # arguments and result, in words
PROMPT = 1_000  # characters of a prompt that are told
SELECTORS = ("SelectSelector", "PollSelector", "EpollSelector", "DevpollSelector",
             "KqueueSelector")  # fmt: skip


def of_modules(tap: Tap) -> list[tuple[Any, str, Any]]:
    """The module or class, the name and the wrapper of each."""
    made: list[tuple[Any, str, Any]] = [
        (time, "sleep", stand_in(time.sleep, _wait(tap, "sleep", time.sleep, _seconds))),
        (select, "select", _select(tap)),
        (builtins, "input", _input(tap)),
    ]
    for name in SELECTORS:
        cls = getattr(selectors, name, None)
        if cls is not None:
            made.append((cls, "select", _method(tap, cls)))
    return made


def _select(tap: Tap) -> Any:
    return stand_in(select.select, turn(tap, "select", of_lists, select.select, _lists))


def turn(tap: Tap, selector: str, watched: Watched, original: Any, told: Told) -> Any:
    """A wait in a selector, which begins a turn of a loop."""

    turns, known = tap.turns, tap.turns.loops.get

    def by_own(*arguments: Any, **keywords: Any) -> Any:
        loop = known(get_ident()) or turns.find(selector, watched, arguments)
        if loop is None:
            return original(*arguments, **keywords)
        before, loop.began = loop.began, monotonic()
        loop.watched, loop.arguments = watched, arguments
        if turns.timed:
            turns.note(loop, before)
        try:
            result = original(*arguments, **keywords)
            loop.returned = many(result)
            return result
        finally:
            arguments = ()  # as below
            loop.arguments = None
            loop.ended = monotonic()

    def by_library(*arguments: Any, **keywords: Any) -> Any:
        call = by_own if turns.timed and get_ident() in turns.loops else original
        return call(*arguments, **keywords)

    return _wait(tap, "select", by_own, told, by_library)


def _wait(tap: Tap, call: str, original: Any, told: Told, by_library: Any = None) -> Any:
    """To be called by a function that an own line has called: its frame is the second from here.

    by_library: to be called instead where it is a library that waits.
    """
    own, entry, unseen = tap.own, None, by_library or original

    def tapped(*arguments: Any, **keywords: Any) -> Any:
        frame = sys._getframe(2)
        began = monotonic()
        if not tap.on or own.name(frame.f_code.co_filename) is None:
            return unseen(*arguments, **keywords)
        before(tap, call, entry, frame)
        began = monotonic()
        try:
            result = original(*arguments, **keywords)
        except BaseException as error:
            tap.waited(call, began, frame, error=type(error).__name__)
            after(tap, call, entry, frame, error)
            arguments = ()  # a traceback keeps this frame, which is not to keep sockets
            raise
        tap.waited(call, began, frame, told(arguments, result))
        after(tap, call, entry, frame)
        return result

    return tapped


def _input(tap: Tap) -> Any:
    """input() says what it asks before it waits, and then that it has got a line."""
    original = input

    def ask(*arguments: Any, **keywords: Any) -> Any:
        prompt = arguments[0][:PROMPT] if arguments and type(arguments[0]) is str else ""
        _tell(tap, prompt)
        try:
            return original(*arguments, **keywords)
        finally:
            _tell(tap, None)

    return stand_in(original, _wait(tap, "input", ask, _length))


def _tell(tap: Tap, prompt: str | None) -> None:
    if tap.on:
        place, thread = tap.own.place(sys._getframe(1)), tap.book.name(get_ident())
        line = place.text if place else None
        tap.put(observed.Asks(tap.clock.now(), thread, line, prompt))


def _length(arguments: tuple[Any, ...], result: Any) -> str:
    return "1 character" if len(result) == 1 else f"{len(result)} characters"


def _seconds(arguments: tuple[Any, ...], result: Any) -> str | None:
    return f"{arguments[0]} s" if arguments and type(arguments[0]) in (int, float) else None


def _lists(arguments: tuple[Any, ...], result: Any) -> str:
    """Of select(): what can be read, written, and what is exceptional."""
    return f"{sum(map(len, result))} ready"


def ready(arguments: tuple[Any, ...], result: Any) -> str:
    return f"{len(result)} ready"


def _method(tap: Tap, cls: Any) -> Any:
    """select() of a class of `selectors`, which is written in Python."""
    name = cls.__name__[: -len("Selector")].lower()
    wait = turn(tap, name, of_selector, cls.select, ready)

    def select(selector: Any, *arguments: Any, **keywords: Any) -> Any:
        return wait(selector, *arguments, **keywords)

    return select
