"""Messages as values: what a response is in bytes, what a request says of itself."""

import string

import pytest

from labservers.protocols.http11 import (
    CHUNKED,
    CONTINUE,
    HTTPError,
    Limits,
    Request,
    Response,
    parse_head,
    reason,
)
from labservers.protocols.http11_message import normal_path


def request(line: str, *fields: str) -> Request:
    head = "".join(f"{one}\r\n" for one in (line, "Host: lab", *fields))
    return parse_head(f"{head}\r\n".encode(), Limits())


@pytest.mark.parametrize(
    ("status", "phrase"),
    [
        (200, "OK"),
        (404, "Not Found"),
        (413, "Content Too Large"),
        (422, "Unprocessable Content"),
        (999, "Unknown"),
    ],
)
def test_a_status_has_the_phrase_of_the_standard(status: int, phrase: str) -> None:
    assert reason(status) == phrase
    assert (
        Response(status)
        .serialize("D", close=False)
        .startswith(f"HTTP/1.1 {status} {phrase}\r\nDate: D\r\n".encode())
    )


@pytest.mark.parametrize(
    ("response", "fields"),
    [
        (Response(200), "Content-Length: 0\r\n"),
        (Response(200, b"a"), "Content-Type: text/plain; charset=utf-8\r\nContent-Length: 1\r\n"),
        (Response(200, b"a", "b/c"), "Content-Type: b/c\r\nContent-Length: 1\r\n"),
        (Response(204), ""),
        (Response(103), ""),
        (Response(199), ""),
        (Response(205), "Content-Length: 0\r\n"),
        (Response(203, headers={"A": "b", "C": "d"}), "Content-Length: 0\r\nA: b\r\nC: d\r\n"),
    ],
)
def test_only_what_may_have_a_body_says_its_length(response: Response, fields: str) -> None:
    head = response.serialize("D", close=False, head_only=True).decode()
    assert head.partition("Date: D\r\n")[2] == f"{fields}\r\n"


@pytest.mark.parametrize(
    ("close", "minor", "field"),
    [
        (True, 1, "Connection: close\r\n"),
        (True, 0, "Connection: close\r\n"),
        (False, 0, "Connection: keep-alive\r\n"),
        (False, 1, ""),
    ],
)
def test_what_is_not_the_rule_of_the_version_is_said(close: bool, minor: int, field: str) -> None:
    sent = Response(204).serialize("D", close=close, minor=minor).decode()
    assert sent == f"HTTP/1.1 204 No Content\r\nDate: D\r\n{field}\r\n"


def test_a_request_as_it_came() -> None:
    one = request("POST http://lab/a?b HTTP/1.1", "Transfer-Encoding: chunked")
    assert one.line == b"POST http://lab/a?b"
    assert (one.length, one.body) == (CHUNKED, b"")
    assert (one.length, one.headers["host"]) == (-1, "lab")


@pytest.mark.parametrize(
    ("version", "field", "waits"),
    [
        ("1.1", "Expect: 100-Continue", True),
        ("1.1", "Expecting: 100-continue", False),
        ("1.0", "Expect: 100-continue", False),
        ("1.0", "Expect: miracles", False),  # RFC 9110 section 10.1.1: it is ignored there
    ],
)
def test_a_client_of_http_1_1_may_wait_before_its_body(
    version: str, field: str, waits: bool
) -> None:
    assert request(f"POST / HTTP/{version}", field).expects_continue is waits
    assert CONTINUE == b"HTTP/1.1 100 Continue\r\n\r\n"


def test_an_error_has_a_status_a_sentence_and_fields() -> None:
    error = HTTPError(405, "not this", {"Allow": "GET"})
    assert (error.status, error.detail, error.headers) == (405, "not this", {"Allow": "GET"})
    assert str(error) == "not this"
    assert HTTPError(400, "odd").headers == Response(200).headers == {}


def test_every_unreserved_character_means_itself_and_no_other() -> None:
    unreserved = set(string.ascii_letters + string.digits + "-._~")  # RFC 3986 section 2.3
    for code in range(256):
        for escaped in (f"/%{code:02x}", f"/%{code:02X}"):
            plain = chr(code) in unreserved
            assert normal_path(escaped) == (f"/{chr(code)}" if plain else escaped)
    for path in ("/", "/index.html", "/100%", "/%", "/%4", "/%zz", "/%u0031"):
        assert normal_path(path) == path
    assert normal_path("/%2569") == "/%2569", "it is done once"


def test_the_limits_by_default() -> None:
    assert Limits() == (8_192, 65_536, 100, 65_536, 1_024, 16_384, 4)
