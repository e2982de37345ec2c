"""Headers of IPv4, IPv6, TCP and UDP around bytes that a program has moved.

The kernel's own packets are not seen by a program; these are what could have carried its bytes.
"""

import ipaddress
import struct
from typing import NamedTuple

Address = ipaddress.IPv4Address | ipaddress.IPv6Address
TCP, UDP = 6, 17  # protocol numbers
FIN, SYN, RST, PSH, ACK = 0x01, 0x02, 0x04, 0x08, 0x10
HOPS = 64
DO_NOT_FRAGMENT = 0x4000
WINDOW = 65_535
# Of a SYN: the largest segment (RFC 9293 section 3.7.1), and a window of a gigabyte (RFC 7323).
SYN_OPTIONS = struct.pack("!BBHBBBB", 2, 4, 65_495, 3, 3, 14, 0)


class Place(NamedTuple):
    """An end of a conversation."""

    host: Address
    port: int


class Packet(NamedTuple):
    """Bytes from the IP header on; `size` with those that are not known, at the end."""

    data: bytes
    size: int


def place(text: str | None) -> Place | None:
    """`127.0.0.1:80` or `[::1]:80`, also with a zone; None for anything else."""
    host, _, port = (text or "").rpartition(":")
    if not (port.isascii() and port.isdigit()):
        return None
    try:
        address = ipaddress.ip_address(host.strip("[]").partition("%")[0])
        return Place(address, int(port)) if int(port) <= 65_535 else None
    except ValueError:
        return None


def tcp(
    source: Place, target: Place, flags: int, numbers: tuple[int, int], data: bytes, size: int
) -> Packet:
    """A segment (RFC 9293 section 3.1). numbers: sequence and acknowledgment; `size` of the
    payload, of which `data` is known."""
    options = SYN_OPTIONS if flags & SYN else b""
    sequence, acknowledgment = (number % 2**32 for number in numbers)
    header = struct.pack(
        "!HHIIBBHHH",
        *(source.port, target.port, sequence, acknowledgment),
        *((20 + len(options)) // 4 << 4, flags, WINDOW, 0, 0),
    )
    return _in_ip(source.host, target.host, TCP, header + options, 16, data, size)


def udp(source: Place, target: Place, data: bytes, size: int) -> Packet:
    """A datagram (RFC 768)."""
    header = struct.pack("!HHHH", source.port, target.port, 8 + size, 0)
    return _in_ip(source.host, target.host, UDP, header, 6, data, size)


def _in_ip(
    source: Address,
    target: Address,
    protocol: int,
    header: bytes,
    checksum_at: int,
    data: bytes,
    size: int,
) -> Packet:
    """A header and its payload in IP. A checksum needs all bytes: of a payload that is known in
    part it stays zero."""
    length = len(header) + size
    if len(data) == size:
        pseudo = source.packed + target.packed + struct.pack("!II", length, protocol)
        checksum = internet_checksum(pseudo + header + data)
        if protocol == UDP and checksum == 0:
            checksum = 0xFFFF  # zero says that there is none
        header = header[:checksum_at] + struct.pack("!H", checksum) + header[checksum_at + 2 :]
    outer = _ip_header(source, target, protocol, length)
    return Packet(outer + header + data, len(outer) + length)


def _ip_header(source: Address, target: Address, protocol: int, length: int) -> bytes:
    if source.version == 6:  # RFC 8200 section 3
        fixed = struct.pack("!IHBB", 6 << 28, length, protocol, HOPS)
        return fixed + source.packed + target.packed
    fixed = struct.pack(  # RFC 791 section 3.1
        "!BBHHHBBH", 0x45, 0, 20 + length, 0, DO_NOT_FRAGMENT, HOPS, protocol, 0
    )
    header = fixed + source.packed + target.packed
    return header[:10] + struct.pack("!H", internet_checksum(header)) + header[12:]


def internet_checksum(data: bytes) -> int:
    """RFC 1071: the complement of the sum of all 16 bit words, carries added."""
    padded = data + bytes(len(data) % 2)
    total: int = sum(struct.unpack(f"!{len(padded) // 2}H", padded))
    while total >> 16:
        total = (total & 0xFFFF) + (total >> 16)
    return ~total & 0xFFFF
