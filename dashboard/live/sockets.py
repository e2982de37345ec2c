"""flask-sock, wrapped once for every websocket of the dashboard.

Measured, and mended here: after the handler Werkzeug writes an HTTP response behind the Close
frame, so browsers see 1006 (the raw socket is shut down first); an exception writes a page into
the stream (closed with 1011); send() may write a part of a frame and call it done, is not
thread-safe and blocks on a reader that stalls (one writer thread, a bounded queue, whole sends
with a time-out; who has much to tell waits); receive() may hang for ever after an oversized
message (we wait ourselves, with a time-out); nothing bounds what comes in (a sender that is far
ahead is not read, so TCP makes it wait). A refusal before the handshake is only 1006 to a script:
we accept, then close with 44xx, so that a page can say why.

This uses .thread, .sock, .event and .input_buffer of simple-websocket 1.x; tests hold it to that.
"""

import json
import logging
import socket
import threading
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from typing import Any

from flask import Flask, request
from flask_sock import Sock
from simple_websocket import Server

from dashboard import security
from dashboard.errors import Forbidden

GOING_AWAY, NORMAL, BROKEN, TOO_MUCH = 1001, 1000, 1011, 1013
BAD_FRAME, BAD_TOKEN, BAD_ORIGIN, NOT_RUNNING, CROWDED = 4400, 4401, 4403, 4410, 4429
MESSAGE_BYTES = 512 * 1024  # 64 KiB of text may be six times as long in JSON
QUEUE_BYTES = 4 * 1024 * 1024
PACE_BYTES = 256 * 1024  # who can wait does so from here on
INBOUND_MESSAGES = 64
INBOUND_POLL_S = 0.02
LOOK_S = 0.25  # after an oversized message the library wakes us before it says that it is over
FIRST_FRAME_S = 10.0
SEND_S = 10.0
JOIN_S = 1.0
PING_S = 25
LOG = logging.getLogger(__name__)


class Closed(Exception):
    """The websocket has ended, for whatever reason."""


class Refused(Exception):
    """The handler ends the websocket with this close code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Wire:
    """The raw socket as simple-websocket's threads use it: whole sends, bounded reading."""

    def __init__(self, sock: socket.socket, waiting: list[Any]) -> None:
        self._sock = sock
        self._waiting = waiting
        self._sending = threading.RLock()  # our writer, and the library's pings and pongs
        self._held: list[bytes] | None = None
        self.released = threading.Event()
        sock.settimeout(SEND_S)  # for a whole send; reading only begins when there is something
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def send(self, data: bytes) -> int:
        """All of it.

        Raises:
            OSError: broken, or not taken within SEND_S seconds.
        """
        with self._sending:
            if self._held is None:
                self._sock.sendall(data)
            else:
                self._held.append(data)
        return len(data)

    @contextmanager
    def together(self) -> Iterator[None]:
        """What this thread sends meanwhile goes out as one at the end.

        Raises:
            OSError: as send().
        """
        with self._sending:
            held: list[bytes] = []
            self._held = held
            try:
                yield
            finally:
                self._held = None
            if held:
                self._sock.sendall(b"".join(held))

    def recv(self, size: int) -> bytes:
        """Not before what came earlier has been read by the handler, or the handler has ended."""
        while len(self._waiting) > INBOUND_MESSAGES and not self.released.wait(INBOUND_POLL_S):
            pass
        return self._sock.recv(size)

    def __getattr__(self, name: str) -> Any:
        return getattr(self._sock, name)


