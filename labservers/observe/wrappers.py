"""The wrappers of the methods of `socket.socket`: what they do, they do for every call.

recv(), send() and sendall() have wrappers of their own, as a server's time goes there: they take
the arguments of nearly every call by position, need names of the closure alone, and call nothing
of ours. In each, `call`, `entry` and
`began` are what Tap.inside() looks for, in a function that is named `tapped`.

A wrapper that is left by an exception lets go of its socket first: its frame is a part of the
traceback, and would keep the socket open for as long as the program keeps the exception.
"""

from __future__ import annotations

import errno
import functools
import socket
import sys
from _thread import get_ident
from time import monotonic
from typing import TYPE_CHECKING, Any

from .lines import NOWHERE
from .outcomes import CUT, INCOMING, MOVERS, REPORTED, STEPS, Reader, by_place, receiver, sender
from .points import WIDTH
from .sockets import text_of

if TYPE_CHECKING:
    from .tap import Tap

MISSING = object()
Replacement = tuple[Any, str, Any]
getframe = sys._getframe


def of_sockets(tap: Tap, *, wire: bool) -> list[Replacement]:
    """The class, the name and the wrapper of each method."""
    cls: Any = socket.socket
    names = [name for name in (*MOVERS, *STEPS) if hasattr(cls, name)]
    made = {name: _wrapper(tap, name, wire=wire) for name in names}
    made["__init__"] = _init(tap, cls.__init__)
    made["detach"] = _detach(tap, cls.detach)
    made["_real_close"] = _real_close(tap, cls._real_close)
    return [
        (cls, name, functools.update_wrapper(wrapper, getattr(cls, name)))
        for name, wrapper in made.items()
    ]


def _wrapper(tap: Tap, name: str, *, wire: bool) -> Any:
    original = getattr(socket.socket, name)
    if name in STEPS:
        return _step(tap, name, original)
    if not wire:
        return _counted(tap, name, original)
    if name == "recv":
        return _recv(tap, original)
    if name in ("send", "sendall"):
        return _send(tap, name, original)
    return mover(tap, REPORTED.get(name, name), original, MOVERS[name])


def _recv(tap: Tap, original: Any) -> Any:
    call, general = "recv", mover(tap, "recv", original, MOVERS["recv"])
    known, gates, events, relieve = tap.sockets.settled.get, tap.gates, tap.events, tap.relieve
    add, own, owner = events.extend, tap.own.files, tap.own.frame
    full = tap.room * WIDTH

    def tapped(sock: Any, most: Any = MISSING, *more: Any, **keywords: Any) -> Any:
        entry = known(id(sock))
        if entry is None or gates or most is MISSING or more or keywords:
            try:
                return general(sock, *(() if most is MISSING else (most, *more)), **keywords)
            finally:
                sock = None
        began = monotonic()
        try:
            result = original(sock, most)
        except BaseException as error:
            raised(tap, call, entry, began, getframe(1), error)
            sock = None
            raise
        try:
            ended = monotonic()
            frame: Any = getframe(1)
            code = frame.f_code
            if code.co_filename not in own:
                frame = owner(frame) or NOWHERE
                code = frame.f_code
            size = len(result)
            add((ended, began, get_ident(), code, frame.f_lasti, entry, call, size,
                 result if size <= CUT else result[:CUT], None, None))  # fmt: skip
            if len(events) > full:
                relieve()
        except Exception as error:
            tap.fail(error)
        if gates:
            after(tap, call, entry, getframe(1))
        return result

    return tapped


