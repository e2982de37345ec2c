"""What goes out in one go, as line members and as raw members get it; no sockets."""

from labservers.protocols.chat import RAW_SEND_BYTES, pieces

Sends = tuple[bytes, list[bytes]]  # the first send, and all that follow


class Message:
    """One or more messages. A line member gets them all in one send, each with its line feed."""

    __slots__ = ("line", "raw")

    def __init__(self, lines: bytes) -> None:
        self.line: Sends = lines, []
        self.raw: Sends | None = None

    def make_raw(self) -> Sends:
        """As raw_sends(); made once for all raw members of a room, and only if there are any."""
        lines = self.line[0]
        end = lines.find(b"\n")
        if end == len(lines) - 1 and end <= RAW_SEND_BYTES:  # one message of one send, as most are
            self.raw = lines[:end], []
        else:
            first, *more = raw_sends(lines)
            self.raw = first, more
        return self.raw


def raw_sends(lines: bytes) -> list[bytes]:
    """Lines as raw members get them: no line feeds, and each message in sends of its own."""
    return [piece for message in lines[:-1].split(b"\n") for piece in pieces(message)]


def skipped_notice(count: int) -> bytes:
    """What a line member reads in place of so many messages; nothing for none."""
    if not count:
        return b""
    return b"* 1 message was skipped\n" if count == 1 else b"* %d messages were skipped\n" % count
