"""One thread for all members that are behind: it goes on with each whenever the kernel can take
more."""

import selectors
import threading
from collections import deque
from contextlib import suppress

from labservers.net.waker import Waker
from labservers.observe.log import Log
from labservers.servers.chat_member import Member


class Postman(threading.Thread):
    """Waits for the kernel to take more for those members that it had enough of."""

    def __init__(self, log: Log) -> None:
        super().__init__(name="postman", daemon=True)
        self._log = log
        self._waker = Waker()
        self._new: deque[Member] = deque()
        self._ended = threading.Event()

    def call(self, member: Member) -> None:
        """From now on the postman sends to this member; by any thread."""
        self._new.append(member)
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

    def _go_on(self, member: Member) -> bool:
        try:
            return member.go_on()
        except Exception as error:  # a member's trouble is its own
            self._log.error(f"{member.connection.peer}: {error!r}")
            member.give_up()
            return True

    @staticmethod
    def _watch(selector: selectors.BaseSelector, member: Member) -> None:
        # An earlier socket that had its number and was closed may be there still, of which the
        # kernel knows nothing any more: so it is not enough to modify().
        with suppress(KeyError, ValueError):
            selector.unregister(member.sock)
        try:
            selector.register(member.sock, selectors.EVENT_WRITE, member)
        except (ValueError, OSError):  # closed meanwhile, or the system can watch no more
            member.give_up()
