"""HTTP/1.1 to the byte: what a request is read as, and where each limit stands."""

import pytest

from labservers.protocols.http11 import HTTPError, Limits, Request, parse_head, read_request
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


def test_a_stream_of_nothing_but_empty_lines_holds_no_request() -> None:
    limits = Limits()
    stream = ByteStream(b"\r\n" * (limits.empty_lines + 1))
    stream.feed_end()
    with pytest.raises(StopIteration) as done:
        next(read_request(stream, limits))
    assert done.value.value is None
