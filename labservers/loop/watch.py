"""Observers of the loop: the stepper's hold, the meter of its ticks, the sampler of its steps.

To time a tick or a step takes longer than some of them last. So meter and sampler time a bounded
number in each window, which is a frame of the telemetry, and take themselves off: they see
everything while there is little, and a sample under load.
"""

import socket
import time
from collections import deque
from collections.abc import Callable
from types import FrameType

from labservers.loop.event_loop import EventLoop
from labservers.loop.task import Task
from labservers.observe.arrival import Arrival
from labservers.observe.stepper import Stepper

TICKS_TIMED = 50  # in a window
TICKS_KEPT = 50
STEPS_TIMED = 100
REST_S = 0.5  # of the sampler, where so many came in a window: to time a step costs several of them

Clock = Callable[[], float]
Describe = Callable[[Task], tuple[str, str]]  # the label and the peer of a task


class TaskArrival(Arrival):
    """A task that is about to be resumed."""

    def __init__(self, task: Task, turn: int, peer: str) -> None:
        super().__init__(f"task {task.id}", "resume")
        self.turn = turn
        self._task = task
        self._peer = peer

    @property
    def line(self) -> str | None:
        return self._task.line() or None

    @property
    def frame(self) -> FrameType | None:
        return self._task.frame

    @property
    def peer(self) -> str | None:
        return self._peer or None

    @property
    def sock(self) -> socket.socket | None:
        return self._task.socket


class Hold:
    """Lets the stepper hold the loop, and keeps that time out of all figures."""

    def __init__(self, loop: EventLoop, stepper: Stepper, describe: Describe) -> None:
        self._loop = loop
        self._stepper = stepper
        self._describe = describe
        # Seconds held before, and since when it is held now: one value, as two threads read it.
        self._held: tuple[float, float | None] = (0.0, None)

    def resuming(self, task: Task) -> None:
        before, began = self._held[0], time.monotonic()
        self._held = (before, began)
        peer = self._describe(task)[1]
        self._stepper.pass_point(TaskArrival(task, self._loop.ticks, peer))
        self._held = (before + time.monotonic() - began, None)

    def clock(self) -> float:
        """Monotonic seconds of a clock that stands still while the loop is held."""
        before, since = self._held
        return (since or time.monotonic()) - before


class TickWindow:
    """Ticks that were timed, in seconds; `began` and `ended`: the window itself, by the clock."""

    def __init__(self, began: float) -> None:
        self.began = began
        self.ended = 0.0  # while it lasts
        self.ticks: list[float] = []
        self.busy_s = 0.0
        self.most_steps = 0


class Meter:
    """Times ticks. tick_s, wait_s, steps, returned: of the newest tick and the wait before it.

    newest: those of the last ticks that were timed, as (wait_s, tick_s, steps, returned).
    """

    def __init__(self, loop: EventLoop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._tick_began: float | None = None
        self._wait_began: float | None = None
        self._ticks = self._steps = 0  # before the tick
        self.tick_s = self.wait_s = 0.0
        self.steps = self.returned = 0
        self.newest: deque[tuple[float, float, int, int]] = deque(maxlen=TICKS_KEPT)
        self.window = TickWindow(clock())

    def next_window(self) -> TickWindow:
        """Begin a new window; the last one."""
        last, self.window = self.window, TickWindow(self._clock())
        self._loop.observers.add(self)
        return last

    def after_wait(self, returned: int) -> None:
        now = self._clock()
        if self._wait_began is not None:
            self.wait_s = now - self._wait_began
        self.returned = returned
        self._ticks, self._steps = self._loop.ticks, self._loop.steps
        self._tick_began = now

    def before_wait(self) -> None:
        now, window = self._clock(), self.window
        if self._tick_began is not None and self._loop.ticks != self._ticks:
            self._note(window, now - self._tick_began)
        self._tick_began, self._wait_began = None, now
        if len(window.ticks) >= TICKS_TIMED:
            window.ended, self._wait_began = now, None
            self._loop.observers.leave_out(self)

    def _note(self, window: TickWindow, spent: float) -> None:
        self.tick_s = spent
        self.steps = self._loop.steps - self._steps
        window.ticks.append(spent)
        window.busy_s += spent
        window.most_steps = max(window.most_steps, self.steps)
        self.newest.append((self.wait_s, spent, self.steps, self.returned))

    @property
    def under_way_s(self) -> float:
        """How long the tick under way has taken so far; 0 without one."""
        if self._tick_began is None or self._loop.ticks == self._ticks:
            return 0.0
        return self._clock() - self._tick_began


class StepWindow:
    """Steps that were timed: how many, and seconds, task and line of the longest of them."""

    def __init__(self) -> None:
        self.timed = 0
        self.longest: tuple[float, Task, str] | None = None


class Sampler:
    """Times steps. Where a window is full, the next ones are empty for REST_S."""

    def __init__(self, loop: EventLoop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._task: Task | None = None
        self._began = 0.0
        self._rests_until = 0.0
        self.window = StepWindow()

    def next_window(self) -> StepWindow:
        """Begin a new window; the last one."""
        last, self.window = self.window, StepWindow()
        if self._clock() >= self._rests_until:
            self._loop.observers.add(self)
        return last

    def resuming(self, task: Task) -> None:
        self._task = task
        self._began = self._clock()

    def suspended(self, task: Task) -> None:
        if task is self._task:  # not one whose step was under way when the sampler came
            self._note(task, self._clock() - self._began, self.window)

    def finished(self, task: Task, error: BaseException | None) -> None:
        self.suspended(task)

    def _note(self, task: Task, spent: float, window: StepWindow) -> None:
        self._task = None
        task.seen_steps += 1
        task.seen_s += spent
        window.timed += 1
        if window.longest is None or spent > window.longest[0]:
            window.longest = (spent, task, task.line())
        if window.timed >= STEPS_TIMED:
            self._rests_until = self._clock() + REST_S
            self._loop.observers.leave_out(self)
