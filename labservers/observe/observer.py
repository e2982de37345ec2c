"""The reports of an observed program to the dashboard, and the commands that it obeys.

Two bare threads, which the program's `threading` does not know: the teller's, which sends, and
one that reads commands. Nothing here waits for the dashboard: what it does not take is left out,
and points that are left out are counted. Its end is the end of the program.
"""

from __future__ import annotations

import _thread
import os
import signal
import time
from typing import Any, Callable

from . import messages
from .channel import Channel
from .gate import Gate
from .scene import Scene
from .standing import Standing
from .stepper import Stepper
from .tap import Tap
from .teller import Teller

FRAME_S = 1.0
ROWS_S = 0.5
HELD_S = 0.1  # between two reports of a stepper that changes
HELD_AGAIN_S = 1.0  # its times and queues, while it holds something
THREADS_S = 0.25
SHARE = 40  # a look at the threads that takes 10 ms is not taken again within 400 ms
HURRY_S = 1.2  # for an end that the program can handle, once the dashboard is gone
NOBODY_LOOKS = messages.Look(1.0, [])


class Observer:
    """Reports what the teller tells, and looks at the program while somebody looks at that.

    ended(signal) tells the summary of a program that is about to be ended by a signal.
    """

    def __init__(
        self,
        channel: Channel,
        tap: Tap,
        standing: Standing,
        teller: Teller,
        ended: Callable[[str], None],
    ) -> None:
        self.stepper = Stepper()
        self._channel = channel
        self._tap = tap
        self._standing = standing
        self._teller = teller
        self._ended = ended
        self._gate = Gate(self.stepper, tap.own)
        self._scene = Scene(tap)
        self._look = NOBODY_LOOKS
        self._unsent = 0  # points since the last batch that the channel had room for
        self._held = self.stepper.state()  # as reported
        self._due = dict.fromkeys(("frame", "rows", "held", "threads"), 0.0)

    def start(self) -> None:
        """Report and obey, before the program's own code runs."""
        self._teller.checks.append(self._report)
        _thread.start_new_thread(self._obey, ())

    def send(self, message: Any) -> None:
        """A sink of the teller."""
        if isinstance(message, messages.Points):
            self._send_points(message)
        else:
            self._channel.send(messages.encode(message))

    def close(self) -> None:
        """The program has come to its end: nothing is held, and the last words are sent."""
        self.stepper.release()
        self._tap.gates.clear()
        self._channel.flush(HURRY_S)

    def forked(self) -> None:
        """This is a child now, which is not observed: the channel is its parent's."""
        self._tap.gates.clear()
        self._tap.remove()
        self._channel.forget()

    # Reports, in the teller's thread.

    def _report(self) -> None:
        now, views = time.monotonic(), self._look.views
        self._report_held(now)
        if self._is_due("frame", now, FRAME_S):
            self._send_latest(self._scene.frame())
        if "rows" in views and self._is_due("rows", now, ROWS_S):
            self._send_latest(self._scene.rows())
        if ("threads" in views or "code" in views) and self._is_due("threads", now, THREADS_S):
            began = time.thread_time()
            self._send_latest(self._standing.look())
            self._due["threads"] += (time.thread_time() - began) * SHARE

    def _is_due(self, what: str, now: float, every_s: float) -> bool:
        if now < self._due[what]:
            return False
        self._due[what] = now + every_s
        return True

    def _report_held(self, now: float) -> None:
        """Also ends what ends by itself: a pause."""
        self._set_gate()
        state = self.stepper.state()
        again = bool(state.waiting) and now >= self._due["held"] - HELD_S + HELD_AGAIN_S
        if (state != self._held or again) and self._is_due("held", now, HELD_S):
            self._held = state
            self._send_latest(self.stepper.held(self._tap.clock.now()))

    def _send_points(self, batch: messages.Points) -> None:
        if not self._channel.flush():
            self._unsent += len(batch.points) + batch.lost
            return
        batch = batch._replace(lost=batch.lost + self._unsent)
        self._unsent = 0
        self._channel.send(messages.encode(batch))

    def _send_latest(self, message: Any) -> None:
        """A snapshot: where the channel is full, the next one will do."""
        if self._channel.flush():
            self._channel.send(messages.encode(message))

    # Commands, in a thread of their own.

    def _obey(self) -> None:
        for line in self._channel.lines():
            try:
                self._carry_out(messages.decode_command(line))
            except ValueError:  # of a newer dashboard
                pass
            except Exception as error:
                self._tap.fail(error)
        self._dashboard_is_gone()

    def _carry_out(self, command: messages.Command) -> None:
        if isinstance(command, messages.Look):
            self._look = command
            self._due.update(rows=0.0, threads=0.0)
        elif isinstance(command, messages.Stop):
            self._end()
        else:
            self.stepper.obey(command)
            self._set_gate()

    def _set_gate(self) -> None:
        """In place while anything may be held; without it a call costs a truth test."""
        self._tap.gates[:] = [self._gate] if self.stepper.active else []

    def _dashboard_is_gone(self) -> None:
        if self._channel.taken_away:
            self._tap.remove()
            return
        self._end()
        time.sleep(HURRY_S)
        alone = os.getsid(0) == os.getpid()  # a session of its own: its children as well
        os.kill(0 if alone else os.getpid(), signal.SIGKILL)

    def _end(self) -> None:
        """As SIGTERM from outside does, but with a summary where that would end it at once."""
        self.stepper.release()
        if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            self._ended("SIGTERM")
            self._channel.flush(HURRY_S)
        os.kill(os.getpid(), signal.SIGTERM)
