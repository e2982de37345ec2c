"""UDP clients with one datagram in flight each: `python -m bench.load.hello PORT SECONDS CLIENTS`.

A client whose answer does not come within RETRY_S sends again, and the loss is counted.
"""

import select
import socket
import sys
import time

from bench.load.stopwatch import Stopwatch

REQUEST, ANSWER = b"Hello server", b"Hello client"
RETRY_S = 0.2
LOOK_EVERY = 2_000  # answers between two looks at the clock
WARM_UP_S = 0.2


def main() -> None:
    port, seconds, clients = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    socks = [_client(port) for _ in range(clients)]
    exchange(socks, WARM_UP_S)
    watch = Stopwatch()
    answers, lost, wrong = exchange(socks, seconds)
    watch.report(answers=answers, lost=lost, wrong=wrong)


def _client(port: int) -> socket.socket:
    sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    sock.connect(("127.0.0.1", port))
    sock.setblocking(False)
    return sock


def exchange(socks: list[socket.socket], seconds: float) -> tuple[int, int, int]:
    """Ask again as soon as answered; (answers, datagrams lost, wrong answers)."""
    poller = select.epoll()
    by_fd = {sock.fileno(): sock for sock in socks}
    asked_at = {}
    for fd, sock in by_fd.items():
        poller.register(fd, select.EPOLLIN)
        sock.send(REQUEST)
        asked_at[fd] = time.perf_counter()
    answers = lost = wrong = 0
    now = time.perf_counter()
    until, look = now + seconds, LOOK_EVERY
    poll = poller.poll
    while now < until:
        events = poll(RETRY_S)
        now = time.perf_counter()
        for fd, _ in events:
            sock = by_fd[fd]
            if sock.recv(64) != ANSWER:
                wrong += 1
            sock.send(REQUEST)
            asked_at[fd] = now
        answers += len(events)
        if answers >= look or not events:
            look = answers + LOOK_EVERY
            for fd in [fd for fd, at in asked_at.items() if now - at > RETRY_S]:
                lost += 1
                asked_at[fd] = now
                by_fd[fd].send(REQUEST)
    _drain(socks)
    poller.close()
    return answers, lost, wrong


def _drain(socks: list[socket.socket]) -> None:
    """Take what is still in flight, so that it is not counted next time."""
    time.sleep(0.05)
    for sock in socks:
        try:
            while True:
                sock.recv(64)
        except BlockingIOError:
            continue


if __name__ == "__main__":
    main()
