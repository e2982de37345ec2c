"""The UDP greeting: whatever comes, it answers, and no input ends it."""

import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.clients import exchange


@pytest.fixture
def server(serve: Callable[..., Any]) -> Any:
    return serve("hello")


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(5)
        yield sock


@pytest.mark.parametrize(
    "data",
    [b"Hello server", b"", b"\xff\xfe\xd1", "я".encode() * 600, b"\0" * 65_507, b"\n\x1b[2J"],
)
def test_any_datagram_is_answered(server: Any, data: bytes) -> None:
    done = exchange.udp(*server.address, data)
    assert (done.ended, done.received) == ("reply", b"Hello client")


def test_the_labs_client(server: Any, peer: socket.socket) -> None:
    peer.sendto(b"Hello server", server.address)
    data, address = peer.recvfrom(1024)
    assert (data.decode(), address) == ("Hello client", server.address)


def test_who_is_gone_before_the_answer_hurts_nobody(server: Any) -> None:
    for _ in range(50):  # each answer comes back as an ICMP error
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as passing:
            passing.sendto(b"x", server.address)
    assert exchange.udp(*server.address, b"x").ended == "reply"


def test_a_datagram_of_its_own_is_dropped(server: Any) -> None:
    server._answer(b"forged", server.address, 0.0)
    server._answer(b"forged", ("127.0.0.1", 0), 0.0)
    assert server.monitor.counts["dropped"] == 2
    assert server.frame(1).requests == 0


def test_a_burst_is_held_by_the_receive_buffer(server: Any, peer: socket.socket) -> None:
    for number in range(200):
        peer.sendto(b"%d" % number, server.address)
    assert [peer.recv(100) for _ in range(200)] == [b"Hello client"] * 200


def test_the_peers_of_the_last_minute_are_shown(
    server: Any, peer: socket.socket, eventually: Callable[..., Any]
) -> None:
    peer.sendto(b"Hello server", server.address)
    peer.recv(100)
    rows = server.rows()
    assert (rows.kind, rows.total) == ("peers", 1)
    assert rows.rows[0].peer == f"127.0.0.1:{peer.getsockname()[1]}"
    frame = eventually(lambda: (f := server.frame(1)).bytes_out and f, "counted")
    assert (frame.connections, frame.bytes_in, frame.bytes_out) == (1, 12, 12)
    assert frame.last is not None
    assert (frame.last.received, frame.last.sent) == ("Hello server", "Hello client")
    eventually(lambda: "Hello server" in server.lines(), "the log shows it")
