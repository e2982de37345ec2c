"""Waking a thread out of the system call in which it waits for sockets."""

import socket

from labservers.observe.readiness import readable


class Waker:
    """A socket that becomes readable when another thread calls wake()."""

    def __init__(self) -> None:
        self.reader, self._writer = socket.socketpair()
        self.reader.setblocking(False)
        self._writer.setblocking(False)

    def fileno(self) -> int:
        return self.reader.fileno()

    @property
    def wakeup_fd(self) -> int:
        """The descriptor that wakes when written to, for signal.set_wakeup_fd()."""
        return self._writer.fileno()

    def wake(self) -> None:
        try:
            self._writer.send(b"\0")
        except OSError:
            pass  # full: it is awake already; closed: nobody sleeps any more

    def wait(self, timeout_s: float | None = None) -> bool:
        """Sleep until somebody wakes us; False when the time was up before."""
        woken = readable(self.reader)(timeout_s)
        self.drain()
        return woken

    def drain(self) -> None:
        try:
            while self.reader.recv(4096):
                pass
        except OSError:
            pass

    def close(self) -> None:
        self.reader.close()
        self._writer.close()
