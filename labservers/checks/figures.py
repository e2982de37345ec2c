"""Figures of a process that the system gives (proc(5)); None, or nothing, where it does not."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

SLEEPS = "S"  # of the states in proc_pid_stat(5)


class Work(NamedTuple):
    """used_s: processor time, so far; queued_s: time in which it wanted a processor, and others
    had it."""

    used_s: float
    queued_s: float


def descriptors(pid: int) -> int | None:
    """How many descriptors it has open."""
    return _entries(f"/proc/{pid}/fd")


def threads(pid: int) -> int | None:
    return _entries(f"/proc/{pid}/task")


def work(pid: int) -> Work | None:
    """Of it and its children that live."""
    done = [(_processor_s(one), _queued_s(one)) for one in family(pid)]
    known = [Work(used_s, queued_s) for used_s, queued_s in done if used_s is not None]
    return Work(*(sum(column) for column in zip(*known, strict=True))) if known else None


def tasks(pid: int) -> frozenset[int]:
    """Numbers of its threads."""
    with contextlib.suppress(OSError):
        return frozenset(map(int, os.listdir(f"/proc/{pid}/task")))
    return frozenset()


def asleep(pid: int, but: frozenset[int]) -> dict[int, str]:
    """Turns that each thread of it and of its children has had so far, where all sleep; nothing
    where one wants a processor, or the system does not say. Equal answers: none has run in
    between. but: threads whose turns do not count; they have to sleep as well, for they may hold
    what another one sleeps for, as Python's lock."""
    turns: dict[int, str] = {}
    with contextlib.suppress(OSError, IndexError):
        for task in (task for one in family(pid) for task in Path(f"/proc/{one}/task").iterdir()):
            state = (task / "stat").read_text("ascii", "replace").rpartition(")")[2].split()[0]
            if state != SLEEPS:
                return {}
            if int(task.name) not in but:
                turns[int(task.name)] = (task / "schedstat").read_text("ascii").split()[2]
        return turns
    return {}


def family(pid: int) -> Iterator[int]:
    """A process and all that it has started."""
    yield pid
    with contextlib.suppress(OSError):
        for task in os.listdir(f"/proc/{pid}/task"):
            children = Path(f"/proc/{pid}/task/{task}/children").read_text("ascii")
            for child in children.split():
                yield from family(int(child))


def _entries(folder: str) -> int | None:
    with contextlib.suppress(OSError):
        return len(os.listdir(folder))
    return None


def _processor_s(pid: int) -> float | None:
    """Fields 14 and 15 of /proc/PID/stat, in seconds."""
    with contextlib.suppress(OSError, ValueError, IndexError):
        fields = Path(f"/proc/{pid}/stat").read_text("ascii", "replace").rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")
    return None


def _queued_s(pid: int) -> float:
    """The second field of /proc/PID/task/TID/schedstat, in nanoseconds there: of the threads that
    live. 0 where the kernel does not keep it."""
    queued_ns = 0
    for row in Path(f"/proc/{pid}/task").glob("*/schedstat"):
        with contextlib.suppress(OSError, ValueError, IndexError):
            queued_ns += int(row.read_text("ascii").split()[1])
    return queued_ns / 1e9
