"""The bytes that go out in one go, for line members and for raw members; no sockets."""

from labservers.protocols.chat import RAW_SEND_BYTES, pieces


class Message:
    """One or more messages. A line member gets them all in one send, each with its line feed.

    raw: the first send to a raw member, once make_raw() was called; `more`: all that follow it.
    """

    __slots__ = ("line", "more", "raw")

    def __init__(self, lines: bytes) -> None:
        self.line = lines
        self.raw = b""
        self.more: list[bytes] = []

    def make_raw(self) -> bytes:
        """As raw_sends(); made once for all raw members of a room, and only if there are any."""
        lines = self.line
        end = lines.find(b"\n")
        if end == len(lines) - 1 and end <= RAW_SEND_BYTES:  # one message of one send, as most are
            self.raw = lines[:end]
        else:
            self.raw, *self.more = raw_sends(lines)
        return self.raw


def raw_sends(lines: bytes) -> list[bytes]:
    """Lines as raw members get them: no line feeds, and each message in sends of its own."""
    return [piece for message in lines[:-1].split(b"\n") for piece in pieces(message)]


def skipped_notice(count: int) -> bytes:
    """The notice that a line member reads in place of so many messages; empty for 0."""
    if not count:
        return b""
    return b"* 1 message was skipped\n" if count == 1 else b"* %d messages were skipped\n" % count
