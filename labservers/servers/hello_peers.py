"""Senders of the last minute: for the hello server they take the place of connections."""

import threading
import time

from labservers.observe import messages
from labservers.observe.addresses import address_text

RECENT_S = 60.0

Address = tuple[str, int]


class Peer:
    """An address and its bytes in and out. Times are of time.monotonic()."""

    __slots__ = ("bytes_in", "bytes_out", "id", "last_at")

    def __init__(self, id: int) -> None:
        self.id = id
        self.last_at = 0.0
        self.bytes_in = 0
        self.bytes_out = 0


class Peers:
    """The peers of the last minute, `kept` of them at most. The lock guards the table; a
    peer's counters are written by the server's thread alone."""

    def __init__(self, kept: int) -> None:
        self._kept = kept
        self._lock = threading.Lock()
        self._peers: dict[Address, Peer] = {}
        self._met = 0

    def heard(self, address: Address, now: float, received: int) -> Peer:
        """A datagram of so many bytes came from there."""
        peer = self._peers.get(address) or self._meet(address)
        peer.last_at = now
        peer.bytes_in += received
        return peer

    def recent(self) -> list[tuple[Address, Peer]]:
        """The peers of the last minute; the others are forgotten."""
        limit = time.monotonic() - RECENT_S
        with self._lock:
            for address in [a for a, peer in self._peers.items() if 0 < peer.last_at < limit]:
                del self._peers[address]
            return list(self._peers.items())

    def rows(self, limit: int) -> tuple[int, list[messages.Row]]:
        """The number of peers, and the rows of the newest senders."""
        recent, now = self.recent(), time.monotonic()
        newest = sorted(recent, key=lambda entry: -entry[1].last_at)[:limit]
        return len(recent), [_row(address, peer, now) for address, peer in newest]

    def _meet(self, address: Address) -> Peer:
        with self._lock:
            self._met += 1
            peer = self._peers[address] = Peer(self._met)
            if len(self._peers) > self._kept:
                del self._peers[next(iter(self._peers))]
        return peer


def _row(address: Address, peer: Peer, now: float) -> messages.Row:
    age_s = round(now - peer.last_at, 3)
    return messages.Row(
        id=peer.id,
        peer=address_text(address),
        state="reading",
        age_s=age_s,
        state_s=age_s,
        bytes_in=peer.bytes_in,
        bytes_out=peer.bytes_out,
    )
