"""How long a peer is read after the last answer."""

import io
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

import pytest

from labservers.checks.patience import strain
from labservers.net.closing import (
    LINGER_BYTES,
    LINGER_S,
    SILENCE_S,
    Closer,
    Linger,
    close_politely,
)
from labservers.observe.log import Log
from labservers.observe.monitor import Monitor


def test_a_silent_peer_has_a_moment() -> None:
    linger = Linger(100.0)
    assert linger.left_s(100.0) == SILENCE_S
    assert linger.left_s(100.0 + SILENCE_S) <= 0


def test_a_peer_that_sends_has_more_time_and_not_for_ever() -> None:
    linger, now = Linger(100.0), 100.0
    while linger.left_s(now) > 0:
        now += SILENCE_S / 2
        linger.took(1, now)
    assert LINGER_S <= now - 100.0 <= LINGER_S + SILENCE_S


def test_a_peer_that_sends_fast_has_its_fill() -> None:
    linger = Linger(100.0)
    linger.took(LINGER_BYTES - 1, 100.1)
    assert linger.left_s(100.1) > 0
    linger.took(1, 100.2)
    assert linger.left_s(100.2) <= 0


def test_what_a_peer_has_used_up_is_spent_however_silent_it_is() -> None:
    linger = Linger(100.0)
    assert not linger.spent(100.0 + LINGER_S - 0.1)
    assert linger.spent(100.0 + LINGER_S)
    linger.took(LINGER_BYTES, 100.1)
    assert linger.spent(100.2)


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        near = socket.create_connection(listener.getsockname(), 30)
        far, _ = listener.accept()
    with near, far:
        yield near, far


def test_the_last_bytes_reach_a_peer_that_still_sends(pair: tuple[Any, Any]) -> None:
    near, far = pair

    def send() -> None:
        near.sendall(b"x" * 3_000_000)
        near.shutdown(socket.SHUT_WR)

    thread = threading.Thread(target=send)
    thread.start()
    far.sendall(b"answer")
    close_politely(far, 30.0, 30.0)  # until it has sent all, however busy the machine is
    thread.join(30)
    assert near.recv(100) == b"answer"
    assert near.recv(100) == b""


def test_a_peer_that_stays_is_left(pair: tuple[Any, Any]) -> None:
    near, far = pair
    began = time.monotonic()
    close_politely(far, 0.05)
    assert time.monotonic() - began < 2 * strain()
    assert near.recv(100) == b""


def test_a_socket_that_is_broken_already_is_closed(pair: tuple[Any, Any]) -> None:
    near, far = pair
    near.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
    near.close()
    close_politely(far, 0.05)
    assert far.fileno() == -1


def test_a_time_out_that_a_visit_left_holds_up_no_other(
    pair: tuple[Any, Any], eventually: Any
) -> None:
    near, far = pair
    monitor = Monitor(Log("test", io.StringIO()))
    closer = Closer(monitor)
    closer.start()
    far.settimeout(30.0)
    closer.leave(monitor.open("peer", far), far)
    eventually(lambda: not monitor.frame(1).connections, "closed after a moment of silence")
    assert near.recv(1) == b""
    closer.finish(1.0)
    monitor.log.close()
    assert not closer.is_alive()
