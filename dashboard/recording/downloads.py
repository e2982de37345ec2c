"""A recording as files to take away: as text, as bytes of one way, as a capture of packets."""

import base64
import time
from collections.abc import Iterable, Iterator

from dashboard.recording.conversation import about, captured
from dashboard.recording.pcapng import capture
from dashboard.recording.streams import IN, Stream, way
from labservers.observe import text
from labservers.observe.observed import Point

APPLICATION = "Socket Lab"
Streams = list[tuple[Stream, list[Point]]]


def as_raw(points: Iterable[Point], direction: str) -> bytes:
    """The bytes of one way, one after the other, as far as they are kept."""
    kept = (point.data for point in points if way(point) == direction)
    return b"".join(base64.b64decode(data) for data in kept if data)


def as_capture(title: str, streams: Streams, untold: int = 0) -> Iterator[bytes]:
    """The packets of all connections and datagrams, in the order of time. untold: calls that
    were lost on their way here."""
    packets, left_out = [], 0
    for stream, points in streams:
        found = captured(stream, points)
        packets += found
        left_out += not found and stream.event != "listening" and bool(points)
    packets.sort(key=lambda packet: packet.at)
    comment = (
        f"{title}. Made from calls of the program on its sockets: bytes, times and lines of code "
        "are real, headers are made up. Sequence numbers count bytes that are not kept as well."
    )
    if left_out:
        comment += f" Left out: {left_out} sockets without two internet addresses."
    if untold:
        comment += f" Missing: {untold:,} calls, whose bytes no number counts."
    return capture(packets, comment, APPLICATION)


def as_text(points: Iterable[Point], streams: dict[int, Stream]) -> Iterator[str]:
    """A line a call, and under it its bytes: those that came in and those that were sent."""
    for point in points:
        stream = streams.get(point.id) if point.id is not None else None
        size = f"  {point.bytes:,} B" if way(point) else ""
        peer = f"  {_ends(stream)}" if stream else ""
        result = f"  {point.result}" if point.result else ""
        yield text.printable(f"{_clock(point.at)}  {about(point)}{size}{result}{peer}") + "\n"
        mark = "<" if way(point) == IN else ">"
        for line in base64.b64decode(point.data or "").splitlines(keepends=True):
            yield f"    {mark} {printable(line)}\n"


def printable(data: bytes) -> str:
    """Bytes as text, with escapes as Python has them for all that does not print."""
    return "".join(map(_shown, data.decode("utf-8", "surrogateescape")))


def _shown(character: str) -> str:
    code = ord(character)
    if 0xDC80 <= code <= 0xDCFF:  # a byte that is not UTF-8
        return f"\\x{code - 0xDC00:02x}"
    if character.isprintable() and character != "\\":
        return character
    return character.encode("unicode_escape").decode()


def _ends(stream: Stream) -> str:
    return f"socket {stream.id}, {stream.local or '-'} with {stream.peer or '-'}"


def _clock(at: float) -> str:
    seconds, microseconds = divmod(round(at * 1_000_000), 1_000_000)
    return f"{time.strftime('%H:%M:%S', time.localtime(seconds))}.{microseconds:06d}"
