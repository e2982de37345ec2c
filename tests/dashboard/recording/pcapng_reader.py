"""A second reader of capture files, written from the specifications and not from the writer."""

import struct
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import Any

TCP, UDP = 6, 17


def blocks(data: bytes) -> list[tuple[int, bytes]]:
    """(type, body) of each block; its two lengths agree and are whole 32 bit words."""
    found = []
    while data:
        kind, length = struct.unpack_from("<II", data)
        assert length % 4 == 0
        assert 12 <= length <= len(data)
        assert struct.unpack_from("<I", data, length - 4) == (length,)
        found.append((kind, data[8 : length - 4]))
        data = data[length:]
    return found


def options(data: bytes) -> dict[int, bytes]:
    found = {}
    while True:
        code, length = struct.unpack_from("<HH", data)
        if code == 0:
            assert (length, data[4:]) == (0, b"")
            return found
        found[code] = data[4 : 4 + length]
        assert not any(data[4 + length : 4 + length + -length % 4])
        data = data[4 + length + -length % 4 :]


@dataclass
class Read:
    """A packet as it was read. numbers: of TCP, sequence and acknowledgment."""

    at: float
    source: tuple[str, int]
    target: tuple[str, int]
    protocol: int
    payload: bytes
    size: int
    comment: str
    direction: int
    flags: str = ""
    numbers: tuple[int, int] = (0, 0)


@dataclass
class Capture:
    comment: str = ""
    packets: list[Read] = field(default_factory=list)


def read(data: bytes) -> Capture:
    first, second, *others = blocks(data)
    capture = Capture()
    assert first[0] == 0x0A0D0D0A
    assert struct.unpack_from("<IHH", first[1]) == (0x1A2B3C4D, 1, 0)
    capture.comment = options(first[1][16:])[1].decode()
    assert second[0] == 1
    assert struct.unpack_from("<HHI", second[1]) == (101, 0, 0)
    options(second[1][8:])
    for kind, body in others:
        assert kind == 6
        interface, high, low, captured, original = struct.unpack_from("<IIIII", body)
        assert interface == 0
        packet = body[20 : 20 + captured]
        said = options(body[20 + captured + -captured % 4 :])
        capture.packets.append(
            _ip(
                packet,
                original,
                at=((high << 32) + low) / 1e6,
                comment=said.get(1, b"").decode(),
                direction=struct.unpack("<I", said[2])[0] & 3,
            )
        )
    return capture


def _ip(packet: bytes, original: int, **about: Any) -> Read:
    whole = len(packet) == original
    if packet[0] >> 4 == 4:
        assert packet[0] == 0x45
        assert summed(packet[:20]) == 0xFFFF
        assert struct.unpack_from("!H", packet, 2) == (original,)
        protocol, ends, inner = packet[9], packet[12:20], packet[20:]
    else:
        assert packet[0] >> 4 == 6
        assert struct.unpack_from("!H", packet, 4) == (original - 40,)
        protocol, ends, inner = packet[6], packet[8:40], packet[40:]
    if whole:
        assert summed(ends + struct.pack("!II", len(inner), protocol) + inner) == 0xFFFF
    half = len(ends) // 2
    hosts = [str(ip_address(ends[:half])), str(ip_address(ends[half:]))]
    source, target = struct.unpack_from("!HH", inner)
    header = 8 if protocol == UDP else (inner[12] >> 4) * 4
    size = original - (len(packet) - len(inner)) - header
    found = Read(
        source=(hosts[0], source),
        target=(hosts[1], target),
        protocol=protocol,
        payload=inner[header:],
        size=size,
        **about,
    )
    if protocol == UDP:
        assert struct.unpack_from("!H", inner, 4) == (size + 8,)
    else:
        found.flags = "".join(letter for bit, letter in enumerate("FSRPA") if inner[13] >> bit & 1)
        found.numbers = struct.unpack_from("!II", inner, 4)
    return found


def summed(data: bytes) -> int:
    """The ones' complement sum of 16 bit words: all ones over data with a right checksum."""
    total = 0
    for high, low in zip(data[::2], [*data[1::2], 0], strict=False):
        total += (high << 8) + low
        total = (total & 0xFFFF) + (total >> 16)
    return total


def reassembled(packets: list[Read], source: tuple[str, int]) -> dict[int, bytes]:
    """What one side has sent, by the place of its first byte in the whole; gaps stay gaps."""
    pieces: dict[int, bytes] = {}
    begin = next(p.numbers[0] for p in packets if p.source == source and "S" in p.flags)
    for packet in packets:
        if packet.source == source and packet.payload:
            pieces[(packet.numbers[0] - begin - 1) % 2**32] = packet.payload
    return pieces
