"""Holds kept connections: `python -m bench.load.idle PORT CONNECTIONS`.

Each asks once when it begins, and again whenever a line comes on standard input; after that a
line says how many there are. The end of the input ends it.
"""

import resource
import select
import socket
import sys

REQUEST = b"GET /subjects/1 HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n"
TOGETHER = 200
WAIT_S = 5.0
HELD = "held"


def main() -> None:
    port, size = int(sys.argv[1]), int(sys.argv[2])
    _, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (most, most))
    socks: list[socket.socket] = []
    for begun in range(0, size, TOGETHER):
        some = [_connect(port) for _ in range(min(TOGETHER, size - begun))]
        socks += ask(some)
    print(HELD, len(socks), flush=True)
    for _ in sys.stdin:
        alive: list[socket.socket] = []
        for at in range(0, len(socks), TOGETHER):
            alive += ask(socks[at : at + TOGETHER])
        socks = alive
        print(HELD, len(socks), flush=True)


def _connect(port: int) -> socket.socket:
    sock = socket.create_connection(("127.0.0.1", port), timeout=WAIT_S)
    sock.setblocking(False)
    return sock


def ask(socks: list[socket.socket]) -> list[socket.socket]:
    """One request each; those whose answer came."""
    poller = select.epoll()
    waiting = {}
    for sock in socks:
        try:
            sock.send(REQUEST)
        except OSError:
            sock.close()
            continue
        waiting[sock.fileno()] = sock
        poller.register(sock.fileno(), select.EPOLLIN)
    answered = []
    while waiting and (events := poller.poll(WAIT_S)):
        for fd, _ in events:
            sock = waiting.pop(fd)
            poller.unregister(fd)
            if sock.recv(65_536):
                answered.append(sock)
            else:
                sock.close()
    poller.close()
    return answered


if __name__ == "__main__":
    main()
