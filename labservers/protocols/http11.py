"""HTTP/1.1 messages as values: requests out of bytes, responses into bytes (RFC 9110, 9112).

    stream = ByteStream()
    reading = read_request(stream, Limits())     # a generator, as in stream.py
    ... next(reading) after each feed() until StopIteration; .value is the Request, or None at
    the end of the stream between two requests
    data = Response(200, b"hello", "text/plain; charset=utf-8").serialize(...)

What is wrong with a request is an HTTPError: the status to answer and a sentence. After one the
connection is to be closed, since nobody knows where the next request would begin.
"""

import functools
import re
from collections.abc import Generator, Mapping
from http import HTTPStatus
from typing import NamedTuple, TypeVar

from labservers.protocols.stream import ByteStream, EndOfStream, LimitExceeded, Reading

Value = TypeVar("Value")
CHUNKED = -1
BEHIND_TARGET = len(b" HTTP/")
KNOWN_METHODS = frozenset(
    {"GET", "HEAD", "POST", "PUT", "DELETE", "CONNECT", "OPTIONS", "TRACE", "PATCH"}
)
HTTP2_PREFACE = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"  # RFC 9113 section 3.4
TLS_HANDSHAKE = b"\x16"  # RFC 8446 section 5.1: a handshake record

_TOKEN = rb"[!#$%&'*+.^_`|~0-9A-Za-z-]+"  # RFC 9110 section 5.6.2
_VALUE = rb"[\t\x20-\x7e\x80-\xff]*"  # RFC 9110 section 5.5: no NUL, CR, LF or other control
_LINE = re.compile(_TOKEN + rb" [\x21-\x7e]+")
_VERSION = re.compile(rb"([0-9])\.([0-9])\r?\n")
_FIELD = re.compile(rb"(" + _TOKEN + rb"):(" + _VALUE + rb")\r?\n")
_FIELDS = re.compile(rb"(?:" + _TOKEN + rb":" + _VALUE + rb"\r?\n)*\r?\n")
_DIGITS = re.compile(r"[0-9]{1,18}")
_CHUNK_SIZE = re.compile(rb"([0-9A-Fa-f]{1,15})[ \t]*(?:;[\t\x20-\x7e\x80-\xff]*)?")
_HOST = re.compile(r"(?:\[[0-9A-Fa-f:.]+\]|[A-Za-z0-9._~!$&'()*+,;=%-]*)(?::[0-9]*)?")
# A second copy of these would make two readers see two different messages.
_SINGLE = frozenset({"host", "content-length", "transfer-encoding", "content-type"})


class Limits(NamedTuple):
    """Bytes, but for `fields` and `empty_lines`, which are numbers of lines; `extensions` are
    those of all chunks of a body together."""

    line: int = 8 * 1024
    head: int = 64 * 1024
    fields: int = 100
    body: int = 64 * 1024
    chunk_line: int = 1024
    extensions: int = 16 * 1024
    empty_lines: int = 4


class HTTPError(Exception):
    """A request that is answered with a status and a sentence. `headers` go with it."""

    def __init__(self, status: int, detail: str, headers: Mapping[str, str] | None = None) -> None:
        super().__init__(detail)
        self.status = status
        self.detail = detail
        self.headers = dict(headers or {})


class Section(NamedTuple):
    """A version and a header section that were found valid, shared by the requests that have
    them. `fields`: number of lines. `length`: bytes of body that follow, CHUNKED when only its
    chunks say how many. `media`: type and subtype of the body in lower case (RFC 9110 section
    8.3.1)."""

    minor: int
    headers: dict[str, str]
    fields: int
    keep_alive: bool
    length: int
    media: str


class Line(NamedTuple):
    """Method and target of a request line that was found valid. `text`: both as they came."""

    text: bytes
    method: str
    target: str
    path: str
    query: str


class Request:
    """One request. Field names are in lower case, repeated fields joined by a comma.

    `line`: method and target as they came. `keep_alive`: the client wants the connection to go on
    (RFC 9112 section 9.3). `body` is empty until it was read; `headers` are not to be changed.
    """

    __slots__ = ("body", "keep_alive", "line", "method", "path", "query", "section", "target")

    def __init__(self, line: Line, section: Section) -> None:
        self.line, self.method, self.target, self.path, self.query = line
        self.section = section
        self.keep_alive = section.keep_alive
        self.body = b""

    @property
    def headers(self) -> dict[str, str]:
        return self.section.headers

    @property
    def minor(self) -> int:
        """The x of HTTP/1.x."""
        return self.section.minor

    @property
    def expects_continue(self) -> bool:
        """Whether it waits for `100 Continue` before its body (RFC 9110 section 10.1.1)."""
        return self.minor >= 1 and self.headers.get("expect", "").lower() == "100-continue"


