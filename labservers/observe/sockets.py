"""The sockets of a program: an entry each, from the first time that it is seen to its close."""

from __future__ import annotations

import itertools
import socket
import weakref
from typing import Any, Callable

from .addresses import address_text

INTERNET = (socket.AF_INET, socket.AF_INET6)
UNIX = getattr(socket, "AF_UNIX", None)
DATAGRAM = "datagram"
KINDS = {int(socket.SOCK_STREAM): "stream", int(socket.SOCK_DGRAM): DATAGRAM}
BASE: Any = socket.socket.__mro__[1]  # the class in C, which no wrapper touches


def text_of(address: object) -> str | None:
    """`127.0.0.1:8000`; None for what is not an address of the internet."""
    if isinstance(address, tuple) and len(address) >= 2:
        return address_text((str(address[0]), address[1]))
    return str(address) if isinstance(address, str) and address else None


class Entry:
    """One socket, as far as it is known. `id` is never given twice.

    bytes_in, bytes_out: of the points so far. `empty`: receives in a row that brought
    nothing, or failed. `newest`: bytes received; `asked_at`: when, if no send has followed.
    `ref`: the socket object that owns the descriptor now. `encrypted`: its plain text is seen above
    it.
    """

    __slots__ = (
        "__weakref__",
        "asked_at",
        "bytes_in",
        "bytes_out",
        "closed",
        "connecting",
        "empty",
        "encrypted",
        "family",
        "fd",
        "id",
        "kind",
        "listener",
        "listens",
        "local",
        "newest",
        "opened_at",
        "peer",
        "ref",
        "seen",
    )  # fmt: skip

    def __init__(self, number: int = 0, sock: Any = None, seen: bool = False, at: float = 0.0):
        self.id = number
        self.seen = seen
        self.opened_at = at
        self.fd: int = BASE.fileno(sock) if seen else -1
        self.family = socket.AddressFamily(BASE.family.__get__(sock)).name if seen else ""
        self.kind = KINDS.get(BASE.type.__get__(sock), "other") if seen else ""
        self.local: str | None = None
        self.peer: str | None = None
        self.listener: int | None = None
        self.connecting = self.closed = self.listens = self.encrypted = False
        self.bytes_in = self.bytes_out = self.empty = 0
        self.newest: bytes | None = None
        self.asked_at = 0.0
        self.ref: weakref.ref[Any] | None = None

    def look_local(self, sock: Any) -> None:
        """Read the local address from the kernel; one without a port is not bound yet."""
        try:
            address = BASE.getsockname(sock)
        except OSError:
            return
        bound = not isinstance(address, tuple) or address[1]
        self.local = text_of(address) if bound else None

    def look_back(self, sock: Any) -> None:
        """Read what has happened to a socket before it came into sight."""
        self.look_local(sock)
        try:
            self.peer = text_of(BASE.getpeername(sock))
        except OSError:
            self.listens = _listens(sock)


def _listens(sock: Any) -> bool:
    try:
        return bool(BASE.getsockopt(sock, socket.SOL_SOCKET, socket.SO_ACCEPTCONN))
    except (OSError, AttributeError):  # not every system can say it
        return False


def _is_same(entry: Entry, sock: Any) -> bool:
    """Whether this may be the socket of the entry, by its ends."""
    now = Entry(entry.id, sock, seen=True)
    now.look_back(sock)
    ends = ((entry.local, now.local), (entry.peer, now.peer))
    alike = (entry.family, entry.kind) == (now.family, now.kind)
    return alike and all(before in (None, after) for before, after in ends)


