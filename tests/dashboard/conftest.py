"""An application with a data folder of its own; a real server thread where websockets need one."""

import json
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient
from simple_websocket import ConnectionClosed
from werkzeug.serving import make_server

from dashboard import create_app
from labservers.registry import SERVERS
from tests.conftest import PATIENCE_S
from tests.ports import free_port
from tests.websocket import Client

TOKEN = "dashboard-tests"
PATIENT = {
    "frozen_after_s": PATIENCE_S,
    "check_timeout_s": PATIENCE_S,
    "start_timeout_s": 2 * PATIENCE_S,
}


@pytest.fixture
def app(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Flask]:
    """Each server has a free port of its own."""
    monkeypatch.setenv("SOCKETLAB_CONFIG", str(tmp_path / "none.toml"))
    settings = {name: {"port": free_port()} for name in SERVERS}
    (tmp_path / "servers.json").write_text(json.dumps(settings))
    app = create_app({"data_dir": str(tmp_path), "token": TOKEN, **PATIENT})
    app.config["TESTING"] = True
    yield app
    app.extensions["lab"].close(3.0)


@pytest.fixture
def lab(app: Flask) -> Any:
    return app.extensions["lab"]


class Api:
    """The HTTP API as the page calls it."""

    def __init__(self, client: FlaskClient) -> None:
        self.client = client

    def __call__(
        self, method: str, path: str, body: Any = None, token: str | None = TOKEN, **headers: str
    ) -> tuple[int, Any]:
        given = {"Host": "127.0.0.1:5000", **({"X-Lab-Token": token} if token else {}), **headers}
        answer = self.client.open(path, method=method, json=body, headers=given)
        return answer.status_code, answer.get_json(silent=True)

    def start(self, name: str) -> dict[str, Any]:
        """Start a server and wait until it answers."""
        status, view = self("POST", f"/api/servers/{name}/start?wait=30")
        assert (status, view["state"]) == (200, "RUNNING"), view
        result: dict[str, Any] = view
        return result


@pytest.fixture
def api(app: Flask) -> Api:
    return Api(app.test_client())


@pytest.fixture
def url(app: Flask) -> Iterator[str]:
    """The application behind a real, threaded server."""
    server = make_server("127.0.0.1", 0, app, threaded=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield f"http://127.0.0.1:{server.port}"
    server.shutdown()
    thread.join(30)
    server.server_close()


class Channel:
    """A websocket in the user's words."""

    def __init__(self, url: str, first: dict[str, Any], **options: Any) -> None:
        self.ws = Client.connect(url.replace("http", "ws"), **options)
        with suppress(ConnectionClosed):  # refused before it could be said
            self.send(first)

    def send(self, message: Any) -> None:
        self.ws.send(message if isinstance(message, str) else json.dumps(message))

    def next(self, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        text = self.ws.receive(timeout=timeout_s)
        assert text is not None, "nothing came"
        message: dict[str, Any] = json.loads(text)
        return message

    def until(self, wanted: Callable[[dict[str, Any]], Any], most: int = 200) -> Any:
        """The first true value of wanted(message) among the next messages."""
        seen = []
        for _ in range(most):
            message = self.next()
            if found := wanted(message):
                return found
            seen.append(message)
        return pytest.fail(f"not among {seen}")

    def close_code(self) -> int:
        """The code that the other side closes with."""
        for _ in range(50):
            try:
                self.ws.receive(timeout=30)
            except ConnectionClosed as closed:
                return int(closed.reason)
        return pytest.fail("it was not closed")

    def close(self) -> None:
        with suppress(Exception):
            self.ws.close()
        self.ws.thread.join(30)


@pytest.fixture
def channel(url: str) -> Iterator[Callable[..., Channel]]:
    """channel("/ws/live", subscribe=[...]) with the right token unless another is given."""
    opened: list[Channel] = []

    def connect(path: str, *, headers: dict[str, str] | None = None, **first: Any) -> Channel:
        made = Channel(url + path, {"token": TOKEN, **first}, headers=headers)
        opened.append(made)
        return made

    yield connect
    for made in opened:
        made.close()