def read_request(
    stream: ByteStream, limits: Limits
) -> Generator["Request | None", None, "Request | None"]:
    """The next request with its body; None where the stream ended before it began.

    Yields None for more bytes, and the request itself, without body, once where it expects
    `100 Continue`.

    Raises:
        HTTPError: it cannot be accepted.
    """
    head = yield from read_head(stream, limits)
    if head is None:
        return None
    request = parse_head(head, limits)
    if has_body(request):
        check_length(request, limits)  # before anybody is asked to send it
        if request.expects_continue and not len(stream):
            yield request
        request.body = yield from read_body(stream, request, limits)
    return request


def read_head(stream: ByteStream, limits: Limits) -> Reading[bytes | None]:
    """Request line and header section with the empty line behind; None at the end of stream.

    Raises:
        HTTPError: 400 for another protocol or a broken end, 414 and 431 for what is too long.
    """
    for _ in range(limits.empty_lines + 1):  # RFC 9112 section 2.2: an empty line may lead
        while not stream.ended and (not len(stream) or stream.is_exactly(b"\r")):
            yield
        if not len(stream):
            return None
        if stream.starts_with(b"\r\n"):
            stream.skip(2)
        elif stream.starts_with(b"\n"):
            stream.skip(1)
        else:
            break
    if stream.starts_with(TLS_HANDSHAKE):
        raise HTTPError(400, "this port speaks plain HTTP, not TLS; use http://")
    try:
        return (yield from stream.read_block(limits.head))
    except LimitExceeded:
        raise _too_long(stream.peek(), limits) from None
    except EndOfStream as end:
        if end.partial:
            raise HTTPError(400, "the request ended inside its header") from end
        return None


def parse_head(head: bytes, limits: Limits) -> Request:
    """A request without its body from the bytes of its head.

    Raises:
        HTTPError: with the status that fits (RFC 9112 sections 3 and 5).
    """
    called, _, rest = head.partition(b" HTTP/")
    line, section = _lines.get(called), _sections.get(rest)
    if line is None or section is None:
        if not _LINE.fullmatch(called):
            raise _explain(head, limits)
        section = section or _read_section(head, rest, limits)
    if len(called) > limits.line - BEHIND_TARGET:
        raise HTTPError(414, f"the request target is longer than {limits.line} bytes")
    if section.fields > limits.fields:
        raise HTTPError(431, f"more than {limits.fields} header fields")
    return Request(line or _read_line(called), section)


# Clients repeat themselves: a browser sends the same header section with all its requests, and
# everybody asks for the same few targets. So those that were found valid lately are known by their
# bytes, as HTTP/2 does it (RFC 7541).
_lines: dict[bytes, Line] = {}
_sections: dict[bytes, Section] = {}
_LINES_KNOWN, _LINE_BYTES = 2048, 256
_SECTIONS_KNOWN, _SECTION_BYTES = 512, 2048


def _read_line(called: bytes) -> Line:
    """Method and target, which are valid by their grammar (RFC 9112 section 3)."""
    method, target = called.decode("ascii").split(" ")
    if method not in KNOWN_METHODS:
        raise HTTPError(501, f"the method {method} is not implemented")
    if target[0] != "/":
        _check_target(method, target)
    path, _, query = _origin(target).partition("?")
    line = Line(called, method, target, path, query)
    if len(called) <= _LINE_BYTES:
        _keep(_lines, called, line, _LINES_KNOWN)
    return line


def _read_section(head: bytes, rest: bytes, limits: Limits) -> Section:
    """Version and header section, from behind `HTTP/` on."""
    version = _VERSION.match(rest)
    if version is None or not _FIELDS.fullmatch(rest, version.end()):
        raise _explain(head, limits)
    if version[1] != b"1":
        raise HTTPError(505, "this server speaks HTTP/1.1 and HTTP/1.0")
    pairs = _FIELD.findall(rest, version.end())
    headers: dict[str, str] = {}
    for name_bytes, value_bytes in pairs:
        name, value = name_bytes.decode("ascii").lower(), value_bytes.decode("latin-1").strip(" \t")
        if name not in headers:
            headers[name] = value
        elif name in _SINGLE:
            headers[name] = _repeated(name, headers[name], value)
        else:
            headers[name] = f"{headers[name]}, {value}"
    minor = min(int(version[2]), 1)
    _check_section(headers, minor)
    media = headers.get("content-type", "").partition(";")[0].strip().lower()
    keep_alive, length = _keep_alive(headers, minor), _length(headers)
    section = Section(minor, headers, len(pairs), keep_alive, length, media)
    if len(rest) <= _SECTION_BYTES:
        _keep(_sections, rest, section, _SECTIONS_KNOWN)
    return section


