"""Waiting for a few sockets: by poll(2), which takes any descriptor, or by select(2) where a system
has no poll(2)."""

from __future__ import annotations

import select
from typing import Any, Callable, Optional

# For so many seconds, or without end; whether one of them is ready.
Wait = Callable[[Optional[float]], bool]


def readable(*sources: Any) -> Wait:
    """Waits until one of them has something to read."""
    if hasattr(select, "poll"):
        return _polled(sources, select.POLLIN)
    return lambda timeout_s: any(select.select(sources, (), (), timeout_s))


def writable(*targets: Any) -> Wait:
    """Waits until one of them takes something."""
    if hasattr(select, "poll"):
        return _polled(targets, select.POLLOUT)
    return lambda timeout_s: any(select.select((), targets, (), timeout_s))


def _polled(sources: tuple[Any, ...], event: int) -> Wait:
    poller = select.poll()
    for source in sources:
        poller.register(source, event)
    poll = poller.poll
    return lambda timeout_s: bool(poll(None if timeout_s is None else timeout_s * 1000))
