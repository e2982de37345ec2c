"""Names to addresses, and their meaning: decided by the address, never by its spelling.

`0`, `0.0`, `::` and `::ffff:0.0.0.0` are every address of this machine; `127.1`, `0x7f.1` and
`2130706433` never leave it (inet_aton(3), RFC 4291).
"""

import errno
import socket
from enum import Enum
from ipaddress import ip_address

EVERY_V4, EVERY_V6 = bytes(4), bytes(16)
LOOPBACK_V4, LOOPBACK_V6 = b"\x7f", bytes(15) + b"\x01"  # RFC 1122, RFC 4291 section 2.5.3
LIMITED_BROADCAST = "255.255.255.255"  # of whatever network there is: RFC 919
MAPPED = bytes(10) + b"\xff\xff"  # RFC 4291 section 2.5.5.2: IPv4 in IPv6

SocketAddress = tuple[str, int]  # and for IPv6 two more: flow and scope


class Reach(Enum):
    """Which machines can reach a socket that is bound to an address."""

    LOOPBACK = "this machine only"
    EVERY = "every machine that reaches this one, by any address"
    OTHER = "every machine that reaches this address"


def resolve(host: str, port: int, kind: socket.SocketKind) -> tuple[int, SocketAddress]:
    """Family and address of a name or a number; IPv4 first, as in the lab.

    Raises:
        socket.gaierror: the name is unknown. The call waits for the system's name service.
    """
    return _look_up(host, port, kind, socket.AI_PASSIVE)


def reach(host: str) -> Reach | None:
    """Of a number in any spelling; None of a name: no name service is asked."""
    packed = _packed(host)
    if packed is None:
        return None
    if packed in (EVERY_V4, EVERY_V6):
        return Reach.EVERY
    loopback = packed == LOOPBACK_V6 or (len(packed) == 4 and packed.startswith(LOOPBACK_V4))
    return Reach.LOOPBACK if loopback else Reach.OTHER


def connect_host(host: str) -> str:
    """Where to connect to a server that is bound to `host`: every address is reached by the
    loopback's, one that is mapped into IPv6 by IPv4. An empty host is taken as IPv4's."""
    packed = _packed(host or "0")
    otherwise = plain(host) if ":" in host else host
    return {EVERY_V4: "127.0.0.1", EVERY_V6: "::1"}.get(packed or b"", otherwise)


def conflict(one: str, other: str) -> bool:
    """Whether sockets on one port exclude each other by their addresses, both numbers: every
    address excludes all of its family, and `::` those of IPv4 as well (ipv6(7))."""
    first, second = _packed(one), _packed(other)
    if first == second or EVERY_V6 in (first, second):
        return True
    same_family = len(first or b"") == len(second or b"")
    return same_family and EVERY_V4 in (first, second)


def plain(host: str) -> str:
    """A number in its usual spelling, IPv4's also where it is mapped; a name as it is."""
    packed = _packed(host)
    if packed is None:
        return host
    family = socket.AF_INET if len(packed) == len(EVERY_V4) else socket.AF_INET6
    return socket.inet_ntop(family, packed)


def is_ipv4(host: str) -> bool:
    """Whether a number is of IPv4, also where it is mapped into IPv6."""
    return len(_packed(host) or b"") == len(EVERY_V4)


def is_shared(host: str) -> bool:
    """Whether a number is the address of a group or of a whole network (RFC 5771, RFC 919, RFC
    4291 section 2.7). Linux lets a TCP socket listen there, though no connection can come."""
    packed = _packed(host)
    if packed is None:
        return False
    number = ip_address(packed)
    return number.is_multicast or (number.version == 4 and _is_broadcast(str(number)))


def _is_broadcast(host: str) -> bool:
    """The kernel knows the networks: it refuses to connect there without SO_BROADCAST (ip(7)). A
    machine without a network says of the address of all networks that no way leads there."""
    if host == LIMITED_BROADCAST:
        return True
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            probe.connect((host, 9))  # nothing is sent
        except OSError as error:
            return error.errno == errno.EACCES
    return False


def is_local(address: SocketAddress, family: int) -> bool:
    """Whether an address is this machine's own: one of those that a server can be bound to."""
    if is_shared(address[0]):
        return False
    with socket.socket(family, socket.SOCK_DGRAM) as probe:
        try:
            probe.bind((address[0], 0, *address[2:]))
        except OSError:
            return False
    return True


def _packed(host: str) -> bytes | None:
    """The bytes of a numeric address, IPv4's also where it is mapped; None of a name."""
    try:
        family, address = _look_up(host, 0, socket.SOCK_STREAM, socket.AI_NUMERICHOST)
    except OSError:
        return None
    packed = socket.inet_pton(family, address[0].partition("%")[0])
    return packed[len(MAPPED) :] if packed.startswith(MAPPED) else packed


def _look_up(host: str, port: int, kind: int, flags: int) -> tuple[int, SocketAddress]:
    try:
        found = socket.getaddrinfo(host, port, type=kind, flags=flags)
    except UnicodeError:  # a name that no name server could hold
        raise socket.gaierror(socket.EAI_NONAME, "Name or service not known") from None
    found.sort(key=lambda entry: entry[0] != socket.AF_INET)
    return found[0][0], found[0][4]  # type: ignore[return-value]
