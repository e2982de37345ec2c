"""HTTP/1.1 messages as values: Request, Response, and HTTPError for what is wrong with one."""

import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import NamedTuple

CHUNKED = -1
CONTINUE = b"HTTP/1.1 100 Continue\r\n\r\n"
WHITE_SPACE = " \t"  # RFC 9110 section 5.6.3; str.strip() would take 27 characters more
_UNRESERVED = re.compile(r"%(2[DdEe]|3[0-9]|[46][1-9A-Fa-f]|[57][0-9Aa]|5[Ff]|7[Ee])")
_REASONS = {status.value: status.phrase for status in HTTPStatus} | {
    413: "Content Too Large",
    422: "Unprocessable Content",
}


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


class Request:
    """One request. Field names are in lower case, repeated fields joined by a comma.

    `target`: as it came; `path` and `query` are its parts. `minor`: the x of HTTP/1.x.
    `keep_alive`: the client wants the connection to go on (RFC 9112 section 9.3). `length`: bytes
    of body that follow the head, CHUNKED when only its chunks say how many. `accept`: the value of
    that field, or "". `media`: type and subtype of the body in lower case (RFC 9110 section
    8.3.1). `body` is empty until it was read.
    """

    __slots__ = ("accept", "body", "headers", "keep_alive", "length", "media", "method", "minor",
                 "path", "query", "target")  # fmt: skip

    def __init__(
        self,
        method: str,
        target: str,
        path: str,
        query: str,
        minor: int,
        headers: Mapping[str, str],
        keep_alive: bool,
        length: int,
        accept: str,
        media: str,
    ) -> None:
        self.method = method
        self.target = target
        self.path = path
        self.query = query
        self.minor = minor
        self.headers = headers
        self.keep_alive = keep_alive
        self.length = length
        self.accept = accept
        self.media = media
        self.body = b""

    @property
    def line(self) -> bytes:
        """Method and target as they came."""
        return f"{self.method} {self.target}".encode("ascii")

    @property
    def expects_continue(self) -> bool:
        """Whether it waits for `100 Continue` before its body (RFC 9110 section 10.1.1)."""
        return self.minor >= 1 and self.headers.get("expect", "").lower() == "100-continue"


class Response:
    """One answer. `body` is what is sent, but for HEAD; `headers` are added to the usual ones."""

    __slots__ = ("body", "content_type", "headers", "status")

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

    def serialize(
        self, date: str, *, close: bool, head_only: bool = False, minor: int = 1
    ) -> bytes:
        """Head and body in one piece; `date` is the Date field's value, `minor` the request's.

        What is not the rule of the client's version is said in Connection (RFC 9112 section 9.3,
        and appendix C.2.2 for HTTP/1.0).
        """
        head = f"HTTP/1.1 {self.status} {reason(self.status)}\r\nDate: {date}\r\n"
        if self.status >= 200 and self.status != 204:  # RFC 9110 section 8.6
            if self.body:
                head += f"Content-Type: {self.content_type}\r\n"
            head += f"Content-Length: {len(self.body)}\r\n"
        for name, value in self.headers.items():
            head += f"{name}: {value}\r\n"
        if close:
            head += "Connection: close\r\n"
        elif minor == 0:
            head += "Connection: keep-alive\r\n"
        body = b"" if head_only else self.body
        return head.encode("latin-1") + b"\r\n" + body


def normal_path(path: str) -> str:
    """The same address with its unreserved characters as themselves (RFC 3986 section 6.2.2.2); a
    `%2F` stays, since it is not the slash that parts segments."""
    if "%" not in path:
        return path
    return _UNRESERVED.sub(lambda found: chr(int(found[1], 16)), path)


def reason(status: int) -> str:
    """The reason phrase of RFC 9110 section 15."""
    return _REASONS.get(status, "Unknown")
