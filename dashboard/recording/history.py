"""A program's log lines. Bounded and numbered, so that a gap shows."""

import re
import threading
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard.recording.log_file import LogFile

LOG_LINE = re.compile(r"(\d\d:\d\d:\d\d\.\d{3}) (DEBUG|INFO|WARNING|ERROR) [\w-]+: ?(.*)", re.S)
CONTINUED = "  "
LINE_CHARACTERS = 4_000


class LogBook:
    """The newest log lines of one program, also appended to a file.

    The lock guards the lines; numbers count from 1 for the life of the dashboard.
    """

    def __init__(
        self,
        capacity: int,
        path: Path,
        file_bytes: int,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._lock = threading.Lock()
        self._lines: deque[dict[str, Any]] = deque(maxlen=capacity)
        self._next = 1
        self._level = "info"
        self._file = LogFile(path, file_bytes, clock)

    def add(self, raw: str, at: float, *, printed: bool = False) -> list[dict[str, Any]]:
        """Number one line and keep it; `at` is Unix seconds; `printed`: on standard output.

        Returns it as kept, and a second line when the file needs a notice.
        """
        raw = raw[:LINE_CHARACTERS]
        matched = None if printed else LOG_LINE.fullmatch(raw)
        with self._lock:
            if printed:
                self._level = "info"
            elif matched:
                self._level = matched[2].lower()
            elif not raw.startswith(CONTINUED):
                self._level = "error"  # not ours: a traceback or the interpreter's own words
            lines = [self._keep(at, self._level, matched[3] if matched else raw)]
            if notice := self._file.write(raw):
                lines.append(self._keep(at, "warning", notice))
        return lines

    def add_printed(self, lines: list[str], at: float) -> list[dict[str, Any]]:
        """As add() for many printed lines at once, which is what makes a flood bearable."""
        lines = [line[:LINE_CHARACTERS] for line in lines]
        with self._lock:
            self._level = "info"
            kept = [self._keep(at, "info", line) for line in lines]
            if lines and (notice := self._file.write("\n".join(lines))):
                kept.append(self._keep(at, "warning", notice))
        return kept

    def since(self, n: int, limit: int, query: str = "") -> dict[str, Any]:
        """Up to `limit` lines after number n that contain the query, the newest ones;
        `skipped`: lines after n that were dropped."""
        with self._lock:
            kept = list(self._lines)
            following = self._next
        first = kept[0]["n"] if kept else following
        needle = query.casefold()
        found = [
            line
            for line in kept
            if line["n"] > n and (not needle or needle in line["text"].casefold())
        ]
        return {
            "lines": found[-limit:],
            "next": following - 1,
            "skipped": max(0, first - n - 1),
        }

    def tail(self, count: int, after: int = 0) -> list[str]:
        """The newest lines after number `after` as plain text, for a failure's last words."""
        return [line["text"] for line in self.since(after, count)["lines"]]

    @property
    def last(self) -> int:
        return self._next - 1

    @property
    def broken(self) -> str:
        """Why its file cannot be written now; "" while it can."""
        return self._file.broken

    def close(self) -> None:
        with self._lock:
            self._file.close()

    def _keep(self, at: float, level: str, text: str) -> dict[str, Any]:
        line = {"n": self._next, "at": at, "level": level, "text": text}
        self._next += 1
        self._lines.append(line)
        return line
