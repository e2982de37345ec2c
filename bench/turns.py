"""Servers under wrk, each with a load of its own, in turns of a tenth of a second.

A neighbour on the machine changes its speed for seconds at a time. Turns as short as these make
that a disturbance of all servers alike, so the ratios stay. Requests that are under way when their
load is halted are answered in the turn of the next one; so it is with everyone's.
"""

import contextlib
import math
import time
from collections.abc import Sequence
from typing import NamedTuple, Protocol

from bench.figures import each_us, rotated
from bench.generator import Serving
from bench.wrk import Ask, Load, Report

TURN_S = 0.1


class Named(Serving, Protocol):
    @property
    def name(self) -> str: ...


class Look(NamedTuple):
    """One server's outcome: wrk's report, and how busy the server was, in % of a core."""

    report: Report
    server_busy: float

    def columns(self) -> dict[str, float]:
        """Of a table whose values are answers a second."""
        return {
            "p50 ms": self.report.p50_ms,
            "server core %": self.server_busy,
            "load core %": self.report.load_busy,
            "server µs each": each_us(self.server_busy, self.report.rate),
            "failed": float(self.report.errors),
        }


def looks(
    servers: Sequence[Named], ask: Ask, *, seconds: float, connections: int, core: int | None
) -> dict[str, Look | ValueError]:
    """About so many seconds of each server, by name; an error where one cannot be measured."""
    used_s = [server.cpu_s() for server in servers]
    began, clock_s = time.monotonic(), math.ceil(seconds * len(servers))
    with contextlib.ExitStack() as stack:
        loads = [
            stack.enter_context(
                Load(server.port, ask, seconds=clock_s, connections=connections, core=core)
            )
            for server in servers
        ]
        _take_turns(loads, began + clock_s - TURN_S * len(loads))  # none of them ends in a turn
        outcomes = map(_look, servers, loads, used_s)
        return {server.name: look for server, look in zip(servers, outcomes, strict=True)}


def _take_turns(loads: Sequence[Load], until: float) -> None:
    number = 0
    while time.monotonic() < until:
        for load in rotated(loads, number):
            load.turn(TURN_S)
        number += 1


def _look(server: Named, load: Load, used_s: float) -> Look | ValueError:
    try:
        report = load.report()
    except ValueError as error:
        return error
    if not report.clean:
        return ValueError(f"{report.bad} answers of a wrong status, {report.errors} errors")
    return Look(report, 100 * (server.cpu_s() - used_s) / report.seconds)
