"""Tasks of asyncio in this very process: their lanes, as asyncio itself has them."""

import asyncio
from _thread import get_ident
from collections.abc import Coroutine
from concurrent.futures import ThreadPoolExecutor
from typing import Any, TypeVar

import pytest

from labservers.observe import asyncio_loop
from labservers.observe.interest import NOTHING
from labservers.observe.tap import Tap
from labservers.observe.turns import Loop

pytestmark = pytest.mark.usefixtures("tap_on")
Result = TypeVar("Result")


def run(work: Coroutine[Any, Any, Result]) -> Result:
    """In a thread of its own: where a browser is driven, the main thread has a loop already."""
    with ThreadPoolExecutor(1) as pool:
        return pool.submit(asyncio.run, work).result()


async def waits_for(one: Any) -> None:
    await one


async def begins() -> None:
    pass


def test_each_lane(tap: Tap) -> None:
    """Of a library's task no line is shown; one that is cancelled is ready to be told of it."""
    loops = asyncio_loop.running_loops()

    async def main() -> dict[str, tuple[str, str, bool]]:
        turns = Loop(get_ident(), "epoll", lambda _: NOTHING)
        loop = asyncio.get_running_loop()
        tasks = {
            "sleeps": waits_for(asyncio.sleep(60)),
            "waits": waits_for(asyncio.Event().wait()),
            "of a library": asyncio.sleep(60),
            "cancelled": waits_for(asyncio.sleep(60)),
        }
        made = [asyncio.create_task(task, name=name) for name, task in tasks.items()]
        await asyncio.sleep(0)
        made[-1].cancel()
        made.append(asyncio.create_task(begins(), name="new"))
        assert asyncio_loop.running_loops() == {**loops, get_ident(): loop}
        seen = asyncio_loop.look(tap, loop, turns)
        for task in made:
            task.cancel()
        await asyncio.gather(*made, return_exceptions=True)
        return {one.task.get_name(): (one.lane, one.function, one.line is not None) for one in seen}

    assert (
        run(main()).items()
        >= {
            "sleeps": ("sleeping", "waits_for", True),
            "waits": ("waiting", "waits_for", True),
            "of a library": ("sleeping", "sleep", False),
            "cancelled": ("ready", "waits_for", True),
            "new": ("ready", "begins", True),
        }.items()
    )
    assert asyncio_loop.running_loops() == loops


def test_the_task_that_looks_runs(tap: Tap) -> None:
    async def main() -> list[tuple[str, str]]:
        turns = Loop(get_ident(), "epoll", lambda _: NOTHING)
        loop = asyncio.get_running_loop()
        return [(one.lane, one.function) for one in asyncio_loop.look(tap, loop, turns)]

    assert run(main()) == [("running", "main")]
