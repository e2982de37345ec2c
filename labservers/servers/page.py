"""Task 3: a page over raw HTTP, one request a connection."""

import os
from functools import cache
from typing import NamedTuple

from labservers.observe.monitor import Monitor
from labservers.protocols.http11 import HTTPError, Limits, Request, Response, read_request, reason
from labservers.protocols.stream import ByteStream
from labservers.registry import ServerSpec
from labservers.run.server import Options
from labservers.servers.http_date import http_date
from labservers.servers.one_request import OneRequestServer

DEADLINE_S = 10.0
ALLOWED = "GET, HEAD"
PATHS = frozenset({"/", "/index.html"})
LIMITS = Limits()


class PageAnswer(NamedTuple):
    """The bytes of a response, and what it is counted as."""

    data: bytes
    good: bool
    kinds: tuple[str, ...]


class PageConversation:
    """One request as it comes in."""

    def __init__(self) -> None:
        self.received = b""
        self._stream = ByteStream()
        self._reading = read_request(self._stream, LIMITS)

    def receive(self, data: bytes) -> PageAnswer | None:
        """The answer, or None while the request is not complete."""
        self.received += data
        self._stream.feed(data)
        return self._read_on()

    def end(self) -> PageAnswer:
        """The stream ended before the request did; nothing is said to who said nothing."""
        self._stream.feed_end()
        return self._read_on() or PageAnswer(b"", False, ("silent",))

    def too_late(self) -> PageAnswer:
        """The deadline passed before the request was complete."""
        if not self.received:
            return PageAnswer(b"", False, ("silent",))
        return refusal(HTTPError(408, f"the request was not complete in {DEADLINE_S:g} s"))

    def _read_on(self) -> PageAnswer | None:
        try:
            early = next(self._reading)
        except StopIteration as done:
            return respond(done.value) if done.value else PageAnswer(b"", False, ("silent",))
        except HTTPError as error:
            return refusal(error)
        # A client that waits for `100 Continue` gets the final answer: no body is of use here.
        return respond(early) if early else None


@cache
def page() -> bytes:
    with open(os.path.join(os.path.dirname(__file__), "page.html"), "rb") as file:
        return file.read()


def respond(request: Request) -> PageAnswer:
    """The page for GET and HEAD of its two names, else the refusal that fits."""
    if request.path not in PATHS:
        return refusal(HTTPError(404, "there is only / here"), request)
    if request.method not in ALLOWED.split(", "):
        detail = f"{request.method} is not allowed here; allowed are {ALLOWED}"
        return refusal(HTTPError(405, detail, {"Allow": ALLOWED}), request)
    response = Response(200, page(), "text/html; charset=utf-8")
    return _answer(response, request)


def refusal(error: HTTPError, request: Request | None = None) -> PageAnswer:
    """An error as a line of text."""
    body = f"{error.status} {reason(error.status)}: {error.detail}\n".encode()
    return _answer(Response(error.status, body, headers=error.headers), request)


def _answer(response: Response, request: Request | None) -> PageAnswer:
    head_only = request is not None and request.method == "HEAD"
    data = response.serialize(http_date(), close=True, head_only=head_only)
    kinds = (str(response.status), *([request.method] if request else []))
    return PageAnswer(data, response.status < 400, kinds)


class PageServer(OneRequestServer):
    """Serves page.html."""

    deadline_s = DEADLINE_S

    def bind(self) -> tuple[str, int]:
        page()  # read it now: later there may be no descriptor left for the file
        return super().bind()

    def converse(self) -> PageConversation:
        return PageConversation()


def create(spec: ServerSpec, options: Options, monitor: Monitor) -> PageServer:
    return PageServer(spec, options, monitor)
