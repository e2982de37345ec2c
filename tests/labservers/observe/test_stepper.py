"""The stepper: one point, one turn, slow motion, and a pause that ends by itself."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.observe import messages
from labservers.observe.arrival import Arrival
from labservers.observe.stepper import DELAY_LIMIT_S, PAUSE_LIMIT_S, Stepper


def at(turn: int) -> Arrival:
    arrival = Arrival("program", "call")
    arrival.turn = turn
    return arrival


class Program:
    """A thread that passes points: so many a turn."""

    def __init__(self, stepper: Stepper, points_a_turn: int = 3) -> None:
        self.passed = 0
        self.over = False
        self._stepper = stepper
        self._points_a_turn = points_a_turn
        self.thread = threading.Thread(target=self._run)

    def _run(self) -> None:
        while not self.over:
            self._stepper.pass_point(at(self.passed // self._points_a_turn))
            self.passed += 1


@pytest.fixture
def stepper() -> Iterator[Stepper]:
    made = Stepper()
    yield made
    made.release()


@pytest.fixture
def program(stepper: Stepper) -> Iterator[Program]:
    """Held before its first point."""
    stepper.pause()
    made = Program(stepper)
    made.thread.start()
    yield made
    made.over = True
    stepper.slow(0.0)
    stepper.resume()
    made.thread.join(30)
    assert not made.thread.is_alive()


def test_a_step_lets_one_point_pass(
    stepper: Stepper, program: Program, eventually: Callable[..., Any]
) -> None:
    for count in (1, 2, 3, 4):
        stepper.step()
        eventually(lambda count=count: program.passed == count, "one more has passed")
    assert stepper.paused


def test_a_tick_lets_a_turn_pass_or_what_is_left_of_it(
    stepper: Stepper, program: Program, eventually: Callable[..., Any]
) -> None:
    stepper.tick()
    eventually(lambda: program.passed == 3, "a whole turn")
    stepper.step()
    eventually(lambda: program.passed == 4, "one point of the next")
    stepper.tick()
    eventually(lambda: program.passed == 6, "the others of it")
    stepper.step()
    eventually(lambda: program.passed == 7, "and only those")


def test_steps_that_were_not_used_end_with_the_pause(
    stepper: Stepper, program: Program, eventually: Callable[..., Any]
) -> None:
    stepper.resume()
    eventually(lambda: program.passed > 10, "it runs")
    stepper.step()
    stepper.pause()
    assert stepper.paused
    stopped = eventually(lambda: held(program), "it is held")
    stepper.step()
    eventually(lambda: program.passed == stopped + 1, "one point passes")


def held(program: Program) -> int:
    """How far it has come, once it comes no further."""
    before = program.passed
    threading.Event().wait(0.02)
    return before if program.passed == before else 0


def test_a_pause_ends_by_itself(
    stepper: Stepper, program: Program, eventually: Callable[..., Any]
) -> None:
    stepper.pause(0.02)
    eventually(lambda: program.passed > 0, "it goes on")
    assert not stepper.paused
    assert stepper.resumes_in_s == 0.0
    assert not stepper.active


def test_slow_motion_rests_before_each_turn_and_not_in_it(stepper: Stepper) -> None:
    stepper.slow(0.05)
    assert stepper.active
    began = time.monotonic()
    arrivals = []
    for turn in (1, 1, 1, 2, 2):
        arrivals.append(at(turn))
        stepper.pass_point(arrivals[-1])
    assert time.monotonic() - began >= 0.1
    assert [arrival.rests for arrival in arrivals] == [True, False, False, True, False]
    stepper.slow(0.0)
    assert not stepper.active


@pytest.mark.parametrize("seconds", [1e9, 1e300])
def test_times_beyond_all_measure_are_bounded(
    seconds: float, stepper: Stepper, program: Program, eventually: Callable[..., Any]
) -> None:
    stepper.pause(seconds)
    assert PAUSE_LIMIT_S - 5 < stepper.resumes_in_s <= PAUSE_LIMIT_S
    stepper.slow(seconds)
    assert stepper.delay_s == DELAY_LIMIT_S
    stepper.step()
    eventually(lambda: program.passed == 1, "it is held, and not broken")
    stepper.resume()
    stepper.slow(0.0)
    eventually(lambda: program.passed > 1, "it goes on")


@pytest.mark.parametrize("seconds", [0.0, -1.0, -1e300])
def test_a_time_that_is_over_holds_nothing(stepper: Stepper, seconds: float) -> None:
    stepper.pause(seconds)
    stepper.slow(seconds)
    assert not stepper.active
    stepper.pass_point(at(1))


class Tasks:
    """A loop that resumes its tasks in turn: each resume is a point."""

    def __init__(self, stepper: Stepper, *numbers: int) -> None:
        self.passed: list[str] = []
        self.thread = threading.Thread(target=self._run, args=(stepper, numbers))
        self.thread.start()

    def _run(self, stepper: Stepper, numbers: tuple[int, ...]) -> None:
        for number in numbers:
            arrival = Arrival(f"task {number}", "resume")
            stepper.pass_point(arrival)
            self.passed.append(arrival.name)


def test_a_step_until_a_task_is_resumed(stepper: Stepper, eventually: Callable[..., Any]) -> None:
    stepper.pause()
    loop = Tasks(stepper, 1, 2, 1, 7, 2)
    eventually(lambda: waits(stepper) == ["task 1"], "it is held")
    stepper.obey(messages.Step(None, "task:7"))
    eventually(lambda: waits(stepper) == ["task 7"], "it is about to resume the task")
    assert loop.passed == ["task 1", "task 2", "task 1"]
    assert stepper.lines == set()  # a task is not a line
    stepper.release()
    loop.thread.join(30)
    assert loop.passed[-1] == "task 2"


def waits(stepper: Stepper) -> list[str]:
    return [row.thread for row in stepper.held(0.0).points]


def test_what_is_commanded_is_done_until_the_program_comes_to_its_end(stepper: Stepper) -> None:
    stepper.obey(messages.Look(1.0, []))  # not for it
    assert not stepper.active
    stepper.obey(messages.Pause())
    assert PAUSE_LIMIT_S - 5 < stepper.resumes_in_s <= PAUSE_LIMIT_S
    stepper.obey(messages.Pause(20.0))
    assert 15 < stepper.resumes_in_s <= 20
    stepper.obey(messages.Step())
    stepper.pass_point(at(1))
    stepper.obey(messages.Tick())
    stepper.pass_point(at(2))
    stepper.pass_point(at(2))
    stepper.obey(messages.Resume())
    stepper.obey(messages.Slow(0.5))
    stepper.obey(messages.Break(["server.py:24"], ["recv"], [], exceptions=True))
    assert (stepper.paused, stepper.delay_s, stepper.lines) == (False, 0.5, {"server.py:24"})
    assert stepper.breakpoints.calls == ["recv"]
    stepper.release()
    stepper.obey(messages.Pause())
    stepper.obey(messages.Slow(0.5))
    assert not stepper.active


def test_a_step_of_a_program_that_runs_lets_nothing_pass_later(
    stepper: Stepper, eventually: Callable[..., Any]
) -> None:
    stepper.step()
    stepper.tick()
    stepper.pause()
    loop = Tasks(stepper, 1)
    eventually(lambda: waits(stepper) == ["task 1"], "it is held")
    stepper.release()
    loop.thread.join(30)
