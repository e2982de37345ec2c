"""Temporary folders of a check; those of a check that was killed are removed by the next one.

A folder is locked as long as its check lives: the kernel frees the lock, however the check ended.
"""

from __future__ import annotations

import contextlib
import os
import shutil
import tempfile
from pathlib import Path
from types import TracebackType

from labservers.checks import remains
from labservers.run import file_lock

PREFIX = "socketlab-check-"


class Folder:
    """An empty folder that is ours until remove(). What killed checks have left goes first."""

    def __init__(self) -> None:
        sweep()
        with remains.making():
            self.path, self._lock = _locked()
            remains.add(self.remove)

    def remove(self) -> None:
        """With all that is in it, as far as that can be."""
        shutil.rmtree(self.path, ignore_errors=True)
        remains.discard(self.remove)
        lock, self._lock = self._lock, -1
        if lock >= 0:
            os.close(lock)

    def __enter__(self) -> Path:
        return self.path

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.remove()


def _locked() -> tuple[Path, int]:
    """A new folder and the descriptor that locks it. A sweep may have it first: then another."""
    while True:
        path = Path(tempfile.mkdtemp(prefix=PREFIX))
        with contextlib.suppress(FileNotFoundError):
            lock = os.open(path, os.O_RDONLY)
            file_lock.wait_alone(lock)
            if path.exists():
                return path, lock
            os.close(lock)


def sweep() -> None:
    """Remove the folders of this user whose check is gone."""
    for path in Path(tempfile.gettempdir()).glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            lock = os.open(path, os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW)
            try:
                if file_lock.try_alone(lock) and os.fstat(lock).st_uid == os.getuid():
                    shutil.rmtree(path, ignore_errors=True)
            finally:
                os.close(lock)
