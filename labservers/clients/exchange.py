"""One exchange with a server: bytes out, bytes back, how long it took and how it ended.

The console clients, the dashboard's "Try it" and its readiness check all ask through here, so
that all of them see the same.
"""

import errno
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass

from labservers.net.addresses import connect_host, resolve
from labservers.observe.addresses import address_text

UDP_TIMEOUT_S = 2.0
TCP_TIMEOUT_S = 5.0
REPLY_LIMIT = 1 << 20
LARGEST_DATAGRAM = 65_535


class CheckFailed(Exception):
    """A server did not answer as its protocol says; the text is one sentence."""


@dataclass(frozen=True, slots=True)
class Exchange:
    """The bytes of one exchange, with its time and end.

    ended is one of
    reply: a datagram, or the end of a stream after at least one byte;
    closed: the end of a stream without a byte; reset: the peer broke the connection off;
    refused: no server listens there, or there is no way to it; timeout: not complete in time,
    though `received` may hold a part; limit: more bytes than wanted, or than a datagram can hold.
    local is our own address, `127.0.0.1:53530`, empty if there was no socket to have one.
    """

    sent: bytes
    received: bytes
    microseconds: int
    ended: str
    local: str


def udp(host: str, port: int, payload: bytes, timeout_s: float = UDP_TIMEOUT_S) -> Exchange:
    """Send one datagram and wait for one back.

    Raises:
        OSError: the host name is unknown.
    """
    family, address = resolve(connect_host(host), port, socket.SOCK_DGRAM)
    with socket.socket(family, socket.SOCK_DGRAM) as sock:
        watch = _Watch(timeout_s)
        try:
            sock.settimeout(timeout_s)
            sock.connect(address)  # only a connected socket is notified of ECONNREFUSED, udp(7)
            sock.send(payload)
            received, ended = sock.recv(LARGEST_DATAGRAM), "reply"
        except TimeoutError:
            received, ended = b"", "timeout"
        except OSError as error:
            received, ended = b"", "limit" if error.errno == errno.EMSGSIZE else "refused"
        return Exchange(payload, received, watch.microseconds(), ended, _local(sock))


def tcp(
    host: str,
    port: int,
    payload: bytes,
    timeout_s: float = TCP_TIMEOUT_S,
    limit: int = REPLY_LIMIT,
    half_close: bool = True,
) -> Exchange:
    """Connect, send, say that this was all (`half_close`), and read to the end of the stream.

    Raises:
        OSError: the host name is unknown.
    """
    family, address = resolve(connect_host(host), port, socket.SOCK_STREAM)
    with socket.socket(family, socket.SOCK_STREAM) as sock:
        watch = _Watch(timeout_s)
        received, ended = b"", "refused"
        try:
            sock.settimeout(timeout_s)
            sock.connect(address)
        except TimeoutError:
            ended = "timeout"
        except OSError:
            pass
        else:
            _send(sock, payload, half_close)
            received, ended = _read(sock, limit, watch.left)
        return Exchange(payload, received, watch.microseconds(), ended, _local(sock))


def _send(sock: socket.socket, payload: bytes, half_close: bool) -> None:
    try:
        sock.sendall(payload)
        if half_close:
            sock.shutdown(socket.SHUT_WR)
    except OSError:
        pass  # the server may have answered before it broke off: the next read shows it


def _read(sock: socket.socket, limit: int, left: Callable[[], float]) -> tuple[bytes, str]:
    received = bytearray()
    ended = "limit"
    try:
        while len(received) < limit:
            sock.settimeout(left())
            piece = sock.recv(min(65_536, limit - len(received)))
            if not piece:
                ended = "reply" if received else "closed"
                break
            received += piece
    except TimeoutError:
        ended = "timeout"
    except OSError:
        ended = "reset"
    return bytes(received), ended


class _Watch:
    """A stopwatch with a deadline."""

    def __init__(self, timeout_s: float) -> None:
        self._started = time.perf_counter()
        self._timeout_s = timeout_s

    def microseconds(self) -> int:
        return round((time.perf_counter() - self._started) * 1e6)

    def left(self) -> float:
        """Seconds to the deadline, never 0, which would mean not to wait at all."""
        return max(1e-3, self._started + self._timeout_s - time.perf_counter())


def _local(sock: socket.socket) -> str:
    try:
        address = sock.getsockname()
    except OSError:
        return ""
    return address_text(address) if address[1] else ""
