"""The event loop's figures for the telemetry, read in place from the telemetry's thread.

The loop is never woken for them: an idle loop that is looked at stays idle. What is counted is
exact; what is timed is timed only while somebody looks.
"""

import time
from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from labservers.loop.event_loop import EventLoop, Task
from labservers.loop.watch import Describe, Hold, Meter, Sampler
from labservers.observe import messages
from labservers.observe.stepper import Stepper

if TYPE_CHECKING:
    from labservers.observe.observed import TaskRow

TOKENS = 60
AGE_LIMITS_S = (0.01, 0.1, 1.0, 10.0)
LANES = ("ready", "running", "reading", "writing", "sleeping")
CENSUS_TASKS = 2_000  # above, the walk over all tasks costs milliseconds: less often
CENSUS_EVERY_S = 0.5


def lanes(loop: EventLoop) -> dict[str, int]:
    """How many tasks are in each lane; costs the same at any number."""
    return {
        "ready": loop.ready,
        "reading": len(loop.waits.to_read),
        "writing": len(loop.waits.to_write),
        "sleeping": len(loop.waits.asleep),
    }


class LoopFigures:
    """messages.LoopFigures of a loop; describe(task) gives its label and peer.

    looked_at() and frame() are for one thread, the telemetry's; hold() for any.
    """

    def __init__(self, loop: EventLoop, stepper: Stepper, describe: Describe) -> None:
        self._loop = loop
        self._stepper = stepper
        self._describe = describe
        self._hold = Hold(loop, stepper, describe)
        self._look: Look | None = None

    def hold(self) -> None:
        """Let the stepper have the loop while it holds anything."""
        if self._stepper.active:
            self._loop.observers.add(self._hold)
        else:
            self._loop.observers.leave_out(self._hold)

    def looked_at(self, wanted: bool) -> None:
        """Whether somebody looks at the loop from now on."""
        if wanted and self._look is None:
            self._look = Look(self._loop, self._hold.clock, self._describe)
        elif not wanted and self._look is not None:
            self._look.end()
            self._look = None

    def frame(self) -> messages.LoopFigures:
        self.hold()  # a pause also ends by itself
        loop, look = self._loop, self._look
        paused = self._stepper.paused
        figures: dict[str, Any] = {
            **lanes(loop),
            "tasks": loop.created - loop.finished,
            "ticks": loop.ticks,
            "steps": loop.steps,
            "selector": loop.waits.poller.name,
            "watched": len(loop.waits),
            "paused": paused,
            "resumes_in_s": self._stepper.resumes_in_s if paused else None,
            "delay_s": self._stepper.delay_s,
        }
        return messages.LoopFigures(**figures, **(look.figures() if look else {}))

    def oldest(self, limit: int) -> tuple[list[Task], int]:
        """The tasks that have been in their lane longest, and how many there are."""
        tasks = self._loop.tasks()
        return sorted(tasks, key=lambda task: task.since)[:limit], len(tasks)


