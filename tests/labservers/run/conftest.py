"""A server that only notes its calls, and the dashboard's end of its channel."""

import io
import queue
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

from labservers.observe import messages
from labservers.observe.channel import Channel
from labservers.observe.log import Log
from labservers.observe.monitor import Monitor
from labservers.registry import SERVERS
from labservers.run.server import LabServer, Options


class Noting(LabServer):
    """Serves nobody until it is stopped."""

    def __init__(self) -> None:
        self.written = io.StringIO()
        options = Options("127.0.0.1", 0, "threads", "")
        super().__init__(SERVERS["page"], options, Monitor(Log("noting", self.written)))
        self.asked: queue.SimpleQueue[Any] = queue.SimpleQueue()
        self.rows_asked = 0
        self.broken = False
        self.stopped = threading.Event()

    def bind(self) -> tuple[str, int]:
        return "127.0.0.1", 80

    def serve(self) -> None:
        self.stopped.wait()

    def stop(self) -> None:
        self.stopped.set()

    def frame(self, seq: int) -> messages.Frame:
        if self.broken:
            raise RuntimeError("cannot be counted")
        return super().frame(seq)

    def rows(self, limit: int = 50) -> messages.Rows:
        self.rows_asked += 1
        return super().rows(limit)

    def looked_at(self, look: messages.Look) -> None:
        self.asked.put(look)

    def command(self, command: messages.Command) -> None:
        self.asked.put(command)
        if isinstance(command, messages.Step):
            raise RuntimeError("cannot step")


@pytest.fixture
def server() -> Iterator[Noting]:
    made = Noting()
    yield made
    made.log.close()


@pytest.fixture
def ends() -> Iterator[tuple[Channel, Channel]]:
    """The server's end of a channel, and the dashboard's."""
    theirs, ours = socket.socketpair()
    channels = Channel(theirs), Channel(ours)
    yield channels
    for channel in channels:
        channel.close()
