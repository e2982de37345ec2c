"""HTTP for the clients of the page and of the subjects: a request as bytes, a reply from bytes."""

import http.client
import io
from collections.abc import Mapping
from typing import NamedTuple

from labservers.observe.addresses import address_text


class NotHTTP(ValueError):
    """The bytes are not a whole HTTP reply."""


class Reply(NamedTuple):
    """A reply; `media` is its type and subtype in lower case."""

    status: int
    media: str
    body: bytes


def request(
    method: str,
    target: str,
    address: tuple[str, int],
    fields: Mapping[str, str] | None = None,
    body: bytes = b"",
) -> bytes:
    """A request that ends its connection (RFC 9112 section 3, RFC 9110 section 8.6)."""
    lines = [f"{method} {target} HTTP/1.1", f"Host: {address_text(address)}"]
    lines += [f"{name}: {value}" for name, value in (fields or {}).items()]
    if body or method in ("POST", "PUT", "PATCH"):
        lines.append(f"Content-Length: {len(body)}")
    lines += ["Connection: close", "", ""]
    return "\r\n".join(lines).encode("utf-8", "surrogatepass") + body


def parse(received: bytes) -> Reply:
    """The reply to a GET or POST.

    Raises:
        NotHTTP: it is not one, or not whole.
    """
    response = http.client.HTTPResponse(_Received(received))  # type: ignore[arg-type]
    try:
        response.begin()
        body = response.read()
    except (http.client.HTTPException, ValueError, OverflowError) as error:  # no buffer is so long
        raise NotHTTP(str(error)) from error
    if response.length is None and "Content-Length" in response.headers and not response.chunked:
        raise NotHTTP("Content-Length is not a number of bytes")  # RFC 9112 section 6.3
    return Reply(response.status, response.headers.get_content_type(), body)


class _Received:
    """Bytes in the place of a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)
