"""h11 as an independent judge of requests; every difference has its reason here."""

import itertools

import h11
import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.protocols.http11 import HTTPError, Limits, read_request
from labservers.protocols.stream import ByteStream

# Refused by us, with these words, and left to the application by h11.
STRICTER = {
    "folded": "RFC 9112 section 5.2: a server may refuse obs-fold; h11 unfolds it",
    "forbidden character": "RFC 9110 section 5.5: controls in values are invalid; h11 takes some",
    "is not implemented": "RFC 9110 section 9.1: an unknown method is 501; h11 passes it on",
    "the request target is": "RFC 9112 section 3.2: only four forms; h11 takes any visible ASCII",
    "Host is not": "RFC 9112 section 3.2: an invalid Host is 400; h11 does not look into it",
    "speaks HTTP/1.1": "RFC 9110 section 15.6.6: another major version is 505",
    "knows only 100-continue": "RFC 9110 section 10.1.1: another expectation may be 417",
    "HTTP/1.0 has no": "RFC 9112 section 6.1: chunked in HTTP/1.0 is faulty framing",
    "exclude each other": "RFC 9112 section 6.1: both together ought to be handled as an error",
    "header fields": "a limit of ours (RFC 9112 section 5: 431)",
    "longer than": "a limit of ours (RFC 9112 section 3: 414)",
    "stands there twice": "two Content-Types would be two meanings (RFC 9110 section 8.3)",
    "number of bytes in digits": "RFC 9110 section 8.6: a list may be refused; h11 folds 5, 5",
    "ended before": "we read the whole body here, h11 hands it out as it comes",
    "chunk": "we read the whole body here, h11 hands it out as it comes",
    "trailer": "we read the whole body here, h11 hands it out as it comes",
    "the body is larger": "a limit of ours (413)",
}
# Accepted by us, refused by h11.
LOOSER = {
    b"\n": "RFC 9112 section 2.2: a bare LF may end a line; h11 takes it in some places only",
    b"\xff": "RFC 9110 section 5.5: obs-text may stand in a value",
}


def ours(data: bytes) -> str | None:
    """Why we refuse it, None when we accept."""
    stream = ByteStream(data)
    stream.feed_end()
    try:
        for _ in read_request(stream, Limits()):
            pass
    except HTTPError as error:
        return error.detail
    return None


def theirs(data: bytes) -> str | None:
    judge = h11.Connection(h11.SERVER)
    try:
        judge.receive_data(data)
        judge.receive_data(b"")
        event = judge.next_event()
        while event not in (h11.NEED_DATA, h11.PAUSED) and not isinstance(
            event, h11.EndOfMessage | h11.ConnectionClosed
        ):
            event = judge.next_event()
    except h11.RemoteProtocolError as error:
        return str(error)
    return None


def agree(data: bytes) -> bool:
    mine, judged = ours(data), theirs(data)
    if (mine is None) == (judged is None):
        return True
    if mine is not None:
        return any(words in mine for words in STRICTER)
    return any(sign in data for sign in LOOSER)


LINES = [b"GET / HTTP/1.1", b"POST /a?b HTTP/1.1", b"GET / HTTP/1.0", b"G[T / HTTP/1.1", b"GET /"]
HOSTS = [b"Host: lab", b"", b"Host: lab\r\nHost: lab", b"Host : lab"]
FIELDS = [b"", b"X: y", b"X:", b"X : y", b" X: y", b"X: \x00", b"X", b": y", b"X: a\r\n b"]
FRAMES = [
    (b"", b""),
    (b"Content-Length: 2", b"hi"),
    (b"Content-Length: x", b""),
    (b"Content-Length: 2\r\nContent-Length: 2", b"hi"),
    (b"Content-Length: 2\r\nContent-Length: 3", b"hi"),
    (b"Transfer-Encoding: chunked", b"2\r\nhi\r\n0\r\n\r\n"),
    (b"Transfer-Encoding: gzip", b""),
]


@pytest.mark.parametrize("line", LINES)
def test_the_judge_agrees_on_a_generated_corpus(line: bytes) -> None:
    for host, field, (frame, body) in itertools.product(HOSTS, FIELDS, FRAMES):
        fields = [part for part in (host, field, frame) if part]
        data = b"\r\n".join([line, *fields, b"", b""]) + body
        assert agree(data), (data, ours(data), theirs(data))


@given(st.binary(max_size=12), st.integers(0, 60))
def test_the_judge_agrees_on_damaged_requests(noise: bytes, at: int) -> None:
    data = b"POST /a HTTP/1.1\r\nHost: lab\r\nContent-Length: 2\r\nX: y\r\n\r\nhi"
    damaged = data[:at] + noise + data[at + len(noise) :]
    assert agree(damaged) or b"\r" in noise or not damaged.isascii(), (
        damaged,
        ours(damaged),
        theirs(damaged),
    )
