"""Pages while a program floods the dashboard: `python -m bench.floods [NAME ...] [--megabytes N]`.

The programs are those of tests/programs/floods and two of tests/programs/hostile. Each runs
observed, as a user's does, until it says that it is done. Measured meanwhile, every LOOK_S
seconds and at the end: the overview and the state of all programs, for a visitor who asks for
one after the other, and the dashboard's memory, threads and processor time.
"""

import argparse
import contextlib
import math
import shutil
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path
from typing import Any

import psutil

from bench.children import ROOT
from bench.sections.dashboard import Dashboard

PROGRAMS = {
    "threads that die": "floods/dying.py",
    "sockets": "floods/sockets.py",
    "datagrams": "floods/datagrams.py",
    "forged messages": "hostile/forges.py",
    "output": "hostile/output.py",
}
MEGABYTES = 200.0
PATHS = ("/", "/api/servers")
PAUSE_S, LOOK_S, WAIT_S = 0.05, 10.0, 30.0
LIMIT_S = 1.0
MIB = 1024 * 1024
HEAD = f"{'':22}{'MB':>8}{'MB/s':>6}{'page, median':>16}{'worst':>11}{'state, median':>16}" + (
    f"{'worst':>11}{'missing':>9}{'MiB':>7}{'threads':>9}{'cpu':>7}"
)


class Visits:
    """Seconds of each answer that came, for each path; `missing` ones did not come."""

    def __init__(self) -> None:
        self.spent: dict[str, list[float]] = {path: [] for path in PATHS}
        self.missing = 0

    def visit(self, url: str) -> None:
        for path in PATHS:
            began = time.perf_counter()
            try:
                with urllib.request.urlopen(url + path, timeout=WAIT_S) as answer:
                    answer.read()
            except (OSError, HTTPException):
                self.missing += 1
            else:
                self.spent[path].append(time.perf_counter() - began)

    @property
    def longest_s(self) -> float:
        return math.inf if self.missing else max(map(max, self.spent.values()))

    def text(self) -> str:
        figures = "".join(
            f"{1000 * statistics.median(some):13,.0f} ms{1000 * max(some):8,.0f} ms"
            for some in self.spent.values()
        )
        return f"{figures}{self.missing:9}"


class Flood:
    """A program that runs in a dashboard until it is done."""

    def __init__(self, dashboard: Dashboard, title: str, arguments: str) -> None:
        self._dashboard = dashboard
        files = dashboard.api("GET", "/api/programs")["files"]
        self._name = next(file["id"] for file in files if file["title"] == title)
        words = {"arguments": arguments}
        view = dashboard.api("POST", f"/api/programs/{self._name}/start?wait=10", words)
        self._process = psutil.Process(view["pid"])
        self._us = psutil.Process(dashboard.child.pid)

    def done(self) -> bool:
        words = f"/api/servers/{self._name}/logs?limit=5"
        lines: list[dict[str, Any]] = self._dashboard.api("GET", words)["lines"]
        return any(line["text"].startswith("done") for line in lines)

    def looks(self) -> Iterator[tuple[bool, Visits, str]]:
        """Each LOOK_S seconds, and at last: whether it is done, visits, and figures."""
        done = False
        while not done:
            began, visits = time.perf_counter(), Visits()
            before_s, before_bytes = self._dashboard.cpu_s(), self._written()
            while not done and time.perf_counter() - began < LOOK_S:
                visits.visit(self._dashboard.url)
                time.sleep(PAUSE_S)
                done = self.done()
            seconds = time.perf_counter() - began
            cpu = 100 * (self._dashboard.cpu_s() - before_s) / seconds
            written = self._written()
            rate = (written - before_bytes) / seconds
            memory = self._us.memory_full_info().uss / MIB
            yield (
                done,
                visits,
                (
                    f"{written / 1e6:8,.0f}{rate / 1e6:6.1f}{visits.text()}"
                    f"{memory:7.1f}{self._us.num_threads():9}{cpu:6.0f} %"
                ),
            )

    def stop(self) -> None:
        self._dashboard.api("POST", f"/api/programs/{self._name}/stop?wait=10")

    def _written(self) -> int:
        return int(self._process.io_counters().write_chars)


def main() -> int:
    """0 where each answer came, and within LIMIT_S."""
    options = _options()
    longest = 0.0
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        data, programs = Path(folder, "data"), Path(folder, "programs")
        data.mkdir()
        programs.mkdir()
        for path in PROGRAMS.values():
            shutil.copy(ROOT / "tests/programs" / path, programs)
        with Dashboard(data, programs=programs) as dashboard:
            for name in options.names or PROGRAMS:
                longest = max(longest, flood(dashboard, name, options.megabytes))
    print(f"the longest answer: {1000 * longest:,.0f} ms")
    return int(longest > LIMIT_S)


def flood(dashboard: Dashboard, name: str, megabytes: float) -> float:
    """Seconds of the longest answer."""
    title = Path(PROGRAMS[name]).name
    arguments = f"{megabytes:g}" if name == "output" else ""
    longest, running = 0.0, Flood(dashboard, title, arguments)
    with contextlib.closing(running.looks()) as looks:
        for _, visits, figures in looks:
            print(f"{name:22}{figures}", flush=True)
            longest = max(longest, visits.longest_s)
    running.stop()
    return longest


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description="Pages while a program floods the dashboard.")
    parser.add_argument("names", nargs="*", choices=[*PROGRAMS, []], help="which floods; all")
    parser.add_argument("--megabytes", type=float, default=MEGABYTES, help="of output")
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
