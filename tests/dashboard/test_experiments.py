"""Clients by the button: bounded, shown, stopped, and only against our own running servers."""

import socket
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import psutil
import pytest

from dashboard.experiments import experiments as table
from tests.conftest import PATIENCE_S


@pytest.fixture(autouse=True)
def patient(monkeypatch: pytest.MonkeyPatch) -> None:
    """On a busy machine an experiment may need longer to end before it is killed."""
    monkeypatch.setattr(table, "END_S", PATIENCE_S)


def experiments(api: Any, name: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = api("GET", f"/api/servers/{name}")[1]["experiments"]
    return found


def figures(api: Any, name: str) -> dict[str, Any]:
    return api("GET", f"/api/servers/{name}")[1]["figures"] or {"connections": -1, "accepted": 0}


def crowds() -> list[psutil.Process]:
    """Processes of experiments."""
    found = []
    for child in psutil.Process().children(recursive=True):
        with suppress(psutil.Error):
            if "labservers.clients.crowd" in child.cmdline():
                found.append(child)
    return found


def test_fifty_clients_come_are_shown_and_are_stopped(
    api: Any, eventually: Callable[..., Any]
) -> None:
    api.start("subjects")
    status, body = api("POST", "/api/experiments/subjects", {"kind": "silent", "n": 50})
    assert (status, body["experiment"]["clients"]) == (202, 50)
    eventually(lambda: figures(api, "subjects")["connections"] >= 40, "the clients are there")
    assert experiments(api, "subjects")[0]["failed"] == 0
    assert len(crowds()) == 1
    assert api("DELETE", "/api/experiments/subjects") == (200, {"experiments": []})
    assert crowds() == []
    eventually(lambda: figures(api, "subjects")["connections"] == 0, "all gone")


def test_one_of_several_is_stopped_alone_and_then_all(api: Any) -> None:
    """With the chat, which has no time limit for its clients: none has left by itself."""
    api.start("chat")

    def begin(kind: str) -> int:
        status, body = api("POST", "/api/experiments/chat", {"kind": kind, "n": 1})
        assert status == 202
        number: int = body["experiment"]["id"]
        return number

    _, slow, _ = [begin(kind) for kind in ("silent", "slow", "half")]
    assert [one["kind"] for one in experiments(api, "chat")] == ["silent", "slow", "half"]
    api("DELETE", f"/api/experiments/chat?id={slow}")
    assert [one["kind"] for one in experiments(api, "chat")] == ["silent", "half"]
    assert api("DELETE", "/api/experiments/chat") == (200, {"experiments": []})
    assert crowds() == []


@pytest.mark.parametrize("name", ["hello", "hypotenuse", "page", "chat"])
def test_every_server_can_be_visited(api: Any, name: str, eventually: Callable[..., Any]) -> None:
    api.start(name)
    api("POST", f"/api/experiments/{name}", {"kind": "clients", "n": 5})
    eventually(lambda: figures(api, name).get("requests", 0) > 6, "answers")
    api("DELETE", f"/api/experiments/{name}")


def test_clients_that_stay_are_there_until_they_are_stopped(
    api: Any, eventually: Callable[..., Any]
) -> None:
    api.start("chat")
    for kind in ("half", "silent", "slow", "slow_reader"):
        api("POST", "/api/experiments/chat", {"kind": kind, "n": 20})
        eventually(lambda: figures(api, "chat")["connections"] == 20, kind)
        # Each goes before the next comes: on a busy machine the first might have left by then.
        api("DELETE", "/api/experiments/chat")
        eventually(lambda: figures(api, "chat")["connections"] == 0, "all are gone")


def test_clients_that_pass_end_by_themselves(api: Any, eventually: Callable[..., Any]) -> None:
    api.start("page")
    for number, kind in enumerate(("reset", "storm"), 1):
        api("POST", "/api/experiments/page", {"kind": kind, "n": 100})
        came = 100 * number
        eventually(lambda n=came: figures(api, "page")["accepted"] >= n, kind)
    eventually(lambda: experiments(api, "page") == [], "and are gone")
    assert api("GET", "/api/servers/page")[1]["state"] == "RUNNING"


def test_a_burst_of_datagrams_arrives(api: Any, eventually: Callable[..., Any]) -> None:
    api.start("hello")
    assert api("POST", "/api/experiments/hello", {"kind": "half", "n": 1})[0] == 409
    api("POST", "/api/experiments/hello", {"kind": "burst", "n": 2_000})
    eventually(lambda: figures(api, "hello")["accepted"] >= 100, "many arrive")
    eventually(lambda: experiments(api, "hello") == [], "it ends by itself")


def runs(pid: int) -> bool:
    return psutil.Process(pid).status() != psutil.STATUS_STOPPED


def test_a_frozen_program_thaws_when_it_is_stopped(
    api: Any, eventually: Callable[..., Any]
) -> None:
    view = api.start("page")
    api("POST", "/api/experiments/page", {"kind": "freeze"})
    eventually(lambda: not runs(view["pid"]), "it stands still")
    with socket.create_connection((view["host"], view["port"]), 30) as waiting:
        waiting.sendall(b"GET / HTTP/1.1\r\nHost: x\r\n\r\n")
        waiting.settimeout(0.2)
        with pytest.raises(TimeoutError):
            waiting.recv(1)
        api("DELETE", "/api/experiments/page")
        assert runs(view["pid"])
        waiting.settimeout(30)
        assert waiting.recv(5) == b"HTTP/"
    api("POST", "/api/experiments/page", {"kind": "freeze"})
    eventually(lambda: not runs(view["pid"]), "it stands still again")
    stopped = api("POST", "/api/servers/page/stop?wait=30")[1]
    assert stopped["state"] == "STOPPED"
    assert stopped["last_run"] is not None
    eventually(lambda: experiments(api, "page") == [], "the freeze is over")


def test_a_frozen_program_thaws_when_its_freeze_is_killed(
    api: Any, eventually: Callable[..., Any]
) -> None:
    view = api.start("page")
    api("POST", "/api/experiments/page", {"kind": "freeze"})
    eventually(lambda: not runs(view["pid"]), "it stands still")
    [freeze] = crowds()
    freeze.kill()
    eventually(lambda: runs(view["pid"]), "it goes on")
    eventually(lambda: experiments(api, "page") == [], "the freeze is over")


def test_a_program_that_ends_takes_its_experiments_with_it(
    api: Any, eventually: Callable[..., Any]
) -> None:
    api.start("chat")
    api("POST", "/api/experiments/chat", {"kind": "silent", "n": 3})
    eventually(lambda: figures(api, "chat")["connections"] == 3, "they are there")
    api("POST", "/api/servers/chat/kill?wait=30")
    eventually(lambda: not crowds(), "their process ends")
    eventually(lambda: experiments(api, "chat") == [], "it is forgotten")


REFUSED = [
    ({"kind": "clients", "n": 0}, 422),
    ({"kind": "clients", "n": 1001}, 422),
    ({"kind": "clients", "n": True}, 422),
    ({"kind": "slow", "n": 51}, 422),
    ({"kind": "freeze", "n": 2}, 422),
    ({"kind": "flood", "n": 1}, 422),
    ({"kind": [], "n": 1}, 422),
    ({"kind": {}, "n": 1}, 422),
    ({"kind": None, "n": 1}, 422),
    ({"kind": "clients", "n": [5]}, 422),
    ({"kind": "clients", "n": "5"}, 422),
    ({"kind": "clients", "n": 1, "host": "example.org"}, 400),
    ({"kind": "burst", "n": 1}, 409),
]


def test_what_is_out_of_bounds_is_refused(api: Any) -> None:
    api.start("subjects")
    for body, status in REFUSED:
        assert api("POST", "/api/experiments/subjects", body)[0] == status, body
    assert api("POST", "/api/experiments/nginx", {"kind": "clients", "n": 1})[0] == 404
    assert api("DELETE", "/api/experiments/subjects?id=x")[0] == 422
    assert experiments(api, "subjects") == []


def test_there_is_room_for_so_many_and_not_for_more(api: Any) -> None:
    api.start("chat")
    assert api("POST", "/api/experiments/chat", {"kind": "silent", "n": 5_000})[0] == 202
    status, body = api("POST", "/api/experiments/chat", {"kind": "silent", "n": 5_000})
    assert status == 409
    assert "5000 clients" in body["error"]["message"]
    api("DELETE", "/api/experiments/chat")


def test_a_stopped_server_is_left_alone(api: Any) -> None:
    for kind in ("clients", "freeze"):
        status, body = api("POST", "/api/experiments/subjects", {"kind": kind, "n": 1})
        assert (status, body["error"]["code"]) == (409, "not_running")


def test_an_experiment_ends_with_the_lab(
    api: Any, lab: Any, eventually: Callable[..., Any]
) -> None:
    view = api.start("chat")
    assert api("POST", "/api/experiments/chat", {"kind": "slow", "n": 3})[0] == 202
    assert api("POST", "/api/experiments/chat", {"kind": "freeze"})[0] == 202
    eventually(lambda: len(crowds()) == 2, "both run")
    lab.close(3.0)
    assert crowds() == []
    eventually(lambda: not psutil.pid_exists(view["pid"]), "the server is gone")
