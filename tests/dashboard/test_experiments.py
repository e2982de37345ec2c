"""Clients by the button: bounded, shown, stopped, and only against our own running servers."""

import threading
from collections.abc import Callable
from typing import Any

import pytest


def test_fifty_clients_come_are_shown_and_are_stopped(
    api: Any, eventually: Callable[..., Any]
) -> None:
    api.start("subjects")
    status, body = api("POST", "/api/experiments/subjects", {"kind": "clients", "n": 50})
    assert (status, body["experiment"]["clients"]) == (202, 50)
    eventually(
        lambda: api("GET", "/api/servers/subjects")[1]["figures"]["connections"] >= 40,
        "the clients are there",
        15,
    )
    assert api("GET", "/api/servers/subjects")[1]["experiment"]["failed"] == 0
    api("POST", "/api/experiments/subjects", {"kind": "slow", "n": 1})
    assert api("DELETE", "/api/experiments/subjects")[0] == 200
    assert api("GET", "/api/servers/subjects")[1]["experiment"] is None
    eventually(
        lambda: api("GET", "/api/servers/subjects")[1]["figures"]["connections"] == 0,
        "all gone",
        15,
    )


@pytest.mark.parametrize("name", ["hello", "hypotenuse", "page", "chat"])
def test_every_server_can_be_visited(api: Any, name: str, eventually: Callable[..., Any]) -> None:
    api.start(name)
    api("POST", f"/api/experiments/{name}", {"kind": "clients", "n": 5})
    eventually(
        lambda: (api("GET", f"/api/servers/{name}")[1]["figures"] or {}).get("requests", 0) > 6,
        "answers",
        15,
    )
    api("DELETE", f"/api/experiments/{name}")


@pytest.mark.parametrize(
    ("body", "status"),
    [
        ({"kind": "clients", "n": 0}, 422),
        ({"kind": "clients", "n": 1001}, 422),
        ({"kind": "clients", "n": True}, 422),
        ({"kind": "slow", "n": 51}, 422),
        ({"kind": "flood", "n": 1}, 422),
        ({"kind": [], "n": 1}, 422),
        ({"kind": {}, "n": 1}, 422),
        ({"kind": None, "n": 1}, 422),
        ({"kind": "clients", "n": [5]}, 422),
        ({"kind": "clients", "n": "5"}, 422),
        ({"kind": "clients", "n": 1, "host": "example.org"}, 400),
        ({"kind": "clients", "n": 1}, 409),
    ],
)
def test_bounds_and_a_stopped_server(api: Any, body: dict[str, Any], status: int) -> None:
    assert api("POST", "/api/experiments/subjects", body)[0] == status
    assert api("POST", "/api/experiments/nginx", {"kind": "clients", "n": 1})[0] == 404


def test_an_experiment_ends_with_the_lab(api: Any, lab: Any) -> None:
    api.start("chat")
    assert api("POST", "/api/experiments/chat", {"kind": "slow", "n": 3})[0] == 202
    visitors = [t for t in threading.enumerate() if t.name == "experiment-chat"]
    assert len(visitors) == 1
    lab.close(3.0)
    assert not visitors[0].is_alive()
