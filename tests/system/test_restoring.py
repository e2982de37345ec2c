"""What ran when the dashboard ended runs again with the next one, where the user wants it."""

import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import PATIENCE_S
from tests.system.test_one_dashboard import GUNICORN

pytestmark = pytest.mark.system
OWN = "import socket\ns = socket.create_server(('127.0.0.1', 0))\nwhile True:\n    s.accept()\n"
BY_GUNICORN = [word.replace(":0", ":{port}") for word in GUNICORN]


def running(dashboard: Any) -> dict[str, int]:
    """The programs that run, with their pids; empty while one is on its way."""
    views = dashboard.api("GET", "/api/programs")["programs"]
    if any(view["state"] == "STARTING" for view in views):
        return {}
    return {view["title"]: view["pid"] for view in views if view["state"] == "RUNNING"}


def test_it_survives_a_kill_a_reloader_and_a_polite_end(
    run_dashboard: Callable[..., Any], eventually: Callable[..., Any], tmp_path: Path
) -> None:
    programs = tmp_path / "programs"
    programs.mkdir()
    (programs / "mine.py").write_text(OWN)
    patient = {"SOCKETLAB_PROGRAMS": str(programs)}
    first = run_dashboard(environment=patient)
    same = {**patient, "SOCKETLAB_DATA_DIR": str(first.folder)}
    [file] = [f for f in first.api("GET", "/api/programs")["files"] if f["title"] == "mine.py"]
    mine = first.api("POST", f"/api/programs/{file['id']}/start?wait=30")
    first.born.add(mine["pid"])
    for name in ("chat", "hello", "page"):
        first.start(name)
    assert first.api("POST", "/api/restore", {"wanted": True}) == {"wanted": True}
    first.api("POST", "/api/servers/hello/stop?wait=30")
    before = running(first)
    first.process.kill()
    first.process.wait(PATIENCE_S)

    second = run_dashboard("--debug", environment=same)
    after = eventually(
        lambda: (now := running(second)).keys() == before.keys() and now, timeout_s=60
    )
    second.born.update(after.values())
    assert not set(after.values()) & set(before.values())
    second.api("POST", "/api/servers/page/stop?wait=30")
    second.process.send_signal(signal.SIGTERM)
    second.process.wait(PATIENCE_S)
    eventually(lambda: not second.workers() and not second.alive())

    third = run_dashboard(command=BY_GUNICORN, environment=same)
    rest = before.keys() - {third.api("GET", "/api/servers/page")["title"]}
    last = eventually(lambda: (now := running(third)).keys() == rest and now, timeout_s=60)
    third.born.update(last.values())
    third.api("POST", "/api/restore", {"wanted": False})
    third.process.kill()
    third.process.wait(PATIENCE_S)

    assert running(run_dashboard(environment=same)) == {}
