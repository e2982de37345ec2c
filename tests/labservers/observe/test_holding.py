"""A lock that no signal leaves behind, and what is done while it is held."""

import _thread
import threading
from collections.abc import Callable
from typing import Any

import pytest

from labservers.observe.holding import alone, holding


class Counter:
    def __init__(self) -> None:
        self._lock: Any = _thread.RLock()
        self.inside = self.most = 0

    @alone
    def count(self, then: Callable[[], object] = lambda: None) -> str:
        """Counted."""
        self.inside += 1
        self.most = max(self.most, self.inside)
        then()
        self.inside -= 1
        return "counted"

    @property
    def is_free(self) -> bool:
        return elsewhere(lambda: bool(self._lock.acquire(False)) and self._lock.release() is None)


def elsewhere(work: Callable[[], Any]) -> Any:
    """What another thread finds."""
    found: list[Any] = []
    thread = threading.Thread(target=lambda: found.append(work()))
    thread.start()
    thread.join(30)
    return found[0]


class Interrupted:
    """An RLock of which one call is interrupted by a signal's handler that raises."""

    def __init__(self, place: str) -> None:
        self.real: Any = _thread.RLock()
        self._places = [place]

    def _is_owned(self) -> bool:
        return bool(self.real._is_owned())

    def acquire(self, *given: Any) -> bool:
        taken: bool = self.real.acquire(*given)
        self._come_by("acquired")
        return taken

    def release(self) -> None:
        self._come_by("to be released")
        self.real.release()
        self._come_by("released")

    def _come_by(self, place: str) -> None:
        if place in self._places:
            self._places.remove(place)
            raise KeyboardInterrupt


@pytest.mark.parametrize("place", ["acquired", "to be released", "released"])
def test_a_handler_that_raises_leaves_no_lock_behind(place: str) -> None:
    """Wherever it does: tests/labservers/observe/test_teller.py."""
    lock, done = Interrupted(place), []
    with pytest.raises(KeyboardInterrupt):
        holding(lock, lambda: done.append(place))
    assert done == ([] if place == "acquired" else [place])
    assert elsewhere(lambda: holding(lock.real, lambda: "free", 0.0)) == "free"


def test_a_method_is_what_it_was_but_for_one_thread_at_a_time() -> None:
    counter = Counter()
    assert (counter.count(), counter.count.__doc__) == ("counted", "Counted.")
    threads = [
        threading.Thread(target=lambda: [counter.count() for _ in range(500)]) for _ in "abc"
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert counter.most == 1
    with pytest.raises(ZeroDivisionError):
        counter.count(lambda: 1 / 0)
    assert counter.is_free


def test_what_comes_in_the_midst_goes_on_at_once_or_is_left_out() -> None:
    counter, lock = Counter(), _thread.RLock()
    assert counter.count(lambda: counter.count()) == "counted"
    assert counter.is_free
    assert holding(lock, lambda: [holding(lock, lambda: "in the midst")]) == [None]
    assert elsewhere(lambda: holding(lock, lambda: "free")) == "free"


def test_a_lock_that_another_thread_has_is_waited_for_that_long_and_stays_its_own() -> None:
    lock: Any = _thread.RLock()
    with lock:
        assert elsewhere(lambda: holding(lock, lambda: "had", 0.01)) is None
        assert lock._is_owned()
