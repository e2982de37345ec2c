"""Our end of a pseudoterminal (pty(7)): output of a program comes out, typed text goes in."""

import contextlib
import errno
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

from labservers.observe.readiness import readable, writable

if sys.platform != "win32":
    import termios

PIECE = 64 * 1024
INTERRUPT = b"\x03"
WINDOW = (40, 120)  # rows, columns
LOOK_S = 0.5
TYPE_S = 1.0
GATHER_S = 0.002  # between two pieces: we are not woken for each line of a program that spins
NONE_HERE = "this system has no pseudoterminals; on Windows use WSL2"
MISSING = NONE_HERE if sys.platform == "win32" else ""
LINE_BYTES = 4_095  # of a typed line (termios(3), canonical mode); the system drops the rest


class Terminal:
    """Both ends, until the program has got `theirs`.

    One thread reads; any may type. The lock keeps our end from being closed under a writer.

    Raises:
        OSError: the system gives none.
    """

    def __init__(self) -> None:
        if sys.platform == "win32":
            raise OSError(errno.ENOTSUP, NONE_HERE)
        self._ours, self.theirs = os.openpty()
        self._lock = threading.Lock()
        self._over = threading.Event()
        termios.tcsetwinsize(self.theirs, WINDOW)
        os.set_blocking(self._ours, False)

    def close_theirs(self) -> None:
        os.close(self.theirs)

    def pieces(self) -> Iterator[bytes]:
        """The output, until no process has the other end, or shortly after end()."""
        try:
            while data := self._next():
                yield data + self._more()
                self._over.wait(GATHER_S)
        finally:
            self.close()

    def type(self, data: bytes) -> bool:
        """As from the keyboard; False: not all of it is taken within TYPE_S, or it is over. ^C
        interrupts also a program that does not read, whose full terminal takes no key."""
        with self._lock:
            left = self._not_taken(data)
            return not left or (INTERRUPT in left and self._interrupt())

    def _not_taken(self, data: bytes) -> bytes:
        deadline = time.monotonic() + TYPE_S
        while data and self._ours >= 0 and time.monotonic() < deadline:
            try:
                data = data[os.write(self._ours, data) :]
            except BlockingIOError:
                writable(self._ours)(LOOK_S)
            except OSError:
                break
        return data

    def _interrupt(self) -> bool:
        """As the terminal does at ^C: to its foreground processes; False where it has none."""
        try:
            os.killpg(os.tcgetpgrp(self._ours), signal.SIGINT)
        except OSError:
            return False
        return True

    def end(self) -> None:
        """The program is gone; another process that still prints is not waited for."""
        self._over.set()

    def close(self) -> None:
        with self._lock:
            if self._ours >= 0:
                os.close(self._ours)
            self._ours = -1

    def _next(self) -> bytes:
        while True:
            over = self._over.is_set()
            try:
                return os.read(self._ours, PIECE)
            except BlockingIOError:
                if not readable(self._ours)(LOOK_S) and over:
                    return b""
            except OSError as error:
                if error.errno == errno.EIO:  # nobody has the other end
                    return b""
                raise

    def _more(self) -> bytes:
        """Output that has come already; one read of a terminal gives 4 KB at most."""
        more = bytearray()
        with contextlib.suppress(OSError):
            while len(more) < PIECE and (data := os.read(self._ours, PIECE)):
                more += data
        return bytes(more)
