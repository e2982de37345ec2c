"""wrk as the load for HTTP: its command, its turns, its report.

A load stands still (SIGSTOP) outside its turns. So several servers can have a load each and be
measured in turns of a tenth of a second, where a start of wrk takes a second.
"""

import contextlib
import itertools
import os
import re
import resource
import shutil
import signal
import subprocess
import time
from collections.abc import Iterator
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from bench.machine import on_core

MISSING = "wrk is not installed (apt install wrk)"
SCRIPT = Path(__file__).resolve().parent / "load" / "requests.lua"
MARGIN_S = 15.0
TIMEOUT_S = 60  # an answer that came while wrk stood still is not a late one
# Each run of wrk has numbers of its own, all of nine digits.
_firsts = itertools.count(100_000_000, 2_000_000)
_RATE = re.compile(r"^Requests/sec:\s+([\d.]+)", re.MULTILINE)
_TOTAL = re.compile(r"^\s*(\d+) requests in ([\d.]+)(us|ms|s|m)", re.MULTILINE)
_P50 = re.compile(r"^\s+50%\s+([\d.]+)(us|ms|s|m)", re.MULTILINE)
_ERRORS = re.compile(r"Socket errors: connect (\d+), read (\d+), write (\d+), timeout (\d+)")
_BAD = re.compile(r"Non-2xx or 3xx responses: (\d+)")
_IN_MS = {"us": 0.001, "ms": 1.0, "s": 1000.0, "m": 60_000.0}


class Ask(StrEnum):
    """The requests, by requests.lua: none comes twice, except with AGAIN."""

    GET = "get"  # a student's page, connections kept alive
    AGAIN = "again"  # the same, always the same bytes
    CLOSE = "close"  # as GET, a connection for each request
    POST = "post"  # a grade as a form


@dataclass(frozen=True, slots=True)
class Report:
    """Of one run: answers a second, for how long, their median in ms, how many there were, failed
    connections, and answers of another status than 2xx or 3xx. `load_busy`: how busy wrk was, in %
    of a core."""

    rate: float
    seconds: float
    p50_ms: float
    requests: int
    errors: int
    bad: int
    load_busy: float = 0.0

    @property
    def clean(self) -> bool:
        """Whether it measured answers, and not mostly failures."""
        return self.requests > 0 and self.bad == 0


def parse(text: str) -> Report:
    """The report of wrk with --latency.

    Raises:
        ValueError: not such a report.
    """
    rate, total, p50 = _RATE.search(text), _TOTAL.search(text), _P50.search(text)
    if rate is None or total is None:
        raise ValueError(f"not a report of wrk: {text[-200:]!r}")
    errors, bad = _ERRORS.search(text), _BAD.search(text)
    return Report(
        rate=float(rate[1]),
        seconds=float(total[2]) * _IN_MS[total[3]] / 1000,
        p50_ms=float(p50[1]) * _IN_MS[p50[2]] if p50 else 0.0,
        requests=int(total[1]),
        errors=sum(map(int, errors.groups())) if errors else 0,
        bad=int(bad[1]) if bad else 0,
    )


def installed() -> bool:
    return shutil.which("wrk") is not None


class Load:
    """wrk against a server, from one thread on a core, for so many seconds of the clock. It stands
    still but in its turns. `active_s`: how long they were in all."""

    def __init__(
        self, port: int, ask: Ask, *, seconds: int, connections: int, core: int | None
    ) -> None:
        words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", f"--timeout={TIMEOUT_S}s"]
        words += ["--latency", "-s", str(SCRIPT), f"http://127.0.0.1:{port}/"]
        words += ["--", ask, str(next(_firsts))]
        self._seconds = seconds
        self.active_s = 0.0
        with on_core(core):
            self._process = subprocess.Popen(
                words, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
            )
        self._signal(signal.SIGSTOP)

    def __enter__(self) -> "Load":
        return self

    def __exit__(self, *_: object) -> None:
        self._process.kill()
        self._process.communicate()

    def turn(self, seconds: float) -> None:
        with self._going_on():
            time.sleep(seconds)
            self._signal(signal.SIGSTOP)

    def report(self) -> Report:
        """Its last turn, to its end, which comes at once where its seconds are over.

        Raises:
            ValueError: no report in time.
        """
        used = _children_cpu_s()
        with self._going_on():
            try:
                said, _ = self._process.communicate(timeout=self._seconds + MARGIN_S)
            except subprocess.TimeoutExpired:
                raise ValueError(f"wrk did not end within {self._seconds + MARGIN_S:g} s") from None
        busy = 100 * (_children_cpu_s() - used) / self.active_s
        report = parse(said)
        rate = report.requests / self.active_s
        return replace(report, rate=rate, seconds=self.active_s, load_busy=busy)

    @contextlib.contextmanager
    def _going_on(self) -> Iterator[None]:
        began = time.monotonic()
        self._signal(signal.SIGCONT)
        yield
        self.active_s += time.monotonic() - began

    def _signal(self, number: signal.Signals) -> None:
        """Popen's own would collect a process that has ended, before its time is asked for."""
        os.kill(self._process.pid, number)


def _children_cpu_s() -> float:
    """Processor time of our children that have ended, in seconds."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
