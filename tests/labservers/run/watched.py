"""A process and the dashboard's end of its channel."""

import contextlib
import socket
import subprocess
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labservers.observe import messages, observed
from labservers.observe.channel import Channel
from tests.measured import MEASURED, environment, let_end

ROOT = Path(__file__).resolve().parents[3]
DEADLINE_S = 30


class Watched:
    """A process under the dashboard, in a session of its own.

    command(descriptor): its command line, with the channel's descriptor in it.
    """

    def __init__(self, command: Callable[[int], list[str]]) -> None:
        ours, theirs = socket.socketpair()
        self.said: list[Any] = []
        self.channel = Channel(ours)
        with theirs:
            number = theirs.fileno()
            self.process = subprocess.Popen(
                command(number),
                cwd=ROOT,
                stdin=subprocess.DEVNULL,
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                pass_fds=[number],
                env=environment(),
                start_new_session=True,
            )
        self._reading = threading.Event()
        self._reading.set()
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        for line in self.channel.lines():
            self._reading.wait(DEADLINE_S)
            with contextlib.suppress(messages.MessageError):  # the last one, cut by the end
                self.said.append(messages.decode(line))

    def hear(self, *, wanted: bool) -> None:
        self._reading.set() if wanted else self._reading.clear()

    def say(self, command: messages.Command) -> None:
        self.channel.send(messages.encode(command))

    def of(self, kind: type[Any]) -> list[Any]:
        return [one for one in list(self.said) if isinstance(one, kind)]

    def newest(self, kind: type[Any]) -> Any:
        found = self.of(kind)
        return found[-1] if found else None

    def points(self) -> list[observed.Point]:
        return [point for batch in self.of(observed.Points) for point in batch.points]

    def held(self) -> list[tuple[Any, ...]]:
        """Thread, line, call and when, of each point that is held."""
        newest = self.newest(messages.Held)
        rows = newest.points if newest is not None else []
        return [(row.thread, row.line, row.call, row.when) for row in rows]

    def listens(self) -> bool:
        events = [one for batch in self.of(observed.SocketEvents) for one in batch.events]
        return any(one.event == "listening" for one in events)

    def ended(self) -> tuple[bytes, bytes, int]:
        out, err = self.process.communicate(timeout=DEADLINE_S)
        self._reading.set()
        self._reader.join(DEADLINE_S)
        return out, err, self.process.returncode

    def end(self) -> None:
        self._reading.set()
        if MEASURED:  # nor does it hold what ends it
            self.say(messages.Break([], [], [], exceptions=False))
            self.say(messages.Resume())
        let_end(self.process)
        if self.process.poll() is None:
            self.process.kill()
        self.process.communicate(timeout=DEADLINE_S)
        self._reader.join(DEADLINE_S)
        self.channel.close()
