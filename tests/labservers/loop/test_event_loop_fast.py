"""The fast loop is the loop: tasks do the same in both, in the same order."""

import socket
from collections.abc import Generator
from typing import Any

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from labservers.loop.event_loop import EventLoop, TaskType
from labservers.loop.event_loop_fast import FastEventLoop

TASKS, LONG_S = 3, 5.0
DEEDS = ["read"] * 6 + ["read for ever", "read in no time", "read of another", "write", "sleep",
         "nothing sound", "no number", "break", "end another", "close"]  # fmt: skip
programs = st.lists(
    st.lists(st.sampled_from(DEEDS), min_size=1, max_size=8), min_size=TASKS, max_size=TASKS
)


class Play:
    """Tasks that carry out their deeds in a loop, each with a socket that always has more to be
    read; `trace` is what became of each deed."""

    def __init__(self, loop: EventLoop, program: list[list[str]], observed: bool) -> None:
        self.loop = loop
        self.trace: list[tuple[object, ...]] = []
        self.pairs = [socket.socketpair() for _ in program]
        for _, peer in self.pairs:
            peer.send(b"x" * 100)
        self.tasks = [loop.create_task(self.act(n, deeds)) for n, deeds in enumerate(program)]
        if observed:
            loop.observers.add(self)

    def resuming(self, task: Any) -> None:
        self.trace.append(("step", task.id))

    def act(self, number: int, deeds: list[str]) -> Generator[Any, Any, None]:
        sock = self.pairs[number][0]
        for deed in deeds:
            try:
                if deed == "break":
                    raise ZeroDivisionError
                if deed == "end another":
                    self.loop.cancel(self.tasks[(number + 1) % TASKS])
                elif deed == "close":
                    sock.close()
                else:
                    yield self.wish(deed, number, sock)
                if deed.startswith("read") and sock.fileno() >= 0:
                    sock.recv(1)
                self.trace.append((number, deed, "done"))
            except (OSError, RuntimeError, TypeError) as error:
                self.trace.append((number, deed, type(error), str(error)[:20]))

    def wish(self, deed: str, number: int, sock: socket.socket) -> object:
        return {
            "read": (TaskType.TO_READ, sock, LONG_S),
            "read for ever": (TaskType.TO_READ, sock),
            "read in no time": (TaskType.TO_READ, sock, 0),
            "read of another": (TaskType.TO_READ, self.pairs[number - 1][0], LONG_S),
            "write": (TaskType.TO_WRITE, sock, LONG_S),
            "sleep": (TaskType.SLEEP, 0),
            "nothing sound": None,
            "no number": (TaskType.TO_READ, sock, "long"),
        }[deed]

    def run(self) -> tuple[object, ...]:
        self.loop.run()
        for pair in self.pairs:
            for sock in pair:
                sock.close()
        loop = self.loop
        counts = (loop.created, loop.finished, loop.steps, loop.ticks, loop.refused)
        waits = (loop.waits.writes, loop.waits.sleeps, len(loop.timers))
        steps = [(task.steps, task.lane, task.wanted) for task in self.tasks]
        return self.trace, counts, waits, loop.cancelled, steps


@settings(deadline=None)
@given(programs, st.booleans())
@example([["read", "no number"], ["sleep"], ["sleep"]], False)
@example([["sleep"] * 2 + ["read of another"] * 2, ["sleep"], ["read"] * 9], False)
@example([["read", "write", "read"], ["read", "close", "read"], ["read", "end another"]], True)
def test_tasks_do_the_same_in_both_loops(program: list[list[str]], observed: bool) -> None:
    def ended(text: str, error: BaseException) -> None:
        assert isinstance(error, ZeroDivisionError), text

    both = [
        Play(kind(report=ended), program, observed).run() for kind in (EventLoop, FastEventLoop)
    ]
    assert both[0] == both[1]


def test_the_fast_loop_has_its_own_way_for_a_task_that_reads_on() -> None:
    parked: list[object] = []

    class Watched(FastEventLoop):
        def _park(self, current_task: Any, wanted: Any) -> None:
            parked.append(wanted)
            super()._park(current_task, wanted)

    Play(Watched(), [["read"] * 5], observed=False).run()
    assert len(parked) == 1


def test_a_step_that_is_done_together_counts_as_one_and_renews_the_wait() -> None:
    """Two tasks read in turn: one together, until it is left to itself, and then as ever."""
    loop = FastEventLoop()
    play = Play(loop, [["read"] * 6, ["read"] * 6], observed=False)
    waits: list[tuple[float, float]] = []

    def together(tasks: list[Any]) -> list[Any]:
        if loop.ticks > 3:
            return tasks
        for task in tasks[:-1]:
            task.socket.recv(1)
        loop.read_on(tasks[:-1], LONG_S)
        waits.extend((task.since, task.deadline) for task in tasks[:-1])
        return tasks[-1:]

    loop.together = together
    play.run()
    done = [number for number, *_ in play.trace]
    assert (done.count(0), done.count(1)) == (6, 6)
    assert len(waits) == 3
    assert [task.steps for task in play.tasks] == [7 + 3, 7]
    assert loop.steps == 17
    assert all(deadline - since == pytest.approx(LONG_S) for since, deadline in waits)
    assert [since for since, _ in waits] == sorted({since for since, _ in waits})


def test_a_task_that_was_let_sleep_reads_on_or_is_woken_by_its_deadline() -> None:
    """Both sleep together while more comes for them; one reads on, the other sleeps too long."""
    loop = FastEventLoop()
    play = Play(loop, [["read"], ["read"]], observed=False)
    seen: list[object] = []

    def together(tasks: list[Any]) -> list[Any]:
        if seen:
            return tasks
        loop.sleep(tasks[:1], LONG_S)
        loop.sleep(tasks[1:], 0.1)
        seen.append([task.lane for task in tasks])
        loop.call_when_idle(lambda: loop.read_again(tasks[:1], LONG_S))
        return []

    loop.together = together
    play.run()
    first, second = play.tasks
    assert seen == [["sleeping", "sleeping"]]
    assert (first.steps, second.steps) == (4, 3)
    assert (loop.steps, loop.waits.sleeps) == (7, 2)
    assert sorted(play.trace) == [(0, "read", "done"), (1, "read", "done")]


def test_a_tick_in_which_all_is_done_together_counts() -> None:
    loop = FastEventLoop()
    play = Play(loop, [["read"]], observed=False)
    left = [1, 1]

    def together(tasks: list[Any]) -> list[Any]:
        if not left:
            return tasks
        left.pop()
        loop.read_on(tasks, LONG_S)
        return []

    loop.together = together
    play.run()
    assert (loop.ticks, loop.steps) == (4, 4)


def test_an_observer_of_steps_sees_all_of_them() -> None:
    loop = FastEventLoop()
    play = Play(loop, [["read"] * 3], observed=True)
    loop.together = lambda tasks: []
    play.run()
    assert [what for what, *_ in play.trace].count("step") == loop.steps == 4
