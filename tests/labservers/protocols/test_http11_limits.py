"""HTTP/1.1 to the byte: what a request is read as, and where each limit stands."""

import pytest

from labservers.protocols.http11 import (
    HTTPError,
    Limits,
    Request,
    parse_head,
    read_body,
    read_head,
    read_request,
)
from labservers.protocols.stream import ByteStream

CHUNKED = b"POST / HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n\r\n"


def read(data: bytes, limits: Limits) -> Request:
    stream = ByteStream(data)
    stream.feed_end()
    reading = read_request(stream, limits)
    while True:
        try:
            next(reading)
        except StopIteration as done:
            assert isinstance(done.value, Request)
            return done.value


def refused(data: bytes, limits: Limits) -> tuple[int, str]:
    with pytest.raises(HTTPError) as caught:
        read(data, limits)
    return caught.value.status, caught.value.detail


@pytest.mark.parametrize(
    "data",
    [
        CHUNKED + b"3\r\nabc\r\n2;x=y\r\nde\r\n0\r\n\r\n",
        b"POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\nabcde",
    ],
)
def test_the_longest_body_is_the_limit_to_the_byte(data: bytes) -> None:
    assert read(data, Limits(body=5)).body == b"abcde"
    assert refused(data, Limits(body=4))[0] == 413


def test_a_chunk_size_is_hexadecimal() -> None:
    data = CHUNKED + b"1a\r\n" + b"x" * 26 + b"\r\n0\r\n\r\n"
    assert read(data, Limits()).body == b"x" * 26


def test_the_extensions_of_all_chunks_together_have_a_limit() -> None:
    data = CHUNKED + b"1;abc\r\nx\r\n1;abc\r\ny\r\n0\r\n\r\n"
    assert read(data, Limits(extensions=8)).body == b"xy"
    assert refused(data, Limits(extensions=7)) == (400, "the chunk extensions are too long")


def test_the_number_of_trailers_and_of_fields_has_a_limit() -> None:
    trailers = CHUNKED + b"0\r\n" + b"a: b\r\n" * 3 + b"\r\n"
    assert read(trailers, Limits(fields=3)).body == b""
    assert refused(trailers, Limits(fields=2)) == (431, "more than 2 trailers")
    assert refused(CHUNKED, Limits(fields=1)) == (431, "more than 1 header fields")


def test_what_is_wrong_with_a_body_is_said() -> None:
    head = b"POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: 5\r\n\r\n"
    assert refused(head + b"abc", Limits()) == (400, "the body ended before its announced length")
    too_long = (400, "a chunk's size line or trailer is too long")
    assert refused(CHUNKED + b"1;" + b"x" * 2000, Limits()) == too_long
    more = CHUNKED + b"1\r\nabc\r\n0\r\n\r\n"
    assert refused(more, Limits()) == (400, "a chunk is longer than its size says")


@pytest.mark.parametrize(
    "method", ["GET", "HEAD", "POST", "PUT", "DELETE", "OPTIONS", "TRACE", "PATCH"]
)
def test_each_method_of_the_standard_is_known(method: str) -> None:
    request = parse_head(f"{method} /a?b=c?d HTTP/1.1\r\nHost: lab\r\n\r\n".encode(), Limits())
    assert (request.method, request.path, request.query) == (method, "/a", "b=c?d")
    assert (request.accept, request.media) == ("", "")


@pytest.mark.parametrize(
    ("line", "path", "query"),
    [
        ("CONNECT lab:80", "lab:80", ""),
        ("OPTIONS *", "*", ""),
        ("GET http://lab", "/", ""),
        ("GET http://lab/a?b", "/a", "b"),
        ("GET /a", "/a", ""),
    ],
)
def test_a_target_in_any_form_has_a_path_and_a_query(line: str, path: str, query: str) -> None:
    request = parse_head(f"{line} HTTP/1.1\r\nHost: lab\r\n\r\n".encode(), Limits())
    assert (request.path, request.query) == (path, query)


def test_header_fields_are_what_they_say() -> None:
    fields = "Host: lab\r\nAccept: a/b\r\nAccept: c/d\r\nContent-Type: Text/HTML ; charset=x\r\n"
    request = parse_head(f"GET / HTTP/1.9\r\n{fields}\r\n".encode(), Limits())
    assert (request.accept, request.media, request.minor) == ("a/b, c/d", "text/html", 1)


@pytest.mark.parametrize("name", ["Host", "Content-Type"])
def test_a_field_of_one_value_stands_once(name: str) -> None:
    head = f"GET / HTTP/1.0\r\n{name}: a\r\n{name}: a\r\n\r\n"
    assert refused(head.encode(), Limits()) == (400, f"{name.lower()} stands there twice")


