"""Websockets of the dashboard: admission, lifetime, and closes that say why.

flask-sock does the handshake, in the thread of the request. From then on the frames are ours
(websocket.py), and one loop thread carries them for all websockets. The request's thread runs the
handler, and its end is the websocket's end.

After the handler Werkzeug writes an HTTP response; browsers would take it for a broken close
(1006), so the connection is shut down first. A refusal before the handshake is only 1006 to a
script: we accept, then close with 44xx, so that a page can say why.
"""

import asyncio
import logging
import socket
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from flask import Flask, g, request
from flask_sock import Sock
from simple_websocket import Server

from dashboard import middleware, proxy, security, serving
from dashboard.errors import Forbidden
from dashboard.live.carrier import carried
from dashboard.live.frames import close_frame
from dashboard.live.loop_thread import LoopThread
from dashboard.live.websocket import (
    BAD_ORIGIN,
    BAD_TOKEN,
    BROKE,
    BROKEN,
    CROWDED,
    GOING_AWAY,
    JOIN_S,
    Closed,
    Json,
    Refused,
    Socket,
)

FIRST_FRAME_S = 10.0
ADOPT_S = 5.0  # a millisecond, but on a machine with too much to do
LOG = logging.getLogger(__name__)

Handler = Callable[[Socket, Json], None]
LOOP = LoopThread("websockets")
_open: set[Socket] = set()
_let_in: dict[Socket, tuple[str, bool]] = {}  # with a right: path, and whether on this machine
_open_lock = threading.Lock()
_ending = threading.Event()


class _NoThread:
    """In place of simple-websocket's thread, which would read from the connection as well."""

    def __init__(self, target: Callable[[], None]) -> None:
        self.name = ""

    def start(self) -> None: ...


def init_app(app: Flask) -> Sock:
    """The extension for an application."""
    app.config["SOCK_SERVER_OPTIONS"] = {"thread_class": _NoThread}
    middleware.wrap(app, _WithoutDeflate)
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

    The handler gets the socket and the first frame. `limit`: websockets of this path let in at
    once; those of other machines are counted apart, so that they leave room for this one's.
    """
    try:
        _prepare(ws.sock)
        with LOOP.running() as loop, carried(ws.sock) as carrier:
            sock = _adopt(carrier, loop)
            serving.shook_hands(request.environ)
            _serve(sock, handler, limit)
    except OSError as error:  # as EMFILE: there is no descriptor for it; or the loop has no time
        why = error.strerror or "the machine is too busy"
        LOG.warning("a websocket is turned away: %s", why)
        with suppress(OSError):
            ws.sock.sendall(close_frame(CROWDED, f"{why}; close some tabs"))
    finally:  # a duplicate that is adopted late finds the end
        ws.connected = False  # so the library sends no Close frame of its own
        with suppress(OSError):
            ws.sock.shutdown(socket.SHUT_RDWR)


def _serve(sock: Socket, handler: Handler, limit: int) -> None:
    with _open_lock:
        _open.add(sock)
    try:
        first = _first_frame(sock)
        _admit(sock, limit)
        handler(sock, first)
    except Refused as refusal:
        sock.close(refusal.code, refusal.reason)
    except Closed:
        pass
    except Exception:
        LOG.exception("a websocket handler broke")
        sock.close(BROKEN, BROKE)
    finally:
        sock.close()
        sock.wait_for_end()
        with _open_lock:
            _open.discard(sock)
            _let_in.pop(sock, None)


def _prepare(connection: socket.socket) -> None:
    if connection.family != getattr(socket, "AF_UNIX", None):
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)


def _adopt(carrier: socket.socket, loop: asyncio.AbstractEventLoop) -> Socket:
    """A websocket over its connection, which is the loop's from now on.

    Raises:
        TimeoutError: the loop's thread did not get to it in time.
    """
    sock = Socket(loop, explains=proxy.came_through())
    made = loop.connect_accepted_socket(lambda: sock, carrier)
    asyncio.run_coroutine_threadsafe(made, loop).result(ADOPT_S)
    return sock


def _first_frame(sock: Socket) -> Json:
    if _ending.is_set():
        raise Refused(GOING_AWAY, "the dashboard is ending")
    try:
        security.check_origin(required=False)
    except Forbidden as error:
        raise Refused(BAD_ORIGIN, error.message) from error
    first = sock.receive(FIRST_FRAME_S)
    try:
        g.right = security.right_of((first or {}).get("token"))
    except Forbidden as error:
        raise Refused(BAD_TOKEN, f"{error.message}; {error.next_step}") from error
    if first is None:
        raise Refused(BAD_TOKEN, "nothing was said")
    return first


def _admit(sock: Socket, limit: int) -> None:
    """Those without a token are not counted, so they keep no tab out; the server bounds them."""
    kind = request.path, security.at_home()
    with _open_lock:
        if list(_let_in.values()).count(kind) >= limit:
            raise Refused(CROWDED, "too many websockets; close some tabs")
        _let_in[sock] = kind
    serving.let_in(request.environ)


def close_all(timeout_s: float = JOIN_S) -> None:
    """Notify every browser that the dashboard is going away, and wait a moment for it."""
    _ending.set()
    with _open_lock:
        waiting = list(_open)
    for sock in waiting:
        sock.close(GOING_AWAY, "the dashboard is ending")
    deadline = time.monotonic() + timeout_s
    while _open and time.monotonic() < deadline:
        time.sleep(0.01)
    _ending.clear()
