"""A real dashboard that runs out of descriptors, of disk, of a reader; and programs that go on."""

import contextlib
import json
import os
import resource
import signal
import socket
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from simple_websocket import ConnectionClosed

from tests.scarcity import free_below, limited
from tests.system.conftest import TOKEN, RunningDashboard
from tests.websocket import Client

PATIENCE_S = 20.0


@pytest.fixture
def dashboard(run_dashboard: Callable[..., RunningDashboard]) -> RunningDashboard:
    return run_dashboard()


@pytest.fixture
def live(dashboard: RunningDashboard) -> Iterator[Callable[[], Client]]:
    """live(): a tab's websocket, with its first frame sent."""
    opened: list[Client] = []

    def connect() -> Client:
        opened.append(Client.connect(dashboard.url.replace("http", "ws") + "/ws/live"))
        with contextlib.suppress(ConnectionClosed):
            opened[-1].send(json.dumps({"token": TOKEN, "subscribe": []}))
        return opened[-1]

    yield connect
    for tab in opened:
        with contextlib.suppress(Exception):
            tab.close()
        tab.thread.join(PATIENCE_S)


def hears(tab: Client, wanted: Callable[[dict[str, Any]], Any]) -> Any:
    """The first true value of wanted(event or snapshot)."""
    while True:
        text = tab.receive(timeout=PATIENCE_S)
        assert text is not None, "nothing came in time"
        message = json.loads(text)
        if "seq" in message:
            tab.send(json.dumps({"ack": message["seq"]}))
        for event in message.get("events", [message]):
            if found := wanted(event):
                return found


def test_out_of_descriptors(dashboard: RunningDashboard, live: Callable[[], Client]) -> None:
    tab, pid = live(), dashboard.process.pid
    hears(tab, lambda message: "servers" in message)
    with limited(resource.RLIMIT_NOFILE, free_below(pid, 2), pid):
        view = dashboard.api("POST", "/api/servers/hello/start?wait=30")
        assert view["failure"]["reason"] == "descriptors"
        assert "Too many open files" in view["failure"]["message"]
        assert view["failure"]["next_step"] == "close tabs, stop programs, or raise ulimit -n"
        said = hears(tab, lambda event: event.get("kind") == "server" and event["server"])
        assert (said["name"], said["state"]) == ("hello", "FAILED")
    dashboard.start("hello")
    assert hears(live(), lambda message: "servers" in message)


def test_a_log_on_a_full_disk_is_said_on_every_page(
    dashboard: RunningDashboard, live: Callable[[], Client]
) -> None:
    tab = live()
    with limited(resource.RLIMIT_FSIZE, 0, dashboard.process.pid):
        dashboard.start("hello")
        troubles = hears(tab, lambda event: event.get("troubles"))
    assert [(t["code"], t["about"], t["why"]) for t in troubles] == [
        ("log", "hello", "File too large")
    ]
    assert "log lines are kept here alone" in str(dashboard.api("GET", "/api/servers/hello/logs"))


def ask_hello(port: int) -> bytes:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as client:
        client.settimeout(PATIENCE_S)
        client.sendto(b"Hello server", ("127.0.0.1", port))
        return client.recv(1_000)


def test_servers_go_on_while_the_dashboard_does_not_read(dashboard: RunningDashboard) -> None:
    """The pipe of the log (64 KiB) and the channel fill; nobody waits for them."""
    dashboard.start("hello")
    os.kill(dashboard.process.pid, signal.SIGSTOP)
    try:
        for _ in range(3_000):
            assert ask_hello(dashboard.ports["hello"])
    finally:
        os.kill(dashboard.process.pid, signal.SIGCONT)
    view = dashboard.api("GET", "/api/servers/hello")
    assert view["state"] in ("RUNNING", "FROZEN")
    assert view["generation"] == 1


def test_a_grade_book_that_was_damaged_is_said_in_the_log_and_on_the_page(
    dashboard: RunningDashboard, eventually: Callable[..., Any]
) -> None:
    path = Path(dashboard.folder / "subjects.sqlite3")
    path.write_text("not a database " * 500)
    dashboard.start("subjects")

    def notices() -> list[Any]:
        found: list[Any] = dashboard.api("GET", "/api/servers/subjects")["notices"]
        return found

    (notice,) = eventually(notices)
    assert notice["code"] == "grades_aside"
    logs = "/api/servers/subjects/logs"
    assert eventually(lambda: "was damaged: it is kept as" in str(dashboard.api("GET", logs)))
    assert list(dashboard.folder.glob("subjects.sqlite3.broken-*"))
