"""The server's ends of connections, as the kernel of this machine knows them (sock_diag(7)).

Each is asked for by its two addresses: the tables in /proc/net have all connections of the
machine, and take tens of milliseconds where there are thousands.
"""

from __future__ import annotations

import contextlib
import errno
import socket
import struct
import time
from collections.abc import Iterable
from typing import NamedTuple

from labservers.net.addresses import SocketAddress

NETLINK_SOCK_DIAG, SOCK_DIAG_BY_FAMILY = 4, 20  # linux/netlink.h, linux/sock_diag.h
NLM_F_REQUEST = 1
ESTABLISHED, CLOSE_WAIT = 1, 8  # linux/tcp_states.h
HEADER = struct.Struct("=IHHII")  # nlmsghdr
REQUEST = struct.Struct("=BBBxI")  # inet_diag_req_v2, up to the addresses
PORTS = struct.Struct("!HH")
ANY_SOCKET = struct.pack("=III", 0, 0xFFFFFFFF, 0xFFFFFFFF)  # interface, INET_DIAG_NOCOOKIE
ANSWER = struct.Struct("=BBxx48x4xI4x4xI")  # inet_diag_msg: family, state, unread, inode
ANSWERED_S = 1.0
LOOK_S = 0.004


class Pair(NamedTuple):
    """The addresses of a connection."""

    client: SocketAddress
    server: SocketAddress


class End(NamedTuple):
    """unread: bytes that the server has not read, of which the end of the stream is one."""

    state: int
    unread: int
    accepted: bool


def all_taken(pairs: Iterable[Pair]) -> bool:
    """Whether the server has accepted these connections, and read all that was sent; False also
    where the system does not say."""
    with contextlib.suppress(OSError, AttributeError), _kernel() as kernel:
        return all(_is_taken(_asked(kernel, pair)) for pair in pairs)
    return False


def wait_for_reader(pair: Pair | None, most_s: float) -> None:
    """Until the server has read what was sent so far, where the system knows; at most so long."""
    until = time.monotonic() + most_s
    with contextlib.suppress(OSError, AttributeError), _kernel() as kernel:
        while pair is not None and not _is_taken(_asked(kernel, pair)):
            if time.monotonic() >= until:
                return
            time.sleep(LOOK_S)


def _is_taken(end: End | None) -> bool:
    """None: the server has closed it."""
    open_yet = end is not None and end.state in (ESTABLISHED, CLOSE_WAIT)
    return end is None or not open_yet or (end.accepted and not end.unread)


def _kernel() -> socket.socket:
    kernel = socket.socket(socket.AF_NETLINK, socket.SOCK_RAW, NETLINK_SOCK_DIAG)
    kernel.settimeout(ANSWERED_S)
    return kernel


def _asked(kernel: socket.socket, pair: Pair) -> End | None:
    """The server's end; None: there is none.

    Raises:
        OSError: this kernel does not answer such questions.
    """
    kernel.send(_question(pair))
    data = kernel.recv(4096)
    if HEADER.unpack_from(data)[1] != SOCK_DIAG_BY_FAMILY:
        _must_be_absent(data)
        return None
    _, state, unread, inode = ANSWER.unpack_from(data, HEADER.size)
    return End(state, unread, inode != 0)


def _must_be_absent(data: bytes) -> None:
    """The refusal says ENOENT: there is no such connection. Another one is an error."""
    (number,) = struct.unpack_from("=i", data, HEADER.size)
    if -number != errno.ENOENT:
        raise OSError(-number, "sock_diag")


def _question(pair: Pair) -> bytes:
    family = socket.AF_INET6 if ":" in pair.server[0] else socket.AF_INET
    server, client = (
        socket.inet_pton(family, host).ljust(16, b"\0") for host in (pair.server[0], pair.client[0])
    )
    ends = PORTS.pack(pair.server[1], pair.client[1]) + server + client + ANY_SOCKET
    body = REQUEST.pack(family, socket.IPPROTO_TCP, 0, 0xFFFFFFFF) + ends
    size = HEADER.size + len(body)
    return HEADER.pack(size, SOCK_DIAG_BY_FAMILY, NLM_F_REQUEST, 1, 0) + body
