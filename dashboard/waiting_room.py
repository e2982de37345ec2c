"""Where connections wait until their request is whole, and for their turn: one thread for all.

A thread for each would have to be given the interpreter's lock, and the visitor behind a crowd
waits for all of its threads. So one begins when there is something to answer, which mostly is at
once, and of a crowd a few at a time (turns.py). The handshake of a websocket takes as long as a
page; those have turns of their own.
"""

import logging
import re
import selectors
import socket
import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any

from dashboard.turns import Turns
from labservers.net.descriptors import descriptor_limit
from labservers.net.waker import Waker

# What is longer is given to its thread as it is, which refuses it, or reads the rest by itself.
HEADER_BYTES = BODY_BYTES = 64 * 1024
END = re.compile(rb"\r?\n\r?\n")  # RFC 9112, section 2.2: a line may end with LF alone
LENGTH = re.compile(rb"(?i)\ncontent-length:[ \t]*([0-9]{1,5})[ \t]*\r?\n")
EXPECT = re.compile(rb"(?i)\nexpect:")  # the body comes after an answer, RFC 9110 section 10.1.1
# A list of protocols, RFC 9110 section 7.8.
WEBSOCKET = re.compile(rb"(?i)\nupgrade:(?:[^\r\n]*,)?[ \t]*websocket[ \t]*(?:,|\r?\n)")
# With fewer at a time a crowd is served too slowly; with more, nobody accepts it in time. An answer
# that takes longer waits for something itself.
ANSWERS, ANSWER_S = 8, 0.1
# As long as a page; who asks for the websocket of a page, and does not read it, has it no longer.
HANDSHAKES, HANDSHAKE_S = 2, 1.0
JOIN_S = 1.0
LOG = logging.getLogger(__name__)


class Visitor:
    """A connection and what it has said so far."""

    def __init__(self, connection: socket.socket, address: Any) -> None:
        self.connection, self.address = connection, address
        self.said = b""
        self.asked = False  # its request is whole
        self._header: int | None = None  # bytes of it, once it is whole
        self.end_turn: Callable[[], None] = lambda: None  # from any thread; twice is once
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
        """In its header; its body may hold any words."""
        header = self._header or 0
        return WEBSOCKET.search(self.said, 0, header) is not None


class WaitingRoom:
    """enter() from the thread that accepts. admit(visitor) begins its thread, dismiss(visitor)
    closes one that has gone or has to go. asked(visitor): its request is whole, and it waits for
    its turn, if only for a moment. The room's own thread calls them as well, from open() to
    close(). most: of those that wait for an answer; by itself half the descriptors that we may
    have."""

    def __init__(
        self,
        admit: Callable[[Visitor], None],
        dismiss: Callable[[Visitor], None],
        asked: Callable[[Visitor], None] = lambda visitor: None,
        most: int | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._admit, self._dismiss, self._asked = admit, dismiss, asked
        self._most = most or descriptor_limit() // 2
        self._waker: Waker
        self._news: deque[Visitor] = deque()
        self._answers = Turns[Visitor](ANSWERS, ANSWER_S, self._wake, clock)
        self._handshakes = Turns[Visitor](HANDSHAKES, HANDSHAKE_S, self._wake, clock)
        self._closing = False
        self._thread = threading.Thread(target=self._run, name="waiting room", daemon=True)

    def open(self) -> None:
        self._waker = Waker()
        self._thread.start()

    def enter(self, connection: socket.socket, address: Any) -> None:
        """One whose request is there already, and whose turn it is, does not wait."""
        visitor = Visitor(connection, address)
        if not visitor.hear():
            self._dismiss(visitor)
        elif visitor.asked and not visitor.wants_websocket:
            self._answer(visitor)
        else:
            self._news.append(visitor)
            self._wake()

    def close(self) -> None:
        """End the thread; those that wait are dismissed. Nothing before open()."""
        if self._thread.ident is None:
            return
        self._closing = True
        self._wake()
        self._thread.join(JOIN_S)
        self._waker.close()

    def _wake(self) -> None:
        self._waker.wake()

    def _answer(self, visitor: Visitor) -> None:
        """Now, or when it is its turn."""
        visitor.end_turn = partial(self._answers.end, visitor)
        self._asked(visitor)
        if self._answers.begin(visitor):
            self._let_in(visitor)
        else:
            if pushed_out := self._answers.push_out(self._most):
                self._dismiss(pushed_out)
            self._wake()  # to look when the turns are over by themselves

    def _let_in(self, visitor: Visitor) -> None:
        visitor.connection.setblocking(True)
        self._admit(visitor)

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
            for visitor in (*heard, *self._news, *self._answers.waiting()):
                self._dismiss(visitor)

    def _look(self, selector: selectors.BaseSelector) -> None:
        waits = [turns.wait_s() for turns in (self._answers, self._handshakes)]
        for key, _ in selector.select(min((s for s in waits if s is not None), default=None)):
            if key.data is None:
                self._waker.drain()
            else:
                self._hear(selector, key.data)
        while self._news:
            visitor = self._news.popleft()
            selector.register(visitor.connection, selectors.EVENT_READ, visitor)
            if visitor.asked:
                self._shake_hands(selector, visitor)
        while next_one := self._answers.next():
            self._let_in(next_one)
        while next_one := self._handshakes.next():
            selector.unregister(next_one.connection)
            self._let_in(next_one)

    def _hear(self, selector: selectors.BaseSelector, visitor: Visitor) -> None:
        waits = visitor.asked  # for its handshake
        if not visitor.hear() or len(visitor.said) > HEADER_BYTES + BODY_BYTES:
            selector.unregister(visitor.connection)
            visitor.end_turn()
            self._dismiss(visitor)
        elif visitor.asked and not waits:
            if visitor.wants_websocket:
                self._shake_hands(selector, visitor)
            else:
                selector.unregister(visitor.connection)
                self._answer(visitor)

    def _shake_hands(self, selector: selectors.BaseSelector, visitor: Visitor) -> None:
        """Now, or when it is its turn; meanwhile it may go."""
        visitor.end_turn = partial(self._handshakes.end, visitor)
        if self._handshakes.begin(visitor):
            selector.unregister(visitor.connection)
            self._let_in(visitor)
