"""A thread or a task that has arrived at a point, where it can be held."""

from __future__ import annotations

import _thread
import time
from typing import Any

from .addresses import host_of
from .kernel import receive_queue
from .messages import Breakpoints, HeldPoint

WITH_LOCALS = 50  # held points whose locals are read
READS_LOCALS = frozenset({"locals", "vars", "dir", "eval", "exec"})
CO_OPTIMIZED = 1  # in a code's flags (inspect): its locals are not a dict


class Arrival:
    """name: of the thread, or "task 7". call: what it is about to do, or has done (`when`).

    turn: see stepper.py; None: its point is a turn of its own. rests: slow motion concerns it.
    """

    when = "before"
    turn: int | None = None
    rests = False

    def __init__(self, name: str, call: str) -> None:
        self.name = name
        self.call = call
        self.since = time.monotonic()
        self._lock = _thread.allocate_lock()  # raw: ^C interrupts its acquire()
        self._lock.acquire()
        self._locals: dict[str, str] | None = None

    @property
    def line(self) -> str | None:
        """The own line where it stands: "server.py:24"."""
        return None

    @property
    def frame(self) -> Any:
        """The frame of that line; None where there is none."""
        return None

    @property
    def peer(self) -> str | None:
        """The address of the client that it serves."""
        return None

    @property
    def sock(self) -> Any:
        """The socket that it is about; None where there is none."""
        return None

    def breaks(self, breakpoints: Breakpoints) -> bool:
        """Whether one of the breakpoints is here."""
        lines, clients = breakpoints.lines, breakpoints.clients
        if self.call in breakpoints.calls or (lines and self.line in lines):
            return True
        peer = self.peer if clients else None
        return peer is not None and (peer in clients or host_of(peer) in clients)

    def wait(self, seconds: float) -> None:
        """Until wake(), or for that long."""
        self._lock.acquire(True, seconds)

    def wake(self) -> None:
        """From any thread."""
        try:
            self._lock.release()
        except RuntimeError:  # it is awake already
            pass

    def row(self, index: int) -> HeldPoint:
        """As shown, in this place of the list."""
        frame, sock = self.frame, self.sock
        if self._locals is None:
            known = frame is not None and index < WITH_LOCALS
            self._locals = locals_now(frame, traced=self.call == "line") if known else {}
        return HeldPoint(
            thread=self.name,
            line=self.line,
            function=frame.f_code.co_name if frame is not None else None,
            call=self.call,
            socket=None,
            peer=self.peer,
            waiting=receive_queue(sock) if sock is not None else None,
            when=self.when,
            since_s=round(time.monotonic() - self.since, 3),
            locals=self._locals,
        )


def locals_now(frame: Any, *, traced: bool = False) -> dict[str, str]:
    """Names and short texts. Before Python 3.13 to look at them makes a dict that the frame keeps:
    it would keep a socket alive whose name is bound again, and so it is emptied. But not that of
    a frame in its trace function: Python then copies it back into the names."""
    from .crash import locals_of  # only now: a server that nobody holds starts without it

    texts = locals_of(frame)
    code = frame.f_code
    names = frame.f_locals
    untouched = code.co_flags & CO_OPTIMIZED and READS_LOCALS.isdisjoint(code.co_names)
    if untouched and not traced and type(names) is dict:
        names.clear()
    return texts
