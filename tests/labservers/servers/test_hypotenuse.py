"""The calculator over TCP: any segmentation, every bad input in words, no answer lost."""

import math
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest

from labservers.checks.patience import strain
from labservers.clients import exchange
from labservers.servers.hypotenuse import HypotenuseServer

BOTH_MODELS = pytest.mark.parametrize("model", ["threads", "blocking"])


@pytest.mark.parametrize(
    ("request_text", "answer"),
    [
        ('{"a": 3, "b": 4}', "5.0"),
        ('{"a": 3, "b": 4}\n', "5.0\n"),
        ('{"a": 0, "b": 0}', "0.0"),
        ('{"a": 3e200, "b": 4e200}', str(math.hypot(3e200, 4e200))),
        ('{"b": 4,\n "a": 3\n}\n', "5.0\n"),
    ],
)
def test_answers(serve: Callable[..., Any], request_text: str, answer: str) -> None:
    server = serve("hypotenuse")
    done = exchange.tcp(*server.address, request_text.encode())
    assert done.received.decode() == answer


WRONG = [
    "",
    "nonsense",
    "nonsense\n",
    '{"a": 3, "b"',
    '{"a": 3\n"b": 4}',
    "[3, 4]",
    "3",
    '{"a": 3}',
    '{"a": 3, "b": 4, "c": 5}',
    '{"a": "3", "b": 4}',
    '{"a": true, "b": 4}',
    '{"a": null, "b": 4}',
    '{"a": [3], "b": 4}',
    '{"a": NaN, "b": 4}',
    '{"a": Infinity, "b": 4}',
    '{"a": -3, "b": 4}',
    '{"a": 1e400, "b": 4}',
    '{"a": 1' + "0" * 400 + ', "b": 4}',
    '{"a": 3, "b": 4}{"a": 3, "b": 4}',
    "[" * 60_000,
    '{"a":' * 5_000,
    " " * 70_000,
    "\x00",
]


@BOTH_MODELS
def test_whatever_is_wrong_is_said_in_one_line(serve: Callable[..., Any], model: str) -> None:
    server = serve("hypotenuse", model=model)
    for text in WRONG:
        done = exchange.tcp(*server.address, text.encode())
        assert done.received.startswith(b"error: "), (text[:40], done)
        assert done.received.endswith(b"\n")
        assert done.received.count(b"\n") == 1
    assert exchange.tcp(*server.address, b"\xff\xfe").received.startswith(b"error: ")
    assert exchange.tcp(*server.address, b'{"a": 3, "b": 4}').received == b"5.0"


@BOTH_MODELS
def test_a_request_in_segments_and_the_labs_client(
    serve: Callable[..., Any], connect: Callable[..., socket.socket], model: str
) -> None:
    server = serve("hypotenuse", model=model)
    sock = connect(server.address)
    for byte in b'{"a": 5, "b": 12}':
        sock.send(bytes([byte]))
    assert float(sock.recv(1024).decode()) == 13.0


def test_silent_and_half_clients_hold_up_nobody(
    serve: Callable[..., Any], connect: Callable[..., socket.socket]
) -> None:
    server = serve("hypotenuse")
    for _ in range(20):
        connect(server.address)
    for _ in range(5):
        connect(server.address).sendall(b'{"a": 3,')
    done = exchange.tcp(*server.address, b'{"a": 3, "b": 4}')
    assert done.received == b"5.0"
    assert done.microseconds < 1_000_000 * strain()


class Hasty(HypotenuseServer):
    deadline_s = 0.4


def test_blocking_makes_the_next_client_wait_until_the_deadline(
    serve: Callable[..., Any], connect: Callable[..., socket.socket]
) -> None:
    server = serve("hypotenuse", make=Hasty, model="blocking")
    began = time.monotonic()
    silent = connect(server.address)
    assert exchange.tcp(*server.address, b'{"a": 3, "b": 4}').received == b"5.0"
    assert time.monotonic() - began >= 0.3
    assert b"not complete within 0.4 s; expected" in silent.recv(200)


@BOTH_MODELS
@pytest.mark.usefixtures("long_linger")
def test_a_client_that_sends_on_and_on_still_gets_its_answer(
    serve: Callable[..., Any], connect: Callable[..., socket.socket], model: str
) -> None:
    """A reset, because of unread bytes, would take the answer away from it."""
    server = serve("hypotenuse", model=model)
    for data in (b" " * 5_000_000, b'{"a": 3, "b": 4}' + b"x" * 2_000_000):
        sock = connect(server.address)
        sock.sendall(data)
        answer = sock.recv(1_000)
        assert answer.startswith(b"error: ")
        assert sock.recv(1) == b""  # a proper end


@BOTH_MODELS
def test_a_flood_that_never_ends_is_cut_off(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
    model: str,
) -> None:
    monkeypatch.setattr("labservers.net.closing.LINGER_BYTES", 4_000_000)
    sock = connect(serve("hypotenuse", model=model).address)
    with pytest.raises(ConnectionError):
        sock.sendall(b" " * 200_000_000)


@BOTH_MODELS
def test_resets_hurt_nobody(
    serve: Callable[..., Any], model: str, eventually: Callable[..., Any]
) -> None:
    server = serve("hypotenuse", model=model)
    for _ in range(20):
        sock = socket.create_connection(server.address, 30)
        sock.sendall(b'{"a": 3, "b": 4}')
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
    assert exchange.tcp(*server.address, b'{"a": 3, "b": 4}').received == b"5.0"
    eventually(lambda: server.frame(1).connections == 0, "all are gone")


@BOTH_MODELS
def test_stop_does_not_wait_for_a_silent_client(
    serve: Callable[..., Any], connect: Callable[..., socket.socket], model: str
) -> None:
    server = serve("hypotenuse", model=model)
    connect(server.address)
    assert server.frame(1).accept_limit  # the fixture stops it and wants it to end
