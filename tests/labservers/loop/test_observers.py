"""Observers: the sequence that they hear, and the end of one that breaks."""

from collections.abc import Generator
from typing import Any

from labservers.loop.event_loop import EventLoop, Task, TaskType


class Recorder:
    """An observer that writes down the sequence of events."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def created(self, task: Task) -> None:
        self.events.append(f"created {task.id}")

    def resuming(self, task: Task) -> None:
        self.events.append(f"resuming {task.id}")

    def suspended(self, task: Task) -> None:
        self.events.append(f"suspended {task.id}")

    def finished(self, task: Task, error: BaseException | None) -> None:
        self.events.append(f"finished {task.id}")

    def before_wait(self) -> None:
        self.events.append("before wait")

    def after_wait(self, returned: int) -> None:
        self.events.append("after wait")


def nap() -> Generator[Any, None, None]:
    yield (TaskType.SLEEP, 0)


def test_an_observer_hears_the_sequence() -> None:
    loop = EventLoop()
    recorder = Recorder()
    loop.observers.add(recorder)
    loop.create_task(nap())
    loop.run()
    assert recorder.events == [
        "created 1",
        *("before wait", "after wait", "resuming 1", "suspended 1"),
        *("before wait", "after wait", "resuming 1", "finished 1"),
    ]


def test_an_observer_that_raises_is_taken_off_and_reported() -> None:
    class Broken:
        def resuming(self, task: Task) -> None:
            raise RuntimeError("broken observer")

    errors: list[BaseException] = []
    loop = EventLoop(nap(), report=lambda text, error: errors.append(error))
    recorder = Recorder()
    loop.observers.add(Broken())
    loop.observers.add(recorder)
    loop.run()
    assert recorder.events.count("resuming 1") == 2
    assert [str(error) for error in errors] == ["broken observer"]


def test_an_observer_has_the_methods_that_it_wants() -> None:
    class Ends:
        def finished(self, task: Task, error: BaseException | None) -> None:
            ends.append(task.id)

    ends: list[int] = []
    loop = EventLoop(nap())
    ended = Ends()
    loop.observers.add(ended)
    loop.observers.add(ended)
    loop.create_task(nap())
    loop.run()
    assert ends == [1, 2]
    loop.observers.leave_out(ended)
    assert not loop.observers.finished
