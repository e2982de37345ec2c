"""The server below `flask run`, bounded: no visitor keeps the others waiting.

It has a thread for each request whose turn it is; see waiting_room.py. A visitor that sends its
request drop by drop (slowloris), or reads its answer so, would hold a descriptor for as long as it
likes, and a thousand of them all descriptors that a process may have. So each connection has a
deadline, and of more than MOST the oldest is cut off: a page's own request is young. Who only
waits for its turn is in the waiting room's bounds, not in this book. A websocket that was let in
counts no more, since those have limits of their own.

A crowd comes in bursts. Where those fill the accept queue, the kernel drops the SYN of the next
visitor, which is sent again after a second (RFC 6298, section 2); so the queue is as long as the
system allows.

Under `--cert` a visitor's TLS handshake is a part of its request, and has the same deadline: it is
made in the connection's own thread, by the first read; such a visitor has a thread from the first.
"""

import contextlib
import errno
import io
import math
import re
import socket
import threading
import time
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from werkzeug import serving

from dashboard.lingering import Lingering
from dashboard.waiting_room import Visitor, WaitingRoom

MOST = 128
REQUEST_S = 10.0  # for the request's line, header and body
LONGEST_S = 120.0  # from then on, for the answer
PAUSE_S = 0.05
QUEUE = 4_096  # connections that wait for accept(); somaxconn, listen(2), may allow fewer
LET_IN, SHOOK_HANDS = "dashboard.let_in", "dashboard.shook_hands"  # in the WSGI environment


class Guests:
    """Connections with their deadlines, the oldest first: those that still ask, and those that
    are served. The lock guards both tables."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._lock = threading.Lock()
        self._asking: dict[socket.socket, float] = {}
        self._served: dict[socket.socket, float] = {}

    def __len__(self) -> int:
        with self._lock:
            return len(self._asking) + len(self._served)

    def come(self, guest: socket.socket) -> None:
        """In a crowd it gets the place of the oldest one: of one that asks, if there is any."""
        with self._lock:
            if len(self._asking) + len(self._served) >= MOST:
                self._cut_off(next(iter(self._asking or self._served)))
            self._asking[guest] = self._clock() + REQUEST_S

    def serve(self, guest: socket.socket) -> None:
        """Its request is whole, and its turn has come. In a crowd it gets the place of the oldest
        that is served."""
        with self._lock:
            self._asking.pop(guest, None)
            if len(self._served) >= MOST:
                self._cut_off(next(iter(self._served)))
            self._served[guest] = self._clock() + LONGEST_S

    def asks_on(self, guest: socket.socket) -> None:
        """More belongs to its request than the header that it has sent."""
        with self._lock:
            if self._served.pop(guest, None) is not None:
                self._asking[guest] = self._clock() + REQUEST_S

    def asked(self, guest: socket.socket) -> None:
        """Its request is whole, or its header."""
        with self._lock:
            if self._asking.pop(guest, None) is not None:
                self._served[guest] = self._clock() + LONGEST_S

    def leave(self, guest: socket.socket) -> None:
        with self._lock:
            self._remove(guest)

    def end_late_ones(self) -> None:
        with self._lock:
            now = self._clock()
            both = [*self._asking.items(), *self._served.items()]
            for guest, deadline in both:
                if deadline <= now:
                    self._cut_off(guest)

    def _cut_off(self, guest: socket.socket) -> None:
        """Its thread reads the end of the stream, and ends."""
        self._remove(guest)
        with contextlib.suppress(OSError):  # it has just gone
            socket.socket.shutdown(guest, socket.SHUT_RDWR)  # below TLS, which its thread is using

    def _remove(self, guest: socket.socket) -> None:
        self._asking.pop(guest, None)
        self._served.pop(guest, None)


class Begun(io.RawIOBase):
    """A stream of which the beginning has been read."""

    def __init__(self, beginning: bytes, stream: Any) -> None:
        self._beginning, self._stream = beginning, stream

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        if not self._beginning:
            count: int | None = self._stream.readinto(buffer)
            return count
        part = self._beginning[: len(buffer)]
        self._beginning = self._beginning[len(part) :]
        buffer[: len(part)] = part
        return len(part)

    def close(self) -> None:
        self._stream.close()
        super().close()


class Header:
    """The lines of a request's header as they come. `cut`: the stream has ended before its end."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream
        self.cut = False

    def readline(self, size: int = -1) -> bytes:
        line: bytes = self._stream.readline(size)
        self.cut |= not line
        return line


class Body(io.RawIOBase):
    """A request's body as it comes. `whole` is called once `size` bytes of it, or its end, have."""

    def __init__(self, stream: Any, size: float, whole: Callable[[], None]) -> None:
        self._stream, self._left, self._whole = stream, size, whole

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        count: int = self._stream.readinto(buffer)
        self._left -= count
        if not count or self._left <= 0:
            self._whole()
        return count


