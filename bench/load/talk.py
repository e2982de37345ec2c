"""One member of a room speaks, with so many messages on their way; shared by the chat's loads."""

import sys
import time
from typing import Protocol

STALL_S = 3.0
QUIET_S = 0.2


class Room(Protocol):
    """`total`: messages delivered so far, to all members together."""

    @property
    def total(self) -> int: ...

    def say(self, number: int) -> bool:
        """One message in one send; False when the server does not take it now."""
        ...

    def take(self, timeout_s: float) -> bool:
        """Read what has arrived; False: nothing did in that time."""
        ...


def talk(
    room: Room, each: int, window: int, seconds: float, most: int = sys.maxsize, said: int = 0
) -> int:
    """Talk for that long, or up to so many messages, to `each` members; how many were said, with
    those before.

    The next message goes out when everything older than `window` messages has been delivered.
    """
    until = time.perf_counter() + seconds
    while said < most and time.perf_counter() < until:
        while said * each - room.total <= (window - 1) * each and said < most:
            if not room.say(said):
                break
            said += 1
        if not room.take(STALL_S):
            break
    deadline = time.perf_counter() + STALL_S
    while room.total < said * each and time.perf_counter() < deadline:
        room.take(QUIET_S)
    return said
