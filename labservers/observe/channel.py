"""One line between a program and the dashboard, both ways: a socket that the program inherits.

It is neither standard input nor output, so that those stay the program's own. Its end means
that the other side is gone, however it ended. Sending never waits: what the kernel does not
take at once is kept, up to a bound, and beyond it the oldest lines are lost and counted.
"""

from __future__ import annotations

import _socket
import os
import struct
import threading
import time
from collections import deque
from collections.abc import Iterator

from .readiness import writable

CAPACITY = 8 * 1024 * 1024
LINE_LIMIT = 4 * 1024 * 1024
PIECE = 64 * 1024
LOOK_S = 1  # how often a reader in a program looks whether its descriptor is still its own


class Channel:
    """One end. Any thread may send; one thread reads. `lost` counts lines."""

    def __init__(self, sock: _socket.socket, capacity: int = CAPACITY) -> None:
        os.set_inheritable(sock.fileno(), False)
        self.lost = 0
        self._sock = sock
        self._file = _file_of(sock)
        self._capacity = capacity
        self._lock = threading.Lock()  # guards all that follows, and the order of lines
        self._kept: deque[bytes] = deque()
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

    def send(self, line: bytes) -> bool:
        """Send a line after those before it; False: the other side is gone."""
        with self._lock:
            self._kept.append(line)
            self._size += len(line)
            self._push()
            while self._size > self._capacity:
                self._size -= len(self._kept.popleft())
                self.lost += 1
            return not self._broken

    def flush(self, timeout_s: float = 0.0) -> bool:
        """Wait until the kernel has taken what is kept; False: it has not within that time, or
        the other side is gone."""
        deadline = time.monotonic() + timeout_s
        while True:
            with self._lock:
                self._push()
                if self._broken or not (self._kept or self._begun):
                    return not self._broken
            left_s = deadline - time.monotonic()
            if left_s <= 0 or not writable(self._sock)(left_s):
                return False

    @property
    def behind(self) -> int:
        """Bytes that the kernel has not taken yet."""
        return self._size + len(self._begun)

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

    def close(self) -> None:
        """The other side, and a thread of ours that reads, find the end."""
        with self._lock:
            self._break()
            self._close()

    def forget(self) -> None:
        """In a forked child: the line is the parent's, and stays open there."""
        self._lock = threading.Lock()  # another thread of the parent may have held it
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
        lines: list[bytes] = []
        size = 0
        while self._kept and size < PIECE:
            lines.append(self._kept.popleft())
            size += len(lines[-1])
        self._size -= size
        return b"".join(lines)

    def _break(self) -> None:
        """Nothing can be sent any more. With the lock held."""
        self._broken = True
        self.lost += len(self._kept)
        self._kept.clear()
        self._size = 0
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
