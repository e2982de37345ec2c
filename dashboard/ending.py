"""How the dashboard ends: children and sockets first, then whatever the signal meant before.

The children end by themselves when our end of their channels closes; this is for the
ends that leave time to be polite. `flask run --debug` has a case of its own: the reloader's
worker outlives a killed parent and keeps the port, so it watches for another parent. So does a
dashboard that Jupyter has started: a killed Jupyter's would keep the data folder.

A closed terminal hangs up on its session's leader alone. A shell passes that on; make, when it
leads (`ssh -t host make run`), waits for us instead. So we watch the terminal as well.
"""

import atexit
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable
from types import FrameType
from typing import Any

from flask import Flask

from dashboard.config import Config
from dashboard.lab import Lab
from dashboard.live import sockets

PARENT_POLL_S = 0.3
POLITE_S = 1.2


class Ending:
    """Closes all that is open. A signal that interrupts the handler of another leaves the closing
    to that one, which may hold locks. A closed terminal hangs up on make and on us, and make
    passes its own on."""

    def __init__(self, app: Flask) -> None:
        self._app = app
        self._closing = threading.Lock()

    def close(self) -> None:
        sockets.close_all()
        lab: Lab = self._app.extensions["lab"]
        lab.close(POLITE_S)

    def come_with(self, number: signal.Signals) -> None:
        """Close at this signal, and then do as before."""
        before = signal.getsignal(number)

        def ending(received: int, frame: FrameType | None) -> Any:
            if not self._closing.acquire(blocking=False):
                return None
            self.close()
            self._closing.release()
            if callable(before):
                return before(received, frame)
            signal.signal(number, signal.SIG_DFL)
            return os.kill(os.getpid(), number)

        signal.signal(number, ending)


def init_app(app: Flask) -> None:
    """Watch from the first request on; take the signals only where `flask run` made us."""
    config: Config = app.extensions["lab"].config
    ending = Ending(app)
    begun = threading.Lock()

    def begin() -> None:
        if begun.acquire(blocking=False):
            atexit.register(ending.close)
            if config.leave_with_parent or os.environ.get("WERKZEUG_RUN_MAIN") == "true":
                _watch(_leave_with_parent, os.getppid())
            if serving and _may_hang_up():
                _watch(_leave_with_terminal, sys.stdin.fileno())

    app.before_request(begin)
    serving = os.environ.get("FLASK_RUN_FROM_CLI") == "true"
    if serving and threading.current_thread() is threading.main_thread():
        for name in ("SIGTERM", "SIGHUP"):
            number = getattr(signal, name, None)
            if number is not None and signal.getsignal(number) != signal.SIG_IGN:
                ending.come_with(number)


def _may_hang_up() -> bool:
    """Whether there is a terminal whose end is ours: not under nohup, nor without poll()."""
    if not (hasattr(signal, "SIGHUP") and hasattr(select, "poll")):
        return False
    ignored = signal.getsignal(signal.SIGHUP) == signal.SIG_IGN
    return not ignored and sys.stdin is not None and sys.stdin.isatty()


def _watch(wait: Callable[[int], None], number: int) -> None:
    threading.Thread(target=wait, args=(number,), name=wait.__name__, daemon=True).start()


def _leave_with_terminal(descriptor: int) -> None:
    terminal = select.poll()
    terminal.register(descriptor, 0)  # POLLHUP comes unasked, and typed text stays unread
    if any(event & select.POLLHUP for _, event in terminal.poll()):
        os.kill(os.getpid(), signal.SIGHUP)


def _leave_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_S)
    os._exit(0)  # the children's channels close with us
