"""Deadlines: the newest one counts, and stale ones are deleted (lazy deletion)."""

import socket
from collections.abc import Generator
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from labservers.loop.event_loop import EventLoop, TaskType
from labservers.loop.task import NEVER, Task
from labservers.loop.timers import STALE_AT_LEAST, Timers


def waiting(id: int) -> Task:
    task = Task(id, (None for _ in ()), 0.0)
    task.lane = "reading"
    return task


@given(
    st.lists(
        st.tuples(st.integers(0, 4), st.sampled_from([1.0, 2.0, 3.0, 5.0, NEVER])), max_size=60
    )
)
def test_the_newest_deadline_of_each_task_is_the_one_that_counts(
    settings: list[tuple[int, float]],
) -> None:
    timers, tasks, deadlines = Timers(), [waiting(id) for id in range(5)], {}
    for number, deadline in settings:
        timers.set(tasks[number], deadline)
        deadlines[number] = deadline
    for now in (1.0, 2.0, 4.0, 6.0):
        expired = {task.id for task in timers.take_expired(now)}
        assert expired == {number for number, deadline in deadlines.items() if deadline <= now}
        deadlines = {number: deadline for number, deadline in deadlines.items() if deadline > now}


def test_a_task_that_waits_no_more_does_not_expire() -> None:
    timers, task = Timers(), waiting(1)
    timers.set(task, 1.0)
    task.lane = "ready"
    assert timers.take_expired(2.0) == []
    task.lane = "reading"
    timers.set(task, 3.0)
    assert timers.take_expired(4.0) == [task]


def test_entries_that_mean_nothing_are_thrown_out() -> None:
    timers = Timers()
    for id in range(500):
        task = waiting(id)
        timers.set(task, 60.0)
        timers.forget(task)
    assert len(timers) <= 2 * STALE_AT_LEAST


def test_timers_of_ended_tasks_are_given_back() -> None:
    def short(pair: tuple[socket.socket, socket.socket]) -> Generator[Any, Any, None]:
        yield (TaskType.TO_READ, pair[0], 60.0)
        pair[0].close()

    kept = []

    def main() -> Generator[Any, Any, None]:
        for _ in range(500):
            pair = socket.socketpair()
            loop.create_task(short(pair))
            yield (TaskType.SLEEP, 0)
            pair[1].close()
        yield (TaskType.SLEEP, 0.05)
        kept.append(len(loop.timers))

    loop = EventLoop(main())
    loop.run()
    assert kept[0] < 200
