"""Task 1: `Hello client` to whoever sends a datagram. Nobody is promised that it arrives.

No input ends the server: not a datagram that is no UTF-8, nor an empty one, nor the ICMP errors
that Linux reports for answers sent earlier (udp(7)). A datagram from port 0 cannot be answered,
and one from our own address, which somebody forged, would make us answer ourselves for ever.
Bound to 0.0.0.0 or ::, every address of this machine is our own.
"""

import errno
import select
import threading
import time

from labservers.net.addresses import is_local
from labservers.net.listening import bind_udp
from labservers.net.waker import Waker
from labservers.observe import messages
from labservers.observe.addresses import address_text
from labservers.observe.monitor import ROWS_SHOWN, Excerpt, Monitor, one_line
from labservers.registry import ServerSpec
from labservers.run.server import LabServer, Options

ANSWER = b"Hello client"
LARGEST_DATAGRAM = 65_535
RECENT_S = 60.0
PEERS_KEPT = 10_000
SHOWN_CHARACTERS = 200  # of a datagram in the log
SHOWN_BYTES = 4 * SHOWN_CHARACTERS
DRAINED = 256  # datagrams between two looks at the clock

Address = tuple[str, int]


class Shown(Excerpt):
    """A datagram in the log, all its lines in one."""

    def __str__(self) -> str:
        return one_line(self._data.replace(b"\n", "·".encode()), SHOWN_CHARACTERS)


class Peer:
    """Who has sent something lately."""

    __slots__ = ("bytes_in", "bytes_out", "first_at", "id", "last_at")

    def __init__(self, id: int, now: float) -> None:
        self.id = id
        self.first_at = self.last_at = now
        self.bytes_in = 0
        self.bytes_out = 0


class HelloServer(LabServer):
    """One loop, one socket. The lock guards the table of peers."""

    def __init__(self, spec: ServerSpec, options: Options, monitor: Monitor) -> None:
        super().__init__(spec, options, monitor)
        self.bytes_in = self.bytes_out = 0
        self._waker = Waker()
        self._stopping = threading.Event()
        self._lock = threading.Lock()
        self._peers: dict[Address, Peer] = {}
        self._met = 0

    def bind(self) -> tuple[str, int]:
        self._socket = bind_udp(self.options.host, self.options.port)
        self._socket.setblocking(False)
        self._own = self._socket.getsockname()[:2]
        host, port = self._own
        self._any_address = host in ("0.0.0.0", "::")
        self._shown = "[%s]:%s %s" if ":" in host else "%s:%s %s"
        return host, port

    def serve(self) -> None:
        poller = select.poll()
        poller.register(self._socket, select.POLLIN)
        poller.register(self._waker.reader, select.POLLIN)
        try:
            while not self._stopping.is_set():
                poller.poll()
                self._drain()
        finally:
            self._socket.close()
            self._waker.close()

    def stop(self) -> None:
        self._stopping.set()
        self._waker.wake()

    def frame(self, seq: int) -> messages.Frame:
        return self.monitor.frame(
            seq,
            connections=len(self._recent()),
            bytes_in=self.bytes_in,
            bytes_out=self.bytes_out,
        )

    def rows(self, limit: int = ROWS_SHOWN) -> messages.Rows:
        recent = self._recent()
        now = time.monotonic()
        newest = sorted(recent, key=lambda entry: -entry[1].last_at)[:limit]
        rows = [
            messages.Row(
                id=peer.id,
                peer=address_text(address),
                state="reading",
                age_s=round(now - peer.last_at, 3),
                state_s=round(now - peer.last_at, 3),
                bytes_in=peer.bytes_in,
                bytes_out=peer.bytes_out,
            )
            for address, peer in newest
        ]
        return messages.Rows(self.monitor.clock.now(), "peers", len(recent), rows)

    def _drain(self) -> None:
        """Answer what has arrived, up to DRAINED datagrams."""
        receive = self._socket.recvfrom
        now = time.monotonic()
        for _ in range(DRAINED):
            try:
                data, address = receive(LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:
                self._note_error("an ICMP error came back", error)
                continue
            self._answer(data, address, now)

    def _answer(self, data: bytes, address: Address, now: float) -> None:
        began = time.perf_counter()
        self.bytes_in += len(data)
        self.monitor.accepted += 1
        if address[1] in (0, self._own[1]) and not self._can_be_answered(address):
            self.monitor.counts["dropped"] += 1
            self.log.sampled("dropped a datagram from %s", address_text(address))
            return
        peer = self._peers.get(address) or self._meet(address, now)
        peer.last_at = now
        peer.bytes_in += len(data)
        try:
            sent = self._socket.sendto(ANSWER, address)
        except OSError as error:
            self._note_error(f"no answer to {address_text(address)}", error)
            return
        peer.bytes_out += sent
        self.bytes_out += sent
        self.monitor.exchanged(data, ANSWER, round((time.perf_counter() - began) * 1e6))
        self.log.sampled(self._shown, address[0], address[1], Shown(data[:SHOWN_BYTES]))

    def _can_be_answered(self, address: Address) -> bool:
        """Not from port 0, nor from our own address; asked only about those two ports."""
        if address[1] == 0 or address[:2] == self._own:
            return False
        return not (self._any_address and is_local(address, self._socket.family))

    def _meet(self, address: Address, now: float) -> Peer:
        with self._lock:
            self._met += 1
            peer = self._peers[address] = Peer(self._met, now)
            if len(self._peers) > PEERS_KEPT:
                del self._peers[next(iter(self._peers))]
        return peer

    def _note_error(self, what: str, error: OSError) -> None:
        self.monitor.errors += 1
        name = errno.errorcode.get(error.errno or 0, "error")
        self.monitor.counts[name] += 1
        self.log.sampled("%s: %s", what, error.strerror)

    def _recent(self) -> list[tuple[Address, Peer]]:
        """The peers of the last minute; the others are forgotten."""
        limit = time.monotonic() - RECENT_S
        with self._lock:
            for address in [a for a, peer in self._peers.items() if peer.last_at < limit]:
                del self._peers[address]
            return list(self._peers.items())


def create(spec: ServerSpec, options: Options, monitor: Monitor) -> HelloServer:
    return HelloServer(spec, options, monitor)