def test_a_line_that_is_too_long_is_told_from_a_head_that_is() -> None:
    long = b"GET /" + b"a" * 50 + b" HTTP/1.1\r\nHost: lab\r\n\r\n"
    fields = b"GET / HTTP/1.1\r\nHost: lab\r\nA: " + b"a" * 60 + b"\r\n\r\n"
    limits = Limits(line=20, head=40)
    assert refused(long, limits) == (414, "the request line is longer than 20 bytes")
    assert refused(long.replace(b"/a", b"/\0"), Limits(line=20))[0] == 414
    assert refused(fields, limits) == (431, "the header section is longer than 40 bytes")


@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_a_line_of_exactly_the_limit_is_not_to_blame_for_a_long_head(end: bytes) -> None:
    line = b"GET / HTTP/1.1"
    head = line + end + b"A: " + b"a" * 60 + end
    assert refused(head, Limits(line=len(line), head=40))[0] == 431
    assert refused(head, Limits(line=len(line) - 1, head=40))[0] == 414
    assert refused(b"GET /" + b"a" * 60, Limits(line=20, head=40))[0] == 414


def test_a_stream_of_nothing_but_empty_lines_holds_no_request() -> None:
    limits = Limits()
    stream = ByteStream(b"\r\n" * limits.empty_lines)
    stream.feed_end()
    with pytest.raises(StopIteration) as done:
        next(read_request(stream, limits))
    assert done.value.value is None


FOLDED = "a header field is folded over lines"
NO_PATH = "the request target is a path that begins with /"
NO_LINE = "the request line is not: METHOD target HTTP/1.1"
NO_PORT = "the request target of CONNECT is a host name and port"
NO_HOST = "the request target is not http:// with a host name and port"
SPACE = "white space stands before a header's colon"
NO_LENGTH = "Content-Length is a number of bytes in digits"


@pytest.mark.parametrize(
    ("line", "field", "status", "detail"),
    [
        ("GET / HTTP/1.1", "X: a\r\n b", 400, FOLDED),
        ("GET / HTTP/1.1", "X: a\r\n\tb", 400, FOLDED),
        ("GET / HTTP/1.1", "no colon", 400, "a header line has no colon"),
        ("GET / HTTP/1.1", "X : a", 400, SPACE),
        ("GET / HTTP/1.1", "X\t: a", 400, SPACE),
        ("GET / HTTP/1.1", "b[d: a", 400, "a header field's name has a forbidden character"),
        ("GET / HTTP/1.1", "b[d: \0", 400, "a header field's value has a forbidden character"),
        ("GET / HTTP/1.1", "X: \0", 400, "a header field's value has a forbidden character"),
        ("G@T / HTTP/1.1", "X: a", 400, "the method is not a token"),
        ("GET /a#b HTTP/1.1", "X: a", 400, "the request target has a forbidden character"),
        ("GET /  HTTP/1.1", "X: a", 400, NO_LINE),
        ("GET / HTTP/11", "X: a", 400, NO_LINE),
        ("GET /", "X: a", 400, NO_LINE),
        ("PUSH / HTTP/1.1", "X: a", 501, "the method PUSH is not implemented"),
        ("GET / HTTP/2.1", "X: a", 505, "this server speaks HTTP/1.1 and HTTP/1.0"),
        ("GET / HTTP/0.9", "X: a", 505, "this server speaks HTTP/1.1 and HTTP/1.0"),
        ("GET a HTTP/1.1", "X: a", 400, NO_PATH),
        ("GET * HTTP/1.1", "X: a", 400, NO_PATH),
        ("GET http:///a HTTP/1.1", "X: a", 400, NO_PATH),
        ("GET http://:80/a HTTP/1.1", "X: a", 400, NO_HOST),
        ("GET http://a@b/ HTTP/1.1", "X: a", 400, NO_HOST),
        ("CONNECT :80 HTTP/1.1", "X: a", 400, NO_PORT),
        ("CONNECT lab: HTTP/1.1", "X: a", 400, NO_PORT),
        ("CONNECT lab:8x HTTP/1.1", "X: a", 400, NO_PORT),
        ("CONNECT a@b:80 HTTP/1.1", "X: a", 400, NO_PORT),
        ("CONNECT /a HTTP/1.1", "X: a", 400, NO_PORT),
        ("GET / HTTP/1.1", "Expect: more", 417, "Expect knows only 100-continue"),
        ("GET / HTTP/1.1", "Content-Length: 1,1", 400, NO_LENGTH),
        ("GET / HTTP/1.1", "Content-Length: " + "9" * 19, 400, NO_LENGTH),
        (
            "GET / HTTP/1.1",
            "Transfer-Encoding: chunked\r\nContent-Length: 0",
            400,
            "Transfer-Encoding and Content-Length exclude each other",
        ),
        (
            "GET / HTTP/1.0",
            "Transfer-Encoding: chunked",
            400,
            "HTTP/1.0 has no Transfer-Encoding",
        ),
        (
            "GET / HTTP/1.1",
            "Transfer-Encoding: chunked, chunked",
            400,
            "chunked has to be the last transfer coding, once",
        ),
        (
            "GET / HTTP/1.1",
            "Transfer-Encoding: gzip\r\nTransfer-Encoding: chunked",
            501,
            "the transfer coding gzip is not implemented",
        ),
    ],
)
def test_why_a_head_is_refused(line: str, field: str, status: int, detail: str) -> None:
    head = f"{line}\r\nHost: lab\r\n{field}\r\n\r\n".encode()
    with pytest.raises(HTTPError) as caught:
        parse_head(head, Limits())
    assert (caught.value.status, caught.value.detail) == (status, detail)


