"""How clients behave: kind ones, and each way to be unkind that a server must live with."""

import errno
import random
import socket
import struct
import time
from collections.abc import Callable, Generator, Iterator
from contextlib import suppress
from typing import NamedTuple, TypeAlias

from labservers.clients.crowd.driver import READ, WRITE, Client, Ready

CLIENT_S = 8.0
CONNECT_SPREAD_S = 1.5  # a thousand connects in one instant would only show the accept queue
CONNECT_S = 10.0
ANSWER_S = 2.0
STAY_S = 60.0
DRIP_S = 5.0
STORM_PACE_S = 0.004
SMALL_BUFFER = 4_096
CROWD_HOST = "127.0.0.2"  # where our clients come from, so that they can be told from others
IP_BIND_ADDRESS_NO_PORT = 24  # ip(7): connect() chooses the port
RESET_ON_CLOSE = struct.pack("ii", 1, 0)  # linger for no time: close() sends RST, socket(7)


Waits: TypeAlias = Generator[Ready | float, bool | None, bool]


class Talk(NamedTuple):
    """An address, and the words of clients: `opening` once, `request` as often as they stay.

    stays: the connection serves many requests. numbered: `{n}` in the request is a number from 1
    to 99.
    """

    host: str
    port: int
    datagrams: bool
    request: bytes
    opening: bytes = b""
    stays: bool = False
    numbered: bool = False

    def next_request(self) -> bytes:
        number = str(random.randint(1, 99)).encode()
        return self.request.replace(b"{n}", number) if self.numbered else self.request

    def socket(self) -> socket.socket:
        family = socket.AF_INET6 if ":" in self.host else socket.AF_INET
        kind = socket.SOCK_DGRAM if self.datagrams else socket.SOCK_STREAM
        sock = socket.socket(family, kind)
        sock.setblocking(False)
        if self.host.startswith("127."):
            with suppress(OSError):  # not every system has more than one address of loopback
                sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                sock.bind((CROWD_HOST, 0))
        return sock


def are_marked(host: str) -> bool:
    """Whether our clients can be told from others there: not over IPv6, and not by every system."""
    if not host.startswith("127."):
        return False
    with socket.socket() as sock, suppress(OSError):
        sock.bind((CROWD_HOST, 0))
        return True
    return False


def clients(talk: Talk, n: int) -> Iterator[Client]:
    """Requests with pauses for CLIENT_S seconds, then a rest, then away."""
    return (_client(talk) for _ in range(n))


def _client(talk: Talk) -> Client:
    yield random.uniform(0, CONNECT_SPREAD_S)
    ends_at = time.monotonic() + CLIENT_S
    while time.monotonic() < ends_at:
        with talk.socket() as sock:
            yield from _connect(sock, talk)
            yield from _send(sock, talk.opening)
            while time.monotonic() < ends_at:
                yield from _send(sock, talk.next_request())
                yield Ready(READ, sock, ANSWER_S)
                if not _heard(sock) or not talk.stays:
                    break
                yield random.uniform(0.2, 1.2)
            else:
                yield random.uniform(0.2, 1.5)  # idle, as browsers are before they leave
        yield random.uniform(0.2, 1.0)


def half(talk: Talk, n: int) -> Iterator[Client]:
    """Half a request, and nothing more."""
    return (_holds(talk, half_of) for _ in range(n))


def silent(talk: Talk, n: int) -> Iterator[Client]:
    """A connection, and not a word."""
    return (_holds(talk, lambda talk: b"") for _ in range(n))


