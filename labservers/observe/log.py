"""The human log: one line an event on standard error, never a reason to wait.

Servers append to a bounded queue; one thread writes. A terminal that is held with ^S, or a
pipe that nobody drains, costs lines, which are counted, not answers. Lines that repeat with
the load go through sampled(), which keeps a budget a second and says how many it left out.
"""

from __future__ import annotations

import sys
import threading
import time
from collections import deque
from typing import IO

from .readers import nobody_reads
from .tally import Counter
from .text import printable

CAPACITY = 5_000
SAMPLED_PER_S = 100
TOGETHER_S = 0.05  # lines that come within it are one write
LATE_S = 5.0  # for the writer to get the processor
LOOK_S = 0.05


class Log:
    """A server's log. All methods may be called from any thread, and none but close() blocks.

    budget: sampled lines that this second still has.
    """

    def __init__(self, name: str, stream: IO[str] | None = None) -> None:
        self.budget = SAMPLED_PER_S
        self._name = name
        self._stream = stream if stream is not None else sys.stderr
        self._lock = threading.Lock()  # guards lines, losses and budget; never held to write
        self._lines: deque[tuple[float, str, str]] = deque()
        self._lost = 0
        self._muted = Counter()
        # mute(): count a line that the caller has seen no budget for, as sampled() would;
        # mute_many(number): so many of them, one at least.
        self.mute, self.mute_many = self._muted.add, self._muted.add_many
        self._wake = threading.Event()
        self._closing = threading.Event()
        self._writing_since: float | None = None  # of time.monotonic(); None: it writes nothing
        self._thread = threading.Thread(target=self._write_forever, name="log", daemon=True)
        self._thread.start()

    def info(self, text: str) -> None:
        self._add("INFO", text)

    def warning(self, text: str) -> None:
        self._add("WARNING", text)

    def error(self, text: str) -> None:
        self._add("ERROR", text)

    def failure(self, what: str, error: BaseException) -> None:
        """An error with its traceback, which tells our own fault from a peer's."""
        import traceback  # takes long to load, and is mostly not needed

        lines = traceback.format_exception(type(error), error, error.__traceback__)
        self.error(f"{what}:\n" + "".join(lines).rstrip())

    def sampled(self, template: str, *values: object) -> None:
        """An info line, formatted with % only while this second's budget lasts."""
        with self._lock:
            within = self.budget > 0
            if within:
                self.budget -= 1
        if within:
            self._add("INFO", template % values)
        else:
            self._muted.add()

    def close(self, timeout_s: float = 0.5) -> None:
        """Write what is queued, and end the writer. A write that nobody reads has the time given;
        a busy machine, which lets the writer wait, has LATE_S."""
        self._closing.set()
        self._wake.set()
        began = time.monotonic()
        late = began + max(LATE_S, timeout_s)
        while self._thread.is_alive() and (now := time.monotonic()) < late:
            since = self._writing_since
            if since is not None and now - max(since, began) >= timeout_s:
                return
            self._thread.join(min(LOOK_S, timeout_s))

    def _add(self, level: str, text: str) -> None:
        with self._lock:
            if len(self._lines) >= CAPACITY:
                self._lines.popleft()
                self._lost += 1
            self._lines.append((time.time(), level, text))
        if not self._wake.is_set():
            self._wake.set()

    def _write_forever(self) -> None:
        second = time.monotonic()
        while True:
            self._wake.wait(1.0 if self.budget < SAMPLED_PER_S else None)
            self._closing.wait(TOGETHER_S)  # each write takes the interpreter from a busy server
            self._wake.clear()
            if self._closing.is_set() or time.monotonic() - second >= 1.0:
                second = time.monotonic()
                self._renew_budget()
            if not self._write_queued():
                return
            if self._closing.is_set() and not self._lines:
                return

    def _renew_budget(self) -> None:
        with self._lock:
            self.budget = SAMPLED_PER_S
        if muted := self._muted.take():
            self._add("INFO", f"and {muted:,} more like these, not written one by one")

    def _write_queued(self) -> bool:
        """False: the terminal or the dashboard is gone; there is nobody left to notify. What there
        is no room for now, as in a pipe that another program has made non-blocking, is lost."""
        with self._lock:
            batch, self._lines = self._lines, deque()
            lost, self._lost = self._lost, 0
        lines = [self._format(*line) for line in batch]
        if lost:
            words = "1 log line was" if lost == 1 else f"{lost:,} log lines were"
            lines.append(self._format(time.time(), "WARNING", f"{words} lost"))
        try:
            self._writing_since = time.monotonic()
            self._stream.write("".join(lines))
            self._stream.flush()
        except (OSError, ValueError) as error:
            with self._lock:
                self._lost += lost + len(batch)
            return not nobody_reads(error)
        finally:
            self._writing_since = None
        return True

    def _format(self, at: float, level: str, text: str) -> str:
        clock = time.strftime("%H:%M:%S", time.localtime(at))
        indented = printable(text, kept="\n").replace("\n", "\n  ")
        return f"{clock}.{int(at % 1 * 1000):03d} {level} {self._name}: {indented}\n"
