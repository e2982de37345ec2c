"""One dashboard a data folder: a second one looks on and may take it over; a second worker ends."""

import http.server
import json
import os
import re
import signal
import subprocess
import sys
import threading
import urllib.error
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
import pytest

from tests.conftest import PATIENCE_S
from tests.system.test_command_line import lab

pytestmark = pytest.mark.system
ROOT = Path(__file__).resolve().parent.parent.parent
REFUSED_S = 120.0  # gunicorn ends its other worker first, which may be on its way up
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
        timeout=REFUSED_S,
        check=False,
    )


@pytest.mark.parametrize("words", [[], ["--debug"]])
def test_a_second_one_that_cannot_look_on_is_refused(
    run_dashboard: Callable[..., Any], words: list[str]
) -> None:
    dashboard = run_dashboard(*words)
    owner = f"another dashboard, pid {dashboard.process.pid}, at {dashboard.url}, since"
    for second in ([*FLASK, "--debug"], GUNICORN):
        refused = run(dashboard.folder, *second)
        assert refused.returncode != 0
        assert owner in refused.stderr
        assert "SOCKETLAB_DATA_DIR" in refused.stderr
        assert "Traceback" not in refused.stderr
        assert lab(dashboard.folder, "list").returncode == 0


def holder_on(dashboard: Any) -> Any:
    """The other dashboard, as a page of this one shows it; None: this one holds the folder."""
    with urllib.request.urlopen(dashboard.url, timeout=60) as page:
        found = re.search(r'id="boot">(.*?)</script>', page.read().decode(), re.S)
    assert found
    return json.loads(found[1])["snapshot"]["holder"]


def second_on(first: Any, run_dashboard: Callable[..., Any]) -> Any:
    return run_dashboard(environment={"SOCKETLAB_DATA_DIR": str(first.folder)})


def refusal(dashboard: Any, path: str) -> Any:
    with pytest.raises(urllib.error.HTTPError) as refused:
        dashboard.api("POST", path)
    with refused.value as answer:
        return {**json.load(answer)["error"], "status": answer.status}


def test_a_second_one_looks_on_then_takes_over_and_the_first_one_takes_it_back(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    first = run_dashboard()
    first.start("chat")
    before = (first.folder / "servers.json").read_bytes()
    second = second_on(first, run_dashboard)
    assert f"pid {first.process.pid}, at {first.url}, since" in second.said()
    seen = holder_on(second)
    assert (seen["address"], seen["pid"]) == (first.url, first.process.pid)
    assert seen["served"]
    assert refusal(second, "/api/servers/hello/start")["code"] == "in_use"
    assert (first.folder / "servers.json").read_bytes() == before

    assert second.api("POST", "/api/folder/take") == {"holds": True}
    assert first.alive() == []
    assert holder_on(second) is None
    eventually(lambda: holder_on(first)["pid"] == second.process.pid, "it knows")
    second.start("chat")
    assert lab(first.folder, "list").stdout.count("RUNNING") == 1

    assert first.api("POST", "/api/folder/take") == {"holds": True}
    assert second.alive() == []
    first.start("hello")


def test_a_debug_dashboard_that_is_taken_over_ends(
    run_dashboard: Callable[..., Any],
) -> None:
    first = run_dashboard("--debug")
    first.start("hello")
    second = second_on(first, run_dashboard)
    assert second.api("POST", "/api/folder/take") == {"holds": True}
    first.process.wait(PATIENCE_S)
    assert first.alive() == []


def test_a_frozen_one_keeps_the_folder_until_it_is_killed(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    first = run_dashboard()
    first.start("hello")
    second = second_on(first, run_dashboard)
    os.kill(first.process.pid, signal.SIGSTOP)
    refused = refusal(second, "/api/folder/take")
    assert refused["message"] == f"the dashboard with pid {first.process.pid} does not answer"
    assert f"kill -9 {first.process.pid}" in refused["next_step"]
    first.process.kill()
    first.process.wait(PATIENCE_S)
    eventually(lambda: not holder_on(second)["served"], "its end is noticed")
    assert second.api("POST", "/api/folder/take") == {"holds": True}
    second.start("hello")


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
    dashboard.process.wait(PATIENCE_S)
    assert not path.exists()


def test_the_folder_is_free_again_after_a_kill(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any]
) -> None:
    dashboard = run_dashboard("--debug")
    workers = dashboard.workers()
    dashboard.process.kill()
    dashboard.process.wait(PATIENCE_S)
    eventually(lambda: not any(map(psutil.pid_exists, workers)), "the worker follows")
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
    dashboard.process.wait(PATIENCE_S)
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
    dashboard.worker.kill()
    dashboard.process.wait(PATIENCE_S)  # flask ends with a worker that was killed
    again = run_dashboard("--debug", environment={"SOCKETLAB_DATA_DIR": str(dashboard.folder)})
    assert lab(dashboard.folder, "list").returncode == 0
    assert again.url


def test_settings_that_cannot_be_used_are_said_once(tmp_path: Path, run_dashboard: Any) -> None:
    dashboard = run_dashboard()
    dashboard.process.terminate()
    dashboard.process.wait(PATIENCE_S)
    (dashboard.folder / "servers.json").write_text('{"chat": {"port": "80"}}')
    said = run_dashboard(
        environment={"SOCKETLAB_DATA_DIR": str(dashboard.folder), "SOCKETLAB_PORT_BASE": "28000"}
    ).said()
    assert said.count("servers.json: chat: port: '80' is not a whole number") == 1
