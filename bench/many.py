"""Thousands of live connections, looked at in a browser: `python -m bench.many [CONNECTIONS]`.

The subjects server and a user's own loop of generators run under a dashboard, one after another.
Each of their tabs is opened in Chromium while all connections live and ask now and then: seconds
until its first live frame, frames drawn in a second, the longest of them, processor time.
"""

import argparse
import shutil
import sys
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import psutil

from bench.children import ROOT, Child
from bench.load.idle import HELD
from bench.load.tab import ARGUMENTS, CHROMIUM
from bench.sections.dashboard import Dashboard

if TYPE_CHECKING:
    from playwright.sync_api import Page

CONNECTIONS = 5_000
CONNECT_S = 120.0
LOOK_S = 4.0
OWN = ROOT / "bench/peers/echo_loop.py"
TABS = ("loop", "connections", "wire", "code", "threads")
# How many frames were drawn, and the longest pause between two in ms.
FRAMES = """seconds => new Promise(done => {
  let many = 0, longest = 0, last = performance.now();
  const end = last + 1000 * seconds;
  const drawn = now => {
    many += 1;
    longest = Math.max(longest, now - last);
    last = now;
    now < end ? requestAnimationFrame(drawn) : done([many / seconds, longest]);
  };
  requestAnimationFrame(drawn);
})"""


class Seen(NamedTuple):
    """A tab under load; processor time in percent of a core."""

    tab: str
    live_s: float
    frames: float
    longest_ms: float
    dashboard: float
    program: float

    def __str__(self) -> str:
        return (
            f"  {self.tab:<12}{self.live_s:6.1f} s{self.frames:8.0f} a second"
            f"{self.longest_ms:8.0f} ms{self.dashboard:8.0f} %{self.program:8.0f} %"
        )


def main() -> int:
    parser = argparse.ArgumentParser(description="Thousands of connections, looked at.")
    parser.add_argument("connections", type=int, nargs="?", default=CONNECTIONS)
    size = parser.parse_args().connections
    path = next(filter(None, map(shutil.which, CHROMIUM)), None)
    if path is None:
        print("no Chromium is installed (apt install chromium)", file=sys.stderr)
        return 1
    from playwright.sync_api import sync_playwright

    with (
        tempfile.TemporaryDirectory() as folder,
        Dashboard(Path(folder), programs=OWN.parent) as dashboard,
        sync_playwright() as playwright,
    ):
        browser = playwright.chromium.launch(executable_path=path, args=ARGUMENTS)
        for program in (_of_the_lab(dashboard), _of_the_user(dashboard)):
            _look(dashboard, browser.new_page(), program, size)
        browser.close()
    return 0


class Program(NamedTuple):
    path: str  # of its pages, and of its API following /api
    port: int
    pid: int
    tabs: list[str]


def _of_the_lab(dashboard: Dashboard) -> Program:
    dashboard.start("subjects")
    view = dashboard.api("GET", "/api/servers/subjects")
    return Program("/servers/subjects", view["port"], view["pid"], _tabs(view))


def _of_the_user(dashboard: Dashboard) -> Program:
    files = dashboard.api("GET", "/api/programs")["files"]
    path = "/programs/" + next(file["id"] for file in files if file["title"] == OWN.name)
    dashboard.api("POST", f"/api{path}/start?wait=10")
    view = dashboard.api("GET", f"/api{path}")
    while "loop" not in view["capabilities"] or not view["listening"]:
        time.sleep(0.1)
        view = dashboard.api("GET", f"/api{path}")
    port = int(view["listening"][0].rpartition(":")[2])
    return Program(path, port, view["pid"], _tabs(view))


def _tabs(view: dict[str, Any]) -> list[str]:
    own = {tab["name"] for tab in view["tabs"]}
    return [tab for tab in TABS if tab in own]


def _look(dashboard: Dashboard, page: "Page", program: Program, size: int) -> None:
    words = [sys.executable, "-m", "bench.load.idle", str(program.port), str(size)]
    with Child(words, core=None) as clients:
        print(f"{program.path}: {_held(clients)} of {size:,} connections")
        print("  tab           alive      frames       longest   dashboard   program")
        for tab in program.tabs:
            clients.forget_lines()
            clients.say("ask")
            print(_seen(dashboard, page, program, tab))
        print(f"  at the end: {_held(clients)}")


def _held(clients: Child) -> str:
    """How many connections live, as the clients say."""
    return (clients.line_with(HELD, CONNECT_S) or clients.last_words()).strip()


def _seen(dashboard: Dashboard, page: "Page", program: Program, tab: str) -> Seen:
    began = time.perf_counter()
    page.goto(f"{dashboard.url}{program.path}/{tab}")
    page.wait_for_selector("[data-link=live]")
    live_s = time.perf_counter() - began
    process, used = psutil.Process(program.pid), dashboard.cpu_s()
    before = sum(process.cpu_times()[:2])
    frames, longest_ms = page.evaluate(FRAMES, LOOK_S)
    return Seen(
        tab,
        live_s,
        frames,
        longest_ms,
        100 * (dashboard.cpu_s() - used) / LOOK_S,
        100 * (sum(process.cpu_times()[:2]) - before) / LOOK_S,
    )


if __name__ == "__main__":
    sys.exit(main())
