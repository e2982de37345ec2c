"""What the kernel says of a socket: its accept queue, the bytes that wait on either side."""

from __future__ import annotations

import array
import socket
import struct
import sys

try:
    import fcntl
    import termios
except ImportError:  # Windows has neither; its queues are shown as unknown
    fcntl = None  # type: ignore[assignment]
    termios = None  # type: ignore[assignment]


_TCP_INFO_BYTES = 104
_TCP_INFO_FORMAT = "=8B24I"
_WAITING_INDEX, _LIMIT_INDEX = 12, 13


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
