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
from .stand_in import stand_in
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
        (select, "select", stand_in(select.select, _wait(tap, "select", select.select, _lists))),
        (builtins, "input", _input(tap)),
    ]
    for name in ("poll", "epoll"):
        if hasattr(select, name):
            made.append((select, name, _poller(tap, name, getattr(select, name))))
    for name in SELECTORS:
        cls = getattr(selectors, name, None)
        if cls is not None:
            made.append((cls, "select", _method(_wait(tap, "select", cls.select, _ready))))
    return made


def _wait(tap: Tap, call: str, original: Any, told: Told) -> Any:
    """To be called by a function that an own line has called: its frame is the second from here."""
    own, entry = tap.own, None

    def tapped(*arguments: Any, **keywords: Any) -> Any:
        frame = sys._getframe(2)
        began = monotonic()
        if not tap.on or own.name(frame.f_code.co_filename) is None:
            return original(*arguments, **keywords)
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


def _ready(arguments: tuple[Any, ...], result: Any) -> str:
    return f"{len(result)} ready"


def _method(wait: Any) -> Any:
    """A method of a class that is written in Python."""

    def select(selector: Any, *arguments: Any, **keywords: Any) -> Any:
        return wait(selector, *arguments, **keywords)

    return select


def _poller(tap: Tap, name: str, real: Any) -> Any:
    """`select.poll` or `select.epoll`: an own line gets a poller whose poll() is a point."""
    kind = type(real()) if name == "poll" else real

    class Poller:
        """A real one, seen."""

        def __init__(self, poller: Any) -> None:
            self._poller = poller
            self._poll = _wait(tap, "select", poller.poll, _ready)

        def poll(self, *arguments: Any, **keywords: Any) -> Any:
            return self._poll(*arguments, **keywords)

        def __getattr__(self, name: str) -> Any:
            return getattr(self._poller, name)

        def __enter__(self) -> Any:
            self._poller.__enter__()
            return self

        def __exit__(self, *error: Any) -> None:
            self._poller.__exit__(*error)

    class Maker(type):
        def __call__(cls, *arguments: Any, **keywords: Any) -> Any:
            poller = real(*arguments, **keywords)
            caller = sys._getframe(1).f_code.co_filename
            return Poller(poller) if tap.own.name(caller) is not None and tap.on else poller

        def __instancecheck__(cls, instance: object) -> bool:
            return isinstance(instance, (kind, Poller))

        def __getattr__(cls, name: str) -> Any:
            return getattr(real, name)

    return Maker(name, (), {"__module__": "select", "__doc__": real.__doc__})
