"""WebSocket frames (RFC 6455 section 5): bytes to messages and back, without sockets or a clock."""

import json
import struct
from typing import Any, NamedTuple

CONTROL_BYTES = 125  # section 5.5: a control frame is short and whole
PROTOCOL_ERROR, NOT_TEXT, TOO_BIG = 1002, 1007, 1009  # section 7.4.1
_FIN, _MASKED, _LENGTH = 0x80, 0x80, 0x7F
_MASK_BYTES = 4


class Opcode:
    """Section 5.2."""

    CONTINUATION, TEXT, BINARY = 0, 1, 2
    CLOSE, PING, PONG = 8, 9, 10


_OPCODES = frozenset((0, 1, 2, 8, 9, 10))


class Message(NamedTuple):
    """A whole message of a client, or one of its control frames."""

    opcode: int
    payload: bytes


class FrameError(Exception):
    """The client broke the protocol; the websocket ends with this close code and reason."""

    def __init__(self, code: int, reason: str) -> None:
        super().__init__(reason)
        self.code = code
        self.reason = reason


class Frames:
    """The stream of a client, in any segmentation. `limit`: bytes of one message."""

    def __init__(self, limit: int) -> None:
        self._limit = limit
        self._pending = bytearray()
        self._opcode = 0  # of the message that has only begun
        self._parts: list[bytes] = []
        self._size = 0

    def feed(self, data: bytes) -> list[Message]:
        """The messages that these bytes complete.

        Raises:
            FrameError: not a frame that a client may send now.
        """
        buffer: bytes | bytearray = data
        if self._pending:
            self._pending += data
            buffer = self._pending
        messages: list[Message] = []
        at = 0
        while at < len(buffer) and (place := self._payload(buffer, at)):
            begin, end = place
            if message := self._take(buffer[at], _unmasked(buffer[begin:end])):
                messages.append(message)
            at = end
        if at or buffer is data:
            self._pending = bytearray(buffer[at:])
        return messages

    def _payload(self, data: bytes | bytearray, at: int) -> tuple[int, int] | None:
        """Where mask and payload of the frame at this place are; None while bytes are missing."""
        if len(data) < at + 2:
            return None
        first, second = data[at], data[at + 1]
        self._check(first, second)
        size, begin = second & _LENGTH, at + 2
        if size > CONTROL_BYTES:
            width = 2 if size == CONTROL_BYTES + 1 else 8
            if len(data) < begin + width:
                return None
            size, begin = int.from_bytes(data[begin : begin + width], "big"), begin + width
        if self._size + size > self._limit:
            raise FrameError(TOO_BIG, f"a message has at most {self._limit:,} bytes")
        end = begin + _MASK_BYTES + size
        return (begin, end) if len(data) >= end else None

    def _check(self, first: int, second: int) -> None:
        opcode = first & 0x0F
        if first & 0x70 or opcode not in _OPCODES:
            raise FrameError(PROTOCOL_ERROR, "reserved bits or an unknown opcode")
        if not second & _MASKED:
            raise FrameError(PROTOCOL_ERROR, "a client masks its frames")
        if opcode >= Opcode.CLOSE:
            if not first & _FIN or second & _LENGTH > CONTROL_BYTES:
                raise FrameError(PROTOCOL_ERROR, "a control frame is short and whole")
        elif (opcode == Opcode.CONTINUATION) != bool(self._opcode):
            raise FrameError(PROTOCOL_ERROR, "fragments of a message are not in order")

    def _take(self, first: int, payload: bytes) -> Message | None:
        """The message that a frame completes."""
        opcode = first & 0x0F
        if opcode >= Opcode.CLOSE or (first & _FIN and not self._opcode):
            return Message(opcode, payload)
        self._opcode = self._opcode or opcode
        if payload:  # or empty ones could be kept without bound
            self._parts.append(payload)
            self._size += len(payload)
        if not first & _FIN:
            return None
        message = Message(self._opcode, b"".join(self._parts))
        self._opcode, self._parts, self._size = 0, [], 0
        return message


def _unmasked(masked: bytes | bytearray) -> bytes:
    """The payload after its mask (section 5.3)."""
    size = len(masked) - _MASK_BYTES
    key = masked[:_MASK_BYTES] * (size // _MASK_BYTES + 1)
    whole = int.from_bytes(masked[_MASK_BYTES:], "big") ^ int.from_bytes(key[:size], "big")
    return whole.to_bytes(size, "big")


def frame(opcode: int, payload: bytes) -> bytes:
    """A whole message as a server sends it: one frame, not masked."""
    size = len(payload)
    if size <= CONTROL_BYTES:
        return bytes((_FIN | opcode, size)) + payload
    if size < 1 << 16:
        return struct.pack("!BBH", _FIN | opcode, CONTROL_BYTES + 1, size) + payload
    return struct.pack("!BBQ", _FIN | opcode, CONTROL_BYTES + 2, size) + payload


_to_json = json.JSONEncoder(separators=(",", ":"), ensure_ascii=False).encode


def json_frame(message: Any) -> bytes:
    """A message of JSON, for one websocket or for many."""
    return frame(Opcode.TEXT, _to_json(message).encode("utf-8", "replace"))


def close_frame(code: int, reason: str = "") -> bytes:
    """A Close frame; a long reason is cut at a character."""
    text = reason.encode()[: CONTROL_BYTES - 2].decode("utf-8", "ignore")
    return frame(Opcode.CLOSE, struct.pack("!H", code) + text.encode())
