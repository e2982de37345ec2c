"""Where each thread of a program stands, in which call, since when, for whom it waits."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from . import tasks
from .locks import Deadlock, Locks
from .observed import Deadlock as DeadlockMessage
from .observed import StuckThread, ThreadRow, Threads
from .tap import Tap


def standing(tap: Tap, locks: Locks) -> Threads:
    """A row for each thread that threading knows, the oldest first, and the suspended tasks."""
    frames = sys._current_frames()
    rows = [
        _row(number, thread, frames.get(thread.ident), tap, locks)
        for number, thread in enumerate(_known(), 1)
        if thread.ident is not None
    ]
    suspended = tasks.suspended(tap)
    total = sum(row.count for row in suspended)
    return Threads(tap.clock.now(), len(rows), rows, [], suspended, total)


def _row(number: int, thread: threading.Thread, frame: Any, tap: Tap, locks: Locks) -> ThreadRow:
    place, inside, wait = (
        tap.own.place(frame),
        tap.inside(frame),
        locks.waits.get(thread.ident or 0),
    )
    row = ThreadRow(
        id=number,
        name=thread.name,
        daemon=thread.daemon,
        line=place.text if place else None,
        function=place.function if place else None,
    )
    if wait is not None:
        holder = thread_name(wait.lock.holder)
        target = f"{wait.lock.kind} of {wait.lock.line}, held by {holder}"
        return row._replace(call="lock", waited_s=_since(wait.since), waits_for=target)
    if inside is not None:
        entry = inside.entry
        return row._replace(
            call=inside.call,
            waited_s=_since(inside.since),
            socket=entry.id if entry else None,
            waits_for=f"fd {entry.fd}" if entry else None,
        )
    return row


def deadlock_message(found: Deadlock, at: float) -> DeadlockMessage:
    """A row a thread, and one sentence."""
    rows = [
        StuckThread(
            thread=thread_name(thread),
            line=wait.place.text if wait.place else None,
            lock=f"{wait.lock.kind} of {wait.lock.line}",
            held_by=thread_name(wait.lock.holder),
            taken=wait.lock.taken.text if wait.lock.taken else None,
        )
        for thread, wait in found.waits
    ]
    parts = [
        f"{row.thread} waits in {row.line} for the {row.lock}, "
        f"which {row.held_by} took in {row.taken}"
        for row in rows
    ]
    return DeadlockMessage(at, "deadlock: " + "; ".join(parts), rows)


def thread_name(ident: int | None) -> str:
    for thread in _known():
        if thread.ident == ident:
            return thread.name
    return "nobody" if ident is None else f"thread {ident}"


def _known() -> list[threading.Thread]:
    """threading.enumerate() without its lock, which the thread that a signal stops may hold."""
    return list(threading._active.values())  # type: ignore[attr-defined]


def _since(began: float) -> float:
    return round(time.monotonic() - began, 3)
