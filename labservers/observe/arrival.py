"""A thread or a task that has arrived at a point, where it can be held."""

from __future__ import annotations

import _thread
import time
from typing import Any

from .addresses import is_of
from .kernel import receive_queue
from .messages import Breakpoints, HeldPoint
from .variables import locals_of

WITH_LOCALS = 50  # held points whose locals are read


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
        lines = breakpoints.lines
        if self.call in breakpoints.calls or (lines and self.line in lines):
            return True
        return self.is_of(breakpoints.clients)

    def is_of(self, clients: list[str]) -> bool:
        """Whether it serves one of these: an address, or its host alone."""
        peer = self.peer if clients else None
        return peer is not None and any(is_of(peer, one) for one in clients)

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
            self._locals = locals_of(frame, traced=self.call == "line") if known else {}
        return HeldPoint(
            thread=self.name,
            line=self.line,
            function=frame.f_code.co_name if frame is not None else None,
            call=self.call,
            socket=None,
            peer=self.peer,
            waiting=receive_queue(sock) if sock is not None else None,
            when=self.when,
            locals=self._locals,
        )
