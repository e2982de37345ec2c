"""The commands from the dashboard to a program, which ignores what it has no use for.

See messages.py, where they are written and read. They are told apart by their type: as tuples, two
that have no fields are equal.
"""

from __future__ import annotations

from typing import NamedTuple


class Look(NamedTuple):
    """The present audience. hz: frames a second; views: names of capabilities, as "loop"
    and "rows", whose figures are wanted as well. Without any, a program reports the least."""

    hz: float
    views: list[str]


class Stop(NamedTuple):
    """Come to an end as on SIGTERM."""


class Pause(NamedTuple):
    """Hold; it ends by itself after `limit_s` seconds, or the program's own limit."""

    limit_s: float | None = None


class Step(NamedTuple):
    """Let one point pass while held: a call, or a task's resume.

    thread: of this thread alone. until: let points pass until that thread, or any, is about to
    send ("send"), or is at another own line ("line"), or at this one ("server.py:24"); "task:7"
    lets tasks run until it is the turn of that one.
    """

    thread: str | None = None
    until: str | None = None


class Tick(NamedTuple):
    """Let one turn of the event loop pass while held."""


class Resume(NamedTuple):
    """Hold no longer."""


class Slow(NamedTuple):
    """Slow motion: `delay_s` seconds between two ticks; 0 is full speed."""

    delay_s: float


class Break(NamedTuple):
    """Replace all breakpoints; see messages.Breakpoints."""

    lines: list[str]
    calls: list[str]
    clients: list[str]
    exceptions: bool
