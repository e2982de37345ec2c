"""A member's outgoing messages: bounded, in order, and nobody waits for a slow reader.

One thread at a time delivers what is said in a room, to all its members: deliver() hands a
message to the kernel, or queues it where the reader is behind. flush() sends what is queued as far
as the kernel takes it at once. A member whose kernel buffer is full, or whose turn has become
long, is given to the Postman, one thread that goes on when the kernel can take more. Who finds
another thread sending leaves it to that one, which looks again before it goes.

Somebody may speak faster than the rest can read. Then those who speak, and nobody else, wait
for readers that are behind, or they would miss messages although they read. Who does not catch
up within PATIENCE_S is slow: nobody waits for it any more until it has, and it misses the oldest.
The time counts from the last byte that the kernel took for it, so a member that never reads has
mostly used it up before anybody would have to wait.

finish() is the end: after it no thread sends on the socket, so that
its descriptor can be closed and may become somebody else's.
"""

import select
import selectors
import socket
import threading
import time
from collections import deque
from contextlib import suppress

from labservers.listener import Waker
from labservers.monitor import Connection
from labservers.protocols.chat import pieces

CAPACITY = 1024 * 1024
CROWDED = CAPACITY // 4 * 3  # from here on a speaker waits, and it has caught up
CAUGHT_UP = CAPACITY // 4  # here: 5 MB/s at least, or it is slow
PATIENCE_S = 0.1
OVERHEAD_BYTES = 64  # what a message costs besides its text, or short ones would not be bounded
SEND_BYTES = 64 * 1024
NOTHING = -1  # is the number of no message
TURN_SENDS = 256  # in one go; then others have their turn
SEND_FLAGS = socket.MSG_DONTWAIT | getattr(socket, "MSG_NOSIGNAL", 0)


class Said:
    """What was said in one go, as bytes that are made once for all members: whole lines, or sends
    for raw readers.

    count: messages in it. number: of the first of them in its room; `next`: of the first after
    them. begin, end: bytes said in the room before it, and with it.
    """

    __slots__ = ("_sends", "begin", "count", "end", "lines", "next", "number")

    def __init__(self, lines: bytes, number: int, begin: int) -> None:
        self.lines = lines
        self.count = lines.count(b"\n")
        self.number = number
        self.next = number + self.count
        self.begin = begin
        self.end = begin + len(lines) + OVERHEAD_BYTES * self.count
        self._sends: list[bytes] | None = None

    @property
    def sends(self) -> list[bytes]:
        if self._sends is None:
            self._sends = [piece for bare in messages_in(self.lines) for piece in pieces(bare)]
        return self._sends


def messages_in(lines: bytes) -> list[bytes]:
    """Without their line feeds."""
    return lines[:-1].split(b"\n")


