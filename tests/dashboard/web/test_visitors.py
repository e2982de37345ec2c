"""Visitors from this machine and from others: they look, change what runs, or start programs."""

import json
import re
import socket
from pathlib import Path
from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

from dashboard import create_app, middleware
from dashboard.rights import Right, need_of
from dashboard.security import public_addresses
from dashboard.supervision.hosts import others_reach
from tests.conftest import wait_until
from tests.elsewhere import FAR, HOST, Elsewhere

TOKEN = "token-of-the-tests"
OPEN = {"host": "0.0.0.0"}
CHANGES = {
    *("api.stop_all", "api.stop", "api.kill", "api.end_experiment", "holds.hold", "holds.loop"),
    *("programs.look", "programs.stop", "programs.interrupt", "programs.kill"),
    *("exchanges.hello", "exchanges.hypotenuse", "exchanges.page", "exchanges.subjects"),
    "checks.cancel",
}
OPENED = pytest.mark.parametrize("app", [OPEN], indirect=True)


def ask(
    app: Flask, method: str, path: str, *, token: str = "", address: str = FAR, host: str = HOST
) -> Any:
    headers = {"Host": host, **({"X-Lab-Token": token} if token else {})}
    client: FlaskClient = app.test_client()
    return client.open(
        path,
        method=method,
        headers=headers,
        json={} if method != "GET" else None,
        environ_overrides={"REMOTE_ADDR": address},
    )


def boot(page: str) -> Any:
    found = re.search(r'id="boot">(.*?)</script>', page, re.S)
    assert found
    return json.loads(found[1])


def test_a_route_without_a_mark_needs_the_highest_right(app: Flask) -> None:
    unsafe = {
        rule.endpoint
        for rule in app.url_map.iter_rules()
        if (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}
    }
    lower = {name for name in unsafe if need_of(app.view_functions[name]).right < Right.START}
    assert lower == CHANGES


@OPENED
def test_a_visitor_from_another_machine_looks_and_changes_nothing(app: Flask) -> None:
    page = ask(app, "GET", "/")
    assert page.status_code == 200
    assert TOKEN not in page.text
    assert boot(page.text)["snapshot"]["visitor"] == {
        "may": "look", "home": False, "addresses": [],
    }  # fmt: skip
    assert ask(app, "GET", "/api/servers/chat/logs").status_code == 200
    for path in ("/api/servers/chat/stop", "/api/servers/chat/start", "/api/try/hello"):
        refused = ask(app, "POST", path)
        assert refused.status_code == 403
        assert refused.get_json()["error"]["message"] == (
            "a visitor from another machine looks only"
        )
    assert ask(app, "GET", "/", token="wrong").status_code == 403


@OPENED
def test_the_token_lets_it_change_what_runs_but_start_nothing(app: Flask) -> None:
    assert ask(app, "POST", "/api/servers/chat/stop", token=TOKEN).status_code == 200
    for path in ("start", "restart", "settings"):
        refused = ask(app, "POST", f"/api/servers/chat/{path}", token=TOKEN)
        assert refused.status_code == 403
        assert "SOCKETLAB_REMOTE_START" in refused.get_json()["error"]["next_step"]
    for path in ("/api/experiments/chat", "/api/programs/chat/check", "/api/servers/start"):
        assert ask(app, "POST", path, token=TOKEN).status_code == 403


@pytest.mark.parametrize("app", [{**OPEN, "remote_start": 1}], indirect=True)
def test_a_setting_lets_the_token_start_programs_from_another_machine(app: Flask) -> None:
    allowed = ask(app, "POST", "/api/servers/chat/settings", token=TOKEN)
    assert allowed.status_code == 200
    assert ask(app, "POST", "/api/servers/chat/settings").status_code == 403


