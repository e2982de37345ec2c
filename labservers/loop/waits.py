"""The waits of tasks: sockets, with their registrations with the system call, and time.

A registration lasts from one wait to the next. It ends when the socket becomes ready for a side
that nobody waits for: readiness is level-triggered, and would be reported at every tick.

Tasks close their sockets, also without notifying the loop, and the next socket gets the same
number. So a registration holds the socket and not only its number. A task that waits for a socket
that is closed is *lost*: nothing would ever wake it, and the loop ends it.
"""

import contextlib
import socket
import time
from typing import Any, TypeAlias

from labservers.loop.pollers import READ, WRITE, make
from labservers.loop.task import NEVER, Task
from labservers.net.waker import Waker

__all__ = ["READ", "WRITE", "AlreadyWaited", "Socket", "Waits", "refusal"]

SWEEP_S = 5.0
# An error or a hang-up wakes both sides.
READABLE, WRITABLE = ~WRITE, ~READ
Socket: TypeAlias = socket.socket
NOBODY: tuple[Socket | None, int] = (None, 0)


class AlreadyWaited(RuntimeError):
    """Another task waits for the same side of the same socket; the text names it."""


class Waits:
    """`to_read` and `to_write`: the task that waits for a socket, at most one a side.

    asleep: those that wait for time alone. writes, sleeps: how often one began to wait so.
    registered: by descriptor the socket, and the sides of it that the system call reports.
    """

    def __init__(self, selector: str = "auto", sweep_s: float = SWEEP_S) -> None:
        self.poller = make(selector)
        self.to_read: dict[Socket, Task] = {}
        self.to_write: dict[Socket, Task] = {}
        self.asleep: set[Task] = set()
        self.writes = self.sleeps = 0
        self._lost: list[Task] = []
        self._sweep_at = NEVER
        self._sweep_s = sweep_s
        self.registered: dict[int, tuple[Socket, int]] = {}
        self._waker = Waker()
        self.poller.register(self._waker.fileno(), READ)

    def __len__(self) -> int:
        """Sockets that are registered with the system call."""
        return len(self.registered)

    def watch(self, task: Task, sock: Socket, side: int) -> None:
        """Have the system call report this side of a socket, for this task.

        Raises:
            AlreadyWaited: another task waits for it. OSError: it cannot be waited for.
        """
        fd = sock.fileno()
        waiting = self.to_read if side == READ else self.to_write
        if sock in waiting:
            other = waiting[sock].id
            raise AlreadyWaited(f"task {other} already waits for this side of socket {fd}")
        known, sides = self.registered.get(fd, NOBODY)
        if known is not sock:
            self._register(fd, sock, side)
        elif not sides & side:
            self._modify(fd, sock, self._waited(sock) | side)
        task.socket, task.fd = sock, fd
        if side == READ:
            task.lane = task.wanted = "reading"
        else:
            task.lane = task.wanted = "writing"
            self.writes += 1

    def sleep(self, task: Task) -> None:
        """It waits for time alone."""
        task.lane = task.wanted = "sleeping"
        self.asleep.add(task)
        self.sleeps += 1

    def select(self, until: float) -> tuple[list[Socket], list[Socket]]:
        """Sockets that are ready to be read and to be written, of those that tasks wait for.

        Waits until then at the latest, by the monotonic clock, or until interrupt().
        """
        ready_to_read, ready_to_write = [], []
        to_read, to_write, registered = self.to_read, self.to_write, self.registered
        for fd, sides in self.poller.poll(self._timeout_s(until)):
            sock = registered.get(fd, NOBODY)[0]
            if sock is None:
                self._waker.drain()
                continue
            if sides == READ and sock in to_read:
                ready_to_read.append(sock)
                continue
            reads = sides & READABLE and sock in to_read
            writes = sides & WRITABLE and sock in to_write
            if reads:
                ready_to_read.append(sock)
            if writes:
                ready_to_write.append(sock)
            if not reads and not writes:
                self._quieten(fd, sock)
        return ready_to_read, ready_to_write

    def interrupt(self) -> None:
        """Let select() return; from any thread."""
        self._waker.wake()

    def forget(self, sock: Socket, fd: int) -> list[Task]:
        """End the registration of a socket that is closed; the tasks that still wait for it."""
        if self.registered.get(fd, NOBODY)[0] is not sock:
            return []
        self._unregister(fd)
        return [side[sock] for side in (self.to_read, self.to_write) if sock in side]

    def forget_task(self, task: Task) -> None:
        """The task has ended, perhaps after it closed its socket."""
        if task.socket is not None and task.socket.fileno() != task.fd:
            self._lost += self.forget(task.socket, task.fd)

    def take_out(self, task: Task) -> None:
        """It waits no more."""
        if task.lane == "sleeping":
            self.asleep.remove(task)
        elif task.socket is not None:
            del (self.to_read if task.lane == "reading" else self.to_write)[task.socket]

    def take_lost(self, now: float) -> list[Task]:
        """Tasks that wait for a socket which is closed; now and then all are looked at."""
        if now >= self._sweep_at:
            self._sweep()
        if not self._lost:
            return self._lost
        lost, self._lost = self._lost, []
        return lost

    def close(self) -> None:
        self.poller.close()
        self._waker.close()

    def _register(self, fd: int, sock: Socket, side: int) -> None:
        if fd < 0:
            raise OSError(9, "the socket is closed")
        if fd in self.registered:  # an earlier socket had this number
            self._lost += self.forget(self.registered[fd][0], fd)
        try:
            self.poller.register(fd, side)
        except FileExistsError:
            self.poller.modify(fd, side)
        except OSError as error:  # epoll refuses plain files; select refuses 1,024 and up
            raise OSError(error.errno, f"cannot wait for descriptor {fd}: {error}") from error
        self.registered[fd] = (sock, side)
        if self._sweep_at == NEVER:
            self._sweep_at = time.monotonic() + self._sweep_s

    def _sweep(self) -> None:
        for fd, (sock, _) in list(self.registered.items()):
            if sock.fileno() != fd:
                self._lost += self.forget(sock, fd)
        self._sweep_at = time.monotonic() + self._sweep_s if self.registered else NEVER

    def _timeout_s(self, until: float) -> float | None:
        if self._lost:
            return 0.0
        until = min(until, self._sweep_at)
        return None if until == NEVER else max(0.0, until - time.monotonic())

    def _modify(self, fd: int, sock: Socket, sides: int) -> None:
        self.poller.modify(fd, sides)
        self.registered[fd] = (sock, sides)

    def _waited(self, sock: Socket) -> int:
        """The sides of a socket that tasks wait for."""
        return (READ if sock in self.to_read else 0) | (WRITE if sock in self.to_write else 0)

    def _quieten(self, fd: int, sock: Socket) -> None:
        """It is ready for a side that nobody waits for."""
        if sides := self._waited(sock):
            self._modify(fd, sock, sides)
        else:
            self._unregister(fd)

    def _unregister(self, fd: int) -> None:
        sock, _ = self.registered.pop(fd)
        if self.poller.forgets_closed and sock.fileno() < 0:
            return
        with contextlib.suppress(OSError, KeyError, ValueError):  # closed, and forgotten already
            self.poller.unregister(fd)


def refusal(error: Exception, wanted: Any) -> Exception:
    """The exception for a task that cannot wait for the value that it yielded."""
    if isinstance(error, AlreadyWaited | OSError):
        return error
    return TypeError(f"a task yields (TaskType, socket), not {wanted!r}")
