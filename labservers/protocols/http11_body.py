"""A request's body: of an announced length, or in chunks (RFC 9112 sections 6.2 and 7.1)."""

import re

from labservers.protocols.http11_head import TOKEN, VALUE
from labservers.protocols.http11_message import CHUNKED, HTTPError, Limits, Request
from labservers.protocols.stream import ByteStream, EndOfStream, LimitExceeded, Reading

_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_TRAILER = re.compile(f"{TOKEN}:{VALUE}".encode("latin-1"))


def read_body(stream: ByteStream, request: Request, limits: Limits) -> Reading[bytes]:
    """The body that the head announces.

    Raises:
        HTTPError: 413 too long, 400 broken off or broken chunks.
    """
    check_length(request, limits)
    try:
        if request.length == CHUNKED:
            return (yield from _read_chunks(stream, limits))
        return (yield from stream.read_exact(request.length))
    except EndOfStream as end:
        raise HTTPError(400, "the body ended before its announced length") from end
    except LimitExceeded:
        raise HTTPError(400, "a chunk's size line or trailer is too long") from None


def check_length(request: Request, limits: Limits) -> None:
    """Raises HTTPError 413 where the head announces a body that is too large."""
    if request.length > limits.body:
        raise _too_large(limits)


def _read_chunks(stream: ByteStream, limits: Limits) -> Reading[bytes]:
    """Extensions are read over, trailers are checked and dropped.

    Unlike in a head, CRLF alone ends a line: another reader of the same bytes may take a bare
    LF for a part of a chunk extension, and see another end of the body.
    """
    body = bytearray()
    extensions = 0
    while True:
        line = yield from stream.read_until(b"\r\n", limits.chunk_line)
        size_line = _CHUNK_SIZE.fullmatch(line)
        if size_line is None:
            raise HTTPError(400, "a chunk begins with its size in hexadecimal digits")
        size = int(size_line[1], 16)
        if len(body) + size > limits.body:
            raise _too_large(limits)
        if size == 0:
            break
        extensions += len(line) - size_line.end(1)
        if extensions > limits.extensions:
            raise HTTPError(400, "the chunk extensions are too long")
        body += yield from stream.read_exact(size)
        if (yield from stream.read_exact(2)) != b"\r\n":
            raise HTTPError(400, "a chunk is longer than its size says")
    yield from _read_trailers(stream, limits)
    return bytes(body)


def _read_trailers(stream: ByteStream, limits: Limits) -> Reading[None]:
    for _ in range(limits.fields + 1):
        trailer = yield from stream.read_until(b"\r\n", limits.line)
        if not trailer:
            return
        if not _TRAILER.fullmatch(trailer):
            raise HTTPError(400, "a trailer is not a header field")
    raise HTTPError(431, f"more than {limits.fields} trailers")


def _too_large(limits: Limits) -> HTTPError:
    return HTTPError(413, f"the body is larger than {limits.body} bytes")
