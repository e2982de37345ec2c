"""Observers of the loop: the hold, the meter of ticks, the sampler of steps."""

import threading
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from labservers.loop.event_loop import EventLoop, TaskType
from labservers.loop.watch import REST_S, STEPS_TIMED, TICKS_TIMED, Hold, Meter, Sampler
from labservers.observe.stepper import Stepper


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


def steps(count: int, during: Callable[[], None] = lambda: None) -> Generator[Any, None, None]:
    for _ in range(count):
        during()
        yield (TaskType.SLEEP, 0)


def test_the_meter_times_each_tick() -> None:
    clock = Clock()

    def work() -> None:
        clock.now += 0.5

    loop = EventLoop(steps(2, work))
    loop.create_task(steps(1, work))
    meter = Meter(loop, clock)
    meter.next_window()
    loop.create_task(steps(0))
    loop.run()
    window = meter.next_window()
    assert window.ticks == [1.0, 0.5]  # the last tick ends with the loop
    assert (window.busy_s, window.most_steps) == (1.5, 3)
    assert [(tick_s, steps) for _, tick_s, steps, _ in meter.newest] == [(1.0, 3), (0.5, 2)]


def test_the_meter_times_a_bounded_number_of_ticks_and_takes_itself_off() -> None:
    loop = EventLoop(steps(2 * TICKS_TIMED))
    meter = Meter(loop, Clock())
    meter.next_window()
    loop.run()
    assert len(meter.next_window().ticks) == TICKS_TIMED
    meter.next_window()
    loop.observers.leave_out(meter)
    assert not loop.observers.before_wait


def test_the_sampler_times_a_bounded_number_of_steps_and_takes_itself_off() -> None:
    clock = Clock()

    def work() -> None:
        clock.now += 0.001

    loop = EventLoop(steps(2 * STEPS_TIMED, work))
    (task,) = loop.tasks()
    sampler = Sampler(loop, clock)
    sampler.next_window()
    loop.run()
    assert not loop.observers.resuming
    window = sampler.next_window()
    assert window.timed == task.seen_steps == STEPS_TIMED
    assert window.longest is not None
    assert window.longest[0] == pytest.approx(0.001)
    assert window.longest[2].startswith("test_watch.py:")
    assert task.busy_us == pytest.approx(1000 * task.steps, abs=1)


def test_the_sampler_rests_after_a_full_window_and_never_after_another() -> None:
    clock = Clock()
    loop = EventLoop(steps(STEPS_TIMED))
    sampler = Sampler(loop, clock)
    sampler.next_window()
    loop.run()
    for waited_s, timed in ((0.0, False), (REST_S / 2, False), (REST_S / 2, True), (0.0, True)):
        clock.now += waited_s
        sampler.next_window()
        assert bool(loop.observers.resuming) == timed


@pytest.fixture
def held() -> Iterator[tuple[EventLoop, Stepper, Hold, list[int]]]:
    """A paused loop of three tasks that count their steps."""
    counted: list[int] = []
    stepper, loop = Stepper(), EventLoop()
    over: list[bool] = []

    def counter(number: int) -> Generator[Any, None, None]:
        while not over:
            counted.append(number)
            yield (TaskType.SLEEP, 0)

    for number in range(3):
        loop.create_task(counter(number))
    hold = Hold(loop, stepper, lambda task: ("", ""))
    loop.observers.add(hold)
    stepper.pause()
    thread = threading.Thread(target=loop.run)
    thread.start()
    yield loop, stepper, hold, counted
    over.append(True)
    stepper.resume()
    thread.join(30)
    assert not thread.is_alive()


def test_a_paused_loop_runs_single_steps_and_ticks_until_it_is_resumed(
    held: Any, eventually: Callable[..., Any]
) -> None:
    loop, stepper, _, counted = held
    stepper.step()
    eventually(lambda: counted == [0], "one resume of a task")
    stepper.tick()
    eventually(lambda: counted == [0, 1, 2], "the rest of the tick")
    stepper.tick()
    eventually(lambda: counted == [0, 1, 2] * 2, "a tick")
    eventually(lambda: loop.current is None, "its last step is over")
    stepper.resume()
    eventually(lambda: len(counted) > 100, "it runs again")


def test_the_time_that_the_loop_is_held_is_in_no_figure(
    held: Any, eventually: Callable[..., Any]
) -> None:
    loop, _, hold, _ = held
    eventually(lambda: loop.ticks == 1, "it has come to its first step")

    def passes() -> float:
        before = hold.clock()
        threading.Event().wait(0.05)
        return hold.clock() - before

    eventually(lambda: passes() == 0, "its time stands still")
