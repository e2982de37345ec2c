"""A program before it runs. Views ask for its capabilities, never for its name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum

from dashboard.programs.launch import Launch

Check = Callable[[str, int, float], None]


class Ready(StrEnum):
    """When a program that was started is running: it answered its check; it listens; it lives."""

    CHECK = "check"
    LISTENING = "listening"
    ALIVE = "alive"


@dataclass(frozen=True, slots=True)
class Visit:
    """The words of a visitor in an experiment: `opening` once, `request` as often as it stays.

    `{n}` in the request is a number from 1 to 99. `stays`: the connection serves many requests.
    """

    request: bytes
    opening: bytes = b""
    stays: bool = True


@dataclass(frozen=True, slots=True)
class Program:
    """One entry of the catalogue.

    number: its place in the list, the key that opens it, and its port above the configured base.
    capabilities: as in labservers.registry. module: where its source is read, empty for none.
    check(host, port, timeout_s) raises when the program does not answer as it should.
    hidden_rooms: chat rooms that are not news.
    """

    name: str
    title: str
    number: int
    launch: Launch
    transport: str = "tcp"
    protocol: str = "TCP"
    models: tuple[str, ...] = ()
    capabilities: frozenset[str] = frozenset()
    module: str = ""
    ready: Ready = Ready.LISTENING
    check: Check | None = None
    visit: Visit | None = None
    hidden_rooms: frozenset[str] = field(default=frozenset())

    def can(self, capability: str) -> bool:
        return capability in self.capabilities

    @property
    def model(self) -> str:
        """How it serves many clients unless another way is chosen; empty when not known."""
        return self.models[0] if self.models else ""
