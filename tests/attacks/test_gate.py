"""The gate: allowed requests, refused ones, and the headers of every answer."""

from typing import Any

import pytest
from flask import Flask
from flask.testing import FlaskClient

TOKEN = {"X-Lab-Token": "token-of-the-tests"}
UNSAFE = [
    ("POST", "/api/servers/hello/start"),
    ("POST", "/api/servers/hello/stop"),
    ("POST", "/api/servers/hello/restart"),
    ("POST", "/api/servers/hello/kill"),
    ("POST", "/api/servers/hello/settings"),
    ("POST", "/api/servers/subjects/loop"),
    ("POST", "/api/servers/start"),
    ("POST", "/api/servers/stop"),
    ("POST", "/api/try/hello"),
    ("POST", "/api/experiments/subjects"),
    ("DELETE", "/api/experiments/subjects"),
]


@pytest.fixture
def client(app: Flask) -> FlaskClient:
    return app.test_client()


def ask(client: FlaskClient, host: str = "127.0.0.1", **headers: str) -> Any:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return client.post("/api/servers/hello/stop", headers={"Host": host, **TOKEN, **named})


@pytest.mark.parametrize(
    "host",
    ["127.0.0.1", "127.0.0.1:5050", "localhost:80", "LOCALHOST", "[::1]", "[::1]:5000"]
    + [
        "127.0.0.2",
        "127.1:5000",
        "0x7f.1",
        "2130706433",
        "[0:0:0:0:0:0:0:1]:80",
        "[::ffff:127.0.0.1]",
    ],
)
def test_loopback_names_are_ours_on_any_port(client: FlaskClient, host: str) -> None:
    assert ask(client, host).status_code == 200


@pytest.mark.parametrize(
    "host",
    ["evil.example", "127.0.0.1.evil.example", "localhost.evil.example:5000", "10.0.0.1", "[", ""]
    + ["0.0.0.0", "[::]", "128.0.0.1:5000", "[::2]", "127.0.0.1.", "1"],
)
@pytest.mark.parametrize(
    "path", ["/", "/api/servers", "/static/js/main.js", "/ws/live", "/nothing"]
)
def test_a_foreign_host_gets_nothing_at_all(client: FlaskClient, host: str, path: str) -> None:
    answer = client.get(path, headers={"Host": host})
    assert answer.status_code in (400, 403)
    assert b"token-of-the-tests" not in answer.data


def test_the_configured_host_is_known(tmp_path: Any) -> None:
    from dashboard import create_app

    client = create_app({"data_dir": str(tmp_path), "host": "lab.local"}).test_client()
    assert client.get("/healthz", headers={"Host": "lab.local:5000"}).status_code == 200


@pytest.mark.parametrize(("method", "path"), UNSAFE)
@pytest.mark.parametrize("token", [None, "", "wrong", "token-of-the-test", "т"])
def test_every_change_needs_the_token(
    client: FlaskClient, method: str, path: str, token: str | None
) -> None:
    headers = {} if token is None else {"X-Lab-Token": token}
    answer = client.open(path, method=method, headers=headers, json={})
    assert answer.status_code == 403
    assert answer.get_json()["error"]["code"] == "forbidden"


def test_every_unsafe_route_is_in_the_list_above(app: Flask) -> None:
    """A route that is added later needs the token as well: the gate is before all of them."""
    for rule in app.url_map.iter_rules():
        for method in (rule.methods or set()) - {"GET", "HEAD", "OPTIONS"}:
            path = rule.rule.replace("<name>", "hello")
            assert app.test_client().open(path, method=method).status_code == 403, rule


@pytest.mark.parametrize(
    "origin",
    ["http://evil.example", "null", "http://127.0.0.1:1", "http://127.0.0.1.evil.example", "x"],
)
def test_a_change_from_another_sites_page_is_refused(client: FlaskClient, origin: str) -> None:
    assert ask(client, "127.0.0.1:5000", Origin=origin).status_code == 403


def test_our_own_page_and_programs_without_origin_may(client: FlaskClient) -> None:
    assert ask(client, "127.0.0.1:5000", Origin="http://127.0.0.1:5000").status_code == 200
    assert ask(client, "127.0.0.1:5000").status_code == 200


@pytest.mark.parametrize("path", ["/", "/nothing", "/healthz", "/static/js/main.js", "/api/x"])
def test_every_answer_carries_the_headers_and_no_cookie(client: FlaskClient, path: str) -> None:
    with client.get(path) as answer:
        policy = answer.headers["Content-Security-Policy"]
        assert policy.startswith("default-src 'self'")
        assert "unsafe" not in policy
        assert "http" not in policy
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert answer.headers["Referrer-Policy"] == "no-referrer"
        assert answer.headers["Cross-Origin-Opener-Policy"] == "same-origin"
        assert answer.headers["Cross-Origin-Resource-Policy"] == "same-origin"
        assert "Set-Cookie" not in answer.headers
        assert "Access-Control-Allow-Origin" not in answer.headers


@pytest.mark.parametrize(
    ("content", "kind", "status"),
    [
        (b"{", "application/json", 400),
        (b"[]", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"text=hello", "application/x-www-form-urlencoded", 400),
        (b'{"text": "a"}', "text/plain", 400),
        (b'{"text": "' + b"x" * (1024 * 1024) + b'"}', "application/json", 413),
    ],
)
def test_a_body_is_a_bounded_json_object(
    client: FlaskClient, content: bytes, kind: str, status: int
) -> None:
    answer = client.post("/api/try/hello", data=content, content_type=kind, headers=TOKEN)
    assert answer.status_code == status
    assert answer.get_json()["error"]["next_step"]
