"""Who holds a port, and which one is free: asked only when a bind has failed."""

import contextlib
import functools
import socket
import threading
from collections.abc import Iterable
from typing import Any

import psutil

from labservers.net.listening import bind_udp, listen_tcp

COMMAND_CHARACTERS = 120
FREE_TRIES = 50
LOOK_UP_S = 0.2


def owner(port: int, transport: str, ours: Iterable[int] = ()) -> dict[str, Any] | None:
    """The process that listens on a port: pid, command, since (Unix seconds), ours.

    None when nobody is seen; pid and command are None when the system does not tell.
    """
    kind = "udp" if transport == "udp" else "tcp"
    try:
        found = [
            c
            for c in psutil.net_connections(kind)
            if c.laddr
            and c.laddr.port == port
            and (kind == "udp" or c.status == psutil.CONN_LISTEN)
        ]
    except (psutil.AccessDenied, OSError):
        return {"pid": None, "command": None, "since": None, "ours": False}
    if not found:
        return None
    pid = next((c.pid for c in found if c.pid), None)
    return {**_described(pid), "ours": pid in set(ours)}


def _described(pid: int | None) -> dict[str, Any]:
    unknown = {"pid": pid, "command": None, "since": None}
    if pid is None:
        return unknown
    try:
        process = psutil.Process(pid)
        command = " ".join(process.cmdline()) or process.name()
        return {"pid": pid, "command": command[:COMMAND_CHARACTERS], "since": process.create_time()}
    except psutil.Error:
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


def host_choices() -> list[dict[str, Any]]:
    """Addresses a server can be put on; `warning` marks those that others can reach."""
    name = socket.gethostname()
    choices = [_choice("127.0.0.1"), _choice(name, warning=not _is_loopback(name))]
    for addresses in psutil.net_if_addrs().values():
        for address in addresses:
            if address.family == socket.AF_INET and not address.address.startswith("127."):
                choices.append(_choice(address.address, warning=True))
    choices.append(_choice("0.0.0.0", warning=True))
    return list({choice["host"]: choice for choice in choices}.values())


def _choice(host: str, *, warning: bool = False) -> dict[str, Any]:
    return {"host": host, "label": host, "warning": warning}


def _is_loopback(name: str) -> bool:
    found = _look_up(name)
    found.join(LOOK_UP_S)
    return found.address.startswith("127.")


@functools.cache
def _look_up(name: str) -> "LookUp":
    return LookUp(name)


class LookUp(threading.Thread):
    """The address of a name, asked for once: without a network that can take many seconds."""

    def __init__(self, name: str) -> None:
        super().__init__(name="look-up", daemon=True)
        self._host = name
        self.address = ""
        self.start()

    def run(self) -> None:
        with contextlib.suppress(OSError):
            self.address = socket.gethostbyname(self._host)
