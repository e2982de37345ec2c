"""How long an answer is waited for: long enough that a busy machine is no accusation."""

from __future__ import annotations

import os
import threading
import time
from collections import deque

LEAST_S, MOST_S = 0.5, 4.0
ANSWERS = 8.0  # times the slowest good answer so far
DELAYS = 12.0  # times the delay with which this process itself gets the processor
PULSE_S = 0.02
MOST_STRAIN = 4.0
PULSES = 100  # of the newest that count


class Patience:
    """Learned from good answers and from our own scheduling delay, which one thread measures."""

    def __init__(self) -> None:
        self._slowest_s = 0.0
        self._delays: deque[float] = deque(maxlen=PULSES)
        self._over = threading.Event()
        self._thread = threading.Thread(target=self._measure, name="patience", daemon=True)
        self._thread.start()

    @property
    def seconds(self) -> float:
        delay_s = max(self._delays, default=0.0)
        wanted = LEAST_S + ANSWERS * self._slowest_s + DELAYS * delay_s
        return min(MOST_S, wanted)

    def learn(self, answered_s: float) -> None:
        """A good answer took so long."""
        self._slowest_s = max(self._slowest_s, min(answered_s, MOST_S))

    def close(self) -> None:
        self._over.set()
        self._thread.join()

    def _measure(self) -> None:
        while True:
            began = time.monotonic()
            if self._over.wait(PULSE_S):
                return
            self._delays.append(time.monotonic() - began - PULSE_S)


def strain() -> float:
    """How many times as much the machine has had to do, in the last minute, as it can; from 1 on
    (getloadavg(3))."""
    if not hasattr(os, "getloadavg"):
        return 1.0
    return min(MOST_STRAIN, max(1.0, os.getloadavg()[0] / (os.cpu_count() or 1)))