def _keep(known: dict[bytes, Value], key: bytes, value: Value, most: int) -> None:
    if len(known) >= most:
        known.clear()
    known[key] = value


def has_body(request: Request) -> bool:
    """Whether body bytes follow the head."""
    return request.section.length != 0


def _length(headers: dict[str, str]) -> int:
    """RFC 9112 section 6.3."""
    return CHUNKED if "transfer-encoding" in headers else int(headers.get("content-length", "0"))


def whole_request(data: bytes, limits: Limits) -> Request | None:
    """The request, where `data` is exactly one with all of its body; else None.

    What else there is (a part, a pipeline, chunks, an error) is for read_request().
    """
    end = data.find(b"\r\n\r\n") + 4
    if end < 4:
        return None
    try:
        request = parse_head(data[:end], limits)
    except HTTPError:
        return None
    size = len(data) - end
    if request.section.length != size or size > limits.body:
        return None
    request.body = data[end:]
    return request


def _keep_alive(headers: dict[str, str], minor: int) -> bool:
    options = {option.strip() for option in headers.get("connection", "").lower().split(",")}
    return "close" not in options and (minor >= 1 or "keep-alive" in options)


def read_body(stream: ByteStream, request: Request, limits: Limits) -> Reading[bytes]:
    """The body that the head announces.

    Raises:
        HTTPError: 413 too long, 400 broken off or broken chunks.
    """
    try:
        if request.section.length == CHUNKED:
            return (yield from _read_chunks(stream, limits))
        check_length(request, limits)
        return (yield from stream.read_exact(request.section.length))
    except EndOfStream as end:
        raise HTTPError(400, "the body ended before its announced length") from end
    except LimitExceeded:
        raise HTTPError(400, "a chunk's size line or trailer is too long") from None


def check_length(request: Request, limits: Limits) -> None:
    """Raises HTTPError 413 where the head announces a body that is too large."""
    if request.section.length > limits.body:
        raise _too_large(limits)


