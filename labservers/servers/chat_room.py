"""A room: its members, and how far each has been sent what was said there.

What is said in a room is one long text to which lines are added. A member is level, or it reads
on from a place in the room's backlog at its own pace (chat_states.py). It misses the oldest lines
when the backlog has gone past its place.

A level member has been sent all that was said from its place on, so its bytes are counted when
somebody looks, not with every send.

One lock guards membership, states, numbers and places. It is never held while something is sent.
"""

import threading
from collections.abc import Callable, Sequence

from labservers.observe.monitor import Monitor
from labservers.observe.tally import Tally
from labservers.protocols.chat import LINE_FEED
from labservers.servers.chat_audience import Audience
from labservers.servers.chat_backlog import CAPACITY, Backlog
from labservers.servers.chat_delivery import Delivery, Patience
from labservers.servers.chat_member import Member, Place
from labservers.servers.chat_said import Run, Said
from labservers.servers.chat_states import READS_ON, Event, State

CROWDED = CAPACITY // 4 * 3  # a member this far behind is waited for
NEARLY = CAPACITY // 4  # until it is no more than this


class Room:
    """Its members by the ids of their connections; how many messages and bytes have been said.

    level: the members that are sent the next lines at once. reading_on: those that are behind.
    delivered: `size` and `messages` of all that has been sent to the level members.
    run: what its newest speaker has said in a row, for the live events.
    progress: notified when one of those has nearly caught up, or is gone; its lock is `lock`.
    clock: seconds, as time.monotonic(). tally: of all rooms, written with the lock held.
    """

    def __init__(
        self,
        name: str,
        messages: int,
        lock: threading.Lock,
        monitor: Monitor,
        tally: Tally,
        said: Said,
        call_postman: Callable[[Member], None],
        patience: Patience,
    ) -> None:
        self.name = name
        self.messages = messages
        self.size = 0
        self.delivered = (0, messages)
        self.lock = lock
        self.progress = threading.Condition(lock)
        self.members: dict[int, Member] = {}
        self.level: dict[int, Member] = {}
        self.reading_on: dict[int, Member] = {}
        self.delivery = Delivery(self, said, patience)
        self.run: Run | None = None
        self._backlog: Backlog | None = None  # while a member reads on
        self._audience: Audience | None = None  # until `level` changes
        self.clock = patience.clock
        self.tally = tally
        self._monitor = monitor
        self._call_postman = call_postman

    # Members. With the lock held:

    def enter(self, member: Member) -> None:
        id = member.connection.id
        member.room, member.place = self, Place(self.size, self.messages)
        member.move(Event.JOIN)
        self.members[id] = self.level[id] = member
        self._audience = None

    def leave(self, member: Member) -> None:
        """The member may still be sent what was said before."""
        del self.members[member.connection.id]
        self.count_sent(member)
        self.give_up(member)
        member.place.end = (self.size, self.messages)
        member.move(Event.LEAVE)
        self._forget(member)

    def _forget(self, member: Member) -> None:
        """Nothing that is said from now on is for this member."""
        self.level.pop(member.connection.id, None)
        self.reading_on.pop(member.connection.id, None)
        self._audience = None
        self.progress.notify()
        if not self.reading_on:
            self._backlog = None

    # What is said. With the lock held:

    def append(self, lines: bytes) -> None:
        """These are the newest lines of the room."""
        self.size += len(lines)
        if self._backlog is not None:
            self._backlog.append(lines)

    def audience(self) -> Audience:
        """The level members now."""
        if self._audience is None:
            self._audience = Audience(self.level.values())
        return self._audience

    def count_sent(self, member: Member) -> None:
        """Count what a level member has been sent since the last time."""
        self._count_up_to(member, *self.delivered)

    def _count_up_to(self, member: Member, size: int, messages: int) -> None:
        place = member.place
        if member.state is not State.LEVEL or size <= place.at:
            return
        sent = size - place.at
        if member.mode != "line":
            sent -= messages - place.number  # without the line feeds
        member.connection.bytes_out += sent
        place.at, place.number = size, messages

    def crowded(self) -> list[Member]:
        """Members that are so far behind that they are waited for."""
        behind = [m for m in self.reading_on.values() if m.state is State.BEHIND]
        return [member for member in behind if self.size - member.place.at > CROWDED]

    def is_near(self, member: Member) -> bool:
        """Whether a member needs not be waited for any more."""
        return member.state is not State.BEHIND or self.size - member.place.at <= NEARLY

    def give_up(self, member: Member) -> None:
        """Count what a member misses for ever."""
        place, backlog = member.place, member.place.backlog
        if backlog is None or place.at >= backlog.oldest.begin:
            return
        at, number = backlog.oldest.begin, backlog.oldest.number
        if place.end:
            at, number = min(at, place.end[0]), min(number, place.end[1])
        missed = number - place.number
        place.at, place.number = at, number
        place.missed += missed
        place.missed_in_all += missed
        self.tally.counts["dropped"] += missed

    # What becomes of a member while it is sent something. Without the lock:

    def change_mode(self, member: Member, mode: str) -> None:
        """Between two messages, so that all of one is counted in one mode."""
        with self.delivery.turn, self.lock:
            self.count_sent(member)
            member.mode = mode
            self._audience = self.run = None

    def count_alone(self, member: Member, before: Sequence[bytes]) -> None:
        """It has been sent these lines since all was delivered to everybody. The bytes of the
        rest are counted by itself; by the thread with the turn."""
        size, messages = self.delivered
        for lines in before:
            size, messages = size + len(lines), messages + lines.count(LINE_FEED)
        with self.lock:
            self._count_up_to(member, size, messages)
            member.place.at, member.place.number = self.size, self.messages

    def fall_behind(self, member: Member) -> None:
        """It was not sent all of the newest lines, and they are counted alone; by the thread
        with the turn."""
        with self.lock:
            if self._backlog is None:
                self._backlog = Backlog(self.size, self.messages)
            member.place.backlog = self._backlog
            member.move(Event.FULL)
            self._audience = None
            self.reading_on[member.connection.id] = self.level.pop(member.connection.id)
        self._call_postman(member)

    def read_on(self, member: Member) -> tuple[int, bytes]:
        """How many messages are missing here, and the next lines; b"" when there are none."""
        with self.lock:
            place, backlog = member.place, member.place.backlog
            if backlog is None:
                return 0, b""
            self.give_up(member)
            missed, place.missed = place.missed, 0
            if missed:
                self._report_skipped(member, missed)
            lines = backlog.read(place.at, place.end[0] if place.end else backlog.end)
            place.at += len(lines)
            place.number += lines.count(b"\n")
            if backlog.end - place.at <= NEARLY:
                member.move(Event.CATCHING_UP)
                self.progress.notify()
            return missed, lines

    def _report_skipped(self, member: Member, missed: int) -> None:
        """See messages.Event: where the notice stands in what the member is sent."""
        place, connection, line = member.place, member.connection, None
        if member.mode == "line":
            heard = place.number - place.joined_at - place.missed_in_all
            place.notices += 1
            line = heard + place.notices
        self._monitor.event(
            "skipped",
            room=self.name,
            peer=connection.peer,
            id=connection.id,
            count=missed,
            total=place.missed_in_all,
            seq=place.number - missed + 1,
            line=line,
        )

    def catch_up(self, member: Member) -> bool:
        """Whether there is nothing more to be read; the member is level from now on, then."""
        with self.lock:
            place = member.place
            if member.state not in READS_ON:
                return True
            if place.backlog is not None and place.at < place.backlog.end:
                return False
            place.backlog = None
            member.move(Event.CAUGHT_UP)
            self._forget(member)
            self.level[member.connection.id] = member  # _forget() has let go of the old audience
            return True

    def lose(self, member: Member) -> None:
        """Its connection is broken."""
        with self.lock:
            member.place.backlog = None
            member.move(Event.BROKE)
            self._forget(member)
