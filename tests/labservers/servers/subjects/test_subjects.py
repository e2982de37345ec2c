"""The subjects server against real clients: requests and answers."""

import json
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

JSON = {"Accept": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}
ENDS_S = 20.0


def test_grades_are_written_and_read_over_one_connection(client: Any) -> None:
    assert client("GET", "/subjects/1", headers=JSON)[1] == {"student": 1, "subjects": []}
    status, saved, response = client.post(1, subject=" Сети ", grade=5)
    assert (status, saved["subject"], saved["grade"]) == (201, "Сети", 5)
    assert response.getheader("Location") == "/subjects/1"
    client.post(1, subject="Сети", grade=4)
    subjects = client("GET", "/subjects/1?ignored=1", headers=JSON)[1]["subjects"]
    assert [(row["subject"], row["grade"]) for row in subjects] == [("Сети", 5), ("Сети", 4)]
    assert client("GET", "/subjects/0001", headers=JSON)[1]["subjects"] == subjects


def test_the_same_request_after_a_commit_gets_the_new_answer(client: Any) -> None:
    for number in range(3):
        for _ in range(2):
            page = client("GET", "/subjects/1", headers=JSON)[1]
            assert [row["grade"] for row in page["subjects"]] == [5] * number
        client.post(1, subject="Maths", grade=5)


def test_a_form_in_a_browser_comes_back_to_the_page(client: Any) -> None:
    body = urlencode({"subject": "<b>Maths</b>", "grade": "5"})
    status, _, response = client("POST", "/subjects/7", body, FORM)
    assert (status, response.getheader("Location")) == (303, "/subjects/7")
    status, page, response = client("GET", "/subjects/7")
    assert response.getheader("Content-Type") == "text/html; charset=utf-8"
    assert "&lt;b&gt;Maths&lt;/b&gt;" in page
    assert "<b>Maths" not in page
    assert '<form method="post"' in page


@pytest.mark.parametrize(
    ("body", "headers", "status", "names"),
    [
        ('{"subject": "", "grade": 9}', {"Content-Type": "application/json"}, 422, "sg"),
        ('{"subject": "x", "grade": true}', {"Content-Type": "application/json"}, 422, "g"),
        ('{"subject": 5, "grade": 5}', {"Content-Type": "application/json"}, 422, "s"),
        (
            '{"subject": "' + "x" * 201 + '", "grade": 5}',
            {"Content-Type": "application/json"},
            422,
            "s",
        ),
        ("subject=x&grade=5.5", FORM, 422, "g"),
        ("{", {"Content-Type": "application/json"}, 400, ""),
        ("[" * 5000, {"Content-Type": "application/json"}, 400, ""),
        ("[1]", {"Content-Type": "application/json"}, 400, ""),
        ("subject=%ff&grade=5", FORM, 400, ""),
        ("x", {"Content-Type": "text/plain"}, 415, ""),
        ("x", {}, 415, ""),
    ],
)
def test_a_wrong_post_is_answered_in_words(
    client: Any, body: str, headers: dict[str, str], status: int, names: str
) -> None:
    answered, value, _ = client("POST", "/subjects/1", body, {**headers, **JSON})
    assert answered == status
    assert value["error"]
    assert set(value.get("fields", {})) == {{"s": "subject", "g": "grade"}[n] for n in names}
    assert client("GET", "/subjects/1", headers=JSON)[1]["subjects"] == []


def test_other_paths_and_methods(client: Any) -> None:
    assert client("GET", "/nothing")[0] == 404
    assert client("GET", "/subjects/abc")[0] == 404
    assert client("GET", "/subjects/%D9%A3")[0] == 404
    status, _, response = client("PUT", "/subjects/1")
    assert (status, response.getheader("Allow")) == (405, "GET, HEAD, POST, OPTIONS")
    assert client("BREW", "/subjects/1")[0] == 501
    status, _, response = client("OPTIONS", "/subjects/1")
    assert (status, response.getheader("Allow")) == (204, "GET, HEAD, POST, OPTIONS")
    assert client("GET", "/")[0] == 200


def test_a_refusal_without_a_body_leaves_the_connection_open(
    server: Any, exchange: Callable[..., bytes], statuses: Callable[[bytes], list[int]]
) -> None:
    asked = b"".join(
        b"%s HTTP/1.1\r\nHost: lab\r\n\r\n" % line
        for line in (b"GET /nothing", b"PUT /subjects/1", b"CONNECT lab:80", b"GET /subjects/1")
    )
    answer = exchange(server.address, asked)
    assert statuses(answer) == [404, 405, 405, 200]
    assert b"Connection: close" not in answer
    assert server.monitor.errors == 3


