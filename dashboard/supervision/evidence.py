"""Messages of an observed process that explain its end."""

import re
from collections import OrderedDict
from typing import NamedTuple

from labservers.observe import messages, observed

IN_USE = ("EADDRINUSE", "[Errno 98]", "[Errno 48]")  # Linux, BSD
PLACE = re.compile(r"(?P<host>.+):(?P<port>[0-9]{1,5})", re.DOTALL)
MOST_PORT = 65_535
DATAGRAMS = 6_000  # sockets that are known to be of that kind, the newest


class Bind(NamedTuple):
    """A bind() that failed because the address is taken; host and port where they are known."""

    host: str | None
    port: int | None
    transport: str
    line: str | None


class Evidence:
    """Of one life. Its owner takes messages and reads under a lock.

    python: its version. crash: the exception that ended its main thread. refused: the last bind()
    whose address was taken.
    """

    def __init__(self) -> None:
        self.python: str | None = None
        self.crash: observed.Crash | None = None
        self.refused: Bind | None = None
        self._datagrams: OrderedDict[int, None] = OrderedDict()  # ids of sockets that may be bound

    def take(self, message: messages.Message) -> None:
        match message:
            case observed.Program():
                self.python = message.python
            case observed.Crash() if message.main and not message.swallowed:
                self.crash = message
            case observed.SocketEvents():
                for event in message.events:
                    self._take_socket(event)
            case observed.Points():
                for point in message.points:
                    if point.call == "bind":
                        self._take_bind(point)

    def _take_socket(self, event: observed.SocketEvent) -> None:
        if event.event == "created" and event.kind == "datagram":
            self._datagrams[event.id] = None
            if len(self._datagrams) > DATAGRAMS:
                self._datagrams.popitem(last=False)
        elif event.event == "closed":
            self._datagrams.pop(event.id, None)

    def _take_bind(self, point: observed.Point) -> None:
        self.refused = None  # a program may try another port
        if point.error and in_use(f"{point.error} {point.result}"):
            host, port = place_of(point.result) or (None, None)
            transport = "udp" if point.id in self._datagrams else "tcp"
            self.refused = Bind(host, port, transport, point.line)


def in_use(text: str) -> bool:
    """Whether an error's text says that an address is taken."""
    return any(sign in text for sign in IN_USE)


def place_of(address: str | None) -> tuple[str, int] | None:
    """Host and port of `127.0.0.1:80` or `[::1]:80`; None where it is not one."""
    found = PLACE.fullmatch(address or "")
    if found is None or int(found["port"]) > MOST_PORT:
        return None
    return found["host"].removeprefix("[").removesuffix("]"), int(found["port"])
