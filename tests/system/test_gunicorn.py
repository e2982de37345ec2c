"""gunicorn's threaded worker serves the dashboard as well: pages, API, websocket, clean end."""

import json
import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import PATIENCE_S
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
    eventually(lambda: not dashboard.alive(), "no orphan", 5)
    dashboard.process.wait(PATIENCE_S)
