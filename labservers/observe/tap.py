"""The tap: every call of a program on its sockets becomes a point.

Attributes of the class `socket.socket` are replaced by wrappers, on and off at run time; off,
the methods are those of C again. A wrapper never takes a lock, since a signal handler may run
between any two of its bytecodes: it appends a tuple to a bounded deque, and that is atomic.
"""

from __future__ import annotations

import functools
import itertools
import os
import socket
import sys
import time
from _thread import get_ident
from collections import deque
from typing import Any, Callable, NamedTuple

from .clock import Clock
from .lines import OwnLines, Place
from .outcomes import IN, READERS, REPORTED, Outcome
from .sockets import Entry, Sockets, text_of

RING = 8192  # events that wait to be told; beyond it the oldest are lost, and counted
SPIN = 50  # receives in a row without a byte that are reported one by one
SPIN_EVERY = 1000  # and from then on one in so many


class Point(NamedTuple):
    """A call that has returned. `error`: the name of the exception's class."""

    n: int
    at: float
    thread: int
    place: Place | None
    entry: Entry
    call: str
    waited_s: float
    size: int
    data: bytes | None
    result: str | None
    error: str | None


class SocketEvent(NamedTuple):
    """A step in a socket's life: created, bound, listening, connected, accepted, closed."""

    at: float
    entry: Entry
    event: str
    local: str | None
    peer: str | None


class Counts(NamedTuple):
    """Exact sums of the program's life."""

    points: int
    bytes_in: int
    bytes_out: int
    connections: int


