"""A raw client: TCP or UDP, a deadline on everything, and a record of what it did."""

from __future__ import annotations

import contextlib
import socket
import struct
import time
from collections.abc import Callable

from labservers.checks.far_ends import Pair
from labservers.checks.values import CHECK_HOST, Address, Moment
from labservers.net.addresses import connect_host

PIECE = 64 * 1024
MOST = 4 * 1024 * 1024  # bytes that are kept of what a server says
SHOWN = 200  # bytes of a Moment
IP_BIND_ADDRESS_NO_PORT = 24  # ip(7): connect() chooses the port
MORE = getattr(socket, "MSG_MORE", 0)  # Linux has it
SMALL = 2048  # bytes, of which the system makes the least that it allows
SMALL_SEGMENT = 536  # bytes: the least that every host takes, RFC 9293 section 3.7.1
MOMENTS = 400  # of one probe, the first
RESET = struct.pack("ii", 1, 0)  # SO_LINGER: a close is RST, socket(7)


def never(data: bytes) -> bool:
    """Enough is only the end of the stream, or of the time."""
    return False


class Timeline:
    """The moments of one probe, in their order."""

    def __init__(self, pace_s: float = 0.0, clock: Callable[[], float] = time.monotonic) -> None:
        self.moments: list[Moment] = []
        self._pace_s = pace_s
        self._clock = clock
        self._began = clock()

    def add(self, side: str, what: str, data: bytes = b"") -> None:
        if self._pace_s:
            time.sleep(self._pace_s)
        if len(self.moments) >= MOMENTS:
            return
        at_s = round(self._clock() - self._began, 4)
        self.moments.append(Moment(at_s, side, what, data[:SHOWN]))


class Client:
    """One client. `got` is all that it has received; `error` the error that ended it.

    A method that has to wait gets the seconds that it may; none raises an OSError, it returns
    False or what there is, and `error` says why.
    """

    def __init__(self, address: Address, timeline: Timeline, side: str = "client") -> None:
        self.got = bytearray()
        self.sent = bytearray()
        self.dropped = 0  # bytes that came beyond those that are kept
        self.ended = False  # by the server: end of stream, or reset
        self.error: str | None = None
        self.pair: Pair | None = None  # from when it is connected
        self._address = address
        self._timeline = timeline
        self.side = side
        self._sock: socket.socket | None = None

    def connect(self, timeout_s: float, *, small: bool = False) -> bool:
        """small: with little room for answers, here and in the server's kernel, which keeps some
        30 KB for such a client, not megabytes, before a send() waits."""
        host = connect_host(self._address.host)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        kind = socket.SOCK_DGRAM if self._address.datagram else socket.SOCK_STREAM
        self._sock = socket.socket(family, kind)
        self._sock.settimeout(max(timeout_s, 0.01))
        if kind == socket.SOCK_STREAM:  # ports.free() has to bind it again while it waits
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        self._come_from_here(host)
        if small:
            self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SMALL)
            self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_MAXSEG, SMALL_SEGMENT)
        try:
            self._sock.connect((host, self._address.port))
            self.pair = Pair(self._sock.getsockname()[:2], self._sock.getpeername()[:2])
            if kind == socket.SOCK_STREAM:
                self._sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            self._fail(error)
            self._sock.close()
            return False
        self._tell("connects")
        return True

    def send(self, data: bytes, timeout_s: float = 5.0, *, more: bool = False) -> bool:
        """All of it; a datagram is one call. more: something follows at once, and the last segment
        waits for it (MSG_MORE in send(2)): a server gets both together, however busy we are."""
        self._timeline.add(self.side, "sends", data)
        if self._sock is None or self._sock.fileno() < 0:
            return False
        try:
            self._sock.settimeout(max(timeout_s, 0.01))
            if self._address.datagram:
                self._sock.send(data)
            else:
                self._sock.sendall(data, MORE if more else 0)
        except OSError as error:
            self._fail(error)
            return False
        self.sent += data
        return True

    def receive(
        self, timeout_s: float, enough: Callable[[bytes], bool] = bool, *, since: int = 0
    ) -> bytes:
        """What has come from `since` on, as soon as it is enough, or the stream has ended, or the
        time is up."""
        until = time.monotonic() + timeout_s
        while not self.ended and (enough is never or not enough(bytes(self.got[since:]))):
            left_s = until - time.monotonic()
            if left_s <= 0 or not self._receive_once(left_s):
                break
        return bytes(self.got[since:])

    def catch_up(self) -> None:
        """Read what has come so far, without a wait; of a server that sends on and on, a part."""
        for _ in range(MOST // PIECE):
            if self.ended or not self._receive_once(0.0):
                return

    def waits(self) -> None:
        """Say that it waits from now on, with nothing to send."""
        self._timeline.add(self.side, "waits")

    def finish(self) -> None:
        """End of stream: nothing more will be sent, answers are still read (half-close)."""
        self._tell("closes")
        if self._sock is not None:
            with contextlib.suppress(OSError):
                self._sock.shutdown(socket.SHUT_WR)

    def close(self) -> None:
        """Leave as clients do. Where the server has closed before, leave by RST: its side would
        stay in TIME-WAIT, and keep the port."""
        if self._sock is None or self._sock.fileno() < 0:
            return
        if not self._address.datagram:
            self.catch_up()
        if self.ended:
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        else:
            self._tell("closes")
        self._sock.close()

    def close_by_fin(self) -> None:
        """Leave with FIN, whatever the server did: the side that closed first waits."""
        if self._sock is not None:
            self._sock.close()

    def reset(self) -> None:
        """Leave by RST."""
        self._timeline.add(self.side, "resets")
        if self._sock is not None:
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
            self._sock.close()

    def _come_from_here(self, host: str) -> None:
        """From an address of loopback that nobody else uses: its ports are ours alone, and can be
        bound again (ports.py). Not every system has more than one."""
        if self._sock is not None and host.startswith("127."):
            with contextlib.suppress(OSError):
                self._sock.setsockopt(socket.IPPROTO_IP, IP_BIND_ADDRESS_NO_PORT, 1)
                self._sock.bind((CHECK_HOST, 0))

    def _tell(self, what: str) -> None:
        """UDP knows no connections, and so neither their begin nor their end."""
        if not self._address.datagram:
            self._timeline.add(self.side, what)

    def _receive_once(self, timeout_s: float) -> bool:
        if self._sock is None or self._sock.fileno() < 0:
            return False
        try:
            self._sock.settimeout(timeout_s)
            data = self._sock.recv(PIECE)
        except (TimeoutError, BlockingIOError):
            return False
        except OSError as error:
            self._fail(error)
            self.ended = True
            return False
        if data or self._address.datagram:
            self._timeline.add("server", "sends", data)
            kept = data[: MOST - len(self.got)]
            self.got += kept
            self.dropped += len(data) - len(kept)
            return True
        self._timeline.add("server", "closes")
        self.ended = True
        return False

    def _fail(self, error: OSError) -> None:
        self.error = type(error).__name__
        if isinstance(error, ConnectionResetError | BrokenPipeError):
            self._timeline.add("server", "resets")
