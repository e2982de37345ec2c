"""Who is in which room, and how far each member has been sent what was said there.

What is said in a room is one long text to which lines are added. A member whose kernel buffer
takes them at once is *level*. Who does not is *behind*: a place in the room's backlog, from where
it reads on at its own pace, and not a queue of its own. It misses the oldest lines when the
backlog has gone past its place.

Somebody may speak faster than the rest can read. Then what is said waits for readers that are far
behind, or they would miss messages although they read. Who does not catch up within PATIENCE_S,
which takes 5 MB/s at least, is slow: it is not waited for any more until it has. The time counts
from the last byte that the kernel took for it, so a member that never reads has mostly used it up
before anybody would have to wait.

One lock guards membership, numbers and places. It is never held while something is sent.
"""

import threading
import time
from collections import Counter, deque

from labservers.observe.monitor import Connection, Monitor
from labservers.servers.chat_backlog import CAPACITY, Backlog
from labservers.servers.chat_outbox import Outbox

ROOMS_SHOWN = 50
ROOMS_REMEMBERED = 10_000  # of those that everybody has left
GO_BYTES = 64 * 1024  # delivered at once, and one speaker's lines more
SIZES_TOLD = 100  # of what was said in one go
CROWDED = CAPACITY // 4 * 3  # who is so far behind is waited for
CAUGHT_UP = CAPACITY // 4  # until it is no more than this
PATIENCE_S = 0.1


class Place:
    """How far a member has been sent what is said in its room.

    at, number: bytes and messages of the room up to here, while it is behind. missed: messages
    that were given up before they could be sent, and of which it was not told yet; dropped: in
    all. end: the `at` and `number` that it had to reach when it left.
    """

    __slots__ = (
        "_room",
        "at",
        "backlog",
        "caught_up",
        "dropped",
        "end",
        "missed",
        "number",
        "outbox",
    )

    def __init__(self, room: "Room", outbox: Outbox) -> None:
        self._room = room
        self.outbox = outbox
        self.backlog: Backlog | None = None  # while it is level
        self.at = self.number = 0
        self.missed = self.dropped = 0
        self.end: tuple[int, int] | None = None
        self.caught_up = threading.Event()  # nobody has to wait for it

    def read_on(self) -> tuple[int, bytes]:
        """How many messages are missing here, and the next lines; b"" when there are none."""
        with self._room.lock:
            backlog = self.backlog
            if backlog is None:
                return 0, b""
            self._room.give_up(self)
            lines = backlog.read(self.at, self.end[0] if self.end else backlog.end)
            self.at += len(lines)
            self.number += lines.count(b"\n")
            if backlog.end - self.at <= CAUGHT_UP:
                self._room.note_caught_up(self)
            missed, self.missed = self.missed, 0
            return missed, lines

    def catch_up(self) -> bool:
        """Whether there is nothing more to be read; from now on it is level then."""
        with self._room.lock:
            if self.backlog is None or self.end:
                return True
            if self.at < self.backlog.end:
                return False
            self._room.make_level(self)
            return True


