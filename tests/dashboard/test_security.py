"""The gate: Host, Origin, token, headers; foreign text stays text."""

from typing import Any

import pytest

UNSAFE = [
    ("POST", "/api/servers/chat/start"),
    ("POST", "/api/servers/start"),
    ("POST", "/api/servers/chat/settings"),
    ("POST", "/api/servers/subjects/loop"),
    ("POST", "/api/try/hello"),
    ("POST", "/api/experiments/subjects"),
    ("DELETE", "/api/experiments/subjects"),
]


@pytest.mark.parametrize(("method", "path"), UNSAFE)
def test_what_changes_something_needs_the_token(api: Any, method: str, path: str) -> None:
    for token in (None, "", "wrong", "я"):
        headers = {} if token is None else {"X-Lab-Token": token.encode().decode("latin-1")}
        answer = api.client.open(
            path, method=method, json={}, headers={"Host": "localhost:5000", **headers}
        )
        assert answer.status_code == 403
        assert answer.get_json()["error"]["next_step"]


@pytest.mark.parametrize(
    "host", ["evil.example", "127.0.0.1.evil.example", "10.0.0.1:5000", "", "[::1"]
)
def test_another_host_is_refused_on_every_path(api: Any, host: str) -> None:
    for path in ("/", "/api/servers", "/static/js/main.js", "/healthz"):
        assert api.client.get(path, headers={"Host": host}).status_code in (400, 403)


@pytest.mark.parametrize("host", ["127.0.0.1:5000", "localhost", "LOCALHOST:1", "[::1]:5000"])
def test_our_own_names_are_known(api: Any, host: str) -> None:
    assert api.client.get("/healthz", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "origin", ["http://evil.example", "http://127.0.0.1:8003", "null", "https://127.0.0.1:5000x"]
)
def test_a_foreign_origin_is_refused_even_with_the_token(api: Any, origin: str) -> None:
    assert api("POST", "/api/servers/chat/stop", {}, Origin=origin)[0] == 403
    assert api("POST", "/api/servers/chat/stop", {}, Origin="http://127.0.0.1:5000")[0] == 200


def test_headers_and_no_cookies(api: Any) -> None:
    for path in ("/", "/api/servers", "/nothing"):
        answer = api.client.get(path, headers={"Host": "127.0.0.1"})
        assert answer.headers["Content-Security-Policy"].startswith("default-src 'self'")
        assert answer.headers["X-Content-Type-Options"] == "nosniff"
        assert "Set-Cookie" not in answer.headers
        assert "unsafe" not in answer.headers["Content-Security-Policy"]


def test_a_large_body_is_refused(api: Any) -> None:
    assert api("POST", "/api/try/hello", {"text": "x" * 2_000_000})[0] == 413


def test_foreign_text_in_a_log_stays_text_in_the_page(api: Any, lab: Any) -> None:
    script = "</script><script>alert(1)</script>"
    lab.feed("chat", "joined", room=script, peer=script)
    page = api.client.get("/", headers={"Host": "127.0.0.1"}).get_data(as_text=True)
    assert script not in page
    assert "\\u003c/script\\u003e" in page
