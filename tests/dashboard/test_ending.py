"""A signal that ends the dashboard: all is closed first, then it does what it did before."""

import signal
from pathlib import Path
from types import FrameType

from flask import Flask

from dashboard.ending import Ending
from dashboard.instance import find


def test_a_signal_closes_and_then_does_as_before_once(app: Flask, tmp_path: Path) -> None:
    heard: list[bool] = []

    def before(number: int, frame: FrameType | None) -> None:
        heard.append(find(tmp_path) is None)

    def while_it_closes(timeout_s: float) -> None:
        signal.raise_signal(signal.SIGUSR1)  # make passes the terminal's end on as well
        close(timeout_s)

    assert app.test_client().get("/healthz").status_code == 200
    lab = app.extensions["lab"]
    close, lab.close = lab.close, while_it_closes
    earlier = signal.signal(signal.SIGUSR1, before)
    try:
        Ending(app).come_with(signal.SIGUSR1)
        signal.raise_signal(signal.SIGUSR1)
    finally:
        signal.signal(signal.SIGUSR1, earlier)
        lab.close = close
    assert heard == [True]
