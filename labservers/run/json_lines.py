"""The life of an observed program, as lines of JSON in a file: an object for each event.

A batch becomes a line each: `point`, `socket`, `thread`. The counts of the lines come at the end.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from labservers.observe import messages, observed

NAMES: dict[type[Any], str] = {observed.SocketEvent: "socket", observed.ThreadEvent: "thread"}
BATCHES = (observed.Points, observed.SocketEvents, observed.ThreadEvents)
OPTIONAL = ("data", "cut", "result", "error", "exit_code", "signal", "received", "bad")


class JsonLines:
    """Whole lines, appended in one write each: a child may write to the same file."""

    def __init__(self, write: Callable[[bytes], None]) -> None:
        self._write = write
        self._lines: Any = None

    def write(self, message: Any) -> None:
        """Write what the message holds.

        Raises:
            OSError: as write() does, by which it is given its lines.
        """
        if type(message) is observed.Lines:
            self._lines = message
            return
        if type(message) is observed.Summary and self._lines is not None:
            self._put(self._lines)
        for one in message[1] if isinstance(message, BATCHES) else [message]:
            self._put(one)

    def _put(self, one: Any) -> None:
        fields = messages.as_dict(one)
        known = {k: v for k, v in fields.items() if v is not None or k not in OPTIONAL}
        body = {"type": NAMES.get(type(one)) or type(one).__name__.lower(), **known}
        text = json.dumps(body, ensure_ascii=False)
        self._write(text.encode("utf-8", "replace") + b"\n")
