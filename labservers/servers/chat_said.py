"""Live events of what is said: what one member says in a row is one event until it is taken."""

from time import monotonic
from typing import TYPE_CHECKING

from labservers.observe.events import Gathered
from labservers.observe.monitor import Monitor

if TYPE_CHECKING:
    from labservers.servers.chat_member import Member
    from labservers.servers.chat_room import Room

SIZES_SHOWN = 100  # in one event
GATHERED_AT_MOST = 1_000  # then they are made into events, though nobody has asked for any


class Run:
    """What one member has said in a row in a room, and nobody has taken yet.

    sizes: of its messages. seq: the room's number of the first of them; at: when that was said, by
    time.monotonic(). listed: it is to be taken.
    """

    __slots__ = ("at", "listed", "mode", "room", "seq", "sizes", "speaker")

    def __init__(self, room: str, seq: int, speaker: "Member") -> None:
        self.room = room
        self.seq = seq
        self.speaker = speaker.connection
        self.mode = speaker.mode
        self.at = 0.0
        self.sizes: list[int] = []
        self.listed = False

    def take(self) -> list[int]:
        """Sizes since the last call; the room's thread may append meanwhile."""
        sizes = self.sizes[:]
        del self.sizes[: len(sizes)]
        return sizes


class Said:
    """The events of all rooms.

    Many messages a second would be as many events, each made, encoded, sent and decoded. So a
    message is only put down, and the events are made when they are taken. wanted: whether anybody
    is to be told; without, nothing is put down.
    """

    def __init__(self, monitor: Monitor) -> None:
        self.wanted = False
        self._clock = monitor.clock
        self._store = monitor.events
        self._runs: list[Run] = []
        self._store.gather_from(self._events)

    def report(self, room: "Room", speaker: "Member", lines: bytes, count: int) -> None:
        """So many messages of one member, the next ones of the room; by the thread with its
        turn."""
        run = room.run
        if (
            run is None
            or run.speaker is not speaker.connection
            or len(run.sizes) + count > SIZES_SHOWN
        ):
            run = room.run = Run(room.name, room.messages + 1, speaker)
        if not run.sizes:
            run.at = monotonic()
        if count == 1:
            run.sizes.append(len(lines) - 1)
        else:
            run.sizes += [*map(len, lines[:-1].split(b"\n")[:SIZES_SHOWN])]
            if count > SIZES_SHOWN:
                room.run = None
        if not run.listed:  # looked at after the sizes have been put down, see _events()
            self._list(run)

    def _list(self, run: Run) -> None:
        run.listed = True
        self._runs.append(run)
        if len(self._runs) >= GATHERED_AT_MOST:
            self._store.gather()

    def _events(self) -> Gathered:
        """By one thread at a time; others may report meanwhile."""
        runs = self._runs[:]
        del self._runs[: len(runs)]
        events: Gathered = []
        for run in runs:
            run.listed = False  # before its sizes are taken: what comes later lists it again
            at, seq, sizes = run.at, run.seq, run.take()
            if sizes:
                run.seq += len(sizes)
                data = {"room": run.room, "seq": seq, "peer": run.speaker.peer,
                        "id": run.speaker.id, "mode": run.mode, "sizes": sizes}  # fmt: skip
                events.append((self._clock.at(at), "said", data))
        return events