def _read_chunks(stream: ByteStream, limits: Limits) -> Reading[bytes]:
    """RFC 9112 section 7.1; extensions are read over, trailers are checked and dropped.

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
    for _ in range(limits.fields + 1):
        trailer = yield from stream.read_until(b"\r\n", limits.line)
        if not trailer:
            return bytes(body)
        if not _FIELD.fullmatch(trailer + b"\n"):
            raise HTTPError(400, "a trailer is not a header field")
    raise HTTPError(431, f"more than {limits.fields} trailers")


def _check_section(headers: dict[str, str], minor: int) -> None:
    """What the grammar does not say: Host, framing, expectations."""
    host = headers.get("host")
    if host is None:
        if minor >= 1:  # RFC 9112 section 3.2
            raise HTTPError(400, "HTTP/1.1 needs exactly one Host header field")
    elif not _HOST.fullmatch(host):
        raise HTTPError(400, "Host is not a host name and port")
    if "transfer-encoding" in headers:
        _check_chunked(headers, minor)
    elif "content-length" in headers and not _DIGITS.fullmatch(headers["content-length"]):
        raise HTTPError(400, "Content-Length is a number of bytes in digits")
    expect = headers.get("expect")
    if expect is not None and minor >= 1 and expect.lower() != "100-continue":
        raise HTTPError(417, "Expect knows only 100-continue")


def _check_chunked(headers: dict[str, str], minor: int) -> None:
    """RFC 9112 section 6.1 and 6.3: whatever two readers could frame differently is refused."""
    if minor < 1:
        raise HTTPError(400, "HTTP/1.0 has no Transfer-Encoding")
    if "content-length" in headers:
        raise HTTPError(400, "Transfer-Encoding and Content-Length exclude each other")
    codings = [coding.strip() for coding in headers["transfer-encoding"].lower().split(",")]
    if codings[-1] != "chunked" or "chunked" in codings[:-1]:
        raise HTTPError(400, "chunked has to be the last transfer coding, once")
    if len(codings) > 1:
        raise HTTPError(501, f"the transfer coding {codings[0]} is not implemented")


def _check_target(method: str, target: str) -> None:
    """RFC 9112 section 3.2: absolute, authority (CONNECT) or asterisk form (OPTIONS)."""
    if target == "*" and method == "OPTIONS":
        return
    if method == "CONNECT":
        return
    if target.lower().startswith(("http://", "https://")) and "#" not in target:
        return
    raise HTTPError(400, "the request target is a path that begins with /")


def _origin(target: str) -> str:
    """The path and query of a target in absolute form (RFC 9112 section 3.2.2)."""
    if target.startswith("/"):
        return target
    _, separator, rest = target.partition("://")
    if not separator:
        return target
    authority = re.split("[/?]", rest, maxsplit=1)[0]
    path = rest[len(authority) :]
    return path if path.startswith("/") else "/" + path


def _repeated(name: str, first: str, second: str) -> str:
    if name == "transfer-encoding":
        return f"{first}, {second}"
    if name == "content-length" and first == second:
        return first  # RFC 9110 section 8.6: the same value again may be taken as one
    raise HTTPError(400, f"{name} stands there twice")


def _too_large(limits: Limits) -> HTTPError:
    return HTTPError(413, f"the body is larger than {limits.body} bytes")


def _too_long(data: bytes, limits: Limits) -> HTTPError:
    line_end = data.find(b"\n")
    if line_end < 0 or line_end > limits.line:
        return HTTPError(414, f"the request line is longer than {limits.line} bytes")
    return HTTPError(431, f"the header section is longer than {limits.head} bytes")


def _explain(head: bytes, limits: Limits) -> HTTPError:
    """Why a head is not one, line by line; slow, and only for those that are wrong."""
    line, _, rest = head.partition(b"\n")
    called, _, version = line.partition(b" HTTP/")
    if not _LINE.fullmatch(called) or not _VERSION.fullmatch(version + b"\n"):
        if len(line) > limits.line:
            return HTTPError(414, f"the request line is longer than {limits.line} bytes")
        return _explain_line(line.removesuffix(b"\r"))
    for field_line in rest.split(b"\n"):
        text = field_line.removesuffix(b"\r")
        if text[:1] in (b" ", b"\t"):
            return HTTPError(400, "a header field is folded over lines")  # RFC 9112 section 5.2
        name, colon, value = text.partition(b":")
        if text and not colon:
            return HTTPError(400, "a header line has no colon")
        if name.rstrip(b" \t") != name:
            return HTTPError(400, "white space stands before a header's colon")
        if text and not _FIELD.fullmatch(text + b"\n"):
            where = "name" if re.fullmatch(_VALUE, value) else "value"
            return HTTPError(400, f"a header field's {where} has a forbidden character")
    return HTTPError(400, "the header section is broken")


def _explain_line(line: bytes) -> HTTPError:
    parts = line.split(b" ")
    if len(parts) == 3 and re.fullmatch(rb"HTTP/[0-9]\.[0-9]", parts[2]):
        if not re.fullmatch(_TOKEN, parts[0]):
            return HTTPError(400, "the method is not a token")
        return HTTPError(400, "the request target has a forbidden character")
    return HTTPError(400, "the request line is not: METHOD target HTTP/1.1")


class Response:
    """One answer. `body` is what is sent, but for HEAD; `headers` are added to the usual ones. It
    may be sent again and again, so nothing of it changes once it was serialized."""

    __slots__ = ("_fields", "body", "content_type", "headers", "status")

    def __init__(
        self,
        status: int,
        body: bytes = b"",
        content_type: str = "text/plain; charset=utf-8",
        headers: Mapping[str, str] | None = None,
    ) -> None:
        self.status = status
        self.body = body
        self.content_type = content_type
        self.headers = dict(headers or {})
        self._fields = b""

    def serialize(
        self, date: str, *, close: bool, head_only: bool = False, minor: int = 1
    ) -> bytes:
        """Head and body in one piece; `date` is the Date field's value, `minor` the request's.

        What is not the rule of the client's version is said in Connection (RFC 9112 section 9.3,
        and appendix C.2.2 for HTTP/1.0).
        """
        head = _start(self.status, date) + (self._fields or self._render_fields())
        if close:
            head += b"Connection: close\r\n\r\n"
        else:
            head += b"\r\n" if minor else b"Connection: keep-alive\r\n\r\n"
        return head if head_only else head + self.body

    def _render_fields(self) -> bytes:
        lines = [f"{name}: {value}\r\n" for name, value in self.headers.items()]
        if self.status >= 200 and self.status != 204:  # RFC 9110 section 8.6
            lines.insert(0, f"Content-Length: {len(self.body)}\r\n")
            if self.body:
                lines.insert(0, f"Content-Type: {self.content_type}\r\n")
        self._fields = "".join(lines).encode("latin-1")
        return self._fields


@functools.lru_cache(maxsize=32)
def _start(status: int, date: str) -> bytes:
    """Status line and Date: the same for all answers of a second."""
    return f"HTTP/1.1 {status} {reason(status)}\r\nDate: {date}\r\n".encode()


CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
_REASONS = {status.value: status.phrase for status in HTTPStatus} | {
    413: "Content Too Large",
    422: "Unprocessable Content",
}


def reason(status: int) -> str:
    """The reason phrase of RFC 9110 section 15."""
    return _REASONS.get(status, "Unknown")
