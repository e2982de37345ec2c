"""The effect of a call on a socket: read off its arguments and its result.

An outcome is (size, data, result): how many bytes came in or went out, the bytes themselves up
to a bound, and a text for people. A reader of a failed call is not asked.
"""

from __future__ import annotations

import socket
from typing import Any, Callable, Optional

from .sockets import text_of

CUT = 4096  # bytes of one call that are kept
PEEK = "MSG_PEEK"  # the result of a call that leaves the bytes where they are
HALVES = {getattr(socket, name): name for name in ("SHUT_RD", "SHUT_WR", "SHUT_RDWR")}

INTO = ("buffer", "nbytes", "flags")

Outcome = tuple[int, Optional[bytes], Optional[str]]
Reader = Callable[[tuple[Any, ...], Any], Outcome]


def kept(data: Any, size: int) -> bytes:
    """An unchanging copy of the first bytes; bytes that are short enough are not copied."""
    if type(data) is bytes and len(data) == size <= CUT:
        return data
    with memoryview(data) as view, view.cast("B") as octets:
        return bytes(octets[: min(size, CUT)])


def by_place(arguments: tuple[Any, ...], keywords: dict[str, Any]) -> tuple[Any, ...]:
    """The arguments in the order of recv_into(), which may be given by name; others as given."""
    named = {**dict(zip(INTO, arguments)), **keywords}
    if named.keys() <= set(INTO) and type(named.get("buffer")) is not int:
        return tuple(named.get(name, 0) for name in INTO)
    return (*arguments, *keywords.values())


def gathered(buffers: Any, size: int) -> bytes | None:
    """The first bytes of several buffers; None for an iterator, which is used up."""
    if not isinstance(buffers, (list, tuple)):
        return None
    return b"".join(kept(one, CUT) for one in buffers)[: min(size, CUT)]


def peeked(arguments: tuple[Any, ...], place: int) -> str | None:
    """PEEK where the flags at that place say so."""
    return PEEK if len(arguments) > place and arguments[place] & socket.MSG_PEEK else None


def _recv(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return len(result), kept(result, len(result)), peeked(arguments, 1)


def _recv_into(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return result, kept(arguments[0], result), peeked(arguments, 2)


def _recvfrom(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return (
        len(result[0]),
        kept(result[0], len(result[0])),
        peeked(arguments, 1) or _peer("from", result[1]),
    )


def _recvfrom_into(arguments: tuple[Any, ...], result: Any) -> Outcome:
    text = peeked(arguments, 2) or _peer("from", result[1])
    return result[0], kept(arguments[0], result[0]), text


def _recvmsg(arguments: tuple[Any, ...], result: Any) -> Outcome:
    text = peeked(arguments, 2) or _peer("from", result[3])
    return len(result[0]), kept(result[0], len(result[0])), text


def _recvmsg_into(arguments: tuple[Any, ...], result: Any) -> Outcome:
    text = peeked(arguments, 2) or _peer("from", result[3])
    return result[0], gathered(arguments[0], result[0]), text


def _send(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return result, kept(arguments[0], result), None


def _sendall(arguments: tuple[Any, ...], result: Any) -> Outcome:
    data = arguments[0]
    size = len(data) if type(data) is bytes else memoryview(data).nbytes
    return size, kept(data, size), None


def _sendto(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return result, kept(arguments[0], result), _peer("to", arguments[-1])


def _sendmsg(arguments: tuple[Any, ...], result: Any) -> Outcome:
    text = _peer("to", arguments[3]) if len(arguments) > 3 else None
    return result, gathered(arguments[0], result), text


def _sendfile(arguments: tuple[Any, ...], result: Any) -> Outcome:
    """Bytes that go from a file by themselves."""
    return result, None, None


def _tls_read(arguments: tuple[Any, ...], result: Any) -> Outcome:
    """SSLSocket.read(), recv() or recv_into(): bytes, or how many there are in a buffer."""
    if type(result) is bytes:
        return len(result), kept(result, len(result)), "tls"
    buffer = next((one for one in arguments if type(one) is not int), None)
    return result, None if buffer is None else kept(buffer, result), "tls"


def _tls_send(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return result, kept(arguments[0], result), "tls"


def _tls_sendall(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return _sendall(arguments, result)[:2] + ("tls",)


def _nothing(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return 0, None, None


def _shutdown(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return 0, None, HALVES.get(arguments[0])


def _number(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return 0, None, str(result)


def receiver(call: str, arguments: tuple[Any, ...]) -> str | None:
    """The address that a datagram is about to go to, where the call names it."""
    if call == "sendmsg":
        return text_of(arguments[3]) if len(arguments) > 3 else None
    return text_of(arguments[-1]) if call == "sendto" and arguments else None


def sender(call: str, result: Any) -> str | None:
    """The address that a datagram has come from."""
    if call in ("recvfrom", "recvfrom_into"):
        return text_of(result[1])
    return text_of(result[3]) if call in ("recvmsg", "recvmsg_into") else None


def _peer(word: str, address: object) -> str | None:
    text = text_of(address)
    return f"{word} {text}" if text else None


# What moves bytes, and what does not.
MOVERS: dict[str, Reader] = {
    "recv": _recv,
    "recv_into": _recv_into,
    "recvfrom": _recvfrom,
    "recvfrom_into": _recvfrom_into,
    "recvmsg": _recvmsg,
    "recvmsg_into": _recvmsg_into,
    "send": _send,
    "sendall": _sendall,
    "sendto": _sendto,
    "sendmsg": _sendmsg,
    "_sendfile_use_sendfile": _sendfile,
}
STEPS: dict[str, Reader] = {
    "connect": _nothing,
    "connect_ex": _number,
    "bind": _nothing,
    "listen": _nothing,
    "shutdown": _shutdown,
    "accept": _nothing,
}
TLS: dict[str, Reader] = {
    "read": _tls_read,
    "recv": _tls_read,
    "recv_into": _tls_read,
    "write": _tls_send,
    "send": _tls_send,
    "sendall": _tls_sendall,
}

# Under which name a call is reported: `recv_into` is what makefile() calls for a recv().
REPORTED = {"recv_into": "recv", "_sendfile_use_sendfile": "sendfile", "read": "recv",
            "write": "send", "do_handshake": "handshake"}  # fmt: skip
INCOMING = {"recv", "recvfrom", "recvfrom_into", "recvmsg", "recvmsg_into"}
