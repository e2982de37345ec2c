"""Packets as a capture file that Wireshark and tshark open (draft-ietf-opsawg-pcapng).

A file is a list of blocks: what the file is (section 4.1), the interface that packets were seen
on (section 4.2), and a block a packet (section 4.3). Each ends with its length, so that a reader
can go backwards, and is filled up to 32 bits.
"""

import struct
from collections.abc import Iterable, Iterator
from typing import NamedTuple

SECTION, INTERFACE, PACKET = 0x0A0D0D0A, 1, 6
MAGIC = 0x1A2B3C4D  # tells a reader the order of bytes
LENGTH_UNKNOWN = 0xFFFF_FFFF_FFFF_FFFF
RAW_IP = 101  # LINKTYPE_RAW: packets begin with the header of IPv4 or IPv6
OPTION_END, COMMENT = 0, 1
INTERFACE_NAME, APPLICATION = 2, 4
FLAGS = 2  # of a packet: its direction in the lowest two bits
INBOUND, OUTBOUND = 1, 2
COMMENT_BYTES = 4_000


class Captured(NamedTuple):
    """A packet. at: seconds since the epoch. data: as far as it is known; size: all of it."""

    at: float
    data: bytes
    size: int
    outbound: bool
    comment: str = ""


def capture(packets: Iterable[Captured], comment: str, application: str) -> Iterator[bytes]:
    """The file in pieces: one interface, packets in the order given."""
    about = _text(COMMENT, comment) + _text(APPLICATION, application)
    yield _block(SECTION, struct.pack("<IHHQ", MAGIC, 1, 0, LENGTH_UNKNOWN), about)
    yield _block(INTERFACE, struct.pack("<HHI", RAW_IP, 0, 0), _text(INTERFACE_NAME, "sockets"))
    for packet in packets:
        yield _packet(packet)


def _packet(packet: Captured) -> bytes:
    microseconds = round(packet.at * 1_000_000)
    fixed = struct.pack(
        "<IIIII",
        0,
        microseconds >> 32,
        microseconds & 0xFFFF_FFFF,
        len(packet.data),
        packet.size,
    )
    flags = struct.pack("<I", OUTBOUND if packet.outbound else INBOUND)
    options = _text(COMMENT, packet.comment) + _option(FLAGS, flags)
    return _block(PACKET, fixed + _filled(packet.data), options)


def _block(kind: int, body: bytes, options: bytes) -> bytes:
    content = body + options + struct.pack("<HH", OPTION_END, 0)
    length = len(content) + 12
    return struct.pack("<II", kind, length) + content + struct.pack("<I", length)


def _text(code: int, text: str) -> bytes:
    """An option in UTF-8; nothing for an empty text."""
    data = text.encode("utf-8", "replace")[:COMMENT_BYTES]
    data = data.decode("utf-8", "ignore").encode()  # not half a character at the cut
    return _option(code, data) if data else b""


def _option(code: int, value: bytes) -> bytes:
    return struct.pack("<HH", code, len(value)) + _filled(value)


def _filled(data: bytes) -> bytes:
    return data + bytes(-len(data) % 4)
