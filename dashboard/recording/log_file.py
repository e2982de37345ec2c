"""The file that a program's log lines are appended to."""

import contextlib
import os
import time
from collections.abc import Callable
from pathlib import Path

RETRY_S = 5.0


class LogFile:
    """A file of at most `most_bytes`; a full one is renamed to PATH.1, over the last (rotation).

    An error costs the file alone, and is reported once; the next attempt follows after RETRY_S
    seconds. A file that was removed or moved away is made anew. The owner holds a lock.
    broken: why it cannot be written now; "" while it can.
    """

    def __init__(
        self, path: Path, most_bytes: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._path, self._most = path, most_bytes
        self._clock = clock
        self._descriptor = -1
        self._missed = 0
        self._again_at = 0.0
        self.broken = ""

    def write(self, text: str) -> str:
        """Append a line, or several; returns a sentence when the file breaks or works again,
        else ""."""
        lines = text.count("\n") + 1
        if self._missed and self._clock() < self._again_at:
            self._missed += lines
            return ""
        try:
            self._append(text.encode("utf-8", "backslashreplace") + b"\n")
        except OSError as error:
            return self._failed(error, lines)
        missed, self._missed, self.broken = self._missed, 0, ""
        return f"{self._path} is written again; lines not in it: {missed}" if missed else ""

    def close(self) -> None:
        if self._descriptor >= 0:
            os.close(self._descriptor)
            self._descriptor = -1

    def _failed(self, error: OSError, lines: int) -> str:
        self.close()
        self._again_at = self._clock() + RETRY_S
        told, self._missed = self._missed > 0, self._missed + lines
        self.broken = error.strerror or str(error)
        if told:
            return ""
        return f"{self._path} cannot be written ({error.strerror}): log lines are kept here alone"

    def _append(self, data: bytes) -> None:
        if not self._is_there():
            self.close()
            self._open()
        size = os.fstat(self._descriptor).st_size
        if size + len(data) > self._most:
            os.replace(self._path, self._path.with_name(self._path.name + ".1"))
            self.close()
            self._open()
            size = os.fstat(self._descriptor).st_size
        try:
            while data:
                data = data[os.write(self._descriptor, data) :]
        except OSError:
            with contextlib.suppress(OSError):
                os.ftruncate(self._descriptor, size)  # half of a line, on a disk that is full
            raise

    def _open(self) -> None:
        self._path.parent.mkdir(parents=True, exist_ok=True)
        flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_NONBLOCK
        self._descriptor = os.open(self._path, flags, 0o666)

    def _is_there(self) -> bool:
        """Whether the path still leads to the file that is open."""
        if self._descriptor < 0:
            return False
        try:
            return os.path.samestat(os.fstat(self._descriptor), os.stat(self._path))
        except FileNotFoundError:
            return False
