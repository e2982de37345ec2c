"""Whether a program is at work though nobody asks it anything."""

from __future__ import annotations

import time

from labservers.checks.context import Checked, Context

LOOK_S = 0.4
LONG_LOOK_S = 1.2
SUSPECT, SPINS = 0.08, 0.12  # shares of a processor; the tap itself uses 0.01
ALWAYS = 0.7  # one that spins wants a processor all the time; one that rests, rarely


def share(subject: Checked, seconds: float) -> float:
    """The share of one processor, 0..1 or more, that it uses from now on, over so many seconds.

    A busy machine gives a program that spins but a part of what it wants: one that always wants a
    processor counts as if it had got one.
    """
    before, began = subject.work(), time.monotonic()
    time.sleep(seconds)
    after, took_s = subject.work(), time.monotonic() - began
    if before is None or after is None:
        return 0.0
    used = (after.used_s - before.used_s) / took_s
    wanted = used + max(0.0, after.queued_s - before.queued_s) / took_s
    return max(used, min(wanted, 1.0)) if wanted >= ALWAYS else used


def at_work(subject: Checked) -> float:
    """The share that it uses while nobody asks it anything; 0.0: it rests. One that ends what it
    has begun is none that works on."""
    if share(subject, LOOK_S) < SUSPECT:
        return 0.0
    longer = share(subject, LONG_LOOK_S)
    return round(longer, 2) if longer >= SPINS else 0.0


def spinning(context: Context) -> float | None:
    """The share, if it is one of a program that spins, and that did not before any client came."""
    return None if context.cpu_before else at_work(context.subject) or None
