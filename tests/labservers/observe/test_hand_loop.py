"""Lanes of tasks by the places where a loop of the program's own has put them."""

import queue
import selectors
import socket
import sys
import threading
from _thread import get_ident
from collections import deque
from collections.abc import Callable, Generator, Iterator
from types import FrameType
from typing import Any

import pytest

from labservers.observe.hand_loop import HandLoop
from labservers.observe.interest import Interest, of_selector
from labservers.observe.lanes import Seen
from labservers.observe.lines import OwnLines
from labservers.observe.tap import Tap
from labservers.observe.tasks import Suspended
from labservers.observe.turns import Loop

WAIT_S = 10
Task = Generator[None, None, None]


class Program:
    """The object of a loop, with such attributes."""

    def __init__(self, **places: Any) -> None:
        vars(self).update(places)

    def run(self, look: Callable[[FrameType], None]) -> None:
        look(sys._getframe())


class Slotted:
    """A task's object; `later` has no value yet."""

    __slots__ = ("later", "target")

    def __init__(self, target: Task) -> None:
        self.target = target


class OneSlot:
    __slots__ = "target"

    def __init__(self, target: Task) -> None:
        self.target = target


class Observed:
    """Sockets that the tap has seen, and tasks that stand at their first yield."""

    def __init__(self, tap: Tap) -> None:
        self.tap = tap
        self.hand = HandLoop(tap)
        self.selector: selectors.BaseSelector | None = None

    def look(
        self, program: Program, *tasks: Task, reading: Any = (), writing: Any = ()
    ) -> list[Seen]:
        """In the order of the tasks."""
        interest = Interest(frozenset(reading), frozenset(writing))
        loop = Loop(get_ident(), "epoll", lambda _: interest)
        if self.selector is not None:
            loop = Loop(get_ident(), "epoll", of_selector)
            loop.waits_in(self.selector)

        def at(frame: FrameType) -> None:
            found.extend(self.hand.look(loop, frame, [suspended(task) for task in tasks]))

        found: list[Seen] = []
        thread = threading.Thread(target=program.run, args=(at,))  # our lists are not the loop's
        thread.start()
        thread.join(WAIT_S)
        return found

    def lanes(self, program: Program, *tasks: Task, **watched: Any) -> list[str]:
        return [seen.lane for seen in self.look(program, *tasks, **watched)]


@pytest.fixture
def observed() -> Iterator[Observed]:
    tap = Tap(OwnLines(__file__))
    tap.install()
    yield Observed(tap)
    tap.remove()


@pytest.fixture
def sockets() -> Iterator[list[socket.socket]]:
    made = [socket.socket() for _ in range(3)]
    yield made
    for sock in made:
        sock.close()


def suspended(task: Any) -> Suspended:
    """As tasks.begun() finds it among all objects."""
    frame, name = task.gi_frame, task.gi_code.co_name
    line = f"test_hand_loop.py:{frame.f_lineno}"
    return Suspended(task, "generator", name, line, task, frame, task.gi_running)


def serve(one: Any, other: Any) -> Task:
    while one or other:
        yield
    yield


def stands(one: Any = None, other: Any = None) -> Task:
    made = serve(one, other)
    next(made)
    return made


def test_a_socket_beside_a_task_is_waited_for(observed: Observed, sockets: Any) -> None:
    one, other, third = sockets
    reads, writes, neither = stands(), stands(), stands()
    program = Program(to_read={one: reads}, to_write={other: writes}, later={third: neither})
    seen = observed.look(
        program, reads, writes, neither, reading=[one.fileno()], writing=[other.fileno()]
    )
    assert [(s.lane, s.entry and s.entry.fd) for s in seen] == [
        ("reading", one.fileno()), ("writing", other.fileno()), ("waiting", third.fileno()),
    ]  # fmt: skip
    assert {s.function for s in seen} == {"serve"}


def test_a_number_is_a_descriptor_where_all_of_them_are_watched(
    observed: Observed, sockets: Any
) -> None:
    fd, task, other = sockets[0].fileno(), stands(), stands()
    assert observed.lanes(Program(waits={fd: task}), task, reading=[fd]) == ["reading"]
    rooms = Program(rooms={fd: task, 7000: other})
    assert observed.lanes(rooms, task, other, reading=[fd]) == ["waiting", "waiting"]


