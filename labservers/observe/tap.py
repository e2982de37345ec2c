"""The tap: every call of a program on its sockets becomes a point.

Attributes of the class `socket.socket`, and a few functions that wait, are replaced by wrappers,
on and off at run time; off, they are those of C again. A wrapper never takes a lock, since a
signal handler may run between any two of its bytecodes: it appends a tuple to a deque, and that
is atomic.
"""

from __future__ import annotations

import sys
import time
from _thread import get_ident
from types import FrameType
from typing import Any, Callable, NamedTuple

from . import messages, pollers, tls, waits, wrappers
from .book import CROWD_WAIT_S, CROWDED, RING, Book, Received, Totals
from .clock import Clock
from .lines import NOWHERE, OURS, OwnLines, by_program
from .points import REST, WIDTH, Life
from .sockets import BASE, Entry, Sockets, text_of
from .turns import Turns
from .variables import forget

MISSING = object()


class Inside(NamedTuple):
    """The call that a thread is inside. `since` by time.monotonic(); the frame has called it."""

    call: str
    entry: Entry | None
    since: float
    frame: FrameType | None


class Tap:
    """The calls of a program on its sockets.

    `room`: for so many events that wait to be read. `gates`: at most one stepper, whose before()
    and after() are called around each call; empty costs a truth test. `book` holds what was seen.
    `handled` is called with the exception that is being handled where a socket is closed.
    `unseen` stands for each socket whose calls are not points. `wire`: see install().
    """

    def __init__(self, own: OwnLines, clock: Clock | None = None, room: int = RING) -> None:
        self.own = own
        self.room = room
        self.clock = clock if clock is not None else Clock()
        self.book = Book(own, self.clock)
        self.events = self.book.ring
        self.gates: list[Any] = []
        self.handled: Callable[[BaseException | None], None] = _nothing
        self.failure: BaseException | None = None
        self.wire = True
        self.sockets = Sockets(self._dropped, self.clock.now)
        self.turns = Turns(self.sockets, self.fail)
        self._kept: list[tuple[Any, str, Any]] = []
        self._put: list[tuple[Any, str, Any]] = []
        self.unseen = Entry()

    @property
    def on(self) -> bool:
        return bool(self._kept)

    def install(self, *, wire: bool = True) -> None:
        """Switch on, for all sockets of the process, those that exist as well. `wire` False
        counts the calls that move bytes and keeps neither these nor their lines."""
        if not self.on:
            self.wire = wire
            self.replace(wrappers.of_sockets(self, wire=wire))
            self.replace(waits.of_modules(self))
            self.replace(pollers.of_select(self))

    def replace(self, wrappers: list[tuple[Any, str, Any]]) -> None:
        """Put each in its place (holder, name, wrapper), until remove()."""
        for holder, name, wrapper in wrappers:
            self._kept.append((holder, name, holder.__dict__.get(name, MISSING)))
            setattr(holder, name, wrapper)
            self._put.append((holder, name, wrapper))

    def displaced(self) -> list[str]:
        """The calls that are not seen any more: the program has put something else in the place
        of our wrappers."""
        return [name for holder, name, put in self._put[:] if holder.__dict__.get(name) is not put]

    def follow_tls(self) -> None:
        """The program makes a socket: it may have loaded ssl since the last one."""
        tls.follow(self)

    def remove(self) -> None:
        """Switch off: all is as it was."""
        self._put.clear()
        while True:
            try:
                holder, name, kept = self._kept.pop()
            except IndexError:  # also where two threads switch off at once
                return
            if kept is MISSING:
                delattr(holder, name)
            else:
                setattr(holder, name, kept)

    def totals(self) -> Totals:
        """Exact, up to now."""
        self.book.fold()
        return self.book.totals()

    def received(self, thread: int) -> Received | None:
        """The last bytes that this thread has received."""
        return self.book.received(thread)

    def forked(self) -> None:
        """This is a child now: what the parent has seen is the parent's to tell."""
        self.gates.clear()
        self.book.begin_anew()

    def fail(self, error: BaseException) -> None:
        """Take the tap out, and say so once.

        An exception that is the program's own goes on to it: a signal handler that raises.
        """
        if by_program(error):
            raise error
        if self.failure is None:
            self.failure = error
            self.remove()
            text = f"the tap failed and is out: {type(error).__name__}: {error}"
            self.put(messages.Notice(self.clock.now(), "tap_out", text))

    def put(self, event: Any) -> None:
        """Let something else than a call wait in its place in the order, from any thread."""
        self.events.extend((event, *REST))
        if self._crowded():
            self.relieve()

    def relieve(self) -> None:
        """The ring is full; called by a thread of the program. Where another one reads it and it
        fills all the same, this one waits a moment for its turn: a hundred threads that spin
        are faster than one that reads."""
        try:
            self.book.fold(CROWD_WAIT_S if self._crowded() else 0.0)
        except Exception as error:
            self.fail(error)

    def _crowded(self) -> bool:
        return len(self.events) > CROWDED * self.room * WIDTH

    def inside(self, frame: FrameType | None) -> Inside | None:
        """The call that a thread is inside, by its innermost frame: from the names of a wrapper
        of ours on its stack, above the program's own."""
        while frame is not None and self.own.name(frame.f_code.co_filename) is None:
            names = frame.f_locals if frame.f_code.co_name == "tapped" else {}
            if "began" in names and "call" in names:
                found = Inside(names["call"], names.get("entry"), names["began"], frame.f_back)
                forget(frame, names)
                return found
            frame = frame.f_back
        return None

    def waited(
        self,
        call: str,
        began: float,
        frame: FrameType,
        result: str | None = None,
        error: str | None = None,
    ) -> None:
        """A call without a socket is over, as a wait for a lock."""
        try:
            self.record(call, None, began, frame, 0, None, result, error)
        except Exception as fault:
            self.fail(fault)

    def record(
        self,
        call: str,
        entry: Entry | None,
        began: float,
        frame: FrameType | None,
        size: int,
        data: bytes | None,
        result: str | None,
        error: str | None,
    ) -> None:
        """A call is over. Nothing of the frame is kept, so that its locals live as long as ever."""
        ended = time.monotonic()
        own = self.own.frame(frame) or NOWHERE
        code, instruction = own.f_code, own.f_lasti
        self.events.extend(
            (ended, began, get_ident(), code, instruction, entry, call, size, data, result, error)
        )
        if len(self.events) > self.room * WIDTH:
            self.relieve()

    # The lives of sockets.

    def meet(self, sock: Any) -> Entry:
        """A socket that was made before, or by a library: its entry."""
        if not isinstance(sock, BASE):  # socket.recv(5): the call itself says what is wrong
            return self.unseen
        try:
            caller = sys._getframe(1)
            while caller.f_code.co_filename.startswith(OURS) and caller.f_back is not None:
                caller = caller.f_back
            own = self.own.name(caller.f_code.co_filename) is not None
            entry = self.sockets.add(sock, own=own)
            if entry.seen:
                entry.look_back(sock)
                self.live(entry, "listening" if entry.listens else "created")
            return entry
        except Exception as error:
            self.fail(error)
            return self.unseen

    def accepted(self, listener: Entry, sock: Any, address: Any) -> str:
        entry = self.sockets.add(sock, own=True)
        entry.peer, entry.listener = text_of(address), listener.id
        entry.look_local(sock)
        self.live(entry, "accepted")
        return f"fd {entry.fd} from {entry.peer}"

    def connected(self, entry: Entry, sock: Any) -> None:
        self.sockets.settle(sock, entry)
        entry.look_local(sock)
        self.live(entry, "connected")

    def bound(self, entry: Entry, sock: Any) -> None:
        entry.look_local(sock)
        self.live(entry, "bound")

    def live(self, entry: Entry, event: str) -> None:
        """A step in a socket's life."""
        self.put(Life(self.clock.now(), entry, event, entry.local, entry.peer))

    def _dropped(self, entry: Entry) -> None:
        """Garbage collection has closed a socket; in any thread, in the middle of anything."""
        if self.on:
            self.live(entry, "closed")


def _nothing(error: BaseException | None) -> None: ...
