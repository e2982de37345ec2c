"""Ports: whether somebody listens on one, and which program, and how one becomes free at once.

The side that closes first keeps the pair of addresses for a minute (RFC 9293 section 3.6.1), and
a server without SO_REUSEADDR cannot bind its port meanwhile. A new SYN from the same client port
ends that wait: the old connection answers it with an ACK that fits nothing, the client's kernel
answers this with RST, and the wait is over (RFC 1337: TIME-WAIT assassination).
"""

from __future__ import annotations

import contextlib
import ipaddress
import os
import socket
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

from labservers.checks.values import Address

TIME_WAIT = "06"  # linux/tcp_states.h
LISTEN = "0A"
ESTABLISHED, CLOSE_WAIT = "01", "08"
UNCONNECTED = "07"  # a bound socket of UDP
TABLES = ((socket.AF_INET, "/proc/net/{}"), (socket.AF_INET6, "/proc/net/{}6"))
TABLE = Path("/proc/net/tcp")
FREED_S, LOOK_S = 0.5, 0.01
NAME = 60  # characters of a program's name


def keeps(port: int) -> int:
    """How many connections in TIME-WAIT keep this port; 0 where the system does not say."""
    return len(_waits(port))


def free(port: int) -> None:
    """End those waits. Nothing may listen on the port."""
    with contextlib.ExitStack() as clients:
        for row in _waits(port):
            client = clients.enter_context(socket.socket(row.family))
            client.setblocking(False)
            with contextlib.suppress(OSError):
                client.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
                client.bind((row.peer, row.peer_port))
                client.connect((row.host, port))
        until = time.monotonic() + FREED_S
        while keeps(port) and time.monotonic() < until:
            time.sleep(LOOK_S)


def taken(address: Address) -> bool:
    """Whether the kernel takes connections, or datagrams, for this port; True where the system
    does not say."""
    return next(_open(address), None) is not None if TABLE.exists() else True


def holder(address: Address) -> str | None:
    """The program that listens there, as "python3 server.py, PID 4312"; "" where the system does
    not say which, as of another user's; None: nobody, or the system does not say whether."""
    sockets = {f"socket:[{row.inode}]" for row in _open(address)} if TABLE.exists() else set()
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


def _open(address: Address) -> Iterator[Row]:
    """Sockets that take connections, or datagrams, on this port."""
    kind, open_state = ("udp", UNCONNECTED) if address.datagram else ("tcp", LISTEN)
    return (row for row in _rows(kind, address.port) if row.state == open_state)


def held(port: int, peer_ports: set[int]) -> int:
    """How many of the connections from these ports to this one the server's side still holds."""
    rows = (row for row in _rows("tcp", port) if row.peer_port in peer_ports)
    return sum(row.state in (ESTABLISHED, CLOSE_WAIT) for row in rows)


def unclosed(address: Address) -> int:
    """How many clients of a server of TCP have ended their stream, and it not yet its own."""
    rows = () if address.datagram else _rows("tcp", address.port)
    return sum(row.state == CLOSE_WAIT for row in rows)


class Row(NamedTuple):
    """A socket of this machine that has the port that was asked for."""

    family: int
    host: str
    peer: str
    peer_port: int
    state: str
    inode: str


def _waits(port: int) -> list[Row]:
    return [row for row in _rows("tcp", port) if row.state == TIME_WAIT]


def _rows(kind: str, port: int) -> Iterator[Row]:
    """Out of thousands of lines few are of the port: the others are passed over as they are."""
    wanted = f":{port:04X} "
    for family, table in TABLES:
        with contextlib.suppress(OSError), open(table.format(kind), encoding="ascii") as file:
            for line in file:
                if wanted not in line:
                    continue
                _, local, peer, state, _, _, _, _, _, inode, *_ = line.split()
                host, own_port = _address(local)
                if own_port == port:
                    yield Row(family, host, *_address(peer), state, inode)


def _address(text: str) -> tuple[str, int]:
    """`0100007F:1F90`: words of 32 bits as the machine keeps them, in hexadecimal."""
    words, port = text.split(":")
    packed = b"".join(
        int(words[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(words), 8)
    )
    return str(ipaddress.ip_address(packed)), int(port, 16)
