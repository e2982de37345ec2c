"""Pollers of the program's own: what they watch is known, and they are used as the real ones."""

import os
import select
import socket
from _thread import get_ident
from typing import Any

import pytest

from labservers.observe import observed
from labservers.observe.interest import Interest
from labservers.observe.tap import Tap

pytestmark = pytest.mark.usefixtures("tap_on")

REAL_POLL = type(select.poll())
Pair = tuple[socket.socket, socket.socket]


def watched(tap: Tap) -> Interest:
    return tap.turns.loops[get_ident()].interest()


def results(tap: Tap) -> list[Any]:
    batches = [told for told in tap.book.take() if isinstance(told, observed.Points)]
    return [point.result for batch in batches for point in batch.points if point.call == "select"]


def test_what_poll_watches_is_what_was_registered(tap: Tap, pair: Pair) -> None:
    ours, theirs = pair
    poller = select.poll()
    poller.register(ours)  # for everything, as the manual says
    poller.register(theirs.fileno(), select.POLLIN)
    assert poller.poll(0) == [(ours.fileno(), select.POLLOUT)]
    both = frozenset((ours.fileno(), theirs.fileno()))
    assert watched(tap) == (both, {ours.fileno()})
    poller.modify(ours, select.POLLIN)
    assert poller.poll(0) == []
    assert watched(tap) == (both, frozenset())
    poller.unregister(ours)
    assert poller.poll(0) == []
    assert watched(tap) == ({theirs.fileno()}, frozenset())
    assert results(tap) == ["1 ready", "0 ready", "0 ready"]


def test_epoll_is_made_and_closed_and_asked_as_ever(tap: Tap, pair: Pair) -> None:
    ours, theirs = pair
    with select.epoll() as poller:
        poller.register(ours, eventmask=select.EPOLLIN)
        poller.register(theirs, select.EPOLLIN)
        poller.modify(theirs, eventmask=select.EPOLLOUT)
        assert poller.poll(timeout=0) == [(theirs.fileno(), select.EPOLLOUT)]
        assert watched(tap) == ({ours.fileno()}, {theirs.fileno()})
        assert isinstance(poller, select.epoll)
        with select.epoll.fromfd(os.dup(poller.fileno())) as again:
            assert again.poll(0) == poller.poll(0)
        assert not poller.closed
    assert poller.closed


def test_a_call_that_python_refuses_is_refused_and_nothing_is_noted(tap: Tap, pair: Pair) -> None:
    poller = select.poll()
    with pytest.raises(TypeError):
        poller.register("not a descriptor")
    with pytest.raises(FileNotFoundError):
        poller.modify(pair[0], select.POLLIN)
    with pytest.raises(KeyError):
        poller.unregister(pair[0])
    assert isinstance(poller, type(select.poll()))
    assert poller.poll(0) == []
    assert get_ident() not in tap.turns.loops  # it watches nothing: not a loop


def test_without_the_tap_a_poller_is_the_real_one(tap: Tap) -> None:
    tap.remove()
    assert type(select.poll()) is REAL_POLL
