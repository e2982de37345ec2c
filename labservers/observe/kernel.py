"""The kernel's figures of a socket: its accept queue, the bytes that wait on either side."""

from __future__ import annotations

import socket
import struct
import sys

from . import controls

_TCP_INFO_BYTES = 104
_TCP_INFO_FORMAT = "=8B24I"
_STATE_INDEX, _WAITING_INDEX, _LIMIT_INDEX = 0, 12, 13
# By number, from 1 (linux/tcp_states.h), as ss(8) writes them.
_STATES = ("ESTAB", "SYN-SENT", "SYN-RECV", "FIN-WAIT-1", "FIN-WAIT-2", "TIME-WAIT", "UNCONN",
           "CLOSE-WAIT", "LAST-ACK", "LISTEN", "CLOSING")  # fmt: skip


def accept_queue(listener: socket.socket) -> tuple[int, int] | None:
    """Connections that wait for accept() and the limit, from TCP_INFO (tcp(7)); Linux only."""
    figures = _tcp_info(listener)
    return (figures[_WAITING_INDEX], figures[_LIMIT_INDEX]) if figures else None


def tcp_state(sock: socket.socket) -> str | None:
    """The state of RFC 9293, section 3.3.2, as ss(8) writes it; Linux only."""
    figures = _tcp_info(sock)
    if figures is None or not 1 <= figures[_STATE_INDEX] <= len(_STATES):
        return None
    return _STATES[figures[_STATE_INDEX] - 1]


def receive_queue(sock: socket.socket) -> int | None:
    """Bytes that have arrived and were not read (FIONREAD, tcp(7)); None where unknown."""
    return controls.figure(sock.fileno(), "FIONREAD")


def send_queue(sock: socket.socket) -> int | None:
    """Bytes sent and not yet acknowledged (TIOCOUTQ, tcp(7)); None where unknown."""
    return controls.figure(sock.fileno(), "TIOCOUTQ")


def _tcp_info(sock: socket.socket) -> tuple[int, ...] | None:
    """The numbers of struct tcp_info (linux/tcp.h); None where the socket has none."""
    if not sys.platform.startswith("linux"):
        return None
    try:
        raw = sock.getsockopt(socket.IPPROTO_TCP, socket.TCP_INFO, _TCP_INFO_BYTES)
        return struct.unpack(_TCP_INFO_FORMAT, raw)
    except (OSError, struct.error):
        return None
