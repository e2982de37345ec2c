"""TLS: an SSLSocket's reads and writes are points with the plain text.

OpenSSL reads and writes the descriptor by itself, so the methods of socket.socket see nothing
of it. asyncio does it the other way: an SSLObject encrypts in memory, and the socket's own calls
move what nobody can read. There the calls of the SSLObject are the points of that socket.
The methods of both classes are replaced once the program has loaded ssl.
"""

from __future__ import annotations

import functools
import sys
from time import monotonic
from typing import TYPE_CHECKING, Any

from . import wrappers
from .outcomes import REPORTED, TLS, Reader
from .variables import forget

if TYPE_CHECKING:
    from .tap import Tap


def follow(tap: Tap) -> None:
    """Replace the methods of SSLSocket and of SSLObject, once."""
    ssl: Any = sys.modules.get("ssl")
    cls = getattr(ssl, "SSLSocket", None)
    if cls is None or hasattr(cls.read, "__wrapped__"):
        return
    made = [(cls, name, _mover(tap, cls, name, read)) for name, read in TLS.items()]
    tap.replace([*made, (cls, "do_handshake", _handshake(tap, cls.do_handshake))])
    if tap.wire:  # else the sizes of what the socket moves are counted
        _follow_memory(tap, ssl.SSLObject)


def _follow_memory(tap: Tap, memory: Any) -> None:
    seen = {
        name: wrappers.mover(tap, REPORTED[name], getattr(memory, name), TLS[name], inner=True)
        for name in ("read", "write")
    }
    seen["do_handshake"] = _handshake(tap, memory.do_handshake)
    tap.replace([(memory, name, _of_memory(tap, memory, name, seen[name])) for name in seen])


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
        if not entry.seen:
            return original(sock, *arguments, **keywords)
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


def _of_memory(tap: Tap, cls: Any, name: str, seen: Any) -> Any:
    entries = tap.sockets.entries

    def method(memory: Any, *arguments: Any, **keywords: Any) -> Any:
        if id(memory) not in entries:
            _meet(tap, memory, sys._getframe(1))
        return seen(memory, *arguments, **keywords)

    return functools.update_wrapper(method, getattr(cls, name))


def _meet(tap: Tap, memory: Any, caller: Any) -> None:
    """An SSLObject comes into sight: from now on its calls are those of the socket below it."""
    try:
        sock = _socket_below(caller)
        entry = tap.sockets.of_descriptor(sock.fileno()) if sock is not None else None
        below = entry.ref() if entry is not None and entry.ref is not None else None
        if entry is None or below is None:
            tap.sockets.name(memory, tap.unseen)
            return
        if entry.connecting:  # it is connected, or there would be no handshake
            tap.connected(entry, below)
        tap.sockets.encrypt(below, entry)
        tap.sockets.name(memory, entry)
    except Exception as error:
        tap.fail(error)


def _socket_below(frame: Any) -> Any:
    """The socket of the protocol of asyncio that calls; None where something else does."""
    while frame is not None and frame.f_globals.get("__name__") == "asyncio.sslproto":
        names = frame.f_locals
        transport = getattr(names.get("self"), "_transport", None)
        forget(frame, names)
        if transport is not None:
            return transport.get_extra_info("socket")
        frame = frame.f_back
    return None
