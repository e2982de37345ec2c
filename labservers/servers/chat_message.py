"""What goes out in one go, as line members and as raw members get it; no sockets."""

from labservers.protocols.chat import pieces


class Message:
    """One or more messages. `lines`: them all in one send, each with its line feed."""

    __slots__ = ("_raw", "lines")

    def __init__(self, lines: bytes) -> None:
        self.lines = [lines]
        self._raw: list[bytes] | None = None

    @property
    def raw(self) -> list[bytes]:
        """As raw_sends(); made once for all raw members of a room, and only if there are any."""
        if self._raw is None:
            self._raw = raw_sends(self.lines[0])
        return self._raw


def raw_sends(lines: bytes) -> list[bytes]:
    """Lines as raw members get them: no line feeds, and each message in sends of its own."""
    return [piece for message in lines[:-1].split(b"\n") for piece in pieces(message)]


def skipped_notice(count: int) -> bytes:
    """What a line member reads in place of so many messages; nothing for none."""
    if not count:
        return b""
    return b"* 1 message was skipped\n" if count == 1 else b"* %d messages were skipped\n" % count
