"""This process as the system knows it: its threads, its session, its end."""

from __future__ import annotations

import os
import signal


def threads() -> int:
    """How many threads the system sees (proc(5)); 0 where it does not say."""
    try:
        return len(os.listdir("/proc/self/task"))
    except OSError:
        return 0


def end_at_once() -> None:
    """SIGKILL to this process; where it leads a session of its own, to its children as well."""
    kill = getattr(signal, "SIGKILL", signal.SIGTERM)  # Windows ends a process by either
    alone = hasattr(os, "getsid") and os.getsid(0) == os.getpid()
    os.kill(0 if alone else os.getpid(), kill)
