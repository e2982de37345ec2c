"""The event loop of an observed program, in the messages of a loop that knows its tasks itself.

What a walk over all objects of the process costs, nobody pays who does not look: everything here
but seen() is done only while somebody looks, and the less often the longer it takes.
"""

from __future__ import annotations

import itertools
import sys
import time
import weakref
from types import FrameType
from typing import Any

from . import asyncio_loop
from .hand_loop import HandLoop
from .lanes import LANES, Seen
from .loop_figures import Task, ages, lasts, lines, row, timed, tokens
from .messages import LoopFigures, Notice, Rows
from .stepper import Stepper
from .tap import Tap
from .tasks import begun
from .turns import Loop
from .variables import locals_of

EVERY_S = 0.2
SHARE = 40  # a look that takes 10 ms is not taken again within 400 ms
TOKENS = 60
ROWS_SHOWN = 50
STUCK_S = 0.05  # since when a turn under way is worth its line
GENERATORS, SOCKETS, ASYNCIO = "generators", "sockets", "asyncio"


class LoopScene:
    """For one thread of ours."""

    def __init__(self, tap: Tap, stepper: Stepper) -> None:
        self._tap = tap
        self._stepper = stepper
        self._hand = HandLoop(tap)
        self._numbers = itertools.count(1)
        self._ids: weakref.WeakKeyDictionary[Any, int] = weakref.WeakKeyDictionary()
        self._since: dict[int, tuple[Any, float]] = {}  # id -> where it stood, since when
        self._tasks: list[Task] = []
        self._kind = SOCKETS
        self._due = 0.0
        self._failed = False

    def report(self, *, wanted: bool) -> tuple[LoopFigures | None, list[str]]:
        """The figures, where they are wanted and there is a loop; the capability, if there is.

        A walk through the objects of a stranger may fail: then its loop is out of sight.
        """
        if self._failed:
            return None, []
        try:
            self._tap.turns.look(wanted=wanted)
            self._find_loops()
            loops = list(self._tap.turns.loops.values())
            if not wanted or not loops:
                self._tasks = []
                return None, ["loop"] if loops else []
            # Of several it is the one that watches the most.
            loop = max(loops, key=lambda loop: len(loop.interest().reading))
            return self._figures(loop), ["loop"]
        except Exception as error:
            self._failed = True
            text = f"its event loop cannot be seen: {type(error).__name__}: {error}"
            self._tap.put(Notice(self._tap.clock.now(), "loop_unseen", text))
            return None, []

    def rows(self) -> Rows:
        """The tasks that have been in their lane longest, as of the newest figures."""
        now = time.monotonic()
        rows = [row(task, now) for task in self._tasks[:ROWS_SHOWN]]
        return Rows(self._tap.clock.at(now), "tasks", len(self._tasks), rows)

    def _find_loops(self) -> None:
        """Those of asyncio, by a look at each thread's stack; and forget those that have ended."""
        turns = self._tap.turns
        for thread, loop in asyncio_loop.running_loops().items():
            selector = getattr(loop, "_selector", None)
            if selector is not None:
                turns.of_library(thread, selector)
        turns.forget(sys._current_frames())

    def _figures(self, loop: Loop) -> LoopFigures:
        now = time.monotonic()
        tasks = self._census(loop, now)
        lanes = {lane: sum(task.seen.lane == lane for task in tasks) for lane in LANES}
        interest = loop.interest()
        under_way = lasts(loop, now, self._stepper.held_until)
        figures: dict[str, Any] = {name: lanes[name] for name in LANES if name != "running"}
        return LoopFigures(
            **figures,
            **timed(loop, now, under_way),
            tasks=len(tasks),
            steps=None,
            selector=loop.selector,
            watched=len(interest.reading | interest.writing),
            kind=self._kind,
            paused=self._stepper.paused,
            resumes_in_s=self._stepper.resumes_in_s or None,
            delay_s=self._stepper.delay_s,
            ages=ages(tasks, now),
            lines=lines(tasks),
            tokens=tokens(tasks, now) if len(tasks) <= TOKENS else [],
            hog=self._hog(loop, tasks, under_way),
        )

    def _census(self, loop: Loop, now: float) -> list[Task]:
        if now >= self._due:
            began = time.thread_time()
            self._tasks = [self._task(seen, now) for seen in self._look(loop)]
            self._tasks.sort(key=lambda task: task.since)
            known = {task.id for task in self._tasks}
            self._since = {key: value for key, value in self._since.items() if key in known}
            self._due = now + max(EVERY_S, (time.thread_time() - began) * SHARE)
        return self._tasks

    def _look(self, loop: Loop) -> list[Seen]:
        of_asyncio = asyncio_loop.running_loops().get(loop.thread)
        if of_asyncio is not None:
            self._kind = ASYNCIO
            return asyncio_loop.look(self._tap, of_asyncio, loop)
        frame: FrameType | None = sys._current_frames().get(loop.thread)
        generators = [task for task in begun(self._tap) if task.kind == "generator"]
        seen = self._hand.look(loop, frame, generators)
        self._kind = GENERATORS if any(one.line for one in seen) else SOCKETS
        return seen

    def _task(self, seen: Seen, now: float) -> Task:
        number = self._ids.get(seen.task)
        if number is None:
            number = self._ids[seen.task] = next(self._numbers)
        entry = seen.entry
        moved = (entry.bytes_in, entry.bytes_out) if entry is not None else None
        where = (seen.lane, seen.line, moved)
        known = self._since.get(number)
        if known is None or known[0] != where:
            known = self._since[number] = (where, now)
        shown = self._stepper.paused and seen.frame is not None and len(self._since) <= ROWS_SHOWN
        names = locals_of(seen.frame) if shown else None
        return Task(number, known[1], seen._replace(task=None, frame=None), names)

    def _hog(self, loop: Loop, tasks: list[Task], under_way: float) -> list[Any] | None:
        """The turn under way where it has lasted for a while: the task that runs, and its line."""
        if under_way < STUCK_S or self._stepper.paused:
            return None
        place = self._tap.own.place(sys._current_frames().get(loop.thread))
        line = place.text if place is not None else ""
        runs = next((task for task in tasks if task.seen.lane == "running"), None)
        label, peer = (runs.label, runs.peer) if runs else (place.function if place else "", "")
        return [runs.id if runs else 0, round(under_way * 1e6), label, peer, line]
