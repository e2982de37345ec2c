"""Sockets that listen: the one place with bind, backlog and reuse options.

TCP listeners set SO_REUSEADDR, so that a restart does not wait 60 s for TIME_WAIT (socket(7)).
The UDP socket must not: on Linux a second bind would succeed and steal every datagram.
SO_REUSEPORT is set nowhere.
"""

import contextlib
import errno
import os
import socket
import sys

from labservers.net.addresses import Reach, SocketAddress, is_shared, reach, resolve

BACKLOG = 1_024
UDP_RECEIVE_BUFFER = 4 * 1024 * 1024
SO_RCVBUFFORCE = 33  # asm-generic/socket.h; the socket module does not name it


def listen_tcp(host: str, port: int, backlog: int = BACKLOG) -> socket.socket:
    """A listening TCP socket.

    Raises:
        OSError: the name is unknown, the address is of no single machine, the port is taken or not
            allowed; errno says which.
    """
    family, address = _own(host, port, socket.SOCK_STREAM)
    sock = socket.socket(family, socket.SOCK_STREAM)
    try:
        if sys.platform != "win32":
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)  # accepted sockets inherit it
        sock.bind(address)
        if reach(address[0]) is Reach.LOOPBACK:
            _send_without_pacing(sock)
        sock.listen(backlog)
    except BaseException:
        sock.close()
        raise
    return sock


def _own(host: str, port: int, kind: socket.SocketKind) -> tuple[int, SocketAddress]:
    """Of one machine: at that of a group, or of a network, nobody could connect."""
    family, address = resolve(host, port, kind)
    if is_shared(address[0]):
        raise OSError(errno.EADDRNOTAVAIL, os.strerror(errno.EADDRNOTAVAIL))
    return family, address


def _send_without_pacing(listener: socket.socket) -> None:
    """Choose Reno, the simplest congestion control, which is in every Linux (tcp(7)).

    Nothing is lost on the loopback, and no bottleneck's speed has to be found there. Where the
    system's choice is BBR, its model and timers for each segment are in vain. Accepted sockets
    inherit the choice.
    """
    if hasattr(socket, "TCP_CONGESTION"):
        with contextlib.suppress(OSError):
            listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_CONGESTION, b"reno")


def notice_vanished_peers(listener: socket.socket) -> None:
    """End accepted connections whose peer's machine is gone without a word.

    The peer is asked after a minute of silence, and given up a minute later (tcp(7)).
    """
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_KEEPALIVE, 1)
    for name, value in (("TCP_KEEPIDLE", 60), ("TCP_KEEPINTVL", 15), ("TCP_KEEPCNT", 4)):
        if hasattr(socket, name):
            listener.setsockopt(socket.IPPROTO_TCP, getattr(socket, name), value)


def bind_udp(host: str, port: int) -> socket.socket:
    """A bound UDP socket with a large receive buffer, for bursts.

    Raises:
        OSError: as listen_tcp.
    """
    family, address = _own(host, port, socket.SOCK_DGRAM)
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
