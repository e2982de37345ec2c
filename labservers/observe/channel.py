"""One line between a program and the dashboard, both ways: a socket that the program inherits.

It is neither standard input nor output, so that those stay the program's own. Its end means
that the other side is gone, however it ended. Sending never waits: what the kernel does not
take at once is kept, up to a bound, and beyond it the oldest lines are lost. What is lost is
counted in the same step, so that each count is taken, and told, by one thread alone.
"""

from __future__ import annotations

import _socket
import _thread
import os
import struct
import time
from collections import deque
from collections.abc import Iterator
from typing import Any, NamedTuple

from .holding import alone
from .readiness import writable

CAPACITY = 8 * 1024 * 1024
LINE_LIMIT = 4 * 1024 * 1024
PIECE = 64 * 1024
AGAIN_S = 0.05  # the kernel calls a buffer writable only once most of it is free
LOOK_S = 1  # how often a reader in a program looks whether its descriptor is still its own


class Waiting(NamedTuple):
    """A line, and how many messages and points are lost if it is."""

    line: bytes
    messages: int
    points: int
    last_word: bool

    @property
    def rank(self) -> int:
        """Where there is no time for all, what is lowest goes first."""
        return 0 if self.points else 1 + self.last_word


class Channel:
    """One end. Any thread may send; one thread reads. lost, lost_points: since take_lost()."""

    def __init__(self, sock: _socket.socket, capacity: int = CAPACITY) -> None:
        os.set_inheritable(sock.fileno(), False)
        self.lost = self.lost_points = 0
        self._sock = sock
        self._file = _file_of(sock)
        self._capacity = capacity
        # Guards the counts, all that follows, and the order of lines; it knows its owner.
        self._lock: Any = _thread.RLock()
        self._kept: deque[Waiting] = deque()
        self._size = 0  # of the lines kept, in bytes
        self._begun = memoryview(b"")  # the rest of a line of which a part was sent
        self._broken = False

    @classmethod
    def inherited(cls, descriptor: int) -> Channel:
        """The end that this process was started with.

        Raises:
            OSError: the descriptor is not a socket's.
        """
        sock = _socket.socket(fileno=descriptor)
        timeout = struct.pack("ll", LOOK_S, 0)  # struct timeval, socket(7)
        sock.setsockopt(_socket.SOL_SOCKET, _socket.SO_RCVTIMEO, timeout)
        return cls(sock)

    @alone
    def send(
        self, line: bytes, *, messages: int = 1, points: int = 0, last_word: bool = False
    ) -> bool:
        """Send a line after those before it; False: the other side is gone.

        messages, points: how many are lost if this line is. last_word: shorten() keeps it.
        """
        self._kept.append(Waiting(line, messages, points, last_word))
        self._size += len(line)
        self._push()
        while self._size > self._capacity:
            self._lose(self._kept.popleft())
        return not self._broken

    @alone
    def leave_out(self, points: int) -> None:
        """Count points that are not sent at all."""
        self.lost_points += points

    @alone
    def take_lost(self) -> tuple[int, int]:
        """How many messages and points were lost, for the one caller who tells it."""
        lost, self.lost, self.lost_points = (self.lost, self.lost_points), 0, 0
        return lost

    @alone
    def take_lost_points(self) -> int:
        """How many points were lost, for the one caller who tells it."""
        lost, self.lost_points = self.lost_points, 0
        return lost

    @alone
    def shorten(self, most: int) -> None:
        """Keep no more than so many bytes: points go first, then all but the last words."""
        for rank in range(3):
            waiting, self._kept = self._kept, deque()
            for one in waiting:
                if self._size > most and one.rank == rank:
                    self._lose(one)
                else:
                    self._kept.append(one)

    def flush(self, timeout_s: float = 0.0) -> bool:
        """Wait until the kernel has taken what is kept; False: it has not within that time, or
        the other side is gone."""
        deadline = time.monotonic() + timeout_s
        while True:
            if self._is_done():
                return not self._broken
            left_s = deadline - time.monotonic()
            if left_s <= 0:
                return False
            writable(self._sock)(min(left_s, AGAIN_S))

    @alone
    def _is_done(self) -> bool:
        """Whether nothing is kept once the kernel has got what it takes."""
        self._push()
        return self._broken or not (self._kept or self._begun)

    @property
    def behind(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return self._size + len(self._begun)

    @property
    def interrupted(self) -> bool:
        """Whether the calling thread is in the midst of sending: a signal handler came between,
        and is not to send anything."""
        return bool(self._lock._is_owned())

    @property
    def open(self) -> bool:
        """Whether nothing has shown yet that the other side is gone."""
        return not self._broken

    @property
    def taken_away(self) -> bool:
        """Whether the program has closed our descriptor, as one does that becomes a daemon. Its
        number may be that of another file by now, which is not ours to touch."""
        return _file_of(self._sock) != self._file

    def lines(self, limit: int = LINE_LIMIT) -> Iterator[bytes]:
        """Lines as they come, each cut to a length, until the other side is gone."""
        lines = Lines(limit)
        while True:
            try:
                data = b"" if self.taken_away else self._sock.recv(PIECE)
            except BlockingIOError:  # nothing came for LOOK_S
                continue
            except OSError:  # reset, or closed by us
                data = b""
            yield from lines.feed(data) if data else lines.end()
            if not data:
                return

    @alone
    def close(self) -> None:
        """The other side, and a thread of ours that reads, find the end."""
        self._break()
        self._close()

    def forget(self) -> None:
        """In a forked child: the line is the parent's, and stays open there."""
        self._lock = _thread.RLock()  # another thread of the parent may have held it
        self._broken = True
        self._close()

    def _close(self) -> None:
        if self.taken_away:
            self._sock.detach()
        else:
            self._sock.close()

    def _push(self) -> None:
        """Hand to the kernel what it takes at once. With the lock held."""
        if self.taken_away:
            self._break()
        try:
            while self._begun or self._kept:
                if not self._begun:
                    self._begun = memoryview(self._piece())
                self._begun = self._begun[self._sock.send(self._begun, _socket.MSG_DONTWAIT) :]
        except BlockingIOError:
            pass
        except OSError:
            self._break()

    def _piece(self) -> bytes:
        """The next lines as one: many small ones, each by itself, would fill the kernel's buffer
        long before their bytes do. With the lock held."""
        lines = [self._kept.popleft().line]
        size = len(lines[0])
        while self._kept and size + len(self._kept[0].line) <= PIECE:
            lines.append(self._kept.popleft().line)
            size += len(lines[-1])
        self._size -= size
        return b"".join(lines)

    def _lose(self, one: Waiting) -> None:
        """This one is not sent. With the lock held."""
        self._size -= len(one.line)
        self.lost += one.messages
        self.lost_points += one.points

    def _break(self) -> None:
        """Nothing can be sent any more. With the lock held."""
        self._broken = True
        while self._kept:
            self._lose(self._kept.popleft())
        self._begun = memoryview(b"")
        try:
            if not self.taken_away:
                self._sock.shutdown(_socket.SHUT_RDWR)
        except OSError:
            pass


def _file_of(sock: _socket.socket) -> tuple[int, int] | None:
    """Device and number of the open file below a socket; None: it has none."""
    try:
        found = os.fstat(sock.fileno())
    except OSError:
        return None
    return found.st_dev, found.st_ino


class Lines:
    """Lines out of bytes as they come. One that is longer than `limit` bytes is cut to them."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._begun = bytearray()

    def feed(self, data: bytes) -> list[bytes]:
        """The lines that are complete now, without their line feeds."""
        *complete, rest = data.split(b"\n")
        lines = []
        for piece in complete:
            self._add(piece)
            lines.append(bytes(self._begun))
            self._begun.clear()
        self._add(rest)
        return lines

    def end(self) -> list[bytes]:
        """The last line, if it has begun."""
        return [bytes(self._begun)] if self._begun else []

    def _add(self, piece: bytes) -> None:
        self._begun += piece[: self._limit - len(self._begun)]
