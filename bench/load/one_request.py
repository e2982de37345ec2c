"""Clients that connect, ask once, read the answer and go, again and again.

`python -m bench.load.one_request PORT SECONDS CLIENTS hypotenuse|page`. So many are under way at
the same time, and no request comes twice. A client is served correctly when the expected answer is
there within DEADLINE_S.
"""

import errno
import itertools
import select
import socket
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bench.load.stopwatch import Stopwatch

DEADLINE_S = 5.0
LATE_EVERY_S = 0.25
PAGE = b"GET /?n=%d HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n\r\n"
PENDING = (0, errno.EINPROGRESS)


def hypotenuse(number: int) -> tuple[bytes, bytes]:
    """A request and the end of its answer."""
    return b'{"a": %d.0, "b": %d.0}' % (3 * number, 4 * number), b"%d.0" % (5 * number)


def page(number: int) -> tuple[bytes, bytes]:
    """A request and the end of its answer."""
    return PAGE % number, b"</html>\n"


KINDS = {"hypotenuse": hypotenuse, "page": page}


@dataclass(slots=True)
class Client:
    """One connection under way."""

    sock: socket.socket
    due: float
    request: bytes
    answer: bytes
    asked: bool = False
    received: bytes = b""


class Clients:
    """Keeps `size` clients under way and counts how they fared."""

    def __init__(
        self, port: int, size: int, exchange: Callable[[int], tuple[bytes, bytes]]
    ) -> None:
        self.served = 0
        self.failed: Counter[str] = Counter()
        self._address = ("127.0.0.1", port)
        self._size, self._exchange, self._numbers = size, exchange, itertools.count(1)
        self._poller = select.epoll()
        self._open: dict[int, Client] = {}

    def run(self, seconds: float) -> None:
        """Begin clients for so long, and wait for the last ones."""
        now = time.perf_counter()
        until, late_at = now + seconds, now + LATE_EVERY_S
        while now < until or self._open:
            while now < until and len(self._open) < self._size:
                self._begin(now)
            for fd, mask in self._poller.poll(LATE_EVERY_S):
                self._go_on(fd, self._open[fd], mask)
            now = time.perf_counter()
            if now >= late_at:
                late_at = now + LATE_EVERY_S
                self._give_up_late(now)

    def _begin(self, now: float) -> None:
        sock = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        sock.setblocking(False)
        client = Client(sock, now + DEADLINE_S, *self._exchange(next(self._numbers)))
        code = sock.connect_ex(self._address)
        if code not in PENDING:
            self._end(client, errno.errorcode.get(code, "connect"))
            return
        self._open[sock.fileno()] = client
        self._poller.register(sock.fileno(), select.EPOLLIN)
        self._ask(client)  # on one machine the connection is there already

    def _ask(self, client: Client) -> None:
        try:
            client.sock.send(client.request)
            client.asked = True
        except BlockingIOError:
            self._poller.modify(client.sock.fileno(), select.EPOLLIN | select.EPOLLOUT)
        except OSError as error:
            self._end(client, errno.errorcode.get(error.errno or 0, "send"))

    def _go_on(self, fd: int, client: Client, mask: int) -> None:
        if not client.asked:
            if mask & select.EPOLLOUT:
                self._poller.modify(fd, select.EPOLLIN)
            self._ask(client)
            return
        try:
            data = client.sock.recv(65_536)
        except BlockingIOError:
            return
        except OSError as error:
            self._end(client, errno.errorcode.get(error.errno or 0, "recv"))
            return
        client.received += data
        if client.received.endswith(client.answer):
            self._end(client, "")
        elif not data:
            self._end(client, "wrong answer" if client.received else "closed")

    def _give_up_late(self, now: float) -> None:
        for client in [c for c in self._open.values() if c.due < now]:
            self._end(client, "too late")

    def _end(self, client: Client, failure: str) -> None:
        self._open.pop(client.sock.fileno(), None)
        client.sock.close()
        if failure:
            self.failed[failure] += 1
        else:
            self.served += 1


def main() -> None:
    port, seconds, size, kind = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3]), sys.argv[4]
    clients = Clients(port, size, KINDS[kind])
    watch = Stopwatch()
    clients.run(seconds)
    watch.report(served=clients.served, failed=dict(clients.failed))


if __name__ == "__main__":
    main()
