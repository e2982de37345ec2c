"""The system calls that wait for many sockets at once, with one small interface.

epoll and poll are used directly, as the event loop asks for exactly what they give; kqueue and
select go through the standard library's selectors. select() is here to compare with: its cost
grows with every socket that is watched, and from descriptor 1,024 on it cannot watch at all
(select(2)).
"""

import errno
import select
import selectors
import sys
from collections.abc import Callable
from typing import Protocol

READ, WRITE = 1, 4  # EPOLLIN and EPOLLOUT, which are also POLLIN and POLLOUT
MAX_EVENTS = 512
FD_SETSIZE = 1_024


class Poller(Protocol):
    """Watches descriptors for READ and WRITE. `name` is the system call; `forgets_closed`:
    a descriptor that is closed is not watched any more; `capacity`: the first descriptor that
    it cannot watch."""

    name: str
    forgets_closed: bool
    capacity: int

    def register(self, fd: int, mask: int) -> None: ...
    def modify(self, fd: int, mask: int) -> None: ...
    def unregister(self, fd: int) -> None: ...
    def poll(self, timeout_s: float | None) -> list[tuple[int, int]]:
        """(descriptor, mask) of those that are ready; a hang-up or an error is READ and WRITE."""
        ...

    def close(self) -> None: ...


class EpollPoller:
    """epoll(7), level-triggered: a registration lasts until it is changed."""

    name = "epoll_wait"
    forgets_closed = True
    capacity = sys.maxsize

    def __init__(self) -> None:
        self._epoll = select.epoll()
        self.register = self._epoll.register
        self.modify = self._epoll.modify
        self.unregister = self._epoll.unregister
        self.close = self._epoll.close

    def poll(self, timeout_s: float | None) -> list[tuple[int, int]]:
        return self._epoll.poll(timeout_s, MAX_EVENTS)


class PollPoller:
    """poll(2)."""

    name = "poll"
    forgets_closed = False
    capacity = sys.maxsize

    def __init__(self) -> None:
        self._poll = select.poll()
        self.register = self._poll.register
        self.modify = self._poll.modify
        self.unregister = self._poll.unregister

    def poll(self, timeout_s: float | None) -> list[tuple[int, int]]:
        return self._poll.poll(None if timeout_s is None else timeout_s * 1000)

    def close(self) -> None:
        pass


class SelectorsPoller:
    """kqueue(2) or select(2) by the selectors module."""

    forgets_closed = False

    def __init__(
        self, name: str, selector: selectors.BaseSelector, capacity: int = sys.maxsize
    ) -> None:
        self.name = name
        self.capacity = capacity
        self._selector = selector

    def register(self, fd: int, mask: int) -> None:
        if fd >= self.capacity:
            raise OSError(errno.EMFILE, f"{self.name} ends before descriptor {self.capacity}")
        self._selector.register(fd, self._events(mask))

    def modify(self, fd: int, mask: int) -> None:
        self._selector.modify(fd, self._events(mask))

    def unregister(self, fd: int) -> None:
        self._selector.unregister(fd)

    def poll(self, timeout_s: float | None) -> list[tuple[int, int]]:
        return [(key.fd, self._mask(events)) for key, events in self._selector.select(timeout_s)]

    def close(self) -> None:
        self._selector.close()

    @staticmethod
    def _events(mask: int) -> int:
        read = selectors.EVENT_READ if mask & READ else 0
        return read | (selectors.EVENT_WRITE if mask & WRITE else 0)

    @staticmethod
    def _mask(events: int) -> int:
        read = READ if events & selectors.EVENT_READ else 0
        return read | (WRITE if events & selectors.EVENT_WRITE else 0)


def _available() -> dict[str, Callable[[], Poller]]:
    found: dict[str, Callable[[], Poller]] = {}
    if hasattr(select, "epoll"):
        found["epoll"] = EpollPoller
    if kqueue := getattr(selectors, "KqueueSelector", None):
        found["kqueue"] = lambda: SelectorsPoller("kqueue", kqueue())
    if hasattr(select, "poll"):
        found["poll"] = PollPoller
    found["select"] = lambda: SelectorsPoller("select", selectors.SelectSelector(), FD_SETSIZE)
    return found


AVAILABLE = _available()


def make(name: str = "auto") -> Poller:
    """The poller of that name; `auto` is the best that this system has.

    Raises:
        ValueError: this system has no such call; the text names those it has.
    """
    if name == "auto":
        return next(iter(AVAILABLE.values()))()
    if name not in AVAILABLE:
        raise ValueError(f"no {name} on this system; choose {', '.join(AVAILABLE)}")
    return AVAILABLE[name]()
