"""One request a connection, in two concurrency models: what tasks 2 and 3 have in common.

threads: the accept loop answers what has arrived already and hands every client that it would
have to wait for to a thread of a bounded pool. No more clients are waited for than there are
threads: one more ends the wait for the oldest, so that nobody new waits for an old one.
blocking: as in the lab, one client at a time from accept to the answer, everybody else in the
accept queue; only the deadline bounds the wait.

Every client has DEADLINE_S for its request and WRITE_S for taking the answer. The end of an
answered connection is left to the Closer in both models.
"""

import socket
import threading
import time
from abc import abstractmethod
from collections.abc import Callable
from typing import Protocol

from labservers.net.closing import Closer
from labservers.net.listening import Acceptor, listen_tcp
from labservers.net.workers import Workers
from labservers.observe import messages
from labservers.observe.addresses import address_text
from labservers.observe.monitor import Connection, Excerpt, Monitor
from labservers.registry import ServerSpec
from labservers.run.server import STOP_GRACE_S, LabServer, Options

POOL_SIZE = 128
PIECE = 65_536
WRITE_S = 10.0
CUT_TOGETHER = 16
CUT_S = STOP_GRACE_S - 0.7  # after a stop: for requests that have begun; the rest for the end


class Answer(Protocol):
    """Bytes to send, whether they are what was asked for, and what to count them as."""

    @property
    def data(self) -> bytes: ...
    @property
    def good(self) -> bool: ...
    @property
    def kinds(self) -> tuple[str, ...]: ...


class Conversation(Protocol):
    """A protocol's side of one connection: bytes in, at most one answer out."""

    @property
    def received(self) -> bytes: ...
    def receive(self, data: bytes) -> Answer | None: ...
    def end(self) -> Answer: ...
    def too_late(self) -> Answer: ...


class Visit:
    """One client from accept to its answer."""

    __slots__ = ("asked_at", "connection", "conversation", "deadline", "rest", "sock")

    def __init__(
        self, sock: socket.socket, connection: Connection, conversation: Conversation, wait_s: float
    ) -> None:
        self.sock = sock
        self.connection = connection
        self.conversation = conversation
        self.deadline = connection.opened_at + wait_s
        self.asked_at = 0.0
        self.rest: bytes | None = None  # of the answer, once there is one


