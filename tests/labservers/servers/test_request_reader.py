"""One connection's bytes to requests: in any segmentation, and in time."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.protocols.http11 import HTTPError, Limits, Request
from labservers.servers.request_reader import Patience, RequestReader

PATIENCE = Patience(idle_s=15.0, header_s=10.0, body_s=30.0)
HOST = b"Host: lab\r\n"
GET = b"GET /a HTTP/1.1\r\n" + HOST + b"\r\n"
POST = b"POST /b HTTP/1.1\r\n" + HOST + b"Content-Length: 3\r\n\r\nabc"
CHUNKS = b"PUT /c HTTP/1.1\r\n" + HOST + b"Transfer-Encoding: chunked\r\n\r\n1\r\nx\r\n0\r\n\r\n"
WAITING = b"POST /d HTTP/1.1\r\n" + HOST + b"Expect: 100-continue\r\nContent-Length: 1\r\n\r\n"


def reader(check: object = None) -> RequestReader:
    return RequestReader(Limits(), PATIENCE, check if callable(check) else lambda request: None)


def all_of(pieces: list[bytes]) -> list[tuple[str, bytes]]:
    """Method and body of all requests in these pieces."""
    reading = reader()
    found: list[Request | None] = []
    for piece in pieces:
        found.append(reading.feed(piece, 0.0))
        while found[-1] is not None and reading.begun:
            found.append(reading.next_request(0.0))
    assert not reading.begun
    return [(request.method, request.body) for request in found if request]


@given(
    st.lists(st.sampled_from([GET, POST, CHUNKS]), max_size=4),
    st.lists(st.integers(1, 60), max_size=30),
)
def test_any_segmentation_gives_the_same_requests(parts: list[bytes], sizes: list[int]) -> None:
    data, pieces = b"".join(parts), []
    for size in sizes:
        pieces.append(data[:size])
        data = data[size:]
    expected = {GET: ("GET", b""), POST: ("POST", b"abc"), CHUNKS: ("PUT", b"x")}
    assert all_of([piece for piece in [*pieces, data] if piece]) == [expected[p] for p in parts]


def test_each_part_of_a_request_has_its_own_time() -> None:
    reading = reader()
    assert reading.left_s(100.0) == PATIENCE.idle_s
    reading.feed(POST[:5], 100.0)
    assert reading.left_s(104.0) == 6.0
    assert reading.too_late().status == 408
    assert "header" in reading.too_late().detail
    reading.feed(POST[5:-2], 105.0)  # a byte does not give the header more time
    assert reading.left_s(106.0) == 29.0
    assert "body" in reading.too_late().detail
    assert reading.left_s(999.0) == 0.0
    assert reading.feed(POST[-2:], 107.0) is not None
    assert reading.left_s(108.0) == PATIENCE.idle_s


def test_the_end_of_the_stream_between_two_requests_is_not_a_request() -> None:
    reading = reader()
    assert reading.feed(b"", 0.0) is None
    assert not reading.begun


def test_the_end_of_the_stream_inside_a_request_is_refused() -> None:
    reading = reader()
    reading.feed(POST[:-1], 0.0)
    with pytest.raises(HTTPError) as caught:
        reading.feed(b"", 0.0)
    assert caught.value.status == 400
    assert reading.request is not None
    assert reading.request.method == "POST"


def test_a_request_is_checked_before_its_body_is_asked_for() -> None:
    def refuse(request: Request) -> None:
        raise HTTPError(404, "there is nothing here")

    reading = reader(refuse)
    with pytest.raises(HTTPError) as caught:
        reading.feed(WAITING, 0.0)
    assert caught.value.status == 404
    assert not reading.expects_continue


def test_a_client_that_waits_to_send_its_body_is_seen() -> None:
    reading = reader()
    assert reading.feed(WAITING, 0.0) is None
    assert reading.expects_continue
    request = reading.feed(b"x", 0.0)
    assert request is not None
    assert request.body == b"x"
    assert reading.request is None  # an idle connection keeps no body


def test_empty_lines_after_a_request_begin_no_other() -> None:
    reading = reader()
    assert reading.feed(POST + b"\r\n", 100.0) is not None
    assert reading.begun
    assert reading.next_request(100.0) is None
    assert not reading.begun
    assert reading.left_s(100.0) == PATIENCE.idle_s
    assert reading.feed(GET, 111.0) is not None
