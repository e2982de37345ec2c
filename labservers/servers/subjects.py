"""Task 5: an HTTP/1.1 server on the generator event loop.

The shape is the lab's: serve_forever() accepts and makes a task of serve_client() for each
connection, which is parse_request(), handle_request(), send_response(). Every place where the
server would block is a `yield`. One thread runs them all, so nothing between two yields may take
long: a student's page is read in bounded pieces, and a POST sleeps until its grade is on the disk.

What a request means is in subjects_app.py, what a connection's bytes mean in request_reader.py,
the grades are in subjects_store.py. What is only for speed is in subjects_fast.py.
"""

import os
import socket
import sqlite3
from collections.abc import Generator
from time import perf_counter
from typing import Any, NamedTuple

from labservers.loop.task import SLEEP, TO_READ, TO_WRITE
from labservers.net.accepting import OVERLOADED_PAUSE_S, Overloaded, accept_now
from labservers.net.closing import Linger
from labservers.observe.monitor import Monitor
from labservers.protocols.http11 import CONTINUE, HTTPError, Limits, Request, Response
from labservers.registry import ServerSpec
from labservers.run.server import Options, UnusableFiles
from labservers.servers import subjects_app as app
from labservers.servers.gradebook import GradeBook
from labservers.servers.gradebook_file import cause
from labservers.servers.http_date import DateField
from labservers.servers.loop_server import LABEL_CHARACTERS, Client, LoopServer, Waiting
from labservers.servers.request_reader import Patience, RequestReader
from labservers.servers.subjects_fields import row_of
from labservers.servers.subjects_store import Store

RECEIVE_BYTES = 16 * 1024
LINGER_BYTES = 64 * 1024


class Timing(NamedTuple):
    """Seconds for an answer to be taken, and for a commit. accepts: connections of one step."""

    write_s: float = 30.0
    commit_s: float = 10.0
    accepts: int = 64


