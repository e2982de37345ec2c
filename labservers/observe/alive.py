"""The threads that threading knows."""

from __future__ import annotations

import threading


def alive() -> dict[int, threading.Thread]:
    """Threads by their ident, the oldest first.

    threading.enumerate() without its lock, which the thread that a signal stops may hold.
    """
    return dict(getattr(threading, "_active", {}))


def thread_name(ident: int) -> str:
    """A thread that threading does not know has no name but its number."""
    thread = alive().get(ident)
    return thread.name if thread is not None else f"thread {ident}"
