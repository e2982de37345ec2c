"""The calculator: any segmentation, every bad input in words, nobody waits for a silent client."""

import json
import math
import socket
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.clients import exchange
from labservers.protocols.hypotenuse import Conversation

LEGS = st.floats(0, 1e300, allow_nan=False)
BOTH_MODELS = pytest.mark.parametrize("model", ["threads", "blocking"])


@given(LEGS, LEGS, st.sampled_from(["", "\n", " \n", "\r\n"]), st.booleans())
def test_the_same_answer_whole_and_byte_by_byte(a: float, b: float, end: str, mark: bool) -> None:
    data = (b"\xef\xbb\xbf" if mark else b"") + (json.dumps({"a": a, "b": b}) + end).encode()
    whole = Conversation().receive(data)
    assert whole is not None
    assert whole.good
    talk = Conversation()
    answers = [talk.receive(data[i : i + 1]) for i in range(data.rindex(b"}") + 1)]
    assert answers[:-1] == [None] * (len(answers) - 1)
    assert answers[-1] is not None
    assert answers[-1].data.strip() == whole.data.strip()


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
    assert done.microseconds < 1_000_000


def test_when_all_threads_wait_the_oldest_silent_client_goes_first(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("labservers.servers.one_request.POOL_SIZE", 4)
    server = serve("hypotenuse")
    silent = [connect(server.address) for _ in range(8)]
    assert exchange.tcp(*server.address, b'{"a": 3, "b": 4}').received == b"5.0"
    for oldest in silent[:4]:
        assert oldest.recv(100).startswith(b"error: ")
    silent[-1].sendall(b'{"a": 6, "b": 8}')
    assert silent[-1].recv(100) == b"10.0"


def test_blocking_makes_the_next_client_wait_until_the_deadline(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("labservers.servers.hypotenuse.HypotenuseServer.deadline_s", 0.4)
    server = serve("hypotenuse", model="blocking")
    began = time.monotonic()
    silent = connect(server.address)
    assert exchange.tcp(*server.address, b'{"a": 3, "b": 4}').received == b"5.0"
    assert time.monotonic() - began >= 0.3
    assert b"not complete" in silent.recv(200)


@BOTH_MODELS
def test_resets_and_those_who_never_read_hurt_nobody(
    serve: Callable[..., Any], model: str, eventually: Callable[..., Any]
) -> None:
    server = serve("hypotenuse", model=model)
    for _ in range(20):
        sock = socket.create_connection(server.address, 5)
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
