"""What is seen of a lab server's calls, threads and lines while somebody looks at them or holds."""

from pathlib import Path

from labservers.observe import messages
from labservers.observe.channel import Channel
from labservers.observe.glass import Glass
from labservers.observe.lines import OwnLines
from labservers.observe.locks import Locks
from labservers.observe.standing import Standing
from labservers.observe.window import WindowTap
from labservers.run.server import LabServer

LABSERVERS = Path(__file__).resolve().parent.parent


class Sight:
    """look() and report() are for the reporter's thread, hold() for any."""

    def __init__(self, server: LabServer, channel: Channel) -> None:
        file = LABSERVERS / "servers" / f"{server.spec.name}.py"
        own = OwnLines(str(file), str(LABSERVERS / "loop"))
        self._tap = WindowTap(own, server.monitor.clock)
        self._standing = Standing(self._tap, Locks(own), own=True)
        self._glass = Glass(
            channel, self._tap, self._standing, server.stepper, gated=server.held_at_calls
        )

    def look(self, views: list[str]) -> None:
        self._glass.look(views)

    def hold(self) -> None:
        """The stepper has obeyed a command: what it may hold is seen from now on."""
        self._glass.set_gate()
        if self._tap.gates:
            self._tap.install()

    def report(self, *, wanted: bool) -> None:
        """Send what was seen, and go on or, where nobody looks any more, take the tap out."""
        share = self._tap.next_window() if wanted else 0.0
        for message in self._tap.book.take():
            if isinstance(message, messages.Points):
                message = message._replace(share=share)
            self._glass.send(message)
        lines = self._tap.book.lines()
        if lines is not None:
            self._glass.send_latest(lines)
        self._glass.report()
        if not wanted:
            self._tap.remove()
