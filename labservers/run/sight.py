"""The inside of a lab server, while somebody looks or holds: calls, threads, lines."""

import time
from pathlib import Path

from labservers.observe import observed
from labservers.observe.channel import Channel
from labservers.observe.glass import Glass
from labservers.observe.lines import OwnLines
from labservers.observe.locks import Locks
from labservers.observe.standing import Standing
from labservers.observe.window import WindowTap
from labservers.run.server import LabServer
from labservers.run.shown_locks import ShownLocks

LINES_S = 0.25
LABSERVERS = Path(__file__).resolve().parent.parent


class Sight:
    """look() and report() are for the reporter's thread, hold() for any."""

    def __init__(self, server: LabServer, channel: Channel) -> None:
        file = LABSERVERS / "servers" / f"{server.spec.name}.py"
        own = OwnLines(str(file), str(LABSERVERS / "loop"))
        self._tap = WindowTap(own, server.monitor.clock)
        locks = Locks(own)
        self._locks = ShownLocks(server, locks)
        self._threads = False  # whether somebody looks at them
        standing = Standing(self._tap, locks, server.task_rows)
        self._glass = Glass(
            channel, self._tap, standing, server.stepper, gated=server.held_at_calls
        )
        self._lines_due = 0.0

    def look(self, views: list[str]) -> None:
        self._threads = "threads" in views
        self._glass.look(views)

    def hold(self) -> None:
        """The stepper has obeyed a command: what it may hold is seen from now on."""
        self._glass.set_gate()
        if self._tap.gates:
            self._tap.install()

    def report(self, *, wanted: bool) -> None:
        """Send what was seen, and go on or, where nobody looks any more, take the tap out."""
        share = self._tap.go_on() if wanted else 0.0
        for message in self._tap.book.take():
            if isinstance(message, observed.Points):
                message = message._replace(share=share)
            self._glass.send(message)
        self._report_lines()
        if wanted and self._threads:
            self._locks.look()
        else:
            self._locks.remove()
        self._glass.report()
        if not wanted:
            self._tap.remove()

    def _report_lines(self) -> None:
        now = time.monotonic()
        if now >= self._lines_due:
            self._lines_due = now + LINES_S
            lines = self._tap.book.lines()
            if lines is not None:
                self._glass.send_latest(lines)
