"""Task 3: a page over raw HTTP, one request a connection."""

from functools import cache
from pathlib import Path

from labservers.observe.monitor import Monitor
from labservers.protocols.http11 import HTTPError, Limits, Request, Response, read_request, reason
from labservers.protocols.http11_message import normal_path
from labservers.protocols.stream import ByteStream
from labservers.registry import ServerSpec
from labservers.run.server import Options
from labservers.servers.http_date import http_date
from labservers.servers.one_request import OneRequestServer
from labservers.servers.visit import Visit

BUFFER_SIZE = 16 * 1024
DEADLINE_S = 10.0
ALLOWED = "GET, HEAD"
PATHS = frozenset({"/", "/index.html"})
LIMITS = Limits()


class PageServer(OneRequestServer):
    """The lab's loop; what its calls do besides is in one_request.py and visit.py."""

    deadline_s = DEADLINE_S

    def bind(self) -> tuple[str, int]:
        page()  # read it now: later there may be no descriptor left for the file
        return super().bind()

    def serve(self) -> None:
        with self.open():
            while (client := self.accept()) is not None:
                self.attend(client)  # has serve_client() called

    def serve_client(self, client: Visit) -> None:
        request = None
        try:
            request = receive_request(client)
            if request is None:  # nothing was asked, so nothing is wrong: a spare connection
                client.connection.counts["silent"] += 1
                client.close()
                return
            response = respond(request)
        except HTTPError as error:
            response = refusal(error)
        head_only = request is not None and request.method == "HEAD"
        answer = response.serialize(http_date(), close=True, head_only=head_only)
        client.sendall(answer)
        kinds = [str(response.status), *([request.method] if request else [])]
        self.note(client, answer, *kinds, good=response.status < 400)
        client.close()


def receive_request(client: Visit) -> Request | None:
    """The one request; None when the client has said nothing to its end.

    Raises:
        HTTPError: it cannot be accepted. OSError: the connection is broken.
    """
    stream = ByteStream()
    reading = read_request(stream, LIMITS)
    try:
        while True:
            data = client.recv(BUFFER_SIZE)
            stream.feed(data) if data else stream.feed_end()
            if early := next(reading):
                return early  # it waits for `100 Continue`: its body is of no use here
    except StopIteration as done:
        request: Request | None = done.value
        return request
    except TimeoutError:
        if not client.received:
            return None
        raise HTTPError(408, f"the request was not complete in {DEADLINE_S:g} s") from None


def respond(request: Request) -> Response:
    """The page for GET and HEAD of its two names. Raises HTTPError."""
    if normal_path(request.path) not in PATHS:
        raise HTTPError(404, "there is only / here")
    if request.method not in ALLOWED.split(", "):
        detail = f"{request.method} is not allowed here; allowed are {ALLOWED}"
        raise HTTPError(405, detail, {"Allow": ALLOWED})
    return Response(200, page(), "text/html; charset=utf-8")


def refusal(error: HTTPError) -> Response:
    """An error as a line of text."""
    body = f"{error.status} {reason(error.status)}: {error.detail}\n".encode()
    return Response(error.status, body, headers=error.headers)


@cache
def page() -> bytes:
    return Path(__file__).with_name("page.html").read_bytes()


def create(spec: ServerSpec, options: Options, monitor: Monitor) -> PageServer:
    return PageServer(spec, options, monitor)
