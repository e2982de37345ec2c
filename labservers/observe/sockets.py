"""The sockets of a program: an entry each, from the first time that it is seen to its close."""

from __future__ import annotations

import itertools
import socket
import weakref
from typing import Any, Callable

from .addresses import address_text

INTERNET = (socket.AF_INET, socket.AF_INET6)
KINDS = {int(socket.SOCK_STREAM): "stream", int(socket.SOCK_DGRAM): "datagram"}
BASE: Any = socket.socket.__mro__[1]  # the class in C, which no wrapper touches


def text_of(address: object) -> str | None:
    """`127.0.0.1:8000`; None for what is not an address of the internet."""
    if isinstance(address, tuple) and len(address) >= 2:
        return address_text((str(address[0]), address[1]))
    return str(address) if isinstance(address, str) and address else None


class Entry:
    """What is known of a socket. `id` is never given twice; `empty`: receives in a row that
    brought nothing, or failed."""

    __slots__ = (
        "closed",
        "connecting",
        "empty",
        "family",
        "fd",
        "id",
        "kind",
        "listener",
        "listens",
        "local",
        "peer",
        "ref",
        "seen",
    )  # fmt: skip

    def __init__(self, number: int, sock: Any, seen: bool) -> None:
        self.id = number
        self.seen = seen
        self.fd: int = BASE.fileno(sock)
        family = BASE.family.__get__(sock)
        self.family = socket.AddressFamily(family).name if seen else ""
        self.kind = KINDS.get(BASE.type.__get__(sock), "other")
        self.local: str | None = None
        self.peer: str | None = None
        self.listener: int | None = None
        self.connecting = self.closed = self.listens = False
        self.empty = 0
        self.ref: weakref.ref[Any] | None = None

    def look_local(self, sock: Any) -> None:
        """Read the local address from the kernel."""
        try:
            self.local = text_of(BASE.getsockname(sock))
        except OSError:
            pass


class Sockets:
    """Entries by the identity of the socket object, which they do not keep alive.

    `dropped` is called with the entry of a socket object that is gone without a close().
    """

    def __init__(self, dropped: Callable[[Entry], None]) -> None:
        self._entries: dict[int, Entry] = {}
        self._numbers = itertools.count(1)
        self._dropped = dropped

    def known(self, sock: Any) -> Entry | None:
        entry = self._entries.get(id(sock))
        if entry is not None and entry.ref is not None and entry.ref() is sock:
            return entry
        return None

    def add(self, sock: Any, *, own: bool) -> Entry:
        """The entry of a socket that comes into sight. A pair of Unix sockets is seen where an
        own line uses it: a library's pipe to itself is not."""
        family = BASE.family.__get__(sock)
        seen = family in INTERNET or (own and family == getattr(socket, "AF_UNIX", None))
        entry = Entry(next(self._numbers) if seen else 0, sock, seen)
        key = id(sock)

        def gone(ref: object) -> None:
            if self._entries.get(key) is entry:
                del self._entries[key]
            if seen and not entry.closed:
                entry.closed = True
                self._dropped(entry)

        entry.ref = weakref.ref(sock, gone)
        self._entries[key] = entry
        return entry

    def open(self) -> list[Entry]:
        """The sockets that are not closed, as far as they are seen."""
        return [e for e in list(self._entries.values()) if e.seen and not e.closed]
