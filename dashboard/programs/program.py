"""A program before it runs. Views ask for its capabilities, never for its name."""

from collections.abc import Callable
from dataclasses import dataclass, field
from enum import StrEnum
from pathlib import Path
from typing import Any

from dashboard.programs.launch import Launch

Check = Callable[[str, int, float], None]
TURN_BACK = "put it back, or list the folder that the link leads to"


class Ready(StrEnum):
    """When a program that was started is running: it answered its check; it listens; it lives;
    it has a socket or waits for input, or has lived for a while without."""

    CHECK = "check"
    LISTENING = "listening"
    ALIVE = "alive"
    SEEN = "seen"


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
    capabilities: as in labservers.registry; others may be seen while it runs. module: where its
    source is read, empty for none.
    check(host, port, timeout_s) raises when the program does not answer as it should.
    hidden_rooms: chat rooms that are not news. own: the user's file at this path; None: one of
    the lab's servers. example: the file came with the dashboard. breaks: see breaks.py. task: what
    it is for, where that is known, as labservers.checks calls it.
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
    own: Path | None = None
    example: bool = False
    breaks: tuple[dict[str, Any], ...] = field(default=(), compare=False)
    task: str = ""

    def can(self, capability: str) -> bool:
        return capability in self.capabilities

    @property
    def choices(self) -> tuple[str, ...]:
        """Names of its settings, which a user can choose for a start."""
        if self.own:
            return ("arguments", "python", "restart_on_save")
        return (*(name for name in ("host", "port") if name in self.launch.takes), "model")

    @property
    def turned_into_a_link(self) -> str:
        """Why the user's file is neither shown nor started: see files.in_place()."""
        return f"{self.title} is not where it was listed: it, or a folder above it, is a link now"

    @property
    def model(self) -> str:
        """How it serves many clients unless another way is chosen; empty when not known."""
        return self.models[0] if self.models else ""
