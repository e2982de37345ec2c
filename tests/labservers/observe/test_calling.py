"""Where a thread waits, as its innermost frame shows it: without a tap, and without traced locks."""

import contextlib
import selectors
import socket
import sys
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.observe.calling import Waits, waits_in
from tests.labservers.observe.pairs import tcp_pair

WAIT_S = 10
Eventually = Callable[..., Any]
Waiting = tuple[Callable[[], Any], Callable[[], Any]]  # waits, and lets it go


@contextlib.contextmanager
def recv() -> Iterator[Waiting]:
    with tcp_pair() as (ours, theirs):

        def wait() -> bytes:
            return ours.recv(1)

        yield wait, lambda: theirs.send(b"x")


@contextlib.contextmanager
def reads_a_line() -> Iterator[Waiting]:
    with tcp_pair() as (ours, theirs), ours.makefile("rb") as file:
        yield file.readline, lambda: theirs.send(b"\n")


@contextlib.contextmanager
def accept() -> Iterator[Waiting]:
    with contextlib.ExitStack() as opened:
        listener = opened.enter_context(socket.create_server(("127.0.0.1", 0)))

        def connect() -> None:
            opened.enter_context(socket.create_connection(listener.getsockname()))

        yield lambda: opened.enter_context(listener.accept()[0]), connect


@contextlib.contextmanager
def selector() -> Iterator[Waiting]:
    with tcp_pair() as (ours, theirs), selectors.DefaultSelector() as selector:
        selector.register(ours, selectors.EVENT_READ)
        yield selector.select, lambda: theirs.send(b"x")


@contextlib.contextmanager
def event() -> Iterator[Waiting]:
    event = threading.Event()
    yield event.wait, event.set


@contextlib.contextmanager
def lock() -> Iterator[Waiting]:
    lock = threading.Lock()
    lock.acquire()
    yield lambda: lock.acquire(), lock.release


@contextlib.contextmanager
def join() -> Iterator[Waiting]:
    leave = threading.Event()
    other = threading.Thread(target=leave.wait, name="other")
    other.start()
    yield other.join, leave.set
    other.join(WAIT_S)


@pytest.mark.parametrize(
    ("waiting", "expected"),
    [
        (recv, Waits("recv")),
        (reads_a_line, Waits("recv")),
        (accept, Waits("accept")),
        (selector, Waits("select")),
        (event, Waits("wait")),
        (lock, Waits("lock")),
        (join, Waits("join", text="thread other")),
    ],
)
def test_a_wait_is_named(waiting: Any, expected: Waits, eventually: Eventually) -> None:
    with waiting() as (wait, let_go):
        thread = threading.Thread(target=wait)
        thread.start()
        try:
            eventually(lambda: stands(thread) == expected, f"it waits: {expected}")
        finally:
            let_go()
            thread.join(WAIT_S)
    assert not thread.is_alive()


def stands(thread: threading.Thread) -> Waits | None:
    frame = sys._current_frames().get(thread.ident or 0)
    own = frame is not None and frame.f_code.co_filename == __file__
    return waits_in(frame, own=own)


def test_a_thread_that_computes_waits_for_nothing() -> None:
    assert waits_in(sys._getframe(), own=True) is None
    assert waits_in(None, own=False) is None


def test_a_line_of_a_library_is_not_read() -> None:
    """Its recv() may be of anything."""
    frames: list[Any] = []

    class Stranger:
        def recv(self, frame: Any) -> None:
            frames.append(waits_in(frame, own=False))
            frames.append(waits_in(frame, own=True))

    Stranger().recv(sys._getframe())
    assert frames == [None, Waits("recv")]
