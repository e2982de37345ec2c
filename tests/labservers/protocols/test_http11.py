"""HTTP/1.1 by its rules: requests accepted, refused with which status, framed how."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.protocols.http11 import (
    HTTPError,
    Limits,
    Request,
    Response,
    parse_head,
    read_request,
)
from labservers.protocols.stream import ByteStream

HOST = b"Host: lab\r\n"


def read_all(data: bytes, pieces: list[bytes] | None = None) -> list[Request]:
    """Every request in the bytes, fed whole or in pieces, then the end of the stream."""
    stream = ByteStream()
    waiting = [data] if pieces is None else list(pieces)
    requests = []
    while True:
        reading = read_request(stream, Limits())
        while True:
            try:
                next(reading)
            except StopIteration as done:
                if done.value is None:
                    return requests
                requests.append(done.value)
                break
            if waiting:
                stream.feed(waiting.pop(0))
            else:
                stream.feed_end()


def read_one(data: bytes) -> Request:
    [request] = read_all(data)
    return request


def refusal(data: bytes) -> int:
    with pytest.raises(HTTPError) as caught:
        read_all(data)
    assert caught.value.detail
    return caught.value.status


def summary(request: Request) -> tuple[object, ...]:
    return (request.method, request.target, request.minor, request.headers, request.body)


ACCEPTED = [
    b"GET / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\nHost: lab\n\n",
    b"\r\nGET / HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.0\r\n\r\n",
    b"GET http://lab/a?b HTTP/1.1\r\n" + HOST + b"\r\n",
    b"OPTIONS * HTTP/1.1\r\n" + HOST + b"\r\n",
    b"GET / HTTP/1.1\r\nHost:lab\r\nX:\r\nY: \t a b \t\r\n\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello",
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 5\r\n\r\nhello",
    b"GET / HTTP/1.1\r\n" + HOST + b"Content-Length: 2\r\n\r\nhi",
    b"POST / HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\n\r\n5;a=b\r\nhello\r\n0\r\n\r\n",
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: Chunked\r\n\r\n0\r\nX: y\r\n\r\n",
    b"GET / HTTP/1.1\r\nHost: [::1]:8005\r\n\r\n",
]


@pytest.mark.parametrize("data", ACCEPTED)
def test_is_accepted_whole_and_byte_by_byte_with_the_same_meaning(data: bytes) -> None:
    [whole] = read_all(data)
    [bytewise] = read_all(data, [data[i : i + 1] for i in range(len(data))])
    assert summary(whole) == summary(bytewise)


CHUNKED_HEAD = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
REFUSED = {
    b"GET / HTTP/1.1\r\n\r\n": 400,  # no Host
    b"GET / HTTP/1.1\r\n" + HOST + HOST + b"\r\n": 400,
    b"GET / HTTP/1.1\r\nHost: a b\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\nHost : lab\r\n\r\n": 400,  # space before the colon
    b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n b\r\n\r\n": 400,  # folded
    b"GET / HTTP/1.1\r\n" + HOST + b"X: a\x00b\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\n" + HOST + b"X: a\rb\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\n" + HOST + b"no colon\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\n" + HOST + b"b[d: x\r\n\r\n": 400,
    b"GET  / HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET / HTTP/1.1 \r\n" + HOST + b"\r\n": 400,
    b"GET /\r\n\r\n": 400,
    b"GET a HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET * HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"G@T / HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"FOO / HTTP/1.1\r\n" + HOST + b"\r\n": 501,
    b"GET / HTTP/2.0\r\n" + HOST + b"\r\n": 505,
    b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": 505,
    b"\x16\x03\x01\x02\x00\x01": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\nContent-Length: 6\r\n\r\nhello": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5, 5\r\n\r\nhello": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: +5\r\n\r\nhello": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5_0\r\n\r\nhello": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: -1\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 99999\r\n\r\n": 413,
    b"POST / HTTP/1.1\r\n"
    + HOST
    + b"Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": 400,
    b"POST / HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked, gzip\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip, chunked\r\n\r\n": 501,
    b"POST / HTTP/1.1\r\n"
    + HOST
    + b"Transfer-Encoding: chunked\r\nTransfer-Encoding: chunked\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\nzz\r\n": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n3\r\nabcd\r\n": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n0\r\nbad\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 9\r\n\r\nhello": 400,  # broken off
    b"GET / HTTP/1.1\r\n" + HOST + b"Expect: miracles\r\n\r\n": 417,
    b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n": 414,
    b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 70_000 + b"\r\n\r\n": 431,
    b"GET / HTTP/1.1\r\n" + HOST + b"X: a\r\n" * 101 + b"\r\n": 431,
    b"GET / HT": 400,
    b"GET /?a#b HTTP/1.1\r\n" + HOST + b"\r\n": 400,  # a fragment is never sent
    b"GET /a#b HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET http://lab/#b HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"OPTIONS *# HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET http:///a HTTP/1.1\r\n" + HOST + b"\r\n": 400,  # RFC 9110 section 4.2.1: no host
    b"GET http://:80/a HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET http://me@lab/ HTTP/1.1\r\n" + HOST + b"\r\n": 400,  # RFC 9110 section 4.2.4
    b"GET ftp://lab/ HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"CONNECT lab HTTP/1.1\r\n" + HOST + b"\r\n": 400,  # RFC 9110 section 9.3.6: no port
    b"CONNECT lab: HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"CONNECT /a HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"CONNECT http://lab:80/ HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    b"GET / HTTP/1.1\r\r\n" + HOST + b"\r\n": 400,  # a CR that ends no line
    b"GET / HTTP/1.1\r\nHost: lab\r\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\n" + HOST + b"\r\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\n" + HOST + b"X\r: a\r\n\r\n": 400,
    b"GET /\r HTTP/1.1\r\n" + HOST + b"\r\n": 400,
    CHUNKED_HEAD + b"0\r\nX: a\r\r\n\r\n": 400,
    CHUNKED_HEAD + b"0\r\nX: \ra\r\n\r\n": 400,
    CHUNKED_HEAD + b"0\r\nX: a\n\r\n": 400,
    CHUNKED_HEAD + b"0\r\n\r\r\n": 400,
    CHUNKED_HEAD + b"2\r\r\nhi\r\n0\r\n\r\n": 400,
    CHUNKED_HEAD + b"2\r\nhi\r\r\n0\r\n\r\n": 400,
    CHUNKED_HEAD + b"0\r\n X: a\r\n\r\n": 400,
    CHUNKED_HEAD + b"2\xa0\r\nhi\r\n0\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: \xa0chunked\r\n\r\n0\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\x85\r\n\r\n0\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: gzip,\xa0chunked\r\n\r\n": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\xa0\r\n\r\nhello": 400,
    b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: \xb3\r\n\r\nhey": 400,
    b"GET / HTTP/1.1\r\nHost: lab\xa0\r\n\r\n": 400,
    b"GET / HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\xa0\r\n\r\n": 417,
    b"\x00\x01\x02\r\n\r\n": 400,
}


@pytest.mark.parametrize(("data", "status"), list(REFUSED.items()))
def test_is_refused_with_its_status(data: bytes, status: int) -> None:
    assert refusal(data) == status


def test_pipelined_requests_come_in_order_and_bodies_are_not_requests() -> None:
    smuggled = b"GET /secret HTTP/1.1\r\nHost: lab\r\n\r\n"
    first = (
        b"POST /a HTTP/1.1\r\n" + HOST + b"Content-Length: %d\r\n\r\n" % len(smuggled) + smuggled
    )
    second = b"GET /b HTTP/1.1\r\n" + HOST + b"\r\n"
    assert [request.target for request in read_all(first + second)] == ["/a", "/b"]


@given(
    st.lists(st.sampled_from(ACCEPTED), min_size=1, max_size=4),
    st.lists(st.integers(1, 30), min_size=1, max_size=40),
)
def test_any_segmentation_gives_the_same_requests(parts: list[bytes], sizes: list[int]) -> None:
    data = b"".join(parts)
    pieces, at = [], 0
    for size in sizes:
        pieces.append(data[at : at + size])
        at += size
    pieces.append(data[at:])
    assert [summary(r) for r in read_all(data, pieces)] == [summary(r) for r in read_all(data)]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_parser(data: bytes) -> None:
    try:
        read_all(data)
    except HTTPError as error:
        assert 400 <= error.status <= 505


@given(st.binary(max_size=200))
def test_no_chunks_break_the_parser(data: bytes) -> None:
    head = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    try:
        read_all(head + data)
    except HTTPError as error:
        assert error.status in (400, 413, 414, 431, 501, 505)


@pytest.mark.parametrize(
    ("version", "connection", "alive"),
    [
        (b"1.1", b"", True),
        (b"1.1", b"Connection: close\r\n", False),
        (b"1.1", b"Connection: x, Close\r\n", False),
        (b"1.0", b"", False),
        (b"1.0", b"Connection: keep-alive\r\n", True),
        (b"1.1", b"Connection: x ,\tclose\r\n", False),
        (b"1.1", b"Connection: \xa0close\r\n", True),  # another option, whatever it means
        (b"1.0", b"Connection: keep-alive\x85\r\n", False),
    ],
)
def test_whether_the_client_keeps_the_connection(
    version: bytes, connection: bytes, alive: bool
) -> None:
    head = b"GET / HTTP/" + version + b"\r\n" + HOST + connection + b"\r\n"
    assert parse_head(head, Limits()).keep_alive is alive


def test_a_response_is_framed_exactly() -> None:
    response = Response(200, "я".encode(), "text/plain; charset=utf-8", {"X": "y"})
    assert response.serialize("D", close=True) == (
        b"HTTP/1.1 200 OK\r\nDate: D\r\nContent-Type: text/plain; charset=utf-8\r\n"
        b"Content-Length: 2\r\nX: y\r\nConnection: close\r\n\r\n\xd1\x8f"
    )
    assert response.serialize("D", close=False, head_only=True).endswith(b"X: y\r\n\r\n")
    assert b"Content-Length" not in Response(204).serialize("D", close=False)


def test_empty_lines_before_a_request_are_counted_the_same_in_any_segmentation() -> None:
    data = b"GET / HTTP/1.1\r\n" + HOST + b"\r\n" + b"\r\n" * 4
    assert len(read_all(data)) == 1
    assert len(read_all(data, [data[i : i + 1] for i in range(len(data))])) == 1


def test_inside_chunks_only_crlf_ends_a_line() -> None:
    head = b"POST / HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n"
    assert refusal(head + b"2;x\nhi\r\n0\r\n\r\n") == 400
    assert refusal(head + b"2\r\nhi\n0\r\n\r\n") == 400
    assert refusal(head + (b"1;" + b"x" * 1000 + b"\r\na\r\n") * 20 + b"0\r\n\r\n") == 400


def test_a_query_after_a_host_is_not_a_path() -> None:
    request = read_one(b"GET http://lab?x=/y HTTP/1.1\r\n" + HOST + b"\r\n")
    assert (request.path, request.query) == ("/", "x=/y")


def test_a_tls_hello_is_refused_at_its_first_byte() -> None:
    stream = ByteStream(b"\x16")
    with pytest.raises(HTTPError, match="TLS"):
        next(read_request(stream, Limits()))


def test_a_body_that_is_too_large_is_not_asked_for() -> None:
    head = b"Expect: 100-continue\r\nContent-Length: 99999\r\n\r\n"
    stream = ByteStream(b"POST / HTTP/1.1\r\n" + HOST + head)
    with pytest.raises(HTTPError) as caught:
        next(read_request(stream, Limits()))
    assert caught.value.status == 413


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_the_longest_line_is_the_limit_to_the_byte(end: bytes) -> None:
    line = b"GET /%s HTTP/1.1" % (b"x" * 40)
    head = line + end + b"Host: here\r\n\r\n"
    assert parse_head(head, Limits(line=len(line))).method == "GET"
    with pytest.raises(HTTPError) as refusal:
        parse_head(head, Limits(line=len(line) - 1))
    assert refusal.value.status == 414
