"""Ports: whether somebody listens on one, and how one becomes free at once.

The side that closes first keeps the pair of addresses for a minute (RFC 9293 section 3.6.1), and
a server without SO_REUSEADDR cannot bind its port meanwhile. A new SYN from the same client port
ends that wait: the old connection answers it with an ACK that fits nothing, the client's kernel
answers this with RST, and the wait is over (RFC 1337: TIME-WAIT assassination).
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from labservers.checks.values import Address

TIME_WAIT = "06"  # linux/tcp_states.h
LISTEN = "0A"
HELD = ("01", "08")  # ESTABLISHED, CLOSE-WAIT
UNCONNECTED = "07"  # a bound socket of UDP
TABLES = ((socket.AF_INET, "/proc/net/{}"), (socket.AF_INET6, "/proc/net/{}6"))
FREED_S, LOOK_S = 0.5, 0.01

Pair = tuple[int, str, str, int]  # family, our host, the peer's host, the peer's port


def keeps(port: int) -> int:
    """How many connections in TIME-WAIT keep this port; 0 where the system does not say."""
    return sum(1 for _ in _pairs(port))


def free(port: int) -> None:
    """End those waits. Nothing may listen on the port."""
    with contextlib.ExitStack() as clients:
        for family, host, peer, peer_port in list(_pairs(port)):
            client = clients.enter_context(socket.socket(family))
            client.setblocking(False)
            with contextlib.suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                client.bind((peer, peer_port))
                client.connect((host, port))
        until = time.monotonic() + FREED_S
        while keeps(port) and time.monotonic() < until:
            time.sleep(LOOK_S)


def taken(address: Address) -> bool:
    """Whether the kernel takes connections, or datagrams, for this port; True where the system
    does not say."""
    if not Path("/proc/net/tcp").exists():
        return True
    kind, open_state = ("udp", UNCONNECTED) if address.datagram else ("tcp", LISTEN)
    rows = _rows(kind)
    return any(local == address.port and state == open_state for _, _, local, _, _, state in rows)


def held(port: int, peer_ports: set[int]) -> int:
    """How many of the connections from these ports to this one the server's side still holds."""
    return sum(
        local == port and peer_port in peer_ports and state in HELD
        for _, _, local, _, peer_port, state in _rows("tcp")
    )


def _pairs(port: int) -> Iterator[Pair]:
    for family, host, local, peer, peer_port, state in _rows("tcp"):
        if local == port and state == TIME_WAIT:
            yield family, host, peer, peer_port


def _rows(kind: str) -> Iterator[tuple[int, str, int, str, int, str]]:
    for family, table in TABLES:
        with contextlib.suppress(OSError), open(table.format(kind), encoding="ascii") as file:
            next(file)
            for line in file:
                _, local, peer, state, *_ = line.split()
                yield family, *_address(local), *_address(peer), state


def _address(text: str) -> tuple[str, int]:
    """`0100007F:1F90`: words of 32 bits as the machine keeps them, in hexadecimal."""
    words, port = text.split(":")
    packed = b"".join(
        int(words[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(words), 8)
    )
    return str(ipaddress.ip_address(packed)), int(port, 16)
