"""Ending a server on a signal or on a request, with a deadline."""

import math
import os
import signal
import threading
import time
from types import FrameType

from labservers.net.waker import Waker
from labservers.run.server import STOP_GRACE_S, LabServer

EXIT_OK = 0
MARGIN_S = 0.5  # for the goodbye, after the grace that serve() has
LAST_WORDS_S = 0.3  # for the log, where nobody reads it
LOOK_AROUND_S = 0.05


class Stopper:
    """The one thread that stops the server, and the deadline of its end.

    It is notified of signals by the interpreter's C handler, which writes to a socket
    (signal.set_wakeup_fd). A handler in Python would run in the main thread alone, and only when
    that comes back from the system call it stands in: a signal that another thread got, or that
    came just before the call, does not bring it back.
    """

    def __init__(self, server: LabServer) -> None:
        self._finished = threading.Event()
        self._server = server
        self._until = math.inf  # of time.monotonic(); the most urgent request counts
        self._waker = Waker()
        threading.Thread(target=self._wait, name="stopper", daemon=True).start()

    def heed_signals(self) -> None:
        """From now on they end the server; called by the main thread."""
        signal.set_wakeup_fd(self._waker.wakeup_fd, warn_on_full_buffer=False)
        for number in _ending_signals():
            signal.signal(number, _leave_it_to_the_stopper)

    def finish(self) -> None:
        """The server has ended. Another signal (make passes ^C on, which the terminal has sent
        already) is not to kill the interpreter on its way out."""
        self._finished.set()
        for number in _ending_signals():
            signal.signal(number, signal.SIG_IGN)

    def stop(self, within_s: float = STOP_GRACE_S + MARGIN_S) -> None:
        """Ask for the server's end; it is left behind after that time."""
        self._until = min(self._until, time.monotonic() + within_s)
        self._waker.wake()

    def _wait(self) -> None:
        self._waker.wait()
        self._until = min(self._until, time.monotonic() + STOP_GRACE_S + MARGIN_S)
        self._server.log.info("stopping")
        self._server.stepper.release()
        self._server.stop()
        while not self._finished.wait(LOOK_AROUND_S):
            if time.monotonic() >= self._until:
                self._server.log.warning("not everything ended in time; leaving it")
                self._server.log.close(LAST_WORDS_S)
                os._exit(EXIT_OK)


def _ending_signals() -> list[int]:
    """^C, SIGTERM and the end of the terminal, which nohup(1) has us ignore."""
    numbers: list[int] = [signal.SIGINT, signal.SIGTERM]
    if hasattr(signal, "SIGHUP") and signal.getsignal(signal.SIGHUP) is not signal.SIG_IGN:
        numbers.append(signal.SIGHUP)
    return numbers


def _leave_it_to_the_stopper(_number: int, _frame: FrameType | None) -> None:
    """Without any handler in Python there would be none in C either."""
