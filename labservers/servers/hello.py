"""Task 1: `Hello client` to every sender of a datagram. UDP promises nobody that it arrives.

No input ends the server: neither a datagram that is not UTF-8, nor an empty one, nor the ICMP
errors that Linux reports for answers sent earlier (udp(7)). A datagram from port 0 cannot be
answered. One from our own address is forged, and would make us answer ourselves for ever. A
server on every address owns all addresses of this machine.
"""

import errno
import threading
import time

from labservers.net.addresses import Reach, is_local, reach
from labservers.net.listening import bind_udp
from labservers.net.waker import Waker
from labservers.observe import messages
from labservers.observe.addresses import address_text
from labservers.observe.monitor import ROWS_SHOWN, Monitor
from labservers.observe.readiness import readable
from labservers.observe.text import Excerpt, one_line
from labservers.registry import ServerSpec
from labservers.run.server import LabServer, Options
from labservers.servers.hello_peers import Address, Peers

ANSWER = b"Hello client"
LARGEST_DATAGRAM = 65_535
SHOWN_CHARACTERS = 200  # of a datagram in the log
SHOWN_BYTES = 4 * (SHOWN_CHARACTERS + 1)  # one more, so that a cut is seen
DRAINED = 256  # datagrams between two looks at the clock


class Shown(Excerpt):
    """A datagram in the log, all its lines in one."""

    def __str__(self) -> str:
        return one_line(self._data.replace(b"\n", "·".encode()), SHOWN_CHARACTERS)


class HelloServer(LabServer):
    """One loop, one socket."""

    peers_kept = 10_000

    def __init__(self, spec: ServerSpec, options: Options, monitor: Monitor) -> None:
        super().__init__(spec, options, monitor)
        self._waker = Waker()
        self._stopping = threading.Event()
        self._peers = Peers(self.peers_kept)

    def bind(self) -> tuple[str, int]:
        self._socket = bind_udp(self.options.host, self.options.port)
        self._socket.setblocking(False)
        self._own = self._socket.getsockname()[:2]
        host, port = self._own
        self._any_address = reach(host) is Reach.EVERY
        self._shown = "[%s]:%s %s" if ":" in host else "%s:%s %s"
        return host, port

    def serve(self) -> None:
        wait = readable(self._socket, self._waker)
        try:
            while not self._stopping.is_set():
                wait(None)
                self.serve_datagrams()
        finally:
            self._socket.close()
            self._waker.close()

    def stop(self) -> None:
        self._stopping.set()
        self._waker.wake()

    def serve_datagrams(self) -> None:
        """Answer the datagrams that have arrived, DRAINED at most."""
        now = time.monotonic()
        for _ in range(DRAINED):
            try:
                data, client = self._socket.recvfrom(LARGEST_DATAGRAM)
            except BlockingIOError:
                return
            except OSError as error:
                self._note_error("an ICMP error came back", error)
                continue
            self.answer(data, client, now)

    def answer(self, data: bytes, client: Address, now: float) -> None:
        """Answer one datagram, and show it as far as the log has room; `now` by
        time.monotonic()."""
        monitor, shown = self.monitor, self.log.budget > 0
        began = time.perf_counter() if shown else 0.0
        monitor.accepted += 1
        monitor.bytes_in += len(data)
        if client[1] in (0, self._own[1]) and not self._can_be_answered(client):
            monitor.counts["dropped"] += 1
            self.log.sampled("dropped a datagram from %s", address_text(client))
            return
        peer = self._peers.heard(client, now, len(data))
        if shown:
            self.log.sampled(self._shown, client[0], client[1], Shown(data[:SHOWN_BYTES]))
        else:
            self.log.mute()
        try:
            sent = self._socket.sendto(ANSWER, client)
        except OSError as error:
            self._note_error(f"no answer to {address_text(client)}", error)
            return
        if shown:
            monitor.exchanged(data, ANSWER, round((time.perf_counter() - began) * 1e6))
        else:
            monitor.requests += 1
        monitor.bytes_out += sent
        peer.bytes_out += sent

    def frame(self, seq: int) -> messages.Frame:
        return self.monitor.frame(seq, connections=len(self._peers.recent()))

    def rows(self, limit: int = ROWS_SHOWN) -> messages.Rows:
        total, rows = self._peers.rows(limit)
        return messages.Rows(self.monitor.clock.now(), "peers", total, rows)

    def _can_be_answered(self, client: Address) -> bool:
        """Not from port 0, nor from our own address; asked only about those two ports."""
        if client[1] == 0 or client[:2] == self._own:
            return False
        return not (self._any_address and is_local(client, self._socket.family))

    def _note_error(self, event: str, error: OSError) -> None:
        self.monitor.errors += 1
        name = errno.errorcode.get(error.errno or 0, "error")
        self.monitor.counts[name] += 1
        self.log.sampled("%s: %s", event, error.strerror)


def create(spec: ServerSpec, options: Options, monitor: Monitor) -> HelloServer:
    return HelloServer(spec, options, monitor)
