"""Whole lines to a descriptor that another program may have made non-blocking, or whose disk may
be full."""

from __future__ import annotations

import os
import time

from labservers.observe.readers import nobody_reads
from labservers.observe.readiness import writable

PATIENCE_S = 0.2  # for room; where there was none, it is not waited for again


class LineWriter:
    """A line for which there is no room is lost and counted; of one that is written in part, the
    rest comes before the next. `place` names where they go, for people."""

    def __init__(self, descriptor: int, place: str) -> None:
        self._descriptor = descriptor
        self._place = place
        self._full = self._gone = False
        self._reason = ""
        self.begin_anew()

    def begin_anew(self) -> None:
        """Also in a child: what its parent has begun or lost is the parent's."""
        self._begun = b""  # the rest of a line
        self._lost = 0

    def write(self, line: bytes) -> None:
        """
        Raises:
            OSError: nobody is left to read, or there is no such file any more.
        """
        rest = self._not_taken(self._begun + line)
        lost = len(rest) >= len(line)
        self._lost += lost
        self._begun = rest[: -len(line)] if lost else rest

    def loss(self, *, at_end: bool = False) -> str | None:
        """A sentence on the lines that were lost since the last one; while there is no room, it is
        not to be had before the end."""
        if not self._lost or (self._full and not at_end):
            return None
        lost, self._lost = self._lost, 0
        lines = "1 line was" if lost == 1 else f"{lost:,} lines were"
        if self._gone:
            lines = "the rest is"
        return f"{lines} not written to {self._place}: {self._reason}"

    def _not_taken(self, data: bytes) -> bytes:
        deadline = time.monotonic() + PATIENCE_S
        while data:
            try:
                data = data[os.write(self._descriptor, data) :]
                self._full = False
            except OSError as error:
                self._reason = str(error.strerror)
                if nobody_reads(error):
                    self._gone, self._lost = True, self._lost + 1
                    raise
                if not self._room(error, deadline - time.monotonic()):
                    self._full = True
                    break
        return data

    def _room(self, error: OSError, within_s: float) -> bool:
        """Only what others drain is worth a wait."""
        waits = isinstance(error, BlockingIOError) and not self._full and within_s > 0
        return waits and writable(self._descriptor)(within_s)
