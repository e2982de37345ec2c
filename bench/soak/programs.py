"""The programs of a soak: the five, and the lab's examples as programs of a user."""

import json
import shutil
import time
import urllib.error
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.arena import CannotStart, free_port
from bench.children import ROOT
from bench.sections.dashboard import Dashboard
from bench.sections.start import NAMES
from bench.soak.sampling import DASHBOARD

EXAMPLES = ROOT / "examples/lab"
PORTS = {"hello": 8101, "hypotenuse": 8102, "page": 8103, "chat": 8104, "subjects": 8105}
# So that a port can be had again at once; the lab's own lack it.
REUSE = "server.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n    server.bind("
START_S = 60.0
DOWN = ("STOPPED", "FAILED")


@dataclass(frozen=True)
class Program:
    """name: in the API. task: the task of the lab that it is for. own: a user's."""

    name: str
    task: str
    port: int
    own: bool

    @property
    def label(self) -> str:
        return f"{self.task} (example)" if self.own else self.task

    @property
    def page(self) -> str:
        return f"/{'programs' if self.own else 'servers'}/{self.name}"

    @property
    def fragile(self) -> bool:
        """The lab's chat turns for ever for a member that is gone without a word."""
        return self.own and self.task == "chat"


def copy_examples(folder: Path) -> dict[str, int]:
    """The examples into a new folder, on free ports; the ports by task."""
    shutil.copytree(EXAMPLES, folder, ignore=shutil.ignore_patterns("__pycache__"))
    ports = {task: free_port(udp=task == "hello") for task in PORTS}
    for task, port in ports.items():
        file = folder / f"{task}_server.py"
        text = file.read_text("utf-8").replace(str(PORTS[task]), str(port))
        file.write_text(text.replace("server.bind(", REUSE), "utf-8")
    return ports


class Programs:
    """All programs of a dashboard, by its API."""

    def __init__(self, dashboard: Dashboard, folder: Path, own: dict[str, int]) -> None:
        self._dashboard = dashboard
        self._views: dict[str, dict[str, Any]] = {}
        ports = {view["name"]: view["port"] for view in self._fetched("/api/servers")["servers"]}
        files = {
            file["title"]: file["id"]
            for file in self._fetched("/api/programs")["files"]
            if Path(file["folder"]).expanduser().resolve() == folder.resolve()
        }
        self.all = [
            *(Program(name, name, ports[name], own=False) for name in NAMES),
            *(Program(files[f"{task}_server.py"], task, own[task], own=True) for task in own),
        ]

    def processes(self) -> dict[str, tuple[int, int]]:
        """Label -> (pid, port): the dashboard and what runs."""
        self._look()
        found = {DASHBOARD: (self._dashboard.child.pid, self._dashboard.port)}
        for program in self.all:
            if pid := self.view(program).get("pid"):
                found[program.label] = (pid, program.port)
        return found

    def view(self, program: Program) -> dict[str, Any]:
        """As it was at the last look."""
        return self._views.get(program.name, {})

    def ask(self, program: Program, action: str, body: dict[str, Any] | None = None) -> None:
        """A call of a program's API."""
        self._try("POST", f"/api/programs/{program.name}/{action}", body)

    def begin_experiment(self, program: Program, kind: str, many: int) -> None:
        self._try("POST", f"/api/experiments/{program.name}", {"kind": kind, "n": many})

    def end_experiments(self, program: Program) -> None:
        self._try("DELETE", f"/api/experiments/{program.name}")

    def _try(self, method: str, path: str, body: dict[str, Any] | None = None) -> None:
        """The dashboard may refuse it at this moment, since the program does not run."""
        try:
            self._dashboard.api(method, path, body)
        except urllib.error.HTTPError as error:
            error.close()
            if error.code >= 500:
                raise

    def start_those_down(self) -> None:
        self._look()
        for program in self.all:
            if self.view(program).get("state", "STOPPED") in DOWN:
                self.ask(program, "start")

    def start_all(self) -> None:
        """Until all run.

        Raises:
            CannotStart: one does not, in time.
        """
        deadline = time.monotonic() + START_S
        while True:
            self.start_those_down()
            waiting = [one for one in self.all if self.view(one).get("state") != "RUNNING"]
            if not waiting:
                return
            if time.monotonic() > deadline:
                views = {one.label: self.view(one) for one in waiting}
                raise CannotStart(json.dumps({n: v.get("failure") for n, v in views.items()}))
            time.sleep(0.2)

    def stop_all(self) -> None:
        """All programs, and the checks under way, which have processes of their own."""
        self._dashboard.api("POST", "/api/servers/stop?wait=5")
        for program in self.all:
            self._try("DELETE", f"/api/programs/{program.name}/check")
            self.ask(program, "stop?wait=5")

    def _look(self) -> None:
        try:
            views = self._fetched("/api/programs")["programs"]
        except OSError:
            return  # what was seen last stands
        self._views = {view["name"]: view for view in views}

    def _fetched(self, path: str) -> Any:
        return self._dashboard.api("GET", path)
