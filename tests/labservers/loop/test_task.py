"""A task: where it stands."""

import socket
from collections.abc import Generator
from typing import Any

from labservers.loop.event_loop import EventLoop, TaskType


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
