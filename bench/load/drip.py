"""Clients that never finish their header: `python -m bench.load.drip PORT CLIENTS`.

Each sends one byte of a header every EVERY_S; one that is shown out comes again. A line is
printed when all are there; the end of standard input ends it.
"""

import select
import socket
import sys
import time

BEGUN = b"GET /subjects/1 HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Slow: "
EVERY_S = 0.1
DRIPPING = "dripping"


def main() -> None:
    port, size = int(sys.argv[1]), int(sys.argv[2])
    socks = [_begin(port) for _ in range(size)]
    print(DRIPPING, size, flush=True)
    due = time.monotonic()
    while not select.select([sys.stdin], [], [], max(0.0, due - time.monotonic()))[0]:
        due = time.monotonic() + EVERY_S
        for number, sock in enumerate(socks):
            try:
                sock.send(b"a")
            except OSError:
                sock.close()
                socks[number] = _begin(port)


def _begin(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=5.0)
    sock.setblocking(False)
    sock.send(BEGUN)
    return sock


if __name__ == "__main__":
    main()
