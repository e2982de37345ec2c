"""The measurements, a file for each section of the report.

A section has `measure(run)`, which returns its tables, and `BARS`, the bounds to be met in them.
A new one is a file here and its name in NAMES.
"""

import importlib
from typing import Protocol, cast

from bench.arena import Run
from bench.bars import Bar
from bench.results import Table

NAMES = (
    "http",
    "post",
    "hello",
    "hypotenuse",
    "chat",
    "chat_raw",
    "bridge",
    "start",
    "idle",
    "rows",
    "looking",
    "tap",
    "dashboard",
)  # in the order of the report


class Section(Protocol):
    """The contents of a file of this folder."""

    BARS: tuple[Bar, ...]

    def measure(self, run: Run) -> list[Table]: ...


def load(name: str) -> Section:
    """The section of that name."""
    return cast(Section, importlib.import_module(f"bench.sections.{name}"))


def all_bars() -> list[Bar]:
    """The bars of all sections, in their order."""
    return [bar for name in NAMES for bar in load(name).BARS]
