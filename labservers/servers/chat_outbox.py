"""A member's outgoing messages: bounded, in order, and nobody waits for a slow reader.

put() is called with the lock of the rooms held, so all members of a room get the same order; it
never touches the socket. flush() sends what the kernel takes at once. Who finds another thread
flushing leaves it to that one, which looks again before it goes. A member whose kernel buffer
is full is handed to the Postman, one thread that waits until it can take more.
"""

import selectors
import socket
import threading
from collections import deque
from contextlib import suppress
from functools import cached_property

from labservers.listener import Waker
from labservers.monitor import Connection
from labservers.protocols.chat import pieces

CAPACITY = 1024 * 1024
SEND_BYTES = 64 * 1024


class Message:
    """A message as bytes, made once for all members: a line, or sends for a raw reader."""

    def __init__(self, text: str) -> None:
        self.bare = text.encode("utf-8", "replace")
        self.line = self.bare + b"\n"

    @cached_property
    def sends(self) -> list[bytes]:
        return pieces(self.bare)


class Outbox:
    """See the module. `taken` bytes are changed by the flushing thread, the rest by put()."""

    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        self.mode = "raw"
        self.blocked = False
        self.broken = False
        self.dropped = 0  # messages, in all
        self._sock = sock
        self._connection = connection
        self._messages: deque[Message] = deque()
        self._put = self._taken = 0
        self._skipped = 0  # not told yet
        self._rest: deque[bytes] = deque()  # what of the newest sends the kernel did not take
        self._flushing = threading.Lock()

    def put(self, message: Message) -> int:
        """Queue a message; how many of the oldest were dropped for it."""
        self._messages.append(message)
        self._put += len(message.line)
        if self._put - self._taken <= CAPACITY:
            return 0
        dropped = 0
        while self._put - self._taken > CAPACITY and len(self._messages) > 1:
            with suppress(IndexError):
                self._put -= len(self._messages.popleft().line)
                dropped += 1
        self._skipped += dropped
        self.dropped += dropped
        return dropped

    @property
    def empty(self) -> bool:
        return not self._messages and not self._rest

    def flush(self) -> bool:
        """Send what goes without waiting; False when the kernel's buffer is full."""
        while not self.empty and not self.blocked and not self.broken:
            if not self._flushing.acquire(blocking=False):
                return True
            try:
                self._send_all()
            except BlockingIOError:
                self.blocked = True
            except OSError:
                self.broken = True  # the reading thread finds out by itself
                self._messages.clear()
                self._rest.clear()
            finally:
                self._flushing.release()
        return not self.blocked

    def _send_all(self) -> None:
        send, rest = self._sock.send, self._rest
        while True:
            if not rest:
                self._take()
                if not rest:
                    return
            data = rest[0]
            sent = send(data, socket.MSG_DONTWAIT | NO_SIGNAL)
            self._connection.bytes_out += sent
            if sent == len(data):
                rest.popleft()
            else:
                rest[0] = data[sent:]

    def _take(self) -> None:
        """The next sends: many lines in one, each raw message in its own."""
        messages, lines, size = self._messages, [], 0
        if self._skipped and self.mode == "line":
            skipped, self._skipped = self._skipped, 0
            lines.append(skipped_notice(skipped))
        while messages and size < SEND_BYTES:
            try:
                message = messages.popleft()
            except IndexError:
                break
            self._taken += len(message.line)
            size += len(message.line)
            if self.mode == "line":
                lines.append(message.line)
            else:
                self._rest.extend(message.sends)
        if lines:
            self._rest.append(lines[0] if len(lines) == 1 else b"".join(lines))


NO_SIGNAL = getattr(socket, "MSG_NOSIGNAL", 0)


def skipped_notice(count: int) -> bytes:
    return b"* 1 message was skipped\n" if count == 1 else b"* %d messages were skipped\n" % count


class Postman(threading.Thread):
    """Waits for members whose buffers are full, and flushes them when they can take more."""

    def __init__(self) -> None:
        super().__init__(name="postman", daemon=True)
        self._waker = Waker()
        self._new: deque[tuple[socket.socket, Outbox]] = deque()
        self._ended = threading.Event()

    def wait_for(self, sock: socket.socket, outbox: Outbox) -> None:
        self._new.append((sock, outbox))
        self._waker.wake()

    def end(self) -> None:
        self._ended.set()
        self._waker.wake()
        self.join(1.0)
        self._waker.close()

    def run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._waker, selectors.EVENT_READ)
            while not self._ended.is_set():
                for key, _ in selector.select():
                    if key.data is None:
                        self._waker.drain()
                    else:
                        self._deliver(selector, key.fd, key.data)
                while self._new:
                    self._watch(selector, *self._new.popleft())

    @staticmethod
    def _watch(selector: selectors.BaseSelector, sock: socket.socket, outbox: Outbox) -> None:
        with suppress(ValueError, OSError):  # closed meanwhile
            try:
                selector.register(sock, selectors.EVENT_WRITE, outbox)
            except KeyError:  # an earlier socket had this number and was closed
                selector.modify(sock, selectors.EVENT_WRITE, outbox)

    @staticmethod
    def _deliver(selector: selectors.BaseSelector, fd: int, outbox: Outbox) -> None:
        outbox.blocked = False
        if outbox.flush() or outbox.broken:
            with suppress(KeyError, ValueError):
                selector.unregister(fd)
