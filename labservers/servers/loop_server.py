"""A TCP server on the event loop, besides its tasks: the listener, the figures, the end.

Everything but the LabServer methods runs in the loop's thread.
"""

import contextlib
import errno
import os
import socket
import time
from abc import abstractmethod
from collections.abc import Generator
from typing import TYPE_CHECKING, Any, TypeAlias

from labservers.loop.event_loop import EventLoop, Task, TaskType
from labservers.loop.figures import LoopFigures, task_rows
from labservers.net.descriptors import raise_descriptor_limit
from labservers.net.listening import listen_tcp
from labservers.observe import messages
from labservers.observe.addresses import address_text
from labservers.observe.kernel import accept_queue, receive_queue, send_queue
from labservers.observe.monitor import ROWS_SHOWN, Monitor
from labservers.observe.tally import Tally
from labservers.observe.variables import locals_of
from labservers.registry import ServerSpec
from labservers.run.server import STOP_GRACE_S, LabServer, Options
from labservers.servers.request_reader import RequestReader

if TYPE_CHECKING:
    from labservers.observe.observed import TaskRow

Waiting: TypeAlias = Generator[Any, Any, None]
SPARE_DESCRIPTORS = 64
LABEL_CHARACTERS = 90


class Client:
    """One connection: its counters, its newest request, and whether that is under way.

    ahead: what the next recv() returns or raises, where that is known already. unsent: what the
    kernel has not taken yet. line: how the newest request began: method, target and perhaps more.
    """

    __slots__ = ("_all", "_peer", "ahead", "busy", "bytes_in", "bytes_out", "line", "reader",
                 "sock", "unsent")  # fmt: skip

    def __init__(self, sock: socket.socket, reader: RequestReader, all_clients: Tally) -> None:
        self.sock = sock
        self.reader = reader
        self._all = all_clients
        self.bytes_in = 0
        self.bytes_out = 0
        self.ahead: bytes | Exception | None = None
        self.unsent = self.line = b""
        self.busy = False
        self._peer = ""

    def recv(self, size: int) -> bytes:
        """As socket.recv(), and counted.

        Raises:
            OSError: as there; BlockingIOError: nothing has come. Another: that is `ahead`.
        """
        data, self.ahead = self.ahead, None
        if data is None:
            data = self.sock.recv(size)
        elif isinstance(data, Exception):
            raise data
        received = len(data)
        self.bytes_in += received
        self._all.bytes_in += received
        return data

    def send(self, data: bytes) -> None:
        """Send as much as the kernel takes at once; the rest is `unsent`.

        Raises:
            OSError: the connection is broken.
        """
        try:
            sent = self.sock.send(data)
        except BlockingIOError:
            sent = 0
        self.unsent = data[sent:]
        self.bytes_out += sent
        self._all.bytes_out += sent

    @property
    def label(self) -> str:
        """Method and target of the newest request."""
        return b" ".join(self.line.split(b" ", 2)[:2])[:LABEL_CHARACTERS].decode("ascii")

    @property
    def peer(self) -> str:
        """Asked for once, and only when somebody looks."""
        if not self._peer:
            with contextlib.suppress(OSError):
                self._peer = address_text(self.sock.getpeername())
        return self._peer

    @property
    def has_unread(self) -> bool:
        """Whether a close now would be a reset, which could eat the answer (RFC 9112 9.6)."""
        try:
            return bool(self.sock.recv(1, socket.MSG_PEEK))
        except OSError:
            return False