class OneRequestServer(LabServer):
    """Accepts, reads one request, sends one answer; a subclass brings the protocol."""

    deadline_s: float  # for a whole request, from accept

    def __init__(self, spec: ServerSpec, options: Options, monitor: Monitor) -> None:
        super().__init__(spec, options, monitor)
        self._acceptor = Acceptor(self.log)
        self._closer = Closer(monitor)
        self._workers = Workers(POOL_SIZE, self._attend)
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        # Clients that are waited for, or will be as soon as a thread has come, oldest first.
        self._waiting: dict[Visit, None] = {}
        self._timers: list[threading.Timer] = []

    @abstractmethod
    def converse(self) -> Conversation:
        """The protocol's side of a new connection."""

    def bind(self) -> tuple[str, int]:
        listener = listen_tcp(self.options.host, self.options.port, self.options.backlog)
        return self._acceptor.take(listener)

    def serve(self) -> None:
        blocking = self.options.model == "blocking"
        serve_one = self._wait_and_answer if blocking else self._answer_or_hand_over
        self._closer.start()
        if not blocking:
            self._workers.start()
        try:
            while (accepted := self._acceptor.accept(self._free_descriptors)) is not None:
                serve_one(self._visit(*accepted))
        finally:
            self._acceptor.close()
            self._workers.finish(time.monotonic() + STOP_GRACE_S)
            self._closer.finish(STOP_GRACE_S)
            for timer in self._timers:
                timer.cancel()

    def stop(self) -> None:
        self._stopping.set()
        self._acceptor.stop()
        self._cut_all(lambda visit: not visit.conversation.received)
        timer = threading.Timer(CUT_S, self._cut_all, [lambda visit: True])
        timer.daemon = True
        timer.start()
        self._timers.append(timer)

    def frame(self, seq: int) -> messages.Frame:
        waiting, limit = self._acceptor.queue() or (None, None)
        return self.monitor.frame(seq, accept_queue=waiting, accept_limit=limit)

    def _visit(self, sock: socket.socket, address: tuple[str, int]) -> Visit:
        connection = self.monitor.open(address_text(address), sock)
        return Visit(sock, connection, self.converse(), self.deadline_s)

    def _answer_or_hand_over(self, visit: Visit) -> None:
        try:
            visit.sock.setblocking(False)
            while self._step(visit):
                pass
        except BlockingIOError:
            self._expect(visit)
            self._workers.take(visit)
            while len(self._waiting) > self._workers.limit:
                self._make_room()
            return
        except OSError:
            self._broke(visit)
        except Exception as error:
            self._failed(visit, error)
        self._leave(visit)

    def _wait_and_answer(self, visit: Visit) -> None:
        self._expect(visit)
        self._attend(visit)

    def _expect(self, visit: Visit) -> None:
        """From now on it may be cut."""
        with self._lock:
            self._waiting[visit] = None
            if self._stopping.is_set() and not visit.conversation.received:
                self._cut(visit)

    def _attend(self, visit: Visit) -> None:
        try:
            self._wait_through(visit)
        except OSError:
            self._broke(visit)
        except Exception as error:
            self._failed(visit, error)
        finally:
            with self._lock:
                self._waiting.pop(visit, None)
        self._leave(visit)

    def _wait_through(self, visit: Visit) -> None:
        while True:
            visit.sock.settimeout(max(0.001, visit.deadline - time.monotonic()))
            try:
                if not self._step(visit):
                    return
            except TimeoutError:
                if visit.rest is not None:
                    raise
                self._answered(visit, visit.conversation.too_late())

    def _step(self, visit: Visit) -> bool:
        """Read or write once; False when everything is done."""
        if visit.rest is None:
            data = visit.sock.recv(PIECE)
            if not visit.asked_at:
                visit.asked_at = time.perf_counter()
            visit.connection.bytes_in += len(data)
            conversation = visit.conversation
            answer = conversation.receive(data) if data else conversation.end()
            if answer is None:
                return True
            self._answered(visit, answer)
        rest = visit.rest or b""
        sent = visit.sock.send(rest)
        visit.connection.bytes_out += sent
        visit.rest = rest[sent:]
        return len(rest) > sent

    def _answered(self, visit: Visit, answer: Answer) -> None:
        visit.rest = answer.data
        visit.deadline = time.monotonic() + WRITE_S
        visit.connection.enter("writing")
        received, monitor = visit.conversation.received, self.monitor
        for kind in answer.kinds:
            monitor.counts[kind] += 1
        if not answer.data:  # nothing was asked, so nothing is wrong: a browser's spare connection
            return
        us = round((time.perf_counter() - visit.asked_at) * 1e6) if visit.asked_at else 0
        monitor.exchanged(received, answer.data, us)
        if not answer.good:
            monitor.errors += 1
        peer = visit.connection.peer
        self.log.sampled("%s %s -> %s", peer, Excerpt(received), Excerpt(answer.data))

    def _leave(self, visit: Visit) -> None:
        self._closer.leave(visit.connection, visit.sock)

    def _broke(self, visit: Visit) -> None:
        self.monitor.errors += 1
        self.monitor.counts["broken"] += 1
        self.log.sampled("%s broke the connection off", visit.connection.peer)

    def _failed(self, visit: Visit, error: Exception) -> None:
        """A fault of ours ends this visit only."""
        self.monitor.errors += 1
        self.monitor.counts["failed"] += 1
        self.log.failure(visit.connection.peer, error)

    def _make_room(self) -> None:
        """End the wait for the client that has been waited for longest."""
        with self._lock:
            visit = next(iter(self._waiting), None)
            if visit is not None:
                self._cut(visit)

    def _free_descriptors(self) -> None:
        """There are none for new clients: end the oldest waits."""
        for _ in range(CUT_TOGETHER):
            self._make_room()

    def _cut_all(self, chosen: Callable[[Visit], bool]) -> None:
        with self._lock:
            for visit in list(self._waiting):
                if chosen(visit):
                    self._cut(visit)

    def _cut(self, visit: Visit) -> None:
        """Its thread sees the end of the stream, and ends it as such; who does not take the
        answer is not waited for either. With the lock held."""
        del self._waiting[visit]
        try:
            visit.sock.shutdown(socket.SHUT_RD if visit.rest is None else socket.SHUT_RDWR)
        except OSError:
            pass  # it has gone by itself
