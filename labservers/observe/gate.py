"""Where the tap's calls are held: before a call, and after it for a thread that was inside."""

from __future__ import annotations

import sys
from _thread import get_ident
from typing import Any, Callable

from .alive import thread_name
from .arrival import Arrival
from .line_breaks import line_breaks
from .lines import OwnLines
from .messages import Breakpoints, HeldPoint
from .stepper import Stepper


class Gate:
    """Called by the tap in the program's threads; each call may block, or raise KeyboardInterrupt.

    entry: of the call's socket, or None. frame: the one that calls. peer: the other end of a
    datagram, which an entry does not have.
    """

    def __init__(self, stepper: Stepper, own: OwnLines) -> None:
        self._stepper = stepper
        self._own = own
        self._passed: dict[int, int] = {}  # thread -> the pause in which it began its call
        self._stopped: dict[int, str | None] = {}  # thread -> the line where it was just stopped
        self._line_breaks = line_breaks(own, self._at_line)

    def before(self, call: str, entry: Any, frame: Any, peer: str | None = None) -> None:
        self._line_breaks.arm(frame)
        arrival = CallArrival(call, entry, frame, self._own, peer=peer)
        arrival.stopped_at = self._stopped.pop(get_ident(), None)
        self._stepper.pass_point(arrival)
        self._passed[get_ident()] = self._stepper.pauses

    def after(
        self,
        call: str,
        entry: Any,
        frame: Any,
        error: BaseException | None,
        peer: str | None = None,
    ) -> None:
        """A call that began in this pause was let pass: its return is a part of the same point."""
        arrival = CallArrival(call, entry, frame, self._own, error, peer)
        arrival.when = "after"
        began = self._passed.pop(get_ident(), None)
        if began != self._stepper.pauses or arrival.breaks(self._stepper.breakpoints):
            self._stepper.pass_point(arrival)
        self._line_breaks.arm(frame)

    def crashed(self, error: BaseException, frame: Any) -> None:
        """An exception ends this thread; `frame`: where it was raised."""
        arrival = CallArrival("crash", None, frame, self._own, error)
        arrival.when = "after"
        self._stepper.pass_point(arrival)

    def born(self) -> None:
        """A thread has begun."""
        self._line_breaks.arm(sys._getframe(1))

    def forked(self) -> None:
        """This is a child now, which nobody controls."""
        self._line_breaks.want(frozenset())

    def look_out(self, calls: Callable[[], set[str]]) -> None:
        """For the lines at which the stepper stops, but for those that have made calls, which are
        points already."""
        lines = self._stepper.lines
        self._line_breaks.want(frozenset(lines - calls() if lines else ()))

    def _at_line(self, frame: Any) -> None:
        arrival = CallArrival("line", None, frame, self._own)
        self._stepper.pass_point(arrival)
        self._stopped[get_ident()] = arrival.line


class CallArrival(Arrival):
    """A thread at a call; what is not asked for is not looked up.

    stopped_at: the line at which it was stopped just before, which is not to stop it twice.
    """

    stopped_at: str | None = None

    def __init__(
        self,
        call: str,
        entry: Any,
        frame: Any,
        own: OwnLines,
        error: BaseException | None = None,
        peer: str | None = None,
    ) -> None:
        super().__init__(thread_name(get_ident()), call)
        self._entry = entry
        self._from = frame
        self._own = own
        self._error = error
        self._peer = peer
        self._frame: Any = None

    @property
    def frame(self) -> Any:
        """The innermost own one; None in a library's thread."""
        frame = self._frame or self._from
        while frame is not None and self._own.name(frame.f_code.co_filename) is None:
            frame = frame.f_back
        self._frame = frame
        return frame

    @property
    def line(self) -> str | None:
        frame = self.frame
        if frame is None:
            return None
        return f"{self._own.name(frame.f_code.co_filename)}:{frame.f_lineno}"

    @property
    def peer(self) -> str | None:
        return self._peer or (self._entry.peer if self._entry is not None else None)

    @property
    def sock(self) -> Any:
        ref = self._entry.ref if self._entry is not None else None
        return ref() if ref is not None else None

    def breaks(self, breakpoints: Breakpoints) -> bool:
        if self.when == "after":
            failed = breakpoints.exceptions and _failed(self._error)
            return failed or (self._peer is not None and self.is_of(breakpoints.clients))
        if self.stopped_at is not None and self.stopped_at == self.line:
            breakpoints = breakpoints._replace(lines=[])
        return super().breaks(breakpoints)

    def row(self, index: int) -> HeldPoint:
        number = self._entry.id if self._entry is not None else None
        return super().row(index)._replace(socket=number)


def _failed(error: BaseException | None) -> bool:
    """A socket that is not ready yet is not an error."""
    return error is not None and not isinstance(error, (BlockingIOError, InterruptedError))
