"""Pause, step and breakpoints over HTTP, and what becomes of a hold when its tab is closed."""

import urllib.request
from collections.abc import Callable
from typing import Any

import pytest

from dashboard.live import chat_rules

PATH = "/api/programs/subjects/hold"


def hold(site: Any, action: str, tab: str = "", **values: Any) -> Any:
    headers = {"X-Lab-Tab": tab} if tab else {}
    return site.api("POST", PATH, {"action": action, **values}, **headers)


def view(site: Any) -> Any:
    return site.api("GET", "/api/programs/subjects")


def test_one_controller_holds_another_takes_over_and_a_closed_tab_lets_go(
    site: Any, eventually: Callable[..., Any]
) -> None:
    host, port = site.start("subjects")
    anna = site.talk("/ws/live", {"tab": "tab-of-anna"})
    assert anna.hear()["type"] == "snapshot"
    assert hold(site, "pause", "tab-of-anna", controller="Anna")["status"] == 202
    eventually(lambda: view(site)["paused"], "it is held")
    refused = hold(site, "step", "tab-of-boris", controller="Boris")
    assert (refused["status"], refused["error"]["code"]) == (409, "not_now")
    assert "Anna" in refused["error"]["message"]
    assert site.api("POST", "/api/servers/subjects/loop", {"action": "resume"})["status"] == 409
    boris = site.talk("/ws/live", {"tab": "tab-of-boris"})
    assert boris.hear()["type"] == "snapshot"
    taken = hold(site, "step", "tab-of-boris", controller="Boris", take=True)
    assert taken["status"] == 202
    anna.close()
    boris.close()
    eventually(lambda: not view(site)["paused"], "it runs on")
    with urllib.request.urlopen(f"http://{host}:{port}/", timeout=30) as answer:
        assert answer.status == 200
    assert hold(site, "pause", controller="Anna")["status"] == 202


@pytest.mark.parametrize("name", ["Аня", "A\u00a0B", "山田\u3000太郎", "\ue000", "\U0001fae9"])
def test_whoever_may_chat_by_a_name_may_hold_by_it(site: Any, name: str) -> None:
    assert chat_rules.name_problem(name) == ""
    refused = hold(site, "pause", controller=name)
    assert (refused["status"], refused["error"]["code"]) == (409, "not_running")
    assert hold(site, "pause", controller=f"{name}\u202e")["status"] == 422


@pytest.mark.parametrize(
    "body",
    [
        {"action": "jump"},
        {"action": None},
        {"action": "pause", "seconds": 301},
        {"action": "slow", "seconds": 3},
        {"action": "slow", "seconds": "0.1"},
        {"action": "step", "until": "the end"},
        {"action": "step", "thread": 5},
        {"action": "step", "thread": ""},
        {"action": "break", "lines": "server.py:24"},
        {"action": "break", "lines": [1]},
        {"action": "break", "calls": ["recv"] * 101},
        {"action": "break", "exceptions": 1},
        {"action": "pause", "controller": "x" * 61},
        {"action": "pause", "controller": "Ann\u202e"},
        {"action": "pause", "controller": "\ud800"},
        {"action": "pause", "take": "yes"},
    ],
    ids=lambda body: str(body)[:40],
)
def test_what_cannot_be_is_refused_with_the_reason(app: Any, body: dict[str, Any]) -> None:
    headers = {"X-Lab-Token": "token-of-the-tests", "Host": "127.0.0.1:5000"}
    answer = app.test_client().post(PATH, json=body, headers=headers)
    assert answer.status_code == 422
    assert answer.get_json()["error"]["message"]


def test_what_does_not_run_cannot_be_held(site: Any) -> None:
    assert hold(site, "pause")["error"]["code"] == "not_running"
    unknown = site.api("POST", "/api/programs/nobody/hold", {"action": "pause"})
    assert unknown["error"]["code"] == "unknown_server"
    assert site.api("POST", PATH, {"action": "pause", "command": "x"})["status"] == 400
