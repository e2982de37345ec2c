"""Under gunicorn: the rest of a request's body is read after its answer, before gunicorn closes the
connection with a reset, which would take the answer away (RFC 9112, section 9.6).

gunicorn reads on by itself for 64 KiB alone. It has a thread for each request, so the time is
bounded in every case: as in labservers/net/closing.py, and for a body that comes drop by drop,
within one read, by an end of the stream that we make ourselves. `flask run` needs none of this, see
lingering.py.
"""

import contextlib
import socket
import threading
import time
from collections.abc import Iterator
from typing import Any

from labservers.net.closing import LINGER_S, SILENCE_S, Linger

PIECE = 65_536
SOCKET = "gunicorn.socket"  # in the WSGI environment


class RestOfBody:
    """WSGI middleware; of another server's requests it knows nothing."""

    def __init__(self, wsgi_app: Any) -> None:
        self._wsgi_app = wsgi_app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Any:
        answer = self._wsgi_app(environ, start_response)
        has_body = environ.get("CONTENT_LENGTH") or "HTTP_TRANSFER_ENCODING" in environ
        if SOCKET not in environ or not has_body:
            return answer
        return _answered(answer, environ["wsgi.input"], environ[SOCKET])


def _answered(answer: Any, body: Any, connection: socket.socket) -> Iterator[bytes]:
    try:
        yield from answer
    finally:
        if hasattr(answer, "close"):
            answer.close()
    _read_on(body, connection)


def _read_on(body: Any, connection: socket.socket) -> None:
    """To its end; or the connection will be read no more, and gunicorn closes it."""
    linger, before = Linger(time.monotonic()), connection.gettimeout()
    latest = threading.Timer(LINGER_S, _hear_no_more, [connection])
    latest.daemon = True
    latest.start()
    try:
        connection.settimeout(SILENCE_S)
        while not linger.spent(time.monotonic()):
            piece = body.read(PIECE)
            if not piece:
                return
            linger.took(len(piece), time.monotonic())
    except Exception:  # silent, gone or nonsense; it has its answer
        pass
    finally:
        latest.cancel()
        with contextlib.suppress(OSError):
            connection.settimeout(before)
    _hear_no_more(connection)


def _hear_no_more(connection: socket.socket) -> None:
    """Below TLS. A read that waits finds the end of the stream."""
    with contextlib.suppress(OSError):  # it has gone
        socket.socket.shutdown(connection, socket.SHUT_RD)
