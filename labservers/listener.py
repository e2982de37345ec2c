"""Sockets that listen: the one place with bind, backlog, reuse options, accept errors and the
kernel's own queue figures.

TCP listeners set SO_REUSEADDR, so that a restart does not wait 60 s for TIME_WAIT (socket(7)).
The UDP socket must not: on Linux a second bind would succeed and steal every datagram.
SO_REUSEPORT is set nowhere.
"""

import array
import contextlib
import errno
import os
import selectors
import socket
import struct
import sys
import threading
import time
from collections.abc import Callable

from labservers.log import Log

try:
    import fcntl
    import termios
except ImportError:  # Windows has neither; its queues are shown as unknown
    fcntl = None  # type: ignore[assignment]
    termios = None  # type: ignore[assignment]

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

_TCP_INFO_BYTES = 104
_TCP_INFO_FORMAT = "=8B24I"
_WAITING_INDEX, _LIMIT_INDEX = 12, 13


def listen_tcp(host: str, port: int, backlog: int = BACKLOG) -> socket.socket:
    """A listening TCP socket.

    Raises:
        OSError: the name is unknown, the port is taken or not allowed; errno says which.
    """
    family, address = _resolve(host, port, socket.SOCK_STREAM)
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


def is_loopback(host: str) -> bool:
    """Whether a numeric address never leaves this machine (RFC 1122 section 3.2.1.3, RFC 4291
    section 2.5.3)."""
    return host.startswith("127.") or host == "::1"


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
    family, address = _resolve(host, port, socket.SOCK_DGRAM)
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


def _resolve(host: str, port: int, kind: socket.SocketKind) -> tuple[int, tuple[str, int]]:
    try:
        found = socket.getaddrinfo(host, port, type=kind, flags=socket.AI_PASSIVE)
    except UnicodeError:  # a name that no name server could hold
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)  # IPv4 first, as in the lab
    return found[0][0], found[0][4]  # type: ignore[return-value]


def is_local(address: tuple[str, int], family: int) -> bool:
    """Whether an address is one of this machine's: only those can be bound (bind(2))."""
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address[0], 0, *address[2:]))
        except OSError:
            return False
    return True


def address_text(address: tuple[str, int] | tuple[str, int, int, int]) -> str:
    """`127.0.0.1:8004`, and IPv6 in brackets: `[::1]:8004`."""
    host, port = address[0], address[1]
    return f"[{host}]:{port}" if ":" in host else f"{host}:{port}"


def accept_queue(listener: socket.socket) -> tuple[int, int] | None:
    """Connections that wait for accept() and the limit, from TCP_INFO (tcp(7)); Linux only."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        raw = listener.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        figures = struct.unpack(_TCP_INFO_FORMAT, raw)
    except (OSError, struct.error):
        return None
    return figures[_WAITING_INDEX], figures[_LIMIT_INDEX]


def receive_queue(sock: socket.socket) -> int | None:
    """Bytes that have arrived and were not read (FIONREAD, tcp(7)); None where unknown."""
    return _queue(sock, "FIONREAD")


def send_queue(sock: socket.socket) -> int | None:
    """Bytes sent and not yet acknowledged (TIOCOUTQ, tcp(7)); None where unknown."""
    return _queue(sock, "TIOCOUTQ")


def _queue(sock: socket.socket, request: str) -> int | None:
    if fcntl is None or not hasattr(termios, request):
        return None
    size = array.array("i", [0])
    try:
        fcntl.ioctl(sock.fileno(), getattr(termios, request), size)
    except (OSError, ValueError):
        return None
    return size[0]


class Waker:
    """A socket that becomes readable when another thread calls wake()."""

    def __init__(self) -> None:
        self.reader, self._writer = socket.socketpair()
        self.reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        return self.reader.fileno()

    def wake(self) -> None:
        try:
            self._writer.send(b"\0")
        except OSError:
            pass  # full: it is awake already; closed: nobody sleeps any more

    def drain(self) -> None:
        try:
            while self.reader.recv(4096):
                pass
        except OSError:
            pass

    def close(self) -> None:
        self.reader.close()
        self._writer.close()


def close_politely(sock: socket.socket, linger_s: float = 0.5, limit: int = 1024 * 1024) -> None:
    """Close so that the peer gets our last bytes: half-close, read its rest for a moment, close.

    A close with unread bytes sends a reset, and a reset makes the peer's kernel throw away
    what it had received (RFC 1122 section 4.2.2.13). Never raises.
    """
    try:
        sock.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + linger_s
        while limit > 0 and (left := deadline - time.monotonic()) > 0:
            sock.settimeout(left)
            received = len(sock.recv(65536))
            if not received:
                break
            limit -= received
    except OSError:
        pass
    finally:
        sock.close()


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
