"""Sockets that listen: the one place with bind, backlog, reuse options and accept errors.

TCP listeners set SO_REUSEADDR, so that a restart does not wait 60 s for TIME_WAIT (socket(7)).
The UDP socket must not: on Linux a second bind would succeed and steal every datagram.
SO_REUSEPORT is set nowhere.
"""

import contextlib
import errno
import os
import selectors
import socket
import sys
import threading
from collections.abc import Callable

from labservers.net.addresses import resolve
from labservers.net.waker import Waker
from labservers.observe.addresses import is_loopback
from labservers.observe.kernel import accept_queue
from labservers.observe.log import Log

BACKLOG = 1_024
UDP_RECEIVE_BUFFER = 4 * 1024 * 1024
SO_RCVBUFFORCE = 33  # asm-generic/socket.h; the socket module does not name it

# accept(2): the connection went away before we took it, or its network did; take the next.
TRANSIENT_ACCEPT_ERRORS = frozenset(
    getattr(errno, name)
    for name in (
        "EAGAIN",
        "ECONNABORTED",
        "EINTR",
        "EPERM",
        "EPROTO",
        "ENETDOWN",
        "ENOPROTOOPT",
        "EHOSTDOWN",
        "ENONET",
        "EHOSTUNREACH",
        "EOPNOTSUPP",
        "ENETUNREACH",
    )
    if hasattr(errno, name)
)
# accept(2): this process or the whole system is out of descriptors or memory; wait, try again.
OVERLOADED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
OVERLOADED_PAUSE_S = 0.1


def listen_tcp(host: str, port: int, backlog: int = BACKLOG) -> socket.socket:
    """A listening TCP socket.

    Raises:
        OSError: the name is unknown, the port is taken or not allowed; errno says which.
    """
    family, address = resolve(host, port, socket.SOCK_STREAM)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if os.name == "posix":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted sockets inherit it
        sock.bind(address)
        if is_loopback(address[0]):
            _send_without_pacing(sock)
        sock.listen(backlog)
    except BaseException:
        sock.close()
        raise
    return sock


def _send_without_pacing(listener: socket.socket) -> None:
    """Nothing is lost on the loopback, and there is no bottleneck whose speed has to be found.
    Where the system's congestion control is BBR, its model and timers for each segment are in vain
    (tcp(7)); Reno is the simplest, and is in every Linux. Accepted sockets inherit it."""
    if hasattr(socket, "TCP_CONGESTION"):
        with contextlib.suppress(OSError):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")


def notice_vanished_peers(listener: socket.socket) -> None:
    """Have connections that are accepted here end when their peer's machine is gone without a
    word: it is asked after a minute of silence, and given up a minute later (tcp(7))."""
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def bind_udp(host: str, port: int) -> socket.socket:
    """A bound UDP socket with a large receive buffer, for bursts.

    Raises:
        OSError: as listen_tcp.
    """
    family, address = resolve(host, port, socket.SOCK_DGRAM)
    sock = socket.socket(family, socket.SOCK_DGRAM)
    try:
        _enlarge_receive_buffer(sock)
        sock.bind(address)
    except BaseException:
        sock.close()
        raise
    return sock


def _enlarge_receive_buffer(sock: socket.socket) -> None:
    """Past the system's limit where we have the right to (SO_RCVBUFFORCE, socket(7))."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, UDP_RECEIVE_BUFFER)
    if sys.platform.startswith("linux"):
        with contextlib.suppress(OSError):
            sock.setsockopt(socket.SOL_SOCKET, SO_RCVBUFFORCE, UDP_RECEIVE_BUFFER)


class Acceptor:
    """Accepts one connection after the other until another thread calls stop()."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._stopping = threading.Event()
        self._waker = Waker()
        self._selector = selectors.DefaultSelector()

    def take(self, listener: socket.socket) -> tuple[str, int]:
        """Accept from this socket; its bound host and port."""
        listener.setblocking(False)
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ)
        self._selector.register(self._waker, selectors.EVENT_READ)
        host, port = listener.getsockname()[:2]
        return host, port

    def accept(self, make_room: Callable[[], None]) -> tuple[socket.socket, tuple[str, int]] | None:
        """The next connection and its address, None after stop().

        Without descriptors, make_room() is asked to end an old connection, and we wait.
        """
        while not self._stopping.is_set():
            try:
                return self._listener.accept()
            except OSError as error:
                if error.errno in OVERLOADED:
                    self._log.warning(f"cannot accept for now: {error.strerror}")
                    make_room()
                    self._stopping.wait(OVERLOADED_PAUSE_S)
                elif error.errno not in TRANSIENT_ACCEPT_ERRORS:
                    raise
                else:
                    self._selector.select()
        return None

    def queue(self) -> tuple[int, int] | None:
        """As accept_queue()."""
        return accept_queue(self._listener)

    def stop(self) -> None:
        self._stopping.set()
        self._waker.wake()

    def close(self) -> None:
        self._selector.close()
        self._listener.close()
        self._waker.close()
