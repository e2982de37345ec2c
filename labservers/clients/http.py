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
    """A request that ends its connection (RFC 9112 section 3)."""
    all_fields = {"Host": address_text(address), **(fields or {}), "Connection": "close"}
    if body:
        all_fields["Content-Length"] = str(len(body))
    lines = [f"{method} {target} HTTP/1.1", *(f"{n}: {v}" for n, v in all_fields.items())]
    return "\r\n".join([*lines, "", ""]).encode() + body


def parse(received: bytes) -> Reply:
    """The reply to a GET or POST.

    Raises:
        NotHTTP: it is not one, or not whole.
    """
    response = http.client.HTTPResponse(_Received(received))  # type: ignore[arg-type]
    try:
        response.begin()
        body = response.read()
    except (http.client.HTTPException, ValueError) as error:
        raise NotHTTP(str(error)) from error
    return Reply(response.status, response.headers.get_content_type(), body)


class _Received:
    """Bytes in the place of a socket."""

    def __init__(self, data: bytes) -> None:
        self._data = data

    def makefile(self, _mode: str) -> io.BytesIO:
        return io.BytesIO(self._data)