class Socket:
    """One websocket with JSON messages. send() and close() may be called from any thread."""

    def __init__(self, ws: Server) -> None:
        self._ws = ws
        self._wire = ws.sock = Wire(ws.sock, ws.input_buffer)
        self._outbox: deque[str] = deque()
        self._queued = 0  # characters, which are bytes: json.dumps() writes ASCII
        self._changed = threading.Condition()  # guards both
        self._finished = False
        self._closing: tuple[int, str] | None = None
        self._writer = threading.Thread(target=self._write_forever, name="ws-writer", daemon=True)
        self._writer.start()

    @property
    def open(self) -> bool:
        return bool(self._ws.connected) and self._closing is None

    def send(self, message: Any, wait_s: float = 0.0) -> None:
        """Queue one message. A browser that has stalled for a whole queue is closed; who has many
        messages for it waits up to `wait_s` while it is behind."""
        text = json.dumps(message, separators=(",", ":"))
        with self._changed:
            if wait_s and self._queued > PACE_BYTES:
                self._changed.wait_for(lambda: self._queued <= PACE_BYTES or not self.open, wait_s)
            if self._queued + len(text) <= QUEUE_BYTES:
                self._outbox.append(text)
                self._queued += len(text)
                self._changed.notify_all()
                return
        self.close(TOO_MUCH, "the browser does not keep up")

    def receive(self, timeout_s: float) -> dict[str, Any] | None:
        """The next message, or None after the time given.

        Raises:
            Closed: the websocket has ended. Refused: what came is not a JSON object.
        """
        text = self._next_text(time.monotonic() + timeout_s)
        if text is None:
            return None
        try:
            message = json.loads(text)
        except (ValueError, RecursionError) as error:
            raise Refused(BAD_FRAME, "not JSON") from error
        if not isinstance(message, dict):
            raise Refused(BAD_FRAME, "not a JSON object")
        return message

    def _next_text(self, deadline: float) -> str | bytes | None:
        while self._closing is None:
            self._ws.event.clear()  # before looking: it is set after a message was put there
            if self._ws.input_buffer:
                text: str | bytes = self._ws.input_buffer.pop(0)
                return text
            if not self._ws.connected:
                break
            left = deadline - time.monotonic()
            if left <= 0:
                return None
            self._ws.event.wait(min(left, LOOK_S))
        raise Closed

    def close(self, code: int = NORMAL, reason: str = "") -> None:
        """End the websocket with a code; what is queued is not waited for. Twice is once."""
        if self._closing is None:
            self._closing = (code, reason)
            self._ws.event.set()  # wakes receive()
            with self._changed:
                self._changed.notify_all()  # and who waits in send()

    def finish(self) -> None:
        """Last, in the handler's thread: flush, close, keep Werkzeug's response off the wire."""
        code, reason = self._closing or (NORMAL, "")
        self._closing = (code, reason)
        self._wire.released.set()
        with self._changed:
            self._finished = True
            self._changed.notify_all()
        self._writer.join(JOIN_S)
        if not self._writer.is_alive():  # else it is stuck inside a frame, where no Close fits
            with suppress(Exception):
                self._ws.close(code, reason)
            with suppress(OSError):
                self._wire.shutdown(socket.SHUT_WR)
            self._ws.thread.join(JOIN_S)
        with suppress(OSError):
            self._wire.shutdown(socket.SHUT_RDWR)

    def _next_queued(self) -> list[str]:
        """What is to be written next, waited for; nothing when nothing more is to come."""
        texts: list[str] = []
        with self._changed:
            self._changed.wait_for(lambda: self._outbox or self._finished)
            size = 0
            while self._outbox and size < PACE_BYTES:
                texts.append(self._outbox.popleft())
                size += len(texts[-1])
            self._queued -= size
            self._changed.notify_all()
        return texts

    def _write_forever(self) -> None:
        while texts := self._next_queued():
            try:
                with self._wire.together():
                    for text in texts:
                        self._ws.send(text)
            except Exception:  # closed, stalled beyond SEND_S, or reset: it is over either way
                self.close(BROKEN, "cannot send")
                with suppress(OSError):
                    self._wire.shutdown(socket.SHUT_RDWR)
                return


Handler = Callable[[Socket, dict[str, Any]], None]
_open: set[Socket] = set()
_open_lock = threading.Lock()
_ending = threading.Event()


def init_app(app: Flask) -> Sock:
    """The extension for an application, with the options that all websockets share."""
    app.config["SOCK_SERVER_OPTIONS"] = {
        "ping_interval": PING_S,
        "max_message_size": MESSAGE_BYTES,
        "receive_bytes": 64 * 1024,
    }
    app.wsgi_app = _WithoutDeflate(app.wsgi_app)  # type: ignore[method-assign]
    return Sock(app)


class _WithoutDeflate:
    """On loopback compression costs memory and CPU and gains nothing."""

    def __init__(self, wsgi_app: Any) -> None:
        self._wsgi_app = wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        environ.pop("HTTP_SEC_WEBSOCKET_EXTENSIONS", None)
        return self._wsgi_app(environ, start_response)


def serve(ws: Server, handler: Handler, limit: int) -> None:
    """Run a handler over an accepted websocket, after Origin and the first frame's token.

    The handler gets the socket and the first frame. `limit`: websockets open at once.
    """
    sock = Socket(ws)
    with _open_lock:
        _open.add(sock)
        crowded = len(_open) > limit
    try:
        handler(sock, _first_frame(sock, crowded))
    except Refused as refusal:
        sock.close(refusal.code, refusal.reason)
    except Closed:
        pass
    except Exception:
        LOG.exception("a websocket handler broke")
        sock.close(BROKEN, "the dashboard broke; see its log")
    finally:
        sock.finish()
        with _open_lock:
            _open.discard(sock)


def _first_frame(sock: Socket, crowded: bool) -> dict[str, Any]:
    if _ending.is_set():
        raise Refused(GOING_AWAY, "the dashboard is ending")
    if crowded:
        raise Refused(CROWDED, "too many websockets; close some tabs")
    try:
        security.check_origin(required=False)
    except Forbidden as error:
        raise Refused(BAD_ORIGIN, error.message) from error
    first = sock.receive(FIRST_FRAME_S)
    if first is None or not security.token_fits(first.get("token")):
        raise Refused(BAD_TOKEN, "the token is missing or old; load the page again")
    return first


def close_all(timeout_s: float = JOIN_S) -> None:
    """Tell every browser that the dashboard is going away, and wait a moment for it."""
    _ending.set()
    with _open_lock:
        waiting = list(_open)
    for sock in waiting:
        sock.close(GOING_AWAY, "the dashboard is ending")
    deadline = time.monotonic() + timeout_s
    while _open and time.monotonic() < deadline:
        time.sleep(0.01)
    _ending.clear()


def is_websocket() -> bool:
    """Whether the request at hand asks for one."""
    return request.headers.get("Upgrade", "").lower() == "websocket"
