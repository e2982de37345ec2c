"""Breakpoints on lines that make no call: by sys.settrace, while there are such breakpoints.

A thread is traced from its next point on; one that computes and makes no call is not reached.
Where another tracer is at work, as a debugger, it is left alone.
"""

from __future__ import annotations

import sys
from types import FrameType
from typing import Any, Callable

from .lines import OwnLines

Reached = Callable[[FrameType], None]


class LineBreaks:
    """reached(frame) is called in the thread that is about to run one of the `wanted` lines.

    wanted: as "server.py:24"; replaced as a whole, and empty: nothing is traced any more.
    """

    def __init__(self, own: OwnLines, reached: Reached) -> None:
        self.wanted: frozenset[str] = frozenset()
        self._own = own
        self._reached = reached

    def arm(self, frame: FrameType | None) -> None:
        """Trace the calling thread, whose stack ends in this frame."""
        if sys.gettrace() is not None or not self.wanted:
            return
        while frame is not None:
            if frame.f_trace is None and self._own.name(frame.f_code.co_filename) is not None:
                frame.f_trace = self._line
            frame = frame.f_back
        sys.settrace(self._call)

    def _call(self, frame: FrameType, event: str, _: Any) -> Any:
        """A function begins: an own one is traced line by line, the others are not."""
        if not self.wanted:
            sys.settrace(None)
            return None
        return self._line if self._own.name(frame.f_code.co_filename) is not None else None

    def _line(self, frame: FrameType, event: str, _: Any) -> Any:
        if not self.wanted:
            sys.settrace(None)
            return None
        name = self._own.name(frame.f_code.co_filename)
        if event == "line" and f"{name}:{frame.f_lineno}" in self.wanted:
            self._reached(frame)
        return self._line
