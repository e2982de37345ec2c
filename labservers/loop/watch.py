"""The event loop's figures for the telemetry: taken in place at a tick boundary, always right.

While nobody looks, only the loop's own cheap counters are read, once a second. While somebody
looks, a Watch observes every step as well: which lane a task came from, and the longest step.
"""

import queue
import time
from collections import Counter
from collections.abc import Callable
from typing import Any, TypeVar

from labservers.loop.event_loop import EventLoop, Task
from labservers.observe import messages
from labservers.observe.clock import Clock

Answer = TypeVar("Answer")
SNAPSHOT_S = 0.5
TOKENS = 60
AGE_LIMITS_S = (0.01, 0.1, 1.0, 10.0)
LANES = ("ready", "running", "reading", "writing", "sleeping")
CENSUS_TASKS = 2_000  # above, the walk over all tasks costs milliseconds: less often
CENSUS_EVERY_S = 0.5
UNOBSERVED: dict[str, Any] = {"ages": {}, "lines": {}, "tokens": [], "moves": {}}


class Watch:
    """A LoopObserver: moves between lanes and the longest step since the last frame."""

    def __init__(self) -> None:
        self.moves: Counter[str] = Counter()
        self.longest: tuple[float, Task, str] | None = None
        self.busy: dict[int, float] = {}
        self._lane: dict[int, str] = {}
        self._resumed_at = 0.0

    def created(self, task: Task) -> None:
        self.moves["new>ready"] += 1
        self._lane[task.id] = ""

    def resumed(self, task: Task) -> None:
        if came := self._lane.get(task.id, "reading"):
            self.moves[came + ">ready"] += 1
        self.moves["ready>running"] += 1
        self._resumed_at = time.perf_counter()

    def suspended(self, task: Task) -> None:
        self._ran(task)
        self._lane[task.id] = task.lane
        self.moves["running>" + task.lane] += 1

    def finished(self, task: Task, error: BaseException | None) -> None:
        self._ran(task)
        self.moves["running>done"] += 1
        self._lane.pop(task.id, None)
        self.busy.pop(task.id, None)

    def before_wait(self, tick_s: float, steps: int) -> None:
        pass

    def after_wait(self, wait_s: float, returned: int) -> None:
        pass

    def _ran(self, task: Task) -> None:
        spent = time.perf_counter() - self._resumed_at
        self.busy[task.id] = self.busy.get(task.id, 0.0) + spent
        if self.longest is None or spent > self.longest[0]:
            self.longest = (spent, task, task.line())


