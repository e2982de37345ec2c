"""A bounded pool of threads that grows as it is needed and is handed one job at a time."""

import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Job = TypeVar("Job")


class Workers(Generic[Job]):
    """Threads that call `work(job)`, which must not raise.

    A job waits in the queue while all threads have one. `limit` is how many are worked on at a
    time; a caller that hands over more sees to it that earlier ones end.
    """

    def __init__(self, size: int, work: Callable[[Job], None]) -> None:
        self.limit = size
        self._work = work
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._free = 0  # threads without a job, less jobs without a thread; under the lock

    def start(self) -> None:
        """Make the first thread, so that no job can be left alone.

        Raises:
            RuntimeError: the system has not even one thread for us.
        """
        self._grow()

    def take(self, job: Job) -> None:
        """Hand a job over; called by one thread only."""
        with self._lock:
            self._free -= 1
            all_taken = self._free < 0
        self._jobs.put(job)
        if all_taken and len(self._threads) < self.limit:
            try:
                self._grow()
            except RuntimeError:  # no more threads: the ones that are there have to do
                self.limit = len(self._threads)

    def finish(self, deadline: float) -> None:
        """Wait for the jobs under way until the deadline, a time of time.monotonic()."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _grow(self) -> None:
        number = len(self._threads) + 1
        thread = threading.Thread(target=self._run, name=f"worker {number}", daemon=True)
        thread.start()
        self._threads.append(thread)

    def _run(self) -> None:
        self._count_free()
        while (job := self._jobs.get()) is not None:
            self._work(job)
            self._count_free()

    def _count_free(self) -> None:
        with self._lock:
            self._free += 1
