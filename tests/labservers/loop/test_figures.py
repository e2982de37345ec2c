"""The loop's figures: exact counts, in place; an idle loop that is looked at stays idle."""

import socket
import threading
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from labservers.loop.event_loop import EventLoop, TaskType
from labservers.loop.figures import LoopFigures
from labservers.loop.observers import EVENTS
from labservers.observe.stepper import Stepper


@pytest.fixture
def run() -> Iterator[Callable[[EventLoop], LoopFigures]]:
    """Run a loop in a thread, looked at."""
    running: list[tuple[EventLoop, threading.Thread]] = []

    def start(loop: EventLoop) -> LoopFigures:
        figures = LoopFigures(loop, Stepper(), lambda task: (f"task {task.id}", "peer"))
        figures.looked_at(wanted=True)
        thread = threading.Thread(target=loop.run)
        thread.start()
        running.append((loop, thread))
        return figures

    yield start
    for loop, thread in running:
        loop.halt()
        thread.join(30)
        assert not thread.is_alive()


def echo(sock: socket.socket) -> Generator[Any, None, None]:
    while True:
        yield (TaskType.TO_READ, sock, 60.0)
        sock.send(sock.recv(100))


def test_an_idle_loop_that_is_looked_at_stays_idle(
    run: Any, pair: tuple[socket.socket, socket.socket], eventually: Callable[..., Any]
) -> None:
    figures = run(EventLoop(echo(pair[0])))
    eventually(
        lambda: (f := figures.frame()).reading == 1 and f.utilization == 0.0,
        "it waits, and the step before is over",
    )
    first = figures.frame()
    for _ in range(20):
        frame = figures.frame()
        assert (frame.ticks, frame.steps) == (first.ticks, first.steps)
        assert (frame.utilization, frame.lag_us, frame.moves) == (0.0, 0, {})
    assert frame.hog is None


def test_moves_between_lanes_are_counted_exactly(
    run: Any, pair: tuple[socket.socket, socket.socket], eventually: Callable[..., Any]
) -> None:
    here, there = pair
    there.setblocking(True)
    loop = EventLoop(echo(here))
    figures = run(loop)
    moves: Counter[str] = Counter()
    for _ in range(300):
        moves.update(figures.frame().moves)
        there.send(b"x")
        assert there.recv(1) == b"x"
    eventually(lambda: loop.steps == 301 and loop.current is None, "it waits again")
    moves.update(figures.frame().moves)
    assert moves == {"ready>running": 301, "running>reading": 301, "reading>ready": 300}


def test_a_step_that_does_not_end_is_shown_while_it_lasts(
    run: Any, eventually: Callable[..., Any]
) -> None:
    go_on = threading.Event()

    def stuck() -> Generator[Any, Any, None]:
        go_on.wait(30)
        yield (TaskType.SLEEP, 0)

    figures = run(EventLoop(stuck()))
    try:
        hog = eventually(lambda: figures.frame().hog, "it is found")
        assert (hog[0], hog[2]) == (1, "task 1")
        assert hog[4].startswith("test_figures.py:")
        frame = figures.frame()
        assert frame.utilization == 1.0
        assert frame.lag_us >= hog[1]
    finally:
        go_on.set()


def test_what_nobody_looks_at_is_not_measured(run: Any, eventually: Callable[..., Any]) -> None:
    def naps() -> Generator[Any, Any, None]:
        for _ in range(5):
            yield (TaskType.SLEEP, 0.01)
        yield (TaskType.SLEEP, 60)

    loop = EventLoop(naps())
    figures = run(loop)
    figures.looked_at(wanted=False)
    assert not any(getattr(loop.observers, event) for event in EVENTS)
    frame = eventually(
        lambda: (f := figures.frame()).steps == 6 and f.sleeping and f, "counts are always there"
    )
    assert (frame.sleeping, frame.tasks) == (1, 1)
    assert (frame.ages, frame.lines, frame.moves, frame.utilization) == (None,) * 4


def test_tasks_are_counted_by_the_line_where_they_stand_and_what_it_asks_for(
    run: Any, pair: tuple[socket.socket, socket.socket], eventually: Callable[..., Any]
) -> None:
    loop = EventLoop(echo(pair[0]))
    for _ in range(3):
        loop.create_task(sleep_long())
    figures = run(loop)
    eventually(lambda: figures.frame().sleeping == 3, "all wait")
    frame = figures.frame()
    assert sorted(map(tuple, frame.lines.values())) == [("reading", 1), ("sleeping", 3)]
    assert sum(map(sum, frame.ages.values())) == 4
    assert [token[1] for token in frame.tokens].count("sleeping") == 3


def sleep_long() -> Generator[Any, None, None]:
    yield (TaskType.SLEEP, 60)
