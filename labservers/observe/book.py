"""The book of a tapped program: exact counts of every call, and the choice of those that are told.

Telling a call by itself costs ten times what counting it does. So a token bucket chooses: a
burst and a steady rate are told one by one, what is beyond them is counted, and said to be lost.
"""

from __future__ import annotations

import _thread
import threading
from collections import deque
from collections.abc import Iterator
from types import CodeType
from typing import Any, NamedTuple

from . import messages, observed
from .alive import alive
from .clock import Clock
from .holding import holding
from .lines import NOWHERE, OwnLines, Place
from .outcomes import INCOMING, PEEK
from .points import WIDTH, Birth, Call, Life, point, socket_event
from .sockets import DATAGRAM, Entry

# Events that wait to be read; beyond it the calling thread reads them itself: so few that they are
# still in the processor's cache.
RING = 128
RATE = 1_000.0  # calls a second that are told one by one
BURST = 1_000.0  # and so many at once
DATA_UNIT = 512  # bytes that weigh as much as another call
WAITING = 20_000  # things to be told while nobody takes them, and the weight of calls that are
BATCH = 500  # points of a message
SPIN = 50  # receives in a row without a byte that are told one by one
SPIN_EVERY = 1_000  # and from then on one in so many
CODES = 2_000  # that are kept: a program may compile a file again for each request
WAIT_S = 0.2  # for another thread that reads the ring
CROWDED = 8  # times the room of the ring: from then on a calling thread waits for the reader
CROWD_WAIT_S = 0.02
WAITS = {"BlockingIOError", "InterruptedError"}  # not errors

BATCHES: dict[type[Any], type[Any]] = {
    observed.Point: observed.Points,
    observed.SocketEvent: observed.SocketEvents,
    observed.ThreadEvent: observed.ThreadEvents,
}


class Totals(NamedTuple):
    """Exact sums of the program's life. datagrams: those that were received. requests: sends that
    followed received bytes on the same socket. errors: calls that raised, but for those that would
    have had to wait."""

    points: int
    errors: int
    bytes_in: int
    bytes_out: int
    connections: int
    requests: int
    datagrams: int = 0


class Received(NamedTuple):
    """The last bytes that a thread has got, and the socket that they came from."""

    data: bytes
    entry: Entry


class Exchange(NamedTuple):
    """The newest request and its answer, as far as one call each has brought it."""

    received: bytes
    sent: bytes
    seconds: float


class Cell:
    """The sums of a line. waited: seconds."""

    __slots__ = ("bytes_in", "bytes_out", "calls", "errors", "function", "line", "waited")

    def __init__(self, line: str | None, function: str | None) -> None:
        self.line, self.function = line, function
        self.calls = self.errors = self.bytes_in = self.bytes_out = 0
        self.waited = 0.0


