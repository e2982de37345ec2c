"""The chat's framing: a stream of bytes to Join, what is said, and Leave; no sockets and no clock.

Two kinds of clients share one port. The lab's never send a line feed and put each message into
one send, so what one recv() returns is a message (*raw*). netcat and telnet send lines. A
member is raw until its first LF, and a *line* member for ever after.

A raw message may arrive in pieces that only time can tell apart: half a character, `exi`. Then
`waiting` is true, and the caller says timed_out() if nothing more came for WAIT_S.

Text is UTF-8, and no other encoding is guessed: what is not is replaced by U+FFFD, and FF followed
by a byte from F0 to FE is telnet's.
"""

import codecs
import re
from dataclasses import dataclass
from typing import TypeAlias

WAIT_S = 0.2
PIECE_BYTES = 64 * 1024
RAW_SEND_BYTES = 1024
EXIT = b"exit"
UNSURE_ENDS = b"exit\r"
LF = b"\n"
# As numbers: to look for one in bytes is several times faster than for bytes, and `in` is asked
# with every message.
CR, LINE_FEED, IAC = b"\r\n\xff"
BOM = codecs.BOM_UTF8

# RFC 854: IAC WILL/WONT/DO/DONT option, and IAC command. FF never occurs in UTF-8. The group
# is one that has only begun. It is found in the same pass, so that where the bytes were cut
# makes no difference.
_TELNET = re.compile(rb"\xff(?:[\xfb-\xfe][\x00-\xff]|[\xf0-\xfa]|([\xfb-\xfe]?\Z))")
_BEFORE_ROOM = re.compile(rb"\A(?:[\r\n]|" + BOM + rb")+")


@dataclass(slots=True)
class Join:
    """The member enters a room: one character, or `\\xNN` for a byte that is not one."""

    room: str


@dataclass(slots=True)
class Leave:
    """The member said exit, or its stream has ended."""

    reason: str


# What is said is bytes: one or more messages, none of them empty, in valid UTF-8 and each followed
# by LF.
Event: TypeAlias = Join | bytes | Leave


