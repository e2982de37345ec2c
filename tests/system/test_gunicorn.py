"""gunicorn's threaded worker serves the dashboard as well: pages, API, websocket, clean end."""

import http.client
import json
import urllib.request
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard import instance
from dashboard.unix_http import UnixConnection
from tests.conftest import PATIENCE_S
from tests.ports import V6
from tests.system.conftest import RunningDashboard
from tests.websocket import Client

pytestmark = pytest.mark.system
GUNICORN = ["gunicorn", "-k", "gthread", "-w", "1", "--threads", "128", "-b", "127.0.0.1:{port}"]


def test_the_whole_way(run_dashboard: Callable[..., Any], eventually: Callable[..., Any]) -> None:
    dashboard = run_dashboard("dashboard:create_app()", command=GUNICORN)
    with urllib.request.urlopen(dashboard.url) as page:
        assert b'id="boot"' in page.read()
    socket = Client.connect(dashboard.url.replace("http", "ws") + "/ws/live")
    socket.send(json.dumps({"token": "system-tests", "subscribe": []}))
    assert json.loads(socket.receive(timeout=30))["type"] == "snapshot"
    dashboard.start("subjects")

    def told() -> bool:
        delta = json.loads(socket.receive(timeout=30) or '{"events": []}')
        return any(
            event["kind"] == "server" and event["server"]["state"] == "RUNNING"
            for event in delta.get("events", [])
        )

    eventually(told, "the websocket tells of it")
    socket.close()
    dashboard.process.terminate()
    eventually(lambda: not dashboard.alive(), "no orphan")
    dashboard.process.wait(PATIENCE_S)


class Unvisited(RunningDashboard):
    """A dashboard whose first visitor is the test's; it listens at a path as well, where asked."""

    def wait_for_answer(self) -> None: ...


def first_visit(connection: http.client.HTTPConnection, host: str) -> int:
    """The status of the answer to a visitor who names this Host."""
    try:
        connection.request("GET", "/", headers={"Host": host, "X-Forwarded-Proto": "https"})
        return connection.getresponse().status
    finally:
        connection.close()


@pytest.mark.parametrize(
    "bound",
    ["127.0.0.1:{port}", "0.0.0.0:{port}", pytest.param("[::1]:{port}", marks=V6), "unix"],
)
def test_the_first_visitor_does_not_choose_where_tokens_go(
    bound: str, tmp_path: Path, eventually: Callable[..., Any]
) -> None:
    """Its Host is that of the other end of `ssh -L`, or whatever it likes."""
    path = tmp_path / "socket"
    command = [*GUNICORN[:-1], f"unix:{path}" if bound == "unix" else bound]
    dashboard = Unvisited([*command, "dashboard:create_app()"], tmp_path)
    there = "::1" if bound.startswith("[") else "127.0.0.1"

    def visit() -> bool:
        tcp = http.client.HTTPConnection(there, dashboard.port, timeout=PATIENCE_S)
        connection = UnixConnection(str(path), PATIENCE_S) if bound == "unix" else tcp
        try:
            return first_visit(connection, "localhost:7199") == http.client.OK
        except OSError:  # it does not listen yet
            return False

    try:
        eventually(visit, "it answers", timeout_s=60)
        found = instance.find(tmp_path)
        assert found is not None
        wanted = f"http://{'[::1]' if there == '::1' else there}:{dashboard.port}"
        assert found.address == (f"unix://{path}" if bound == "unix" else wanted)
        assert found.page.endswith("://localhost:7199")
    finally:
        dashboard.close()