@pytest.mark.parametrize(
    ("head", "detail"),
    [
        ("GET / HTTP/1.1\r\n\r\n", "HTTP/1.1 needs exactly one Host header field"),
        ("GET / HTTP/1.1\r\nHost: a b\r\n\r\n", "Host is not a host name and port"),
        ("GET / HTTP/1.0\r\nHost: a b\r\n\r\n", "Host is not a host name and port"),
        ("GET / HTTP/1.1\r\nHost: lab\r\n", "the header section is broken"),
    ],
)
def test_why_a_head_without_a_proper_host_or_end_is_refused(head: str, detail: str) -> None:
    with pytest.raises(HTTPError) as caught:
        parse_head(head.encode(), Limits())
    assert (caught.value.status, caught.value.detail) == (400, detail)


@pytest.mark.parametrize("end", ["\r\n", "\n"])
def test_a_broken_line_of_exactly_the_limit_is_not_too_long(end: str) -> None:
    line = "GET / / HTTP/1.1"
    for limit, status in ((len(line), 400), (len(line) - 1, 414)):
        with pytest.raises(HTTPError) as caught:
            parse_head(f"{line}{end}{end}".encode(), Limits(line=limit))
        assert caught.value.status == status


@pytest.mark.parametrize(
    ("line", "path", "query"),
    [
        ("CONNECT [::1]:80", "[::1]:80", ""),
        ("OPTIONS /*?*", "/*", "*"),
        ("GET HTTPS://[::1]:8005?a", "/", "a"),
        ("GET http://lab/a/?", "/a/", ""),
    ],
)
def test_other_targets(line: str, path: str, query: str) -> None:
    request = parse_head(f"{line} HTTP/1.1\r\nHost:\r\n\r\n".encode(), Limits())
    assert (request.path, request.query) == (path, query)


@pytest.mark.parametrize(("lines", "reads"), [(4, True), (5, False)])
@pytest.mark.parametrize("end", [b"\r\n", b"\n"])
def test_so_many_empty_lines_may_lead(lines: int, reads: bool, end: bytes) -> None:
    data = end * lines + b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n"
    if reads:
        assert read(data, Limits()).method == "GET"
    else:
        assert refused(data, Limits()) == (400, NO_LINE)


def test_a_number_of_bytes_has_up_to_18_digits() -> None:
    head = b"POST / HTTP/1.1\r\nHost: lab\r\nContent-Length: %s\r\n\r\n"
    assert parse_head(head % (b"9" * 18), Limits()).length == 10**18 - 1


def test_a_request_that_ends_inside_its_head_is_told_from_none() -> None:
    ended = (400, "the request ended inside its header")
    assert refused(b"GET / HTTP/1.1\r\nHost: lab\r\n", Limits()) == ended
    assert refused(b"\r", Limits()) == ended
    tls = (400, "this port speaks plain HTTP, not TLS; use http://")
    assert refused(b"\x16\x03\x01", Limits()) == tls


WAITS = b"POST / HTTP/1.1\r\nHost: lab\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"


@pytest.mark.parametrize(
    ("head", "body", "asked"),
    [
        (WAITS, b"", True),
        (WAITS, b"h", False),  # it has not waited
        (WAITS.replace(b"Expect", b"Except"), b"", False),
        (WAITS.replace(b"1.1", b"1.0"), b"", False),
    ],
)
def test_a_client_that_waits_is_asked_for_its_body_once(
    head: bytes, body: bytes, asked: bool
) -> None:
    stream = ByteStream(head + body)
    reading = read_request(stream, Limits())
    first = next(reading)
    assert (first is not None) is asked
    if first is not None:
        assert (first.body, next(reading)) == (b"", None)
    stream.feed(b"hi"[len(body) :])
    with pytest.raises(StopIteration) as done:
        next(reading)
    assert done.value.value.body == b"hi"


def test_a_stream_that_ends_before_a_request_holds_none() -> None:
    stream = ByteStream()
    stream.feed_end()
    with pytest.raises(StopIteration) as done:
        next(read_head(stream, Limits()))
    assert done.value.value is None


def test_a_chunk_beyond_the_limit_of_a_body_is_refused_before_it_comes() -> None:
    reading = read_request(ByteStream(CHUNKED + b"1\r\na\r\n5\r\n"), Limits(body=5))
    with pytest.raises(HTTPError, match="the body is larger than 5 bytes"):
        next(reading)


def test_a_body_that_is_too_long_is_not_read_either() -> None:
    request = parse_head(WAITS, Limits())
    with pytest.raises(HTTPError, match="larger than 1 bytes"):
        next(read_body(ByteStream(b"hi"), request, Limits(body=1)))
