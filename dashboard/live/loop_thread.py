"""An asyncio loop in a thread of its own, as long as it has users.

Websockets and the chat's connections are many, and each does little at a time. One thread that
carries all of them is cheaper than threads for each: no hand-over of the interpreter's lock.
"""

import asyncio
import threading
from collections.abc import Iterator
from contextlib import contextmanager

JOIN_S = 2.0


class LoopThread:
    """The loop begins with its first user and ends with its last."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._lock = threading.Lock()  # guards the following
        self._users = 0
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @contextmanager
    def running(self) -> Iterator[asyncio.AbstractEventLoop]:
        """The loop, which runs at least as long as the context."""
        with self._lock:
            if self._loop is None:
                self._begin()
            assert self._loop is not None
            loop, self._users = self._loop, self._users + 1
        try:
            yield loop
        finally:
            with self._lock:
                self._users -= 1
                if not self._users:
                    self._end()

    def _begin(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(
            target=_run, args=(self._loop,), name=self._name, daemon=True
        )
        self._thread.start()

    def _end(self) -> None:
        assert self._loop is not None
        assert self._thread is not None
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(JOIN_S)
        self._loop = self._thread = None


def _run(loop: asyncio.AbstractEventLoop) -> None:
    asyncio.set_event_loop(loop)
    try:
        loop.run_forever()
    finally:
        loop.close()
