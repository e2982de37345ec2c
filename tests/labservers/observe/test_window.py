"""The tap of the lab's own servers, in this very process: a call has the name of its thread."""

import socket
import threading
from collections.abc import Iterator

import pytest

from labservers.observe import observed
from labservers.observe.clock import Clock
from labservers.observe.lines import OwnLines
from labservers.observe.window import WindowTap


@pytest.fixture
def tap() -> Iterator[WindowTap]:
    made = WindowTap(OwnLines(__file__), Clock())
    yield made
    made.remove()


def send_in_a_thread(name: str, sock: socket.socket) -> int | None:
    """Its ident, which the next thread usually has again."""
    thread = threading.Thread(target=lambda: sock.send(b"x"), name=name)
    thread.start()
    thread.join()
    return thread.ident


def senders(tap: WindowTap) -> list[str]:
    batches = [told for told in tap.book.take() if isinstance(told, observed.Points)]
    return [point.thread for batch in batches for point in batch.points if point.call == "send"]


def test_short_threads_have_their_names_and_not_those_of_their_predecessors(
    tap: WindowTap,
) -> None:
    names = [f"client {number}" for number in range(5)]
    ours, theirs = socket.socketpair()
    with ours, theirs:
        tap.install()
        idents = [send_in_a_thread(name, ours) for name in names]
        assert senders(tap) == names
    assert len(set(idents)) < len(idents), "an ident came again, or this test shows nothing"


def test_an_ident_belongs_to_the_thread_that_runs(tap: WindowTap) -> None:
    """Its last owner may have ended while nothing was seen."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        tap.install()
        ident = send_in_a_thread("first", ours)
        assert senders(tap) == ["first"]
    assert ident is not None
    assert tap.book.name(ident) == "first"
    tap.book.meet({ident: threading.Thread(name="second")})
    assert tap.book.name(ident) == "second"
