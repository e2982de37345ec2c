"""A program that does not run for a while, as in `kill -STOP`: clients wait, the kernel goes on."""

import os
import signal
from collections.abc import Iterator
from contextlib import suppress

from labservers.clients.crowd.driver import Client

FROZEN_S = 60.0


def freeze(pid: int) -> Iterator[Client]:
    """Stops a process and its group; it goes on after FROZEN_S seconds, or as soon as we end."""
    yield _freeze(pid)


def _freeze(pid: int) -> Client:
    os.killpg(pid, signal.SIGSTOP)
    try:
        yield FROZEN_S
    finally:
        thaw(pid)


def thaw(pid: int) -> None:
    """Let a process and its group go on."""
    with suppress(OSError):  # it may have been killed meanwhile
        os.killpg(pid, signal.SIGCONT)
