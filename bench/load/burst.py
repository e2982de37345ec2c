"""A burst of datagrams from many sockets: `python -m bench.load.burst PORT SECONDS DATAGRAMS`.

All are sent as fast as one thread can; answers are counted until none comes for SECONDS.
"""

import select
import socket
import sys

from bench.load.stopwatch import Stopwatch

REQUEST, ANSWER = b"Hello server", b"Hello client"
SOCKETS = 100


def main() -> None:
    port, quiet_s, datagrams = int(sys.argv[1]), float(sys.argv[2]), int(sys.argv[3])
    socks = []
    for _ in range(SOCKETS):
        sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        sock.connect(("127.0.0.1", port))
        sock.setblocking(False)
        socks.append(sock)
    watch = Stopwatch()
    for number in range(datagrams):
        socks[number % SOCKETS].send(REQUEST)
    answers = count_answers(socks, quiet_s)
    watch.report(sent=datagrams, answers=answers, lost_share=100 * (1 - answers / datagrams))


def count_answers(socks: list[socket.socket], quiet_s: float) -> int:
    """Answers until none has come for that long."""
    poller = select.epoll()
    by_fd = {sock.fileno(): sock for sock in socks}
    for fd in by_fd:
        poller.register(fd, select.EPOLLIN)
    answers = 0
    while events := poller.poll(quiet_s):
        for fd, _ in events:
            answers += by_fd[fd].recv(64) == ANSWER
    poller.close()
    return answers


if __name__ == "__main__":
    main()