def _send(tap: Tap, call: str, original: Any) -> Any:
    general = mover(tap, call, original, MOVERS[call])
    known, gates, events, relieve = tap.sockets.settled.get, tap.gates, tap.events, tap.relieve
    add, own, owner = events.extend, tap.own.files, tap.own.frame
    full = tap.room * WIDTH

    def tapped(sock: Any, data: Any = MISSING, *more: Any, **keywords: Any) -> Any:
        entry = known(id(sock))
        if entry is None or gates or type(data) is not bytes or more or keywords:
            try:
                return general(sock, *(() if data is MISSING else (data, *more)), **keywords)
            finally:
                sock = None
        began = monotonic()
        try:
            result = original(sock, data)
        except BaseException as error:
            raised(tap, call, entry, began, getframe(1), error)
            sock = None
            raise
        try:
            ended = monotonic()
            frame: Any = getframe(1)
            code = frame.f_code
            if code.co_filename not in own:
                frame = owner(frame) or NOWHERE
                code = frame.f_code
            size = len(data) if result is None else result  # sendall() takes all
            if size > CUT or size != len(data):
                data = data[: min(size, CUT)]
            add((ended, began, get_ident(), code, frame.f_lasti, entry, call, size,
                 data, None, None))  # fmt: skip
            if len(events) > full:
                relieve()
        except Exception as error:
            tap.fail(error)
        if gates:
            after(tap, call, entry, getframe(1))
        return result

    return tapped


def mover(tap: Tap, call: str, original: Any, read: Reader, *, inner: bool = False) -> Any:
    """A call that moves bytes, of any kind. inner: of TLS above a socket, whose own calls are not
    seen then."""
    known = tap.sockets.entries.get

    def tapped(sock: Any, *arguments: Any, **keywords: Any) -> Any:
        entry = known(id(sock)) or tap.meet(sock)
        if not entry.seen or entry.encrypted is not inner:
            return original(sock, *arguments, **keywords)
        frame = getframe(1)
        before(tap, call, entry, frame, arguments)
        began = monotonic()
        try:
            result = original(sock, *arguments, **keywords)
        except BaseException as error:
            raised(tap, call, entry, began, frame, error)
            sock = None
            raise
        try:
            outcome = read(by_place(arguments, keywords) if keywords else arguments, result)
            tap.record(call, entry, began, frame, *outcome, None)
            if entry.connecting:
                tap.connected(entry, sock)
            if entry.local is None and call == "sendto":
                tap.bound(entry, sock)
        except Exception as error:
            tap.fail(error)
        after(tap, call, entry, frame, None, result)
        return result

    return tapped


def _step(tap: Tap, call: str, original: Any) -> Any:
    """A call that changes a socket's life."""
    known = tap.sockets.entries.get

    def tapped(sock: Any, *arguments: Any, **keywords: Any) -> Any:
        entry = known(id(sock)) or tap.meet(sock)
        if not entry.seen:
            return original(sock, *arguments, **keywords)
        frame = getframe(1)
        before(tap, call, entry, frame)
        began = monotonic()
        try:
            result = original(sock, *arguments, **keywords)
        except BaseException as error:
            if call == "connect" and isinstance(error, BlockingIOError):
                entry.peer = text_of(arguments[0])
                tap.sockets.connects(sock, entry)
            asked = text_of(arguments[0]) if call in ("bind", "connect") and arguments else None
            raised(tap, call, entry, began, frame, error, asked)
            sock = None
            raise
        try:
            lived = _lived(tap, call, sock, entry, arguments, result)
            text = lived or STEPS[call](arguments, result)[2]
            tap.record(call, entry, began, frame, 0, None, text, None)
        except Exception as error:
            tap.fail(error)
        after(tap, call, entry, frame)
        return result

    return tapped


def _lived(tap: Tap, call: str, sock: Any, entry: Any, arguments: Any, result: Any) -> str | None:
    """The effect of such a call, in words."""
    if call == "accept":
        return str(tap.accepted(entry, *result))
    if call == "bind" or (call == "listen" and entry.local is None):
        tap.bound(entry, sock)
    if call == "listen" and not entry.listens:
        entry.listens = True
        tap.live(entry, "listening")
    if call in ("connect", "connect_ex"):
        entry.peer = text_of(arguments[0]) if arguments else None
        if result in (None, 0):
            tap.connected(entry, sock)
        else:
            tap.sockets.connects(sock, entry)
            return f"{entry.peer} {errno.errorcode.get(result, result)}"
        return str(entry.peer)
    return str(entry.local) if call == "bind" else None


