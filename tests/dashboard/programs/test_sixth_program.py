"""A program that the catalogue lists has all that its capabilities bring, and nothing else has
to know it."""

import json
import re
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from dashboard import create_app as create_dashboard
from dashboard.programs.catalogue import catalogue
from dashboard.programs.launch import Launch
from dashboard.programs.program import Program
from tests.ports import free_port
from tests.sixth import create_app

HEADERS = {"Host": "127.0.0.1", "X-Lab-Token": "sixth"}


@pytest.fixture
def app(tmp_path: Path) -> Iterator[Flask]:
    (tmp_path / "servers.json").write_text(json.dumps({"twin": {"port": free_port()}}))
    app = create_app({"data_dir": str(tmp_path), "token": "sixth"})
    yield app
    app.extensions["lab"].close(3.0)


ECHO = """
import socket, sys
with socket.create_server(("127.0.0.1", int(sys.argv[1]))) as server:
    print("echo listens")
    while True:
        client, _ = server.accept()
        with client:
            while data := client.recv(4096):
                if data == b"bye\\n":
                    sys.exit(0)
                client.sendall(data)
"""


@pytest.fixture
def echo(tmp_path: Path) -> Iterator[Flask]:
    """A file that knows nothing of us: it has no channel and takes nothing but a port."""
    file = tmp_path / "echo.py"
    file.write_text(ECHO)
    program = Program(
        name="echo",
        title="Echo",
        number=6,
        launch=Launch(file=file, arguments=("{port}",), folder=tmp_path),
        capabilities=frozenset({"wire"}),
    )
    (tmp_path / "servers.json").write_text(json.dumps({"echo": {"port": free_port()}}))
    config = {"data_dir": str(tmp_path), "token": "sixth"}
    app = create_dashboard(config, catalogue([program]))
    yield app
    app.extensions["lab"].close(3.0)


def test_a_plain_file_is_started_talked_to_and_finishes(
    echo: Flask, eventually: Callable[..., Any]
) -> None:
    view = ask(echo, "POST", "/api/servers/echo/start?wait=30")
    assert view["state"] == "RUNNING", view["failure"]
    assert [tab["name"] for tab in view["tabs"]] == ["wire", "connections", "logs", "life"]
    assert view["sockets"] == [["127.0.0.1", view["port"]]]
    with socket.create_connection((view["host"], view["port"]), 30) as client:
        client.sendall(b"hello")
        assert client.recv(10) == b"hello"
        client.sendall(b"bye\n")
    eventually(lambda: ask(echo, "GET", "/api/servers/echo")["state"] == "STOPPED", "it finishes")
    view = ask(echo, "GET", "/api/servers/echo")
    assert (view["failure"], view["last_run"]["duration_s"] > 0) == (None, True)
    logs = ask(echo, "GET", "/api/servers/echo/logs")["lines"]
    assert [(line["level"], line["text"]) for line in logs] == [("info", "echo listens")]


def ask(app: Flask, method: str, path: str, body: Any = None) -> Any:
    answer = app.test_client().open(path, method=method, json=body, headers=HEADERS)
    return answer.get_json()


def test_it_has_a_card_a_page_tabs_and_topics(app: Flask) -> None:
    views = ask(app, "GET", "/api/servers")["servers"]
    assert [view["task"] for view in views] == [1, 2, 3, 4, 5, 6]
    view = views[-1]
    assert [tab["name"] for tab in view["tabs"]] == [
        "loop",
        "code",
        "wire",
        "connections",
        "logs",
        "life",
    ]
    assert view["tabs"][0]["topics"] == ["loop:twin", "rows:twin", "tasks:twin"]
    lab = app.extensions["lab"]
    assert all(lab.has_topic(f"{kind}:twin") for kind in ("loop", "rows", "logs"))
    for path, status in {
        "": 200,
        "/loop": 200,
        "/connections": 200,
        "/logs": 200,
        "/rooms": 404,
    }.items():
        page = app.test_client().get(f"/servers/twin{path}", headers=HEADERS)
        assert page.status_code == status, path
    page = app.test_client().get("/servers/twin", headers=HEADERS).get_data(as_text=True)
    assert re.search(r"<title>[^<]* · A twin of number five", page)


def test_it_runs_is_looked_at_and_is_held(app: Flask, eventually: Callable[..., Any]) -> None:
    view = ask(app, "POST", "/api/servers/twin/start?wait=30")
    assert view["state"] == "RUNNING", view["failure"]

    def states() -> set[str]:
        return {row["state"] for row in ask(app, "GET", "/api/servers/twin/tasks")["rows"]}

    eventually(lambda: "accepting" in states(), "its rows came, on a busy machine not within 1 s")
    source = ask(app, "GET", "/api/servers/twin/source")
    assert source["file"] == "subjects.py"
    ask(app, "POST", "/api/servers/twin/loop", {"action": "pause"})
    eventually(lambda: ask(app, "GET", "/api/servers/twin")["paused"], "it is held")
    metrics = app.test_client().get("/metrics", headers=HEADERS).get_data(as_text=True)
    assert 'socketlab_up{server="twin"} 1' in metrics


def test_it_is_visited_though_nobody_says_how(app: Flask) -> None:
    ask(app, "POST", "/api/servers/twin/start?wait=30")
    begun = ask(app, "POST", "/api/experiments/twin", {"kind": "reset", "n": 1})
    assert begun["experiment"]["clients"] == 1
    ask(app, "DELETE", "/api/experiments/twin")
