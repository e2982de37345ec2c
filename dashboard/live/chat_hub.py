"""Who is in the rooms and who said what, as the chat server's telemetry tells it.

The raw protocol carries bare lines: it has no names and does not say who speaks. The telemetry
knows the peer of every message by its number in the room. Here both come together: our own
bridges are known by their local port and have names, everybody else came by a raw client.
"""

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from labservers.observe import messages

NAMES_KEPT = 2_000


@dataclass(frozen=True, slots=True)
class Member:
    """One connection in a room. `peer` is its address, `name` its nickname if it is ours."""

    peer: str
    name: str | None

    def as_json(self) -> dict[str, Any]:
        port = ":" + self.peer.rpartition(":")[2]
        kind = "netcat" if self.name is None else "browser"
        return {"peer": port, "kind": kind, "name": self.name}


RoomListener = Callable[[messages.Event, Member, int], None]


class ChatHub:
    """Members by room, and the listeners of each room. The lock guards both.

    Listeners are called without the lock, in the telemetry thread, with the event, the member
    that it is about and the number of people in the room.
    """

    def __init__(self, generation: Callable[[], int]) -> None:
        self._generation_now = generation
        self._generation = 0
        self._lock = threading.Lock()
        self._rooms: dict[str, dict[int, Member]] = {}
        self._names: OrderedDict[str, str] = OrderedDict()
        self._listeners: dict[str, list[RoomListener]] = {}

    def name(self, local: str, name: str) -> None:
        """The connection from our address `local` belongs to a browser of that name."""
        with self._lock:
            self._names[local] = name
            while len(self._names) > NAMES_KEPT:
                self._names.popitem(last=False)

    def listen(self, room: str, listener: RoomListener) -> Callable[[], None]:
        """Hear of a room until the returned function is called."""
        with self._lock:
            self._listeners.setdefault(room, []).append(listener)

        def stop() -> None:
            with self._lock:
                self._listeners[room].remove(listener)
                if not self._listeners[room]:
                    del self._listeners[room]

        return stop

    def take(self, events: messages.Events) -> None:
        """A batch from the chat server."""
        for event in events.events:
            room = event.data.get("room")
            if event.kind not in ("joined", "left", "said") or not isinstance(room, str):
                continue
            with self._lock:
                member, people = self._note(event, room)
                listeners = list(self._listeners.get(room, ()))
            for listener in listeners:
                listener(event, member, people)

    def _note(self, event: messages.Event, room: str) -> tuple[Member, int]:
        if (now := self._generation_now()) != self._generation:
            self._generation = now
            self._rooms.clear()
        peer = str(event.data.get("peer", ""))
        member = Member(peer, self._names.get(peer))
        members = self._rooms.setdefault(room, {})
        if event.kind == "joined":
            members[event.data.get("id", 0)] = member
        elif event.kind == "left":
            members.pop(event.data.get("id", 0), None)
        people = len(members)
        if not members:
            del self._rooms[room]
        return member, people
