"""Tracebacks and stacks without our own frames: a program's read as they would without us."""

from __future__ import annotations

import runpy
import sys
from collections.abc import Iterator
from types import FrameType, TracebackType
from typing import Any, Callable

from .lines import OURS, STARTERS

RUNNERS = ("<frozen runpy>", runpy.__file__)  # of `python -m`


def chain(error: BaseException) -> Iterator[BaseException]:
    """An exception with its causes and contexts, each once: after `raise e from e` they are a
    ring."""
    seen: set[int] = set()
    waiting: list[BaseException | None] = [error]
    while waiting:
        one = waiting.pop()
        if one is not None and id(one) not in seen:
            seen.add(id(one))
            yield one
            waiting += [one.__context__, one.__cause__]


def without_ours(error: BaseException) -> None:
    """Cut our frames out of the tracebacks of an exception and of those that it came from."""
    for one in chain(error):
        one.__traceback__ = cut(one.__traceback__)


def cut(trace: TracebackType | None) -> TracebackType | None:
    """Without what started the program, and without the wrappers in between."""
    entries = entries_of(trace)
    while entries and (_file(entries[0]) in RUNNERS or _file(entries[0]) in STARTERS):
        del entries[0]
    kept = [one for one in entries if not _file(one).startswith(OURS)]
    for one, following in zip(kept, [*kept[1:], None]):
        one.tb_next = following
    return kept[0] if kept else None


def _file(entry: TracebackType) -> str:
    return entry.tb_frame.f_code.co_filename


def entries_of(trace: TracebackType | None) -> list[TracebackType]:
    entries = []
    while trace is not None:
        entries.append(trace)
        trace = trace.tb_next
    return entries


def hook_prints(hook: Any) -> Any:
    """An excepthook that does as this one does, but without our frames."""

    def excepthook(kind: Any, error: Any, trace: Any) -> None:
        without_ours(error)
        hook(kind, error, error.__traceback__)

    return excepthook


def hide_in_texts(printed: Callable[[BaseException], None]) -> None:
    """traceback.print_exc(), print_stack(), logging and the like do not show our frames either.
    `printed` is called with each exception that becomes a text."""
    import traceback

    _hide_in_exceptions(traceback, printed)
    _hide_in_extracts(traceback)


def _hide_in_exceptions(module: Any, printed: Callable[[BaseException], None]) -> None:
    original = module.TracebackException.__init__

    def __init__(self: Any, exc_type: Any, exc_value: Any, exc_traceback: Any, **k: Any) -> None:
        if exc_value is not None and exc_traceback is not None:
            same = exc_value.__traceback__ is exc_traceback
            printed(exc_value)
            without_ours(exc_value)
            exc_traceback = exc_value.__traceback__ if same else cut(exc_traceback)
        original(self, exc_type, exc_value, exc_traceback, **k)

    module.TracebackException.__init__ = __init__


def _hide_in_extracts(module: Any) -> None:
    """The function that print_tb(), format_tb(), print_stack() and format_stack() call as well."""
    extract, walk = module.extract_tb, module.walk_tb

    def extract_tb(tb: Any, limit: Any = None) -> Any:
        return extract(cut(tb), limit=limit)

    def walk_tb(tb: Any) -> Any:
        return walk(cut(tb))

    def extract_stack(f: Any = None, limit: Any = None) -> Any:
        shown = _stack(sys._getframe(1) if f is None else f)
        stack = module.StackSummary.extract(shown, limit=limit)
        stack.reverse()
        return stack

    module.extract_tb, module.walk_tb, module.extract_stack = extract_tb, walk_tb, extract_stack


def _stack(frame: FrameType | None) -> Iterator[tuple[FrameType, int]]:
    """The frames and lines of a stack, the innermost first."""
    frames = []
    while frame is not None:
        frames.append(frame)
        frame = frame.f_back
    while frames and _starts(frames[-1]):
        del frames[-1]
    for one in frames:
        if not one.f_code.co_filename.startswith(OURS):
            yield one, one.f_lineno


def _starts(frame: FrameType) -> bool:
    """Whether it belongs to what has started the program."""
    return frame.f_code.co_filename in STARTERS or frame.f_code.co_filename in RUNNERS