class Tap:
    """What a program does with its sockets.

    `wire` False counts and keeps neither bytes nor lines. `events` holds what is not told yet.
    `now` says what each thread is inside, `last` the bytes that it received last.
    """

    def __init__(self, own: OwnLines, clock: Clock | None = None, *, wire: bool = True) -> None:
        self.own = own
        self.clock = clock if clock is not None else Clock()
        self.wire = wire
        self.events: deque[Any] = deque(maxlen=RING)
        self.now: dict[int, Any] = {}
        self.last: dict[int, bytes] = {}
        self.failure: BaseException | None = None
        self.sockets = Sockets(self._dropped)
        self.wake: Callable[[], None] = _nothing
        self._numbers = itertools.count(1)
        self._sums: dict[int, list[int]] = {}  # a list a thread: no two threads add to one
        self._kept: dict[str, Any] = {}

    @property
    def on(self) -> bool:
        return bool(self._kept)

    def install(self) -> None:
        """Switch on, for all sockets of the process, those that exist as well."""
        if not self.on:
            for name, wrapper in self._wrappers().items():
                self._kept[name] = socket.socket.__dict__.get(name)
                setattr(socket.socket, name, wrapper)

    def remove(self) -> None:
        """Switch off: the class is as it was."""
        for name, kept in self._kept.items():
            if kept is None:
                delattr(socket.socket, name)
            else:
                setattr(socket.socket, name, kept)
        self._kept = {}

    def counts(self) -> Counts:
        sums = list(self._sums.values())
        return Counts(*(sum(one[index] for one in sums) for index in range(4)))

    def forked(self) -> None:
        """This is a child now: what the parent has seen is the parent's to tell."""
        self.events.clear()
        self.now.clear()
        self._sums = {}
        self._numbers = itertools.count(1)

    def fail(self, error: BaseException) -> None:
        """Take the tap out, and say so once."""
        if self.failure is None:
            self.failure = error
            self.remove()
            text = f"observe: the tap failed and is out: {type(error).__name__}: {error}\n"
            try:
                os.write(2, text.encode("utf-8", "replace"))
            except OSError:
                pass

    # The wrappers, and what they call.

    def _wrappers(self) -> dict[str, Any]:
        wrap = self._wrapped if self.wire else self._counted
        wrappers = {name: wrap(name) for name in READERS if hasattr(socket.socket, name)}
        wrappers["__init__"] = _init(self, socket.socket.__init__)
        wrappers["_real_close"] = _real_close(self, socket.socket._real_close)  # type: ignore[attr-defined]
        return wrappers

    def _wrapped(self, name: str) -> Any:
        original = getattr(socket.socket, name)
        reported = REPORTED.get(name, name)
        now, monotonic, getframe = self.now, time.monotonic, sys._getframe

        def call(sock: Any, *arguments: Any, **keywords: Any) -> Any:
            entry = self.entry(sock)
            if entry is None:
                return original(sock, *arguments, **keywords)
            thread = get_ident()
            outer = now.get(thread)
            frame = getframe(1)
            began = monotonic()
            now[thread] = (entry, reported, began, frame)
            try:
                result = original(sock, *arguments, **keywords)
            except BaseException as error:
                self._raised(name, sock, entry, thread, began, frame, error)
                raise
            finally:
                if outer is None:
                    now.pop(thread, None)
                else:
                    now[thread] = outer
            self._returned(name, sock, entry, thread, began, frame, arguments, result)
            return result

        return functools.update_wrapper(call, original)

    def _counted(self, name: str) -> Any:
        original = getattr(socket.socket, name)
        read = READERS[name]

        def call(sock: Any, *arguments: Any, **keywords: Any) -> Any:
            result = original(sock, *arguments, **keywords)
            try:
                sums = self._sums_of(get_ident())
                sums[0] += 1
                if name == "recv":
                    sums[IN] += len(result)
                elif name == "accept":
                    sums[3] += 1
                else:
                    direction, size = read(arguments, result)[:2]
                    if direction:
                        sums[direction] += size
            except Exception as error:
                self.fail(error)
            return result

        return functools.update_wrapper(call, original)

    def entry(self, sock: Any) -> Entry | None:
        """The entry of a socket; None where it is not to be seen, or the tap is out."""
        try:
            entry = self.sockets.known(sock)
            if entry is None:
                entry = self._meet(sock)
            return entry if entry.seen else None
        except Exception as error:
            self.fail(error)
            return None

    def _meet(self, sock: Any) -> Entry:
        """A socket that was made before, or from a descriptor."""
        caller = sys._getframe(3)
        entry = self.sockets.add(sock, own=self.own.name(caller.f_code.co_filename) is not None)
        if entry.seen:
            entry.look_local(sock)
            self.tell_socket(entry, "created")
        return entry

    def _returned(
        self,
        name: str,
        sock: Any,
        entry: Entry,
        thread: int,
        began: float,
        frame: Any,
        arguments: tuple[Any, ...],
        result: Any,
    ) -> None:
        try:
            direction, size, data, text = outcome = READERS[name](arguments, result)
            sums = self._sums_of(thread)
            if direction:
                sums[direction] += size
                if direction == IN and data:
                    self.last[thread] = data
                if entry.connecting:
                    self._connected(entry, sock, sums)
                if name == "sendto" and entry.local is None:
                    self._bound(entry, sock)
            else:
                text = self._lived(name, sock, entry, sums, arguments, result) or text
            self._point(name, entry, thread, began, frame, outcome[:3] + (text,), None)
        except Exception as error:
            self.fail(error)

    def _raised(
        self,
        name: str,
        sock: Any,
        entry: Entry,
        thread: int,
        began: float,
        frame: Any,
        error: BaseException,
    ) -> None:
        try:
            if name == "connect" and isinstance(error, BlockingIOError):
                entry.connecting = True
            outcome = (IN if name.startswith("recv") else 0, 0, None, None)
            self._point(name, entry, thread, began, frame, outcome, type(error).__name__)
        except Exception as fault:
            self.fail(fault)

    def _point(
        self,
        name: str,
        entry: Entry,
        thread: int,
        began: float,
        frame: Any,
        outcome: Outcome,
        error: str | None,
    ) -> None:
        self._sums_of(thread)[0] += 1
        n = next(self._numbers)
        direction, size, data, result = outcome
        if size:
            entry.empty = 0
        elif direction == IN:
            entry.empty += 1
            if entry.empty > SPIN and entry.empty % SPIN_EVERY:
                return
        ended = time.monotonic()
        place = self.own.place(frame)
        self.events.append(
            (n, self.clock.at(ended), thread, place, entry, REPORTED.get(name, name),
             ended - began, size, data, result, error)
        )  # fmt: skip
        self.wake()

    def _lived(
        self,
        name: str,
        sock: Any,
        entry: Entry,
        sums: list[int],
        arguments: tuple[Any, ...],
        result: Any,
    ) -> str | None:
        """What a call without bytes did to the socket's life, in words."""
        if name == "accept":
            return self._accepted(entry, result, sums)
        if name == "bind" or (name == "listen" and entry.local is None):
            self._bound(entry, sock)
        if name == "listen" and not entry.listens:
            entry.listens = True
            self.tell_socket(entry, "listening")
        if name in ("connect", "connect_ex"):
            entry.peer = text_of(arguments[0]) if arguments else None
            if name == "connect" or result == 0:
                self._connected(entry, sock, sums)
            else:
                entry.connecting = True
            return entry.peer
        return entry.local if name == "bind" else None

    def _accepted(self, listener: Entry, result: Any, sums: list[int]) -> str:
        sock, address = result
        entry = self.sockets.add(sock, own=True)
        entry.peer, entry.listener = text_of(address), listener.id
        entry.look_local(sock)
        sums[3] += 1
        self.tell_socket(entry, "accepted")
        return f"fd {entry.fd} from {entry.peer}"

    def _connected(self, entry: Entry, sock: Any, sums: list[int]) -> None:
        entry.connecting = False
        entry.look_local(sock)
        if entry.kind == "stream":
            sums[3] += 1
        self.tell_socket(entry, "connected")

    def _bound(self, entry: Entry, sock: Any) -> None:
        entry.look_local(sock)
        self.tell_socket(entry, "bound")

    def _dropped(self, entry: Entry) -> None:
        """Garbage collection has closed a socket; in any thread, in the middle of anything."""
        if self.on:
            self.tell_socket(entry, "closed")

    def tell_socket(self, entry: Entry, event: str) -> None:
        at = self.clock.now()
        self.events.append(SocketEvent(at, entry, event, entry.local, entry.peer))
        self.wake()

    def _sums_of(self, thread: int) -> list[int]:
        sums = self._sums.get(thread)
        if sums is None:
            sums = self._sums.setdefault(thread, [0, 0, 0, 0])
        return sums


def _init(tap: Tap, original: Any) -> Any:
    def __init__(sock: Any, *arguments: Any, **keywords: Any) -> None:
        original(sock, *arguments, **keywords)
        given = keywords.get("fileno", arguments[3] if len(arguments) > 3 else None)
        if given is None:
            try:
                caller = sys._getframe(1).f_code.co_filename
                entry = tap.sockets.add(sock, own=tap.own.name(caller) is not None)
                if entry.seen:
                    tap.tell_socket(entry, "created")
            except Exception as error:
                tap.fail(error)

    return functools.update_wrapper(__init__, original)


def _real_close(tap: Tap, original: Any) -> Any:
    def _real_close(sock: Any, *arguments: Any, **keywords: Any) -> None:
        entry = tap.sockets.known(sock)
        original(sock, *arguments, **keywords)
        if entry is not None and entry.seen and not entry.closed:
            entry.closed = True
            tap.tell_socket(entry, "closed")

    return functools.update_wrapper(_real_close, original)


def _nothing() -> None: ...
