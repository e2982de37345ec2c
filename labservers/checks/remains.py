"""What a check has to undo: its own thread does it, or where that waits for something, another one.

Processes, folders and ports are noted here from their begin to their end.
"""

from __future__ import annotations

import contextlib
import threading
from collections.abc import Callable, Iterator

WAIT_S = 0.3  # for what is being made just then

Undo = Callable[[], object]

_undos: list[Undo] = []
_making = threading.Lock()


def add(undo: Undo) -> None:
    """It is called where its owner does not come to it, and may be called beside it."""
    _undos.append(undo)


def discard(undo: Undo) -> None:
    """Its owner has done it; twice is once."""
    with contextlib.suppress(ValueError):
        _undos.remove(undo)


@contextlib.contextmanager
def making() -> Iterator[None]:
    """Start a process, or make files. From undo_all() on it is too late: this does not return."""
    with _making:
        yield


def undo_all() -> None:
    """The newest first. The process has to leave then: nothing of it may go on."""
    _making.acquire(timeout=WAIT_S)
    for undo in reversed(list(_undos)):
        with contextlib.suppress(OSError):
            undo()
