"""Accepting: which errors of accept(2) end a listener, and which of them pass."""

import errno
import selectors
import socket
import threading
from collections.abc import Callable

from labservers.net.waker import Waker
from labservers.observe.kernel import accept_queue
from labservers.observe.log import Log

# accept(2): the connection went away before we took it, or its network did; take the next.
TRANSIENT_ACCEPT_ERRORS = frozenset(
    getattr(errno, name)
    for name in (
        "EAGAIN",
        "ECONNABORTED",
        "EINTR",
        "EPERM",
        "EPROTO",
        "ENETDOWN",
        "ENOPROTOOPT",
        "EHOSTDOWN",
        "ENONET",
        "EHOSTUNREACH",
        "EOPNOTSUPP",
        "ENETUNREACH",
    )
    if hasattr(errno, name)
)
# accept(2): this process or the whole system is out of descriptors or memory; wait, try again.
OVERLOADED = frozenset({errno.EMFILE, errno.ENFILE, errno.ENOBUFS, errno.ENOMEM})
OVERLOADED_PAUSE_S = 0.1

Accepted = tuple[socket.socket, tuple[str, int]]


class Overloaded(OSError):
    """There is no descriptor or memory for another connection; wait OVERLOADED_PAUSE_S."""


def accept_now(listener: socket.socket) -> Accepted | None:
    """The next connection and its address, None when none is there; the listener never waits.

    Raises:
        Overloaded: see there. OSError: the listener itself is broken.
    """
    try:
        return listener.accept()
    except OSError as error:
        if error.errno in TRANSIENT_ACCEPT_ERRORS:
            return None
        if error.errno in OVERLOADED:
            raise Overloaded(error.errno, error.strerror) from error
        raise


class Acceptor:
    """Accepts one connection after the other until another thread calls stop()."""

    def __init__(self, log: Log) -> None:
        self._log = log
        self._stopping = threading.Event()
        self._waker = Waker()
        self._selector = selectors.DefaultSelector()

    def take(self, listener: socket.socket) -> tuple[str, int]:
        """Accept from this socket; its bound host and port."""
        listener.setblocking(False)
        self._listener = listener
        self._selector.register(listener, selectors.EVENT_READ)
        self._selector.register(self._waker, selectors.EVENT_READ)
        host, port = listener.getsockname()[:2]
        return host, port

    def accept(self, make_room: Callable[[], None]) -> Accepted | None:
        """The next connection and its address, None after stop(). The call waits for it.

        Without descriptors, make_room() is asked to end an old connection before the next try.
        """
        while not self._stopping.is_set():
            try:
                if accepted := accept_now(self._listener):
                    return accepted
                self._selector.select()
            except Overloaded as error:
                self._log.warning(f"cannot accept for now: {error.strerror}")
                make_room()
                self._stopping.wait(OVERLOADED_PAUSE_S)
        return None

    def queue(self) -> tuple[int, int] | None:
        """As accept_queue()."""
        return accept_queue(self._listener)

    def stop(self) -> None:
        self._stopping.set()
        self._waker.wake()

    def close(self) -> None:
        self._selector.close()
        self._listener.close()
        self._waker.close()
