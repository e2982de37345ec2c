"""One socket of a program as its recording shows it."""

from collections import deque
from dataclasses import dataclass, field, replace
from typing import Any

from labservers.observe.observed import Point, SocketEvent

IN, OUT = "in", "out"
NAMES_IN = ("recv", "read", "makefile")  # how the calls begin that take bytes in
TEXTS = 300  # characters of a point; those of most have half as many
CHARACTER_BYTES = 4
PEEKED = "MSG_PEEK"  # as the result of a call: its bytes stay, and come again
LISTENS = {
    "stream": "listening",
    "datagram": "bound",
}  # the event from which on others can reach it


def way(point: Point) -> str | None:
    """Whether a call took bytes in or sent them; None for one that moves none."""
    if point.error is not None or point.result == PEEKED:
        return None
    if point.call.startswith(NAMES_IN):
        return IN
    return OUT if point.call.startswith(("send", "write")) else None


def size(point: Point) -> int:
    """Characters of base64, and bytes of texts where these are longer than a program's are."""
    texts = (point.thread, point.line, point.function, point.call, point.result, point.error)
    longer = sum(len(text) for text in texts if text) - TEXTS
    return len(point.data or "") + CHARACTER_BYTES * max(0, longer)


@dataclass(slots=True)
class Stream:
    """A socket from its first event to its close; times in seconds since the epoch.

    event: the newest of its life. numbers: those of its points that are kept, in order; data: their
    size(). lost: points that were kept and had to go. gone: bytes of
    those, by way. told: bytes by way as the program counts them, which is exact where points
    were never told.
    """

    id: int
    fd: int | None
    opened_at: float
    kind: str = "stream"
    family: str = ""
    local: str | None = None
    peer: str | None = None
    listener: int | None = None
    event: str = "connected"
    closed_at: float | None = None
    connected_at: float | None = None
    bytes_in: int = 0
    bytes_out: int = 0
    calls: int = 0
    lost: int = 0
    data: int = 0
    numbers: deque[int] = field(default_factory=deque)
    gone: dict[str, int] = field(default_factory=lambda: {IN: 0, OUT: 0})
    told: tuple[int, int] = (0, 0)

    @property
    def open(self) -> bool:
        return self.closed_at is None

    @property
    def reachable(self) -> bool:
        """Whether clients can reach the program by it."""
        return self.open and LISTENS.get(self.kind) == self.event and self.local is not None

    @property
    def state(self) -> str:
        """listening, open or closed."""
        if not self.open:
            return "closed"
        return "listening" if self.event == "listening" else "open"

    def copy(self) -> "Stream":
        """As it is now."""
        return replace(self, numbers=deque(), gone=dict(self.gone))

    def happened(self, event: SocketEvent) -> None:
        self.fd, self.kind, self.family = event.fd, event.kind, event.family
        self.local, self.peer = event.local or self.local, event.peer or self.peer
        self.listener = event.listener if event.listener is not None else self.listener
        self.event = event.event
        if event.event in ("accepted", "connected"):
            self.connected_at = event.at
        if event.event == "closed":
            self.closed_at = event.at

    def count(self, point: Point) -> None:
        self.calls += 1
        direction = way(point)
        if direction == IN:
            self.bytes_in += point.bytes
        elif direction == OUT:
            self.bytes_out += point.bytes

    def as_dict(self) -> dict[str, Any]:
        return {
            **{name: getattr(self, name) for name in SHOWN},
            "state": self.state,
            "bytes_in": max(self.bytes_in, self.told[0]),
            "bytes_out": max(self.bytes_out, self.told[1]),
        }


SHOWN = (
    *("id", "fd", "kind", "family", "local", "peer", "listener"),
    *("opened_at", "closed_at", "calls", "lost"),
)
