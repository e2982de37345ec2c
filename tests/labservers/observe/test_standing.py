"""Since when a thread stands where it stands: known, or at least so long."""

import contextlib
import threading
from collections.abc import Iterator

import pytest

from labservers.observe import observed
from labservers.observe.lines import OwnLines
from labservers.observe.locks import Locks
from labservers.observe.standing import AWAY_S, Standing
from labservers.observe.tap import Tap

PATIENCE_S = 10.0


class Clock:
    def __init__(self) -> None:
        self.now = 100.0

    def __call__(self) -> float:
        return self.now


class Looks:
    """Looks at the threads of this test, by a clock of its own."""

    def __init__(self, tap: Tap) -> None:
        self.clock = Clock()
        self._standing = Standing(tap, Locks(tap.own), clock=self.clock)

    def at(self, name: str) -> observed.ThreadRow:
        return next(row for row in self._standing.look().threads if row.name == name)


@pytest.fixture
def looks() -> Iterator[Looks]:
    tap = Tap(OwnLines(__file__))
    yield Looks(tap)
    tap.remove()


@contextlib.contextmanager
def waiting(name: str) -> Iterator[None]:
    """A thread that stands in one place meanwhile."""
    begun, end = threading.Event(), threading.Event()
    gate = threading.Lock()

    def stand() -> None:
        begun.set()
        with gate:
            end.set()

    with gate:
        thread = threading.Thread(target=stand, name=name)
        thread.start()
        assert begun.wait(PATIENCE_S)
        yield
    assert end.wait(PATIENCE_S)
    thread.join(PATIENCE_S)


def test_what_stood_before_the_first_look_stands_at_least_so_long(looks: Looks) -> None:
    with waiting("early"):
        looks.at("early")  # it may still be on its way to where it stands
        looks.clock.now += AWAY_S + 1.0
        row = looks.at("early")
        assert row.at_least
        looks.clock.now += 1.0
        assert looks.at("early").at_least


def test_what_came_while_somebody_looked_stands_exactly_so_long(looks: Looks) -> None:
    looks.at("MainThread")
    with waiting("late"):
        looks.at("late")
        looks.clock.now += 1.0
        assert not looks.at("late").at_least


def test_after_a_time_without_a_look_nothing_is_exact(looks: Looks) -> None:
    looks.at("MainThread")
    looks.clock.now += AWAY_S + 1.0
    with waiting("meanwhile"):
        assert looks.at("meanwhile").at_least
