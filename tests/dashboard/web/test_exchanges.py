"""Try it: one exchange with a running server, every byte as it went over the wire."""

import base64
import json
import socket
import threading
from collections.abc import Iterator
from typing import Any

import pytest

TRIES = {
    "hello": {"text": "Hello server"},
    "hypotenuse": {"a": 3, "b": 4},
    "page": {"path": "/"},
    "subjects": {"method": "GET", "path": "/subjects/1"},
}
FORBIDDEN_HEADERS = ["Host", "content-length", "Connection", "Transfer-Encoding"]


def bytes_of(answer: dict[str, Any]) -> tuple[bytes, bytes]:
    assert answer["status"] == 200, answer
    exchange = answer["exchange"]
    return base64.b64decode(exchange["sent"]), base64.b64decode(exchange["received"])


class Recorder:
    """In place of a running server: keeps every request, answers `done`."""

    def __init__(self) -> None:
        self.heard = b""
        self._listening = socket.create_server(("127.0.0.1", 0))
        self.address = self._listening.getsockname()
        self._thread = threading.Thread(target=self._serve)
        self._thread.start()

    def _serve(self) -> None:
        while True:
            client, _ = self._listening.accept()
            with client:
                received = b""
                while piece := client.recv(65536):
                    received += piece
                if received == b"end":
                    return
                self.heard = received
                client.sendall(b"done")

    def close(self) -> None:
        with socket.create_connection(self.address) as last:
            last.sendall(b"end")
        self._thread.join()
        self._listening.close()


@pytest.fixture
def recorder(site: Any, monkeypatch: pytest.MonkeyPatch) -> Iterator[Recorder]:
    recording = Recorder()
    monkeypatch.setattr(site.lab.supervisor, "connect_address", lambda name: recording.address)
    yield recording
    recording.close()


@pytest.mark.parametrize("name", TRIES)
def test_a_server_that_does_not_run_is_409_with_the_next_step(site: Any, name: str) -> None:
    answer = site.api("POST", f"/api/try/{name}", TRIES[name])
    assert answer["status"] == 409
    assert answer["error"]["code"] == "not_running"
    assert answer["error"]["next_step"]


def test_hello_over_udp(site: Any) -> None:
    host, port = site.start("hello")
    answer = site.api("POST", "/api/try/hello", {"text": "Hello server"})
    assert bytes_of(answer) == (b"Hello server", b"Hello client")
    assert answer["address"] == f"{host}:{port}"
    assert answer["exchange"]["ended"] == "reply"
    assert answer["exchange"]["microseconds"] > 0
    assert answer["exchange"]["local"].startswith("127.0.0.1:")


def test_hypotenuse_of_numbers_and_of_any_text(site: Any) -> None:
    site.start("hypotenuse")
    sent, received = bytes_of(site.api("POST", "/api/try/hypotenuse", {"a": 3, "b": 4}))
    assert json.loads(sent) == {"a": 3, "b": 4}
    assert b"5.0" in received
    broken = '{"a": 3, <script>alert(1)</script>'
    sent, received = bytes_of(site.api("POST", "/api/try/hypotenuse", {"raw": broken}))
    assert sent == broken.encode()
    assert b"error" in received.lower()


def test_page_by_its_path(site: Any) -> None:
    host, port = site.start("page")
    sent, received = bytes_of(site.api("POST", "/api/try/page", {"path": "/"}))
    head = f"GET / HTTP/1.1\r\nHost: {host}:{port}\r\nConnection: close\r\n\r\n"
    assert sent == head.encode()
    assert received.startswith(b"HTTP/1.1 200 ")
    sent, received = bytes_of(site.api("POST", "/api/try/page", {"path": "/", "method": "HEAD"}))
    assert sent.startswith(b"HEAD / HTTP/1.1\r\n")
    assert received.endswith(b"\r\n\r\n")


