"""Breakpoints on lines that make no call, while there are such breakpoints.

From Python 3.12 on sys.monitoring tells of lines, in every thread at once and at no cost for those
that nobody waits for. Before, it is sys.settrace: a thread is traced from its next point on, the
main one at once; another that computes and makes no call is not reached. Where another tracer is
at work, as a debugger, it is left alone.
"""

from __future__ import annotations

import sys
from abc import ABC, abstractmethod
from types import CodeType, FrameType
from typing import Any, Callable

from .lines import OwnLines

Reached = Callable[[FrameType], None]
TOOL = 3  # of sys.monitoring: neither a debugger's nor a profiler's
MONITORING: Any = getattr(sys, "monitoring", None)


def line_breaks(own: OwnLines, reached: Reached) -> LineBreaks:
    """What this Python can do best. reached(frame) is called in the thread that is about to run
    one of the lines that are wanted."""
    if MONITORING is not None and MONITORING.get_tool(TOOL) is None:
        return MonitoredLines(own, reached)
    return TracedLines(own, reached)


class LineBreaks(ABC):
    """wanted: lines as "server.py:24", replaced as a whole by want()."""

    def __init__(self, own: OwnLines, reached: Reached) -> None:
        self.wanted: frozenset[str] = frozenset()
        self._own = own
        self._reached = reached

    def want(self, lines: frozenset[str]) -> None:
        """These lines from now on; none: nothing is watched any more. For one thread of ours."""
        if lines != self.wanted:
            self.wanted = lines
            self._changed()

    @abstractmethod
    def arm(self, frame: FrameType | None) -> None:
        """The calling thread, whose stack ends in this frame, is at a point."""

    @abstractmethod
    def _changed(self) -> None:
        """Look for the lines that are wanted now."""


class MonitoredLines(LineBreaks):
    """A line that is not wanted is disabled at its first event."""

    def arm(self, frame: FrameType | None) -> None:
        """Nothing: all threads are watched at once."""

    def _changed(self) -> None:
        if self.wanted and MONITORING.get_tool(TOOL) is None:
            MONITORING.use_tool_id(TOOL, "socket lab, lines")
            MONITORING.register_callback(TOOL, MONITORING.events.LINE, self._line)
        if self.wanted:
            MONITORING.set_events(TOOL, MONITORING.events.LINE)
            MONITORING.restart_events()
        elif MONITORING.get_tool(TOOL) is not None:
            MONITORING.set_events(TOOL, 0)
            MONITORING.free_tool_id(TOOL)

    def _line(self, code: CodeType, number: int) -> Any:
        name = self._own.name(code.co_filename)
        if name is None or f"{name}:{number}" not in self.wanted:
            return MONITORING.DISABLE
        self._reached(sys._getframe(1))
        return None


class TracedLines(LineBreaks):
    """Trace functions of the threads that were armed; they end by themselves."""

    def __init__(self, own: OwnLines, reached: Reached) -> None:
        super().__init__(own, reached)
        self._pending: Any = None

    def _changed(self) -> None:
        """Arm the main thread wherever it is: a pending call runs between two of its bytecodes,
        and in no other thread (Py_AddPendingCall in the C API)."""
        if self.wanted:
            import ctypes  # only now: a start is quicker without it

            if self._pending is None:  # kept: a main thread that waits in C calls it much later
                self._pending = ctypes.CFUNCTYPE(ctypes.c_int, ctypes.c_void_p)(self._in_main)
            ctypes.pythonapi.Py_AddPendingCall(self._pending, None)

    def _in_main(self, _: Any) -> int:
        self.arm(sys._getframe(1))
        return 0

    def arm(self, frame: FrameType | None) -> None:
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
