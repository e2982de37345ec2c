"""One normal client on a kept connection: `python -m bench.load.latency PORT SECONDS`."""

import socket
import sys
import time

from bench.figures import median, percentile
from bench.load.stopwatch import Stopwatch

REQUEST = b"GET /subjects/100?n=%d HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
PAUSE_S = 0.001
WAIT_S = 10.0


def main() -> None:
    port, seconds = int(sys.argv[1]), float(sys.argv[2])
    spent_ms: list[float] = []
    with socket.create_connection(("127.0.0.1", port), timeout=WAIT_S) as sock:
        sock.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        watch = Stopwatch()
        while time.perf_counter() - watch.began < seconds:
            began = time.perf_counter()
            sock.sendall(REQUEST % len(spent_ms))
            read_answer(sock)
            spent_ms.append(1000 * (time.perf_counter() - began))
            time.sleep(PAUSE_S)
    watch.report(
        requests=len(spent_ms),
        p50_ms=median(spent_ms),
        p99_ms=percentile(spent_ms, 0.99),
        max_ms=max(spent_ms),
    )


def read_answer(sock: socket.socket) -> None:
    """A whole response with a Content-Length.

    Raises:
        ConnectionError: it ends before.
    """
    received = b""
    while (end := received.find(b"\r\n\r\n")) < 0:
        received += _more(sock)
    length = received[:end].lower().partition(b"content-length:")[2].split(b"\r\n")[0]
    left = int(length) - (len(received) - end - 4)
    while left > 0:
        left -= len(_more(sock))


def _more(sock: socket.socket) -> bytes:
    data = sock.recv(65_536)
    if not data:
        raise ConnectionError("the answer broke off")
    return data


if __name__ == "__main__":
    main()
