"""After the answer: what a visitor still sends is read on, or a reset takes the answer away
(RFC 9112, section 9.6; for how long, see labservers/net/closing.py).

Under `flask run` one thread does so for all connections, when their own has ended: nobody's turn
and no thread is held by a visitor that goes on sending.
"""

import logging
import selectors
import socket
import threading
import time
from collections import deque

from labservers.net.closing import LINGER_S, SILENCE_S, Linger
from labservers.net.waker import Waker

KEPT = 128  # connections; beyond them the oldest has had its time
PIECE = 65_536
PAUSE_S = 0.001  # between two looks at those that send, for the threads that answer
JOIN_S = 1.0
LOG = logging.getLogger(__name__)


class Lingering:
    """leave(connection) from any thread, after open(). All are closed in the end, by close() at
    the latest."""

    def __init__(self, silence_s: float = SILENCE_S, longest_s: float = LINGER_S) -> None:
        self._times = silence_s, longest_s
        self._lock = threading.Lock()  # guards the next two
        self._news: deque[socket.socket] = deque()
        self._closing = False
        self._lingers: dict[socket.socket, Linger] = {}  # the oldest first; of the thread alone
        self._piece = bytearray(PIECE)
        self._waker: Waker
        self._thread = threading.Thread(target=self._run, name="lingering", daemon=True)

    def __len__(self) -> int:
        return len(self._news) + len(self._lingers)

    def open(self) -> None:
        self._waker = Waker()
        self._thread.start()

    def leave(self, connection: socket.socket) -> None:
        """Take over a connection to which everything has been sent."""
        try:
            connection.setblocking(False)
            connection.shutdown(socket.SHUT_WR)
        except OSError:  # the visitor broke it off before
            connection.close()
            return
        with self._lock:
            if closing := self._closing:
                connection.close()
            else:
                self._news.append(connection)
        if not closing:
            self._waker.wake()

    def close(self) -> None:
        """End the thread. Nothing before open()."""
        if self._thread.ident is None:
            return
        with self._lock:
            self._closing = True
        self._waker.wake()
        self._thread.join(JOIN_S)
        self._waker.close()

    # The following runs in the thread.

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._waker, selectors.EVENT_READ)
            while not self._closing:
                try:
                    self._look(selector)
                except Exception:
                    LOG.exception("a visitor broke the lingering")
        for connection in (*self._news, *self._lingers):
            connection.close()

    def _look(self, selector: selectors.BaseSelector) -> None:
        now, sending = time.monotonic(), False
        for key, _ in selector.select(self._wait_s(now)):
            if isinstance(key.fileobj, socket.socket):
                sending = True
                self._read_on(selector, key.fileobj)
            else:
                self._waker.drain()
        while self._news:
            self._welcome(selector, self._news.popleft())
        # As of before the look: one that sent meanwhile was not silent, however late we are.
        for connection in [one for one, linger in self._lingers.items() if linger.left_s(now) <= 0]:
            self._end(selector, connection)
        if sending:
            time.sleep(PAUSE_S)

    def _wait_s(self, now: float) -> float | None:
        return min((max(0.0, one.left_s(now)) for one in self._lingers.values()), default=None)

    def _welcome(self, selector: selectors.BaseSelector, connection: socket.socket) -> None:
        if len(self._lingers) >= KEPT:
            self._end(selector, next(iter(self._lingers)))
        self._lingers[connection] = Linger(time.monotonic(), *self._times)
        selector.register(connection, selectors.EVENT_READ)

    def _read_on(self, selector: selectors.BaseSelector, connection: socket.socket) -> None:
        try:
            received = connection.recv_into(self._piece)
        except BlockingIOError:
            return
        except OSError:
            received = 0
        if received:
            self._lingers[connection].took(received, time.monotonic())
        else:
            self._end(selector, connection)

    def _end(self, selector: selectors.BaseSelector, connection: socket.socket) -> None:
        del self._lingers[connection]
        selector.unregister(connection)
        connection.close()
