"""Threads that wait for one another in a circle: which of them is a deadlock."""

import threading

import pytest

from labservers.observe import observed
from labservers.observe.deadlocks import STUCK_S, Deadlocks
from labservers.observe.lines import OwnLines, Place
from labservers.observe.locks import Locks, Traced, Wait


class Street:
    """Threads 1, 2, 3 ..., locks by their letter, and a clock that is set by hand."""

    def __init__(self) -> None:
        self.now = 100.0
        self.locks = Locks(OwnLines(__file__))
        self.deadlocks = Deadlocks(self.locks, lambda: self.now)
        self._made: dict[str, Traced] = {}

    def lock(self, letter: str) -> Traced:
        if letter not in self._made:
            self._made[letter] = Traced(self.locks, threading.Lock(), "Lock", f"{letter}.py:1")
        return self._made[letter]

    def holds(self, thread: int, letter: str, line: int | None = 7) -> None:
        lock = self.lock(letter)
        lock.holder = thread
        lock.taken = Place(f"{letter}.py", line, "run") if line else None

    def waits(self, thread: int, letter: str, *, for_ever: bool = True, place: bool = True) -> None:
        where = Place("run.py", thread, "run") if place else None
        self.locks.waits[thread] = Wait(self.lock(letter), self.now, where, for_ever)

    def look(self) -> list[observed.Deadlock]:
        return self.deadlocks.look(5.0, lambda thread: f"T{thread}")


@pytest.fixture
def street() -> Street:
    """Two threads in each other's way since a while."""
    made = Street()
    for thread, own, other in ((1, "a", "b"), (2, "b", "a")):
        made.holds(thread, own)
        made.waits(thread, other)
    made.now += STUCK_S
    return made


def test_a_circle_is_told_once_and_said_as_long_as_it_lasts(street: Street) -> None:
    (found,) = street.look()
    assert [(row.thread, row.line, row.lock, row.held_by, row.taken) for row in found.threads] == [
        ("T1", "run.py:1", "Lock of b.py:1", "T2", "b.py:7"),
        ("T2", "run.py:2", "Lock of a.py:1", "T1", "a.py:7"),
    ]
    assert found.text == street.deadlocks.sentence == (
        "deadlock: T1 waits in run.py:1 for the Lock of b.py:1, which T2 took in b.py:7; "
        "T2 waits in run.py:2 for the Lock of a.py:1, which T1 took in a.py:7"
    )  # fmt: skip
    assert street.look() == []
    assert street.deadlocks.sentence == found.text
    del street.locks.waits[1]
    assert street.look() == []
    assert street.deadlocks.sentence is None
    street.waits(1, "b")
    street.now += STUCK_S
    assert len(street.look()) == 1


def test_a_circle_that_has_just_closed_may_open_again(street: Street) -> None:
    street.waits(1, "b")
    street.now += STUCK_S / 2
    assert street.look() == []
    street.now += STUCK_S / 2
    assert len(street.look()) == 1


def test_a_wait_that_ends_by_itself_is_not_one(street: Street) -> None:
    street.waits(1, "b", for_ever=False)
    street.now += STUCK_S
    assert street.look() == []


def test_a_lock_that_another_thread_releases_is_a_signal(street: Street) -> None:
    street.lock("a").crossed = True
    assert street.look() == []


def test_a_thread_that_waits_for_the_circle_is_not_a_part_of_it(street: Street) -> None:
    street.waits(3, "a")
    street.holds(3, "c")
    street.waits(4, "c")
    street.now += STUCK_S
    (found,) = street.look()
    assert {row.thread for row in found.threads} == {"T1", "T2"}


def test_a_thread_that_waits_for_itself_is_one(street: Street) -> None:
    """As with a Lock that is taken twice."""
    street.locks.waits.clear()
    street.waits(1, "a")
    street.now += STUCK_S
    (found,) = street.look()
    assert [(row.thread, row.held_by) for row in found.threads] == [("T1", "T1")]


def test_places_that_are_not_known_are_not_named(street: Street) -> None:
    street.holds(2, "b", line=None)
    street.waits(1, "b", place=False)
    street.now += STUCK_S
    (found,) = street.look()
    assert (found.threads[0].line, found.threads[0].taken) == (None, None)
    assert found.text.startswith("deadlock: T1 waits for the Lock of b.py:1, which T2 holds; ")
