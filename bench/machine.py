"""The machine: which core is whose, and the facts that belong to every figure."""

import contextlib
import os
import platform
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

TOPOLOGY = "/sys/devices/system/cpu/cpu{}/topology/thread_siblings_list"
ASKED_S = 5.0
ALLOWED = os.sched_getaffinity(0) if hasattr(os, "sched_getaffinity") else None


@dataclass(frozen=True, slots=True)
class Cores:
    """The core of the server under test and the one of the load; None: not pinned here."""

    server: int | None
    load: int | None

    @property
    def words(self) -> str:
        if self.server is None:
            return "this system pins no processes: server and load share all cores"
        if self.server == self.load:
            return f"one core only (core {self.server}): server and load take turns on it"
        shared = "" if _apart(self.server, self.load or 0) else ", two threads of one real core"
        return f"server on core {self.server}, load on core {self.load}{shared}"


def choose_cores() -> Cores:
    """The first core that we may use, and the first other one, of another real core if it can."""
    if ALLOWED is None:
        return Cores(None, None)
    allowed = sorted(ALLOWED)
    server, others = allowed[0], allowed[1:]
    apart = [core for core in others if _apart(server, core)]
    return Cores(server, (apart or others or [server])[0])


def _apart(one: int, other: int) -> bool:
    return _siblings(one) != _siblings(other)


def _siblings(core: int) -> str:
    with contextlib.suppress(OSError):
        return Path(TOPOLOGY.format(core)).read_text("ascii").strip()
    return str(core)


@contextlib.contextmanager
def on_core(core: int | None) -> Iterator[None]:
    """A process that this thread starts in here runs on that core from its first instruction on;
    with None on all cores that we may use."""
    if ALLOWED is None:
        yield
        return
    before = os.sched_getaffinity(0)
    os.sched_setaffinity(0, ALLOWED if core is None else {core})
    try:
        yield
    finally:
        os.sched_setaffinity(0, before)


def facts() -> dict[str, str]:
    """The facts that a reader needs to judge the figures."""
    load = ", ".join(f"{n:.1f}" for n in os.getloadavg()) if hasattr(os, "getloadavg") else "?"
    return {
        "date": datetime.now(UTC).strftime("%Y-%m-%d %H:%M UTC"),
        "processor": f"{_processor()}, {os.cpu_count()} cores",
        "system": f"{platform.system()} {platform.release()}",
        "Python": platform.python_version(),
        "load before": f"{load} (1, 5, 15 minutes)",
        "commit": _commit(),
    }


def _processor() -> str:
    with contextlib.suppress(OSError):
        for line in Path("/proc/cpuinfo").read_text("utf-8").splitlines():
            if line.startswith("model name"):
                return line.partition(":")[2].strip()
    return platform.processor() or platform.machine()


def _commit() -> str:
    git = shutil.which("git")
    if git is None:
        return "unknown"
    words = [git, "-C", str(Path(__file__).parent), "describe", "--always", "--dirty"]
    with contextlib.suppress(OSError, subprocess.SubprocessError):
        done = subprocess.run(words, capture_output=True, text=True, timeout=ASKED_S, check=True)
        return done.stdout.strip()
    return "unknown"