class Framing:
    """One member's input. After a Leave nothing more comes out."""

    def __init__(self) -> None:
        self.mode = "raw"
        self.waiting = False
        self._telnet = b""
        self._pending = b""
        self._joined = self._left = False
        self._inside_line = False  # its beginning has gone out as a message already
        self._between = False  # in a room, and nothing has begun that the next bytes go on with

    def feed(self, data: bytes) -> list[Event]:
        """The outcome of these bytes, as one recv() returned them."""
        if self._between and self._means_itself(data):
            return [data if self.mode == "line" else data + LF]
        self._pending += self._without_telnet(data)
        return self._judged(late=False)

    def timed_out(self) -> list[Event]:
        """Nothing came for WAIT_S: what was waited with is text after all."""
        self._pending += self._telnet
        self._telnet = b""
        return self._judged(late=True)

    def end(self, reason: str = "end of stream") -> list[Event]:
        """The stream is over: deliver what is there, and leave."""
        if self._left:
            return []
        if self._joined and self.mode == "raw" and self._pending.endswith(EXIT):
            events = _say([self._pending[: -len(EXIT)]])
        else:
            events = self.timed_out()
            events += self._said([self._pending])
        if not self._left:
            self._left = True
            events.append(Leave(reason))
        self.waiting = self._between = False
        return events

    def _means_itself(self, data: bytes) -> bool:
        """Whether it is passed on as it is, as nearly all is: whole lines, or a raw message whose
        end can mean nothing else."""
        if self.mode == "raw":
            unsure = data[-1] in UNSURE_ENDS and _may_end_otherwise(data)
            plain = LINE_FEED not in data and not unsure
        else:
            lines = data.split(LF)
            plain = not lines.pop() and b"" not in lines and EXIT not in lines and CR not in data
        return plain and (data.isascii() or _is_utf8(data))

    def _without_telnet(self, data: bytes) -> bytes:
        if IAC not in data and not self._telnet:
            return data
        data, self._telnet = self._telnet + data, b""
        return _TELNET.sub(self._keep_begun, data)

    def _keep_begun(self, found: re.Match[bytes]) -> bytes:
        if found[1] is not None:
            self._telnet = found[0]
        return b""

    def _judged(self, *, late: bool) -> list[Event]:
        events = self._judge(late=late)
        begun = self._pending or self._telnet or self._inside_line
        self._between = self._joined and not self._left and not begun
        return events

    def _judge(self, *, late: bool) -> list[Event]:
        events: list[Event] = []
        if self._left:
            return events
        if not self._joined:
            room = self._take_room(late=late)
            if room is None:
                self.waiting = bool(self._pending or self._telnet)
                return events
            self._joined = True
            events.append(Join(room))
        if LINE_FEED in self._pending:
            self.mode = "line"
        self.waiting = bool(self._telnet) and self.mode == "raw"
        events += self._lines() if self.mode == "line" else self._raw(late=late)
        return events

    def _take_room(self, *, late: bool) -> str | None:
        """The first character, or None while bytes of it are missing."""
        data = self._pending = _BEFORE_ROOM.sub(b"", self._pending)
        if not data:
            return None
        decoder = codecs.getincrementaldecoder("utf-8")()
        for size in range(1, min(4, len(data)) + 1):
            try:
                room = decoder.decode(data[size - 1 : size])
            except UnicodeDecodeError:
                break
            if room:
                self._pending = data[size:]
                return room
        else:
            if not late:
                return None
        self._pending = data[1:]
        return f"\\x{data[0]:02x}"

    def _lines(self) -> list[Event]:
        *lines, rest = self._pending.split(b"\n")
        self._pending = rest
        events = self._said(lines)
        while not self._left and len(self._pending.removesuffix(b"\r")) >= PIECE_BYTES:
            size = character_end(self._pending, PIECE_BYTES)
            events += _say([self._pending[:size]])
            self._pending = self._pending[size:]
            self._inside_line = True
        return events

    def _said(self, lines: list[bytes]) -> list[Event]:
        messages: list[bytes] = []
        for line in lines:
            text = line.removesuffix(b"\r")
            if text == EXIT and not self._inside_line:
                return _say(messages) + self._leave()
            self._inside_line = False
            messages.append(text)
        return _say(messages)

    def _raw(self, *, late: bool) -> list[Event]:
        pending = self._pending
        if pending == EXIT:
            return self._leave()
        if not late:
            if _may_end_otherwise(pending) and len(pending) < PIECE_BYTES:
                self.waiting = True
                return []
            whole = complete_size(pending)
            if not _is_utf8(pending[:whole]):
                whole = len(pending)  # in another encoding nothing is cut off
            self._pending = pending[whole:]
            self.waiting = self.waiting or bool(self._pending)
            return _say([pending[:whole]])
        self._pending = b""
        return _say([pending.removesuffix(b"\r")])

    def _leave(self) -> list[Event]:
        self._left = True
        self.waiting = False
        return [Leave("exit")]


def _may_end_otherwise(raw: bytes) -> bool:
    """Whether what comes next may turn its end into a command or a line's end; only where its
    last byte is one of UNSURE_ENDS."""
    return raw in (b"e", b"ex", b"exi") or raw.endswith((b"\r", EXIT))


def _say(messages: list[bytes]) -> list[Event]:
    """Messages as an event; what is not UTF-8 is replaced, what is empty left out."""
    lines = b"".join(message + b"\n" for message in messages if message)
    if not lines:
        return []
    return [lines if _is_utf8(lines) else lines.decode("utf-8", "replace").encode()]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        return False
    return True


def complete_size(data: bytes) -> int:
    """How many bytes of `data` are before a character that is cut off at its end."""
    for back in range(1, min(3, len(data)) + 1):
        byte = data[-back]
        if byte >= 0xC0:  # a leading byte: are all that it announces there?
            needs = 2 if byte < 0xE0 else 3 if byte < 0xF0 else 4
            valid = 0xC2 <= byte <= 0xF4
            return len(data) - back if valid and needs > back else len(data)
        if byte < 0x80:
            break
    return len(data)


def character_end(data: bytes, limit: int) -> int:
    """The largest size up to `limit` at which UTF-8 can be cut between two characters."""
    size = min(limit, len(data))
    while 0 < size < len(data) and data[size] & 0xC0 == 0x80 and limit - size < 4:
        size -= 1
    return size or min(limit, len(data))


def pieces(data: bytes, limit: int = RAW_SEND_BYTES) -> list[bytes]:
    """UTF-8 in sends of at most `limit` bytes, cut at characters, for the lab's reader."""
    cut, begin = [], 0
    while len(data) - begin > limit:
        window = data[begin : begin + limit + 1]
        size = character_end(window, limit)
        cut.append(window[:size])
        begin += size
    return [*cut, data[begin:]] if begin < len(data) else cut
