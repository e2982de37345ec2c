"""Suspended generators and coroutines of a program's own files: the tasks of its event loop.

They are found among all objects of the process. To look through those takes about 1 ms for 12,000
of them, in which nothing else runs; so a look is taken the less often the longer it takes.
"""

from __future__ import annotations

import gc
import inspect
import time
from types import CoroutineType, FrameType, GeneratorType
from typing import Any, NamedTuple

from .lanes import entry_of
from .observed import TaskRow
from .tap import Tap

EVERY_S = 0.5
SHARE = 40  # a look that takes 10 ms is not taken again within 400 ms
SOCKETS = 20  # of a line
TASK = inspect.CO_GENERATOR | inspect.CO_COROUTINE


class Suspended(NamedTuple):
    """A task at its yield or await, or one that runs. outer: the one whose `yield from` or `await`
    has led there, or itself."""

    task: Any
    kind: str
    function: str
    line: str
    outer: Any
    frame: FrameType
    running: bool


class Tasks:
    """Rows for the lines at which tasks are suspended; for one thread."""

    def __init__(self, tap: Tap) -> None:
        self._tap = tap
        self._rows: list[TaskRow] = []
        self._due = 0.0
        self._since: dict[tuple[int, str], float] = {}  # id() and line of a task -> first seen

    def look(self, now: float) -> list[TaskRow]:
        """The rows, at most 0.5 s old, or as old as the share of the processor demands; those with
        the most tasks first. `now` by time.monotonic()."""
        if now >= self._due:
            began = time.thread_time()
            self._rows = self._group(now)
            self._due = now + max(EVERY_S, (time.thread_time() - began) * SHARE)
        return self._rows

    def _group(self, now: float) -> list[TaskRow]:
        before, self._since = self._since, {}
        groups: dict[tuple[str, str, str], list[Any]] = {}
        for one in suspended(self._tap):
            key = (id(one.task), one.line)
            self._since[key] = before.get(key, now)
            groups.setdefault((one.line, one.function, one.kind), []).append(one.task)
        rows = [
            TaskRow(
                line=line,
                function=function,
                suspended=len(tasks),
                kind=kind,
                oldest_s=round(now - min(self._since[id(task), line] for task in tasks), 3),
                sockets=self._sockets(tasks),
            )
            for (line, function, kind), tasks in groups.items()
        ]
        return sorted(rows, key=lambda row: (-row.suspended, row.line))

    def _sockets(self, tasks: list[Any]) -> list[int]:
        """Those among their locals. f_locals would keep them alive before Python 3.13."""
        found: list[int] = []
        for task in tasks[:SOCKETS]:
            for value in values_of(task):
                entry = entry_of(value, self._tap.sockets)
                if entry is not None:
                    found.append(entry.id)
        return sorted(set(found))[:SOCKETS]


def suspended(tap: Tap) -> list[Suspended]:
    """Tasks of own files, but for those that wait for another one of these."""
    return [one for one in begun(tap) if not one.running]


def begun(tap: Tap) -> list[Suspended]:
    """As suspended(), and the outermost of those that run."""
    found: list[Suspended] = []
    waiters: dict[int, Any] = {}  # by the id() of what they await
    for one in gc.get_objects():
        frame: FrameType | None
        if type(one) is GeneratorType:
            kind, frame, running = "generator", one.gi_frame, one.gi_running
        elif type(one) is CoroutineType:
            kind, frame, running = "coroutine", one.cr_frame, one.cr_running
        else:
            continue
        if frame is None or not (_resumed(frame) if running else _begun(one, frame)):
            continue
        name = tap.own.name(frame.f_code.co_filename)
        if name is None:
            continue
        line = f"{name}:{frame.f_lineno}"
        found.append(Suspended(one, kind, frame.f_code.co_name, line, one, frame, running))
        waiters[id(_awaited(one))] = one
    own = {id(one.task) for one in found} & waiters.keys()
    innermost = [one for one in found if id(_awaited(one.task)) not in own]
    return [one._replace(outer=_outermost(one.task, waiters)) for one in innermost]


def _outermost(task: Any, waiters: dict[int, Any]) -> Any:
    while id(task) in waiters:
        task = waiters[id(task)]
    return task


def _resumed(frame: FrameType) -> bool:
    """Whether it is not another task that has resumed this one."""
    caller = frame.f_back
    return caller is None or not caller.f_code.co_flags & TASK


def _begun(task: Any, frame: FrameType) -> bool:
    """A task that was never resumed stands at its first line and waits for nothing."""
    if type(task) is GeneratorType:
        return bool(getattr(task, "gi_suspended", frame.f_lasti >= 0))  # from 3.11 on
    return bool(getattr(task, "cr_suspended", frame.f_lasti >= 0))


def _awaited(task: Any) -> Any:
    """The object that it waits for by `yield from` or `await`."""
    return task.gi_yieldfrom if type(task) is GeneratorType else task.cr_await


def values_of(task: Any) -> list[Any]:
    """All that the frame of a suspended task refers to: locals and intermediate values."""
    values = gc.get_referents(task)
    return [*values, *(inner for value in values if isinstance(value, FrameType)
                       for inner in gc.get_referents(value))]  # fmt: skip
