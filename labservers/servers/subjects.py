"""Task 5: an HTTP/1.1 server on the generator event loop.

The shape is the lab's: serve_forever() accepts and makes a task of serve_client() for each
connection; every place where the server would block is a `yield`. One thread runs them all, so
nothing between two yields may take long: reads of grades come from a cache, and a POST sleeps
until the grade book's thread has committed its row.
"""

import functools
import os
import socket
import sqlite3
from collections.abc import Generator
from time import perf_counter
from typing import Any, NamedTuple

from labservers.loop.event_loop import TaskType
from labservers.net.accepting import OVERLOADED, OVERLOADED_PAUSE_S, TRANSIENT_ACCEPT_ERRORS
from labservers.observe.monitor import Monitor
from labservers.protocols.http11 import (
    CONTINUE,
    HTTPError,
    Limits,
    Request,
    Response,
    check_length,
    has_body,
    parse_head,
    read_body,
    read_head,
    whole_request,
)
from labservers.protocols.stream import ByteStream, Reading
from labservers.registry import ServerSpec
from labservers.run.server import Options, UnusableFiles
from labservers.servers import subjects_app as app
from labservers.servers.cache import Cache
from labservers.servers.gradebook import GradeBook, Row
from labservers.servers.http_date import http_date
from labservers.servers.loop_server import Client, LoopServer, Waiting

RECEIVE_BYTES = 16 * 1024
PAGES_BYTES = 32 * 1024 * 1024
ANSWERS_BYTES = 8 * 1024 * 1024
STATUS_LINES = {status: b"HTTP/1.1 %d" % status for status in range(100, 600)}


class Timing(NamedTuple):
    """Seconds: between requests, for a whole header, a whole body, an answer, a commit, and the
    rest of what a peer sends after its last answer. Numbers: work of one step."""

    idle_s: float = 15.0
    header_s: float = 10.0
    body_s: float = 30.0
    write_s: float = 30.0
    commit_s: float = 10.0
    linger_s: float = 1.0
    accepts: int = 64
    answers: int = 16
    linger_bytes: int = 256 * 1024


class Known:
    """A request that was understood, and its answer as it is sent while its date is true."""

    __slots__ = ("answer", "date", "request", "response")

    def __init__(self, request: Request, response: Response) -> None:
        self.request = request
        self.response = response
        self.answer = b""
        self.date = ""

    def render(self, date: str) -> None:
        close, minor = not self.request.keep_alive, self.request.section.minor
        self.answer = self.response.serialize(date, close=close, minor=minor)
        self.date = date


