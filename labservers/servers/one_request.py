"""The common part of tasks 2 and 3 besides the lab's loop: which thread waits for a slow client.

threads: the accept loop serves what has arrived already, and hands a client that it would have
to wait for to a thread of a bounded pool. Only as many clients are waited for as there are
threads: one more ends the oldest wait, so that a new client never waits for an old one.
blocking: as in the lab, one client at a time from accept to close, all others in the accept
queue; only the deadlines bound the wait.
"""

import contextlib
import threading
import time
from abc import abstractmethod
from collections.abc import Iterator

from labservers.net.accepting import Acceptor
from labservers.net.closing import Closer
from labservers.net.listening import listen_tcp
from labservers.net.workers import Workers
from labservers.observe import messages
from labservers.observe.addresses import address_text
from labservers.observe.monitor import Monitor
from labservers.observe.text import Excerpt
from labservers.registry import ServerSpec
from labservers.run.server import STOP_GRACE_S, LabServer, Options
from labservers.servers.visit import Visit, Waiting

POOL_SIZE = 128
WRITE_S = 10.0
CUT_TOGETHER = 16
CUT_S = STOP_GRACE_S - 0.7  # after a stop: for requests that have begun; the rest for the end


class OneRequestServer(LabServer):
    """Tries a client at once, or waits for it; a subclass has the loop and what is done."""

    deadline_s: float  # for a whole request, from accept
    write_s = WRITE_S  # for taking the answer
    pool_size = POOL_SIZE

    def __init__(self, spec: ServerSpec, options: Options, monitor: Monitor) -> None:
        super().__init__(spec, options, monitor)
        self.waiting = Waiting()
        self._acceptor = Acceptor(self.log)
        self._closer = Closer(monitor)
        self._workers = Workers(self.pool_size, self._wait_for)
        self._last_call = threading.Timer(CUT_S, self.waiting.cut_all)
        self._last_call.daemon = True

    @abstractmethod
    def serve_client(self, client: Visit) -> None:
        """From the first recv() to close(). It may be broken off by BlockingIOError and called
        again, so it does nothing twice that counts before the answer is sent."""

    def bind(self) -> tuple[str, int]:
        listener = listen_tcp(self.options.host, self.options.port, self.options.backlog)
        return self._acceptor.take(listener)

    def stop(self) -> None:
        self._acceptor.stop()
        self.waiting.cut_silent()
        with contextlib.suppress(RuntimeError):  # it was asked before
            self._last_call.start()

    def frame(self, seq: int) -> messages.Frame:
        waiting, limit = self._acceptor.queue() or (None, None)
        return self.monitor.frame(seq, accept_queue=waiting, accept_limit=limit)

    @contextlib.contextmanager
    def open(self) -> Iterator[None]:
        """Everything that accept() and attend() need, and its end."""
        self._closer.start()
        if self.options.model == "threads":
            self._workers.start()
        try:
            yield
        finally:
            until = time.monotonic() + STOP_GRACE_S
            self._acceptor.close()
            self._workers.finish(until)
            self._closer.finish(max(0.1, until - time.monotonic()))
            self._last_call.cancel()

    def accept(self) -> Visit | None:
        """The next client; None when the server is asked to stop."""
        accepted = self._acceptor.accept(self._free_descriptors)
        if accepted is None:
            return None
        sock, address = accepted
        connection = self.monitor.open(address_text(address), sock)
        return Visit(sock, connection, self._closer, self.deadline_s, self.write_s)

    def attend(self, client: Visit) -> None:
        """Have serve_client() called, here or in a thread of the pool."""
        try:
            if self.options.model == "threads":
                self._serve(client)
                return
        except BlockingIOError:
            pass
        client.start_over()
        self.waiting.add(client)
        if self.options.model == "blocking":
            self._wait_for(client)
            return
        self._workers.take(client)
        self.waiting.cut_down_to(self._workers.limit)

    def note(self, client: Visit, answer: bytes, *kinds: str, good: bool) -> None:
        """Count an answer as these kinds, and show it; before the connection is closed."""
        connection = client.connection
        for kind in kinds:
            connection.counts[kind] += 1
        connection.requests += 1
        if not good:
            connection.errors += 1
        us = round((time.perf_counter() - client.asked_at) * 1e6) if client.asked_at else 0
        self.monitor.last = (client.received, answer, us)
        peer = connection.peer
        self.log.sampled("%s %s -> %s", peer, Excerpt(client.received), Excerpt(answer))

    def _wait_for(self, client: Visit) -> None:
        try:
            self._serve(client)
        finally:
            self.waiting.discard(client)

    def _serve(self, client: Visit) -> None:
        """A client's trouble, or a fault of ours, ends this visit only."""
        connection = client.connection
        try:
            self.serve_client(client)
        except BlockingIOError:
            raise
        except OSError:
            connection.errors += 1
            connection.counts["broken"] += 1
            self.log.sampled("%s broke the connection off", connection.peer)
        except Exception as error:
            connection.errors += 1
            connection.counts["failed"] += 1
            self.log.failure(connection.peer, error)
        client.close()

    def _free_descriptors(self) -> None:
        """There are none for new clients: end the oldest waits."""
        self.waiting.cut_oldest(CUT_TOGETHER)