def _counted(tap: Tap, name: str, original: Any) -> Any:
    """A call that is counted alone: its size is all that is kept of it, of any socket.

    recv(), send() and sendall() take no keywords in C either: without `**keywords` Python makes no
    dict for each call.
    """
    read, incoming = MOVERS[name], REPORTED.get(name, name) in INCOMING
    count, failed = (tap.book.came if incoming else tap.book.went).append, tap.book.failed.append

    def general(sock: Any, *arguments: Any, **keywords: Any) -> Any:
        try:
            result = original(sock, *arguments, **keywords)
        except BaseException:
            failed(0)
            sock = None
            raise
        try:
            count(read(by_place(arguments, keywords) if keywords else arguments, result)[0])
        except Exception as error:
            tap.fail(error)
        return result

    def recv(sock: Any, most: Any = MISSING, *more: Any) -> Any:
        if most is MISSING or more:
            try:
                return general(sock, *(() if most is MISSING else (most, *more)))
            finally:
                sock = None
        try:
            result = original(sock, most)
        except BaseException:
            failed(0)
            sock = None
            raise
        count(len(result))
        return result

    def send(sock: Any, data: Any = MISSING, *more: Any) -> Any:
        if type(data) is not bytes or more:
            try:
                return general(sock, *(() if data is MISSING else (data, *more)))
            finally:
                sock = None
        try:
            result = original(sock, data)
        except BaseException:
            failed(0)
            sock = None
            raise
        count(len(data) if result is None else result)  # sendall() takes all
        return result

    return {"recv": recv, "send": send, "sendall": send}.get(name, general)


def raised(
    tap: Tap,
    call: str,
    entry: Any,
    began: float,
    frame: Any,
    error: BaseException,
    asked: str | None = None,
) -> None:
    """The call has failed; the exception goes on to the program."""
    name = type(error).__name__
    if name == "_GiveupOnSendfile" or (entry.encrypted and name.startswith("SSLWant")):
        return  # the library tries another way, or again when more has come
    try:
        tap.record(call, entry, began, frame, 0, None, asked, error_text(error))
    except Exception as fault:
        tap.fail(fault)
    after(tap, call, entry, frame, error)


def error_text(error: BaseException) -> str:
    """`ConnectionResetError`; of a plain OSError its number's name as well."""
    name = type(error).__name__
    code = errno.errorcode.get(error.errno or 0) if type(error) is OSError else None
    return f"{name} {code}" if code else name


def before(tap: Tap, call: str, entry: Any, frame: Any, arguments: Any = ()) -> None:
    for gate in tap.gates:
        gate.before(call, entry, frame, receiver(call, arguments))


def after(
    tap: Tap,
    call: str,
    entry: Any,
    frame: Any,
    error: BaseException | None = None,
    result: Any = None,
) -> None:
    for gate in tap.gates:
        peer = sender(call, result) if result is not None else None
        gate.after(call, entry, frame, error, peer)


def _init(tap: Tap, original: Any) -> Any:
    def __init__(sock: Any, *arguments: Any, **keywords: Any) -> None:
        original(sock, *arguments, **keywords)
        try:
            given = keywords.get("fileno", arguments[3] if len(arguments) > 3 else None)
            if given is not None:
                tap.sockets.adopt(sock)
                if type(sock) is not socket.socket:
                    tap.follow_tls()
            else:
                tap.follow_tls()
                caller = getframe(1).f_code.co_filename
                entry = tap.sockets.add(sock, own=tap.own.name(caller) is not None)
                if entry.seen:
                    tap.live(entry, "created")
        except Exception as error:
            tap.fail(error)

    return __init__


def _detach(tap: Tap, original: Any) -> Any:
    def detach(sock: Any, *arguments: Any, **keywords: Any) -> Any:
        descriptor = original(sock, *arguments, **keywords)
        tap.sockets.detach(sock)
        return descriptor

    return detach


def _real_close(tap: Tap, original: Any) -> Any:
    def _real_close(sock: Any, *arguments: Any, **keywords: Any) -> None:
        original(sock, *arguments, **keywords)
        entry = tap.sockets.entries.get(id(sock))
        if entry is not None and tap.sockets.close(entry):
            tap.live(entry, "closed")
            tap.handled(sys.exc_info()[1])

    return _real_close
