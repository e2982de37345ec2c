"""Runs a program of bench/load on the load core, and reads its one line of JSON."""

import json
import sys
import time
from dataclasses import dataclass
from typing import Any, Protocol

from bench.arena import Run
from bench.children import Child
from bench.figures import each_us
from bench.load.stopwatch import BEGIN

MARGIN_S = 30.0


class LoadFailed(Exception):
    """The generator came to no result."""


class Serving(Protocol):
    """The server under a load: its port, and the processor time of its processes."""

    @property
    def port(self) -> int: ...
    def cpu_s(self) -> float: ...


@dataclass(frozen=True, slots=True)
class Outcome:
    """A generator's report, and how busy both sides were meanwhile, in % of a core."""

    figures: dict[str, Any]
    server_busy: float
    load_busy: float

    def busy(self, rate: float) -> dict[str, float]:
        """As columns of a table whose values are so many a second."""
        return {
            "server core %": self.server_busy,
            "load core %": self.load_busy,
            "server µs each": each_us(self.server_busy, rate),
        }


def generate(run: Run, name: str, server: Serving, seconds: float, *more: object) -> Outcome:
    """Run a load against a server for about so many seconds.

    Raises:
        LoadFailed: it broke, or did not end in time.
    """
    words = [sys.executable, "-m", f"bench.load.{name}", str(server.port), f"{seconds:g}"]
    with Child([*words, *map(str, more)], core=run.cores.load) as child:
        if child.line_with(BEGIN, MARGIN_S) is None:
            raise LoadFailed(f"the load did not begin: {child.last_words()}")
        began, used = time.monotonic(), server.cpu_s()
        line = child.line_with('{"', seconds + MARGIN_S)
        spent, served = time.monotonic() - began, server.cpu_s() - used
        if line is None:
            raise LoadFailed(f"the load came to no result: {child.last_words()}")
    figures = json.loads(line)
    return Outcome(figures, 100 * served / spent, 100 * figures["cpu_s"] / figures["seconds"])
