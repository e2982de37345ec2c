"""A member's socket, as those who send to it see it: what the kernel does not take waits here.

Who delivers in a room hands the newest lines to send(). Where the kernel does not take all of
them the member is behind, and the Postman, one thread for all of those, goes on with it whenever
the kernel can take more: first the rest of those lines, then what its place in the room yields
(see chat_room.py), until it is level again. finish() is the end: after it no thread sends on
the socket, so that its descriptor can be closed and may become somebody else's.
"""

import select
import selectors
import socket
import threading
import time
from collections import deque
from contextlib import suppress
from functools import lru_cache
from typing import Protocol

from labservers.net.waker import Waker
from labservers.observe.log import Log
from labservers.observe.monitor import Connection
from labservers.protocols.chat import pieces

TURN_SENDS = 256  # in one go; then others have their turn
SEND_FLAGS = socket.MSG_DONTWAIT | getattr(socket, "MSG_NOSIGNAL", 0)


class Source(Protocol):
    """Where the lines come from for a member that is behind."""

    def read_on(self) -> tuple[int, bytes]:
        """How many messages are missing here, and the next lines; b"" when there are none."""
        ...

    def catch_up(self) -> bool:
        """Whether there is nothing more to be read, after what was read has gone out."""
        ...


class Outbox:
    """See the module.

    mode: how the member is sent messages, as chat.Framing has it; where it changes, what was begun
    is finished first. moved_at: when the kernel last took something of what waited, or when it
    first took no more, by time.monotonic().
    """

    __slots__ = ("_flushing", "_rest", "connection", "mode", "moved_at", "sock", "source")

    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        self.sock = sock
        self.connection = connection
        self.mode = "raw"
        self.source: Source | None = None
        self.moved_at = 0.0
        self._flushing = threading.Lock()  # guards the socket's writing side and what follows
        self._rest: deque[bytes | memoryview] = deque()  # sends that the kernel did not take yet

    def send(self, lines: bytes) -> bool:
        """The newest lines to a member that is level; False: it is behind now."""
        if not self._flushing.acquire(False):
            return True  # it is leaving: nobody else sends to a member that is level
        try:
            if self.mode == "line":
                sent = self.sock.send(lines, SEND_FLAGS)
                self.connection.bytes_out += sent
                if sent == len(lines):
                    return True
                self._rest.append(memoryview(lines)[sent:])
            else:
                self._rest.extend(raw_sends(lines))
                if self._send_all():
                    return True
        except BlockingIOError:
            if not self._rest:
                self._rest.append(lines)
        except OSError:
            self._break()
            return True
        finally:
            self._flushing.release()
        self.moved_at = time.monotonic()
        return False

    def go_on(self) -> bool:
        """Send what goes without waiting; True when there is no more, False to be called again
        when the kernel can take something."""
        if not self._flushing.acquire(False):
            return True  # it is leaving, and finish() does the rest
        try:
            if not self._send_all():
                return False
        except BlockingIOError:
            return False
        except OSError:
            self._break()
            return True
        finally:
            self._flushing.release()
        source = self.source
        # Not with the lock held: who delivers would take it for leaving.
        return source is None or source.catch_up()

    def give_up(self) -> None:
        """End the connection, as it cannot be served."""
        if self._flushing.acquire(False):
            self._break()
            self._flushing.release()

    def finish(self, timeout_s: float) -> None:
        """Send what is left, waiting at most that long for a reader that is behind; the rest is
        thrown away."""
        deadline = time.monotonic() + timeout_s
        poller = select.poll()
        poller.register(self.sock, select.POLLOUT)
        self._flushing.acquire()  # for good: nothing is sent after this
        with suppress(OSError):
            while not self._try_to_send_all() and (left := deadline - time.monotonic()) > 0:
                poller.poll(left * 1000)
        self._rest.clear()
        self.source = None  # or whoever still knows us would keep what the room has said

    def _try_to_send_all(self) -> bool:
        try:
            return self._send_all()
        except BlockingIOError:
            return False

    def _send_all(self) -> bool:
        """Send all there is; False after TURN_SENDS. With `_flushing` held.

        Raises:
            BlockingIOError: the kernel's buffer is full. OSError: the connection is broken.
        """
        rest = self._rest
        for _ in range(TURN_SENDS):
            if not rest and not self._refill():
                return True
            data = rest.popleft()
            try:
                sent = self.sock.send(data, SEND_FLAGS)
            except BlockingIOError:
                rest.appendleft(data)
                raise
            self.connection.bytes_out += sent
            self.moved_at = time.monotonic()
            if sent < len(data):
                rest.appendleft(memoryview(data)[sent:])
        return False

    def _refill(self) -> bool:
        missed, lines = self.source.read_on() if self.source else (0, b"")
        if self.mode != "line":  # it cannot tell a notice from a message, so it gets none
            self._rest.extend(raw_sends(lines))
        elif lines or missed:
            self._rest.append(skipped_notice(missed) + lines if missed else lines)
        return bool(self._rest)

    def _break(self) -> None:
        """Nothing is sent any more, or it might go on in the middle of a line, and the thread that
        reads finds the end."""
        self._rest.clear()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RDWR)


@lru_cache(maxsize=1)  # a room has many raw members, or none
def raw_sends(lines: bytes) -> list[bytes]:
    """Lines as raw members get them: no line feeds, and each message in sends of its own."""
    return [piece for message in lines[:-1].split(b"\n") for piece in pieces(message)]


def skipped_notice(count: int) -> bytes:
    return b"* 1 message was skipped\n" if count == 1 else b"* %d messages were skipped\n" % count


class Postman(threading.Thread):
    """Waits for the kernel to take more for those that it had enough of, and goes on with them."""

    def __init__(self, log: Log) -> None:
        super().__init__(name="postman", daemon=True)
        self._log = log
        self._waker = Waker()
        self._new: deque[Outbox] = deque()
        self._ended = threading.Event()

    def wait_for(self, outbox: Outbox) -> None:
        self._new.append(outbox)
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
                    elif self._go_on(key.data):
                        with suppress(KeyError, ValueError):
                            selector.unregister(key.fd)
                while self._new:
                    self._watch(selector, self._new.popleft())

    def _go_on(self, outbox: Outbox) -> bool:
        try:
            return outbox.go_on()
        except Exception as error:  # a member's trouble is its own
            self._log.error(f"{outbox.connection.peer}: {error!r}")
            outbox.give_up()
            return True

    @staticmethod
    def _watch(selector: selectors.BaseSelector, outbox: Outbox) -> None:
        # An earlier socket that had its number and was closed may be there still, of which the
        # kernel knows nothing any more: so it is not enough to modify().
        with suppress(KeyError, ValueError):
            selector.unregister(outbox.sock)
        try:
            selector.register(outbox.sock, selectors.EVENT_WRITE, outbox)
        except (ValueError, OSError):  # closed meanwhile, or the system can watch no more
            outbox.give_up()
