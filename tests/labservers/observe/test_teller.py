"""The writer: one at a time, whoever stops and starts it; a lock that no signal leaves behind."""

import contextlib
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.observe import observed
from labservers.observe.lines import OwnLines
from labservers.observe.tap import Tap
from labservers.observe.teller import Teller
from tests.measured import MEASURED

Eventually = Callable[..., Any]


@pytest.fixture
def told() -> list[Any]:
    return []


@pytest.fixture
def teller(told: list[Any]) -> Iterator[Teller]:
    made = Teller(Tap(OwnLines(__file__)), [told.append])
    yield made
    made.stop()


@contextlib.contextmanager
def switching_often() -> Iterator[None]:
    before = sys.getswitchinterval()
    sys.setswitchinterval(1e-6)
    try:
        yield
    finally:
        sys.setswitchinterval(before)


def test_threads_that_fork_at_once_leave_one_writer(teller: Teller, eventually: Eventually) -> None:
    before = len(os.listdir("/proc/self/task"))
    teller.start()

    def forks() -> None:
        for _ in range(15):
            teller.stop()
            teller.start()

    with switching_often():
        threads = [threading.Thread(target=forks) for _ in range(6)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(30)
    eventually(lambda: len(os.listdir("/proc/self/task")) == before + 1, "one writer")
    teller.stop()
    eventually(lambda: len(os.listdir("/proc/self/task")) == before, "none")
    teller.start()


@pytest.mark.skipif(MEASURED, reason="the signal interrupts what measures as well")
def test_a_signal_handler_that_raises_anywhere_in_a_flush_leaves_it_usable(
    teller: Teller, told: list[Any]
) -> None:
    raised = 0

    def handle(number: int, frame: Any) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGALRM, handle)
    try:
        for round in range(300):
            with contextlib.suppress(KeyboardInterrupt):
                signal.setitimer(signal.ITIMER_REAL, 1e-5 + round % 50 * 2e-6)
                while True:
                    teller.flush(0.1)
            raised += 1
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert raised == 300
    elsewhere = threading.Thread(target=teller.flush, args=(5,))
    teller.tell(observed.Notice(0.0, "test", "one more"))
    elsewhere.start()
    elsewhere.join(10)
    assert not elsewhere.is_alive()
    assert [one.text for one in told if isinstance(one, observed.Notice)] == ["one more"]
