"""The sockets of this machine, as its kernel lists them (/proc/net/tcp and its kin, proc_net(5)).

Linux alone has the tables: elsewhere no socket is seen.
"""

from __future__ import annotations

import contextlib
import ipaddress
import socket
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

# States, of linux/tcp_states.h.
ESTABLISHED, TIME_WAIT, UNCONNECTED, CLOSE_WAIT, LISTEN = "01", "06", "07", "08", "0A"
TABLES = ((socket.AF_INET, "/proc/net/{}"), (socket.AF_INET6, "/proc/net/{}6"))
HAS_TABLES = Path("/proc/net/tcp").exists()
TICKS = 100  # of a second (USER_HZ)


class Row(NamedTuple):
    """A socket. host and peer: addresses as text, without a name. left_s: until its timer ends,
    which in TIME-WAIT is the end of the wait."""

    family: int
    host: str
    peer: str
    peer_port: int
    state: str
    left_s: float
    inode: str


def sockets_at(kind: str, port: int) -> Iterator[Row]:
    """The sockets of "tcp", or "udp", that have this port themselves. Out of thousands of lines few
    do: the others are passed over as they are."""
    wanted = f":{port:04X} "
    for family, table in TABLES:
        with contextlib.suppress(OSError), open(table.format(kind), encoding="ascii") as file:
            for line in file:
                if wanted not in line:
                    continue
                _, local, peer, state, _, timer, _, _, _, inode, *_ = filter(None, line.split(" "))
                host, own_port = _address(local)
                if own_port == port:
                    left_s = int(timer.partition(":")[2], 16) / TICKS
                    yield Row(family, host, *_address(peer), state, left_s, inode)


def _address(text: str) -> tuple[str, int]:
    """`0100007F:1F90`: words of 32 bits as the machine keeps them, in hexadecimal."""
    words, port = text.split(":")
    packed = b"".join(
        int(words[at : at + 8], 16).to_bytes(4, sys.byteorder) for at in range(0, len(words), 8)
    )
    return str(ipaddress.ip_address(packed)), int(port, 16)
