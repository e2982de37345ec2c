"""Threads of a program: when each starts, ends, dies."""

from __future__ import annotations

import functools
import sys
import threading
from _thread import get_ident
from typing import Any, Callable

from . import crash
from .points import Birth
from .tap import Tap
from .tracebacks import without_ours

Crashed = Callable[[BaseException], None]
Begins = Callable[[], None]
Died = Callable[[BaseException, str], None]
IN_A_THREAD = "Exception ignored in thread"


def watch(tap: Tap, tell: Callable[[Any], None], crashed: Crashed, begins: Begins) -> None:
    """Tell of all threads that start from now on, and of the exceptions that end them; `crashed`
    is called with each of these, `begins` by each new thread. The program's own excepthook comes
    after."""

    def died(error: BaseException, name: str) -> None:
        message = crash.message(error, name, tap, main=False)
        tell(message)
        crashed(error)
        tell(Birth(message.at, get_ident(), name, "died", message.line))
        without_ours(error)

    _watch_threads(tap, died, begins)
    _watch_bare_threads(tap, died)


def of_threads(tap: Tap) -> list[tuple[Any, str, Any]]:
    """What tells of the starts and the ends of threads, as (holder, name, wrapper)."""
    return _starts(tap, lambda thread: None)


def _watch_threads(tap: Tap, died: Died, begins: Begins) -> None:
    def has_begun(thread: Any) -> None:
        thread._invoke_excepthook = _seen(thread._invoke_excepthook, died)
        begins()
        for gate in tap.gates:
            gate.born()

    for holder, name, wrapper in _starts(tap, has_begun):
        setattr(holder, name, wrapper)


def _starts(tap: Tap, begins: Callable[[Any], None]) -> list[tuple[Any, str, Any]]:
    name = "_bootstrap_inner"
    original = getattr(threading.Thread, name)

    def _bootstrap_inner(thread: Any) -> None:
        line = _function_line(thread, tap)
        tap.put(Birth(tap.clock.now(), get_ident(), thread.name, "started", line))
        begins(thread)
        try:
            original(thread)
        finally:
            tap.put(Birth(tap.clock.now(), get_ident(), thread.name, "ended", line))

    return [(threading.Thread, name, functools.update_wrapper(_bootstrap_inner, original))]


def _seen(invoke: Any, died: Died) -> Any:
    """A function that calls threading.excepthook, whichever that is then."""

    def _invoke_excepthook(thread: threading.Thread) -> None:
        error = sys.exc_info()[1]
        if error is not None and not isinstance(error, SystemExit):
            died(error, thread.name)
        invoke(thread)

    return _invoke_excepthook


def _watch_bare_threads(tap: Tap, died: Died) -> None:
    """Those of _thread. Errors in a __del__() come the same way, and end nothing."""
    original = sys.unraisablehook

    def unraisablehook(unraisable: Any) -> None:
        error = unraisable.exc_value
        if error is not None and (unraisable.err_msg or "").startswith(IN_A_THREAD):
            died(error, tap.book.name(get_ident()))
        elif error is not None:
            without_ours(error)
        original(unraisable)

    sys.unraisablehook = unraisablehook


def _function_line(thread: threading.Thread, tap: Tap) -> str | None:
    """Where the function begins that the thread runs: its target, or the run() of its class."""
    function = getattr(thread, "_target", None) or type(thread).run
    code = getattr(getattr(function, "__func__", function), "__code__", None)
    name = tap.own.name(code.co_filename) if code is not None else None
    return f"{name}:{code.co_firstlineno}" if code is not None and name else None
