"""Messages of a room go to its members by one thread at a time, so that all hear one order.

The technique is flat combining: each speaker's thread puts its message down and waits for the
turn; the thread that has the turn delivers all that lies there. What several have said meanwhile
goes out in the same sends, and the threads whose message has been delivered find nothing to do.
"""

import threading
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import TYPE_CHECKING, NamedTuple

from labservers.protocols.chat import LINE_FEED
from labservers.servers.chat_said import Said
from labservers.servers.chat_states import Event

if TYPE_CHECKING:
    from labservers.servers.chat_audience import Audience
    from labservers.servers.chat_member import Member
    from labservers.servers.chat_room import Room

GO_BYTES = 64 * 1024  # delivered at once, and one speaker's lines more


class Patience(NamedTuple):
    """How long what is said waits, in all, for members that are far behind but read."""

    seconds: float = 0.1
    clock: Callable[[], float] = time.monotonic


PATIENCE = Patience()


class Delivery:
    """With the `turn` held, next() gives lines and their audience until there are none.

    What is said faster than some can read would be lost to them although they read. So a message
    waits for members that are far behind. A member that does not catch up within the patience,
    which takes 5 MB/s at least, is slow: it is not waited for any more until it has. The time
    counts from the last byte that the kernel took for it. So a member that never reads has mostly
    used it up before a speaker would have to wait.
    """

    def __init__(self, room: "Room", said: Said, patience: Patience) -> None:
        self.turn = threading.Lock()
        self._room = room
        self._said = said
        self._patience = patience
        self._spoken: deque[tuple[Member, bytes]] = deque()

    def put(self, speaker: "Member", lines: bytes) -> None:
        """Whole lines, to be delivered by the next thread that has the turn."""
        self._spoken.append((speaker, lines))

    def __len__(self) -> int:
        return len(self._spoken)

    def next(self) -> tuple[bytes, "Audience"] | None:
        """What is to be sent next, and to whom; what it gave before has been sent by now."""
        room = self._room
        room.delivered = (room.size, room.messages)
        if not self._spoken:
            return None
        if room.reading_on:
            self._wait_for_readers()
        with room.lock:
            return self._take_all(), room.audience()

    def more(self, audience: "Audience") -> bytes | None:
        """What was said since, where it is for the same audience and nobody has to be waited for;
        it is on its way, and has not reached everybody before next() is called."""
        if not self._spoken:
            return None
        room = self._room
        with room.lock:
            if room.audience() is not audience or (room.reading_on and room.crowded()):
                return None
            return self._take_all()

    def _take_all(self) -> bytes:
        lines = self._take()
        if self._spoken:
            lines = self._with_more(lines)
        self._room.append(lines)
        return lines

    def _take(self) -> bytes:
        room, (speaker, lines) = self._room, self._spoken.popleft()
        count = lines.count(LINE_FEED)
        if self._said.wanted:
            self._said.report(room, speaker, lines, count)
        room.messages += count
        room.tally.requests += count
        return lines

    def _with_more(self, lines: bytes) -> bytes:
        """These lines, and what others have said meanwhile."""
        parts, size = [lines], len(lines)
        while self._spoken and size < GO_BYTES:
            parts.append(self._take())
            size += len(parts[-1])
        return b"".join(parts)

    def _wait_for_readers(self) -> None:
        """Until all that are far behind have nearly caught up, left, or are slow."""
        room, (patience_s, clock) = self._room, self._patience
        with room.progress:
            latest = clock() + patience_s
            for member in room.crowded():
                left_s = min(latest, member.moved_at + patience_s) - clock()
                near = partial(room.is_near, member)
                if not room.progress.wait_for(near, max(0.0, left_s)):
                    member.move(Event.OUT_OF_TIME)
