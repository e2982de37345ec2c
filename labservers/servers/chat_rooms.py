"""All rooms of the chat by their names."""

import itertools
import threading
from collections import Counter
from collections.abc import Callable
from typing import Any

from labservers.observe.monitor import Monitor
from labservers.servers.chat_delivery import PATIENCE, Patience
from labservers.servers.chat_member import Member
from labservers.servers.chat_room import Room
from labservers.servers.chat_said import Said

ROOMS_SHOWN = 50
ROOMS_REMEMBERED = 10_000  # of those that everybody has left


class Rooms:
    """A room exists while it has members; its count of messages is remembered."""

    def __init__(
        self,
        monitor: Monitor,
        call_postman: Callable[[Member], None],
        patience: Patience = PATIENCE,
        remembered: int = ROOMS_REMEMBERED,
    ) -> None:
        self._monitor = monitor
        self._tally = monitor.tally()
        self._said = Said(monitor)
        self._call_postman = call_postman
        self._patience = patience
        self._remembered = remembered
        self._lock = threading.Lock()
        self._rooms: dict[str, Room] = {}
        self._numbers: Counter[str] = Counter()  # messages in rooms that everybody has left

    def join(self, name: str, member: Member) -> Room:
        connection = member.connection
        with self._lock:
            room = self._rooms.get(name)
            if room is None:
                room = self._rooms[name] = self._new(name)
            room.enter(member)
            self._monitor.event(
                "joined",
                room=name,
                peer=connection.peer,
                id=connection.id,
                seq=room.messages,
                people=len(room.members),
            )
        return room

    def leave(self, member: Member, reason: str) -> None:
        """By the thread with the room's turn, so that what is being delivered still reaches the
        member, and no thread is in the middle of sending to it."""
        room, connection = member.room, member.connection
        assert room is not None
        with self._lock:
            room.leave(member)
            if not room.members:
                self._close(room)
            self._monitor.event(
                "left",
                room=room.name,
                peer=connection.peer,
                id=connection.id,
                reason=reason,
                people=len(room.members),
            )

    def _new(self, name: str) -> Room:
        return Room(
            name, self._numbers[name], self._lock, self._monitor, self._tally, self._said,
            self._call_postman, self._patience,
        )  # fmt: skip

    def _close(self, room: Room) -> None:
        del self._rooms[room.name]
        self._numbers.pop(room.name, None)  # so that it becomes the newest
        self._numbers[room.name] = room.messages
        if len(self._numbers) > self._remembered:
            del self._numbers[next(iter(self._numbers))]

    def sizes(self) -> dict[str, int]:
        """Members of the largest rooms."""
        with self._lock:
            sizes = Counter({name: len(room.members) for name, room in self._rooms.items()})
        return dict(sizes.most_common(ROOMS_SHOWN))

    def turns(self) -> list[tuple[str, Any, str]]:
        """The locks that speakers take in turn, of some rooms: kind, owner, attribute."""
        with self._lock:
            shown = list(itertools.islice(self._rooms.items(), ROOMS_SHOWN))
        return [(f"Lock {name}", room.delivery, "turn") for name, room in shown]

    def report_said(self, wanted: bool) -> None:
        """Whether the live events name the speakers from now on."""
        with self._lock:
            self._said.wanted = wanted
            for room in self._rooms.values():
                room.run = None  # its numbers would go on from before

    def count_sent(self) -> None:
        """Bring the connections' bytes up to now: those of level members are not counted with
        every send."""
        with self._lock:
            for room in self._rooms.values():
                for member in room.level.values():
                    room.count_sent(member)

    def count_missed(self) -> None:
        """Bring the monitor's count up to now: a member that does not read counts nothing."""
        with self._lock:
            for room in self._rooms.values():
                for member in room.reading_on.values():
                    room.give_up(member)
