"""The one writer of what is observed: it empties the tap's deque and hands messages on.

It is a bare thread, which threading does not know: the program's own count of its threads stays
true, and no shutdown waits for it.
"""

from __future__ import annotations

import _thread
import os
import time
from typing import Any, Callable

from .points import Message, message
from .tap import Point, Tap

PERIOD_S = 0.05
BATCH = 500  # messages of a period: more are left in the ring, so that telling stays cheap
FORK_S = 0.2  # how long the end of the writer is awaited before a fork

Sink = Callable[[Message], None]
Check = Callable[[], None]


class Teller:
    """Tells what happens to sinks, in the order of time.

    A sink gets one message, a dict. One that fails with an OSError is not asked again. `checks`
    run in the writer once a period: they look at the program and may tell something.
    """

    def __init__(self, tap: Tap, sinks: list[Sink]) -> None:
        self.told = 0  # points
        self.checks: list[Check] = []
        self._tap = tap
        self._sinks = sinks
        self._names: dict[int, str] = {_thread.get_ident(): "MainThread"}
        self._at = 0.0
        self._begin_anew()
        tap.wake = self._start

    def tell(self, event: Message | Any) -> None:
        """Queue an event, or a message that is made already, from any thread."""
        self._tap.events.append(event)
        self._tap.wake()

    def flush(self, timeout_s: float = 1.0) -> None:
        """Tell all that is queued, in the calling thread."""
        if self._writing.acquire(timeout=timeout_s):
            try:
                self._drain(len(self._tap.events) + BATCH)
            finally:
                self._writing.release()

    def stop(self) -> None:
        """End the writer; the next event starts it again."""
        self._tap.wake = self._start
        if self._running and self._stopping.locked():
            self._stopping.release()
            self._ended.acquire(timeout=FORK_S)
            self._await_one_thread_less()

    def forked(self) -> None:
        """This is a child now: the parent's locks and events are not ours."""
        self._names = {_thread.get_ident(): "MainThread"}
        self.told = 0
        self._begin_anew()
        self._tap.wake = self._start

    def _begin_anew(self) -> None:
        self._running = False
        self._writing = _thread.allocate_lock()
        self._stopping = _locked()
        self._ended = _locked()

    def _start(self) -> None:
        """The first event starts the writer. Two threads may both find none: then there are two,
        and the lock of writing keeps them apart."""
        self._tap.wake = _awake
        self._running = True
        self._stopping, self._ended = _locked(), _locked()
        self._tasks = _tasks()
        try:
            _thread.start_new_thread(self._write, (self._stopping, self._ended))
        except RuntimeError:  # not a thread to be had: flush() tells it at the end
            self._running = False

    def _write(self, stopping: Any, ended: Any) -> None:
        try:
            while not stopping.acquire(timeout=PERIOD_S):
                with self._writing:
                    self._drain(BATCH)
                for check in self.checks:
                    check()
        except Exception as error:
            self._tap.fail(error)
        finally:
            if ended is self._ended:
                self._running = False
            ended.release()

    def _drain(self, most: int) -> None:
        events = self._tap.events
        for _ in range(most):
            try:
                event = events.popleft()
            except IndexError:
                return
            self._hand_on(event)

    def _hand_on(self, event: Any) -> None:
        told = message(event, self._names)
        if type(event) is tuple or isinstance(event, Point):
            self.told += 1
        self._at = told["at"] = round(max(self._at, told["at"]), 6)
        for sink in list(self._sinks):
            try:
                sink(told)
            except (OSError, ValueError):
                self._sinks.remove(sink)

    def _await_one_thread_less(self) -> None:
        """Python warns of a fork with several threads; it counts those of the system."""
        until = time.monotonic() + FORK_S
        while _tasks() > self._tasks > 0 and time.monotonic() < until:
            time.sleep(0.0005)


def _tasks() -> int:
    """How many threads the system sees; 0 where it does not say."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 0


def _locked() -> Any:
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock


def _awake() -> None:
    """The writer runs: it looks by itself, once a period."""