def test_programs_are_opened_to_the_network_one_by_one(site: Any) -> None:
    view = site.api("POST", "/api/programs/page/settings", OPEN)
    (chosen,) = (choice for choice in view["host_choices"] if choice["host"] == OPEN["host"])
    assert chosen["warning"] is True
    for name, reached in {"page": True, "hypotenuse": False}.items():
        port = site.start(name)[1]
        with socket.socket() as visitor:  # 127.0.0.2: an address beyond that of loopback
            assert (visitor.connect_ex((HOST, port)) == 0) is reached, name
    views = site.api("GET", "/api/programs")["programs"]
    assert [v["name"] for v in views if v["bind_host"] != "127.0.0.1"] == ["page"]


@OPENED
def test_files_that_are_no_programs_yet_are_the_owners_alone(app: Flask) -> None:
    folder = Path(app.extensions["lab"].config.programs)
    folder.mkdir()
    (folder / "secret.py").write_text("print()")
    home = boot(ask(app, "GET", "/", address="127.0.0.1").text)["snapshot"]["files"]
    (name,) = [file["id"] for file in home if file["title"] == "secret.py"]
    assert boot(ask(app, "GET", "/").text)["snapshot"]["files"] == []
    assert ask(app, "GET", "/api/programs").get_json()["files"] == []
    for path in (f"/programs/{name}", f"/api/programs/{name}", f"/api/programs/{name}/source"):
        assert ask(app, "GET", path).status_code == 404
    assert ask(app, "GET", f"/programs/{name}", address="127.0.0.1").status_code == 200
    assert ask(app, "GET", f"/api/programs/{name}/source").status_code == 200


@OPENED
def test_no_answer_tells_the_owners_link_of_files_that_are_no_programs(
    app: Flask, site: Any
) -> None:
    folder = Path(app.extensions["lab"].config.programs)
    folder.mkdir()
    texts = {"main.py": "import used\ninput()", "used.py": "", "unused.py": "# mine"}
    for file, text in texts.items():
        (folder / file).write_text(text)
    home = {file["title"]: file["id"] for file in site.api("GET", "/api/programs")["files"]}
    name = home["main.py"]
    assert site.api("POST", f"/api/programs/{name}/start?wait=30", {})["status"] == 200
    own = app.extensions["lab"].supervisor.server(name).own_files
    wait_until(lambda: folder.resolve() / "used.py" in own(), "its import is seen")
    source = f"/api/programs/{name}/source"
    assert len(site.api("GET", source)["files"]) == 3
    for token in ("", TOKEN):
        told = ask(app, "GET", source, token=token).get_json()
        assert told["files"] == ["main.py", "used.py"]
        assert ask(app, "GET", f"{source}?file=unused.py", token=token).status_code == 404
        assert ask(app, "GET", "/api/programs", token=token).get_json()["files"] == []
    assert ask(app, "POST", "/api/programs/look", token=TOKEN).get_json()["files"] == []
    assert ask(app, "POST", f"/api/programs/{name}/stop?wait=30", token=TOKEN).status_code == 200
    site.api("GET", f"/api/programs/{home['used.py']}")
    gone = site.api("DELETE", f"/api/programs/{home['used.py']}")
    assert {file["title"] for file in gone["files"]} >= {"main.py", "used.py", "unused.py"}


@OPENED
def test_the_owners_link_lets_no_program_go_as_it_could_not_open_it_again(
    app: Flask, site: Any, tmp_path: Path
) -> None:
    (folder := tmp_path / "programs").mkdir()
    (folder / "asks.py").write_text("input()")
    (file,) = [f for f in site.api("GET", "/api/programs")["files"] if f["title"] == "asks.py"]
    there = f"/api/programs/{file['id']}"
    assert site.api("POST", f"{there}/settings", {"arguments": "kept"})["status"] == 200
    for token in ("", TOKEN):
        refused = ask(app, "DELETE", there, token=token)
        assert refused.status_code == 403
    assert "SOCKETLAB_REMOTE_START" in refused.get_json()["error"]["next_step"]
    assert site.api("GET", there)["arguments"] == "kept"
    assert site.api("DELETE", there)["status"] == 200
    assert site.api("GET", there)["arguments"] == ""


