"""A program rests: it has taken all that was sent to it, and none of its threads has work left.

What waits for this goes on as soon as it can.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Collection, Sequence
from typing import Protocol

from labservers.checks.client import Client, never
from labservers.checks.far_ends import Pair

LOOK_S = 0.004

# Wait until the program rests, or so many seconds; what has come meanwhile is read.
Rest = Callable[[Sequence[Client], float], object]


class Rests(Protocol):
    """A program. pairs: the connections of its clients."""

    def rests(self, pairs: Collection[Pair]) -> bool: ...


def flat(clients: Sequence[Client], most_s: float) -> None:
    """Of a program whose inside is not seen: all of the time."""
    until = time.monotonic() + most_s
    for client in clients[-1:]:
        client.receive(most_s, never)
    time.sleep(max(0.0, until - time.monotonic()))
    _read(clients[:-1])


def of(program: Rests) -> Rest:
    """How to wait for this one to rest."""

    def rest(clients: Sequence[Client], most_s: float) -> None:
        pairs = [client.pair for client in clients if client.pair is not None]
        until = time.monotonic() + most_s
        while not program.rests(pairs) and time.monotonic() < until:
            time.sleep(LOOK_S)
        _read(clients)

    return rest


def _read(clients: Sequence[Client]) -> None:
    for client in clients:
        client.catch_up()
