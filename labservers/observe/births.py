"""Threads of a program: when each starts, ends, dies."""

from __future__ import annotations

import functools
import threading
from _thread import get_ident
from typing import Any, Callable

from . import crash
from .points import Birth
from .tap import Tap

Crashed = Callable[[BaseException], None]


def watch(tap: Tap, tell: Callable[[Any], None], crashed: Crashed) -> None:
    """Tell of all threads that start from now on, and of the exceptions that end them; `crashed`
    is called with each of these."""
    _watch_lives(tap, tell)
    _watch_deaths(tap, tell, crashed)


def _watch_lives(tap: Tap, tell: Callable[[Any], None]) -> None:
    original = threading.Thread._bootstrap_inner  # type: ignore[attr-defined]

    def _bootstrap_inner(thread: threading.Thread) -> None:
        line = _function_line(thread, tap)
        tell(Birth(tap.clock.now(), get_ident(), thread.name, "started", line))
        for gate in tap.gates:
            gate.born()
        try:
            original(thread)
        finally:
            tell(Birth(tap.clock.now(), get_ident(), thread.name, "ended", line))

    functools.update_wrapper(_bootstrap_inner, original)
    threading.Thread._bootstrap_inner = _bootstrap_inner  # type: ignore[attr-defined]


def _watch_deaths(tap: Tap, tell: Callable[[Any], None], crashed: Crashed) -> None:
    original = threading.excepthook

    def excepthook(args: Any) -> None:
        error, thread = args.exc_value, args.thread
        if error is not None and not isinstance(error, SystemExit):
            name = thread.name if thread is not None else str(get_ident())
            died = crash.message(error, name, tap, main=False)
            tell(died)
            crashed(error)
            tell(Birth(died.at, get_ident(), name, "died", died.line))
            crash.without_ours(error)
            args = type(args)((args.exc_type, error, error.__traceback__, thread))
        original(args)

    threading.excepthook = excepthook


def _function_line(thread: threading.Thread, tap: Tap) -> str | None:
    """Where the function begins that the thread runs: its target, or the run() of its class."""
    function = getattr(thread, "_target", None) or type(thread).run
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    name = tap.own.name(code.co_filename) if code is not None else None
    return f"{name}:{code.co_firstlineno}" if code is not None and name else None
