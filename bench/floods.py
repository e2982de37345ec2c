"""Pages while a program floods the dashboard: `python -m bench.floods [NAME ...] [--megabytes N]`.

Each program of tests/programs that does so runs observed, as a user's, until it is done. Measured
meanwhile: the overview and the state of all programs, for a visitor who asks for one after the
other, and the dashboard's memory (USS), threads and processor. A line every LOOK_S seconds.
"""

import argparse
import math
import shutil
import signal
import statistics
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from http.client import HTTPException
from pathlib import Path

import psutil

from bench.children import ROOT
from bench.sections.dashboard import Dashboard

PROGRAMS = {
    "threads": "floods/dying.py",
    "sockets": "floods/sockets.py",
    "datagrams": "floods/datagrams.py",
    "messages": "hostile/forges.py",
    "output": "hostile/output.py",
}
MEGABYTES = 200.0
PATHS = ("/", "/api/servers")
PAUSE_S, LOOK_S, WAIT_S = 0.05, 10.0, 30.0
LIMIT_S = 1.0
MIB = 1024 * 1024
HEAD = (
    f"{'':12}{'MB':>8}{'MB/s':>6}{'page, median':>16}{'worst':>11}{'state, median':>16}"
    f"{'worst':>11}{'missing':>9}{'MiB':>7}{'threads':>9}{'cpu':>8}"
)


class Visits:
    """Seconds of each answer that came, for each path; `missing` ones did not come."""

    def __init__(self) -> None:
        self._spent: dict[str, list[float]] = {path: [] for path in PATHS}
        self._missing = 0

    def visit(self, url: str) -> None:
        for path, spent in self._spent.items():
            began = time.perf_counter()
            try:
                with urllib.request.urlopen(url + path, timeout=WAIT_S) as answer:
                    answer.read()
            except (OSError, HTTPException):
                self._missing += 1
            else:
                spent.append(time.perf_counter() - began)

    @property
    def longest_s(self) -> float:
        return math.inf if self._missing else max(map(max, self._spent.values()))

    def __str__(self) -> str:
        figures = "".join(
            f"{1000 * statistics.median(spent):13,.0f} ms{1000 * max(spent):8,.0f} ms"
            for spent in self._spent.values()
        )
        return f"{figures}{self._missing:9}"


class Flood:
    """A program that runs in a dashboard until it is done."""

    def __init__(self, dashboard: Dashboard, title: str, arguments: str) -> None:
        self._dashboard = dashboard
        files = dashboard.api("GET", "/api/programs")["files"]
        self._name = next(file["id"] for file in files if file["title"] == title)
        chosen = {"arguments": arguments}
        view = dashboard.api("POST", f"/api/programs/{self._name}/start?wait=10", chosen)
        self._program = psutil.Process(view["pid"])
        self._us = psutil.Process(dashboard.child.pid)

    def looks(self) -> Iterator[tuple[float, str]]:
        """Every LOOK_S seconds, and at the end: seconds of the longest answer, and a line."""
        done = False
        while not done:
            visits, began = Visits(), time.perf_counter()
            bytes_before, cpu_before_s = self._written(), self._dashboard.cpu_s()
            while not done and time.perf_counter() - began < LOOK_S:
                visits.visit(self._dashboard.url)
                time.sleep(PAUSE_S)
                done = self._done()
            seconds = time.perf_counter() - began
            written = self._written()
            rate = (written - bytes_before) / seconds
            cpu = (self._dashboard.cpu_s() - cpu_before_s) / seconds
            memory, threads = self._us.memory_full_info().uss, self._us.num_threads()
            yield (
                visits.longest_s,
                (
                    f"{written / 1e6:8,.0f}{rate / 1e6:6.1f}{visits}"
                    f"{memory / MIB:7.1f}{threads:9}{cpu:8.0%}"
                ),
            )

    def stop(self) -> None:
        self._dashboard.api("POST", f"/api/programs/{self._name}/stop?wait=10")

    def _done(self) -> bool:
        logs = self._dashboard.api("GET", f"/api/servers/{self._name}/logs?limit=5")
        return any(line["text"].startswith("done") for line in logs["lines"])

    def _written(self) -> int:
        return int(self._program.io_counters().write_chars)


def main() -> int:
    """0 where each answer came, and within LIMIT_S."""
    parser = argparse.ArgumentParser(description="Pages while a program floods the dashboard.")
    parser.add_argument("names", nargs="*", type=_name, metavar="NAME", help=", ".join(PROGRAMS))
    parser.add_argument("--megabytes", type=float, default=MEGABYTES, help="of output")
    options = parser.parse_args()
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started ends with us
    longest_s = 0.0
    print(HEAD)
    with tempfile.TemporaryDirectory() as folder:
        data, programs = Path(folder, "data"), Path(folder, "programs")
        data.mkdir()
        programs.mkdir()
        for path in PROGRAMS.values():
            shutil.copy(ROOT / "tests/programs" / path, programs)
        with Dashboard(data, programs=programs) as dashboard:
            Visits().visit(dashboard.url)  # the first page is made then
            for name in options.names or PROGRAMS:
                longest_s = max(longest_s, flood(dashboard, name, options.megabytes))
    print(f"the longest answer: {1000 * longest_s:,.0f} ms")
    return int(longest_s > LIMIT_S)


def _name(text: str) -> str:
    if text not in PROGRAMS:
        raise argparse.ArgumentTypeError(f"{text!r} is not one of {', '.join(PROGRAMS)}")
    return text


def flood(dashboard: Dashboard, name: str, megabytes: float) -> float:
    """Seconds of the longest answer."""
    arguments = f"{megabytes:g}" if name == "output" else ""
    running, longest_s = Flood(dashboard, Path(PROGRAMS[name]).name, arguments), 0.0
    for seconds, line in running.looks():
        longest_s = max(longest_s, seconds)
        print(f"{name:12}{line}", flush=True)
    running.stop()
    return longest_s


if __name__ == "__main__":
    sys.exit(main())