class Book:
    """Reads the ring to its end and keeps the counts; any thread may ask for it."""

    def __init__(self, own: OwnLines, clock: Clock) -> None:
        self.ring: list[Any] = []  # extend(), a slice and del of one are atomic each
        self.came: list[int] = []  # sizes of calls that are counted alone
        self.went: list[int] = []
        self.failed: list[int] = []
        self.rate, self.burst = RATE, BURST
        self._own = own
        self._clock = clock
        self._folding: Any = _thread.RLock()
        self.begin_anew()

    def begin_anew(self) -> None:
        """A child begins at nothing: what the parent has seen is the parent's to tell."""
        self.ring.clear()
        self.came.clear()
        self.went.clear()
        self.failed.clear()
        self._folding = _thread.RLock()
        self._points = self._connections = self._requests = self._datagrams = 0
        self._exchange: tuple[Any, Any, float] | None = None
        self._nowhere = Cell(None, None)  # calls that no own line has made
        self._alone = Cell(None, None)  # calls that were counted alone
        self._cells: dict[tuple[int, int], Cell] = {}
        self._codes: list[CodeType] = []  # an id() in the keys stays theirs
        self._lines: dict[Place, Cell] = {}
        self._last: dict[int, Entry] = {}
        self._names: dict[int, str] = {_thread.get_ident(): "MainThread"}
        self._chosen: deque[Any] = deque()
        self._weight = 0.0  # of the calls in it, in tokens
        self._lost = self._lost_in_all = self._untold = 0
        self._tokens, self._refilled = self.burst, self._clock.now()
        self._told_lines = 0
        self._at = 0.0

    def fold(self, wait_s: float = 0.0) -> None:
        """Read the ring. Where another thread does it, wait so long for it to end, and no longer.

        A signal handler may come here in the midst of it, or raise from any call.
        """
        holding(self._folding, self._read_ring, wait_s)

    def _read_ring(self) -> None:
        self._refill()
        self._fold_whole(self._rows(len(self.ring)))
        self._add_sizes()

    def totals(self) -> Totals:
        """As of the last fold()."""
        cells = [*list(self._lines.values()), self._nowhere, self._alone]
        return Totals(
            points=self._points,
            errors=sum(cell.errors for cell in cells),
            bytes_in=sum(cell.bytes_in for cell in cells),
            bytes_out=sum(cell.bytes_out for cell in cells),
            connections=self._connections,
            requests=self._requests,
            datagrams=self._datagrams,
        )

    @property
    def lost(self) -> int:
        """Points that were counted and not told, in all."""
        return self._lost_in_all

    def exchange(self) -> Exchange | None:
        """The newest one, as of the last fold()."""
        if self._exchange is None:
            return None
        received, sent, seconds = self._exchange
        return Exchange(received or b"", sent or b"", seconds)

    def received(self, thread: int) -> Received | None:
        """The last bytes that this thread has received."""
        self.fold(WAIT_S)
        entry = self._last.get(thread)
        return Received(entry.newest or b"", entry) if entry is not None else None

    def lines(self) -> observed.Lines | None:
        """The counts of all lines, where they have changed since the last call."""
        if self._told_lines == self._points:
            return None
        self._told_lines = self._points
        cells = [cell for _, cell in sorted(self._lines.items())]
        rows = [
            observed.LineCount(cell.line or "", cell.function or "", cell.calls, cell.errors,
                               cell.bytes_in, cell.bytes_out, round(cell.waited * 1e6))
            for cell in cells
        ]  # fmt: skip
        return observed.Lines(self._clock.now(), rows)

    def places(self) -> set[str]:
        """The lines that have made a call, as of the last fold()."""
        return {place.text for place in list(self._lines)}

    def take(self) -> list[Any]:
        """The messages since the last call, in batches and in the order of time; by one
        thread at a time."""
        self.fold(WAIT_S)
        taken = holding(self._folding, self._swap, WAIT_S)
        if taken is None:
            return []
        chosen, lost, untold = taken
        batches: list[Any] = []
        for event in chosen:
            _put(batches, self._message(event))
        if lost:
            batches.append(observed.Points(self._not_back(self._clock.now()), [], lost))
        if untold:
            text = f"{untold:,} steps in the lives of sockets and threads were not told"
            batches.append(messages.Notice(self._not_back(self._clock.now()), "untold", text))
        return batches

    def _swap(self) -> tuple[deque[Any], int, int]:
        chosen, self._chosen, self._weight = self._chosen, deque(), 0.0
        lost, self._lost = self._lost, 0
        untold, self._untold = self._untold, 0
        return chosen, lost, untold

    # The hot loop: no function is called for a plain call.

    def _rows(self, many: int) -> Iterator[Any]:
        batch = iter(self.ring[:many])
        del self.ring[:many]
        return zip(*[batch] * WIDTH)

    def _fold_whole(self, rows: Iterator[Any]) -> None:
        try:
            self._fold(rows)
        except BaseException:  # a signal handler's: the others are counted all the same
            self._fold(rows)
            raise

    def _fold(self, rows: Iterator[Any]) -> None:
        cell_of, chosen, last = self._cells.get, self._chosen, self._last
        tokens, n, told, requests, exchange = self._tokens, self._points, 0, 0, None
        try:
            for (ended, began, thread, code, instruction, entry, call, size,
                 data, result, error) in rows:  # fmt: skip
                if call is None:
                    self._other(ended)
                    continue
                n += 1
                cell = cell_of((id(code), instruction)) or self._cell(code, instruction)
                cell.calls += 1
                cell.waited += ended - began
                if error is not None and error not in WAITS:
                    cell.errors += 1
                if entry is None:
                    pass
                elif call not in INCOMING:
                    cell.bytes_out += size
                    entry.bytes_out += size
                    if entry.asked_at and size:
                        requests += 1
                        exchange = entry.newest, data, ended - entry.asked_at
                        entry.asked_at = 0.0
                elif size:
                    if result is not PEEK:
                        cell.bytes_in += size
                        entry.bytes_in += size
                        if entry.kind is DATAGRAM:
                            self._datagrams += 1
                    entry.empty = 0
                    entry.asked_at, entry.newest, last[thread] = ended, data, entry
                else:
                    self._datagrams += entry.kind is DATAGRAM and error is None
                    entry.empty += 1
                    if entry.empty > SPIN and entry.empty % SPIN_EVERY:
                        continue
                if tokens < 1.0:
                    continue
                tokens -= 1.0 + (len(data) / DATA_UNIT if data else 0.0)
                told += 1
                chosen.append(
                    (n, cell, (ended, began, thread, entry, call, size, data, result, error))
                )
        finally:
            lost = n - self._points - told
            self._requests += requests
            self._exchange = exchange or self._exchange
            self._weight += self._tokens - tokens
            self._tokens, self._points = tokens, n
            self._lost += lost
            self._lost_in_all += lost

    def _other(self, event: Any) -> None:
        if type(event) is Life and event.event in ("accepted", "connected"):
            self._connections += event.entry.kind == "stream"
        elif type(event) is Birth and event.event == "ended":
            self._last.pop(event.thread, None)
        if len(self._chosen) < WAITING:
            self._chosen.append(event)
        else:
            self._untold += 1

    def _cell(self, code: CodeType, instruction: int) -> Cell:
        """The sums of the line that this instruction belongs to."""
        if code is NOWHERE.f_code:
            cell = self._nowhere
        else:
            place = self._own.place_at(code, instruction)
            cell = self._lines.setdefault(place, Cell(place.text, place.function))
        if len(self._codes) == CODES:  # the sums are kept by line
            self._codes.clear()
            self._cells.clear()
        self._codes.append(code)
        self._cells[id(code), instruction] = cell
        return cell

    def _add_sizes(self) -> None:
        came, went, failed = _taken(self.came), _taken(self.went), _taken(self.failed)
        self._alone.bytes_in += sum(came)
        self._alone.bytes_out += sum(went)
        self._alone.errors += len(failed)
        many = len(came) + len(went) + len(failed)
        self._alone.calls += many
        self._points += many
        self._lost_in_all += many

    def _refill(self) -> None:
        now = self._clock.now()
        self._tokens = min(self.burst, self._tokens + (now - self._refilled) * self.rate)
        if self._weight > WAITING:
            self._tokens = 0.0
        self._refilled = now

    # Messages.

    def _message(self, event: Any) -> Any:
        if type(event) is tuple:
            return self._point(*event)
        if type(event) is Life:
            return socket_event(event, self._not_back(event.at))
        if type(event) is Birth:
            if event.event == "started":
                self._names[event.thread] = event.name
            at = self._not_back(event.at)
            return observed.ThreadEvent(at, event.name, event.event, event.line)
        return event._replace(at=self._not_back(event.at))

    def _point(self, n: int, cell: Cell, call: Call) -> observed.Point:
        at = self._not_back(self._clock.at(call[0]))
        return point(n, at, self.name(call[2]), cell.line, cell.function, call)

    def _not_back(self, at: float) -> float:
        self._at = max(self._at, round(at, 6))
        return self._at

    def meet(self, threads: dict[int, threading.Thread]) -> None:
        """Threads that run now, by ident: one that has ended unseen may have left its ident to one
        of these."""
        self._names.update((ident, thread.name) for ident, thread in threads.items())

    def name(self, thread: int) -> str:
        """One that was not seen to start is a thread of _thread, or from before."""
        if thread not in self._names:
            known = alive().get(thread)
            if known is None:
                return f"thread {thread}"
            self._names[thread] = known.name
        return self._names[thread]


def _taken(sizes: list[int]) -> list[int]:
    """Its present content; another thread may append meanwhile."""
    taken = sizes[:]
    del sizes[: len(taken)]
    return taken


def _put(batches: list[Any], told: Any) -> None:
    """Add to the newest batch where it is of the same kind, or begin one."""
    kind = BATCHES.get(type(told))
    newest: Any = batches[-1] if batches else None
    if kind is None:
        batches.append(told)
    elif type(newest) is kind and len(newest[1]) < BATCH:
        newest[1].append(told)
    elif kind is observed.Points:
        batches.append(observed.Points(told.at, [told], 0))
    else:
        batches.append(kind(told.at, [told]))
