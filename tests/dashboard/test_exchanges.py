"""Try it: exact bytes both ways, against real servers only."""

import base64
from typing import Any

import pytest


def tried(api: Any, name: str, **body: Any) -> tuple[bytes, bytes, dict[str, Any]]:
    status, answer = api("POST", f"/api/try/{name}", body)
    assert status == 200, answer
    exchange = answer["exchange"]
    decode = base64.b64decode
    return decode(exchange["sent"]), decode(exchange["received"]), exchange


def test_hello(api: Any) -> None:
    api.start("hello")
    sent, received, exchange = tried(api, "hello", text="Привет")
    assert (sent, received, exchange["ended"]) == ("Привет".encode(), b"Hello client", "reply")
    assert exchange["microseconds"] > 0
    assert tried(api, "hello", text="")[1] == b"Hello client"


def test_hypotenuse_by_legs_and_broken_by_hand(api: Any) -> None:
    api.start("hypotenuse")
    assert tried(api, "hypotenuse", a=3, b=4)[1] == b"5.0"
    sent, received, _ = tried(api, "hypotenuse", raw='{"a": 3, "b"')
    assert sent == b'{"a": 3, "b"'
    assert received.startswith(b"error: ")


def test_page_and_subjects(api: Any) -> None:
    api.start("page")
    api.start("subjects")
    sent, received, _ = tried(api, "page", path="/")
    assert sent.startswith(b"GET / HTTP/1.1\r\nHost: 127.0.0.1:")
    assert received.startswith(b"HTTP/1.1 200 OK\r\n")
    sent, received, _ = tried(
        api,
        "subjects",
        method="POST",
        path="/subjects/1",
        headers={"Content-Type": "application/json", "Accept": "application/json"},
        body='{"subject": "Сети", "grade": 5}',
    )
    assert sent.endswith('{"subject": "Сети", "grade": 5}'.encode())
    assert received.startswith(b"HTTP/1.1 201 Created\r\n")


def test_a_stopped_server_is_said_with_the_next_step(api: Any) -> None:
    status, body = api("POST", "/api/try/hello", {"text": "x"})
    assert (status, body["error"]["code"]) == (409, "not_running")
    assert "start" in body["error"]["next_step"]


@pytest.mark.parametrize(
    "body",
    [
        {"method": "GET", "path": "/ HTTP/1.1\r\nX: y"},
        {"method": "GE T", "path": "/"},
        {"method": "GET", "path": "/", "headers": {"X": "a\r\nY: b"}},
        {"method": "GET", "path": "/", "headers": {"Host": "x"}},
        {"method": "GET", "path": "/", "headers": {"X y": "a"}},
        {"method": "GET", "path": "/", "headers": []},
        {"method": 5},
        {"host": "example.org"},
    ],
)
def test_nothing_can_be_smuggled_into_a_request(api: Any, body: dict[str, Any]) -> None:
    assert api("POST", "/api/try/subjects", body)[0] in (400, 422)
