"""A websocket's connection as a plain socket, which the loop's thread may have for itself.

asyncio takes over no connection whose TLS has begun. So a thread carries the bytes of such a one
between it and a pair of sockets.
"""

import contextlib
import selectors
import socket
import ssl
import threading
from collections.abc import Iterator

PIECE = 64 * 1024
JOIN_S = 1.0


@contextlib.contextmanager
def carried(connection: socket.socket) -> Iterator[socket.socket]:
    """A socket that says and hears the same. A duplicate: Werkzeug closes the connection itself."""
    if not isinstance(connection, ssl.SSLSocket):
        yield connection.dup()
        return
    ours, theirs = socket.socketpair()
    carrier = threading.Thread(
        target=_carry, args=(connection, theirs), name="websocket-tls", daemon=True
    )
    carrier.start()
    try:
        yield ours
    finally:
        with contextlib.suppress(OSError):
            socket.socket.shutdown(connection, socket.SHUT_RDWR)  # below TLS, which is in use
        carrier.join(JOIN_S)


def _carry(tls: ssl.SSLSocket, plain: socket.socket) -> None:
    """Both ways, until the browser ends; while one side does not read, the other one waits."""
    tls.setblocking(False)
    with plain, selectors.DefaultSelector() as selector, contextlib.suppress(OSError):
        selector.register(tls, selectors.EVENT_READ)
        selector.register(plain, selectors.EVENT_READ)
        while _receive(tls, plain):
            ready = {key.fileobj for key, _ in selector.select()}
            if plain in ready:
                if data := plain.recv(PIECE):
                    _send(tls, data)
                else:
                    selector.unregister(plain)
                    socket.socket.shutdown(tls, socket.SHUT_WR)


def _receive(tls: ssl.SSLSocket, plain: socket.socket) -> bool:
    """Pass on all that has come; False at its end."""
    try:
        while data := tls.recv(PIECE):
            plain.sendall(data)
    except ssl.SSLWantReadError:
        return True
    return False


def _send(tls: ssl.SSLSocket, data: bytes) -> None:
    while data:
        try:
            data = data[tls.send(data) :]
        except ssl.SSLWantWriteError:
            with selectors.DefaultSelector() as selector:
                selector.register(tls, selectors.EVENT_WRITE)
                selector.select()
