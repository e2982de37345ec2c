"""The server's end of a connection, asked for by its two addresses."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.checks.far_ends import Pair, all_taken, wait_for_reader
from tests.ports import V6


@pytest.fixture(params=["127.0.0.1", pytest.param("::1", marks=V6)])
def listener(request: pytest.FixtureRequest) -> Iterator[socket.socket]:
    family = socket.AF_INET6 if ":" in request.param else socket.AF_INET
    with socket.create_server((request.param, 0), family=family) as sock:
        yield sock


def test_what_a_client_has_sent_is_taken_when_it_is_read(
    listener: socket.socket, eventually: Callable[..., Any]
) -> None:
    with socket.create_connection(listener.getsockname()[:2], 30) as client:
        pairs = [Pair(client.getsockname()[:2], client.getpeername()[:2])]
        assert not all_taken(pairs)  # not accepted
        server, _ = listener.accept()
        with server:
            assert all_taken(pairs)
            client.sendall(b"abc")
            eventually(lambda: not all_taken(pairs), "it has arrived")
            server.recv(2)
            assert not all_taken(pairs)
            server.recv(1)
            assert all_taken(pairs)
            client.shutdown(socket.SHUT_WR)
            eventually(lambda: not all_taken(pairs), "the end of its stream")
            assert server.recv(1) == b""
            assert all_taken(pairs)
        assert all_taken(pairs)


def test_a_reader_is_waited_for_and_not_for_ever(listener: socket.socket) -> None:
    with socket.create_connection(listener.getsockname()[:2], 30) as client:
        pair = Pair(client.getsockname()[:2], client.getpeername()[:2])
        server, _ = listener.accept()
        with server:
            client.sendall(b"abc")
            began = time.monotonic()
            wait_for_reader(pair, 0.1)
            assert time.monotonic() - began >= 0.1
            reader = threading.Timer(0.1, server.recv, [3])
            reader.start()
            wait_for_reader(pair, 30.0)
            assert all_taken([pair])
            reader.join()
            wait_for_reader(None, 30.0)  # never connected


def test_one_of_several_that_waits_is_enough(listener: socket.socket) -> None:
    at = listener.getsockname()[:2]
    with socket.create_connection(at, 30) as one, socket.create_connection(at, 30) as other:
        server, _ = listener.accept()
        with server:
            pairs = [Pair(client.getsockname()[:2], at) for client in (one, other)]
            assert all_taken(pairs[:1])
            assert not all_taken(pairs)


def test_of_a_connection_that_is_over_nothing_is_due(listener: socket.socket) -> None:
    assert all_taken([Pair((listener.getsockname()[0], 1), listener.getsockname()[:2])])


def test_a_system_that_does_not_say_has_not_said_that_all_is_taken(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.delattr(socket, "AF_NETLINK")
    assert not all_taken([])
