"""Recorded calls as the packets of a conversation: what Wireshark can read is a lesson more.

A packet stands for what a call has moved, at the time when it returned. A connection opens with
its three packets, ends with FIN or RST where that was seen, and its sequence numbers count all
bytes, those that are not kept as well.
"""

import base64
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from ipaddress import ip_address

from dashboard.recording import packets
from dashboard.recording.packets import ACK, FIN, PSH, RST, SYN, Packet, Place, place
from dashboard.recording.pcapng import Captured
from dashboard.recording.streams import IN, OUT, Stream, way
from labservers.observe.observed import Point

SEGMENT = 65_495  # bytes in one packet: as many as IPv4 and TCP leave of 65,535
DATAGRAM = 65_507  # bytes in one (RFC 768), in IPv4
SEGMENTS = 100  # of one call: a sendfile() of gigabytes is not kept, its numbers are passed over
RESET_ERRORS = ("ConnectionResetError", "BrokenPipeError")


def captured(stream: Stream, points: Iterable[Point]) -> list[Captured]:
    """The packets of one socket; none where it has no two addresses."""
    if stream.kind == "datagram":
        return list(_datagrams(stream, points))
    local, peer = place(stream.local), place(stream.peer)
    if local is None or peer is None or local.host.version != peer.host.version:
        return []
    return list(Connection(stream, local, peer).packets(points))


def _datagrams(stream: Stream, points: Iterable[Point]) -> Iterator[Captured]:
    for point in points:
        peer = place((point.result or "").rpartition(" ")[2] or stream.peer)
        local, direction = place(stream.local), way(point)
        if direction is None or local is None or peer is None or point.bytes > DATAGRAM:
            continue
        if local.host.is_unspecified or local.host.version != peer.host.version:
            local = Place(_one_of_ours(peer.host), local.port)  # bound to all of them
        ends = (peer, local) if direction == IN else (local, peer)
        packet = packets.udp(*ends, _data(point), point.bytes)
        yield Captured(point.at, *packet, direction == OUT, about(point))


@dataclass
class Connection:
    """One TCP connection. `sent`: bytes of each way so far; `ended`: the ways that are closed."""

    stream: Stream
    local: Place
    peer: Place
    sent: dict[str, int] = field(default_factory=lambda: {IN: 0, OUT: 0})
    ended: set[str] = field(default_factory=set)

    def packets(self, points: Iterable[Point]) -> Iterator[Captured]:
        opened_at = self.stream.connected_at or self.stream.opened_at
        yield from self._opening(opened_at)
        self._count(IN, self.stream.gone[IN])
        self._count(OUT, self.stream.gone[OUT])
        missing = sum(self.stream.gone.values())
        note = f"; {missing:,} bytes before this are not kept" if missing else ""
        for point in points:
            for packet in self._of(point):
                yield packet._replace(comment=packet.comment + note)
                note = ""
        if self.stream.closed_at is not None:
            yield from self._end(OUT, FIN, self.stream.closed_at, "close()")

    def _opening(self, at: float) -> Iterator[Captured]:
        """Three packets, from the side that calls connect()."""
        accepted = self.stream.listener is not None
        first, second = (IN, OUT) if accepted else (OUT, IN)
        yield self._packet(first, SYN, at, "accept()" if accepted else "connect()")
        self.sent[first] = 1  # SYN and FIN count as a byte (RFC 9293 section 3.4)
        yield self._packet(second, SYN | ACK, at)
        self.sent[second] = 1
        yield self._packet(first, ACK, at)

    def _of(self, point: Point) -> Iterator[Captured]:
        direction = way(point)
        if point.error in RESET_ERRORS:
            yield from self._end(IN, RST, point.at, about(point))
        elif point.call == "shutdown" and point.error is None and point.result != "SHUT_RD":
            yield from self._end(OUT, FIN, point.at, about(point))
        elif direction is not None and point.bytes and direction not in self.ended:
            yield from self._segments(direction, point)
        elif direction == IN and point.error is None:
            yield from self._end(IN, FIN, point.at, about(point))

    def _segments(self, direction: str, point: Point) -> Iterator[Captured]:
        data, comment = _data(point), about(point)
        for begin in range(0, min(point.bytes, SEGMENTS * SEGMENT), SEGMENT):
            size = min(SEGMENT, point.bytes - begin)
            known = data[begin : begin + size]
            yield self._packet(direction, PSH | ACK, point.at, comment, known, size)
            self._count(direction, size)
            comment = f"{point.call}() goes on"
        self._count(direction, max(0, point.bytes - SEGMENTS * SEGMENT))

    def _end(self, direction: str, flag: int, at: float, comment: str) -> Iterator[Captured]:
        """FIN or RST of one way; nothing follows it on that way, and nothing at all an RST."""
        if direction not in self.ended:
            yield self._packet(direction, flag | ACK, at, comment)
            self._count(direction, 1)
            self.ended |= {IN, OUT} if flag == RST else {direction}

    def _packet(
        self,
        direction: str,
        flags: int,
        at: float,
        comment: str = "",
        data: bytes = b"",
        size: int = 0,
    ) -> Captured:
        ends = (self.peer, self.local) if direction == IN else (self.local, self.peer)
        other = OUT if direction == IN else IN
        acknowledged = self.sent[other] if flags & ACK else 0
        packet: Packet = packets.tcp(*ends, flags, (self.sent[direction], acknowledged), data, size)
        return Captured(at, *packet, direction == OUT, comment)

    def _count(self, direction: str, size: int) -> None:
        self.sent[direction] += size


def _one_of_ours(host: packets.Address) -> packets.Address:
    """The address that a datagram from this host came to, as far as can be guessed."""
    return ip_address("::1" if host.version == 6 else "127.0.0.1") if host.is_loopback else host


def about(point: Point) -> str:
    """The call in words: where it stands, in which thread, how long it took."""
    line = f"{point.line} {point.function}: " if point.line else ""
    waited = f", waited {point.waited_us / 1e6:.3g} s" if point.waited_us >= 1_000 else ""
    cut = f", {point.cut:,} of {point.bytes:,} bytes kept" if point.cut is not None else ""
    error = f" -> {point.error}" if point.error else ""
    return f"{line}{point.call}(){error} in {point.thread}{waited}{cut}"


def _data(point: Point) -> bytes:
    return base64.b64decode(point.data or "")
