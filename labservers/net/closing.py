"""Polite ends of connections, with no thread that waits for each.

After the last answer a connection is closed for writing, and what the peer still sends is read
on for a while: to linger. A close with unread bytes would be a reset, and a reset makes the
peer's kernel throw away the answer (RFC 1122 section 4.2.2.13, RFC 9112 section 9.6).
"""

import contextlib
import math
import socket
import threading
import time
from collections import deque

from labservers.observe.monitor import Connection, Monitor

SILENCE_S = 1.0  # a client that still sends is not silent for so long
LINGER_S = 10.0
LINGER_BYTES = 32 * 1024 * 1024
PIECE = 65_536
SWEEP_S = 0.02
SENDING_SWEEP_S = 0.001  # while a client is in the middle of sending, and waits for us
SWEEP_BYTES = 1024 * 1024  # of one connection, before the others have their turn
KEPT = 512  # connections; beyond them the oldest has had its time


class Linger:
    """How much longer a peer is read after our last answer.

    Until it is silent for silence_s, has been read for longest_s, or has sent LINGER_BYTES.
    All times are of time.monotonic().
    """

    __slots__ = ("_due", "_may_read", "_silence_s", "_until")

    def __init__(
        self, now: float, silence_s: float = SILENCE_S, longest_s: float = LINGER_S
    ) -> None:
        self._silence_s = silence_s
        self._due = now + silence_s
        self._until = now + longest_s
        self._may_read = LINGER_BYTES

    def took(self, count: int, now: float) -> None:
        """So many bytes were read."""
        self._may_read -= count
        self._due = min(now + self._silence_s, self._until)

    def spent(self, now: float) -> bool:
        """Whether it has been read for long enough, or has sent enough, silent or not."""
        return now >= self._until or self._may_read <= 0

    def left_s(self, now: float) -> float:
        """Seconds that the next read may wait; 0 or less: it is over."""
        return self._due - now if self._may_read > 0 else 0.0


class _Leaving:
    __slots__ = ("connection", "linger", "sock")

    def __init__(self, connection: Connection, sock: socket.socket) -> None:
        self.connection = connection
        self.sock = sock
        self.linger = Linger(connection.state_since)


class Closer(threading.Thread):
    """Closes answered connections politely: one thread for all. Any thread may call leave()."""

    def __init__(self, monitor: Monitor) -> None:
        super().__init__(name="closer", daemon=True)
        self._monitor = monitor
        self._leaving: deque[_Leaving] = deque()
        self._some = threading.Event()
        self._end_at = math.inf  # of time.monotonic(): no peer is read any longer

    def leave(self, connection: Connection, sock: socket.socket) -> None:
        """Take over a connection to which everything has been sent."""
        connection.enter("closing")
        with contextlib.suppress(OSError):  # the peer broke it off before
            sock.setblocking(False)  # with a time-out, recv() would wait for it, whatever its flags
            sock.shutdown(socket.SHUT_WR)
        self._leaving.append(_Leaving(connection, sock))
        if not self._some.is_set():
            self._some.set()

    def finish(self, timeout_s: float) -> None:
        """Close everything within the time given; nothing may be added after."""
        self._end_at = time.monotonic() + timeout_s
        self._some.set()
        self.join(timeout_s + 2 * SWEEP_S)

    def run(self) -> None:
        while self._end_at == math.inf or self._leaving:
            self._some.wait()
            self._some.clear()
            pause_s = SWEEP_S
            while self._leaving:
                time.sleep(pause_s)
                pause_s = SENDING_SWEEP_S if self._sweep() else SWEEP_S

    def _sweep(self) -> bool:
        """Read every connection once and close those that are over; True: one still sends."""
        sending = False
        for _ in range(len(self._leaving)):
            leaving = self._leaving.popleft()
            received, ended = _read_on(leaving.sock)
            now = time.monotonic()
            if received:
                sending = True
                leaving.connection.bytes_in += received
                leaving.linger.took(received, now)
            crowded = len(self._leaving) >= KEPT
            if ended or crowded or leaving.linger.left_s(now) <= 0 or now >= self._end_at:
                leaving.sock.close()
                self._monitor.close(leaving.connection)
            else:
                self._leaving.append(leaving)
        return sending


def _read_on(sock: socket.socket) -> tuple[int, bool]:
    """How many bytes were there, up to SWEEP_BYTES, and whether they were the last."""
    total = 0
    try:
        while total < SWEEP_BYTES:
            received = len(sock.recv(PIECE))
            if not received:
                return total, True
            total += received
    except BlockingIOError:
        return total, False
    except OSError:
        return total, True
    return total, False


def close_politely(
    sock: socket.socket, silence_s: float = SILENCE_S, longest_s: float = LINGER_S
) -> None:
    """Close one connection in the same way, in this thread. Never raises."""
    linger = Linger(time.monotonic(), silence_s, longest_s)
    try:
        sock.shutdown(socket.SHUT_WR)
        while (left_s := linger.left_s(time.monotonic())) > 0:
            sock.settimeout(left_s)
            received = len(sock.recv(PIECE))
            if not received:
                break
            linger.took(received, time.monotonic())
    except OSError:
        pass
    finally:
        sock.close()
