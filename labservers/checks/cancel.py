"""How a check is cancelled: by a signal, or because the process that asked for it is gone.

Its own thread looks for that between its steps, and may wait in one of them for seconds. After a
short while another thread does what is left to do, and leaves that one behind by os._exit().
"""

from __future__ import annotations

import os
import signal
import socket
import threading
import time
from collections.abc import Callable

from labservers.checks import remains
from labservers.net.waker import Waker

GRACE_S = 0.3
EXIT_INTERRUPTED = 130


class Cancel:
    """Made by the main thread, which calls over() as soon as nothing is left to undo.

    grace_s: how long it may take to come to that. last_words() is called where it has not, and
    returns the exit code. Signals are heard of as in run/stopper.py: whatever the main thread does.
    """

    def __init__(
        self, channel: int | None, last_words: Callable[[], int], grace_s: float = GRACE_S
    ) -> None:
        self._came = threading.Event()
        self._last = threading.Lock()  # whoever has it ends the process, and keeps it
        self._last_words = last_words
        self._grace_s = grace_s
        self._waker = Waker()
        self._heed_signals()
        self._start(self._wait)
        if channel is not None:
            self._start(lambda: self._wait_for_end(channel))

    def came(self) -> bool:
        return self._came.is_set()

    def over(self) -> None:
        """The main thread ends the process. It does not return where the other one does already."""
        self._last.acquire()

    def _heed_signals(self) -> None:
        """^C, SIGTERM and the end of the terminal. What nohup(1) ignores is ignored."""
        signal.set_wakeup_fd(self._waker.wakeup_fd, warn_on_full_buffer=False)
        for number in (signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGTERM)):
            if signal.getsignal(number) is not signal.SIG_IGN:
                signal.signal(number, lambda *_: None)

    def _start(self, work: Callable[[], None]) -> None:
        threading.Thread(target=work, name="cancel", daemon=True).start()

    def _wait_for_end(self, channel: int) -> None:
        with socket.socket(fileno=channel) as line:
            while line.recv(4096):
                pass
        self._waker.wake()

    def _wait(self) -> None:
        self._waker.wait()
        self._came.set()
        time.sleep(self._grace_s)
        self._last.acquire()
        code = EXIT_INTERRUPTED
        try:
            remains.undo_all()
            code = self._last_words()
        finally:
            os._exit(code)
