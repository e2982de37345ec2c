"""HTTP is judged by the bytes: a server that answers this and that, and what is said of it."""

import contextlib
import html
import socket
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote

import pytest

from labservers.checks.client import MOST
from labservers.checks.probes import http, http_asking, http_forms
from labservers.checks.values import Talk, Turn
from tests.labservers.checks.rig import looked

PAGE = "<!doctype html><h1>Привет</h1>".encode()
TYPE = b"Content-Type: text/html; charset=utf-8\r\n"
TALK = Talk("page-get", "page", (Turn(b"GET / HTTP/1.1\r\n\r\n", b"HTTP/1.*"),), framed="http")
PROBES = {probe.id: probe for probe in (*http.PROBES, *http_forms.PROBES)}
Answer = Callable[[str, str, bytes], bytes | None]


def answer(status: str = "200 OK", head: bytes = TYPE, body: bytes = PAGE) -> bytes:
    length = b"Content-Length: %d\r\n" % len(body)
    return f"HTTP/1.1 {status}\r\n".encode() + head + length + b"\r\n" + body


def good(method: str, path: str, body: bytes) -> bytes | None:
    if method not in ("GET", "HEAD"):
        return answer("405 Method Not Allowed", b"Allow: GET, HEAD\r\n", b"")
    if path != "/":
        return answer("404 Not Found", TYPE, b"")
    whole = answer()
    return whole.partition(b"\r\n\r\n")[0] + b"\r\n\r\n" if method == "HEAD" else whole


def ask(probe: str, answers: Answer, *, reads: bool = True, closes: bool = True) -> str:
    """How the probe ends: "pass", "not tried", or the cause."""

    def serve(client: socket.socket) -> None:
        stream = client.makefile("rb")
        words = stream.readline().split()
        length = 0
        while reads and (line := stream.readline().strip()):
            if line.lower().startswith(b"content-length:"):
                length = int(line.partition(b":")[2])
        if len(words) != 3:
            said: bytes | None = answer("400 Bad Request", b"", b"")
        else:
            said = answers(words[0].decode(), words[1].decode(), stream.read(length))
        if said is not None:
            client.sendall(said)
        stream.close()
        if not closes:
            client.recv(1)

    outcome = looked(PROBES[probe], TALK, serve)
    return outcome.why if outcome.outcome == "fail" else outcome.outcome


@pytest.mark.parametrize("probe", [probe.id for probe in http.PROBES])
def test_a_right_server_passes(probe: str) -> None:
    assert ask(probe, good) == "pass"


CRLF = answer()
BROKEN = [
    ("http-version-line", CRLF.replace(b"HTTP/1.1 200 OK", b"HTTP 200 OK"), "http-status-line"),
    ("http-version-line", PAGE, "http-status-line"),
    ("http-version-line", CRLF.replace(b"Type:", b"Type :"), "http-bad-header"),
    ("http-line-ends", CRLF.replace(b"\r\n", b"\n"), "http-lf-lines"),
    ("http-line-ends", CRLF.replace(b"\r\n\r\n", b"\r\n"), "http-no-empty-line"),
    ("http-line-ends", CRLF.replace(b"\r\n\r\n", b"\r\n") + b"\n\nmore", "http-no-empty-line"),
    ("http-length", CRLF + b"more", "http-length-wrong"),
    ("http-length", CRLF[:-2], "http-length-wrong"),
    ("http-length", CRLF.replace(b"h: 36", b"h: 30"), "http-length-characters"),
    ("http-charset", CRLF.replace(b"; charset=utf-8", b""), "http-no-charset"),
    ("http-404", CRLF, "http-missing-is-200"),
    ("http-405", CRLF, "http-any-method"),
    ("http-head", CRLF, "http-head-body"),
]


@pytest.mark.parametrize(("probe", "said", "cause"), BROKEN)
def test_a_broken_rule_is_found(probe: str, said: bytes, cause: str) -> None:
    assert ask(probe, lambda method, path, body: said) == cause


@pytest.mark.parametrize(
    ("head", "body", "outcome"),
    [
        (b"Content-Type: text/html\r\n", b"<meta charset=utf-8>" + PAGE, "pass"),
        (b"Content-Type: application/json\r\n", '"Я"'.encode(), "not tried"),
        (TYPE, b"plain", "not tried"),
    ],
)
def test_an_encoding_may_be_said_elsewhere(head: bytes, body: bytes, outcome: str) -> None:
    assert ask("http-charset", lambda *_: answer(head=head, body=body)) == outcome


def test_an_answer_without_length_has_to_be_closed() -> None:
    endless = b"HTTP/1.1 200 OK\r\n" + TYPE + b"\r\n" + PAGE
    assert ask("http-length", lambda *_: endless) == "pass"
    assert ask("http-length", lambda *_: endless, closes=False) == "http-no-length"


@pytest.mark.parametrize("closes", [True, False])
def test_a_page_beyond_what_a_client_keeps_has_the_length_that_it_says(closes: bool) -> None:
    large = answer(body=bytes(MOST + 5_000))
    assert ask("http-length", lambda *_: large, closes=closes) == "pass"
    assert ask("http-length", lambda *_: large[:-1]) == "http-length-wrong"


