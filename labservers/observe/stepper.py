"""Holding a running program at its points: pause, step, slow motion, breakpoints.

A *point* is a place where a program can be held: a call, the resume of a task. A *turn* is a run
of points that belong together: the resumes of one tick of an event loop. A step lets one point
pass, a tick lets the points of one turn pass. This module is the only owner of "paused".

No lock is taken in a thread of the program: a signal handler may run between any two of its
bytecodes and arrive at a point itself. An arrival shows itself and then looks for a permit; a
command lays down a permit and then looks for arrivals. So one of the two finds the other.
"""

from __future__ import annotations

import threading
import time
from typing import NamedTuple

from .arrival import Arrival
from .messages import Break, Breakpoints, Command, Held, Pause, Resume, Slow, Step, Tick

PAUSE_LIMIT_S = 300.0
DELAY_LIMIT_S = 60.0
SHOWN = 500  # held points of a message
SENDS = frozenset({"send", "sendall", "sendto", "sendmsg", "sendfile", "write"})
NO_BREAKPOINTS = Breakpoints([], [], [], exceptions=False)


class Permit:
    """Lets one point pass, or a turn: of this arrival; else the next of this thread, or of any."""

    def __init__(self, arrival: Arrival | None, thread: str | None, *, turn: bool) -> None:
        self._arrival = arrival
        self._thread = thread
        self.turn = turn

    def fits(self, arrival: Arrival) -> bool:
        if self._arrival is not None:
            return arrival is self._arrival
        return self._thread in (None, arrival.name)


class Until:
    """Points pass until one is reached: "send", "line", "task:7", or a line as "server.py:24".

    Raises:
        ValueError: another text.
    """

    def __init__(self, text: str, thread: str | None, start: str | None) -> None:
        if text not in ("send", "line") and ":" not in text:
            raise ValueError(f"not a place to step to: {text[:40]!r}")
        self.text = text
        self._thread = thread
        self._start = start  # the line that is to be left

    @property
    def is_line(self) -> bool:
        return self.text not in ("send", "line") and not self.text.startswith("task:")

    def concerns(self, arrival: Arrival) -> bool:
        return self._thread in (None, arrival.name)

    def reached(self, arrival: Arrival) -> bool:
        if self.text == "send":
            return arrival.call in SENDS and arrival.when == "before"
        if self.text == "line":
            return arrival.line is not None and arrival.line != self._start
        if self.text.startswith("task:"):
            return arrival.name == "task " + self.text[len("task:") :]
        return arrival.line == self.text


class State(NamedTuple):
    """A stepper's at one moment; the oldest arrival comes first."""

    paused: bool
    delay_s: float
    waiting: list[Arrival]
    breakpoints: Breakpoints


