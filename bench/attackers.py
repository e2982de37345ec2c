"""Visitors by the hundred that hold on to a dashboard: they ask half, ask slowly or do not read.

`python -m bench.attackers PORT TOKEN NAME NUMBER`: so many of one kind, until a line comes on
standard input. Those that are cut off come again within a second.
"""

import contextlib
import select
import socket
import sys
import threading
from typing import NamedTuple

GATHERED, CAME_AGAIN = "gathered", "came again "
DRIP_S, AGAIN_S = 0.2, 1.0
HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
HALF_UPGRADE = HALF.replace(b"/ ", b"/ws/live ") + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
POST = (
    b"POST /api/try/hello HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Lab-Token: %s\r\n"
    b"Content-Type: application/json\r\nContent-Length: 10000\r\n\r\n{"
)


class Attack(NamedTuple):
    """The beginning of each connection; `drips`: a byte more now and then."""

    words: bytes
    drips: bool = False


def attacks(token: str) -> dict[str, Attack]:
    return {
        "silent": Attack(b""),
        "header drips": Attack(HALF, drips=True),
        "half an upgrade": Attack(HALF_UPGRADE),
        "websocket without a word": Attack(HALF_UPGRADE + KEY + b"\r\n"),
        "body drips": Attack(POST % token.encode(), drips=True),
        "answer is not read": Attack(HALF + b"\r\n"),
        "page as a websocket": Attack(HALF_UPGRADE.replace(b"/ws/live", b"/") + KEY + b"\r\n"),
    }


class Crowd:
    """Connections of one attack. `came_again`: how often one took the place of one cut off."""

    def __init__(self, address: tuple[str, int], attack: Attack) -> None:
        self._address, self._attack = address, attack
        self._members: dict[int, socket.socket] = {}
        self._over = threading.Event()
        self._dripping = threading.Thread(target=self._drip)
        self.came_again = 0

    def gather(self, number: int) -> None:
        for _ in range(number):
            self._come()
        if self._attack.drips:
            self._dripping.start()

    def come_again(self) -> None:
        """Until a line comes on standard input, those that are cut off come again."""
        poller = select.poll()
        for number in self._members:
            poller.register(number, select.POLLRDHUP)
        while not select.select([sys.stdin], [], [], AGAIN_S)[0]:
            for number, _ in poller.poll(0):
                poller.unregister(number)
                self._members.pop(number).close()
                poller.register(self._come(), select.POLLRDHUP)
                self.came_again += 1

    def leave(self) -> None:
        self._over.set()
        if self._dripping.ident:
            self._dripping.join()
        for member in self._members.values():
            member.close()

    def _come(self) -> socket.socket:
        member = socket.socket()
        member.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        member.settimeout(10)
        member.connect(self._address)
        with contextlib.suppress(OSError):
            member.sendall(self._attack.words)
        self._members[member.fileno()] = member
        return member

    def _drip(self) -> None:
        while not self._over.wait(DRIP_S):
            for member in list(self._members.values()):
                with contextlib.suppress(OSError):
                    member.send(b"X", socket.MSG_DONTWAIT)


def main() -> None:
    port, token, name, number = sys.argv[1:]
    crowd = Crowd(("127.0.0.1", int(port)), attacks(token)[name])
    crowd.gather(int(number))
    print(GATHERED, flush=True)
    crowd.come_again()
    print(f"{CAME_AGAIN}{crowd.came_again}", flush=True)
    crowd.leave()


if __name__ == "__main__":
    main()
