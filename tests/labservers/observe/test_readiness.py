"""Waiting for a few sockets, with poll(2) and without."""

import contextlib
import select
import socket
from collections.abc import Callable

import pytest

from labservers.observe.readiness import readable, writable
from tests.labservers.observe.pairs import tcp_pair


@pytest.mark.parametrize("polls", [True, False])
def test_one_that_is_ready_is_enough(polls: bool, monkeypatch: pytest.MonkeyPatch) -> None:
    if not polls:
        monkeypatch.delattr(select, "poll")
    with tcp_pair() as (ours, theirs):
        read, write = readable(ours, theirs), writable(ours, theirs)
        assert not read(0.0)
        assert write(None)
        ours.send(b"x")
        assert read(None)
        fill(theirs.send)
        fill(ours.send)
        assert not write(0.0)


def fill(send: Callable[[bytes, int], int]) -> None:
    """Until it takes no more."""
    with contextlib.suppress(BlockingIOError):
        while send(bytes(100_000), socket.MSG_DONTWAIT):
            pass