def test_most_of_a_mapping_say_what_all_of_it_wait_for_also_when_unwatched(
    observed: Observed, sockets: Any
) -> None:
    one, other, _ = sockets
    tasks = [stands(), stands(), stands()]
    program = Program(to_read=dict(zip(sockets, tasks, strict=True)))
    watched = [one.fileno(), other.fileno()]
    lanes = observed.lanes(program, *tasks, reading=watched, writing=[other.fileno()])
    assert lanes == ["reading"] * 3
    assert observed.lanes(program, *tasks) == ["reading"] * 3


@pytest.mark.parametrize(
    ("place", "lane"),
    [
        (lambda task: [task], "ready"),
        (lambda task: deque([Slotted(task)]), "ready"),
        (lambda task: (OneSlot(task),), "ready"),
        (lambda task: {1: [Program(target=task)]}, "ready"),
        (lambda task: [(12.5, 1, task)], "sleeping"),
        (lambda task: [((3, "name"), task)], "ready"),
        (lambda task: {task}, "waiting"),
        (lambda task: {"a name": task}, "waiting"),
        (lambda task: queued(task), "ready"),
    ],
)
def test_a_place_without_a_socket(
    place: Callable[[Task], Any], lane: str, observed: Observed
) -> None:
    task = stands()
    assert observed.lanes(Program(place=place(task)), task) == [lane]


def queued(task: Task) -> "queue.Queue[Task]":
    line: queue.Queue[Task] = queue.Queue()
    line.put(task)
    return line


def test_the_most_telling_place_counts(observed: Observed, sockets: Any) -> None:
    task, fd = stands(), sockets[0].fileno()
    everywhere = Program(all={task}, ready=[task], times=[(1.0, task)], to_read={fd: task})
    assert observed.lanes(everywhere, task, reading=[fd]) == ["reading"]
    assert observed.lanes(Program(times=[(1.0, task)], ready=[task], all={task}), task) == [
        "sleeping"
    ]


def test_what_a_selector_keeps_for_a_socket_waits_for_it(observed: Observed, sockets: Any) -> None:
    tasks = [stands(), stands(), stands()]
    kept = [tasks[0], ("task", tasks[1]), Slotted(tasks[2])]
    with selectors.DefaultSelector() as observed.selector:
        for sock, data in zip(sockets, kept, strict=True):
            events = selectors.EVENT_WRITE if data is tasks[0] else selectors.EVENT_READ
            observed.selector.register(sock, events, data)
        seen = observed.look(Program(), *tasks)
    assert [one.lane for one in seen] == ["writing", "reading", "reading"]
    assert [one.entry and one.entry.fd for one in seen] == [sock.fileno() for sock in sockets]


def test_without_a_socket_beside_it_the_only_one_among_its_names_is_its_own(
    observed: Observed, sockets: Any
) -> None:
    none, one, two = stands(), stands(sockets[0]), stands(*sockets[:2])
    seen = observed.look(Program(ready=[none, one, two]), none, one, two)
    assert [s.entry and s.entry.fd for s in seen] == [None, sockets[0].fileno(), None]


def test_a_task_that_runs(observed: Observed, sockets: Any) -> None:
    found: list[Seen] = []

    def runs(sock: socket.socket) -> Task:
        yield
        found.extend(observed.look(Program(), task))
        yield

    task = runs(sockets[0])
    next(task)
    next(task)
    [seen] = found
    assert (seen.lane, seen.function, seen.entry and seen.entry.fd) == (
        "running", "runs", sockets[0].fileno(),
    )  # fmt: skip


def test_generators_that_the_loop_does_not_keep_are_not_its_tasks(
    observed: Observed, sockets: Any
) -> None:
    """Its sockets are seen then, but for those that nobody has seen made."""
    one, other, _ = sockets
    task = stands(one)
    watched = {"reading": [one.fileno(), 7000], "writing": [other.fileno()]}
    seen = observed.look(Program(), task, **watched)
    assert [(s.entry and s.entry.fd, s.lane, s.function) for s in seen] == [
        (one.fileno(), "reading", ""),
        (other.fileno(), "writing", ""),
    ]