class LoopServer(LabServer):
    """A subclass brings serve_forever(), which accepts, and the task of a connection."""

    held_at_calls = False  # but at the resumes of its tasks
    loop_class = EventLoop

    def __init__(self, spec: ServerSpec, options: Options, monitor: Monitor) -> None:
        super().__init__(spec, options, monitor)
        self.clients = 0
        self.loop = self.loop_class(selector=options.selector, report=self._task_broke)
        capacity = min(raise_descriptor_limit(), self.loop.waits.poller.capacity)
        self.max_clients = capacity - SPARE_DESCRIPTORS
        self._stopping = False
        self._figures = LoopFigures(self.loop, self.stepper, self._describe)

    @abstractmethod
    def serve_forever(self) -> Waiting:
        """The task that accepts, and makes a task for each connection."""

    def bind(self) -> tuple[str, int]:
        self._listener = listen_tcp(self.options.host, self.options.port, self.options.backlog)
        self._listener.setblocking(False)
        host, port = self._listener.getsockname()[:2]
        return host, port

    def serve(self) -> None:
        self._acceptor = self.loop.create_task(self.serve_forever())
        try:
            self.loop.run()
        finally:
            self._listener.close()

    def stop(self) -> None:
        self.stepper.release()
        self.loop.call_soon(self._begin_to_stop)

    def looked_at(self, look: messages.Look) -> None:
        self._figures.looked_at("loop" in look.views)

    def command(self, command: messages.Command) -> None:
        self.stepper.obey(command)
        self._figures.hold()

    def frame(self, seq: int) -> messages.Frame:
        waiting, limit = accept_queue(self._listener) or (None, None)
        return self.monitor.frame(
            seq,
            connections=self.clients,
            accept_queue=waiting,
            accept_limit=limit,
            loop=self._figures.frame(),
        )

    def rows(self, limit: int = ROWS_SHOWN) -> messages.Rows:
        tasks, total = self._figures.oldest(limit)
        now = time.monotonic()
        rows = [self._row(task, now) for task in tasks]
        return messages.Rows(self.monitor.clock.now(), "tasks", total, rows)

    def task_rows(self, now: float) -> list["TaskRow"]:
        return task_rows(self.loop.tasks(), now)

    def _overloaded(self, error: OSError) -> None:
        self.monitor.errors += 1
        self.monitor.event("overloaded", reason=errno.errorcode.get(error.errno or 0, ""))
        self.log.warning(f"cannot accept for now: {os.strerror(error.errno or 0)}")

    def _begin_to_stop(self) -> None:
        """Accept no more, close idle connections, give the others until the grace is over."""
        if self._stopping:
            return
        self._stopping = True
        self.loop.cancel(self._acceptor)
        self._listener.close()
        for task in self.loop.tasks():
            client = task.about
            about_to_read = task.lane == "ready" and task.steps  # and then it answers, and ends
            if isinstance(client, Client) and not client.busy and not about_to_read:
                self.loop.cancel(task)
                client.sock.close()  # a generator that has not begun runs no `finally` (PEP 342)
        self.loop.create_task(self._give_up_later())

    def _give_up_later(self) -> Waiting:
        until = self.loop.now + STOP_GRACE_S
        while self.loop.now < until and self.loop.tasks():
            yield (TaskType.SLEEP, 0.02)
        self.loop.halt()

    def _task_broke(self, text: str, error: BaseException) -> None:
        self.monitor.errors += 1
        self.log.failure(text, error)

    def _describe(self, task: Task) -> tuple[str, str]:
        client = task.about
        if isinstance(client, Client):
            return client.label, client.peer
        return ("accept", "") if task is self._acceptor else ("stop", "")

    def _row(self, task: Task, now: float) -> messages.Row:
        client = task.about
        label, peer = self._describe(task)
        known = isinstance(client, Client)
        return messages.Row(
            id=task.id,
            peer=peer,
            state="accepting" if task is self._acceptor else task.lane,
            age_s=round(now - task.created_at, 3),
            state_s=round(now - task.since, 3),
            bytes_in=client.bytes_in if known else 0,
            bytes_out=client.bytes_out if known else 0,
            label=label,
            recv_q=receive_queue(client.sock) if known else None,
            send_q=send_queue(client.sock) if known else None,
            steps=task.steps,
            busy_us=task.busy_us,
            line=task.line() or None,
            locals=locals_of(task.frame) if self.stepper.paused and task.frame else None,
        )
