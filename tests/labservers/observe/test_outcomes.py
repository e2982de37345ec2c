"""The effect of a call on a socket, read off its arguments and its result."""

import socket
from typing import Any

import pytest

from labservers.observe.outcomes import (
    CUT,
    INCOMING,
    MOVERS,
    REPORTED,
    STEPS,
    TLS,
    by_place,
    gathered,
    kept,
    receiver,
    sender,
)

PEER = ("127.0.0.1", 9)
PEEK = int(socket.MSG_PEEK)
OTHER = int(socket.MSG_DONTWAIT)
FROM, TO = "from 127.0.0.1:9", "to 127.0.0.1:9"


@pytest.mark.parametrize(
    ("call", "arguments", "result", "outcome"),
    [
        ("recv", (10,), b"abc", (3, b"abc", None)),
        ("recv", (10, PEEK), b"abc", (3, b"abc", "MSG_PEEK")),
        ("recv", (10, OTHER), b"abc", (3, b"abc", None)),
        ("recv_into", (bytearray(b"abcd"), 0, 0), 3, (3, b"abc", None)),
        ("recv_into", (bytearray(b"abcd"), 0, PEEK | OTHER), 3, (3, b"abc", "MSG_PEEK")),
        ("recv_into", (bytearray(b"abcd"), PEEK), 3, (3, b"abc", None)),
        ("recvfrom", (10,), (b"abc", PEER), (3, b"abc", FROM)),
        ("recvfrom", (10, PEEK), (b"abc", PEER), (3, b"abc", "MSG_PEEK")),
        ("recvfrom", (10,), (b"abc", None), (3, b"abc", None)),
        ("recvfrom_into", (bytearray(b"abcd"),), (3, PEER), (3, b"abc", FROM)),
        ("recvfrom_into", (bytearray(b"abcd"), 0, PEEK), (3, PEER), (3, b"abc", "MSG_PEEK")),
        ("recvmsg", (10,), (b"abc", [], 0, PEER), (3, b"abc", FROM)),
        ("recvmsg", (10, 0, PEEK), (b"abc", [], 0, PEER), (3, b"abc", "MSG_PEEK")),
        ("recvmsg_into", ([b"ab", b"cd"],), (3, [], 0, PEER), (3, b"abc", FROM)),
        ("recvmsg_into", ([b"ab"], 0, PEEK), (1, [], 0, PEER), (1, b"a", "MSG_PEEK")),
        ("send", (b"abcd", OTHER), 3, (3, b"abc", None)),
        ("sendall", (b"abcd", OTHER), None, (4, b"abcd", None)),
        ("sendall", (b"abcd",), None, (4, b"abcd", None)),
        ("sendall", (memoryview(b"abcdefgh").cast("i"),), None, (8, b"abcdefgh", None)),
        ("sendto", (b"abc", PEER), 3, (3, b"abc", TO)),
        ("sendto", (b"abc", 0, PEER), 3, (3, b"abc", TO)),
        ("sendmsg", ([b"ab", b"cd"],), 3, (3, b"abc", None)),
        ("sendmsg", ([b"ab"], [], 0), 2, (2, b"ab", None)),
        ("sendmsg", ([b"ab"], [], 0, PEER), 2, (2, b"ab", TO)),
        ("_sendfile_use_sendfile", (object(),), 5, (5, None, None)),
    ],
)
def test_of_a_call_that_moves_bytes(call: str, arguments: Any, result: Any, outcome: Any) -> None:
    assert MOVERS[call](arguments, result) == outcome


@pytest.mark.parametrize(
    ("call", "arguments", "result", "text"),
    [
        ("connect", (PEER,), None, None),
        ("connect_ex", (PEER,), 115, "115"),
        ("bind", (PEER,), None, None),
        ("listen", (0,), None, None),
        ("accept", (), (None, PEER), None),
        ("shutdown", (socket.SHUT_RD,), None, "SHUT_RD"),
        ("shutdown", (socket.SHUT_WR,), None, "SHUT_WR"),
        ("shutdown", (socket.SHUT_RDWR,), None, "SHUT_RDWR"),
        ("shutdown", (99,), None, None),
    ],
)
def test_of_a_call_that_moves_none(call: str, arguments: Any, result: Any, text: Any) -> None:
    assert STEPS[call](arguments, result) == (0, None, text)


