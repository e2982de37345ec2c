"""How the dashboard ends: children and sockets first, then whatever the signal meant before.

The children end by themselves when our end of their standard input closes; this is for the
ends that leave time to be polite. `flask run --debug` has a case of its own: the reloader's
worker outlives a killed parent and keeps the port, so it watches for another parent.
"""

import atexit
import os
import signal
import threading
import time
from types import FrameType
from typing import Any

from flask import Flask

from dashboard import sockets
from dashboard.lab import Lab

PARENT_POLL_S = 0.3
POLITE_S = 1.2


def init_app(app: Flask) -> None:
    """Watch from the first request on; take the signals only where `flask run` made us."""
    lab: Lab = app.extensions["lab"]
    begun = threading.Lock()

    def begin() -> None:
        if begun.acquire(blocking=False):
            atexit.register(_close, lab)
            if os.environ.get("WERKZEUG_RUN_MAIN") == "true":
                threading.Thread(
                    target=_leave_with_parent, args=(os.getppid(),), name="parent", daemon=True
                ).start()

    app.before_request(begin)
    serving = os.environ.get("FLASK_RUN_FROM_CLI") == "true"
    if serving and threading.current_thread() is threading.main_thread():
        closing = threading.Lock()
        for name in ("SIGTERM", "SIGHUP"):
            if hasattr(signal, name):
                _chain(getattr(signal, name), lab, closing)


def _chain(number: signal.Signals, lab: Lab, closing: threading.Lock) -> None:
    """A closed terminal hangs up on make and on us, and make passes its own on: a signal that
    interrupts the handler of another leaves the closing to that one, which may hold locks."""
    before = signal.getsignal(number)

    def ending(received: int, frame: FrameType | None) -> Any:
        if not closing.acquire(blocking=False):
            return None
        _close(lab)
        closing.release()
        if callable(before):
            return before(received, frame)
        signal.signal(number, signal.SIG_DFL)
        return os.kill(os.getpid(), number)

    signal.signal(number, ending)


def _close(lab: Lab) -> None:
    sockets.close_all()
    lab.close(POLITE_S)


def _leave_with_parent(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(PARENT_POLL_S)
    os._exit(0)  # the children's standard input closes with us
