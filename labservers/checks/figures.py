"""Figures of a process that the system gives (proc(5)); None, or nothing, where it does not."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path


def descriptors(pid: int) -> int | None:
    """How many descriptors it has open."""
    return _entries(f"/proc/{pid}/fd")


def threads(pid: int) -> int | None:
    return _entries(f"/proc/{pid}/task")


def processor_s(pid: int) -> float | None:
    """Processor time that it has used, with its children that live."""
    used = [_processor_s(one) for one in family(pid)]
    known = [one for one in used if one is not None]
    return sum(known) if known else None


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