class LoopFigures:
    """messages.LoopFigures of a loop. describe(task) gives its label and peer.

    frame() and rows() are called from the telemetry thread and ask the loop; one that does not
    come to a tick boundary in time gives None.
    """

    def __init__(self, loop: EventLoop, describe: Callable[[Task], tuple[str, str]]) -> None:
        self._loop = loop
        self._describe = describe
        self._watch: Watch | None = None
        self._busy_before = self._waited_before = 0.0
        self._census: tuple[dict[str, list[int]], dict[str, list[Any]]] = ({}, {})
        self._census_at = 0.0

    def watched(self, wanted: bool) -> None:
        """Observe every step, or none any more."""
        self._loop.call_soon(lambda: self._attach(wanted))

    def frame(self) -> messages.LoopFigures:
        """A loop that does not come to a tick boundary in time is described from outside."""
        return self._ask(self._collect) or self._stuck()

    def _stuck(self) -> messages.LoopFigures:
        """The exact lanes, read in place, and the step under way as the hog; no census, as that
        would walk over tables which the loop may be changing."""
        loop = self._loop
        task = loop.current
        hog = None
        if task is not None:
            spent = round((time.monotonic() - loop.now) * 1e6)
            hog = [task.id, spent, *self._describe(task), task.line()]
        lanes = loop.lanes()
        return messages.LoopFigures(
            ready=lanes["ready"],
            reading=lanes["reading"],
            writing=lanes["writing"],
            sleeping=lanes["sleeping"],
            ready_max=loop.ready_max,
            tasks=len(loop.tasks),
            ticks=loop.ticks,
            steps=loop.steps,
            tick_p50_us=0,
            tick_p99_us=0,
            lag_us=round((time.monotonic() - loop.now) * 1e6),
            utilization=1.0,
            last_wait_us=round(loop.wait_s * 1e6),
            last_tick_us=round(loop.tick_s * 1e6),
            last_returned=loop.returned,
            last_steps=loop.tick_steps,
            selector=loop.poller.name,
            watched=loop.watched,
            **UNOBSERVED,
            hog=hog,
        )

    def rows(
        self, clock: Clock, limit: int, row: Callable[[Task, float], messages.Row]
    ) -> messages.Rows | None:
        """The tasks that have been in their lane longest."""

        def collect() -> messages.Rows:
            loop = self._loop
            oldest = sorted(loop.tasks, key=lambda task: task.since)[:limit]
            rows = [row(task, loop.now) for task in oldest]
            return messages.Rows(clock.now(), "tasks", len(loop.tasks), rows)

        return self._ask(collect)

    def busy_us(self, task: Task) -> int | None:
        return None if self._watch is None else round(self._watch.busy.get(task.id, 0.0) * 1e6)

    def _ask(self, collect: Callable[[], Answer]) -> Answer | None:
        answer: queue.SimpleQueue[Answer] = queue.SimpleQueue()
        self._loop.call_soon(lambda: answer.put(collect()))
        try:
            return answer.get(timeout=SNAPSHOT_S)
        except queue.Empty:
            return None

    def _attach(self, wanted: bool) -> None:
        if wanted and self._watch is None:
            self._watch = self._loop.observer = Watch()
        elif not wanted and self._watch is not None:
            self._watch = self._loop.observer = None

    def _collect(self) -> messages.LoopFigures:
        """In the loop's thread, after the wait and before the steps."""
        loop = self._loop
        times, busy = sorted(loop.tick_times), loop.busy_s - self._busy_before
        waited = loop.waited_s - self._waited_before
        self._busy_before, self._waited_before = loop.busy_s, loop.waited_s
        lanes = loop.lanes()
        resumes_in = loop.paused_until - time.monotonic() if loop.paused_until else None
        figures: dict[str, Any] = {
            **lanes,
            "ready_max": loop.ready_max,
            "tasks": len(loop.tasks),
            "ticks": loop.ticks,
            "steps": loop.steps,
            "tick_p50_us": _percentile_us(times, 0.5),
            "tick_p99_us": _percentile_us(times, 0.99),
            "lag_us": round(loop.lag_s * 1e6),
            "utilization": round(busy / (busy + waited), 4) if busy + waited > 0 else 0.0,
            "last_wait_us": round(loop.wait_s * 1e6),
            "last_tick_us": round(loop.tick_s * 1e6),
            "last_returned": loop.returned,
            "last_steps": loop.tick_steps,
            "selector": loop.poller.name,
            "watched": loop.watched,
            "paused": loop.paused_until is not None,
            "resumes_in_s": resumes_in,
            "delay_s": loop.delay_s,
        }
        loop.tick_times.clear()
        loop.lag_s = 0.0
        loop.ready_max = lanes["ready"]
        observed = UNOBSERVED if self._watch is None else self._observed(self._watch)
        return messages.LoopFigures(**figures, **observed)

    def _observed(self, watch: Watch) -> dict[str, Any]:
        now = time.monotonic()
        tasks = self._loop.tasks
        if len(tasks) <= CENSUS_TASKS or now - self._census_at >= CENSUS_EVERY_S:
            self._census_at = now
            self._census = _census(tasks, now)
        ages, lines = self._census
        tokens = self._tokens(now) if len(tasks) <= TOKENS else []
        observed = {
            "ages": ages,
            "lines": lines,
            "tokens": tokens,
            "moves": dict(watch.moves),
            "hog": self._hog(watch),
        }
        watch.moves.clear()
        watch.longest = None
        return observed

    def _tokens(self, now: float) -> list[list[Any]]:
        oldest_first = sorted(self._loop.tasks, key=lambda task: task.since)
        return [
            [task.id, task.lane, round((now - task.since) * 1000), *self._describe(task)]
            for task in oldest_first
        ]

    def _hog(self, watch: Watch) -> list[Any] | None:
        if watch.longest is None:
            return None
        spent, task, line = watch.longest
        return [task.id, round(spent * 1e6), *self._describe(task), line]


def _census(tasks: set[Task], now: float) -> tuple[dict[str, list[int]], dict[str, list[Any]]]:
    """Tasks by lane and time in it, and by the line where they stand."""
    ages = {lane: [0] * (len(AGE_LIMITS_S) + 1) for lane in LANES}
    lines: dict[str, list[Any]] = {}
    for task in tasks:
        age = now - task.since
        ages[task.lane][sum(age >= limit for limit in AGE_LIMITS_S)] += 1
        line = task.line()
        if line in lines:
            lines[line][1] += 1
        else:
            lines[line] = [task.lane, 1]
    return ages, lines


def _percentile_us(ordered: list[float], share: float) -> int:
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e6) if ordered else 0
