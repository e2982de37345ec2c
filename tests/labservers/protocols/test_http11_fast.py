"""The fast path is the core: the same requests, or a None that leaves the core to decide."""

from hypothesis import example, given
from hypothesis import strategies as st

from labservers.protocols.http11 import HTTPError, Limits, Request, Response, read_request
from labservers.protocols.http11_fast import ReadyResponse, plain_request
from labservers.protocols.stream import ByteStream

LIMITS = Limits(line=60, head=300, fields=6, body=20)
NAMES = [
    b"Host", b"HOST", b"host", b"Accept", b"accept", b"Connection", b"CONNECTION",
    b"Content-Length", b"content-length", b"Content-Type", b"Transfer-Encoding", b"Expect", b"X-A",
    b"Accept-Language", b"Ho", b"Hosts", b"C", b"b[d", b"", b" X", b"X ",
]  # fmt: skip
VALUES = [
    b"lab", b"lab:80", b"[::1]:80", b"a b", b"", b"close", b"Close", b"keep-alive", b"close, x",
    b"0", b"3", b"03", b"+3", b"5", b"21", b"9" * 19, b"text/html", b"application/json; a=b",
    b"\xa0close", b"3\x85", b"chunked", b"100-continue", b"\xff", b"a\x00", b"a\rb",
]  # fmt: skip
SPACES = st.sampled_from([b"", b" ", b"\t", b"  \t", b"\xa0"])
LINES = [
    b"GET / HTTP/1.1", b"GET /a?b=c HTTP/1.1", b"GET /? HTTP/1.1", b"HEAD /a?b?c HTTP/1.1",
    b"POST /a HTTP/1.1", b"GET / HTTP/1.0", b"PUT / HTTP/1.1", b"GET /a#b HTTP/1.1",
    b"GET /?a#b HTTP/1.1", b"GET http://lab/ HTTP/1.1", b"GET * HTTP/1.1", b"OPTIONS * HTTP/1.1",
    b"CONNECT lab:80 HTTP/1.1", b"get / HTTP/1.1", b"GET  / HTTP/1.1", b"GET /\xe4 HTTP/1.1",
    b"GET /%s HTTP/1.1" % (b"x" * 50), b"GET / HTTP/1.1 ", b"GET / HTTP/9.9",
]  # fmt: skip
ENDS = st.sampled_from([b"\r\n"] * 8 + [b"\n", b"\r\r\n", b"\r"])


@st.composite
def fields(draw: st.DrawFn) -> bytes:
    name, value = draw(st.sampled_from(NAMES)), draw(st.sampled_from(VALUES))
    return name + b":" + draw(SPACES) + value + draw(SPACES) + draw(ENDS)


@st.composite
def requests(draw: st.DrawFn) -> bytes:
    parts = draw(st.lists(fields(), max_size=8))
    if draw(st.booleans()):
        parts.insert(draw(st.integers(0, len(parts))), b"Host: lab\r\n")
    line = draw(st.sampled_from(LINES)) + draw(ENDS)
    body = draw(st.sampled_from([b"", b"", b"abc", b"abcde", b"a" * 21]))
    return line + b"".join(parts) + draw(ENDS) + body


@st.composite
def damaged(draw: st.DrawFn) -> bytes:
    data = draw(requests())
    at, until = sorted((draw(st.integers(0, len(data))), draw(st.integers(0, len(data)))))
    return data[:at] + draw(st.binary(max_size=4)) + data[until:]


def by_the_core(data: bytes, piece: int) -> tuple[Request | None, bytes] | int:
    """The first request and what is left of the bytes, or the status of its refusal."""
    stream = ByteStream()
    reading = read_request(stream, LIMITS)
    pieces = [data[at : at + piece] for at in range(0, len(data), piece)]
    try:
        while True:
            next(reading)
            if pieces:
                stream.feed(pieces.pop(0))
            else:
                stream.feed_end()
    except StopIteration as done:
        return done.value, stream.peek() + b"".join(pieces)
    except HTTPError as error:
        return error.status


def summary(request: Request) -> dict[str, object]:
    values = {name: getattr(request, name) for name in Request.__slots__}
    return {**values, "headers": dict(request.headers)}


def agree(data: bytes, piece: int) -> bool:
    """Whether the fast path saw a request here."""
    fast = plain_request(data, LIMITS)
    if fast is None:
        return False
    core = by_the_core(data, piece)
    assert isinstance(core, tuple), (data, core)
    request, rest = core
    assert request is not None
    assert rest == b""
    assert summary(fast) == summary(request)
    return True


PLAIN = (
    b"POST /a?b HTTP/1.1\r\nHost: lab\r\nConnection: Close\r\nX: \xff \r\nContent-Length: 3\r\n\r\n"
)


@given(requests() | damaged(), st.integers(1, 400))
@example(PLAIN + b"abc", 400)
@example(b"GET / HTTP/1.1\r\nHost:\r\n\r\n", 1)
def test_what_the_fast_path_takes_is_what_the_core_reads(data: bytes, piece: int) -> None:
    agree(data, piece)


def test_the_fast_path_takes_what_clients_send() -> None:
    curl = b"Host: lab\r\nUser-Agent: curl/8\r\nAccept: */*\r\n\r\n"
    for plain in (
        PLAIN + b"abc",
        b"GET /a HTTP/1.1\r\n" + curl,
        b"HEAD / HTTP/1.1\r\nhost:lab\r\nCONNECTION: keep-alive\r\n\r\n",
        b"POST / HTTP/1.1\r\nContent-Type: a/b;c\r\nContent-Length: 0\r\n" + curl,
    ):
        assert agree(plain, 400), plain


def test_the_fast_path_leaves_the_rest_to_the_core() -> None:
    head = b"GET / HTTP/1.1\r\nHost: lab\r\n"
    for other in (b"\r\nx", b"", b"Host: lab\r\n\r\n", b"Expect: 100-continue\r\n\r\n",
                  b"Transfer-Encoding: chunked\r\n\r\n0\r\n\r\n", b"Connection: x\r\n\r\n",
                  b"Content-Length: 4\r\n\r\nabc", b"X: a\r\n" * 6 + b"\r\n"):  # fmt: skip
        assert plain_request(head + other, LIMITS) is None, other


TEXT = st.text(st.characters(min_codepoint=32, max_codepoint=126), max_size=9)


@given(
    status=st.sampled_from([200, 201, 204, 303, 404, 500]),
    body=st.binary(max_size=9),
    headers=st.dictionaries(st.sampled_from(["A", "Link", "Vary"]), TEXT, max_size=2),
    dates=st.lists(TEXT, min_size=1, max_size=3),
    close=st.booleans(),
    head_only=st.booleans(),
    minor=st.sampled_from([0, 1]),
)
def test_a_ready_answer_is_the_same_bytes(
    status: int,
    body: bytes,
    headers: dict[str, str],
    dates: list[str],
    close: bool,
    head_only: bool,
    minor: int,
) -> None:
    response = Response(status, body, "text/html", headers)
    ready = ReadyResponse(response)
    for date in dates:
        expected = response.serialize(date, close=close, head_only=head_only, minor=minor)
        assert ready.serialize(date, close=close, head_only=head_only, minor=minor) == expected
        assert ready.keeping(date) == response.serialize(date, close=False)
