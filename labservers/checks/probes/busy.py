"""Whether a program is at work though nobody asks it anything."""

from __future__ import annotations

import time

from labservers.checks.context import Checked, Context

LOOK_S = 0.4
LONG_LOOK_S = 1.2
SUSPECT, SPINS = 0.08, 0.12  # shares of a processor; the tap itself uses 0.01


def share(subject: Checked, seconds: float) -> float:
    """The share of one processor, 0..1 or more, that it uses from now on, over so many seconds."""
    before, began = subject.processor_s(), time.monotonic()
    time.sleep(seconds)
    after = subject.processor_s()
    if before is None or after is None:
        return 0.0
    return (after - before) / (time.monotonic() - began)


def spinning(context: Context) -> float | None:
    """The share, if it is one of a program that spins, and that did not before any client came.
    On a busy machine a thread that spins gets but a part of a processor."""
    first = share(context.subject, LOOK_S)
    if first < SUSPECT or context.cpu_before > SUSPECT:
        return None
    longer = share(context.subject, LONG_LOOK_S)
    return round(longer, 2) if longer >= SPINS else None
