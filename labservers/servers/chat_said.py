"""Live events of what is said: what one member says in a row is one event until it is taken."""

from typing import TYPE_CHECKING

from labservers.observe.monitor import Monitor

if TYPE_CHECKING:
    from labservers.servers.chat_member import Member

SIZES_SHOWN = 100  # in one event


class Said:
    """The events of one room, for one thread at a time.

    Many messages a second would be as many events, each encoded, sent and decoded. So the newest
    event takes in what its speaker says next.
    """

    def __init__(self, room: str, monitor: Monitor) -> None:
        self._room = room
        self._monitor = monitor
        self._event = 0  # the number of the newest one, and then its speaker's id
        self._speaker = 0
        self._sizes = 0  # how many it has
        self._next = 0  # the number of the message that would go on with it

    def report(self, speaker: "Member", seq: int, lines: bytes, count: int) -> None:
        """That many whole lines of one member; `seq`: the room's number of the first one.
        Nothing is reported while so many events wait that nobody can be taking them."""
        if count == 1:
            sizes = [len(lines) - 1]
        else:
            sizes = [*map(len, lines[:-1].split(b"\n")[:SIZES_SHOWN])]
        if self._goes_on(speaker, seq, sizes):
            self._sizes += len(sizes)
        elif self._monitor.full:  # joins and leaves are reported all the same
            self._monitor.leave_out()
            return
        else:
            self._begin(speaker, seq, sizes)
        self._next = seq + len(sizes)

    def _goes_on(self, speaker: "Member", seq: int, sizes: list[int]) -> bool:
        return (
            seq == self._next
            and speaker.connection.id == self._speaker
            and self._sizes + len(sizes) <= SIZES_SHOWN
            and self._monitor.extend(self._event, "sizes", sizes)
        )

    def _begin(self, speaker: "Member", seq: int, sizes: list[int]) -> None:
        connection = speaker.connection
        self._speaker, self._sizes = connection.id, len(sizes)
        self._event = self._monitor.event(
            "said",
            room=self._room,
            seq=seq,
            peer=connection.peer,
            id=connection.id,
            mode=speaker.mode,
            sizes=sizes,
        )
