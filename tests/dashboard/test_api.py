"""The HTTP API against real servers."""

import contextlib
import http.client
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labservers.registry import SERVERS
from tests.ports import free_port


def test_the_five_servers_are_listed(api: Any) -> None:
    status, body = api("GET", "/api/servers")
    assert status == 200
    assert [view["name"] for view in body["servers"]] == list(SERVERS)
    assert all(view["state"] == "STOPPED" for view in body["servers"])
    hosts = [choice["host"] for choice in body["servers"][0]["host_choices"]]
    assert hosts[0] == "127.0.0.1"
    assert socket.gethostname() in hosts


def test_start_stop_and_again(api: Any, lab: Any) -> None:
    status, view = api("POST", "/api/servers/hypotenuse/start")
    assert status == 202
    assert view["state"] in ("STARTING", "RUNNING")  # where it is as quick as the answer
    view = api.start("hypotenuse")
    moves = lab.supervisor.server("hypotenuse").reports.moves.as_shown()["moves"]
    assert [move["to"] for move in moves] == ["STARTING", "RUNNING"]
    assert view["pid"]
    assert api("POST", "/api/servers/hypotenuse/start")[0] == 200
    status, view = api("POST", "/api/servers/hypotenuse/stop?wait=30")
    assert (status, view["state"]) == (200, "STOPPED")
    assert api("POST", "/api/servers/hypotenuse/stop")[0] == 200
    assert view["last_run"]["duration_s"] > 0


def test_start_all_and_stop_all(api: Any) -> None:
    status, body = api("POST", "/api/servers/start?wait=30")
    assert (status, {v["state"] for v in body["servers"]}) == (202, {"RUNNING"})
    status, body = api("POST", "/api/servers/stop?wait=30")
    assert (status, {v["state"] for v in body["servers"]}) == (202, {"STOPPED"})


def test_settings_are_remembered_and_refused_while_running(api: Any, tmp_path: Path) -> None:
    port = api("GET", "/api/servers/page")[1]["port"]
    status, view = api("POST", "/api/servers/page/settings", {"model": "blocking"})
    assert (status, view["model"]) == (200, "blocking")
    assert '"blocking"' in (tmp_path / "servers.json").read_text()
    api.start("page")
    status, body = api("POST", "/api/servers/page/settings", {"port": port + 1})
    assert (status, body["error"]["code"]) == (409, "not_now")
    assert body["error"]["next_step"]
    assert api("POST", "/api/servers/page/settings", {"model": "blocking"})[0] == 200
    assert api("POST", "/api/servers/page/settings", {"port": "x"})[0] in (409, 422)
    assert api("POST", "/api/servers/page/settings", {"command": "rm"})[0] == 400


def test_a_port_in_use_names_its_owner(api: Any, app: Any) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port()))
        other.listen()
        port = other.getsockname()[1]
        status, view = api("POST", "/api/servers/chat/start?wait=30", {"port": port})
        failure = view["failure"]
        assert (status, view["state"], failure["reason"]) == (200, "FAILED", "port_in_use")
        assert failure["port_owner"]["pid"]
        assert failure["code"] == "EADDRINUSE"
        assert failure["free_port"] > port
        status, view = api(
            "POST", "/api/servers/chat/start?wait=30", {"port": failure["free_port"]}
        )
        assert view["state"] == "RUNNING"


@pytest.mark.parametrize("name", ["nginx", "..", "chat2"])
def test_no_other_name_is_known(api: Any, name: str) -> None:
    assert api("GET", f"/api/servers/{name}")[0] == 404
    assert api("POST", f"/api/servers/{name}/start")[0] in (404, 405)


def test_a_body_that_is_no_object_is_refused(api: Any) -> None:
    for body in ([], "x", 5):
        status, answer = api("POST", "/api/servers/chat/start", body)
        assert (status, bool(answer["error"]["message"])) == (400, True)
    assert api("GET", "/api/nothing")[0] == 404
    assert api("GET", "/api/servers/chat/logs?since=x")[0] == 422
    assert api("POST", "/api/servers/chat/start?wait=x")[0] == 422


def listed(api: Any, what: str, name: str) -> list[Any]:
    rows: list[Any] = api("GET", f"/api/servers/subjects/{what}")[1][name]
    return rows


def test_logs_connections_and_source(api: Any, eventually: Callable[..., Any]) -> None:
    view = api.start("subjects")
    where = view["host"], view["port"]
    with contextlib.closing(http.client.HTTPConnection(*where, timeout=30)) as client:
        client.request("GET", "/subjects/1")
        client.getresponse().read()
        eventually(
            lambda: (
                {"accepting", "reading"} <= {row["state"] for row in listed(api, "tasks", "rows")}
            ),
            "both tasks",
        )
        eventually(lambda: listed(api, "logs?q=/subjects/1", "lines"), "the log line")
    source = api("GET", "/api/servers/subjects/source")[1]
    assert source["file"] == "subjects.py"
    names = [function["name"] for function in source["functions"]]
    assert names[:2] == ["serve_forever", "serve_client"]
    text = api.client.get("/api/servers/subjects/logs?download=1", headers={"Host": "127.0.0.1"})
    assert "attachment" in text.headers["Content-Disposition"]
    assert "listening on" in text.get_data(as_text=True)


def test_the_loop_is_held_and_let_go(api: Any, eventually: Callable[..., Any]) -> None:
    assert api("POST", "/api/servers/subjects/loop", {"action": "pause"})[0] == 409
    api.start("subjects")
    assert api("POST", "/api/servers/subjects/loop", {"action": "pause"})[0] == 202
    eventually(lambda: api("GET", "/api/servers/subjects")[1]["paused"], "the stepper says so")
    assert api("POST", "/api/servers/subjects/loop", {"action": "resume"})[0] == 202
    assert api("POST", "/api/servers/subjects/loop", {"action": "dance"})[0] == 422
    assert api("POST", "/api/servers/subjects/loop", {"action": "slow", "seconds": 99})[0] == 422
    assert api("POST", "/api/servers/chat/loop", {"action": "pause"})[0] == 409


def test_health_and_metrics(api: Any, eventually: Callable[..., Any]) -> None:
    api.start("chat")
    assert api("GET", "/healthz")[1]["servers"]["chat"] == "RUNNING"

    def text() -> str:
        answer = api.client.get("/metrics", headers={"Host": "127.0.0.1"})
        result: str = answer.get_data(as_text=True)
        return result

    assert 'socketlab_up{server="chat"} 1' in text()
    assert 'socketlab_up{server="page"} 0' in text()
    eventually(lambda: 'socketlab_connections{server="chat"}' in text(), "figures have come")


def test_what_runs_is_wanted_again_or_not(api: Any, lab: Any) -> None:
    assert api("GET", "/api/restore") == (200, {"wanted": False})
    assert api("POST", "/api/restore", {"wanted": True}) == (200, {"wanted": True})
    assert api("GET", "/api/restore")[1] == {"wanted": True}
    assert lab.snapshot()["restore"] is True
    for wanted in (1, "yes", None):
        status, answer = api("POST", "/api/restore", {"wanted": wanted})
        assert (status, answer["error"]["next_step"]) == (422, "send true")
    assert lab.ran.wanted


def test_a_server_of_several_processes_is_refused(api: Any) -> None:
    several = {"wsgi.multiprocess": True}
    answer = api.client.get("/healthz", headers={"Host": "127.0.0.1"}, environ_overrides=several)
    assert answer.status_code == 503
    assert "several processes" in answer.get_json()["error"]["message"]
    assert "gunicorn -w 1" in answer.get_json()["error"]["next_step"]
