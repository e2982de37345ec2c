"""The inside of a program besides its figures: calls, threads, locks, tasks, held points.

Nothing here waits for the dashboard: what it does not take is left out, and points that are left
out are counted, by the channel as all that it loses. A dashboard that is only slow, as on a busy
machine, loses none of a burst.
"""

from __future__ import annotations

import threading
import time
from typing import Any

from . import messages, observed
from .channel import Channel
from .gate import Gate
from .standing import Standing
from .stepper import Stepper
from .tap import Tap

HELD_S = 0.1  # between two reports of a stepper that changes
HELD_AGAIN_S = 1.0  # its times and queues, while it holds something
THREADS_S = 0.25
POINTS_BEHIND = 1024 * 1024  # bytes of the channel; from then on points are left out
LAST_WORDS = observed.Crash, observed.Deadlock, observed.Summary, messages.Notice
SHARE = 40  # a look at the threads that takes 10 ms is not taken again within 400 ms


class Glass:
    """report() is called again and again by one thread; obey() and look() by another.

    gated: calls are points that the stepper can hold.
    """

    def __init__(
        self,
        channel: Channel,
        tap: Tap,
        standing: Standing,
        stepper: Stepper,
        *,
        gated: bool = True,
    ) -> None:
        self._channel = channel
        self._tap = tap
        self._standing = standing
        self._stepper = stepper
        self._gates = [Gate(stepper, tap.own)] if gated else []
        self._setting = threading.Lock()  # never taken in a thread of the program
        self._views: list[str] = []
        self._held = Stepper().state()  # as reported
        self._held_due = self._threads_due = 0.0

    def look(self, views: list[str]) -> None:
        """The open views from now on: "threads" or "code" wants to know where all stand."""
        self._views = views
        self._threads_due = 0.0

    def obey(self, command: messages.Command) -> None:
        """Carry out a command of the stepper.

        Raises:
            ValueError: as Stepper.obey().
        """
        self._stepper.obey(command)
        self.set_gate()

    def forked(self) -> None:
        """This is a child now, which nobody controls."""
        for gate in self._gates:
            gate.forked()

    def set_gate(self) -> None:
        """In place while anything may be held; without it a call costs a truth test."""
        for gate in self._gates:
            gate.look_out(self._tap.book.places)
        with self._setting:
            self._tap.gates[:] = self._gates if self._stepper.active else []

    def send(self, message: Any) -> None:
        """A message that is not to be left out, but for the points."""
        if self._channel.interrupted:
            return
        if not isinstance(message, observed.Points):
            last_word = isinstance(message, LAST_WORDS)
            self._channel.send(messages.encode(message), last_word=last_word)
        elif self._channel.behind > POINTS_BEHIND:
            self._channel.leave_out(len(message.points) + message.lost)
        else:
            self._send_points(message, self._channel.take_lost_points())

    def _send_points(self, message: observed.Points, lost: int) -> None:
        """lost: points before this batch."""
        message = message._replace(lost=message.lost + lost)
        points = len(message.points) + message.lost
        self._channel.send(messages.encode(message), messages=0, points=points)

    def send_latest(self, message: Any) -> None:
        """A snapshot: where the channel is full, the next one will do."""
        if self._channel.flush():
            self._channel.send(messages.encode(message))

    def report(self) -> None:
        """Send what has changed."""
        now = time.monotonic()
        self.set_gate()  # a pause also ends by itself
        self.report_lost()
        self._report_held(now)
        looked_at = "threads" in self._views or "code" in self._views
        if looked_at and now >= self._threads_due:
            began = time.thread_time()
            self.send_latest(self._standing.look())
            self._threads_due = now + THREADS_S + (time.thread_time() - began) * SHARE

    def report_lost(self, *, at_end: bool = False) -> None:
        """Once the channel has room again: how many points and messages were lost. At the end
        whether it has or not. By any thread: what one of them has taken, it alone tells."""
        if not self._channel.flush() and not at_end:
            return
        lost, points = self._channel.take_lost()
        now = self._tap.clock.now()
        if points:
            self._send_points(observed.Points(now, [], 0), points)
        if lost:
            notice = messages.Notice(now, "untold", f"{lost:,} messages were lost")
            self._channel.send(messages.encode(notice), messages=lost, last_word=True)

    def _report_held(self, now: float) -> None:
        state = self._stepper.state()
        again = bool(state.waiting) and now >= self._held_due - HELD_S + HELD_AGAIN_S
        if (state != self._held or again) and now >= self._held_due:
            self._held, self._held_due = state, now + HELD_S
            self.send_latest(self._stepper.held(self._tap.clock.now()))

    def close(self) -> None:
        """Nothing is held any more."""
        self._stepper.release()
        self._tap.gates.clear()
