"""Whatever is sent to any route of the API: a clear answer, and never a 500."""

import json
import re
from typing import Any

import pytest
from flask import Flask
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

TOKEN = "token-of-the-tests"
READS_A_BODY = [
    "/api/restore",
    "/api/servers/chat/settings",
    "/api/servers/subjects/loop",
    "/api/programs/subjects/settings",
    "/api/programs/subjects/hold",
    "/api/programs/subjects/check",
    "/api/programs/subjects/check/again",
    "/api/experiments/subjects",
    "/api/try/hello",
    "/api/try/hypotenuse",
    "/api/try/page",
    "/api/try/subjects",
]
FIELDS = [
    *("host", "port", "model", "action", "seconds", "kind", "n"),
    *("arguments", "python", "restart_on_save", "task", "running", "stop", "stream", "probe"),
    *("thread", "until", "lines", "calls", "clients", "exceptions", "controller", "take"),
    *("text", "a", "b", "raw", "path", "method", "headers", "body", "none of them"),
]
BROKEN = [
    b"[" * 50_000,
    b'{"a":' * 50_000,
    b"null",
    b"[]",
    b"5",
    b"NaN",
    b'"x"',
    b"{",
    b"\x00",
    b"\xff\xfe{\x00}\x00",
    b'{"port": 1, "port": 2}',
    b'{"seconds": NaN}',
    b'{"seconds": 1e999}',
    b'{"n": ' + b"9" * 5_000 + b"}",
]
WRONG = [
    None, True, [], {}, [[]], {"a": {}}, "", "\ud800", "\x00", "x" * 10_000, "５", "a\r\nb",
    0, -1, 5.5, 10**18, 1e300, {"\ud800": "\ud800"}, {"x": "\ud800"}, {"": ""}, {"x": 5},
]  # fmt: skip


def ask(app: Flask, method: str, path: str, content: bytes, kind: str = "application/json") -> Any:
    answer = app.test_client().open(
        path,
        method=method,
        data=content,
        content_type=kind,
        headers={"X-Lab-Token": TOKEN, "Host": "127.0.0.1"},
    )
    assert answer.status_code < 500, (path, content[:200], answer.data[:500])
    if answer.status_code >= 400:
        error = answer.get_json()["error"]
        assert error["message"]
        assert len(error["message"]) < 300
    return answer


def test_a_number_of_many_digits_is_refused_in_our_words(app: Flask) -> None:
    for digits in (641, 5_000, 900_000):
        content = b'{"a": %s}' % (b"9" * digits)
        answer = ask(app, "POST", "/api/servers/hello/settings", content)
        assert answer.status_code == 400
        assert answer.get_json()["error"]["message"] == (
            "the body cannot be read as JSON: a number is too large"
        )


def routes(app: Flask) -> list[tuple[str, str]]:
    """Every method and path of the API."""
    found = []
    for rule in app.url_map.iter_rules():
        if rule.rule.startswith("/api/"):
            path = re.sub("<name>", "subjects", rule.rule)
            found += [(method, path) for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}]
    return found


def test_the_list_of_those_that_read_a_body_is_whole(app: Flask) -> None:
    readers = {
        path.replace("subjects", "chat") if "servers" in path else path
        for method, path in routes(app)
        if method == "POST"
        and not path.startswith("/api/folder/")  # that ends the dashboard's tenure
        and ask(app, method, path, b"[]").status_code == 400
    }
    assert readers == {
        path.replace("servers/subjects", "servers/chat") for path in READS_A_BODY
    } | {"/api/servers/chat/start", "/api/programs/subjects/start"}


@pytest.mark.parametrize("content", BROKEN)
def test_a_body_that_is_not_an_object_is_a_bad_request(app: Flask, content: bytes) -> None:
    for path in [*READS_A_BODY, "/api/servers/chat/start", "/api/programs/chat/start"]:
        answer = ask(app, "POST", path, content)
        assert answer.status_code == 400, (path, answer.data)
        assert "not" in answer.get_json()["error"]["message"] or "unknown" in answer.text


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "", "\u00ff"])
def test_another_media_type_is_a_bad_request(app: Flask, kind: str) -> None:
    assert ask(app, "POST", "/api/servers/chat/start", b"{}", kind).status_code == 400


@settings(deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.data())
def test_fields_of_every_wrong_type(app: Flask, data: st.DataObject) -> None:
    inner = st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text())
    junk = st.recursive(inner, lambda some: st.lists(some) | st.dictionaries(st.text(), some))
    path = data.draw(st.sampled_from(READS_A_BODY))
    body = data.draw(st.dictionaries(st.sampled_from(FIELDS), junk, max_size=4))
    assert ask(app, "POST", path, json.dumps(body).encode()).status_code >= 400 or (
        path.endswith("settings")
    )


def test_fields_of_every_wrong_type_while_the_servers_run(app: Flask) -> None:
    """Only then is a request for them built of the fields."""
    for name in ("hello", "hypotenuse", "page", "subjects"):
        started = ask(app, "POST", f"/api/servers/{name}/start?wait=30", b"")
        assert started.get_json()["state"] == "RUNNING"
    for path in READS_A_BODY:
        for field in FIELDS:
            for value in WRONG:
                if (field, value) != ("body", "x" * 10_000):  # it is what a body is
                    ask(app, "POST", path, json.dumps({field: value}).encode())


@pytest.mark.parametrize(
    "text",
    ["nan", "inf", "-inf", "-1", "-0.1", "1e999", "1_000", " 5 ", "５", "%D9%A3", "x", "", "0x5", "true", "9" * 5_000],
)  # fmt: skip
def test_numbers_of_a_query(app: Flask, text: str) -> None:
    log = "/api/servers/chat/logs"
    for path in (f"{log}?limit={text}", f"{log}?since={text}"):
        assert ask(app, "GET", path, b"").status_code == 422, path
    for action in ("stop", "restart", "kill", "start"):
        path = f"/api/servers/chat/{action}?wait={text}"
        assert ask(app, "POST", path, b"").status_code == 422
    for path in ("/api/servers/start", "/api/servers/stop"):
        assert ask(app, "POST", f"{path}?wait={text}", b"").status_code == 422
    states = {view["state"] for view in ask(app, "GET", "/api/servers", b"").get_json()["servers"]}
    assert states == {"STOPPED"}, "refused, and done all the same"


def test_numbers_beyond_the_most_are_taken_for_it(app: Flask) -> None:
    assert ask(app, "GET", "/api/servers/chat/logs?limit=0", b"").status_code == 422
    assert ask(app, "GET", "/api/servers/chat/logs?limit=99999&since=99999", b"").status_code == 200
    assert ask(app, "POST", "/api/servers/chat/stop?wait=99999.5", b"").status_code == 200


@pytest.mark.parametrize("name", ["%00", "%ff", "..%2f..", "x" * 5_000, "%ED%A0%80", "chat%20"])
def test_names_that_are_none(app: Flask, name: str) -> None:
    for method, path in routes(app):
        if "subjects" in path and "/try/" not in path:
            wrong = path.replace("subjects", name)
            assert ask(app, method, wrong, b"{}").status_code in (404, 405, 422), wrong


def test_one_of_several_processes_serves_nothing(app: Flask) -> None:
    """As gunicorn --preload -w 2 makes them; without --preload the second does not start."""
    answer = app.test_client().get("/", environ_overrides={"wsgi.multiprocess": True})
    assert answer.status_code == 503
    assert "-w 1" in answer.get_json()["error"]["next_step"]
