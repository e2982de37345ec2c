"""Why a program died: the exception, its line, the locals there, the bytes that came last."""

from __future__ import annotations

import linecache
import os
from _thread import get_ident
from types import FrameType, TracebackType
from typing import TYPE_CHECKING

from . import observed
from .lines import OwnLines
from .points import packed
from .tracebacks import chain, entries_of
from .variables import among, locals_of, name_of, plain

if TYPE_CHECKING:
    from .tap import Tap

STACK = 50  # frames, the innermost
BUILT_IN = [
    kind.__str__
    for kind in (BaseException, OSError, KeyError, UnicodeDecodeError, UnicodeEncodeError)
]
ATOMS = (str, int, float, complex, bool, bytes, type(None))


def message(
    error: BaseException, thread: str, tap: Tap, *, main: bool, swallowed: bool = False
) -> observed.Crash:
    """An exception as far as it is known, in the thread that it has ended, which calls this."""
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
        exception=name_of(type(error)),
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


def blamed(error: BaseException, received: bytes) -> int | None:
    """The offset in the bytes received of the one that could not be decoded, where it is there.

    What was decoded may be a part of them, or begin with bytes from before.
    """
    decoding = next((one for one in chain(error) if isinstance(one, UnicodeDecodeError)), None)
    if decoding is None:
        return None
    decoded, bad = decoding.object, decoding.start
    if decoded.endswith(received):
        offset = bad - (len(decoded) - len(received))
    else:
        begin = received.find(decoded)
        offset = begin + bad if begin >= 0 else -1
    return offset if 0 <= offset < len(received) else None


def _own_frames(trace: TracebackType | None, own: OwnLines) -> list[tuple[FrameType, int]]:
    return [
        (one.tb_frame, one.tb_lineno)
        for one in entries_of(trace)
        if own.name(one.tb_frame.f_code.co_filename) is not None
    ]


def _line(at: tuple[FrameType, int] | None, own: OwnLines) -> str | None:
    return f"{own.name(at[0].f_code.co_filename)}:{at[1]}" if at else None


def _unread(error: BaseException, own: OwnLines) -> tuple[str, str | None] | None:
    """Line and text at which Python gave up an own file: no frame stands there."""
    if not isinstance(error, SyntaxError) or type(error.lineno) is not int:
        return None
    name = own.name(_text(error.filename))
    return None if name is None else (f"{name}:{error.lineno}", _text(error.text).strip() or None)


def _source(at: tuple[FrameType, int] | None) -> str | None:
    if at is None:
        return None
    return linecache.getline(os.path.abspath(at[0].f_code.co_filename), at[1]).strip() or None


def _message(error: BaseException) -> str:
    """str() of an exception of the program's own class, or of one that carries its objects, is the
    program's code; and some numbers it cannot write."""
    if isinstance(error, SyntaxError):
        return _text(error.msg)
    try:
        if _writes_itself(error):
            return str(error)[:1000]
    except Exception:
        pass
    return ", ".join(plain.repr(value) for value in error.args)


def _writes_itself(error: BaseException) -> bool:
    """Whether its str() is Python's alone; it may carry another error."""
    return type(error).__str__ in BUILT_IN and all(
        among(type(one), ATOMS) or (issubclass(type(one), BaseException) and _writes_itself(one))
        for one in error.args
    )


def _text(given: object) -> str:
    """What the program has made itself may carry anything."""
    return given if type(given) is str else ""


def own_frame(error: BaseException, own: OwnLines) -> FrameType | None:
    """Of the line that raised it."""
    frames = _own_frames(error.__traceback__, own)
    return frames[-1][0] if frames else None
