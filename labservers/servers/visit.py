"""One client that asks once: a socket whose calls have deadlines, and first try without a wait.

The accept loop answers at once what has arrived already. It calls recv() and sendall() in the
hope that none of them has to wait; the one that has to raises BlockingIOError. Then the visit
starts over in a thread that may wait: the same calls get the same bytes again.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Callable

from labservers.net.closing import Closer
from labservers.net.no_wait import DONT_WAIT
from labservers.observe.monitor import Connection


class Visit:
    """A client from accept to close. Its calls are those of a socket. The whole request has
    read_s from accept, taking the answer has write_s."""

    __slots__ = (
        "_again",
        "_closer",
        "_flags",
        "_sock",
        "_write_s",
        "asked_at",
        "connection",
        "deadline",
        "received",
    )

    def __init__(
        self,
        sock: socket.socket,
        connection: Connection,
        closer: Closer,
        read_s: float,
        write_s: float,
    ) -> None:
        self.connection = connection
        self.deadline = connection.opened_at + read_s
        self.asked_at = 0.0  # when its first bytes came, of time.perf_counter()
        self.received = b""
        self._again = b""  # received by the try, to be handed out once more
        self._sock = sock
        self._flags: int = DONT_WAIT
        self._closer = closer
        self._write_s = write_s

    def start_over(self) -> None:
        """Let the same calls be made again, and wait from now on."""
        self._again = self.received
        self._flags = 0

    def recv(self, size: int) -> bytes:
        """The next bytes of the request, none at the end of the stream.

        Raises:
            BlockingIOError: see the module. TimeoutError: the deadline has passed.
            OSError: the client broke the connection off.
        """
        if self._again:
            data, self._again = self._again[:size], self._again[size:]
            return data
        self._expect_wait()
        data = self._sock.recv(size, self._flags)
        if not self.asked_at:
            self.asked_at = time.perf_counter()
        self.connection.bytes_in += len(data)
        self.received += data
        return data

    def sendall(self, data: bytes) -> None:
        """Send the answer, all that has not been sent yet.

        Raises:
            BlockingIOError: see the module. TimeoutError: it is not taken in time.
            OSError: the client broke the connection off.
        """
        connection = self.connection
        if connection.state != "writing":
            connection.enter("writing")
            self.deadline = connection.state_since + self._write_s
        while (sent := connection.bytes_out) < len(data):
            self._expect_wait()
            connection.bytes_out += self._sock.send(data[sent:], self._flags)

    def close(self) -> None:
        """Politely, and without a wait. Twice is once."""
        if self.connection.state != "closing":
            self._closer.leave(self.connection, self._sock)

    def cut(self) -> None:
        """End the wait in recv() or sendall(), from another thread: the first sees the end of
        the stream, the second a broken connection."""
        writing = self.connection.state == "writing"
        with contextlib.suppress(OSError):  # it has gone by itself
            self._sock.shutdown(socket.SHUT_RDWR if writing else socket.SHUT_RD)

    def _expect_wait(self) -> None:
        if not self._flags:
            left_s = self.deadline - time.monotonic()
            if left_s <= 0:
                raise TimeoutError("the deadline has passed")
            self._sock.settimeout(left_s)


class Waiting:
    """The visits that are waited for, oldest first; each wait can be cut, once."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._visits: dict[Visit, None] = {}
        self._silent_too = True

    def __len__(self) -> int:
        return len(self._visits)

    def add(self, visit: Visit) -> None:
        with self._lock:
            self._visits[visit] = None
            if not self._silent_too and not visit.received:
                self._cut(visit)

    def discard(self, visit: Visit) -> None:
        with self._lock:
            self._visits.pop(visit, None)

    def cut_oldest(self, count: int) -> None:
        with self._lock:
            self._cut_first(count)

    def cut_down_to(self, limit: int) -> None:
        """So that no more are waited for."""
        with self._lock:
            self._cut_first(len(self._visits) - limit)

    def cut_silent(self) -> None:
        """Those that have asked nothing yet, now and from now on."""
        self._silent_too = False
        self._cut_where(lambda visit: not visit.received)

    def cut_all(self) -> None:
        self._cut_where(lambda visit: True)

    def _cut_where(self, chosen: Callable[[Visit], bool]) -> None:
        with self._lock:
            for visit in list(self._visits):
                if chosen(visit):
                    self._cut(visit)

    def _cut_first(self, count: int) -> None:
        for visit in list(self._visits)[: max(0, count)]:
            self._cut(visit)

    def _cut(self, visit: Visit) -> None:
        del self._visits[visit]
        visit.cut()
