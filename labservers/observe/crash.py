"""Why a program died: the exception, its line, the locals there, the bytes that came last.

Also: tracebacks without our own frames, so that a program's reads as it would without us.
"""

from __future__ import annotations

import linecache
import os
import reprlib
import runpy
from _thread import get_ident
from types import FrameType, TracebackType
from typing import TYPE_CHECKING, Any, Callable

from . import observed
from .lines import OURS, STARTERS, OwnLines
from .points import packed

if TYPE_CHECKING:
    from .tap import Tap

LOCALS = 30  # names that are shown
STACK = 50  # frames, the innermost
PLAIN = (bool, int, float, complex, str, bytes, bytearray, type(None), list, tuple, dict, set,
         frozenset)  # fmt: skip


BUILT_IN = [
    kind.__str__
    for kind in (BaseException, OSError, KeyError, UnicodeDecodeError, UnicodeEncodeError)
]
RUNNERS = ("<frozen runpy>", runpy.__file__)  # of `python -m`


class Plain(reprlib.Repr):
    """Short texts of built-in types alone: the repr() of any other object is the program's code."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 120

    def repr1(self, x: Any, level: int) -> str:
        if type(x) in PLAIN:
            return super().repr1(x, level) if type(x) is not bytes else _short(x)
        return f"<{type(x).__name__}>"


def _short(data: bytes) -> str:
    return repr(data) if len(data) <= 120 else f"{data[:100]!r}... ({len(data):,} bytes)"


plain = Plain()


def message(
    error: BaseException, thread: str, tap: Tap, *, main: bool, swallowed: bool = False
) -> observed.Crash:
    """What is known of an exception in the thread that it has ended, which calls this."""
    own = tap.own
    frames = _own_frames(error.__traceback__, own)
    last = frames[-1] if frames else None
    line, source = _unread(error, own) or (_line(last, own), _source(last))
    received = tap.received(get_ident())
    entry = received.entry if received else None
    return observed.Crash(
        at=tap.clock.now(),
        thread=thread,
        main=main,
        exception=type(error).__name__,
        message=_message(error),
        line=line,
        source=source,
        stack=[[_line(one, own), one[0].f_code.co_name, _source(one)] for one in frames[-STACK:]],
        locals=locals_of(last[0]) if last else {},
        received=packed(received.data) if received else None,
        id=entry.id if entry else None,
        peer=entry.peer if entry else None,
        bad=blamed(error, received.data) if received else None,
        swallowed=swallowed,
    )


def blamed(error: BaseException | None, received: bytes) -> int | None:
    """The offset in the bytes received of the one that could not be decoded, where it is there.

    What was decoded may be a part of them, or begin with bytes from before.
    """
    while error is not None and not isinstance(error, UnicodeDecodeError):
        error = error.__cause__ or error.__context__
    if error is None:
        return None
    decoded, bad = error.object, error.start
    if decoded.endswith(received):
        offset = bad - (len(decoded) - len(received))
    else:
        begin = received.find(decoded)
        offset = begin + bad if begin >= 0 else -1
    return offset if 0 <= offset < len(received) else None


def locals_of(frame: FrameType) -> dict[str, str]:
    """Names and short texts; of a module's names only those without two underscores."""
    shown = [item for item in frame.f_locals.items() if not item[0].startswith("__")]
    return {name: plain.repr(value) for name, value in shown[-LOCALS:]}


def without_ours(error: BaseException, seen: set[int] | None = None) -> None:
    """Cut our frames out of the tracebacks of an exception and of those that it came from."""
    seen = set() if seen is None else seen
    if id(error) in seen:
        return
    seen.add(id(error))
    error.__traceback__ = _cut(error.__traceback__)
    for other in (error.__cause__, error.__context__):
        if other is not None:
            without_ours(other, seen)


def _cut(trace: TracebackType | None) -> TracebackType | None:
    """Without what started the program, and without the wrappers in between."""
    entries = _entries(trace)
    while entries and (_file(entries[0]) in RUNNERS or _file(entries[0]) in STARTERS):
        del entries[0]
    kept = [one for one in entries if not _file(one).startswith(OURS)]
    for one, following in zip(kept, [*kept[1:], None]):
        one.tb_next = following
    return kept[0] if kept else None


def _file(entry: TracebackType) -> str:
    return entry.tb_frame.f_code.co_filename


def _entries(trace: TracebackType | None) -> list[TracebackType]:
    entries = []
    while trace is not None:
        entries.append(trace)
        trace = trace.tb_next
    return entries


def _own_frames(trace: TracebackType | None, own: OwnLines) -> list[tuple[FrameType, int]]:
    return [
        (one.tb_frame, one.tb_lineno)
        for one in _entries(trace)
        if own.name(one.tb_frame.f_code.co_filename) is not None
    ]


def _line(at: tuple[FrameType, int] | None, own: OwnLines) -> str | None:
    return f"{own.name(at[0].f_code.co_filename)}:{at[1]}" if at else None


def _unread(error: BaseException, own: OwnLines) -> tuple[str, str | None] | None:
    """Line and text at which Python gave up an own file: no frame stands there."""
    if not isinstance(error, SyntaxError) or not error.filename or error.lineno is None:
        return None
    name = own.name(error.filename)
    return None if name is None else (f"{name}:{error.lineno}", (error.text or "").strip() or None)


def _source(at: tuple[FrameType, int] | None) -> str | None:
    if at is None:
        return None
    return linecache.getline(os.path.abspath(at[0].f_code.co_filename), at[1]).strip() or None


def _message(error: BaseException) -> str:
    """str() of an exception of the program's own class is the program's code, and may fail."""
    if isinstance(error, SyntaxError):
        return error.msg or ""
    own = type(error).__str__ not in BUILT_IN
    if own:
        return ", ".join(plain.repr(value) for value in error.args)
    return str(error)[:1000]


def own_frame(error: BaseException, own: OwnLines) -> FrameType | None:
    """Of the line that raised it."""
    frames = _own_frames(error.__traceback__, own)
    return frames[-1][0] if frames else None


def hook_prints(hook: Any) -> Any:
    """An excepthook that does as this one does, but without our frames."""

    def excepthook(kind: Any, error: Any, trace: Any) -> None:
        without_ours(error)
        hook(kind, error, error.__traceback__)

    return excepthook


def hide_in_texts(printed: Callable[[BaseException], None]) -> None:
    """traceback.print_exc(), logging and the like do not show our frames either. `printed` is
    called with each exception that becomes a text."""
    import traceback

    original = traceback.TracebackException.__init__

    def __init__(self: Any, exc_type: Any, exc_value: Any, exc_traceback: Any, **k: Any) -> None:
        if exc_value is not None and exc_traceback is not None:
            same = exc_value.__traceback__ is exc_traceback
            printed(exc_value)
            without_ours(exc_value)
            exc_traceback = exc_value.__traceback__ if same else _cut(exc_traceback)
        original(self, exc_type, exc_value, exc_traceback, **k)

    traceback.TracebackException.__init__ = __init__  # type: ignore[method-assign]
