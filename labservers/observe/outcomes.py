"""What a call on a socket has done: read off its arguments and its result.

An outcome is (direction, size, data, result): bytes that came in or went out, how many, the
bytes themselves up to a bound, and a text for people. A reader of a failed call is not asked.
"""

from __future__ import annotations

from typing import Any, Callable, Optional

from .sockets import text_of

CUT = 4096  # bytes of one call that are kept
IN, OUT, NEITHER = 1, 2, 0

Outcome = tuple[int, int, Optional[bytes], Optional[str]]
Reader = Callable[[tuple[Any, ...], Any], Outcome]


def _kept(data: Any, size: int) -> bytes:
    """An unchanging copy of the first bytes; bytes that are short enough are not copied."""
    if type(data) is bytes and len(data) == size <= CUT:
        return data
    with memoryview(data) as view, view.cast("B") as octets:
        return bytes(octets[: min(size, CUT)])


def _recv(arguments: tuple[Any, ...], result: Any) -> Outcome:
    size = len(result)
    return IN, size, result if size <= CUT else result[:CUT], None


def _recv_into(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return IN, result, _kept(arguments[0], result) if arguments else None, None


def _recvfrom(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return IN, len(result[0]), _kept(result[0], len(result[0])), _peer("from", result[1])


def _recvfrom_into(arguments: tuple[Any, ...], result: Any) -> Outcome:
    data = _kept(arguments[0], result[0]) if arguments else None
    return IN, result[0], data, _peer("from", result[1])


def _recvmsg(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return IN, len(result[0]), _kept(result[0], len(result[0])), _peer("from", result[3])


def _send(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return OUT, result, _kept(arguments[0], result), None


def _sendall(arguments: tuple[Any, ...], result: Any) -> Outcome:
    data = arguments[0]
    size = len(data) if type(data) is bytes else memoryview(data).nbytes
    return OUT, size, _kept(data, size), None


def _sendto(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return OUT, result, _kept(arguments[0], result), _peer("to", arguments[-1])


def _sendmsg(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return OUT, result, None, None


def _connect_ex(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return NEITHER, 0, None, str(result)


def _nothing(arguments: tuple[Any, ...], result: Any) -> Outcome:
    return NEITHER, 0, None, None


def _peer(word: str, address: object) -> str | None:
    text = text_of(address)
    return f"{word} {text}" if text else None


READERS: dict[str, Reader] = {
    "recv": _recv,
    "recv_into": _recv_into,
    "recvfrom": _recvfrom,
    "recvfrom_into": _recvfrom_into,
    "recvmsg": _recvmsg,
    "send": _send,
    "sendall": _sendall,
    "sendto": _sendto,
    "sendmsg": _sendmsg,
    "_sendfile_use_sendfile": _sendmsg,
    "connect": _nothing,
    "connect_ex": _connect_ex,
    "bind": _nothing,
    "listen": _nothing,
    "shutdown": _nothing,
    "accept": _nothing,
}

# Under which name a call is reported: `recv_into` is what makefile() calls for a recv().
REPORTED = {"recv_into": "recv", "_sendfile_use_sendfile": "sendfile"}
