"""Traced locks as they are taken, given up and released by others."""

import threading
from collections.abc import Iterator
from types import FrameType
from typing import Any

import pytest

from labservers.observe.lines import OwnLines, Place
from labservers.observe.locks import Locks, Traced

WAIT_S = 10
REAL = threading.Lock
KINDS = [threading.Lock, threading.RLock]


class Lines(OwnLines):
    """`interrupts`: ^C is pressed in the midst of our own look for a line."""

    interrupts = False

    def place(self, frame: FrameType | None) -> Place | None:
        if self.interrupts:
            raise KeyboardInterrupt
        return super().place(frame)


@pytest.fixture
def lines() -> Lines:
    return Lines(__file__)


@pytest.fixture
def waited() -> list[str]:
    return []


@pytest.fixture
def locks(lines: Lines, waited: list[str], monkeypatch: pytest.MonkeyPatch) -> Iterator[Locks]:
    for name in ("Lock", "RLock"):  # put back afterwards
        monkeypatch.setattr(threading, name, getattr(threading, name))
    made = Locks(lines, lambda lock, since, frame: waited.append(lock.name))
    made.install()
    yield made
    assert made.waits == {}


def in_a_thread(work: Any) -> None:
    thread = threading.Thread(target=work)
    thread.start()
    thread.join(WAIT_S)
    assert not thread.is_alive()


@pytest.mark.parametrize("name", ["Lock", "RLock"])
def test_it_is_asked_and_printed_as_the_real_one(locks: Locks, name: str) -> None:
    made = getattr(threading, name)()
    assert isinstance(made, Traced)
    assert isinstance(made, getattr(threading, name))
    assert not isinstance(5, getattr(threading, name))
    assert repr(made).startswith("<unlocked _thread.")
    with made:
        assert repr(made).startswith("<locked _thread.")
    assert made.line.startswith("test_locks.py:")
    assert locks.alive() == [made]


def test_interrupted_as_it_is_taken_it_is_free_again(locks: Locks, lines: Lines) -> None:
    """Nobody would release it: the block has not begun."""
    made: Any = threading.Lock()
    lines.interrupts = True
    with pytest.raises(KeyboardInterrupt):
        with made:
            pytest.fail("the block has begun")
    assert not made.locked()
    lines.interrupts = False
    with made:
        assert made.holder == threading.get_ident()


def test_a_wait_that_is_given_up_is_a_wait_and_not_a_hold(locks: Locks, waited: list[str]) -> None:
    made: Any = threading.Lock()
    with made:
        in_a_thread(lambda: made.acquire(timeout=0.001))
        assert made.holder == threading.get_ident()
    assert waited == [made.name]
    assert made.waited_s > 0
    assert [hold.thread for hold in made.holds] == [threading.get_ident()]
    assert made.acquire(blocking=False)
    with pytest.raises(ValueError, match="timeout"):
        made.acquire(timeout=-5)
    made.release()


def test_a_release_by_another_thread_is_noted(locks: Locks) -> None:
    made: Any = threading.Lock()
    made.acquire()
    assert not made.crossed
    in_a_thread(made.release)
    assert made.crossed
    assert made.holder is None
    with pytest.raises(RuntimeError):
        made.release()


def test_locks_that_a_library_makes_are_the_real_ones(locks: Locks) -> None:
    threading.Thread(target=int).start()
    assert locks.alive() == []
    assert type(REAL()) is not type(threading.Lock())
