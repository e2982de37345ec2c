"""One connection's bytes to requests, and how long each part of a request may take. No sockets."""

from collections.abc import Callable, Generator
from typing import NamedTuple

from labservers.protocols.http11 import (
    HTTPError,
    Limits,
    Request,
    check_length,
    read_body,
    read_head,
)
from labservers.protocols.http11_fast import plain_request
from labservers.protocols.stream import ByteStream


class Patience(NamedTuple):
    """Seconds: between requests, for a whole header, for a whole body."""

    idle_s: float = 15.0
    header_s: float = 10.0
    body_s: float = 30.0


class RequestReader:
    """feed() and next_request() give a Request as soon as all of it is there.

    check(request) may refuse a request before its body is read. `request`: the newest as far as
    it is understood. `begun`: a part of a request is there. `expects_continue`: the client waits
    for `100 Continue` (RFC 9110 section 10.1.1).
    """

    __slots__ = ("_check", "_deadline", "_limits", "_now", "_part", "_patience", "_reading",
                 "_stream", "begun", "expects_continue", "request")  # fmt: skip

    def __init__(
        self, limits: Limits, patience: Patience, check: Callable[[Request], object]
    ) -> None:
        self._limits = limits
        self._patience = patience
        self._check = check
        self._stream = ByteStream()
        self._reading: Generator[None, None, Request | None] | None = None
        self._part = "header"
        self._now = self._deadline = 0.0
        self.begun = self.expects_continue = False
        self.request: Request | None = None

    def feed(self, data: bytes, now: float) -> Request | None:
        """Take what has come, b"" for the end of the stream; the request that it completes.

        Raises:
            HTTPError: this is not a request that can be accepted.
        """
        if not self.begun:
            plain = plain_request(data, self._limits)
            if plain is not None:
                return plain
        if data:
            self._stream.feed(data)
        else:
            self._stream.feed_end()
        return self.next_request(now)

    def next_request(self, now: float) -> Request | None:
        """The next request of what has come so far, None when it is not complete.

        Raises:
            HTTPError: as feed().
        """
        self._now = now
        self._reading = self._reading or self._read()
        request: Request | None = None
        try:
            next(self._reading)
        except StopIteration as done:
            self._reading = self.request = None  # an idle connection keeps no body
            request = done.value
        self.begun = len(self._stream) > 0 or (self._reading is not None and self._part == "body")
        if not self.begun:  # empty lines at most, which may lead a request (RFC 9112 section 2.2)
            self._reading = None
        return request

    def left_s(self, now: float) -> float:
        """How long the next bytes may take."""
        return max(0.0, self._deadline - now) if self.begun else self._patience.idle_s

    def too_late(self) -> HTTPError:
        """The error for a request that is not whole when left_s() is over."""
        limit_s = self._patience.header_s if self._part == "header" else self._patience.body_s
        return HTTPError(408, f"the {self._part} was not complete in {limit_s:g} s")

    def _read(self) -> Generator[None, None, Request | None]:
        self._part, self._deadline = "header", self._now + self._patience.header_s
        self.request = None
        self.request = request = yield from read_head(self._stream, self._limits)
        if request is not None and request.length:
            self._part, self._deadline = "body", self._now + self._patience.body_s
            check_length(request, self._limits)
            self._check(request)
            self.expects_continue = request.expects_continue and not len(self._stream)
            request.body = yield from read_body(self._stream, request, self._limits)
        return request
