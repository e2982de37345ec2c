"""HTTP/1.1: requests out of bytes, responses into bytes (RFC 9110, 9112).

    stream = ByteStream()
    reading = read_request(stream, Limits())     # a generator, as in stream.py
    ... next(reading) after each feed() until StopIteration; .value is the Request, or None at
    the end of the stream between two requests
    data = Response(200, b"hello", "text/plain; charset=utf-8").serialize(...)

What is wrong with a request is an HTTPError: the status to answer and a sentence. After one the
connection is to be closed, since the beginning of the next request is not known.

The values are in http11_message.py, the head's grammar is in http11_head.py, bodies are in
http11_body.py.
"""

from collections.abc import Generator

from labservers.protocols.http11_body import check_length, read_body
from labservers.protocols.http11_head import parse_head
from labservers.protocols.http11_message import (
    CHUNKED,
    CONTINUE,
    HTTPError,
    Limits,
    Request,
    Response,
    reason,
)
from labservers.protocols.stream import ByteStream, EndOfStream, LimitExceeded, Reading

__all__ = [
    "CHUNKED",
    "CONTINUE",
    "HTTPError",
    "Limits",
    "Request",
    "Response",
    "check_length",
    "parse_head",
    "read_body",
    "read_head",
    "read_request",
    "reason",
]
TLS_HANDSHAKE = b"\x16"  # RFC 8446 section 5.1: a handshake record


def read_request(
    stream: ByteStream, limits: Limits
) -> Generator[Request | None, None, Request | None]:
    """The next request with its body; None where the stream ended before it began.

    Yields None for more bytes, and the request itself, without body, once where it expects
    `100 Continue`.

    Raises:
        HTTPError: it cannot be accepted.
    """
    request = yield from read_head(stream, limits)
    if request is not None and request.length:
        check_length(request, limits)  # before the client is asked to send it
        if request.expects_continue and not len(stream):
            yield request
        request.body = yield from read_body(stream, request, limits)
    return request


def read_head(stream: ByteStream, limits: Limits) -> Reading[Request | None]:
    """The next request without its body; None where the stream ended before it began.

    Raises:
        HTTPError: 400 for another protocol or a broken end, 414 and 431 for what is too long,
        and all of parse_head().
    """
    yield from _skip_empty_lines(stream, limits)
    if stream.starts_with(TLS_HANDSHAKE):
        raise HTTPError(400, "this port speaks plain HTTP, not TLS; use http://")
    try:
        head = yield from stream.read_block(limits.head)
    except LimitExceeded:
        raise _too_long(stream.peek(), limits) from None
    except EndOfStream as end:
        if end.partial:
            raise HTTPError(400, "the request ended inside its header") from end
        return None
    return parse_head(head, limits)


def _skip_empty_lines(stream: ByteStream, limits: Limits) -> Reading[None]:
    """The empty lines that may lead (RFC 9112 section 2.2)."""
    left = limits.empty_lines
    while True:
        while not stream.ended and (not len(stream) or stream.is_exactly(b"\r")):
            yield
        size = 2 if stream.starts_with(b"\r\n") else int(stream.starts_with(b"\n"))
        if not size or not left:
            return
        stream.skip(size)
        left -= 1


def _too_long(data: bytes, limits: Limits) -> HTTPError:
    line, ended, _ = data.partition(b"\n")
    if not ended or len(line.removesuffix(b"\r")) > limits.line:
        return HTTPError(414, f"the request line is longer than {limits.line} bytes")
    return HTTPError(431, f"the header section is longer than {limits.head} bytes")