def half_of(talk: Talk) -> bytes:
    whole = talk.opening + talk.next_request()
    return whole[: len(whole) // 2]


def _holds(talk: Talk, first: Callable[[Talk], bytes]) -> Client:
    """Says something and stays, until the server has had enough."""
    yield random.uniform(0, CONNECT_SPREAD_S)
    with talk.socket() as sock:
        yield from _connect(sock, talk)
        yield from _send(sock, first(talk))
        yield from _until_closed(sock, STAY_S)


def slow(talk: Talk, n: int) -> Iterator[Client]:
    """A request in drips: half of it, then a byte every DRIP_S seconds."""
    return (_slow(talk) for _ in range(n))


def _slow(talk: Talk) -> Client:
    ends_at = time.monotonic() + STAY_S
    with talk.socket() as sock:
        yield from _connect(sock, talk)
        whole = talk.opening + talk.next_request()
        yield from _send(sock, whole[: len(whole) // 2])
        for byte in whole[len(whole) // 2 : -1]:
            if (yield from _until_closed(sock, DRIP_S)) or time.monotonic() >= ends_at:
                return
            yield from _send(sock, bytes([byte]))
        yield from _until_closed(sock, ends_at - time.monotonic())


def slow_reader(talk: Talk, n: int) -> Iterator[Client]:
    """Asks again and again, and reads next to nothing: the server's Send-Q fills."""
    return (_slow_reader(talk) for _ in range(n))


def _slow_reader(talk: Talk) -> Client:
    ends_at = time.monotonic() + STAY_S
    with talk.socket() as sock:
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL_BUFFER)
        yield from _connect(sock, talk)
        yield from _send(sock, talk.opening)
        yield from _send(sock, talk.next_request())
        while talk.stays and time.monotonic() < ends_at:
            yield 0.05
            if (yield Ready(WRITE, sock, 1.0)):  # else the server does not read either
                sock.send(talk.next_request())
        yield ends_at - time.monotonic()


def reset(talk: Talk, n: int) -> Iterator[Client]:
    """A request, and away by RST before the answer."""
    return (_reset(talk) for _ in range(n))


def _reset(talk: Talk) -> Client:
    yield random.uniform(0, CONNECT_SPREAD_S)
    with talk.socket() as sock:
        yield from _connect(sock, talk)
        yield from _send(sock, talk.opening + talk.next_request())
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET_ON_CLOSE)


def not_utf8(talk: Talk, n: int) -> Iterator[Client]:
    """A request that begins with 0xFF, a byte that UTF-8 never has (RFC 3629 section 1)."""
    return (_asks(talk, b"\xff" + talk.next_request()) for _ in range(n))


def _asks(talk: Talk, request: bytes) -> Client:
    with talk.socket() as sock:
        yield from _connect(sock, talk)
        yield from _send(sock, talk.opening + request)
        yield from _until_closed(sock, ANSWER_S)


def storm(talk: Talk, n: int) -> Iterator[Client]:
    """Connections that are closed as soon as they are there; datagrams from a new port each."""
    return (_passes(talk, number * STORM_PACE_S) for number in range(n))


def _passes(talk: Talk, after_s: float) -> Client:
    yield after_s
    with talk.socket() as sock:
        yield from _connect(sock, talk)
        if talk.datagrams:
            sock.send(talk.next_request())


def burst(talk: Talk, n: int) -> Iterator[Client]:
    """Datagrams at once, more than the server's Recv-Q may hold: the kernel drops the rest."""
    with talk.socket() as sock:
        sock.connect((talk.host, talk.port))
        for _ in range(n):
            yield _datagram(talk, sock)


def _datagram(talk: Talk, sock: socket.socket) -> Client:
    sock.send(talk.next_request())
    return
    yield  # it waits for nothing, and is a client all the same


KINDS: dict[str, Callable[[Talk, int], Iterator[Client]]] = {
    "clients": clients,
    "half": half,
    "silent": silent,
    "slow": slow,
    "slow_reader": slow_reader,
    "reset": reset,
    "not_utf8": not_utf8,
    "storm": storm,
    "burst": burst,
}


# The steps of clients.


def _connect(sock: socket.socket, talk: Talk) -> Client:
    number = sock.connect_ex((talk.host, talk.port))
    if number == errno.EINPROGRESS:
        if not (yield Ready(WRITE, sock, CONNECT_S)):
            raise TimeoutError("connect")
        number = sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
    if number:
        raise OSError(number, "connect")


def _send(sock: socket.socket, data: bytes) -> Client:
    while data:
        try:
            data = data[sock.send(data) :]
        except BlockingIOError:
            if not (yield Ready(WRITE, sock, STAY_S)):
                return


def _heard(sock: socket.socket) -> bool:
    """Take all that has come; False at the end of the stream. An empty queue is an answer too."""
    try:
        return bool(sock.recv(65_536))
    except BlockingIOError:
        return True


def _until_closed(sock: socket.socket, seconds: float) -> Waits:
    """Wait; whether the server has ended the connection meanwhile. Its answers are let go."""
    ends_at = time.monotonic() + seconds
    while (left_s := ends_at - time.monotonic()) > 0:
        if not (yield Ready(READ, sock, left_s)):
            break
        try:
            if not _heard(sock):
                return True
        except ConnectionError:
            return True
    return False
