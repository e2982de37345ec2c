"""Ports for the servers of a test.

The kernel gives out ports from 32768 on to any client that connects, and the tests of another
worker ask at the same time: a port from there may be taken before its server binds it.
"""

import contextlib
import itertools
import os
import socket

import pytest

FIRST, PER_WORKER, WORKERS = 12_000, 2_500, 8
_worker = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0")[2:]) % WORKERS
_begin = os.getpid() * 31 % PER_WORKER  # another test run on this machine begins elsewhere
_turn = itertools.cycle([*range(_begin, PER_WORKER), *range(_begin)])


def _has_ipv6() -> bool:
    """Python may know IPv6 where the system has none: in many a container ::1 is nobody's."""
    try:
        with socket.create_server(("::1", 0), family=socket.AF_INET6):
            return True
    except OSError:
        return False


IPV6 = _has_ipv6()
V6 = pytest.mark.skipif(not IPV6, reason="no IPv6 here")
KINDS = [
    (family, kind)
    for family in (socket.AF_INET, *([socket.AF_INET6] if IPV6 else []))
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM)
]


def free_port() -> int:
    """A port of this worker that neither TCP nor UDP uses now; the next call gives another."""
    for turn in itertools.islice(_turn, PER_WORKER):
        port = FIRST + _worker * PER_WORKER + turn
        if all(_free(port, *each) for each in KINDS):
            return port
    raise OSError(f"none of the {PER_WORKER} ports of this worker is free")


def _free(port: int, family: socket.AddressFamily, kind: socket.SocketKind) -> bool:
    """Whether it is on no address of the family: a connection that waits after its end counts."""
    with socket.socket(family, kind) as sock:
        try:
            sock.bind(("", port))
        except OSError:
            return False
        return True


def end_behind_much(listener: socket.socket) -> None:
    """Accept a client and close, with more sent than it has room for: the end of this stream comes
    when the client has read, which may have ended its own meanwhile. Then both sides wait (RFC 9293
    section 3.6, case 3)."""
    with listener.accept()[0] as accepted, contextlib.suppress(BlockingIOError):
        accepted.setblocking(False)
        while True:
            accepted.send(bytes(65_536))