class Sockets:
    """Entries by the identity of the socket object, which they do not keep alive.

    `entries` holds those of live objects alone: an object that goes takes its entry along
    before its identity can be another's. `settled`: those of them that are seen and have no
    connect() under way, of which a later call shows the end. `dropped` is called with the entry
    of a socket object that is gone without a close().
    """

    def __init__(self, dropped: Callable[[Entry], None], now: Callable[[], float]) -> None:
        self.entries: dict[int, Entry] = {}
        self.settled: dict[int, Entry] = {}
        self._by_descriptor: dict[int, Entry] = {}
        self._refs: dict[int, weakref.ref[Any]] = {}
        self._numbers = itertools.count(1)
        self._dropped = dropped
        self._now = now

    def add(self, sock: Any, *, own: bool) -> Entry:
        """The entry of a socket that comes into sight. A pair of Unix sockets is seen where an
        own line uses it: a library's pipe to itself is not."""
        family = BASE.family.__get__(sock)
        seen = family in INTERNET or (own and family == UNIX)
        entry = Entry(next(self._numbers) if seen else 0, sock, seen, self._now())
        if seen:
            self._replaced(entry.fd)
            self._by_descriptor[entry.fd] = entry
        self._own(sock, entry)
        return entry

    def adopt(self, sock: Any) -> Entry | None:
        """The entry of a descriptor that another socket object had, as TLS does it."""
        number = BASE.fileno(sock)
        entry = self._by_descriptor.get(number)
        if entry is not None and not _is_same(entry, sock):
            self._replaced(number)
            return None
        if entry is not None:
            self._own(sock, entry)
        return entry

    def _replaced(self, number: int) -> None:
        """This descriptor is another socket's now: os.close() has closed the one before."""
        before = self._by_descriptor.get(number)
        if before is not None and self.close(before):
            self._dropped(before)

    def connects(self, sock: Any, entry: Entry) -> None:
        """A connect() of this socket is under way."""
        entry.connecting = True
        self.settled.pop(id(sock), None)

    def settle(self, sock: Any, entry: Entry) -> None:
        """It is under way no longer."""
        entry.connecting = False
        self.settled[id(sock)] = entry

    def encrypt(self, sock: Any, entry: Entry) -> None:
        """From now on another object's calls are those of this socket; see name()."""
        entry.encrypted = True
        self.settled.pop(id(sock), None)

    def name(self, other: Any, entry: Entry) -> None:
        """An object beside the socket, whose calls are those of this entry."""
        self._remember(other, entry, lambda: None)

    def detach(self, sock: Any) -> None:
        """This object has given its descriptor away, which stays open."""
        self.settled.pop(id(sock), None)
        entry = self.entries.pop(id(sock), None)
        if entry is not None and entry.ref is not None and entry.ref() is sock:
            entry.ref = None

    def close(self, entry: Entry) -> bool:
        """Whether this is the first close."""
        first, entry.closed = not entry.closed, True
        if self._by_descriptor.get(entry.fd) is entry:
            del self._by_descriptor[entry.fd]
        return first and entry.seen

    def of_descriptor(self, number: int) -> Entry | None:
        """The entry of an open socket."""
        return self._by_descriptor.get(number)

    def open(self) -> list[Entry]:
        """The sockets that are not closed, as far as they are seen."""
        entries = {entry.id: entry for entry in list(self.entries.values())}
        return [entry for entry in entries.values() if entry.seen and not entry.closed]

    def _own(self, sock: Any, entry: Entry) -> None:
        def gone() -> None:
            if entry.ref is ref and self.close(entry):
                self._dropped(entry)

        entry.ref = ref = self._remember(sock, entry, gone)
        if entry.seen and not entry.connecting:
            self.settled[id(sock)] = entry

    def _remember(self, sock: Any, entry: Entry, then: Callable[[], None]) -> weakref.ref[Any]:
        """For as long as the object lives."""
        key = id(sock)

        def gone(ref: object) -> None:
            if self._refs.get(key) is ref:
                del self._refs[key]
                self.entries.pop(key, None)
                self.settled.pop(key, None)
            then()

        ref = self._refs[key] = weakref.ref(sock, gone)
        self.entries[key] = entry
        return ref