class SubjectsServer(LoopServer):
    """See the module; what is not a task or a part of one is in loop_server.py."""

    def __init__(
        self,
        spec: ServerSpec,
        options: Options,
        monitor: Monitor,
        timing: Timing | None = None,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(spec, options, monitor)
        self.timing = timing or Timing()
        self.limits = limits or Limits()
        self._unsaved: list[Row] = []  # until nobody else is ready
        self._date = ""
        self._date_until = 0.0
        self._until_saved = (TaskType.SLEEP, self.timing.commit_s)
        # By student, and then by whether it is JSON.
        self._pages: Cache[str, dict[bool, Response]] = Cache(PAGES_BYTES)
        # Clients repeat themselves byte for byte, a browser as well as a script: what such a
        # request was understood as, and its answer, are kept until the next commit.
        self._answers: Cache[bytes, Known] = Cache(ANSWERS_BYTES)

    def bind(self) -> tuple[str, int]:
        address = super().bind()
        path = os.path.join(self.options.data_dir, "subjects.sqlite3")
        try:
            self.book = GradeBook(path)
        except (OSError, sqlite3.Error) as error:
            raise UnusableFiles(
                f"the grades cannot be kept in {path}: {error}; mend it or choose --data-dir"
            ) from error
        return address

    def serve(self) -> None:
        try:
            super().serve()
        finally:
            self.book.close()

    # The tasks.

    def serve_forever(self) -> Waiting:
        """Accept for ever, and let each connection be a task of its own."""
        listener = self._listener
        while True:
            yield (TaskType.TO_READ, listener)
            for _ in range(self.timing.accepts):
                try:
                    sock, _ = listener.accept()
                except OSError as error:
                    if error.errno in TRANSIENT_ACCEPT_ERRORS:
                        break
                    if error.errno not in OVERLOADED:
                        raise
                    self._overloaded(error)
                    yield (TaskType.SLEEP, OVERLOADED_PAUSE_S)
                    break
                self._welcome(sock)

    def _welcome(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.monitor.accepted += 1
        client = Client(sock)
        if self.clients >= self.max_clients:
            task = self.loop.create_task(self.turn_away(client))
        else:
            self.clients += 1
            task = self.loop.create_task(self.serve_client(client))
        task.about = client

    def serve_client(self, client: Client) -> Waiting:
        """Answer request after request until either side has had enough."""
        sock, idle = client.sock, (TaskType.TO_READ, client.sock, self.timing.idle_s)
        try:
            while True:
                try:
                    data = sock.recv(RECEIVE_BYTES)
                except BlockingIOError:
                    yield idle
                    continue
                if not data:
                    return
                size = len(data)
                client.bytes_in += size
                self.bytes_in += size
                known = self._answers.get(data)
                if known is None or self._stopping:
                    client.busy = True
                    request = whole_request(data, self.limits)
                    if request is None:
                        keep = yield from self.converse(client, ByteStream(data))
                    else:
                        keep = yield from self.respond(client, request, data)
                    if not keep:
                        return
                    client.busy = False
                    del request
                else:
                    again = self.answer_again(client, known)
                    if (sent := self.send_now(client, again)) < len(again):
                        yield from self.send_rest(client, again[sent:])
                    if not known.request.keep_alive:
                        if client.has_unread:
                            yield from self.linger(client)
                        return
                    del again
                if self._stopping:
                    return
                del data, known  # or thousands of idle clients would each keep a page
                yield idle
        except TimeoutError:
            pass  # idle for too long, or not reading what it was sent
        except OSError:  # reset, or the network is gone
            self.monitor.errors += 1
        finally:
            self.clients -= 1
            sock.close()

    def answer_again(self, client: Client, known: Known) -> bytes:
        """What most of the work of a busy server comes down to: so it counts all of them, but
        notes no more in a second than the log has room for."""
        log, monitor = self.log, self.monitor
        noted = log.budget > 0
        began = perf_counter() if noted else 0.0
        if self.loop.now >= self._date_until:
            self._now()
        if known.date is not self._date:
            known.render(self._date)
        client.request = known.request
        if noted:
            self._note(known.request, known.response.status, began)
        else:
            log.muted += 1
            monitor.requests += 1
            monitor.counts["GET"] += 1
        return known.answer

    def converse(self, client: Client, stream: ByteStream) -> Generator[Any, Any, bool]:
        """Read and answer what is in the stream, request by request; False: close now."""
        request: Request | None = None
        try:
            answered = 0
            while len(stream) or stream.ended:
                request = None
                head = yield from self.receive(client, stream, read_head(stream, self.limits), "h")
                if head is None:
                    return not stream.ended
                client.request = request = parse_head(head, self.limits)
                if has_body(request):
                    app.student_of(request)  # refused before its body is read
                    check_length(request, self.limits)
                    if request.expects_continue and not len(stream):
                        yield from self.send_rest(client, CONTINUE)
                    reading = read_body(stream, request, self.limits)
                    request.body = yield from self.receive(client, stream, reading, "b")
                if not (yield from self.respond(client, request, unread=len(stream) > 0)):
                    return False
                answered += 1
                if answered % self.timing.answers == 0:
                    yield (TaskType.SLEEP, 0)  # a pipeline does not keep the others waiting
            return True
        except HTTPError as error:
            yield from self.refuse(client, error, request)
            return False

    def receive(
        self, client: Client, stream: ByteStream, reading: Reading[Any], part: str
    ) -> Generator[Any, Any, Any]:
        """Drive a reading to its end, waiting for bytes where it has not enough.

        Raises:
            HTTPError: 408 when the time for this part of the request is over.
        """
        limit_s = self.timing.header_s if part == "h" else self.timing.body_s
        deadline = self.loop.now + limit_s
        while True:
            try:
                next(reading)
            except StopIteration as done:
                return done.value
            try:
                yield (TaskType.TO_READ, client.sock, max(0.0, deadline - self.loop.now))
                data = client.sock.recv(RECEIVE_BYTES)
            except BlockingIOError:
                continue
            except TimeoutError:
                what = "header" if part == "h" else "body"
                raise HTTPError(408, f"the {what} was not complete in {limit_s:g} s") from None
            client.bytes_in += len(data)
            self.bytes_in += len(data)
            if data:
                stream.feed(data)
            else:
                stream.feed_end()

    def respond(
        self, client: Client, request: Request, data: bytes = b"", *, unread: bool = False
    ) -> Generator[Any, Any, bool]:
        """Answer one request; False when the connection is to end with it. `data`: all of it,
        byte for byte, if that is known. `unread`: more has come than is read."""
        began = perf_counter()
        client.request = request
        keep = request.keep_alive and not self._stopping
        try:
            student = app.student_of(request)
            if request.method == "POST" and student is not None:
                row = app.row_of(request, student)
                self._keep(row)
                yield self._until_saved
                self._check_saved(row)
                response = app.saved(request, row)
            else:
                response = self._look_up(student, request)
            if data and request.method == "GET":
                self._answers.put(
                    data, Known(request, response), len(data) + 2 * len(response.body)
                )
        except HTTPError as error:
            response = app.refusal(error, as_json=app.wants_json(request))
        except Exception as error:
            self.log.failure(f"{request.method} {request.target[:80]}", error)
            response = app.refusal(
                HTTPError(500, "the server broke on this request; its log says how"),
                as_json=app.wants_json(request),
            )
            keep = False
        head_only = request.method == "HEAD"
        answer = response.serialize(
            self._now(), close=not keep, head_only=head_only, minor=request.minor
        )
        self._note(request, response.status, began)
        if (sent := self.send_now(client, answer)) < len(answer):
            yield from self.send_rest(client, answer[sent:])
        if not keep and (request.keep_alive or unread or client.has_unread):
            yield from self.linger(client)
        return keep

    def send_now(self, client: Client, data: bytes | memoryview) -> int:
        """Send what the kernel takes at once; how much that was."""
        try:
            sent = client.sock.send(data)
        except BlockingIOError:
            return 0
        client.bytes_out += sent
        self.bytes_out += sent
        return sent

    def send_rest(self, client: Client, data: bytes) -> Waiting:
        """Send everything, waiting while the peer does not read.

        Raises:
            TimeoutError: it has not read anything for too long.
        """
        view = memoryview(data)
        while view:
            view = view[self.send_now(client, view) :]
            if view:
                yield (TaskType.TO_WRITE, client.sock, self.timing.write_s)

    def refuse(self, client: Client, error: HTTPError, request: Request | None) -> Waiting:
        """Answer what cannot be understood or accepted, and end the connection; `request`:
        as far as it was understood."""
        self.monitor.errors += 1
        self.monitor.counts[str(error.status)] += 1
        response = app.refusal(error, as_json=request is not None and app.wants_json(request))
        head_only = request is not None and request.method == "HEAD"
        answer = response.serialize(self._now(), close=True, head_only=head_only)
        self.log.sampled("%s %s: %s", error.status, client.peer, error.detail)
        yield from self.send_rest(client, answer)
        yield from self.linger(client)

    def linger(self, client: Client) -> Waiting:
        """Read what still comes for a moment, so that no reset eats the answer."""
        try:
            client.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return
        left, until = self.timing.linger_bytes, self.loop.now + self.timing.linger_s
        while left > 0 and self.loop.now < until:
            try:
                data = client.sock.recv(RECEIVE_BYTES)
            except BlockingIOError:
                yield (TaskType.TO_READ, client.sock, max(0.0, until - self.loop.now))
                continue
            left -= len(data)
            if not data:
                return

    def turn_away(self, client: Client) -> Waiting:
        """No place left: say so, and when to try again."""
        error = HTTPError(503, "too many connections", {"Retry-After": "1"})
        self.monitor.counts["503"] += 1
        try:
            answer = app.refusal(error, as_json=False).serialize(self._now(), close=True)
            yield from self.send_rest(client, answer)
            yield from self.linger(client)
        except OSError:
            pass
        finally:
            client.sock.close()

    # Helpers.

    def _look_up(self, student: str | None, request: Request) -> Response:
        if request.method == "OPTIONS":
            return app.options(student)
        as_json = app.wants_json(request)
        if student is None:
            return app.root(as_json=as_json)
        pages = self._pages.get(student, {})
        found = pages.get(as_json)
        if found is None:
            found = app.listing(student, self.book.read(student), as_json=as_json)
            pages = {**pages, as_json: found}
            self._pages.put(student, pages, sum(len(page.body) for page in pages.values()))
        return found

    def _keep(self, row: Row) -> None:
        """Let a row be committed with others, and the task that runs be woken after that."""
        row.asker = self.loop.current
        self._unsaved.append(row)
        if len(self._unsaved) == 1:
            self.loop.call_when_idle(self._hand_over)

    def _check_saved(self, row: Row) -> None:
        """Raises HTTPError 503 where a row could not be saved in time."""
        row.asker = None  # is not to be woken out of another sleep
        if not row.saved:
            self.log.error(f"a grade could not be saved: {row.error or 'no commit in time'}")
            raise HTTPError(503, "the grade could not be saved; try again", {"Retry-After": "1"})

    def _hand_over(self) -> None:
        """Between two ticks: the rows that have come go to the grade book together."""
        rows, self._unsaved = self._unsaved, []
        self.book.commit(rows, self._told)

    def _told(self, rows: list[Row]) -> None:
        """In the grade book's thread."""
        self.loop.call_soon(functools.partial(self._committed, rows))

    def _committed(self, rows: list[Row]) -> None:
        self._answers.clear()
        pages, wake = self._pages, self.loop.wake
        for row in rows:
            if row.student in pages:
                pages.drop(row.student)
            if row.asker is not None:
                wake(row.asker)

    def _note(self, request: Request, status: int, began: float) -> None:
        """Count an answer; what was asked and how long it took only as far as the log has room."""
        monitor, log = self.monitor, self.log
        monitor.counts[request.method] += 1
        if status >= 400:
            monitor.errors += 1
            monitor.counts[str(status)] += 1
        if log.budget > 0:
            microseconds = int((perf_counter() - began) * 1e6)
            monitor.exchanged(request.line, STATUS_LINES[status], microseconds)
            log.sampled("%s %s %s %s", request.method, request.target, status, microseconds)
        else:
            monitor.requests += 1
            log.muted += 1

    def _now(self) -> str:
        """The Date field's value, made once a second (RFC 9110 section 5.6.7)."""
        if self.loop.now >= self._date_until:
            self._date_until = self.loop.now + 1.0
            self._date = http_date()
        return self._date


def create(spec: ServerSpec, options: Options, monitor: Monitor) -> SubjectsServer:
    return SubjectsServer(spec, options, monitor)
