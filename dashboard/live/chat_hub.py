"""Members of the rooms and senders of their messages, from the chat server's live events.

The raw protocol carries bare lines, without names and senders. The events give the peer of a
message by its number in the room. Here nicknames are added, and each browser in the room gets the
events: our own bridges are known by their local address and have names, all others are raw clients.

Live events may be lost, so for a page they are an addition to the chat, never the chat itself.
"""

import threading
from collections import OrderedDict, defaultdict
from collections.abc import Callable
from typing import Any

from dashboard.live.frames import json_frame
from labservers.observe import messages

NAMES_KEPT = 2_000
FIELDS = {
    "joined": {"room": str, "peer": str, "seq": int, "people": int},
    "left": {"room": str, "peer": str, "people": int},
    "said": {"room": str, "peer": str, "seq": int, "sizes": list},
    "skipped": {"room": str, "peer": str, "seq": int, "count": int},
}
FrameListener = Callable[[bytes], None]


class ChatHub:
    """Listeners of each room, and nicknames. The lock guards both.

    Listeners are called without the lock, in the thread that brings the events.
    """

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._names: OrderedDict[str, str] = OrderedDict()
        self._listeners: dict[str, list[FrameListener]] = {}

    def name(self, local: str, name: str) -> None:
        """The connection from our address `local` belongs to a browser of that name."""
        with self._lock:
            self._names[local] = name
            while len(self._names) > NAMES_KEPT:
                self._names.popitem(last=False)

    def listen(self, room: str, listener: FrameListener) -> Callable[[], None]:
        """Get the frames of a room until the returned function is called."""
        with self._lock:
            self._listeners.setdefault(room, []).append(listener)

        def stop() -> None:
            with self._lock:
                self._listeners[room].remove(listener)
                if not self._listeners[room]:
                    del self._listeners[room]

        return stop

    def take(self, events: messages.Events) -> None:
        """A batch from the chat server: one frame for each room, the same for all its browsers."""
        by_room: defaultdict[str, list[dict[str, Any]]] = defaultdict(list)
        with self._lock:
            for event in filter(_is_of_a_room, events.events):
                entries = by_room[event.data["room"]]
                if not (entries and _goes_on(entries[-1], event)):
                    entries.append(self._named(event))
            waiting = [(list(self._listeners.get(room, ())), by_room[room]) for room in by_room]
        for listeners, entries in waiting:
            if listeners:
                frame = json_frame({"events": entries})
                for listener in listeners:
                    listener(frame)

    def _named(self, event: messages.Event) -> dict[str, Any]:
        """An event as the page gets it, with the nickname."""
        name = self._names.get(event.data["peer"])
        return {**event.data, "kind": event.kind, "name": name}


def _is_of_a_room(event: messages.Event) -> bool:
    """Whether it is of a kind that pages know, with all that they use of it."""
    fields = FIELDS.get(event.kind)
    return fields is not None and all(
        isinstance(event.data.get(name), kind) for name, kind in fields.items()
    )


def _goes_on(last: dict[str, Any], event: messages.Event) -> bool:
    """Add messages to those that the same member said right before; False: these are others."""
    if not last["kind"] == event.kind == "said" or last["peer"] != event.data["peer"]:
        return False
    if event.data["seq"] != last["seq"] + len(last["sizes"]):
        return False
    last["sizes"] = [*last["sizes"], *event.data["sizes"]]
    return True
