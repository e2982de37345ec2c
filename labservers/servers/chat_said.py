"""Live events of what is said: what one member says in a row is one event until it is taken."""

from typing import Any

from labservers.observe.events import Gathered
from labservers.observe.monitor import Connection, Monitor

SIZES_SHOWN = 100  # in one event
GATHERED_AT_MOST = 1_000  # then they are made into events, though nobody has asked for any


class Said:
    """The events of all rooms.

    Many messages a second would be as many events, each made, encoded, sent and decoded. So a
    message is only put down, and the events are made when they are taken.
    """

    def __init__(self, monitor: Monitor) -> None:
        self._clock = monitor.clock
        self._store = monitor.events
        self._heard: list[tuple[float, str, Connection, str, int, list[int]]] = []
        self._store.gather_from(self._events)

    def report(
        self, at: float, room: str, speaker: Connection, mode: str, seq: int, sizes: list[int]
    ) -> None:
        """Messages of one member, with the sizes of the first ones; `at` by time.monotonic(),
        `seq`: the room's number of the first one."""
        self._heard.append((at, room, speaker, mode, seq, sizes))
        if len(self._heard) >= GATHERED_AT_MOST:
            self._store.gather()

    def _events(self) -> Gathered:
        """By one thread at a time; others may append meanwhile."""
        heard = self._heard[:]
        del self._heard[: len(heard)]
        events: Gathered = []
        newest: dict[str, dict[str, Any]] = {}  # data of each room's newest event
        for at, room, speaker, mode, seq, sizes in heard:
            data = newest.get(room)
            if data is not None and _goes_on(data, speaker.id, seq, sizes):
                data["sizes"] += sizes
                continue
            newest[room] = data = {
                "room": room, "seq": seq, "peer": speaker.peer, "id": speaker.id, "mode": mode,
                "sizes": sizes,
            }  # fmt: skip
            events.append((self._clock.at(at), "said", data))
        return events


def _goes_on(data: dict[str, Any], speaker: int, seq: int, sizes: list[int]) -> bool:
    shown = data["sizes"]
    return (
        seq == data["seq"] + len(shown)
        and speaker == data["id"]
        and len(shown) + len(sizes) <= SIZES_SHOWN
    )


def sizes_of(lines: bytes, count: int) -> list[int]:
    """Of the first of so many lines, as an event shows them."""
    if count == 1:
        return [len(lines) - 1]
    return [*map(len, lines[:-1].split(b"\n")[:SIZES_SHOWN])]