@pytest.mark.parametrize(
    ("call", "arguments", "result", "outcome"),
    [
        ("read", (10,), b"abc", (3, b"abc", "tls")),
        ("recv", (10,), b"abc", (3, b"abc", "tls")),
        ("read", (10, bytearray(b"abcd")), 3, (3, b"abc", "tls")),
        ("recv_into", (bytearray(b"abcd"), 10), 3, (3, b"abc", "tls")),
        ("read", (10,), 3, (3, None, "tls")),
        ("write", (b"abcd",), 3, (3, b"abc", "tls")),
        ("send", (b"abcd", 0), 3, (3, b"abc", "tls")),
        ("sendall", (b"abcd",), None, (4, b"abcd", "tls")),
    ],
)
def test_of_a_call_over_tls(call: str, arguments: Any, result: Any, outcome: Any) -> None:
    assert TLS[call](arguments, result) == outcome


def test_of_many_bytes_the_first_are_kept() -> None:
    short, long = b"x" * CUT, b"y" * (CUT + 1)
    assert kept(short, CUT) is short
    assert kept(long, CUT + 1) == b"y" * CUT
    assert kept(short, 3) == b"xxx"
    assert kept(memoryview(b"abcd").cast("i"), 3) == b"abc"
    changing = bytearray(b"abc")
    taken = kept(changing, 3)
    changing[:] = b"xyz"
    assert taken == b"abc"
    assert gathered([short, long], 2 * CUT + 1) == short
    assert gathered((b"a", bytearray(b"b")), 2) == b"ab"
    assert gathered(iter([b"a"]), 1) is None


@pytest.mark.parametrize(
    ("arguments", "keywords", "placed"),
    [
        ((b"", 5), {"flags": 2}, (b"", 5, 2)),
        ((), {"buffer": b"", "flags": 2}, (b"", 0, 2)),
        ((b"",), {"flags": 2, "nbytes": 5}, (b"", 5, 2)),
        ((b"",), {}, (b"", 0, 0)),
        ((10, 2), {}, (10, 2)),  # recv()
        ((b"abc", 0, PEER), {}, (b"abc", 0, PEER)),
        ((b"",), {"address": PEER}, (b"", PEER)),
    ],
)
def test_arguments_by_name_come_into_their_places(
    arguments: Any, keywords: Any, placed: Any
) -> None:
    assert by_place(arguments, keywords) == placed


def test_where_a_datagram_goes_to_and_comes_from() -> None:
    place = "127.0.0.1:9"
    assert receiver("sendto", (b"", PEER)) == receiver("sendmsg", ([], [], 0, PEER)) == place
    assert receiver("sendmsg", ([], [], PEER)) is None
    assert receiver("sendto", ()) is receiver("send", (PEER,)) is None
    assert sender("recvfrom", (b"", PEER)) == sender("recvfrom_into", (1, PEER)) == place
    assert sender("recvmsg", (b"", [], 0, PEER)) == place
    assert sender("recvmsg_into", (1, [], 0, PEER)) == place
    assert sender("accept", (b"", PEER, 0, PEER)) is None


def test_calls_are_reported_by_the_names_that_a_program_knows() -> None:
    names = [REPORTED.get(call, call) for call in (*MOVERS, *STEPS, *TLS, "do_handshake")]
    assert names == [
        *("recv", "recv", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into"),
        *("send", "sendall", "sendto", "sendmsg", "sendfile"),
        *("connect", "connect_ex", "bind", "listen", "shutdown", "accept"),
        *("recv", "recv", "recv", "send", "send", "sendall", "handshake"),
    ]
    assert {name for name in names if name.startswith("recv")} == INCOMING
