"""Calls and sockets as messages."""

import pytest

from labservers.observe.points import REST, WIDTH, Call, Life, packed, point, socket_event
from labservers.observe.sockets import Entry


def entry() -> Entry:
    made = Entry(7)
    made.fd, made.family, made.kind, made.listener = 5, "AF_INET", "stream", 3
    return made


def test_anything_else_fills_the_row_of_a_call() -> None:
    assert len((entry(), *REST)) == WIDTH == 11
    assert set(REST) == {None}


def test_bytes_are_base64() -> None:
    assert packed(b"\xff\x00") == "/wA="
    assert packed(b"") is packed(None) is None


@pytest.mark.parametrize(
    ("size", "data", "cut"), [(3, b"abc", None), (9, b"abc", 3), (9, b"", None), (9, None, None)]
)
def test_a_call(size: int, data: bytes | None, cut: int | None) -> None:
    call: Call = (5.5, 2.25, 77, entry(), "recv", size, data, "from x", None)
    assert point(1, 9.0, "MainThread", "server.py:3", "main", call)._asdict() == {
        "n": 1,
        "at": 9.0,
        "thread": "MainThread",
        "line": "server.py:3",
        "function": "main",
        "id": 7,
        "fd": 5,
        "call": "recv",
        "waited_us": 3_250_000,
        "bytes": size,
        "data": packed(data),
        "cut": cut,
        "result": "from x",
        "error": None,
    }


def test_a_call_of_no_socket() -> None:
    call: Call = (1.0, 1.0, 77, None, "sleep", 0, None, None, "KeyboardInterrupt")
    told = point(2, 9.0, "MainThread", None, None, call)
    assert (told.id, told.fd, told.waited_us, told.error) == (None, None, 0, "KeyboardInterrupt")


def test_a_step_in_the_life_of_a_socket() -> None:
    life = Life(1.0, entry(), "accepted", "127.0.0.1:1", "127.0.0.1:2")
    assert socket_event(life, 5.0) == (
        5.0, 7, 5, "AF_INET", "stream", "accepted", "127.0.0.1:1", "127.0.0.1:2", 3,
    )  # fmt: skip
