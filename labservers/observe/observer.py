"""The reports of an observed program to the dashboard, and the commands that it obeys.

Two bare threads, which the program's `threading` does not know: the teller's, which sends, and
one that reads commands. The end of the channel is the end of the program.
"""

from __future__ import annotations

import _thread
import os
import signal
import time
from typing import Callable

from . import messages, this_process
from .channel import Channel
from .glass import Glass
from .loop_scene import LoopScene
from .scene import Scene
from .standing import Standing
from .stepper import Stepper
from .tap import Tap
from .teller import Teller

FRAME_S = 1.0
LOOP_FRAME_S = 0.2
ROWS_S = 0.5
NAMED = 12  # calls in a sentence
HURRY_S = 1.2  # for an end that the program can handle, once the dashboard is gone
HURRIED = 32 * 1024  # bytes that a slow dashboard takes within that time
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
        self._channel = channel
        self._tap = tap
        self._teller = teller
        self._ended = ended
        self._stepper = Stepper()
        self._glass = Glass(channel, tap, standing, self._stepper)
        self._scene = Scene(tap)
        self._loops = LoopScene(tap, self._stepper)
        self._look = NOBODY_LOOKS
        self._displaced: list[str] = []
        self._frame_due = self._rows_due = 0.0
        self.send = self._glass.send  # a sink of the teller

    def start(self) -> None:
        """Report and obey, before the program's own code runs."""
        self._teller.checks.append(self._report)
        _thread.start_new_thread(self._obey, ())

    def close(self) -> None:
        """The program has come to its end: nothing is held, and the last words are sent."""
        self._glass.close()
        if not self._channel.interrupted:
            self._last_words(time.monotonic() + 2 * HURRY_S)

    def forked(self) -> None:
        """This is a child now, which is not observed: the channel is its parent's."""
        self._tap.gates.clear()
        self._glass.forked()
        self._tap.remove()
        self._channel.forget()

    def _last_words(self, until: float) -> None:
        """Where the dashboard is too slow for all, why the program ended and its summary come
        before the points that they stand behind; these are counted."""
        if not self._channel.flush(until - HURRY_S - time.monotonic()):
            self._channel.shorten(HURRIED)
        self._glass.report_lost(at_end=True)
        self._channel.flush(until - time.monotonic())

    def _report(self) -> None:
        """In the teller's thread."""
        self._glass.report()
        now, looked_at = time.monotonic(), "loop" in self._look.views
        if now >= self._frame_due:
            self._frame_due = now + (LOOP_FRAME_S if looked_at else FRAME_S)
            self._glass.send_latest(self._frame(looked_at))
            self._say_displaced()
        if now >= self._rows_due:
            self._rows_due = now + ROWS_S
            if looked_at:
                self._glass.send_latest(self._loops.rows())
            if "rows" in self._look.views:
                self._glass.send_latest(self._scene.rows())

    def _say_displaced(self) -> None:
        """Once for each time that the program puts more in the place of what we observe."""
        displaced = sorted(set(self._tap.displaced()))
        if displaced and displaced != self._displaced:
            text = ", ".join(f"{name}()" for name in displaced[:NAMED])
            self._teller.tell(messages.Notice(self._tap.clock.now(), "displaced", text))
        self._displaced = displaced

    def _frame(self, looked_at: bool) -> messages.Frame:
        figures, sees = self._loops.report(wanted=looked_at)
        return self._scene.frame()._replace(loop=figures, sees=sees)

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
            self._glass.look(command.views)
            self._rows_due = self._frame_due = 0.0
        elif isinstance(command, messages.Stop):
            self._end()
        else:
            self._glass.obey(command)

    def _dashboard_is_gone(self) -> None:
        if self._channel.taken_away:
            self._tap.remove()
            return
        self._end()
        time.sleep(HURRY_S)
        this_process.end_at_once()

    def _end(self) -> None:
        """As SIGTERM from outside does, but with a summary where that would end it at once."""
        self._stepper.release()
        if signal.getsignal(signal.SIGTERM) == signal.SIG_DFL:
            until = time.monotonic() + 2 * HURRY_S
            self._ended("SIGTERM")
            self._last_words(until)  # another thread's close() may be at it
        os.kill(os.getpid(), signal.SIGTERM)
