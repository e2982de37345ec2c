"""Polite ends of connections, without anybody waiting for them.

After an answer a connection is closed for writing and left here: one thread reads what still
comes, until the peer's own end or for LINGER_S at most, and then closes it. A close with
unread bytes would be a reset, and a reset makes the peer's kernel throw away the answer
(RFC 1122 section 4.2.2.13).
"""

import socket
import threading
import time
from collections import deque

from labservers.observe.monitor import Connection, Monitor

LINGER_S = 0.5
SWEEP_S = 0.02
READ_LIMIT = 1024 * 1024
KEPT = 512  # connections; beyond them the oldest has had its time


class _Leaving:
    __slots__ = ("connection", "due", "may_read", "sock")

    def __init__(self, connection: Connection, sock: socket.socket, due: float) -> None:
        self.connection = connection
        self.sock = sock
        self.due = due
        self.may_read = READ_LIMIT


class Closer(threading.Thread):
    """Closes answered connections politely. Any thread may call leave()."""

    def __init__(self, monitor: Monitor) -> None:
        super().__init__(name="closer", daemon=True)
        self._monitor = monitor
        self._leaving: deque[_Leaving] = deque()
        self._some = threading.Event()
        self._hurry = threading.Event()

    def leave(self, connection: Connection, sock: socket.socket) -> None:
        """Take over a connection to which everything has been sent."""
        connection.enter("closing")
        try:
            sock.setblocking(False)
            sock.shutdown(socket.SHUT_WR)
        except OSError:  # the peer broke it off before
            pass
        self._leaving.append(_Leaving(connection, sock, connection.state_since + LINGER_S))
        if not self._some.is_set():
            self._some.set()

    def finish(self, timeout_s: float) -> None:
        """Close everything within the time given; nothing may be added after."""
        self._hurry.set()
        self._some.set()
        self.join(timeout_s)

    def run(self) -> None:
        while True:
            self._some.wait()
            self._some.clear()
            while self._leaving:
                time.sleep(SWEEP_S)
                self._sweep()
            if self._hurry.is_set():
                return

    def _sweep(self) -> None:
        for _ in range(len(self._leaving)):
            leaving = self._leaving.popleft()
            crowded = len(self._leaving) >= KEPT
            if crowded or _has_gone(leaving):
                leaving.sock.close()
                self._monitor.close(leaving.connection)
            else:
                self._leaving.append(leaving)


def _has_gone(leaving: _Leaving) -> bool:
    try:
        while leaving.may_read > 0:
            received = len(leaving.sock.recv(65_536))
            if not received:
                return True
            leaving.may_read -= received
            leaving.connection.bytes_in += received
    except BlockingIOError:
        return time.monotonic() >= leaving.due
    except OSError:
        pass
    return True


def close_politely(sock: socket.socket, linger_s: float = 0.5, limit: int = 1024 * 1024) -> None:
    """Close so that the peer gets our last bytes: half-close, read its rest for a moment, close.

    A close with unread bytes sends a reset, and a reset makes the peer's kernel throw away
    what it had received (RFC 1122 section 4.2.2.13). Never raises.
    """
    try:
        sock.shutdown(socket.SHUT_WR)
        deadline = time.monotonic() + linger_s
        while limit > 0 and (left := deadline - time.monotonic()) > 0:
            sock.settimeout(left)
            received = len(sock.recv(65536))
            if not received:
                break
            limit -= received
    except OSError:
        pass
    finally:
        sock.close()
