"""A task: where it stands."""

import socket
from collections.abc import Generator
from typing import Any

from labservers.loop.event_loop import EventLoop, Task, TaskType
from labservers.loop.figures import census, task_rows


def test_the_line_of_a_task_is_the_innermost_one(pair: tuple[socket.socket, socket.socket]) -> None:
    loop = EventLoop()
    lines = []

    def inner() -> Generator[Any, None, None]:
        yield (TaskType.TO_READ, pair[0])  # the line

    def outer() -> Generator[Any, None, None]:
        yield from inner()

    def looker() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0)
        lines.append(task.line())
        pair[1].send(b"x")

    task = loop.create_task(outer())
    loop.create_task(looker())
    loop.run()
    number = inner.__code__.co_firstlineno + 1
    assert lines == [f"test_task.py:{number}"]


def test_a_task_that_breaks_while_it_is_closed_says_by_what() -> None:
    def breaks() -> Generator[Any, None, None]:
        try:
            yield
        finally:
            raise ValueError("in the end")

    generator = breaks()
    next(generator)
    assert str(Task(1, generator, 0.0).close()) == "in the end"


def test_tasks_are_listed_by_their_lines_and_ended_ones_are_not() -> None:
    def waits(lines: int) -> Generator[Any, None, None]:
        if lines == 1:
            yield
        else:
            yield

    tasks = [Task(number, waits(lines), float(number)) for number, lines in enumerate((1, 2, 2, 2))]
    for task in tasks:
        next(task.generator)
        task.since, task.lane = task.created_at, "reading"
    tasks[3].close()
    tasks[3].lane = "done"
    rows = task_rows(tasks, now=10.0)
    assert [(row.suspended, row.function, row.oldest_s) for row in rows] == [
        (2, "waits", 9.0), (1, "waits", 10.0),
    ]  # fmt: skip
    assert sum(map(sum, census(tasks, 10.0)["ages"].values())) == 3
