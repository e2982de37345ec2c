"""Messages as raw members are sent them, and the notice of those that were skipped; no sockets."""

from labservers.protocols.chat import LINE_FEED, RAW_SEND_BYTES, pieces


def raw_sends(lines: bytes) -> list[bytes]:
    """Lines as raw members get them: no line feeds, and each message in sends of its own."""
    message = lines[:-1]
    if LINE_FEED not in message and 0 < len(message) <= RAW_SEND_BYTES:
        return [message]  # as most are
    return [piece for message in message.split(b"\n") for piece in pieces(message)]


def skipped_notice(count: int) -> bytes:
    """The notice that a line member reads in place of so many messages; empty for 0."""
    if not count:
        return b""
    return b"* 1 message was skipped\n" if count == 1 else b"* %d messages were skipped\n" % count
