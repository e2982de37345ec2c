"""The reader of answers, with h11 as an independent judge of what it reads."""

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.checks.http_answer import (
    Answer,
    Framing,
    broken_field,
    line_with_lf_alone,
    read,
    runs_into_body,
    unchunked,
)

STATUS = st.sampled_from([200, 201, 303, 404, 500])
NAMES = st.sampled_from(["Content-Type", "Server", "X-Own", "Date"])
VALUES = st.text(st.characters(min_codepoint=33, max_codepoint=126), min_size=1, max_size=12)
BODIES = st.binary(max_size=300)


@st.composite
def answers(draw: st.DrawFn) -> tuple[bytes, bool]:
    """Bytes of a right answer as h11 writes it, and whether its end is said."""
    body, framing = draw(BODIES), draw(st.sampled_from(["length", "chunked", "close"]))
    headers = [(name, value) for name, value in draw(st.lists(st.tuples(NAMES, VALUES)))]
    headers += {
        "length": [("Content-Length", str(len(body)))],
        "chunked": [("Transfer-Encoding", "chunked")],
        "close": [],
    }[framing]
    server = h11.Connection(h11.SERVER)
    request = (
        b"GET / HTTP/1.0\r\n\r\n" if framing == "close" else b"GET / HTTP/1.1\r\nHost: x\r\n\r\n"
    )
    server.receive_data(request)
    assert isinstance(server.next_event(), h11.Request)
    server.next_event()
    data = server.send(h11.Response(status_code=draw(STATUS), headers=headers, reason=b"Said"))
    for part in (body[:100], body[100:]):
        data += server.send(h11.Data(data=part)) or b""
    data += server.send(h11.EndOfMessage()) or b""
    return data, framing != "close"


def by_h11(data: bytes) -> tuple[int, list[tuple[bytes, bytes]], bytes]:
    client = h11.Connection(h11.CLIENT)
    client.send(h11.Request(method="GET", target="/", headers=[("Host", "x")]))
    client.send(h11.EndOfMessage())
    client.receive_data(data)
    client.receive_data(b"")
    answer = client.next_event()
    assert isinstance(answer, h11.Response)
    body = b""
    while isinstance(event := client.next_event(), h11.Data):
        body += bytes(event.data)
    return answer.status_code, list(answer.headers), body


@given(answers())
def test_it_reads_what_h11_reads(answer: tuple[bytes, bool]) -> None:
    data, _ = answer
    status, headers, body = by_h11(data)
    found = read(data)
    assert (found.status, found.content, found.ended) == (status, body, True)
    for name, _ in headers:
        last = [value for other, value in headers if other == name][-1]
        assert found.field(name.decode()) == last.decode()
    assert broken_field(found) is None
    assert line_with_lf_alone(found) is None
    assert not runs_into_body(found)


@given(answers())
def test_its_end_is_seen_at_the_last_byte_and_not_before(answer: tuple[bytes, bool]) -> None:
    data, says_its_end = answer
    framing = Framing()
    ends = [framing.whole(data[:size]) for size in range(len(data) + 1)]
    assert not any(ends[:-1])
    assert ends[-1] is says_its_end
    assert framing.says_its_end is says_its_end


@given(st.binary(max_size=200))
def test_any_bytes_are_read(data: bytes) -> None:
    found = read(data)
    assert isinstance(found, Answer)
    Framing().whole(data)
    unchunked(data)
    runs_into_body(found)


@pytest.mark.parametrize(
    ("first", "status"),
    [
        (b"HTTP/1.1 200 OK", 200),
        (b"HTTP/1.0 404 Not Found", 404),
        (b"HTTP/1.1 200", 200),
        (b"HTTP 200 OK", None),
        (b"HTTP/1.1 OK", None),
        (b"HTTP/1.1 2000 OK", None),
        (b"HTTP/2 200 OK", None),
        (b"<html>", None),
    ],
)
def test_the_first_line_is_a_status_line_or_not(first: bytes, status: int | None) -> None:
    assert read(first + b"\r\n\r\n").status == status


def test_the_faults_of_a_head_are_found_with_their_lines() -> None:
    lf = read(b"HTTP/1.1 200 OK\r\nA: 1\nB: 2\r\n\r\nbody")
    assert line_with_lf_alone(lf) == b"A: 1\n"
    assert broken_field(read(b"HTTP/1.1 200 OK\r\nA : 1\r\n\r\n")) == b"A : 1"
    assert broken_field(read(b"HTTP/1.1 200 OK\r\n  A: 1\r\n\r\n")) == b"  A: 1"
    assert runs_into_body(read(b"HTTP/1.1 200 OK\r\nA: 1\r\n<html>\r\n\r\n</html>"))
    assert runs_into_body(read(b"HTTP/1.1 200 OK\r\nA: 1\r\n"))


def test_an_interim_answer_is_passed_over() -> None:
    found = read(b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 201 Created\r\n\r\n")
    assert found.status == 201


@pytest.mark.parametrize("method", ["GET", "HEAD"])
def test_an_answer_to_head_ends_with_its_head(method: str) -> None:
    head = b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\n"
    assert Framing(method).whole(head) is (method == "HEAD")
