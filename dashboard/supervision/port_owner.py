"""Whose a port is, and which one is free: asked only when a bind has failed."""

import socket
from collections.abc import Iterable
from typing import Any

import psutil

from labservers.net.addresses import conflict, is_ipv4, resolve
from labservers.net.listening import bind_udp, listen_tcp
from labservers.net.socket_table import TIME_WAIT, sockets_at

COMMAND_CHARACTERS = 120
UDP = socket.SOCK_DGRAM
FREE_TRIES = 50


def owner(host: str, port: int, transport: str, ours: Iterable[int] = ()) -> dict[str, Any] | None:
    """The process that keeps others from binding host and port: pid, command, since (Unix
    seconds), ours.

    None when no process is seen; pid and command are None when the system does not tell. One of
    the wanted family comes first: whether `::` stands in IPv4's way, IPV6_V6ONLY decides, which no
    table shows (ipv6(7)).
    """
    kind = "udp" if transport == "udp" else "tcp"
    try:
        wanted = resolve(host, port, socket.SOCK_STREAM)[1][0]
        bound = psutil.net_connections(kind)
    except (psutil.AccessDenied, OSError):
        return {"pid": None, "command": None, "since": None, "ours": False}
    found = [
        (is_ipv4(c.laddr.ip), c.pid)
        for c in bound
        if (kind == "udp" or c.status == psutil.CONN_LISTEN)
        and c.laddr
        and c.laddr.port == port
        and conflict(c.laddr.ip, wanted)
    ]
    alike = [one for one in found if one[0] == is_ipv4(wanted)]
    if not found or (not alike and is_ipv4(wanted) and _can_bind(host, port, transport)):
        return None
    pid = next((pid for _, pid in alike or found if pid), None)
    return {**_described(pid), "ours": pid in set(ours)}


def listening(pid: int) -> list[tuple[str, tuple[str, int]]]:
    """Where a process takes connections (stream) or datagrams, as the kernel says: kind and
    address."""
    try:
        found = psutil.Process(pid).net_connections("inet")
    except (psutil.Error, OSError):
        return []
    return [
        ("datagram" if c.type == UDP else "stream", (c.laddr.ip, c.laddr.port))
        for c in found
        if c.laddr and (c.status == psutil.CONN_LISTEN or (c.type == UDP and not c.raddr))
    ]


def kept_s(host: str, port: int) -> float | None:
    """Seconds until the kernel gives up the last connection in TIME_WAIT that keeps this address of
    TCP (60 s, tcp(7)); None where none does, or the system does not tell."""
    try:
        wanted = resolve(host, port, socket.SOCK_STREAM)[1][0]
    except OSError:
        return None
    waits = (row for row in sockets_at("tcp", port) if row.state == TIME_WAIT)
    return max((row.left_s for row in waits if conflict(row.host, wanted)), default=None)


def _described(pid: int | None) -> dict[str, Any]:
    unknown = {"pid": pid, "command": None, "since": None}
    if pid is None:
        return unknown
    try:
        process = psutil.Process(pid)
        command = " ".join(process.cmdline()) or process.name()
        return {"pid": pid, "command": command[:COMMAND_CHARACTERS], "since": process.create_time()}
    except (psutil.Error, OSError):
        return unknown


def free_port(host: str, port: int, transport: str, taken: Iterable[int]) -> int | None:
    """The first free port above `port`, by tens as the lab counts, not one of `taken`."""
    avoid = set(taken)
    for step in range(1, FREE_TRIES + 1):
        candidate = port + 10 * step
        if candidate > 65535:
            return None
        if candidate not in avoid and _can_bind(host, candidate, transport):
            return candidate
    return None


def _can_bind(host: str, port: int, transport: str) -> bool:
    take = bind_udp if transport == "udp" else listen_tcp
    try:
        take(host, port).close()
    except OSError:
        return False
    return True
