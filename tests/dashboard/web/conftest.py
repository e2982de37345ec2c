"""A real dashboard on a port of its own, inside the test's process: `site`."""

import json
import ssl
import threading
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from simple_websocket import ConnectionClosed
from werkzeug.serving import make_server

from dashboard import create_app
from dashboard.lab import Lab
from dashboard.live import sockets
from dashboard.views.api import DESCRIPTION
from labservers.registry import SERVERS
from tests.conftest import PATIENCE_S
from tests.dashboard.conftest import PATIENT
from tests.dashboard.web.described import Described
from tests.ports import free_port
from tests.websocket import Client

TOKEN = "token-of-the-tests"


class Talk:
    """A websocket as a script sees it: JSON messages, and the code that it was closed with."""

    def __init__(self, url: str, origin: str | None, trusted: ssl.SSLContext | None = None) -> None:
        headers = {"Origin": origin} if origin else None
        self.ws = Client.connect(url, headers=headers, ssl_context=trusted)

    def tell(self, message: Any) -> None:
        self.ws.send(message if isinstance(message, str) else json.dumps(message))

    def hear(self, timeout_s: float = PATIENCE_S) -> dict[str, Any]:
        """The next message.

        Raises:
            ConnectionClosed: the other side has closed. AssertionError: nothing came in time.
        """
        text = self.ws.receive(timeout=timeout_s)
        assert text is not None, "nothing came in time"
        message: dict[str, Any] = json.loads(text)
        return message

    def hear_until(self, kind: str) -> dict[str, Any]:
        """The value of the next message that has the key `kind`."""
        while kind not in (message := self.hear()):
            pass
        value: dict[str, Any] = message[kind]
        return value

    def hear_output(self, words: str) -> list[dict[str, Any]]:
        """The messages of a console until these words are part of its output."""
        said: list[dict[str, Any]] = []
        while words not in "".join(one.get("output", "") for one in said):
            said.append(self.hear())
        return said

    def close_code(self) -> int:
        """The code and reason of its end; messages before that are passed over."""
        try:
            while True:
                self.hear()
        except ConnectionClosed as closed:
            self.ws.thread.join(PATIENCE_S)
            return int(closed.reason)

    def close(self) -> None:
        with suppress(Exception):
            self.ws.close()
        self.ws.thread.join(PATIENCE_S)


class Site:
    """The dashboard under test, from outside (url, api, talk) and from inside (app, lab, server);
    by TLS where it has a certificate, in one file with its key."""

    def __init__(self, app: Flask, certificate: str | None = None) -> None:
        self.app = app
        self.lab: Lab = app.extensions["lab"]
        pair = (certificate, certificate) if certificate else None
        self.server = make_server(self.lab.config.host, 0, app, threaded=True, ssl_context=pair)
        self._trusted = ssl.create_default_context(cafile=certificate) if certificate else None
        self.address = ("127.0.0.1", int(self.server.server_port))
        self.url = f"http{'s' if certificate else ''}://127.0.0.1:{self.address[1]}"
        self._talks: list[Talk] = []
        self._thread = threading.Thread(target=self.server.serve_forever, args=(0.05,))
        self._thread.start()

    def close(self) -> None:
        for talk in self._talks:
            talk.close()
        sockets.close_all()
        self.server.shutdown()
        self._thread.join()
        self.server.server_close()
        self.lab.close(2.0)

    def api(self, method: str, path: str, body: Any = None, **headers: str) -> Any:
        """The parsed answer, whatever its status, which is added as `status`."""
        request = urllib.request.Request(
            self.url + path,
            data=None if body is None else json.dumps(body).encode(),
            method=method,
            headers={"X-Lab-Token": TOKEN, "Content-Type": "application/json", **headers},
        )
        try:
            with urllib.request.urlopen(
                request, timeout=PATIENCE_S, context=self._trusted
            ) as answer:
                return {**json.load(answer), "status": answer.status}
        except urllib.error.HTTPError as error:
            with error:
                return {**json.load(error), "status": error.code}

    def start(self, name: str) -> tuple[str, int]:
        """Start a server; where it listens."""
        view = self.api("POST", f"/api/servers/{name}/start?wait=30")
        assert view["state"] == "RUNNING", view["failure"]
        return view["host"], view["port"]

    def talk(self, path: str, first: Any = None, origin: str | None = None) -> Talk:
        """A websocket with its first frame sent; the token is added where there is none."""
        talk = Talk(self.url.replace("http", "ws") + path, origin, self._trusted)
        self._talks.append(talk)
        with suppress(ConnectionClosed, OSError):  # it may be refused before the first frame
            talk.tell({"token": TOKEN, **first} if isinstance(first, dict) else first or {})
        return talk


@pytest.fixture
def app(tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Flask]:
    """An application with a data folder and server ports of its own; a test's parameters are
    settings beyond that. All its answers have to be described."""
    settings = {name: {"host": "127.0.0.1", "port": free_port()} for name in SERVERS}
    (tmp_path / "servers.json").write_text(json.dumps(settings))
    folder = tmp_path / "programs"  # of the user, where a test makes it
    own = {"data_dir": str(tmp_path), "token": TOKEN, "programs": str(folder)}
    app = create_app({**own, **PATIENT, **getattr(request, "param", {})})
    described = Described(app, json.loads(DESCRIPTION.read_text("utf-8")))
    yield app
    app.extensions["lab"].close(2.0)
    assert described.strangers == set()


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    running = Site(app)
    yield running
    running.close()
