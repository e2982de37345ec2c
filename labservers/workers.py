"""A bounded pool of threads that grows as it is needed and is handed one job at a time."""

import queue
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

Job = TypeVar("Job")


class Workers(Generic[Job]):
    """Threads that call `work(job)`, which must not raise.

    A job never waits for a thread to be made free by chance: with all of them taken, the next
    one calls `make_room()`, which is to bring one of the running jobs to its end.
    """

    def __init__(
        self, size: int, work: Callable[[Job], None], make_room: Callable[[], None]
    ) -> None:
        self._size = size
        self._work = work
        self._make_room = make_room
        self._jobs: queue.SimpleQueue[Job | None] = queue.SimpleQueue()
        self._threads: list[threading.Thread] = []
        self._lock = threading.Lock()
        self._free = 0  # threads without a job, less jobs without a thread; under the lock

    def take(self, job: Job) -> None:
        """Hand a job over; called by one thread only."""
        with self._lock:
            self._free -= 1
            all_taken = self._free < 0
        self._jobs.put(job)
        if all_taken and not self._grow():
            self._make_room()

    def finish(self, deadline: float) -> None:
        """Wait for the jobs under way until the deadline, a time of time.monotonic()."""
        for _ in self._threads:
            self._jobs.put(None)
        for thread in self._threads:
            thread.join(max(0.0, deadline - time.monotonic()))

    def _grow(self) -> bool:
        if len(self._threads) >= self._size:
            return False
        number = len(self._threads) + 1
        thread = threading.Thread(target=self._run, name=f"worker {number}", daemon=True)
        try:
            thread.start()
        except RuntimeError:  # the system has no more threads for us
            return False
        self._threads.append(thread)
        return True

    def _run(self) -> None:
        self._count_free()
        while (job := self._jobs.get()) is not None:
            self._work(job)
            self._count_free()

    def _count_free(self) -> None:
        with self._lock:
            self._free += 1
