"""The reports of a server to the dashboard: frames, events and, while somebody looks, the rest."""

import threading
import time
from typing import TYPE_CHECKING

from labservers.observe import messages
from labservers.observe.channel import Channel
from labservers.run.server import LabServer

if TYPE_CHECKING:
    from labservers.run.sight import Sight

QUIET_HZ = 1.0
MAX_HZ = 20.0
ROWS_HZ = 2.0
FLUSH_S = 1.0
GLASS = frozenset({"wire", "code", "threads"})  # views that need the tap
NOBODY_LOOKS = messages.Look(QUIET_HZ, [])


class Reporter(threading.Thread):
    """Sends what is asked for by the newest look.

    Observation never breaks the observed: what fails here is logged once and left out. While
    the dashboard does not read, frames are left out and events wait in their own bounded store.
    """

    def __init__(self, server: LabServer, channel: Channel) -> None:
        super().__init__(name="reporter", daemon=True)
        self._server = server
        self._channel = channel
        self._look = NOBODY_LOOKS
        self._changed = threading.Event()
        self._complained = False
        self._rows_due = 0.0
        self._making = threading.Lock()
        self._sight: Sight | None = None

    def look(self, look: messages.Look) -> None:
        """From the next frame on report this much; called by another thread."""
        self._look = look._replace(hz=min(max(look.hz, QUIET_HZ), MAX_HZ))
        self._changed.set()

    def hold(self) -> None:
        """The server's stepper has obeyed a command; called by another thread."""
        if self._server.stepper.active:
            self._see().hold()
        self._changed.set()

    def run(self) -> None:
        seq, due, before = 0, time.monotonic(), NOBODY_LOOKS
        while self._channel.open:
            self._changed.wait(max(0.0, due - time.monotonic()))
            self._changed.clear()
            look, now = self._look, time.monotonic()
            due = now + 1 / look.hz
            seq += 1
            try:
                if look is not before:
                    self._server.looked_at(look)
                    if not GLASS.isdisjoint(look.views):
                        self._see().look(look.views)
                    before = look
                if self._channel.flush(FLUSH_S):
                    self._report(seq, look, now)
            except Exception as error:
                self._complain(error)

    def _report(self, seq: int, look: messages.Look, now: float) -> None:
        self._send(self._server.frame(seq))
        self._send(self._server.monitor.take_events())
        if "rows" in look.views and now >= self._rows_due:
            self._rows_due = now + 1 / ROWS_HZ
            self._send(self._server.rows())
        if self._sight is not None:
            looked_at = not GLASS.isdisjoint(look.views)
            self._sight.report(wanted=looked_at or self._server.stepper.active)

    def _see(self) -> "Sight":
        from labservers.run.sight import Sight  # only now: a server starts without all of it

        with self._making:
            if self._sight is None:
                self._sight = Sight(self._server, self._channel)
            return self._sight

    def _complain(self, error: Exception) -> None:
        if not self._complained:
            self._complained = True
            self._server.log.failure("reporting to the dashboard failed", error)

    def _send(self, message: messages.Message | None) -> None:
        if message is not None:
            self._channel.send(messages.encode(message))