class SubjectsServer(LoopServer):
    """See the module; what is not a task or a part of one is in loop_server.py."""

    def __init__(
        self,
        spec: ServerSpec,
        options: Options,
        monitor: Monitor,
        timing: Timing | None = None,
        patience: Patience | None = None,
        limits: Limits | None = None,
    ) -> None:
        super().__init__(spec, options, monitor)
        self.timing = timing or Timing()
        self.patience = patience or Patience()
        self.limits = limits or Limits()
        self.date = DateField()

    def bind(self) -> tuple[str, int]:
        address = super().bind()
        path = os.path.join(self.options.data_dir, "subjects.sqlite3")
        try:
            self.book = GradeBook(path)
        except (OSError, sqlite3.Error) as error:
            raise UnusableFiles(
                f"the grades cannot be kept in {path}: {error}; mend it or choose --data-dir"
            ) from error
        if self.book.kept_aside:
            aside = f"the grade book was damaged: it is kept as {self.book.kept_aside}"
            self.notices.append(("grades_aside", f"{aside}, and a new one has begun"))
        self.store = Store(self.loop, self.book)
        return address

    def serve(self) -> None:
        try:
            super().serve()
        finally:
            self.book.close()

    def serve_forever(self) -> Waiting:
        """Accept for ever, and let each connection be a task of its own."""
        while True:
            yield (TO_READ, self._listener)
            try:
                for _ in range(self.timing.accepts):
                    if (accepted := accept_now(self._listener)) is None:
                        break
                    self._welcome(accepted[0])
            except Overloaded as error:
                self._overloaded(error)
                yield (SLEEP, OVERLOADED_PAUSE_S)

    def _welcome(self, sock: socket.socket) -> None:
        sock.setblocking(False)
        self.monitor.accepted += 1
        client = Client(sock, RequestReader(self.limits, self.patience, app.check), self.monitor)
        if self.clients >= self.max_clients:
            task = self.loop.create_task(self.turn_away(client))
        else:
            self.clients += 1
            task = self.loop.create_task(self.serve_client(client))
        task.about = client

    def serve_client(self, client: Client) -> Waiting:
        """Answer request after request until either side has had enough."""
        keep = True
        try:
            while keep:
                try:
                    request = yield from self.parse_request(client)
                except HTTPError as error:  # where the next request begins is not known
                    yield from self.refuse(client, error)
                    return
                if request is None:
                    return
                response = yield from self.handle_request(request)
                keep = request.keep_alive and not self._stopping
                yield from self.send_response(client, request, response, keep=keep)
                del request, response  # or thousands of idle clients would each keep a page
        except TimeoutError:
            pass  # silent for too long, or not reading what it was sent
        except OSError:  # reset, or the network is gone
            self.monitor.errors += 1
        finally:
            self.clients -= 1
            client.sock.close()

    def parse_request(self, client: Client) -> Generator[Any, Any, Request | None]:
        """recv() until a request is complete; None when the client has left between two."""
        reader, request = client.reader, None
        if reader.begun:
            yield (SLEEP, 0)  # a pipeline does not keep the others waiting
            request = reader.next_request(self.loop.now)
        while request is None:
            if reader.expects_continue:
                reader.expects_continue = False
                client.send(CONTINUE)
            data = yield from self.receive(client)
            request = reader.feed(data, self.loop.now)
            if request is None and not data:
                return None
        return request

    def receive(self, client: Client) -> Generator[Any, Any, bytes]:
        """The next bytes; b"" at the end of the stream, or where the server stops between two
        requests.

        Raises:
            TimeoutError: nothing came. HTTPError: the rest of a request did not come in time, or a
                request that was answered beside this task has failed.
        """
        reader = client.reader
        while True:
            if client.unsent:
                yield from self.send_rest(client)
            if self._stopping and not reader.begun:
                return b""
            client.busy = reader.begun
            try:
                yield (TO_READ, client.sock, reader.left_s(self.loop.now))
            except TimeoutError:
                if not reader.begun:
                    raise
                raise reader.too_late() from None
            client.busy = True
            try:
                return client.recv(RECEIVE_BYTES)
            except BlockingIOError:
                pass  # it was not ready after all

    def handle_request(self, request: Request) -> Generator[Any, Any, Response]:
        """The answer to a request, a refusal too."""
        began = perf_counter()
        try:
            student = app.student_of(request)
            if request.method == "POST" and student is not None:
                response = yield from self.save_subject(request, student)
            else:
                response = self.get_all_subjects(request, student)
        except HTTPError as error:
            response = app.refusal(error, request)
        except sqlite3.Error as error:
            self.log.error(f"grades could not be read: {error}")
            response = app.refusal(unavailable("the grades could not be read", error), request)
        except Exception as error:
            self.log.failure(f"{request.method} {request.target[:80]}", error)
            response = app.refusal(HTTPError(500, "the server broke; its log says how"), request)
        self.note(request, response.status, began)
        return response

    def get_all_subjects(self, request: Request, student: str | None) -> Response:
        """The newest grades of a student, or those before a row that the query names."""
        if request.method == "OPTIONS":
            return app.options(student)
        if student is None:
            return app.root(request)
        before = app.before_of(request)
        if before is None:
            return self.store.newest(student, as_json=app.wants_json(request))
        return self.store.older(student, before, as_json=app.wants_json(request))

    def save_subject(self, request: Request, student: str) -> Generator[Any, Any, Response]:
        """Save a grade; the commit ends the sleep of this task."""
        row = row_of(request, student)
        self.store.save(row)
        yield (SLEEP, self.timing.commit_s)
        row.asker = None  # is not to be woken out of another sleep
        if not row.saved:
            self.log.error(f"a grade could not be saved: {row.error or 'no commit in time'}")
            raise not_saved(row.error)
        return app.saved(request, row)

    def send_response(
        self, client: Client, request: Request, response: Response, *, keep: bool
    ) -> Waiting:
        """Send an answer, and linger where it is the last one but more may come."""
        client.line = request.line[:LABEL_CHARACTERS]
        head_only = request.method == "HEAD"
        date = self.date.at(self.loop.now)
        client.send(
            response.serialize(date, close=not keep, head_only=head_only, minor=request.minor)
        )
        if client.unsent:
            yield from self.send_rest(client)
        if not keep and (request.keep_alive or client.reader.begun or client.has_unread):
            yield from self.linger(client)

    def send_rest(self, client: Client) -> Waiting:
        """Send what the kernel did not take at once, waiting while the client does not read.

        Raises:
            TimeoutError: it has not read anything for too long.
        """
        while client.unsent:
            yield (TO_WRITE, client.sock, self.timing.write_s)
            client.send(client.unsent)

    def linger(self, client: Client) -> Waiting:
        """Read on after the last answer, or a reset would take it from a client that still sends
        (RFC 9112 section 9.6)."""
        try:
            client.sock.shutdown(socket.SHUT_WR)
        except OSError:
            return  # it has gone by itself
        linger = Linger(self.loop.now)
        while (left_s := linger.left_s(self.loop.now)) > 0:
            yield (TO_READ, client.sock, left_s)
            try:
                data = client.recv(LINGER_BYTES)
            except BlockingIOError:
                continue
            if not data:
                return
            linger.took(len(data), self.loop.now)

    def refuse(self, client: Client, error: HTTPError) -> Waiting:
        """Answer what cannot be understood or accepted, and end the connection."""
        self.monitor.errors += 1
        self.monitor.counts[str(error.status)] += 1
        self.log.sampled("%s %s: %s", error.status, client.peer, error.detail)
        request = client.reader.request  # as far as it was understood
        response = app.refusal(error, request)
        head_only = request is not None and request.method == "HEAD"
        date = self.date.at(self.loop.now)
        client.send(response.serialize(date, close=True, head_only=head_only))
        yield from self.send_rest(client)
        yield from self.linger(client)

    def turn_away(self, client: Client) -> Waiting:
        """No place is left: say so, and when to try again."""
        client.busy = True
        try:
            error = HTTPError(503, "too many connections", {"Retry-After": "1"})
            yield from self.refuse(client, error)
        except OSError:
            pass
        finally:
            client.sock.close()

    def note(self, request: Request, status: int, began: float) -> None:
        """Count an answer; what was asked and how long it took only as far as the log has room."""
        monitor, log = self.monitor, self.log
        monitor.counts[request.method] += 1
        if status >= 400:
            monitor.errors += 1
            monitor.counts[str(status)] += 1
        if log.budget > 0:
            microseconds = int((perf_counter() - began) * 1e6)
            monitor.exchanged(request.line, b"HTTP/1.1 %d" % status, microseconds)
            log.sampled("%s: %s in %s µs", request.line.decode("ascii"), status, microseconds)
        else:
            monitor.requests += 1
            log.mute()


def not_saved(error: Exception | None = None) -> HTTPError:
    """The answer to a POST whose row was not committed, or not in time."""
    return unavailable("the grade could not be saved", error)


def unavailable(problem: str, error: Exception | None) -> HTTPError:
    """The answer where the grade book fails: with its cause, where that is known."""
    why = cause(error)
    detail = f"{problem}: {why}; try again" if why else f"{problem}; try again"
    return HTTPError(503, detail, {"Retry-After": "1"})


def create(spec: ServerSpec, options: Options, monitor: Monitor) -> SubjectsServer:
    from labservers.servers.subjects_fast import FastSubjectsServer  # which is made of this one

    return FastSubjectsServer(spec, options, monitor)
