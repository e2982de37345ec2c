"""The one writer of what is observed: it empties the tap's book and hands messages on.

It is a bare thread, which threading does not know: the program's own count of its threads stays
true, and no shutdown waits for it.
"""

from __future__ import annotations

import _thread
import os
import time
from typing import Any, Callable

from . import this_process
from .holding import holding
from .readers import nobody_reads
from .tap import Tap
from .text import printable

PERIOD_S = 0.05
LINES_S = 0.25  # between two tables of the lines
END_S = 5.0  # for the writer's last messages, on a machine that is busy with others
FORK_S = 0.2  # how long the end of the writer is awaited before a fork

Sink = Callable[[Any], None]
Check = Callable[[], None]


class Teller:
    """Hands messages to sinks, in the order of time, from start() to stop().

    A sink that nobody reads any more is not asked again; one that has no room misses what there
    was none for. `checks` run in the writer once a period: they look at the program and may tell
    something.
    """

    def __init__(self, tap: Tap, sinks: list[Sink]) -> None:
        self.checks: list[Check] = []
        self._tap = tap
        self._sinks = sinks
        self._lines_due = 0.0
        self._begin_anew()

    def tell(self, event: Any) -> None:
        """Queue an event, or a message, from any thread."""
        self._tap.put(event)

    def start(self) -> None:
        """From now on there is a writer; also following a fork, in the parent: the last one where
        several threads fork at once."""
        if self._stops:
            self._stops.pop()
        if self._stops or not _taken(self._idle):
            return
        locks = _locked(), _locked()
        begun = _locked()  # Python counts a bare thread from its first instruction on
        self._writers.append(locks)
        try:
            _thread.start_new_thread(self._write, (*locks, begun))
            begun.acquire(timeout=FORK_S)
        except RuntimeError:  # not a thread to be had: flush() tells it at the end
            self._writers.remove(locks)
            self._idle.append(None)

    def flush(self, timeout_s: float = 1.0) -> None:
        """Tell all that is queued, in the calling thread. A signal handler may come here in the
        midst of it, or raise from any call."""
        holding(self._writing, self._hand_on, timeout_s)

    def stop(self) -> None:
        """End the writer, so that the system knows nothing of it any more."""
        threads = this_process.threads()
        if self.end():
            _await_fewer_threads(threads)
            self._idle.append(None)

    def end(self) -> bool:
        """End the writer, if there is one; the process itself may end."""
        self._stops.append(None)
        writer = _taken(self._writers)
        if not writer:
            return False
        stopping, ended = writer
        stopping.release()
        ended.acquire(timeout=FORK_S)
        return True

    def forked(self) -> None:
        """This is a child now: the parent's locks and events are not ours."""
        self._begin_anew()
        self.start()

    def last_lines(self) -> None:
        """Tell the table of the lines as it is at the end."""
        self._lines_due = 0.0
        self.flush(END_S)

    def _begin_anew(self) -> None:
        self._stops: list[None] = []  # that wait for their start()
        # Several threads fork at once: what one of them takes from a list, it alone has.
        self._idle: list[Any] = [None]  # empty: there is a writer, or one ends
        self._writers: list[Any] = []  # the locks of the one that writes
        self._writing: Any = _thread.RLock()

    def _write(self, stopping: Any, ended: Any, begun: Any) -> None:
        begun.release()
        try:
            while not stopping.acquire(timeout=PERIOD_S):
                with self._writing:
                    self._hand_on()
                for check in self.checks:
                    check()
        except Exception as error:
            self._tap.fail(error)
            self._complain(error)
        finally:
            ended.release()

    def _hand_on(self) -> None:
        for message in self._tap.book.take():
            self._send(message)
        now = time.monotonic()
        if now >= self._lines_due:
            self._lines_due = now + LINES_S
            lines = self._tap.book.lines()
            if lines is not None:
                self._send(lines)

    def _send(self, message: Any) -> None:
        for sink in list(self._sinks):
            try:
                sink(message)
            except (OSError, ValueError) as error:
                if nobody_reads(error):
                    self._sinks.remove(sink)

    def _complain(self, error: BaseException) -> None:
        """The writer itself has failed, so that nothing else can say it."""
        text = printable(f"observe: its writer failed and is out: {type(error).__name__}: {error}")
        try:
            os.write(2, f"{text}\n".encode("utf-8", "replace"))
        except OSError:
            pass


def _await_fewer_threads(than: int) -> None:
    """Python warns of a fork with several threads; it counts those of the system."""
    until = time.monotonic() + FORK_S
    while this_process.threads() >= than > 0 and time.monotonic() < until:
        time.sleep(0.0005)


def _taken(entries: list[Any]) -> Any:
    """The last entry, which nobody else gets, or (); None as an entry is (None,)."""
    try:
        return entries.pop() or (None,)
    except IndexError:
        return ()


def _locked() -> Any:
    lock = _thread.allocate_lock()
    lock.acquire()
    return lock
