"""Where everything in a program stands: its threads, its locks, its suspended tasks."""

from __future__ import annotations

import sys
import threading
import time
from types import FrameType
from typing import Any, Callable, NamedTuple

from .alive import alive
from .calling import Waits, waits_in
from .deadlocks import Deadlocks
from .locks import Locks, Traced
from .observed import Hold, LockRow, TaskRow, ThreadRow, Threads
from .tap import Tap
from .tasks import Tasks

SHOWN = 500  # rows of each kind
AWAY_S = 2.0  # after so long without a look, the beginning of a stand is not known


class _Stand(NamedTuple):
    """A frame and its instruction, since when it was seen; at_least: it may have come before."""

    where: tuple[int, int] | None
    since: float
    at_least: bool


class Standing:
    """Looks at threads, locks and tasks from a thread of ours, which is in no figure.

    tasks(now): rows of a loop that knows its tasks, and then only threads that have an own line
    on their stack are shown; None: both are looked for. `now` by time.monotonic().
    """

    def __init__(
        self,
        tap: Tap,
        locks: Locks,
        tasks: Callable[[float], list[TaskRow]] | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._all_threads = tasks is None
        self._tap = tap
        self._locks = locks
        self._clock = clock
        self._deadlocks = Deadlocks(locks)
        self._tasks = Tasks(tap).look if tasks is None else tasks
        self._places: dict[int, _Stand] = {}
        self._looked: float | None = None  # at the last time

    def look(self) -> Threads:
        """Everything now; the tasks may be of a moment ago, as to find them is dear."""
        now = self._clock()
        rows = self._threads(now)
        self._looked = now
        locks = [self._lock(lock, now) for lock in self._locks.alive()[:SHOWN]]
        found = self._tasks(now)
        return Threads(
            at=self._tap.clock.at(now),
            total=len(rows),
            threads=rows[:SHOWN],
            locks=locks,
            tasks=found[:SHOWN],
            tasks_total=sum(row.suspended for row in found),
            deadlock=self._deadlocks.sentence,
        )

    def deadlocks(self) -> list[Any]:
        """A message for each deadlock that was not there at the look before."""
        return self._deadlocks.look(self._tap.clock.now(), self.name)

    def name(self, ident: int | None) -> str:
        return "nobody" if ident is None else self._tap.book.name(ident)

    # Threads.

    def _threads(self, now: float) -> list[ThreadRow]:
        frames = sys._current_frames()
        known = alive()
        seen = {ident for ident, frame in frames.items() if self._tap.own.frame(frame) is not None}
        if self._all_threads:
            seen.update(known)
        rows = [
            self._thread(ident, known.get(ident), frames.get(ident), now)
            for ident in [*known, *(frames.keys() - known.keys())]
            if ident in seen
        ]
        self._places = {ident: seen for ident, seen in self._places.items() if ident in frames}
        return rows

    def _thread(
        self, ident: int, thread: threading.Thread | None, frame: FrameType | None, now: float
    ) -> ThreadRow:
        place = self._tap.own.place(frame)
        waits = self._waits(ident, frame)
        stand = self._stand(ident, frame, now)
        if waits is not None and waits.since is not None:
            stand = stand._replace(since=waits.since, at_least=False)
        return ThreadRow(
            id=ident,
            name=thread.name if thread is not None else self.name(ident),
            daemon=thread.daemon if thread is not None else True,
            line=place.text if place else None,
            function=place.function if place else None,
            call=waits.call if waits else None,
            waited_s=round(now - stand.since, 3),
            at_least=stand.at_least,
            socket=waits.socket if waits else None,
            lock=waits.lock if waits else None,
            waits_for=waits.text if waits else None,
        )

    def _stand(self, ident: int, frame: FrameType | None, now: float) -> _Stand:
        """Where it stands, and when it was first seen there."""
        where = (id(frame), frame.f_lasti) if frame is not None else None
        seen = self._places.get(ident)
        if seen is None or seen.where != where:
            away = self._looked is None or now - self._looked > AWAY_S
            seen = self._places[ident] = _Stand(where, now, away)
        return seen

    def _waits(self, ident: int, frame: FrameType | None) -> Waits | None:
        wait = self._locks.waits.get(ident)
        if wait is not None:
            holder = self.name(wait.lock.holder)
            text = f"{wait.lock.name}, held by {holder}"
            return Waits("lock", wait.since, lock=wait.lock.number, text=text)
        inside = self._tap.inside(frame)
        if inside is not None:
            entry = inside.entry
            if entry is None:
                return Waits(inside.call, inside.since)
            text = f"fd {entry.fd}" + (f", {entry.peer}" if entry.peer else "")
            return Waits(inside.call, inside.since, socket=entry.id, text=text)
        file = frame.f_code.co_filename if frame is not None else ""
        return waits_in(frame, own=self._tap.own.name(file) is not None)

    # Locks.

    def _lock(self, lock: Traced, now: float) -> LockRow:
        holder, since, taken = lock.holder, lock.since, lock.taken
        held_s = now - since if holder is not None else None
        waits = [(thread, wait) for thread, wait in dict(self._locks.waits).items()]
        waiting = [(thread, wait.since) for thread, wait in waits if wait.lock is lock]
        waited_s = lock.waited_s + sum(now - began for _, began in waiting)
        return LockRow(
            id=lock.number,
            kind=lock.kind,
            line=lock.line,
            holder=self.name(holder) if holder is not None else None,
            taken=taken.text if taken is not None and holder is not None else None,
            held_s=round(held_s, 6) if held_s is not None else None,
            waiters=[self.name(thread) for thread, _ in waiting],
            held_total_s=round(lock.held_s + (held_s or 0.0), 6),
            waited_total_s=round(waited_s, 6),
            holds=self._holds(lock),
        )

    def _holds(self, lock: Traced) -> list[Hold]:
        taken = []
        for _ in range(len(lock.holds)):
            held = lock.holds.popleft()
            place = held.place.text if held.place else None
            at = self._tap.clock.at(held.taken_at)
            taken.append(
                Hold(self.name(held.thread), place, round(at, 6), round(held.waited_s, 6),
                     round(held.held_s, 6))
            )  # fmt: skip
        return taken
