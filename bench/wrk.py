"""wrk as the load for HTTP: its command, its report."""

import itertools
import re
import resource
import shutil
import subprocess
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from bench.machine import on_core

MISSING = "wrk is not installed (apt install wrk)"
SCRIPT = Path(__file__).resolve().parent / "load" / "requests.lua"
MARGIN_S = 15.0
# Each run of wrk has numbers of its own, all of nine digits.
_firsts = itertools.count(100_000_000, 2_000_000)
_RATE = re.compile(r"^Requests/sec:\s+([\d.]+)", re.MULTILINE)
_TOTAL = re.compile(r"^\s*(\d+) requests in ([\d.]+)(us|ms|s|m)", re.MULTILINE)
_P99 = re.compile(r"^\s+99%\s+([\d.]+)(us|ms|s|m)", re.MULTILINE)
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
    """Of one run: answers a second, for how long, their 99th percentile in ms, how many there
    were, failed connections, and answers of another status than 2xx or 3xx. `load_busy`: how busy
    wrk was, in % of a core."""

    rate: float
    seconds: float
    p99_ms: float
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
    rate, total, p99 = _RATE.search(text), _TOTAL.search(text), _P99.search(text)
    if rate is None or total is None:
        raise ValueError(f"not a report of wrk: {text[-200:]!r}")
    errors, bad = _ERRORS.search(text), _BAD.search(text)
    return Report(
        rate=float(rate[1]),
        seconds=float(total[2]) * _IN_MS[total[3]] / 1000,
        p99_ms=float(p99[1]) * _IN_MS[p99[2]] if p99 else 0.0,
        requests=int(total[1]),
        errors=sum(map(int, errors.groups())) if errors else 0,
        bad=int(bad[1]) if bad else 0,
    )


def installed() -> bool:
    return shutil.which("wrk") is not None


def run(port: int, ask: Ask, *, seconds: int, connections: int, core: int | None) -> Report:
    """Load a server from one thread on a core.

    Raises:
        ValueError: wrk did not come to a report in time.
    """
    words = ["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "--latency", "-s", str(SCRIPT)]
    words += [f"http://127.0.0.1:{port}/", "--", ask, str(next(_firsts))]
    used = _children_cpu_s()
    with on_core(core):
        try:
            done = subprocess.run(
                words, capture_output=True, text=True, timeout=seconds + MARGIN_S, check=False
            )
        except subprocess.TimeoutExpired:
            raise ValueError(f"wrk did not end within {seconds + MARGIN_S:g} s") from None
    report = parse(done.stdout + done.stderr)
    return replace(report, load_busy=100 * (_children_cpu_s() - used) / report.seconds)


def _children_cpu_s() -> float:
    """Processor time of our children that have ended, in seconds."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime
