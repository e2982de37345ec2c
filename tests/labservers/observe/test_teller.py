"""The writer: one at a time, whoever stops and starts it; a lock that no signal leaves behind."""

import _thread
import contextlib
import errno
import functools
import os
import signal
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.observe import messages
from labservers.observe.lines import OwnLines
from labservers.observe.tap import Tap
from labservers.observe.teller import Teller
from tests.measured import MEASURED

WAIT_S = 10
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


def tasks() -> set[str]:
    """Threads of the system, by their numbers: one of before that ends meanwhile does not count."""
    return set(os.listdir("/proc/self/task"))


def test_threads_that_fork_at_once_leave_one_writer(teller: Teller, eventually: Eventually) -> None:
    before = tasks()
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
    eventually(lambda: len(tasks() - before) == 1, "one writer")
    teller.stop()
    eventually(lambda: tasks() <= before, "none")
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
    teller.tell(messages.Notice(0.0, "test", "one more"))
    elsewhere.start()
    elsewhere.join(30)
    assert not elsewhere.is_alive()
    assert [one.text for one in told if isinstance(one, messages.Notice)] == ["one more"]


def notice(text: str) -> messages.Notice:
    return messages.Notice(0.0, "test", text)


def texts(told: list[Any]) -> list[str]:
    return [one.text for one in told if isinstance(one, messages.Notice)]


def test_without_a_thread_all_is_told_at_the_end(
    teller: Teller, told: list[Any], eventually: Eventually, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where the system's limit of threads is reached; later there may be one."""

    def none_to_be_had(*_: object) -> None:
        raise RuntimeError("can't start new thread")

    with monkeypatch.context() as full:
        full.setattr(_thread, "start_new_thread", none_to_be_had)
        teller.start()
        teller.tell(notice("at the end"))
    assert told == []
    teller.flush()
    assert texts(told) == ["at the end"]
    teller.start()
    teller.tell(notice("by the writer"))
    eventually(lambda: texts(told)[1:] == ["by the writer"], "there is one")


NO_ROOM = (
    OSError(errno.ENOSPC, "no space left"),
    OSError(errno.EDQUOT, "no more for this user"),
    BlockingIOError(errno.EAGAIN, "full for now"),
)
NOBODY = (
    BrokenPipeError(errno.EPIPE, "nobody reads"),
    OSError(errno.EIO, "the terminal is closed"),
    OSError(errno.EBADF, "not a descriptor"),
    ValueError("I/O operation on closed file"),
)


@pytest.mark.parametrize(
    ("error", "heard"),
    [*((error, ["one", "two"]) for error in NO_ROOM), *((error, ["one"]) for error in NOBODY)],
)
def test_a_sink_that_nobody_reads_is_not_asked_again_and_the_others_are(
    error: Exception, heard: list[str], told: list[Any]
) -> None:
    asked: list[Any] = []

    def fails(message: Any) -> None:
        asked.append(message)
        raise error

    teller = Teller(Tap(OwnLines(__file__)), [fails, told.append])
    for text in ("one", "two"):
        teller.tell(notice(text))
        teller.flush()
    assert texts(asked) == heard
    assert texts(told) == ["one", "two"]


def test_a_flush_from_the_midst_of_one_is_left_to_that_one() -> None:
    """A signal handler's, in the thread that flushes; another thread's waits, and no longer than
    it may."""
    told: list[str] = []
    inside, leave = threading.Event(), threading.Event()

    def sink(message: Any) -> None:
        teller.flush()
        told.append(message.text)
        inside.set()
        leave.wait(WAIT_S)

    teller = Teller(Tap(OwnLines(__file__)), [sink])
    teller.tell(notice("one"))
    thread = threading.Thread(target=teller.flush)
    thread.start()
    assert inside.wait(WAIT_S)
    teller.flush(0.0)
    leave.set()
    thread.join(WAIT_S)
    assert told == ["one"]
    teller.tell(notice("two"))
    teller.flush()
    assert told == ["one", "two"]


def test_a_writer_that_fails_takes_the_tap_out_and_says_so(
    capfd: pytest.CaptureFixture[str], told: list[Any], eventually: Eventually
) -> None:
    tap = Tap(OwnLines(__file__))
    tap.install()
    teller = Teller(tap, [told.append])
    teller.checks.append(functools.partial(int, "not a number"))
    teller.start()
    eventually(lambda: not tap.on, "it is out")
    said = eventually(lambda: capfd.readouterr().err, "it is said on standard error")
    assert said.startswith("observe: its writer failed and is out: ValueError: ")
    teller.stop()
    teller.flush()
    assert [one.code for one in told if isinstance(one, messages.Notice)] == ["tap_out"]
