"""The UDP greeting: whatever comes, it answers, and no input ends it."""

import errno
import socket
import struct
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from labservers.clients import exchange
from labservers.servers.hello import HelloServer
from tests.ports import V6


@pytest.fixture
def server(serve: Callable[..., Any]) -> Any:
    return serve("hello")


@pytest.fixture
def peer() -> Iterator[socket.socket]:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", 0))
        sock.settimeout(30)
        yield sock


@pytest.mark.parametrize(
    "data",
    [b"Hello server", b"", b"\xff\xfe\xd1", "я".encode() * 600, b"\0" * 65_507, b"\n\x1b[2J"],
)
def test_any_datagram_is_answered(server: Any, data: bytes) -> None:
    done = exchange.udp(*server.address, data, 30.0)
    assert (done.ended, done.received) == ("reply", b"Hello client")
    assert server.frame(1).bytes_in == len(data)  # nothing was cut off


def test_the_labs_client(server: Any, peer: socket.socket) -> None:
    peer.sendto(b"Hello server", server.address)
    data, address = peer.recvfrom(1024)
    assert (data.decode(), address) == ("Hello client", server.address)


def test_a_client_that_is_gone_before_the_answer_hurts_nobody(server: Any) -> None:
    for _ in range(50):  # each answer comes back as an ICMP error
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as passing:
            passing.sendto(b"x", server.address)
    assert exchange.udp(*server.address, b"x", 30.0).ended == "reply"


def forge(source: tuple[str, int], target: tuple[str, int], data: bytes) -> None:
    """Send a datagram from somebody else's address (udp(7), raw(7)); needs the right to it."""
    length = 8 + len(data)
    udp = struct.pack("!HHHH", source[1], target[1], length, 0) + data  # sum 0: not computed
    ends = socket.inet_aton(source[0]) + socket.inet_aton(target[0])
    ip = struct.pack("!BBHHHBBH", 0x45, 0, 20 + length, 0, 0, 64, socket.IPPROTO_UDP, 0) + ends
    try:
        raw = socket.socket(socket.AF_INET, socket.SOCK_RAW, socket.IPPROTO_RAW)
    except PermissionError:
        pytest.skip("no right to forge datagrams")
    with raw:
        raw.sendto(ip + udp, (target[0], 0))


@pytest.mark.parametrize("host", ["127.0.0.1", "0.0.0.0", "0"])
def test_a_datagram_of_its_own_or_from_port_0_is_dropped(
    serve: Callable[..., Any], eventually: Callable[..., Any], host: str
) -> None:
    server = serve("hello", host=host)
    port = server.address[1]
    address = ("127.0.0.1", port)
    for source in (address, ("127.0.0.1", 0), ("127.0.0.2", port)):
        server.answer(b"forged", source, time.monotonic())
    own = 2 if host == "127.0.0.1" else 3  # of the wildcard, the whole of 127.0.0.0/8
    assert server.monitor.counts["dropped"] == own
    answered = server.frame(1).requests
    forge(address, address, b"forged")
    forge(("127.0.0.1", 0), address, b"forged")
    eventually(lambda: server.monitor.counts["dropped"] == own + 2, "dropped as well")
    assert exchange.udp(*address, b"x", 30.0).ended == "reply"
    eventually(lambda: server.frame(1).requests == answered + 1, "nothing else is answered")


def test_the_receive_buffer_is_larger_than_usual(server: Any, peer: socket.socket) -> None:
    def size(sock: socket.socket) -> int:
        return sock.getsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF)

    try:
        limit = int(Path("/proc/sys/net/core/rmem_max").read_text())
    except OSError:
        pytest.skip("the system does not tell its limit")
    assert size(server._socket) > size(peer) or size(peer) >= 2 * limit


@pytest.mark.parametrize("number", [errno.ECONNREFUSED, errno.EHOSTUNREACH, errno.ENOBUFS])
def test_errors_of_the_socket_are_counted_and_survived(
    server: Any, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any], number: int
) -> None:
    """Linux reports an ICMP error at whatever is called next on the socket, udp(7)."""
    real, failures = server._socket, [number, number]

    class Failing:
        def recvfrom(self, size: int) -> Any:
            if len(failures) == 2:
                raise OSError(failures.pop(), "to be survived")
            return real.recvfrom(size)

        def sendto(self, data: bytes, address: Any) -> int:
            if failures:
                raise OSError(failures.pop(), "to be survived")
            sent: int = real.sendto(data, address)
            return sent

        def __getattr__(self, name: str) -> Any:
            return getattr(real, name)

    monkeypatch.setattr(server, "_socket", Failing())
    assert exchange.udp(*server.address, b"lost", 0.2).ended == "timeout"
    assert exchange.udp(*server.address, b"x", 30.0).ended == "reply"
    assert server.monitor.counts[errno.errorcode[number]] == 2
    eventually(lambda: "to be survived" in server.lines(), "logged")


def test_what_is_in_the_log_is_one_line_of_at_most_200_characters(
    server: Any, eventually: Callable[..., Any]
) -> None:
    exchange.udp(*server.address, b"\x1b[2J\xff" + "я".encode() * 1000 + b"\nforged line")
    eventually(lambda: "яя" in server.lines(), "logged")
    [line] = [line for line in server.lines().splitlines() if "яя" in line]
    text = line.split(" ", 4)[4]
    assert text.startswith("·[2J\ufffdяяя")
    assert len(text) == 200
    exchange.udp(*server.address, "😀".encode() * 300)
    eventually(lambda: "😀" * 199 + "…" in server.lines(), "the cut is shown")
    exchange.udp(*server.address, b"two\nlines")
    eventually(lambda: "two·lines\n" in server.lines(), "in one")


@V6
def test_ipv6(serve: Callable[..., Any]) -> None:
    server = serve("hello", host="::1")
    assert exchange.udp("::1", server.address[1], b"x", 30.0).ended == "reply"


class Forgetful(HelloServer):
    peers_kept = 10


def test_many_more_peers_than_are_remembered(serve: Callable[..., Any]) -> None:
    server = serve("hello", make=Forgetful)
    for port in range(40_000, 40_100):
        server.answer(b"x", ("127.0.0.1", port), time.monotonic())
    assert server.rows().total == 10
    assert exchange.udp(*server.address, b"x", 30.0).ended == "reply"


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