class Handler(serving.WSGIRequestHandler):
    """One connection, which has one request: Werkzeug keeps none alive."""

    server: "Server"

    def setup(self) -> None:
        super().setup()
        self._visitor = self.server.admitted.get(self.connection)
        if self._visitor is not None:
            self.rfile.close()
            raw = self.connection.makefile("rb", buffering=0)
            self.rfile = io.BufferedReader(Begun(self._visitor.said, raw))
        self._request = self.rfile

    def parse_request(self) -> bool:
        """False as well for a header that was cut off: the parser takes it for a whole one, and a
        page would be made for nobody (RFC 9112, section 8)."""
        stream, self.rfile = self.rfile, cast(Any, header := Header(self.rfile))
        parsed = super().parse_request()
        self.rfile = stream
        return parsed and not header.cut

    @property
    def _is_websocket(self) -> bool:
        named = ",".join(self.headers.get_all("Upgrade", [])).lower().split(",")
        return "websocket" in (protocol.strip(" \t") for protocol in named)

    def make_environ(self) -> dict[str, Any]:
        """Called when the header is whole. A body, and a websocket's way in, are still asking."""
        environ, guest, guests = super().make_environ(), self.connection, self.server.guests
        size = _body_size(environ)
        if size or self._is_websocket:
            guests.asks_on(guest)
        if size:
            environ["wsgi.input"] = Body(environ["wsgi.input"], size, partial(guests.asked, guest))
        elif not self._is_websocket:
            guests.asked(guest)
        self.rfile = io.BytesIO()  # Werkzeug would read on in our turn; see shutdown_request()
        shook_hands = self._visitor.end_turn if self._visitor else lambda: None
        return {**environ, LET_IN: partial(guests.leave, guest), SHOOK_HANDS: shook_hands}

    def finish(self) -> None:
        super().finish()
        self._request.close()


def _body_size(environ: dict[str, Any]) -> float:
    """In bytes; infinite where the body says by itself when it ends, and where a page of digits
    counts them."""
    if environ.get("wsgi.input_terminated"):
        return math.inf
    length = environ.get("CONTENT_LENGTH") or ""
    return float(length) if re.fullmatch("[0-9]+", length) else 0.0


class Server(serving.ThreadedWSGIServer):
    """Werkzeug's, with a book of its guests."""

    def __init__(
        self, host: str, port: int, app: Any, handler: Any = None, *rest: Any, **more: Any
    ) -> None:
        self.guests = Guests()
        self.admitted: dict[socket.socket, Visitor] = {}  # that have a thread
        self.lingering = Lingering()
        self._room = WaitingRoom(self._admit, self._dismiss, self._has_asked)
        super().__init__(host, port, app, handler or Handler, *rest, **more)
        self._room.open()
        self.lingering.open()
        self.socket.listen(QUEUE)  # anew: under --debug it is the reloader's socket, and listens

    def get_request(self) -> tuple[Any, Any]:
        try:
            connection, address = self._accept()
        except OSError as error:
            if error.errno in (errno.EMFILE, errno.ENFILE):
                time.sleep(PAUSE_S)  # it stays in the backlog, and would be tried at once
            raise
        self.guests.come(connection)
        return connection, address

    def _accept(self) -> tuple[socket.socket, Any]:
        """accept() of a TLS socket would wait for the visitor's handshake."""
        connection, address = socket.socket.accept(self.socket)
        if self.ssl_context is not None:
            connection = self.ssl_context.wrap_socket(
                connection, server_side=True, do_handshake_on_connect=False
            )
        return connection, address

    def process_request(self, request: Any, client_address: Any) -> None:
        if self.ssl_context is None:
            self._room.enter(request, client_address)
        else:
            super().process_request(request, client_address)

    def _has_asked(self, visitor: Visitor) -> None:
        self.guests.leave(visitor.connection)

    def _admit(self, visitor: Visitor) -> None:
        self.admitted[visitor.connection] = visitor
        self.guests.serve(visitor.connection)
        try:
            super().process_request(visitor.connection, visitor.address)
        except RuntimeError:  # the system has no more threads
            del self.admitted[visitor.connection]
            visitor.end_turn()
            self._dismiss(visitor)

    def finish_request(self, request: Any, client_address: Any) -> None:
        """All of it; called in the request's thread."""
        try:
            super().finish_request(request, client_address)
        finally:
            if visitor := self.admitted.pop(request, None):
                visitor.end_turn()

    def _dismiss(self, visitor: Visitor) -> None:
        self.guests.leave(visitor.connection)
        super().shutdown_request(visitor.connection)

    def server_close(self) -> None:
        self._room.close()
        self.lingering.close()
        super().server_close()

    def shutdown_request(self, connection: Any) -> None:
        """Its answer is sent; or it has none, and has gone or was cut off."""
        self.guests.leave(connection)
        self.lingering.leave(connection)

    def service_actions(self) -> None:
        """Called several times a second."""
        super().service_actions()
        self.guests.end_late_ones()


def install() -> None:
    """`flask run` takes no server of ours, so it finds ours under the name of Werkzeug's."""
    vars(serving)["ThreadedWSGIServer"] = Server


def shook_hands(environ: dict[str, Any]) -> None:
    """The handshake of a websocket is over."""
    environ.get(SHOOK_HANDS, lambda: None)()


def let_in(environ: dict[str, Any]) -> None:
    """A guest that may stay as long as it likes; another server has no such book."""
    environ.get(LET_IN, lambda: None)()