def test_subjects_by_a_form_and_back(site: Any) -> None:
    site.start("subjects")
    form = {
        "method": "POST",
        "path": "/subjects/7",
        "headers": {"Content-Type": "application/x-www-form-urlencoded"},
        "body": "subject=%3Cscript%3E&grade=5",
    }
    sent, received = bytes_of(site.api("POST", "/api/try/subjects", form))
    assert b"Content-Length: 28\r\n" in sent
    assert sent.endswith(b"Connection: close\r\n\r\nsubject=%3Cscript%3E&grade=5")
    assert received.startswith(b"HTTP/1.1 303 ")
    asked = {"path": "/subjects/7", "headers": {"Accept": "application/json"}}
    _, received = bytes_of(site.api("POST", "/api/try/subjects", asked))
    assert json.loads(received.partition(b"\r\n\r\n")[2])["subjects"][0]["subject"] == "<script>"


def test_the_request_is_built_exactly(site: Any, recorder: Recorder) -> None:
    body = {"method": "PATCH", "path": "/я?".replace("я", "%D1%8F"), "headers": {"X-A": "b: c"}}
    answer = site.api("POST", "/api/try/subjects", {**body, "body": "тело"})
    host = "{}:{}".format(*recorder.address)
    expected = f"PATCH /%D1%8F? HTTP/1.1\r\nHost: {host}\r\nX-A: b: c\r\nContent-Length: 8\r\n"
    assert recorder.heard == f"{expected}Connection: close\r\n\r\nтело".encode()
    assert bytes_of(answer) == (recorder.heard, b"done")


@pytest.mark.parametrize(
    "part",
    [
        {"method": ""},
        {"method": "GET /"},
        {"method": "GET\r\nX: y"},
        {"method": 5},
        {"path": ""},
        {"path": "/ HTTP/1.1\r\nX: y"},
        {"path": "/a b"},
        {"path": "/я"},
        {"path": "/" + "a" * 9000},
        {"path": None},
        {"headers": []},
        {"headers": {"A\r\nB": "c"}},
        {"headers": {"A": "b\r\nC: d"}},
        {"headers": {"A": "b\nC"}},
        {"headers": {"A": "b\0"}},
        {"headers": {"A b": "c"}},
        {"headers": {"": "c"}},
        {"headers": {"A": 5}},
        {"headers": {f"A{n}": "" for n in range(51)}},
        {"body": 5},
        {"body": "x" * (256 * 1024 + 1)},
        *({"headers": {name: "x"}} for name in FORBIDDEN_HEADERS),
    ],
    ids=lambda part: repr(part)[:40],
)
def test_what_would_break_the_requests_framing_is_refused(
    site: Any, recorder: Recorder, part: dict[str, Any]
) -> None:
    answer = site.api("POST", "/api/try/subjects", {"method": "POST", "path": "/", **part})
    assert (answer["status"], answer["error"]["code"]) == (422, "bad_input")
    assert recorder.heard == b""


@pytest.mark.parametrize(
    ("name", "body"),
    [
        ("hello", {}),
        ("hello", {"text": 5}),
        ("hello", {"text": "x" * 65_508}),
        ("hypotenuse", {"raw": None}),
        ("hypotenuse", {"raw": "x" * (256 * 1024 + 1)}),
    ],
    ids=str,
)
def test_texts_are_texts_and_bounded(
    site: Any, recorder: Recorder, name: str, body: dict[str, Any]
) -> None:
    assert site.api("POST", f"/api/try/{name}", body)["status"] == 422


@pytest.mark.parametrize("name", TRIES)
def test_unknown_fields_are_refused_so_no_address_comes_from_outside(
    site: Any, recorder: Recorder, name: str
) -> None:
    answer = site.api("POST", f"/api/try/{name}", {**TRIES[name], "host": "10.0.0.1"})
    assert answer["status"] == 400
    assert "host" in answer["error"]["message"]
    assert recorder.heard == b""


def test_there_is_no_other_server_to_try(site: Any) -> None:
    assert site.api("POST", "/api/try/chat", {"text": "x"})["status"] in (404, 405)
