"""Deadlines of tasks: a heap with lazy deletion.

A deadline is an attribute of its task, and at most one entry in the heap stands for it. A
deadline that moves on leaves its entry where it is: when that comes due, it goes back with the
newer time. So a connection that is busy for an hour costs no heap operation a request.
"""

import heapq

from labservers.loop.task import NEVER, Task

STALE_AT_LEAST = 64
WAITING = frozenset({"reading", "writing", "sleeping"})
NOBODY: list[Task] = []


class Timers:
    """`task.deadline` is when its wait is over; `task.due` is the time of its entry, or NEVER."""

    def __init__(self) -> None:
        self._heap: list[tuple[float, Task]] = []
        self._stale = 0  # entries whose task has ended or has an earlier one

    def __len__(self) -> int:
        return len(self._heap)

    @property
    def first(self) -> float:
        """The time of the first entry, by the monotonic clock; NEVER without any."""
        return self._heap[0][0] if self._heap else NEVER

    def set(self, task: Task, deadline: float) -> None:
        """Its wait is over then; NEVER takes the deadline away."""
        task.deadline = deadline
        if deadline < task.due:
            if task.due != NEVER:
                self._drop_entry()
            task.due = deadline
            heapq.heappush(self._heap, (deadline, task))

    def forget(self, task: Task) -> None:
        """The task has ended."""
        if task.due != NEVER:
            task.due = NEVER
            self._drop_entry()

    def take_expired(self, now: float) -> list[Task]:
        """Tasks that still wait and whose deadline is over."""
        if not self._heap or self._heap[0][0] > now:
            return NOBODY
        expired: list[Task] = []
        while self._heap and self._heap[0][0] <= now:
            due, task = heapq.heappop(self._heap)
            if due != task.due:
                self._stale -= 1
                continue
            task.due = NEVER
            if task.lane not in WAITING:
                continue
            if task.deadline <= now:
                expired.append(task)
            elif task.deadline != NEVER:
                self.set(task, task.deadline)
        return expired

    def _drop_entry(self) -> None:
        """One entry means nothing any more. When most do, they are thrown out together, so that
        short connections do not keep their tasks in memory until deadlines that nobody awaits."""
        self._stale += 1
        if self._stale > STALE_AT_LEAST and self._stale * 2 > len(self._heap):
            self._heap = [entry for entry in self._heap if entry[0] == entry[1].due]
            heapq.heapify(self._heap)
            self._stale = 0
