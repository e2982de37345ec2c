"""All routes and websockets, as the application has them: none that is added later is left out."""

import re
import socket
from typing import Any

import pytest
from flask import Flask
from wsproto import ConnectionType, WSConnection, events

SAFE = {"GET", "HEAD", "OPTIONS"}
ORIGINS = ["http://evil.example", "null", "http://127.0.0.1:1", "https://localhost.evil.example"]


def routes(app: Flask, *, safe: bool) -> list[tuple[str, str]]:
    """(method, path), of a program that there is."""
    found = []
    for rule in app.url_map.iter_rules():
        path = re.sub(r"<(?:\w+:)?name>", "hello", rule.rule)
        path = re.sub(r"<[^>]+>", "x", path)
        if not path.startswith("/ws/"):
            methods = (rule.methods or set()) - {"HEAD", "OPTIONS"}
            found += [(method, path) for method in methods if (method in SAFE) == safe]
    return found


def websockets(app: Flask) -> list[str]:
    return [rule.rule for rule in app.url_map.iter_rules() if rule.rule.startswith("/ws/")]


@pytest.mark.parametrize("token", ["", "wrong", "token-of-the-test", "token-of-the-tests "])
def test_none_changes_anything_without_the_token(app: Flask, token: str) -> None:
    unsafe = routes(app, safe=False)
    assert len(unsafe) > 20
    for method, path in unsafe:
        headers = {"X-Lab-Token": token} if token else {}
        answer = app.test_client().open(path, method=method, headers=headers, json={})
        assert answer.status_code == 403, (method, path)


@pytest.mark.parametrize("origin", ORIGINS)
def test_none_obeys_another_sites_page(app: Flask, origin: str) -> None:
    for method, path in routes(app, safe=False):
        headers = {"X-Lab-Token": "token-of-the-tests", "Origin": origin}
        answer = app.test_client().open(path, method=method, headers=headers, json={})
        assert answer.status_code == 403, (method, path)


def test_none_takes_the_token_from_elsewhere(app: Flask) -> None:
    """A form of another site sends no header of ours, but it has queries, fields and cookies."""
    token = "token-of-the-tests"
    for method, path in routes(app, safe=False):
        client = app.test_client()
        client.set_cookie("X-Lab-Token", token)
        answer = client.open(
            f"{path}?X-Lab-Token={token}&token={token}", method=method, data={"token": token}
        )
        assert answer.status_code == 403, (method, path)


def test_none_changes_anything_by_get(app: Flask) -> None:
    """Every action asked for by GET: refused, or an answer that changes nothing."""
    lab = app.extensions["lab"]
    client = app.test_client()

    def state() -> Any:
        return [(v["name"], v["state"], v["port"], v["generation"]) for v in lab.supervisor.views()]

    before = state()
    for _, path in routes(app, safe=False):
        answer = client.get(path, query_string={"wait": "1"})
        assert answer.status_code in (200, 404, 405), path
    for _, path in routes(app, safe=True):
        client.get(path, query_string={"action": "start", "_method": "POST"}).close()
    for method in ("HEAD", "OPTIONS"):
        for _, path in routes(app, safe=False):
            client.open(path, method=method).close()
    assert state() == before


def test_no_method_is_smuggled_in(app: Flask) -> None:
    for _, path in routes(app, safe=False):
        headers = {"X-HTTP-Method-Override": "POST", "X-Method-Override": "DELETE"}
        answer = app.test_client().get(path, headers=headers)
        assert answer.status_code in (200, 404, 405), path


def test_no_answer_lets_another_site_read_it(app: Flask) -> None:
    for _, path in routes(app, safe=True):
        with app.test_client().get(path, headers={"Origin": ORIGINS[0]}) as answer:
            names = {name.lower() for name, _ in answer.headers}
            assert not [name for name in names if name.startswith("access-control-")], path
            assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin", path


@pytest.mark.parametrize("origin", ORIGINS)
def test_no_websocket_of_another_sites_page(site: Any, origin: str) -> None:
    """Although it knows the token."""
    for path in websockets(site.app):
        assert site.talk(path, {"program": "hello"}, origin).close_code() == 4403, path


@pytest.mark.parametrize("first", ["{}", '{"token": "wrong"}', '{"token": ["token-of-the-tests"]}'])
def test_no_websocket_without_the_token(site: Any, first: str) -> None:
    assert len(websockets(site.app)) >= 3
    for path in websockets(site.app):
        assert site.talk(path, first).close_code() == 4401, path


def test_the_token_of_an_earlier_start_is_worth_nothing(tmp_path: Any) -> None:
    from dashboard import create_app

    tokens = set()
    for _ in range(2):
        app = create_app({"data_dir": str(tmp_path)})
        old = {"X-Lab-Token": next(iter(tokens), "none")}
        assert app.test_client().post("/api/servers/stop", headers=old).status_code == 403
        tokens.add(app.extensions["lab"].token)
        app.extensions["lab"].close(1.0)
    assert len(tokens) == 2


@pytest.mark.parametrize("host", ["evil.example", "127.0.0.1.evil.example:5000", "10.0.0.1"])
def test_no_websocket_under_a_name_that_was_rebound(site: Any, host: str) -> None:
    for path in websockets(site.app):
        with socket.create_connection(site.address, 30) as sock:
            protocol = WSConnection(ConnectionType.CLIENT)
            sock.sendall(protocol.send(events.Request(host=host, target=path)))
            protocol.receive_data(sock.recv(65_536))
            [event] = [e for e in protocol.events() if isinstance(e, events.RejectConnection)]
            assert event.status_code == 403, path
