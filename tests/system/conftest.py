"""A real `flask run` on a free port with a data folder of its own, in the user's words."""

import contextlib
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import termios
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import PATIENCE_S, runs
from tests.ports import free_port

ROOT = Path(__file__).resolve().parent.parent.parent
TOKEN = "system-tests"
START_S = 60.0
GONE_S = 2.0  # all that it runs, on a machine that is not overloaded


class RunningDashboard:
    """One process of `flask run` or gunicorn, with its children."""

    def __init__(self, command: list[str], folder: Path, **options: Any) -> None:
        self.port = free_port()
        self.folder = folder
        self.url = f"http://127.0.0.1:{self.port}"
        servers = ("hello", "hypotenuse", "page", "chat", "subjects")
        self.ports = {name: free_port() for name in servers}
        (folder / "servers.json").write_text(
            json.dumps({name: {"port": port} for name, port in self.ports.items()})
        )
        environment = {
            **os.environ,
            "SOCKETLAB_CONFIG": str(folder / "none.toml"),
            "SOCKETLAB_DATA_DIR": str(folder),
            "SOCKETLAB_TOKEN": TOKEN,
            "SOCKETLAB_FROZEN_AFTER_S": f"{PATIENCE_S}",
            "SOCKETLAB_CHECK_TIMEOUT_S": f"{PATIENCE_S}",
            "SOCKETLAB_START_TIMEOUT_S": f"{START_S}",
            **options.pop("environment", {}),
        }
        self.output = (folder / "output.log").open("wb")
        self.process = subprocess.Popen(
            [
                sys.executable,
                ROOT / "tests/mortal.py",
                "-m",
                *[word.format(port=self.port) for word in command],
            ],
            cwd=options.pop("cwd", ROOT),
            env=environment,
            stdout=self.output,
            stderr=subprocess.STDOUT,
            **{"start_new_session": True, **options},
        )
        self.born: set[int] = set()
        self.wait_for_answer()

    @property
    def worker(self) -> psutil.Process:
        """The process that serves, where the first one watches over it (--debug). From Python 3.14
        on that one has a resource tracker of multiprocessing as well, for Werkzeug's debugger."""
        children = psutil.Process(self.process.pid).children()
        [worker] = [one for one in children if "-c" not in one.cmdline()]
        return worker

    def said(self) -> str:
        return (self.folder / "output.log").read_text("utf-8", "replace")

    def api(self, method: str, path: str, body: Any = None) -> Any:
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"X-Lab-Token": TOKEN, "Content-Type": "application/json"},
        )
        with urllib.request.urlopen(request, timeout=START_S) as answer:
            return json.load(answer)

    def start(self, name: str) -> int:
        """Start a server and wait until it answers; its pid."""
        view = self.api("POST", f"/api/servers/{name}/start?wait=30")
        assert view["state"] == "RUNNING", view["failure"]
        self.born.add(view["pid"])
        pid: int = view["pid"]
        return pid

    def alive(self) -> list[int]:
        """The servers' processes that are still there."""
        return [pid for pid in self.born if runs(pid)]

    def close(self) -> None:
        if "COVERAGE_PROCESS_CONFIG" in os.environ:  # a process that is killed leaves no data
            self.process.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                self.process.wait(30)
        for pid in [self.process.pid, *self.workers(), *self.born]:
            with contextlib.suppress(psutil.NoSuchProcess):
                psutil.Process(pid).kill()
        self.process.wait(30)
        self.output.close()

    def workers(self) -> list[int]:
        """Processes of the dashboard itself below the first: the reloader's or gunicorn's."""
        try:
            below = psutil.Process(self.process.pid).children(recursive=True)
        except psutil.NoSuchProcess:
            return []
        return [p.pid for p in below if p.pid not in self.born]

    def wait_for_answer(self) -> None:
        deadline = time.monotonic() + START_S
        pause = threading.Event()
        while True:
            assert self.process.poll() is None, self.said()
            with contextlib.suppress(OSError, urllib.error.URLError):
                self.api("GET", "/healthz")
                return
            assert time.monotonic() < deadline, self.said()
            pause.wait(0.05)


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A copy of the application, so that a reload may touch its files."""
    for folder in ("dashboard", "labservers", "templates", "static"):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(ROOT / folder, tmp_path / "checkout" / folder, ignore=ignored)
    return tmp_path / "checkout"


def take_terminal(side: int) -> Callable[[], None]:
    """For preexec_fn: the terminal is that of a new session, whose leader hears of its end."""

    def take() -> None:
        os.setsid()
        fcntl.ioctl(side, termios.TIOCSCTTY, 0)

    return take


FLASK = ["flask", "--app", "dashboard", "run", "--port", "{port}"]


@pytest.fixture
def run_dashboard(tmp_path: Path) -> Iterator[Callable[..., RunningDashboard]]:
    """run_dashboard("--debug"), or another command; ended with all it started."""
    running: list[RunningDashboard] = []

    def run(*words: str, command: list[str] = FLASK, **options: Any) -> RunningDashboard:
        folder = tmp_path / f"dashboard{len(running)}"
        folder.mkdir()
        dashboard = RunningDashboard([*command, *words], folder, **options)
        running.append(dashboard)
        return dashboard

    yield run
    for dashboard in running:
        dashboard.close()