class Slow:
    """A client, and the context that has it: a part of the answer comes each time that it waits."""

    patience_s = 1.0
    address = "127.0.0.1:80"
    dropped, ended, error = 0, False, None

    def __init__(self, *parts: bytes) -> None:
        self.sent, self.got, self.parts = bytearray(), bytearray(), list(parts)

    def connected(self) -> "Slow":
        return self

    def send(self, data: bytes) -> None:
        self.sent += data

    def receive(self, timeout_s: float, enough: object = bool, *, since: int = 0) -> bytes:
        self.got += self.parts.pop(0) if self.parts else b""
        return bytes(self.got[since:])

    def close(self) -> None: ...


def test_a_page_that_comes_slowly_is_read_to_its_end() -> None:
    """Each part within the time that an answer may take, all of them not."""
    slow: Any = Slow(CRLF[:-8], *(bytes([byte]) for byte in CRLF[-8:]))
    reply = http_asking.exchange(slow, b"GET / HTTP/1.1\r\n\r\n")
    assert (reply.got, reply.cut) == (CRLF, False)


def test_a_page_that_does_not_come_to_its_end_is_not_judged(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(http_asking, "LARGE_S", -1.0)

    def serve(client: socket.socket) -> None:
        client.recv(1024)
        client.sendall(answer(body=bytes(10_000))[:-9_900])
        with contextlib.suppress(ConnectionResetError):
            client.recv(1)  # until it has gone

    assert looked(PROBES["http-length"], TALK, serve).why == "too-large"


def test_chunks_say_their_end() -> None:
    head = b"HTTP/1.1 200 OK\r\n" + TYPE + b"Transfer-Encoding: chunked\r\n\r\n"
    chunked = head + b"%x\r\n%b\r\n0\r\n\r\n" % (len(PAGE), PAGE)
    assert ask("http-length", lambda *_: chunked, closes=False) == "pass"


def test_a_request_that_is_not_read_ends_in_a_reset() -> None:
    def serve(client: socket.socket) -> None:
        client.recv(1024)
        client.sendall(CRLF)

    outcome = looked(PROBES["http-read"], TALK, serve)
    assert outcome.why == "http-closed-unread"
    assert dict(outcome.values)["n"].isdigit()


def test_no_answer_is_no_fault_of_http() -> None:
    assert ask("http-version-line", lambda *_: None) == "closed"
    assert ask("http-favicon", lambda m, path, b: None if "icon" in path else CRLF) == "closed"


@pytest.mark.parametrize("decodes", [True, False])
def test_a_path_that_leads_out_of_the_folder_is_found(tmp_path: Path, decodes: bool) -> None:
    def folder(method: str, path: str, body: bytes) -> bytes | None:
        if path == "/":
            return CRLF
        name = unquote(path) if decodes else path
        try:
            return answer(body=(tmp_path / name.removeprefix("/")).read_bytes())
        except OSError:
            return answer("404 Not Found", b"", b"")

    assert ask("http-paths", folder) == "http-path-escape"


FORM = '<form method="post"><input name="subject"><input name="grade"></form>'


class Book:
    """A page with a form, and with what was entered. The parameters are its faults."""

    def __init__(self, *, escapes: bool = True, decodes: bool = True, shows: bool = True) -> None:
        self._rows: list[str] = []
        self._escapes, self._decodes, self._shows = escapes, decodes, shows

    def __call__(self, method: str, path: str, body: bytes) -> bytes:
        if method == "POST" and body:
            pairs = [one.split("=", 1)[1] for one in body.decode().split("&")]
            self._rows.append(parse_qs(body.decode())["subject"][0] if self._decodes else pairs[0])
        rows = self._rows if self._shows else []
        shown = " ".join(html.escape(row) if self._escapes else row for row in rows)
        return answer(body=f"<meta charset=utf-8>{shown}{FORM}".encode())


@pytest.mark.parametrize(
    ("book", "probe", "outcome"),
    [
        (Book(), "http-post", "pass"),
        (Book(), "http-post-html", "pass"),
        (Book(), "http-post-split", "pass"),
        (Book(decodes=False), "http-post", "http-form-not-decoded"),
        (Book(escapes=False), "http-post-html", "http-raw-html"),
        (Book(shows=False), "http-post", "not tried"),
        (good, "http-post", "not tried"),
    ],
)
def test_a_form_is_sent_and_looked_for(book: Answer, probe: str, outcome: str) -> None:
    assert ask(probe, book) == outcome


def test_fields_in_a_second_segment_are_looked_for() -> None:
    book = Book()

    def serve(client: socket.socket) -> None:
        request = client.recv(65536)
        head, _, body = request.partition(b"\r\n\r\n")
        client.sendall(book(head.split()[0].decode(), "/", body))

    outcome = looked(PROBES["http-post-split"], TALK, serve)
    assert outcome.why == "http-body-lost"
    assert [name for name, _ in outcome.values] == ["sent"]