class Stepper:
    """The program's threads call pass_point(); all other methods are for any other thread.

    pauses: how many pauses have begun. breakpoints: replaced as a whole.
    """

    def __init__(self) -> None:
        self.pauses = 0
        self.breakpoints = NO_BREAKPOINTS
        self._commanding = threading.Lock()  # never taken in a thread of the program
        self._limit_s = PAUSE_LIMIT_S
        self._paused_until = 0.0  # by time.monotonic()
        self._delay_s = 0.0
        self._over = False
        self._permits: list[Permit] = []
        self._until: Until | None = None
        self._turn: int | None = None  # of the newest point
        self._free_turn: int | None = None  # all of its points may pass
        self._waiting: list[Arrival] = []  # the oldest first

    @property
    def paused(self) -> bool:
        return self.resumes_in_s > 0

    @property
    def resumes_in_s(self) -> float:
        """Seconds until the pause ends by itself; 0 when there is none."""
        return max(0.0, self._paused_until - time.monotonic())

    @property
    def held_until(self) -> float:
        """When the newest pause has ended or will, by time.monotonic(); 0 before the first."""
        return self._paused_until

    @property
    def delay_s(self) -> float:
        """Slow motion: seconds of rest before each turn."""
        return self._delay_s

    @property
    def active(self) -> bool:
        """Whether a point may be held at all."""
        return self._delay_s > 0 or self.breakpoints != NO_BREAKPOINTS or self.paused

    @property
    def lines(self) -> set[str]:
        """Those at which it stops: of breakpoints, and where a step is to lead."""
        until = self._until
        leads = [until.text] if until is not None and until.is_line else []
        return {*self.breakpoints.lines, *leads}

    def held(self, at: float) -> Held:
        """Where everything stands; `at` in seconds since the epoch."""
        left = self.resumes_in_s
        rows = [arrival.row(index) for index, arrival in enumerate(self._waiting[:SHOWN])]
        return Held(at, left > 0, round(left, 1) or None, self._delay_s, rows, self.breakpoints)

    def state(self) -> State:
        """Equal to an earlier one where held() would say the same, but for times and queues."""
        return State(self.paused, self._delay_s, list(self._waiting), self.breakpoints)

    # Commands.

    def obey(self, command: Command) -> None:
        """Carry out a command, if it is for the stepper and the program does not end yet.

        Raises:
            ValueError: a step to what is not a place.
        """
        if self._over:
            return
        if isinstance(command, Pause):
            self.pause(PAUSE_LIMIT_S if command.limit_s is None else command.limit_s)
        elif isinstance(command, Step):
            self.step(command.thread, command.until)
        elif isinstance(command, Tick):
            self.tick()
        elif isinstance(command, Resume):
            self.resume()
        elif isinstance(command, Slow):
            self.slow(command.delay_s)
        elif isinstance(command, Break):
            self.breakpoints = Breakpoints(*command)

    def pause(self, limit_s: float = PAUSE_LIMIT_S) -> None:
        """Hold at the next point. It ends by itself that long after the last step, and never
        later than PAUSE_LIMIT_S."""
        with self._commanding:
            self._limit_s = min(limit_s, PAUSE_LIMIT_S)
            self._hold()
            self._wake_all()

    def resume(self) -> None:
        """Let all points pass again."""
        self.pause(0.0)

    def release(self) -> None:
        """Hold nothing any more, whatever is commanded: the program comes to its end."""
        self._over = True
        self.breakpoints = NO_BREAKPOINTS
        self._delay_s = 0.0
        self.resume()

    def step(self, thread: str | None = None, until: str | None = None) -> None:
        """Let one more point pass, of this thread or of the one that was held first; or points
        until one is reached.

        Raises:
            ValueError: not a place to step to.
        """
        with self._commanding:
            if not self.paused:
                return
            self._paused_until = time.monotonic() + self._limit_s
            held = [arrival for arrival in self._waiting if thread in (None, arrival.name)]
            if until is None:
                self._permit(held[0] if held else None, thread)
                return
            self._until = Until(until, thread, held[0].line if held else None)
            for arrival in held:
                self._permit(arrival, thread)

    def tick(self) -> None:
        """Let what is left of this turn pass, or one turn when none of it has passed."""
        with self._commanding:
            if self.paused:
                self._permit(None, None, turn=True)

    def slow(self, delay_s: float) -> None:
        """Rest so long before each turn, DELAY_LIMIT_S at the most; 0 is full speed."""
        with self._commanding:
            self._delay_s = max(0.0, min(delay_s, DELAY_LIMIT_S))
            self._wake_all()

    # In the program's threads.

    def pass_point(self, arrival: Arrival) -> None:
        """Return when it may pass. An exception that a signal handler raises leaves."""
        if arrival.breaks(self.breakpoints) and (self._until is not None or not self.paused):
            self._limit_s = PAUSE_LIMIT_S
            self._hold()
        begins = arrival.turn is None or arrival.turn != self._turn
        arrival.rests = begins and arrival.when == "before"
        self._turn = arrival.turn
        if self._left_s(arrival) <= 0:
            return
        self._waiting.append(arrival)
        try:
            while (left := self._left_s(arrival)) > 0:
                arrival.wait(left)
        finally:
            self._waiting.remove(arrival)

    def _left_s(self, arrival: Arrival) -> float:
        """How long this point has to wait as things are; uses up what lets it pass."""
        now = time.monotonic()
        if now >= self._paused_until:
            return arrival.since + self._delay_s - now if arrival.rests else 0.0
        free = arrival.turn is not None and arrival.turn == self._free_turn
        if free or self._use_permit(arrival) or self._goes_on(arrival):
            return 0.0
        return self._paused_until - now

    def _use_permit(self, arrival: Arrival) -> bool:
        for permit in list(self._permits):
            if permit.fits(arrival):
                try:
                    self._permits.remove(permit)
                except ValueError:  # another thread has used it
                    continue
                if permit.turn:
                    self._free_turn = arrival.turn
                return True
        return False

    def _goes_on(self, arrival: Arrival) -> bool:
        """Whether this point lies before the one that a step is to lead to."""
        until = self._until
        if until is None or not until.concerns(arrival):
            return False
        if until.reached(arrival):
            self._until = None
            return False
        return True

    # Each step of these is one store, or one call of a list.

    def _hold(self) -> None:
        self.pauses += 1
        self._permits.clear()
        self._until = self._free_turn = None
        self._paused_until = time.monotonic() + self._limit_s

    def _permit(self, arrival: Arrival | None, thread: str | None, *, turn: bool = False) -> None:
        self._permits.append(Permit(arrival, thread, turn=turn))
        if arrival is not None:
            arrival.wake()
        else:
            self._wake_all()

    def _wake_all(self) -> None:
        for arrival in list(self._waiting):
            arrival.wake()