def test_a_refusal_before_the_body_comes_in_the_asked_format(
    server: Any, exchange: Callable[..., bytes], statuses: Callable[[bytes], list[int]]
) -> None:
    request = b"POST /subjects/1 HTTP/1.1\r\nHost: lab\r\nAccept: application/json\r\n"
    answer = exchange(server.address, request + b"Content-Length: 99999\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert statuses(answer) == [413]
    assert b"Content-Type: application/json" in head
    assert json.loads(body)["status"] == 413


def test_an_old_client_that_asks_for_it_keeps_its_connection(
    server: Any, exchange: Callable[..., bytes], statuses: Callable[[bytes], list[int]]
) -> None:
    old = b"GET /subjects/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    answer = exchange(server.address, old + old + b"GET /subjects/1 HTTP/1.0\r\n\r\n")
    assert statuses(answer) == [200, 200, 200]
    assert answer.count(b"Connection: keep-alive\r\n") == 2
    assert answer.count(b"Connection: close\r\n") == 1


def test_one_address_says_that_it_has_two_formats(client: Any) -> None:
    for headers in ({}, JSON):
        assert client("GET", "/subjects/1", headers=headers)[2].getheader("Vary") == "Accept"


def test_head_is_get_without_the_body(client: Any) -> None:
    _, _, whole = client("GET", "/subjects/1")
    status, nothing, head = client("HEAD", "/subjects/1")
    assert (status, nothing) == (200, "")
    assert head.getheader("Content-Length") == whole.getheader("Content-Length")


def test_too_large_a_body_is_refused_and_the_next_request_is_not_read_out_of_it(
    server: Any, exchange: Callable[..., bytes], statuses: Callable[[bytes], list[int]]
) -> None:
    body = b"GET /secret HTTP/1.1\r\nHost: lab\r\n\r\n" * 3000
    head = b"POST /subjects/1 HTTP/1.1\r\nHost: lab\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert statuses(exchange(server.address, head + body)) == [413]


def test_requests_in_a_pipeline_are_answered_in_order(
    server: Any, exchange: Callable[..., bytes], statuses: Callable[[bytes], list[int]]
) -> None:
    get = b"GET /subjects/%d HTTP/1.1\r\nHost: lab\r\nAccept: application/json\r\n\r\n"
    answer = exchange(server.address, b"".join(get % n for n in range(50)))
    assert statuses(answer) == [200] * 50
    at = [answer.index(b'"student": %d,' % n) for n in range(50)]
    assert at == sorted(at)


def test_a_request_byte_by_byte_and_a_half_close_are_answered(
    server: Any, connect: Callable[..., socket.socket]
) -> None:
    sock = connect(server.address)
    for byte in b"POST /subjects/1 HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n":
        sock.sendall(bytes([byte]))
    rest = b"Content-Type: application/json\r\nAccept: application/json\r\n\r\n"
    body = b'{"subject": "a", "grade": 5}'
    for byte in rest + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n":
        sock.sendall(bytes([byte]))
    sock.shutdown(socket.SHUT_WR)
    assert sock.makefile("rb").readline() == b"HTTP/1.1 201 Created\r\n"


def test_expect_continue_is_answered_before_the_body(
    server: Any, connect: Callable[..., socket.socket]
) -> None:
    sock = connect(server.address)
    sock.sendall(
        b"POST /subjects/1 HTTP/1.1\r\nHost: lab\r\nContent-Length: 15\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n"
    )
    stream = sock.makefile("rb")
    assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
    sock.sendall(b"subject=a&grade")
    stream.readline()
    assert stream.readline() == b"HTTP/1.1 422 Unprocessable Content\r\n"


def test_an_exception_in_a_handler_is_a_500_for_that_request_only(
    server: Any, client: Any, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    def broken(student: str) -> Any:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(server.book, "read", broken)
    assert client("GET", "/subjects/77")[0] == 500
    monkeypatch.undo()
    eventually(lambda: "no such luck" in server.lines(), "the log tells")
    assert client("GET", "/subjects/77")[0] == 200


def test_a_form_by_curl(server: Any, need: Callable[[str], str]) -> None:
    url = "http://{}:{}/subjects/5".format(*server.address)
    curl = [need("curl"), "-sS", "-i"]
    given = subprocess.run(
        [*curl, "-d", "subject=Сети", "-d", "grade=5", url],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert given.stdout.startswith(b"HTTP/1.1 303")
    read = subprocess.run(
        [*curl, "-H", "Accept: application/json", url], capture_output=True, check=True, timeout=60
    )
    assert "Сети".encode() in read.stdout


@pytest.mark.system
def test_grades_outlive_a_kill_9(
    controlled: Callable[..., Any], tmp_path: Path, client_of: Callable[..., Any]
) -> None:
    server = controlled("subjects", "--data-dir", str(tmp_path))
    client = client_of(server.address)
    assert client.post(1, subject="kept", grade=5)[0] == 201
    os.kill(server.pid, signal.SIGKILL)
    assert server.heard.exits.get(timeout=30) == -signal.SIGKILL
    client = client_of(controlled("subjects", "--data-dir", str(tmp_path)).address)
    subjects = client("GET", "/subjects/1", headers=JSON)[1]["subjects"]
    assert [row["subject"] for row in subjects] == ["kept"]


@pytest.mark.parametrize("folder", ["--data-dir={}", "--data-dir=~"])
def test_files_that_cannot_be_used_are_said_in_one_sentence(tmp_path: Path, folder: str) -> None:
    (tmp_path / "subjects.sqlite3").mkdir()
    words = [sys.executable, "-m", "labservers", "subjects", "--port", "0"]
    words.append(folder.format(tmp_path))
    home = {**os.environ, "HOME": str(tmp_path)}
    ended = subprocess.run(words, capture_output=True, text=True, timeout=ENDS_S, env=home)
    assert ended.returncode == 1
    assert "unable to open database file" in ended.stderr
    assert "--data-dir" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_selector_that_this_system_lacks_is_a_usage_error() -> None:
    words = [sys.executable, "-m", "labservers", "subjects", "--selector", "magic"]
    ended = subprocess.run(words, capture_output=True, text=True, timeout=ENDS_S)
    assert ended.returncode == 2
    assert "select" in ended.stderr
    assert "Traceback" not in ended.stderr
