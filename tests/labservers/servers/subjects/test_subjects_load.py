"""The subjects server under load, as a process of its own: memory, and nobody waits for others.

How fast it is meanwhile is measured in bench/ (`idle`), and not here: that varies with what else
runs on the machine.
"""

import itertools
import re
import resource
import socket
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

IDLE = 10_000
ACTIVE = 32
GET = b"GET /subjects/1 HTTP/1.1\r\nHost: a\r\n\r\n"
END_OF_PAGE = b"</html>\n"

pytestmark = pytest.mark.skipif(
    not sys.platform.startswith("linux"), reason="the figures come from Linux's /proc"
)


class Process:
    """A controlled server, its address and the kernel's figures of it."""

    def __init__(self, child: Any) -> None:
        self.child = child
        self.address = child.address

    def own_kib(self) -> int:
        """Memory of its own. The share of what it has in common with others (Pss of proc(5)) grows
        whenever one of those ends."""
        text = Path(f"/proc/{self.child.pid}/smaps_rollup").read_text()
        found = re.search(r"^Anonymous:\s+(\d+) kB", text, re.MULTILINE)
        assert found
        return int(found[1])


@pytest.fixture
def start(controlled: Callable[..., Any], tmp_path: Path) -> Callable[[], Process]:
    folders = (str(tmp_path / str(number)) for number in itertools.count())
    return lambda: Process(controlled("subjects", "--data-dir", next(folders)))


@pytest.fixture
def descriptors() -> Iterator[int]:
    """How many connections this process may open; the limit is put back after the test."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (hard, hard))
    yield hard - 200
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


def ask(sock: socket.socket, request: bytes = GET) -> bytes:
    sock.sendall(request)
    return answer_of(sock)


def answer_of(sock: socket.socket) -> bytes:
    answer = bytearray()
    while not answer.endswith(END_OF_PAGE):
        piece = sock.recv(65_536)
        assert piece, bytes(answer)
        answer += piece
    return bytes(answer)


def connected(address: tuple[str, int], count: int) -> list[socket.socket]:
    """Open connections that have had one request answered each."""
    opened = [socket.create_connection(address, 30) for _ in range(count)]
    for sock in opened:
        ask(sock)
    return opened


def test_ten_thousand_idle_connections_are_small_and_keep_nobody_from_an_answer(
    start: Callable[[], Process], descriptors: int
) -> None:
    if descriptors < IDLE + ACTIVE:
        pytest.skip(f"only {descriptors} descriptors are allowed here (ulimit -Hn)")
    server = start()
    active = connected(server.address, ACTIVE)  # its memory is that of one at work
    before = server.own_kib()
    idle = [sock for _ in range(IDLE // 200) for sock in connected(server.address, 200)]
    try:
        assert (server.own_kib() - before) / len(idle) <= 2.0, "KiB a connection"
        newest = idle[-ACTIVE:]  # the oldest may have been shown out as silent by now
        active += connected(server.address, ACTIVE)
        for together in (active[ACTIVE:], newest):
            for sock in together:
                sock.sendall(GET)
            assert {answer_of(sock)[:12] for sock in together} == {b"HTTP/1.1 200"}
    finally:
        for sock in [*idle, *active]:
            sock.close()


def test_slow_headers_do_not_make_others_wait(start: Callable[[], Process]) -> None:
    server = start()
    slow = [socket.create_connection(server.address, 30) for _ in range(200)]
    try:
        (client,) = connected(server.address, 1)
        for byte in (b"G", b"E", b"T"):
            for other in slow:
                other.sendall(byte)
                assert ask(client).startswith(b"HTTP/1.1 200")  # within the socket's 10 s
        client.close()
    finally:
        for sock in slow:
            sock.close()


def test_connections_that_were_closed_leave_no_memory_behind(start: Callable[[], Process]) -> None:
    server = start()

    def come_and_go(count: int) -> None:
        for _ in range(count):
            with socket.create_connection(server.address, 30) as sock:
                ask(sock)

    come_and_go(500)
    before = server.own_kib()
    come_and_go(8_000)
    assert server.own_kib() - before < 1_500, "KiB after 8,000 connections"
