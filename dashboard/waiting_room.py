"""Where connections wait until their request is whole: one thread for all of them.

A thread for each would have to be given the interpreter's lock, and the visitor behind a crowd
waits for all of its threads. So one begins when there is something to answer, which mostly is at
once. The handshake of a websocket takes as long as a page: of a crowd of these a few at a time are
let through, the newest first, since the others may be cut off before it is their turn.
"""

import logging
import re
import selectors
import socket
import threading
from collections import deque
from collections.abc import Callable
from typing import Any

from labservers.net.waker import Waker

# What is longer is given to its thread as it is, which refuses it, or reads the rest by itself.
HEADER_BYTES = BODY_BYTES = 64 * 1024
END = re.compile(rb"\r?\n\r?\n")  # RFC 9112, section 2.2: a line may end with LF alone
LENGTH = re.compile(rb"(?i)\ncontent-length:[ \t]*([0-9]{1,5})[ \t]*\r?\n")
EXPECT = re.compile(rb"(?i)\nexpect:")  # the body comes after an answer, RFC 9110 section 10.1.1
WEBSOCKET = re.compile(rb"(?i)\nupgrade:[ \t]*websocket")
HANDSHAKES = 2
JOIN_S = 1.0
LOG = logging.getLogger(__name__)


class Visitor:
    """A connection and what it has said so far."""

    def __init__(self, connection: socket.socket, address: Any) -> None:
        self.connection, self.address = connection, address
        self.said = b""
        self.asked = False  # its request is whole
        self._header: int | None = None  # bytes of it, once it is whole
        self.turn: Callable[[], None] | None = None  # to be given back
        connection.setblocking(False)

    def hear(self) -> bool:
        """Take what has arrived; False: it has gone."""
        try:
            data = self.connection.recv(HEADER_BYTES)
        except BlockingIOError:
            return True
        except OSError:
            return False
        before, self.said = len(self.said), self.said + data
        if self._header is None and (end := END.search(self.said, max(0, before - 3))):
            self._header = end.end()
        self.asked = self.asked or self._is_whole()
        return bool(data)

    def _is_whole(self) -> bool:
        if self._header is None:
            return len(self.said) >= HEADER_BYTES
        length = LENGTH.search(self.said, 0, self._header)
        waits = EXPECT.search(self.said, 0, self._header) is not None
        body = int(length[1]) if length and not waits else 0
        return body > BODY_BYTES or len(self.said) - self._header >= body

    @property
    def wants_websocket(self) -> bool:
        return WEBSOCKET.search(self.said) is not None

    def shook_hands(self) -> None:
        """Its handshake is over, if it was one: the next may begin. From any thread; twice is
        once."""
        turn, self.turn = self.turn, None
        if turn is not None:
            turn()


class WaitingRoom:
    """enter() from the thread that accepts. admit(visitor) begins its thread, dismiss(visitor)
    closes one that has gone or was cut off. The room's own thread calls them as well, from open()
    to close()."""

    def __init__(
        self, admit: Callable[[Visitor], None], dismiss: Callable[[Visitor], None]
    ) -> None:
        self._admit, self._dismiss = admit, dismiss
        self._waker: Waker
        self._news: deque[Visitor] = deque()
        self._over: deque[None] = deque()  # of handshakes
        self._shaking = 0
        self._websockets: list[Visitor] = []  # that wait for their handshake, the newest last
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="waiting room", daemon=True)

    def open(self) -> None:
        self._waker = Waker()
        self._thread.start()

    def enter(self, connection: socket.socket, address: Any) -> None:
        """One whose request is there already does not wait."""
        visitor = Visitor(connection, address)
        if not visitor.hear():
            self._dismiss(visitor)
        elif visitor.asked and not visitor.wants_websocket:
            self._let_in(visitor)
        else:
            self._news.append(visitor)
            self._waker.wake()

    def close(self) -> None:
        """End the thread; those that wait are dismissed. Nothing before open()."""
        if self._thread.ident is None:
            return
        self._closing = True
        self._waker.wake()
        self._thread.join(JOIN_S)
        self._waker.close()

    def _let_in(self, visitor: Visitor) -> None:
        visitor.connection.setblocking(True)
        self._admit(visitor)

    def _take_turn_back(self) -> None:
        self._over.append(None)
        self._waker.wake()

    # The following runs in the room's thread.

    def _run(self) -> None:
        with selectors.DefaultSelector() as selector:
            selector.register(self._waker, selectors.EVENT_READ)
            while not self._closing:
                try:
                    self._look(selector)
                except Exception:
                    LOG.exception("a visitor broke the waiting room")
            heard = [key.data for key in selector.get_map().values() if key.data]
            for visitor in (*heard, *self._news):
                self._dismiss(visitor)

    def _look(self, selector: selectors.BaseSelector) -> None:
        for key, _ in selector.select():
            if key.data is None:
                self._waker.drain()
            else:
                self._hear(selector, key.data)
        while self._news:
            visitor = self._news.popleft()
            selector.register(visitor.connection, selectors.EVENT_READ, visitor)
            if visitor.asked:
                self._websockets.append(visitor)
        while self._over:
            self._over.popleft()
            self._shaking -= 1
        while self._websockets and self._shaking < HANDSHAKES:
            visitor = self._websockets.pop()
            self._shaking += 1
            visitor.turn = self._take_turn_back
            selector.unregister(visitor.connection)
            self._let_in(visitor)

    def _hear(self, selector: selectors.BaseSelector, visitor: Visitor) -> None:
        waits = visitor.asked  # for its handshake
        if not visitor.hear() or len(visitor.said) > HEADER_BYTES + BODY_BYTES:
            selector.unregister(visitor.connection)
            if waits:
                self._websockets.remove(visitor)
            self._dismiss(visitor)
        elif visitor.asked and not waits:
            if visitor.wants_websocket:
                self._websockets.append(visitor)
            else:
                selector.unregister(visitor.connection)
                self._let_in(visitor)
