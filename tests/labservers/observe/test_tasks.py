"""Suspended tasks among all objects: which are seen, and where they stand."""

import types
from collections.abc import Generator
from typing import Any

from labservers.observe.tap import Tap
from labservers.observe.tasks import EVERY_S, Tasks, begun


@types.coroutine
def turn() -> Generator[None, None, None]:
    yield


async def inner() -> None:
    await turn()


async def outer() -> None:
    await inner()


def numbers() -> Generator[int, None, None]:
    yield 1
    yield from range(2)


def rows(tasks: Tasks, now: float) -> list[tuple[str, str, int, float]]:
    mine = ("turn", "inner", "outer", "numbers")
    found = [row for row in tasks.look(now) if row.function in mine]
    return [(row.kind, row.function, row.suspended, row.oldest_s) for row in found]


def test_of_coroutines_that_await_one_another_the_innermost_is_shown(tap: Tap) -> None:
    tasks = Tasks(tap)
    waiting: list[Any] = [outer(), outer(), numbers(), numbers()]
    unborn = outer()
    for task in waiting[:3]:
        task.send(None)
    assert rows(tasks, 10.0) == [("generator", "turn", 2, 0.0), ("generator", "numbers", 1, 0.0)]
    next(waiting[2])
    assert rows(tasks, 10.1) == rows(tasks, 10.0)  # to look is dear
    found = {one.outer.__name__: one.function for one in begun(tap) if one.function == "turn"}
    assert found == {"outer": "turn"}
    for task in (*waiting, unborn):
        task.close()
    assert rows(tasks, 10.0 + 100 * EVERY_S) == []


def test_a_coroutine_stands_where_it_awaits_an_object_of_c(tap: Tap) -> None:
    async def waits() -> None:
        await Awaitable()

    class Awaitable:
        def __await__(self) -> Any:
            return iter([None])

    task: Any = waits()
    task.send(None)
    [found] = [one for one in begun(tap) if one.function == "waits"]
    assert (found.kind, found.running, found.outer) == ("coroutine", False, task)
    assert found.line == f"test_tasks.py:{waits.__code__.co_firstlineno + 1}"
    task.close()
