"""Observers of the loop: the stepper's hold, the meter of its ticks, the sampler of its steps.

The meter sees each tick. A step takes a few microseconds, and to time all of them would cost as
much again as some of them take. So the sampler times a bounded number of steps a frame: all of
them while there are few, a sample under load.
"""

import time
from collections import deque
from collections.abc import Callable

from labservers.loop.event_loop import EventLoop
from labservers.loop.task import Task
from labservers.observe.stepper import Stepper

TICKS_KEPT = 1_024
STEPS_SAMPLED = 100  # a frame

Clock = Callable[[], float]


class Hold:
    """Lets the stepper hold the loop, and keeps that time out of all figures."""

    def __init__(self, loop: EventLoop, stepper: Stepper) -> None:
        self._loop = loop
        self._stepper = stepper
        self._held_s = 0.0
        self._since: float | None = None

    def resuming(self, task: Task) -> None:
        self._since = began = time.monotonic()
        self._stepper.pass_point(self._loop.ticks)
        self._held_s += time.monotonic() - began
        self._since = None

    def clock(self) -> float:
        """Monotonic seconds of a clock that stands still while the loop is held."""
        return (self._since or time.monotonic()) - self._held_s


class Meter:
    """What each tick and each wait took, in seconds.

    tick_s, wait_s, steps, returned: of the newest tick and the wait before it. times: of the
    newest ticks. busy_s: of all ticks. longest_s, most_steps: since somebody set them to 0.
    """

    def __init__(self, loop: EventLoop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._since = clock()
        self._ticks, self._steps = loop.ticks, loop.steps
        self.times: deque[float] = deque(maxlen=TICKS_KEPT)
        self.tick_s = self.wait_s = self.busy_s = self.longest_s = 0.0
        self.steps = self.returned = self.most_steps = 0

    def after_wait(self, returned: int) -> None:
        now = self._clock()
        self.wait_s, self._since = now - self._since, now
        self.returned = returned
        self._ticks, self._steps = self._loop.ticks, self._loop.steps

    def before_wait(self) -> None:
        now = self._clock()
        if self._loop.ticks != self._ticks:
            self.tick_s = spent = now - self._since
            self.steps = steps = self._loop.steps - self._steps
            self.busy_s += spent
            self.times.append(spent)
            self.longest_s = max(self.longest_s, spent)
            self.most_steps = max(self.most_steps, steps)
        self._ticks, self._since = self._loop.ticks, now

    @property
    def under_way_s(self) -> float:
        """How long the tick under way has taken so far, 0 without one."""
        return self._clock() - self._since if self._loop.ticks != self._ticks else 0.0


class Sampler:
    """Times the next STEPS_SAMPLED steps, then takes itself off.

    sampled: how many it has timed. longest: seconds, task and line of the longest of them.
    """

    def __init__(self, loop: EventLoop, clock: Clock) -> None:
        self._loop = loop
        self._clock = clock
        self._left = 0
        self._task: Task | None = None
        self._began = 0.0
        self.sampled = 0
        self.longest: tuple[float, Task, str] | None = None

    def go_on(self) -> None:
        """Time as many steps again."""
        self._left = STEPS_SAMPLED
        self._loop.observers.add(self)

    def resuming(self, task: Task) -> None:
        self._task = task
        self._began = self._clock()

    def suspended(self, task: Task) -> None:
        if task is self._task:  # not one whose step was under way when the sampler came
            self._note(task, self._clock() - self._began)

    def finished(self, task: Task, error: BaseException | None) -> None:
        self.suspended(task)

    def _note(self, task: Task, spent: float) -> None:
        self._task = None
        task.seen_steps += 1
        task.seen_s += spent
        self.sampled += 1
        if self.longest is None or spent > self.longest[0]:
            self.longest = (spent, task, task.line())
        self._left -= 1
        if self._left <= 0:
            self._loop.observers.leave_out(self)
