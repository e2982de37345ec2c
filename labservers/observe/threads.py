"""Where each thread of a program stands, in which call, since when, for whom it waits."""

from __future__ import annotations

import sys
import threading
import time
from typing import Any

from .locks import Deadlock, Locks
from .points import Message
from .tap import Tap


def standing(tap: Tap, locks: Locks) -> Message:
    """The message `threads`: a row for each thread that threading knows, the oldest first.

    A row: name, daemon, line, function, call, waited_s, for (a socket's fd, a lock's line and
    its holder). `call` is None for a thread that computes or waits for what is not seen.
    """
    frames = sys._current_frames()
    rows = [
        _row(thread, frames.get(thread.ident), tap, locks)
        for thread in _known()
        if thread.ident is not None
    ]
    return {"type": "threads", "at": tap.clock.now(), "threads": rows}


def _row(thread: threading.Thread, frame: Any, tap: Tap, locks: Locks) -> Message:
    place = tap.own.place(frame)
    row: Message = {
        "name": thread.name,
        "daemon": thread.daemon,
        "line": place.text if place else None,
        "function": place.function if place else None,
        "call": None,
        "waited_s": None,
        "for": None,
    }
    ident = thread.ident or 0
    call, wait = tap.now.get(ident), locks.waits.get(ident)
    if wait is not None:
        holder = thread_name(wait.lock.holder)
        target = f"{wait.lock.kind} of {wait.lock.line}, held by {holder}"
        row.update({"call": "lock", "waited_s": _since(wait.since), "for": target})
    elif call is not None:
        entry, name, since, _ = call
        row.update({"call": name, "waited_s": _since(since), "for": f"fd {entry.fd}"})
    return row


def deadlock_message(found: Deadlock, at: float) -> Message:
    """The message `deadlock`: a row a thread, and one sentence."""
    rows = [
        {
            "thread": thread_name(thread),
            "line": wait.place.text if wait.place else None,
            "lock": f"{wait.lock.kind} of {wait.lock.line}",
            "held_by": thread_name(wait.lock.holder),
            "taken": wait.lock.taken.text if wait.lock.taken else None,
        }
        for thread, wait in found.waits
    ]
    parts = [
        f"{row['thread']} waits in {row['line']} for the {row['lock']}, "
        f"which {row['held_by']} took in {row['taken']}"
        for row in rows
    ]
    return {"type": "deadlock", "at": at, "threads": rows, "text": "deadlock: " + "; ".join(parts)}


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
