"""The dashboard: a click to RUNNING, its processor time while one tab looks, a page's first frame.

It runs as `flask run` does, with ports and a data folder of its own, and is not pinned: a user's
is not either.
"""

import json
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bench.arena import CannotStart, Run, free_port, wait_for_answer
from bench.bars import Bar
from bench.children import Child
from bench.load.tab import ALIVE, LOOKING
from bench.results import Table
from bench.sections.start import NAMES

TOKEN = "bench"
ANSWER_S = 30.0
SETTLE_S = 3.0
PAGES = {"overview": "/", "event loop": "/servers/subjects/loop", "chat": "/servers/chat/rooms"}
TAB_S = 60.0

BARS = (
    Bar("click to RUNNING, the slowest server", "click", 400.0, "<=", ours="slowest", unit=" ms"),
    Bar("idle dashboard, five servers, one tab", "dashboard idle", 5.0, "<=",
        ours="dashboard", unit=" %"),
    Bar("page alive after load", "page alive", 1000.0, "<=", ours="overview", unit=" ms"),
)  # fmt: skip


def measure(run: Run) -> list[Table]:
    click = Table("click", "from the click on Start to RUNNING", "ms", "less")
    alive = Table("page alive", "from opening a page to its first live frame", "ms", "less")
    idle = Table(
        "dashboard idle", "processor with five servers and one tab open", "% of a core", "less"
    )
    tables = [click, alive, idle]
    try:
        with tempfile.TemporaryDirectory(dir=run.folder) as folder:
            with Dashboard(Path(folder)) as dashboard:
                _clicks(run, dashboard, click)
                for name in NAMES:
                    dashboard.start(name)
                _tab(run, dashboard, alive, idle)
    except (CannotStart, OSError, ValueError) as error:
        for table in tables:
            if not table.rows:
                table.left_out["dashboard"] = str(error)
    return tables


class Dashboard:
    """A dashboard of our own. programs: a folder of files to open. environment: more settings."""

    def __init__(
        self,
        folder: Path,
        core: int | None = None,
        programs: Path | None = None,
        environment: Mapping[str, str] = {},
    ) -> None:
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        ports = {name: {"port": free_port(udp=name == "hello")} for name in NAMES}
        (folder / "servers.json").write_text(json.dumps(ports))
        words = ["-m", "flask", "--app", "dashboard", "run", "--port", str(self.port)]
        self.child = Child(
            [sys.executable, *words],
            core=core,
            environment={
                "SOCKETLAB_CONFIG": str(folder / "none.toml"),
                "SOCKETLAB_DATA_DIR": str(folder),
                "SOCKETLAB_TOKEN": TOKEN,
                "SOCKETLAB_PORT": str(self.port),
                "SOCKETLAB_PROGRAMS": str(programs or ""),
                **environment,
            },
        )

    def __enter__(self) -> "Dashboard":
        try:
            wait_for_answer(self.child, self.port, udp=False)
        except BaseException:
            self.child.stop()
            raise
        return self

    def __exit__(self, *_: object) -> None:
        try:
            self.api("POST", "/api/servers/stop?wait=5")
        except (OSError, ValueError):
            pass  # its servers end with it
        self.child.stop()

    def api(self, method: str, path: str, body: Mapping[str, Any] | None = None) -> Any:
        request = urllib.request.Request(
            self.url + path,
            data=json.dumps(body or {}).encode() if method == "POST" else None,
            method=method,
            headers={"X-Lab-Token": TOKEN, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=ANSWER_S) as answer:
            return json.load(answer)

    def pid_of(self, name: str) -> int:
        """The process of a server that runs."""
        pid: int = self.api("GET", f"/api/servers/{name}")["pid"]
        return pid

    def start(self, name: str) -> float:
        """Start a server; seconds until it is RUNNING.

        Raises:
            ValueError: it is not.
        """
        began = time.perf_counter()
        state = self.api("POST", f"/api/servers/{name}/start?wait=10")["state"]
        if state != "RUNNING":
            raise ValueError(f"{name} is {state} after a click on Start")
        return time.perf_counter() - began

    def cpu_s(self) -> float:
        return self.child.cpu_s()


def _clicks(run: Run, dashboard: Dashboard, table: Table) -> None:
    run.say("  dashboard: clicks")
    for _ in range(int(run.pick(5, 15))):
        for name in NAMES:
            table.row(name).add(1000 * dashboard.start(name))
            dashboard.api("POST", f"/api/servers/{name}/stop?wait=10")
    slowest = max(NAMES, key=lambda name: sorted(table.of(name))[len(table.of(name)) // 2])
    table.row("slowest").values += table.of(slowest)
    table.row("slowest").note = slowest


def _tab(run: Run, dashboard: Dashboard, alive: Table, idle: Table) -> None:
    """One Chromium opens the pages again and again, and then stays on the overview."""
    run.say("  dashboard: a tab")
    repeats = int(run.pick(5, 15))
    words = [sys.executable, "-m", "bench.load.tab", dashboard.url, str(repeats)]
    with Child([*words, *PAGES.values()], core=None) as tab:
        line = tab.line_with(ALIVE, TAB_S + repeats * len(PAGES) * 2)
        if line is None:
            raise CannotStart(f"no Chromium through playwright: {tab.last_words()}")
        for name, spent_ms in zip(PAGES, json.loads(line.removeprefix(ALIVE)), strict=True):
            for value in spent_ms:
                alive.row(name).add(value)
        if tab.line_with(LOOKING, TAB_S) is None:
            raise CannotStart(f"no tab to look with: {tab.last_words()}")
        time.sleep(SETTLE_S)
        servers = {
            view["name"]: view["pid"] for view in dashboard.api("GET", "/api/servers")["servers"]
        }
        _watch(run, dashboard, servers, idle)


def _watch(run: Run, dashboard: Dashboard, servers: dict[str, int], table: Table) -> None:
    seconds = run.pick(8, 20)
    run.say(f"  dashboard: one tab for {seconds:g} s")
    before = dashboard.cpu_s()
    time.sleep(seconds)
    table.row("dashboard").add(100 * (dashboard.cpu_s() - before) / seconds)
