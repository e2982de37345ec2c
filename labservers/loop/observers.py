"""Those that the loop notifies of what it does: figures, pause and slow motion, a test."""

import threading
from collections.abc import Callable
from typing import Any

EVENTS = ("created", "resuming", "suspended", "finished", "before_wait", "after_wait")


class Observers:
    """For each event, the methods to call; where there are none, it costs the loop one look.

    An observer has any of these methods. They are called in the loop's thread:
        created(task); suspended(task); finished(task, error)
        resuming(task): the first of the ready tasks is about to run; to return late holds the loop
        before_wait(); after_wait(returned): so many sockets were reported as ready
    One that raises is taken off, and report(text, error) hears of it.
    """

    def __init__(self, report: Callable[[str, BaseException], None]) -> None:
        self._report = report
        self._all: tuple[object, ...] = ()
        self._lock = threading.Lock()
        self._collect()

    def add(self, observer: object) -> None:
        """Notify it from now on; from any thread. Twice is once."""
        with self._lock:
            if observer not in self._all:
                self._all += (observer,)
                self._collect()

    def leave_out(self, observer: object) -> None:
        """Notify it no more; from any thread."""
        with self._lock:
            self._all = tuple(other for other in self._all if other is not observer)
            self._collect()

    def notify(self, event: str, *values: Any) -> None:
        for observer, method in getattr(self, event):
            try:
                method(*values)
            except Exception as error:
                self.leave_out(observer)
                self._report("an observer of the loop broke and was taken off", error)

    def _collect(self) -> None:
        def of(event: str) -> tuple[tuple[object, Callable[..., None]], ...]:
            there = [observer for observer in self._all if hasattr(observer, event)]
            return tuple((observer, getattr(observer, event)) for observer in there)

        self.created, self.resuming, self.suspended, self.finished = map(of, EVENTS[:4])
        self.before_wait, self.after_wait = map(of, EVENTS[4:])
        self.of_steps = bool(self.resuming or self.suspended)
