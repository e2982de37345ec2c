"""One dashboard a data folder: a second one, and a second worker, end with a sentence."""

import http.server
import os
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.system.test_command_line import lab

pytestmark = pytest.mark.system
ROOT = Path(__file__).resolve().parent.parent.parent
FLASK = ["flask", "--app", "dashboard", "run", "--port", "0"]
GUNICORN = [
    "gunicorn",
    "-k",
    "gthread",
    "--threads",
    "16",
    "-b",
    "127.0.0.1:0",
    "dashboard:create_app()",
]


def run(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", *words],
        cwd=ROOT,
        env={**os.environ, "SOCKETLAB_DATA_DIR": str(folder), "SOCKETLAB_CONFIG": "none.toml"},
        capture_output=True,
        text=True,
        timeout=40,
        check=False,
    )


@pytest.mark.parametrize("words", [[], ["--debug"]])
def test_a_second_dashboard_on_the_folder_is_refused(
    run_dashboard: Callable[..., Any], words: list[str]
) -> None:
    dashboard = run_dashboard(*words)
    owner = f"another dashboard, pid {dashboard.process.pid}, at {dashboard.url}, uses"
    for second in (FLASK, [*FLASK, "--debug"], GUNICORN):
        refused = run(dashboard.folder, *second)
        assert refused.returncode != 0
        assert owner in refused.stderr
        assert "SOCKETLAB_DATA_DIR" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert lab(dashboard.folder, "list").returncode == 0


def test_two_workers_of_gunicorn_refuse_to_start(tmp_path: Path) -> None:
    refused = run(tmp_path, *GUNICORN, "-w", "2")
    assert refused.returncode != 0
    assert "gunicorn" in refused.stderr
    assert "-w 1" in refused.stderr
    assert "Traceback" not in refused.stderr


@pytest.mark.parametrize("words", [[], ["--debug"]])
def test_a_clean_end_leaves_no_token(run_dashboard: Callable[..., Any], words: list[str]) -> None:
    dashboard = run_dashboard(*words)
    path = dashboard.folder / "dashboard.json"
    assert path.exists()
    dashboard.process.terminate()
    dashboard.process.wait(10)
    assert not path.exists()


def test_the_folder_is_free_again_after_a_kill(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    dashboard = run_dashboard("--debug")
    workers = dashboard.workers()
    dashboard.process.kill()
    dashboard.process.wait(10)
    eventually(lambda: not any(map(psutil.pid_exists, workers)), "the worker follows", 10)
    assert "no dashboard answers" in lab(dashboard.folder, "list").stderr


class Stranger(http.server.BaseHTTPRequestHandler):
    """Another program on the port of a dashboard that was killed; it keeps every request."""

    heard: list[str]

    def do_GET(self) -> None:
        self.heard.append(str(self.headers))
        self.send_error(404)

    def log_message(self, format: str, *args: object) -> None:
        pass


@pytest.fixture
def stranger() -> Iterator[Callable[[int], list[str]]]:
    """stranger(port): the requests that reach that program from now on."""
    servers: list[Any] = []

    def begin(port: int) -> list[str]:
        heard: list[str] = []
        handler = type("Heard", (Stranger,), {"heard": heard})
        server = http.server.ThreadingHTTPServer(("127.0.0.1", port), handler)
        thread = threading.Thread(target=server.serve_forever, args=(0.05,))
        thread.start()
        servers.append((server, thread))
        return heard

    yield begin
    for server, thread in servers:
        server.shutdown()
        thread.join()
        server.server_close()


def test_a_stranger_on_the_port_of_a_dead_dashboard_gets_no_token(
    run_dashboard: Callable[..., Any], stranger: Callable[[int], list[str]]
) -> None:
    dashboard = run_dashboard()
    dashboard.process.kill()
    dashboard.process.wait(10)
    heard = stranger(dashboard.port)
    missing = lab(dashboard.folder, "list")
    assert missing.stderr == (
        f"Error: no dashboard answers at {dashboard.url}; start it with: make run\n"
    )
    assert heard == []


def test_a_reload_keeps_the_folder(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    dashboard = run_dashboard("--debug")
    (before,) = dashboard.workers()
    psutil.Process(before).send_signal(9)
    dashboard.process.wait(10)  # flask ends with a worker that was killed
    again = run_dashboard("--debug", environment={"SOCKETLAB_DATA_DIR": str(dashboard.folder)})
    assert lab(dashboard.folder, "list").returncode == 0
    assert again.url


def test_settings_that_cannot_be_used_are_said_once(tmp_path: Path, run_dashboard: Any) -> None:
    dashboard = run_dashboard()
    dashboard.process.terminate()
    dashboard.process.wait(10)
    (dashboard.folder / "servers.json").write_text('{"chat": {"port": "80"}}')
    said = run_dashboard(
        environment={"SOCKETLAB_DATA_DIR": str(dashboard.folder), "SOCKETLAB_PORT_BASE": "28000"}
    ).said()
    assert said.count("servers.json: chat: port: '80' is not a whole number") == 1
