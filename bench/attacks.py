"""Pages under attack: `python -m bench.attacks [NUMBER]`.

A crowd of NUMBER (1,000 by default) holds on to the dashboard in each way of bench/attackers.py,
and those of it that are cut off come again within a second. Measured meanwhile: the overview and
the state of all programs, for a visitor who asks for one after the other.
"""

import argparse
import contextlib
import math
import signal
import statistics
import sys
import tempfile
import time
import urllib.request
from http.client import HTTPException
from pathlib import Path

from bench.attackers import CAME_AGAIN, GATHERED, attacks
from bench.children import Child
from bench.sections.dashboard import TOKEN, Dashboard

NUMBER = 1_000
VISITS = 100
PATHS = ("/", "/api/servers")
LIMIT_S = 1.0
WAIT_S = 30.0


def main() -> int:
    """0 where each answer came, and within LIMIT_S."""
    parser = argparse.ArgumentParser(description="Pages while somebody attacks the dashboard.")
    parser.add_argument("number", type=int, nargs="?", default=NUMBER)
    number = parser.parse_args().number
    signal.signal(signal.SIGTERM, signal.default_int_handler)  # what was started ends with us
    longest = 0.0
    print(f"{'':28}page, median     worst  state, median     worst  came again   missing")
    with tempfile.TemporaryDirectory() as folder, Dashboard(Path(folder)) as dashboard:
        longest = max(longest, show("nobody attacks", visit(dashboard), 0))
        for name in attacks(TOKEN):
            longest = max(longest, attack(dashboard, name, number))
    print(f"the longest answer: {1000 * longest:,.0f} ms")
    return int(longest > LIMIT_S)


def attack(dashboard: Dashboard, name: str, number: int) -> float:
    """Seconds of the longest answer."""
    words = ["-m", "bench.attackers", str(dashboard.port), TOKEN, name, str(number)]
    with Child([sys.executable, *words], core=None) as crowd:
        if crowd.line_with(GATHERED, WAIT_S) is None:
            raise TimeoutError(f"{name}: {crowd.last_words()}")
        spent = visit(dashboard)
        crowd.say("over")
        again = crowd.line_with(CAME_AGAIN, WAIT_S)
        if again is None:
            raise TimeoutError(f"{name}: {crowd.last_words()}")
    return show(name, spent, int(again.removeprefix(CAME_AGAIN)))


def visit(dashboard: Dashboard) -> list[list[float]]:
    """Seconds of each answer that came, for each path."""
    spent: list[list[float]] = [[] for _ in PATHS]
    for _ in range(VISITS):
        for path, some in zip(PATHS, spent, strict=True):
            began = time.perf_counter()
            with contextlib.suppress(OSError, HTTPException):
                with urllib.request.urlopen(dashboard.url + path, timeout=WAIT_S) as answer:
                    answer.read()
                some.append(time.perf_counter() - began)
    return spent


def show(name: str, spent: list[list[float]], again: int) -> float:
    """One line of the table; seconds of the longest answer, or of one that never came."""
    figures = "".join(
        f"{1000 * statistics.median(some):12,.0f} ms{1000 * max(some):7,.0f} ms" for some in spent
    )
    missing = len(PATHS) * VISITS - sum(map(len, spent))
    print(f"{name:26}{figures}{again:12,}{missing:10,}", flush=True)
    return math.inf if missing else max(map(max, spent))


if __name__ == "__main__":
    sys.exit(main())
