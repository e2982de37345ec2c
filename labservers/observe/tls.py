"""TLS: an SSLSocket's reads and writes are points with the plain text.

OpenSSL reads and writes the descriptor by itself, so the methods of socket.socket see nothing
of it. The methods of the class are replaced when the program makes its first such socket. What
asyncio sends over TLS goes through an SSLObject and is seen encrypted.
"""

from __future__ import annotations

import functools
import sys
from time import monotonic
from typing import TYPE_CHECKING, Any

from . import wrappers
from .outcomes import REPORTED, TLS, Reader

if TYPE_CHECKING:
    from .tap import Tap


def follow(tap: Tap) -> None:
    """Replace the methods of SSLSocket, once."""
    cls = getattr(sys.modules.get("ssl"), "SSLSocket", None)
    if cls is not None and not hasattr(cls.read, "__wrapped__"):
        made = [(cls, name, _mover(tap, cls, name, read)) for name, read in TLS.items()]
        tap.replace([*made, (cls, "do_handshake", _handshake(tap, cls.do_handshake))])


def _mover(tap: Tap, cls: Any, name: str, read: Reader) -> Any:
    """One point a call: the library's recv() calls read(), and its sendall() send()."""
    original = getattr(cls, name)
    seen = wrappers.mover(tap, REPORTED.get(name, name), original, read)
    library = cls.read.__code__.co_filename

    def method(sock: Any, *arguments: Any, **keywords: Any) -> Any:
        if sock._sslobj is None or sys._getframe(1).f_code.co_filename == library:
            return original(sock, *arguments, **keywords)
        return seen(sock, *arguments, **keywords)

    return functools.update_wrapper(method, original)


def _handshake(tap: Tap, original: Any) -> Any:
    call = "handshake"

    def tapped(sock: Any, *arguments: Any, **keywords: Any) -> Any:
        entry = tap.sockets.entries.get(id(sock)) or tap.meet(sock)
        frame = sys._getframe(1)
        wrappers.before(tap, call, entry, frame)
        began = monotonic()
        try:
            result = original(sock, *arguments, **keywords)
        except BaseException as error:
            wrappers.raised(tap, call, entry, began, frame, error)
            sock = None
            raise
        try:
            agreed = f"{sock.version()} {(sock.cipher() or ['?'])[0]}"
            tap.record(call, entry, began, frame, 0, None, agreed, None)
        except Exception as error:
            tap.fail(error)
        wrappers.after(tap, call, entry, frame)
        return result

    return functools.update_wrapper(tapped, original)
