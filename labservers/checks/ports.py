"""Ports: whether somebody listens on one, and which program, and how one becomes free at once.

The side that closes first keeps the pair of addresses for a minute (RFC 9293 section 3.6.1), and
a server without SO_REUSEADDR cannot bind its port meanwhile. A new SYN from the same client port
ends that wait: the old connection answers it with an ACK that fits nothing, the client's kernel
answers this with RST, and the wait is over (RFC 1337: TIME-WAIT assassination). Where both sides
have closed at once, the client's waits too: its port is bound again if it had SO_REUSEADDR, and
its pair is had again by TCP timestamps (RFC 6191), which tcp(7) may turn off.

The same number on another address is another program's port: what is asked of an address holds for
the sockets that exclude one there. No host, or a name for one, means each of the number.
"""

from __future__ import annotations

import contextlib
import functools
import os
import socket
import time
from pathlib import Path

from labservers.checks.values import Address
from labservers.net.addresses import conflict, is_ipv4, reach
from labservers.net.socket_table import (
    CLOSE_WAIT,
    ESTABLISHED,
    HAS_TABLES,
    LISTEN,
    TIME_WAIT,
    UNCONNECTED,
    Row,
    sockets_at,
)

FREED_S, LOOK_S = 0.5, 0.01
NAME = 60  # characters of a program's name


def keeps(address: Address) -> int:
    """How many connections in TIME-WAIT keep this port; 0 where the system does not say."""
    return len(_waits(address))


def kept_s(address: Address) -> float:
    """Seconds until the last of those waits is over; 0.0 where there is none."""
    return max((row.left_s for row in _waits(address)), default=0.0)


def free(address: Address) -> None:
    """End those waits. Nothing may listen on the port."""
    with contextlib.ExitStack() as clients:
        for row in _waits(address):
            client = clients.enter_context(socket.socket(row.family))
            client.setblocking(False)
            with contextlib.suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                client.bind((row.peer, row.peer_port))
                client.connect((row.host, address.port))
        until = time.monotonic() + FREED_S
        while keeps(address) and time.monotonic() < until:
            time.sleep(LOOK_S)


def taken(address: Address) -> bool:
    """Whether the kernel takes connections, or datagrams, for this port; True where the system
    does not say."""
    return bool(_open(address)) if HAS_TABLES else True


def holder(address: Address) -> str | None:
    """The program that listens there, as "python3 server.py, PID 4312"; "" where the system does
    not say which, as of another user's; None: nobody, or the system does not say whether."""
    sockets = {f"socket:[{row.inode}]" for row in _open(address)} if HAS_TABLES else set()
    if not sockets:
        return None
    for pid in filter(str.isdecimal, os.listdir("/proc")):
        with contextlib.suppress(OSError):
            links = (
                os.readlink(f"/proc/{pid}/fd/{name}") for name in os.listdir(f"/proc/{pid}/fd")
            )
            if not sockets.isdisjoint(links):
                return f"{_name(pid)}, PID {pid}"
    return ""


def _name(pid: str) -> str:
    """Its file, and that of the script that an interpreter runs (proc_pid_cmdline(5))."""
    program, *words = Path(f"/proc/{pid}/cmdline").read_text("utf-8", "replace").split("\0")
    script = words[:1] if words and not words[0].startswith("-") else []
    return " ".join(Path(word).name for word in (program, *script) if word)[:NAME]


def _open(address: Address) -> list[Row]:
    """Sockets that take connections, or datagrams, on this port. One of `::` may take none of IPv4
    (IPV6_V6ONLY, ipv6(7)), which no table says: it counts where there is no other."""
    kind, open_state = ("udp", UNCONNECTED) if address.datagram else ("tcp", LISTEN)
    rows = [row for row in sockets_at(kind, address.port) if row.state == open_state]
    there = [row for row in rows if _is_at(address.host, row.host)]
    if reach(address.host) is None:
        return there
    return [row for row in there if is_ipv4(row.host) == is_ipv4(address.host)] or there


@functools.lru_cache(1_000)
def _is_at(host: str, other: str) -> bool:
    """Kept: a port may have thousands of rows, of few addresses."""
    return not host or reach(host) is None or conflict(host, other)


def held(port: int, peer_ports: set[int]) -> int:
    """How many of the connections from these ports to this one the server's side still holds."""
    rows = (row for row in sockets_at("tcp", port) if row.peer_port in peer_ports)
    return sum(row.state in (ESTABLISHED, CLOSE_WAIT) for row in rows)


def unclosed(address: Address) -> int:
    """How many clients of a server of TCP have ended their stream, and it not yet its own."""
    rows = () if address.datagram else sockets_at("tcp", address.port)
    return sum(row.state == CLOSE_WAIT and _is_at(address.host, row.host) for row in rows)


def _waits(address: Address) -> list[Row]:
    rows = () if address.datagram else sockets_at("tcp", address.port)
    return [row for row in rows if row.state == TIME_WAIT and _is_at(address.host, row.host)]
