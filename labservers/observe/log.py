"""The human log: one line an event on standard error, never a reason to wait.

Servers append to a bounded queue; one thread writes. A terminal that is held with ^S, or a
pipe that nobody drains, costs lines (counted and told), not answers. Lines that repeat with
the load go through `sampled()`, which keeps a budget a second and tells how many it left out.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from typing import IO

CAPACITY = 5_000
SAMPLED_PER_S = 100


class Log:
    """A server's log. All methods may be called from any thread and never block.

    budget: sampled lines that this second still has; muted: those that it had no room for.
    """

    def __init__(self, name: str, stream: IO[str] | None = None) -> None:
        self._name = name
        self._stream = stream if stream is not None else sys.stderr
        self._lines: deque[tuple[float, str, str]] = deque(maxlen=CAPACITY)
        self._added = 0
        self._written = 0
        self.budget = SAMPLED_PER_S
        self.muted = 0
        self._wake = threading.Event()
        self._closing = False
        self._thread = threading.Thread(target=self._write_forever, name="log", daemon=True)
        self._thread.start()

    def debug(self, text: str) -> None:
        self._add("DEBUG", text)

    def info(self, text: str) -> None:
        self._add("INFO", text)

    def warning(self, text: str) -> None:
        self._add("WARNING", text)

    def error(self, text: str) -> None:
        self._add("ERROR", text)

    def failure(self, what: str, error: BaseException) -> None:
        """An error with its traceback, which tells our own fault from a peer's."""
        import traceback  # takes long to load, and is mostly not needed

        self.error(f"{what}:\n" + "".join(traceback.format_exception(error)).rstrip())

    def sampled(self, template: str, *values: object) -> None:
        """An info line, formatted with % only while this second's budget lasts."""
        if self.budget > 0:
            self.budget -= 1
            self._add("INFO", template % values)
        else:
            self.muted += 1

    def close(self, timeout_s: float = 0.5) -> None:
        """Write what is queued, within the time given, and end the writer."""
        self._closing = True
        self._wake.set()
        self._thread.join(timeout_s)

    def _add(self, level: str, text: str) -> None:
        self._lines.append((time.time(), level, text))
        self._added += 1
        if not self._wake.is_set():
            self._wake.set()

    def _write_forever(self) -> None:
        second = time.monotonic()
        while True:
            self._wake.wait(1.0 if self.muted or self.budget < SAMPLED_PER_S else None)
            self._wake.clear()
            if time.monotonic() - second >= 1.0:
                second = time.monotonic()
                self._renew_budget()
            try:
                self._write_queued()
            except (OSError, ValueError):
                return  # the terminal or the dashboard is gone; nobody is left to tell
            if self._closing and not self._lines:
                return

    def _renew_budget(self) -> None:
        muted, self.muted, self.budget = self.muted, 0, SAMPLED_PER_S
        if muted:
            self._add("INFO", f"and {muted:,} more like these, not written one by one")

    def _write_queued(self) -> None:
        batch = []
        while self._lines:
            batch.append(self._format(*self._lines.popleft()))
        self._written += len(batch)
        lost = self._added - self._written - len(self._lines)
        if lost > 0:
            self._written += lost
            batch.append(self._format(time.time(), "WARNING", f"{lost:,} log lines were lost"))
        if batch:
            self._stream.write("".join(batch))
            self._stream.flush()

    def _format(self, at: float, level: str, text: str) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(at))
        if not text.isprintable():  # foreign text must not steer the terminal
            text = "".join(c if c.isprintable() or c == "\n" else "·" for c in text)
        indented = text.replace("\n", "\n  ")
        return f"{clock}.{int(at % 1 * 1000):03d} {level} {self._name}: {indented}\n"