class Room:
    """Its members by the ids of their connections; how many messages and bytes have been said.

    spoken: what was said and is to be delivered by the next who has the `turn`. level: those of
    the members who are sent the next lines at once. awaited: those of the others who are waited
    for when they are far behind.
    """

    def __init__(self, name: str, messages: int, lock: threading.Lock, monitor: Monitor) -> None:
        self.name = name
        self.messages = messages
        self.size = 0
        self.lock = lock
        self.spoken: deque[tuple[Outbox, bytes]] = deque()
        self.turn = threading.Lock()
        self.members: dict[int, Place] = {}
        self.level: dict[int, Outbox] = {}
        self.awaited: set[Place] = set()
        self._backlog: Backlog | None = None  # while somebody is behind
        self._monitor = monitor

    def take_spoken(self) -> tuple[bytes, list[tuple[int, Outbox]]]:
        """What waits, as whole lines, counted, and who is to be sent them now."""
        with self.lock:
            parts, size = [], 0
            while self.spoken and size < GO_BYTES:
                speaker, lines = self.spoken.popleft()
                parts.append(lines)
                size += len(lines)
                self._tell(speaker, lines)
                count = lines.count(b"\n")
                self.messages += count
                self._monitor.requests += count
            lines = b"".join(parts)
            self.size += size
            if self._backlog is not None:
                self._backlog.append(lines)
            return lines, list(self.level.items())

    def _tell(self, speaker: Outbox, lines: bytes) -> None:
        monitor, connection = self._monitor, speaker.connection
        if monitor.full:  # who joins and leaves is told all the same
            monitor.leave_out()
            return
        monitor.event(
            "said",
            room=self.name,
            seq=self.messages + 1,
            peer=connection.peer,
            id=connection.id,
            mode=speaker.mode,
            sizes=[*map(len, lines[:-1].split(b"\n")[:SIZES_TOLD])],
        )

    def fall_behind(self, ids: list[int]) -> list[Outbox]:
        """These were not sent all of the newest lines at once; by who has the turn. Those of
        them that have not left meanwhile."""
        with self.lock:
            places = [self.members[id] for id in ids if id in self.members]
            if places and self._backlog is None:
                self._backlog = Backlog(self.size, self.messages)
            for place in places:
                place.backlog = self._backlog
                place.at, place.number = self.size, self.messages
            for id in ids:
                self.level.pop(id, None)
            self.awaited.update(places)
            return [place.outbox for place in places]

    def wait_for_readers(self) -> None:
        """Until all of them have caught up, or are slow; for who has the turn."""
        if not self.awaited:
            return
        with self.lock:
            crowded = [place for place in self.awaited if self.size - place.at > CROWDED]
            for place in crowded:
                place.caught_up.clear()
        latest = time.monotonic() + PATIENCE_S
        for place in crowded:
            until = min(latest, place.outbox.moved_at + PATIENCE_S)
            if not place.caught_up.wait(max(0.0, until - time.monotonic())):
                with self.lock:
                    self.awaited.discard(place)

    def give_up(self, place: Place) -> None:
        """Count what a member misses for ever. With the lock held, as all that follow."""
        backlog = place.backlog
        if backlog is None or place.at >= backlog.oldest.begin:
            return
        at, number = backlog.oldest.begin, backlog.oldest.number
        if place.end:
            at, number = min(at, place.end[0]), min(number, place.end[1])
        missed = number - place.number
        place.at, place.number = at, number
        place.missed += missed
        place.dropped += missed
        self._monitor.counts["dropped"] += missed

    def note_caught_up(self, place: Place) -> None:
        """It reads fast enough to be waited for."""
        if not place.end:
            self.awaited.add(place)
        place.caught_up.set()

    def make_level(self, place: Place) -> None:
        place.backlog = None
        place.caught_up.set()
        self.awaited.discard(place)
        self.level[place.outbox.connection.id] = place.outbox
        self._forget_backlog()

    def take_out(self, id: int) -> None:
        """A member leaves. It may still be sent what was said before."""
        place = self.members.pop(id)
        self.give_up(place)
        place.end = (self.size, self.messages)
        place.caught_up.set()
        self.awaited.discard(place)
        self.level.pop(id, None)
        self._forget_backlog()

    def _forget_backlog(self) -> None:
        if len(self.level) == len(self.members):
            self._backlog = None


class Rooms:
    """All rooms by their names."""

    def __init__(self, monitor: Monitor) -> None:
        self._monitor = monitor
        self._lock = threading.Lock()
        self._rooms: dict[str, Room] = {}
        self._numbers: Counter[str] = Counter()  # messages in rooms that everybody has left

    def join(self, name: str, outbox: Outbox) -> Room:
        connection = outbox.connection
        with self._lock:
            room = self._rooms.get(name)
            if room is None:
                messages = self._numbers[name]
                room = self._rooms[name] = Room(name, messages, self._lock, self._monitor)
            outbox.source = room.members[connection.id] = Place(room, outbox)
            room.level[connection.id] = outbox
            self._monitor.event(
                "joined", room=name, peer=connection.peer, id=connection.id, seq=room.messages
            )
        return room

    def leave(self, room: Room, connection: Connection, reason: str) -> None:
        with self._lock:
            room.take_out(connection.id)
            if not room.members:
                del self._rooms[room.name]
                self._numbers.pop(room.name, None)
                self._numbers[room.name] = room.messages
                if len(self._numbers) > ROOMS_REMEMBERED:
                    del self._numbers[next(iter(self._numbers))]
            self._monitor.event(
                "left", room=room.name, peer=connection.peer, id=connection.id, reason=reason
            )

    def sizes(self) -> dict[str, int]:
        """Members of the largest rooms."""
        with self._lock:
            sizes = Counter({name: len(room.members) for name, room in self._rooms.items()})
        return dict(sizes.most_common(ROOMS_SHOWN))

    def count_dropped(self) -> None:
        """Bring the monitor's count up to now: who does not read does not count by itself."""
        with self._lock:
            for room in self._rooms.values():
                if len(room.level) < len(room.members):
                    for place in room.members.values():
                        room.give_up(place)
