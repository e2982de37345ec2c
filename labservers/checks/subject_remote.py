"""A server that already runs, in any language: judged from outside alone."""

from __future__ import annotations

import socket
import time
from collections.abc import Collection
from pathlib import Path

from labservers.checks import ports
from labservers.checks.far_ends import Pair
from labservers.checks.figures import Work
from labservers.checks.subject import Lost, Mark
from labservers.checks.values import Address, Death, Stand
from labservers.net.addresses import connect_host, is_local

CONNECT_S = 2.0
AGAIN_S = 0.2


class Remote:
    """It is never started, ended or restarted; nothing of its inside is known."""

    inside = False
    returncode: int | None = None
    listened_s: float | None = None
    waited_s = 0.0

    def __init__(self, address: Address) -> None:
        self.address: Address | None = address
        self._at = address

    def start(self) -> str | None:
        return None if self.serving() else "nobody-listens"

    def restart(self, folder: Path | None = None) -> str | None:
        return self.start()

    def asks_for_answers(self) -> str | None:
        return None

    def called(self) -> frozenset[str]:
        return frozenset()

    def start_again(self, listen_s: float | None = None) -> str | None:
        return self.start()

    @property
    def alive(self) -> bool:
        return True

    def serving(self, ends_s: float = CONNECT_S) -> bool:
        """Whether connections are taken: the kernel's table says it of this machine, without a
        connection that would be a client; elsewhere one is tried."""
        if self._at.datagram:
            return True
        until = time.monotonic() + ends_s
        while not self._open():
            if time.monotonic() >= until:
                return False
            time.sleep(AGAIN_S)
        return True

    def _open(self) -> bool:
        host = connect_host(self._at.host)
        family = socket.AF_INET6 if ":" in host else socket.AF_INET
        try:
            if is_local((host, 0), family):
                return ports.taken(self._at)
            socket.create_connection((host, self._at.port), CONNECT_S).close()
        except OSError:
            return False
        return True

    def lost_port(self) -> Lost | None:
        return None

    def wait(self, timeout_s: float) -> bool:
        time.sleep(timeout_s)
        return not self._at.datagram and not self._open()

    def mark(self) -> Mark:
        return Mark(0, 0)

    def deaths(self, mark: Mark) -> tuple[Death, ...]:
        return ()

    def settle(self, mark: Mark, told_s: float = 0.0) -> tuple[Death, ...]:
        return ()

    def stands(self) -> tuple[Stand, ...]:
        return ()

    def rests(self, pairs: Collection[Pair]) -> bool:
        return False

    def descriptors(self) -> int | None:
        return None

    def threads(self) -> int | None:
        return None

    def work(self) -> Work | None:
        return None

    def interrupt(self) -> None: ...

    def end(self) -> None: ...

    def close(self) -> None: ...