@pytest.mark.parametrize("app", [{**OPEN, "remote_start": 1}], indirect=True)
def test_one_that_may_start_programs_from_another_machine_lets_them_go(
    app: Flask, tmp_path: Path
) -> None:
    (folder := tmp_path / "programs").mkdir()
    (folder / "asks.py").write_text("input()")
    files = ask(app, "POST", "/api/programs/look", token=TOKEN).get_json()["files"]
    (name,) = [file["id"] for file in files if file["title"] == "asks.py"]
    assert ask(app, "POST", f"/api/programs/{name}/settings", token=TOKEN).status_code == 200
    gone = ask(app, "DELETE", f"/api/programs/{name}", token=TOKEN)
    assert (gone.status_code, len(gone.get_json()["files"])) == (200, len(files))


def test_a_machine_that_is_open_knows_its_own_addresses_and_no_others(tmp_path: Path) -> None:
    app = create_app({"data_dir": str(tmp_path), **OPEN, "names": "lab.example,Other"})
    for host, status in {
        "127.0.0.1:5000": 200,
        "localhost": 200,
        "other:80": 200,
        "lab.example": 200,
        "evil.example": 403,
        "198.51.100.7": 403,
        "127.0.0.1.evil.example": 403,
    }.items():
        assert ask(app, "GET", "/healthz", host=host).status_code == status, host


@pytest.mark.parametrize(
    "address", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1", "<local>"]
)
def test_this_machine_is_at_home_in_every_spelling(app: Flask, address: str) -> None:
    page = ask(app, "GET", "/", address=address)
    assert boot(page.text)["snapshot"]["visitor"]["may"] == "start"
    assert TOKEN in page.text


@OPENED
def test_the_addresses_for_others_are_those_of_tls_where_it_is_served(app: Flask) -> None:
    lab = app.extensions["lab"]
    hosts = others_reach(OPEN["host"])  # none on a machine without a network
    assert public_addresses(lab, "https://127.0.0.1:5001") == [f"https://{h}:5001" for h in hosts]
    assert public_addresses(lab, "http://127.0.0.1") == [f"http://{h}:80" for h in hosts]


@OPENED
def test_websockets_of_a_visitor_show_everything_and_take_nothing(app: Flask, site: Any) -> None:
    middleware.wrap(app, Elsewhere)
    site.start("chat")
    home = site.talk("/ws/chat", {"room": "1", "name": "Ann"})
    assert home.hear_until("status")["state"] == "connected"
    site.url = site.url.replace("127.0.0.1", HOST)
    far = site.talk("/ws/live", {"token": ""})
    assert far.hear()["visitor"]["may"] == "look"
    assert site.talk("/ws/live", {"token": "wrong"}).close_code() == 4401
    reader = site.talk("/ws/chat", {"token": "", "room": "1", "name": "Bob"})
    assert reader.hear_until("status")["state"] == "connected"
    reader.tell({"say": "hello", "id": "m1"})
    assert reader.hear_until("status") == {
        "state": "may_not", "message": "a visitor looks only", "id": "m1",
    }  # fmt: skip
    while not any(event.get("people") == 2 for event in home.hear_until("events")):
        pass
    home.tell({"say": "read this"})
    assert reader.hear_until("said")["texts"] == ["Ann: read this"]


@pytest.mark.parametrize("app", [{**OPEN, "live_sockets": 2}], indirect=True)
def test_a_crowd_of_visitors_leaves_room_for_the_owner(app: Flask, site: Any) -> None:
    middleware.wrap(app, Elsewhere)
    owners = site.url
    site.url = site.url.replace("127.0.0.1", HOST)
    for _ in range(2):
        assert site.talk("/ws/live", {"token": ""}).hear()["type"] == "snapshot"
    assert site.talk("/ws/live", {"token": ""}).close_code() == 4429
    site.url = owners
    assert site.talk("/ws/live", {}).hear()["type"] == "snapshot"