class Outbox:
    """See the module.

    blocked: the Postman has it, or is about to get it.
    crowded: who speaks is to wait for the reader, by wait_for_reader().

    Who delivers and the Postman go without a lock where one puts into the queue and the other
    takes out of it: a deque may be changed at both ends at a time, and each figure has one writer.
    The room numbers its messages and counts their bytes, so that the sending side sees by itself
    where some are missing, and put() how much there is.
    """

    __slots__ = (
        "_caught_up",
        "_connection",
        "_expected",
        "_finished",
        "_flushing",
        "_pace",
        "_queue",
        "_rest",
        "_slow",
        "_stuck_at",
        "_stuck_since",
        "_taken",
        "blocked",
        "crowded",
        "dropped",
        "mode",
        "sock",
    )

    def __init__(self, sock: socket.socket, connection: Connection) -> None:
        self.sock = sock
        self.mode = "raw"
        self.blocked = False
        self.crowded = False
        self.dropped = 0  # messages, in all
        self._connection = connection
        self._queue: deque[Said] = deque()
        self._finished = False

        self._pace = threading.Lock()  # guards `crowded`, `_slow` and the event
        self._slow = False
        self._caught_up = threading.Event()

        self._flushing = threading.Lock()  # guards the socket's writing side and what follows
        self._expected = self._taken = 0  # number of the next message; bytes said up to it
        self._rest: deque[bytes] = deque()  # what of the newest sends the kernel did not take
        self._stuck_at = -1  # bytes_out when the kernel took no more
        self._stuck_since = 0.0  # by time.monotonic()

    def begin(self, number: int, size: int) -> None:
        """Its member joins a room in which so many messages and bytes have been said."""
        self._expected, self._taken = number, size

    def deliver(self, said: Said) -> int | None:
        """None: sent, as mostly nothing waits before it and the kernel takes it. Else flush() is
        to follow; how many of the oldest messages were dropped to queue it."""
        if self.blocked or not self._flushing.acquire(False):
            return self.put(said)
        try:
            if said.number != self._expected or self._queue or self._rest or self.mode != "line":
                return self.put(said)
            self._expected, self._taken = said.next, said.end
            sent = self.sock.send(said.lines, SEND_FLAGS)
            self._connection.bytes_out += sent
            if sent == len(said.lines):
                return None
            self._rest.append(said.lines[sent:])
        except BlockingIOError:
            self._rest.append(said.lines)
        except OSError:
            self._break()
        finally:
            self._flushing.release()
        return 0

    def put(self, said: Said) -> int:
        """Queue messages; how many of the oldest were dropped for them."""
        if self._finished:
            return 0
        self._queue.append(said)
        return self._make_room(said) if said.end - self._taken > CROWDED else 0

    def _make_room(self, said: Said) -> int:
        if not (self.crowded or self._slow):
            with self._pace:
                self.crowded = True
                self._caught_up.clear()
            self._look_whether_caught_up()  # it may have, before it could see that it was not
        dropped, queue, least = 0, self._queue, said.end - CAPACITY
        try:
            while queue[0].begin < least and len(queue) > 1:
                dropped += queue.popleft().count
        except IndexError:
            pass  # they have just been taken
        self.dropped += dropped
        return dropped

    def _queued(self) -> int:
        """Bytes, as they are counted against CAPACITY."""
        try:
            return self._queue[-1].end - self._queue[0].begin
        except IndexError:
            return 0

    def flush(self) -> bool:
        """Send what goes without waiting; False when the Postman is to go on with it."""
        while (self._queue or self._rest) and not self.blocked:
            if not self._flushing.acquire(False):
                return True
            try:
                if not self._send_all():
                    self.blocked = True
            except BlockingIOError:
                self._note_stuck()
                self.blocked = True
            except OSError:
                self._break()
            finally:
                self._flushing.release()
        return not self.blocked

    def _note_stuck(self) -> None:
        if self._stuck_at != self._connection.bytes_out:
            self._stuck_at = self._connection.bytes_out
            self._stuck_since = time.monotonic()

    def wait_for_reader(self, deadline: float) -> None:
        """Wait until it has caught up, or until a time of time.monotonic(): then it is slow."""
        if self._stuck_at == self._connection.bytes_out:
            deadline = min(deadline, self._stuck_since + PATIENCE_S)
        if not self._caught_up.wait(max(0.0, deadline - time.monotonic())):
            with self._pace:
                self._slow, self.crowded = self._slow or self.crowded, False

    def finish(self, timeout_s: float) -> None:
        """Send what is queued, waiting at most that long for a reader that is behind; what is
        left then is thrown away. Nothing is sent after it."""
        deadline = time.monotonic() + timeout_s
        poller = select.poll()
        poller.register(self.sock, select.POLLOUT)
        with self._flushing:
            with suppress(OSError):
                while not self._try_to_send_all() and (left := deadline - time.monotonic()) > 0:
                    poller.poll(left * 1000)
            self._discard()

    def _try_to_send_all(self) -> bool:
        try:
            return self._send_all()
        except BlockingIOError:
            return False

    def _send_all(self) -> bool:
        """Send all that is queued; False after TURN_SENDS. With `_flushing` held.

        Raises:
            BlockingIOError: the kernel's buffer is full. OSError: the connection is broken.
        """
        if self._finished:
            self._discard()  # what was put at the same moment
        queue, rest = self._queue, self._rest
        for _ in range(TURN_SENDS):
            if not (data := rest.popleft() if rest else self._take()):
                return True
            try:
                sent = self.sock.send(data, SEND_FLAGS)
            except BlockingIOError:
                rest.appendleft(data)
                raise
            self._connection.bytes_out += sent
            if sent != len(data):
                rest.appendleft(data[sent:])
            elif not (queue or rest):
                return True
        return False

    def _take(self) -> bytes:
        """The next send; b"" when nothing is queued. Many lines are one, each raw message is one
        of its own."""
        lines, size = [], 0
        while size < SEND_BYTES:
            try:
                said = self._queue.popleft()
            except IndexError:  # nothing is left, or it has just been dropped
                break
            if self.mode != "line":  # it cannot tell a notice from a message, so it gets none
                self._rest.extend(said.sends)
            else:
                if said.number != self._expected:
                    lines.append(skipped_notice(said.number - self._expected))
                lines.append(said.lines)
            size += len(said.lines)
            self._expected, self._taken = said.next, said.end
        if self.crowded or self._slow:
            self._look_whether_caught_up()
        return b"".join(lines) if lines or not self._rest else self._rest.popleft()

    def _look_whether_caught_up(self) -> None:
        with self._pace:
            if self._queued() <= CAUGHT_UP or self._finished:
                self.crowded = self._slow = False
                self._caught_up.set()

    def _break(self) -> None:
        """Give up sending, and make sure that the thread that reads finds the end as well."""
        self._discard()
        with suppress(OSError):
            self.sock.shutdown(socket.SHUT_RD)

    def _discard(self) -> None:
        self._finished = True
        self._expected = NOTHING
        self._queue.clear()
        self._rest.clear()
        self._look_whether_caught_up()


def skipped_notice(count: int) -> bytes:
    return b"* 1 message was skipped\n" if count == 1 else b"* %d messages were skipped\n" % count


class Postman(threading.Thread):
    """Waits for the kernel to take more for those that it had enough of, and flushes them."""

    def __init__(self) -> None:
        super().__init__(name="postman", daemon=True)
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
                    else:
                        self._deliver(selector, key.fd, key.data)
                while self._new:
                    self._watch(selector, self._new.popleft())

    @staticmethod
    def _watch(selector: selectors.BaseSelector, outbox: Outbox) -> None:
        # It may be there already, or an earlier socket that had its number and was closed, of
        # which the kernel knows nothing any more: so it is not enough to modify().
        with suppress(KeyError, ValueError):
            selector.unregister(outbox.sock)
        with suppress(ValueError, OSError):  # closed meanwhile
            selector.register(outbox.sock, selectors.EVENT_WRITE, outbox)

    @staticmethod
    def _deliver(selector: selectors.BaseSelector, fd: int, outbox: Outbox) -> None:
        outbox.blocked = False
        if outbox.flush():
            with suppress(KeyError, ValueError):
                selector.unregister(fd)