class Look:
    """The times of steps, and where each task stands, while somebody looks."""

    def __init__(self, loop: EventLoop, clock: Callable[[], float], describe: Describe) -> None:
        self._loop = loop
        self._clock = clock
        self._describe = describe
        self._meter = Meter(loop, clock)
        self._sampler = Sampler(loop, clock)
        self._counts = Counts(loop)
        self._steps = loop.steps
        self._moved_at = clock()  # when steps were last seen to be more
        self._census: dict[str, Any] = {}
        self._census_at = 0.0
        self._meter.next_window()
        self._sampler.next_window()

    def end(self) -> None:
        self._loop.observers.leave_out(self._meter)
        self._loop.observers.leave_out(self._sampler)

    def figures(self) -> dict[str, Any]:
        """Since the last call."""
        now = time.monotonic()
        tasks = self._loop.tasks()
        if len(tasks) <= CENSUS_TASKS or now - self._census_at >= CENSUS_EVERY_S:
            self._census_at = now
            self._census = census(tasks, now)
        before, self._counts = self._counts, Counts(self._loop)
        return {
            **self._timed(),
            **self._census,
            "moves": self._counts.moves_since(before),
            "tokens": self._tokens(tasks, now) if len(tasks) <= TOKENS else [],
        }

    def _timed(self) -> dict[str, Any]:
        """Ticks and steps of the window that ends; a step that outlasts it is the longest."""
        loop, meter, now = self._loop, self._meter, self._clock()
        under_way = meter.under_way_s
        window, steps = meter.next_window(), self._sampler.next_window()
        made, self._steps = loop.steps - self._steps, loop.steps
        longest, stuck = steps.longest, loop.current if made == 0 else None
        if made:
            self._moved_at = now
        elif stuck is not None:
            under_way = under_way or now - self._moved_at
            longest = (under_way, stuck, stuck.line())
        covered = (window.ended or now) - window.began
        busy = covered if stuck else window.busy_s + min(under_way, covered)
        return {
            "ready_max": max(window.most_steps, loop.ready),
            "tick_p50_us": _percentile_us(window.ticks, 0.5),
            "tick_p99_us": _percentile_us(window.ticks, 0.99),
            "lag_us": round(max([*window.ticks, under_way]) * 1e6),
            "utilization": round(min(1.0, busy / covered), 4) if covered > 0 else 0.0,
            "last_wait_us": round(meter.wait_s * 1e6),
            "last_tick_us": round(meter.tick_s * 1e6),
            "last_returned": meter.returned,
            "last_steps": meter.steps,
            "ticks_timed": [
                [round(wait_s * 1e6), round(tick_s * 1e6), steps, returned]
                for wait_s, tick_s, steps, returned in list(meter.newest)
            ],
            "timed": round(min(1.0, steps.timed / made), 4) if made else 1.0,
            "hog": self._hog(longest),
        }

    def _hog(self, longest: tuple[float, Task, str] | None) -> list[Any] | None:
        if longest is None:
            return None
        spent, task, line = longest
        return [task.id, round(spent * 1e6), *self._describe(task), line]

    def _tokens(self, tasks: list[Task], now: float) -> list[list[Any]]:
        tasks.sort(key=lambda task: task.since)
        return [
            [task.id, task.lane, round((now - task.since) * 1000), *self._describe(task)]
            for task in tasks
        ]


class Counts:
    """The loop's counters at a moment; two of them give the moves between lanes in between."""

    def __init__(self, loop: EventLoop) -> None:
        now, cancelled = lanes(loop), loop.cancelled.copy()
        self.created, self.steps = loop.created, loop.steps
        self.done = loop.finished - cancelled.total()
        entered = {"writing": loop.waits.writes, "sleeping": loop.waits.sleeps}
        # A step ends in one of these lanes, in the ready queue after a refusal, or for good.
        entered["reading"] = self.steps - self.done - loop.refused - sum(entered.values())
        self.entered = entered
        self.left = {lane: entered[lane] - now[lane] - cancelled[lane] for lane in entered}

    def moves_since(self, before: "Counts") -> dict[str, int]:
        """ "from>to" -> how many; see messages.LoopFigures."""
        moves = {
            "new>ready": self.created - before.created,
            "ready>running": self.steps - before.steps,
            "running>done": self.done - before.done,
        }
        for lane in self.entered:
            moves["running>" + lane] = self.entered[lane] - before.entered[lane]
            moves[lane + ">ready"] = self.left[lane] - before.left[lane]
        return {move: count for move, count in moves.items() if count > 0}


def census(tasks: list[Task], now: float) -> dict[str, Any]:
    """Tasks by lane and time in it, and by the line where they stand and what they want there."""
    ages = {lane: [0] * (len(AGE_LIMITS_S) + 1) for lane in LANES}
    lines: dict[str, list[Any]] = {}
    for task in tasks:
        lane = task.lane
        if lane not in ages:  # it has ended meanwhile
            continue
        age = now - task.since
        ages[lane][sum(age >= limit for limit in AGE_LIMITS_S)] += 1
        line = task.line()
        if line in lines:
            lines[line][1] += 1
        else:
            lines[line] = [task.wanted, 1]
    return {"ages": ages, "lines": lines}


def task_rows(tasks: list[Task], now: float) -> list["TaskRow"]:
    """Tasks by the line where they stand, those with the most first."""
    from labservers.observe.observed import TaskRow  # most programs run without it

    lines: dict[tuple[str, str], list[float]] = {}
    for task in tasks:
        frame = task.frame
        if frame is not None:
            lines.setdefault((task.line(), frame.f_code.co_name), []).append(task.since)
    rows = [
        TaskRow(line, function, len(since), "generator", round(max(0.0, now - min(since)), 3), [])
        for (line, function), since in lines.items()
    ]
    return sorted(rows, key=lambda row: (-row.suspended, row.line))


def _percentile_us(times: list[float], share: float) -> int:
    ordered = sorted(times)
    return round(ordered[min(len(ordered) - 1, int(len(ordered) * share))] * 1e6) if ordered else 0
