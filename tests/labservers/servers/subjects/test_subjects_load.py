"""The subjects server under load, as a process of its own: memory, speed and fairness.

How fast it is, is measured in bench/. Here only what would be wrong by a multiple is found, so the
bounds are wide: other work on the same machine must not turn them red.
"""

import itertools
import re
import resource
import socket
import statistics
import sys
import time
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

    def proportional_kib(self) -> int:
        """Its own memory, and its share of the memory in common (proc(5), Pss)."""
        text = Path(f"/proc/{self.child.pid}/smaps_rollup").read_text()
        found = re.search(r"^Pss:\s+(\d+) kB", text, re.MULTILINE)
        assert found
        return int(found[1])

    def processor_s(self) -> float:
        """The processor time of its main thread, the loop's, so far."""
        spent = Path(f"/proc/{self.child.pid}/schedstat").read_text().split()[0]
        return int(spent) / 1e9


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
    opened = [socket.create_connection(address, 10) for _ in range(count)]
    for sock in opened:
        ask(sock)
    return opened


def cost_us(process: Process, active: list[socket.socket], rounds: int = 60) -> float:
    """The server's processor time for a request, while all active clients ask at once."""
    before = process.processor_s()
    for _ in range(rounds):
        for sock in active:
            sock.sendall(GET)
        for sock in active:
            answer_of(sock)
    return (process.processor_s() - before) / (rounds * len(active)) * 1e6


def test_ten_thousand_idle_connections_are_small_and_slow_down_nobody(
    start: Callable[[], Process], descriptors: int
) -> None:
    if descriptors < IDLE + 2 * ACTIVE:
        pytest.skip(f"only {descriptors} descriptors are allowed here (ulimit -Hn)")
    crowded, alone = start(), start()
    active = connected(crowded.address, ACTIVE)  # its memory is that of one at work
    before = crowded.proportional_kib()
    idle = [sock for _ in range(IDLE // 200) for sock in connected(crowded.address, 200)]
    try:
        assert (crowded.proportional_kib() - before) / len(idle) <= 2.0, "KiB a connection"
        # Now, or they would be shown out as silent ones where opening the others takes long.
        among_idle = connected(crowded.address, ACTIVE)
        on_their_own = connected(alone.address, ACTIVE)
        active += among_idle + on_their_own
        pairs = [(cost_us(crowded, among_idle), cost_us(alone, on_their_own)) for _ in range(3)]
        ratio = max(theirs / ours for ours, theirs in pairs)
        assert ratio >= 0.7, f"{ratio:.3f} of the throughput without idle connections"
    finally:
        for sock in [*idle, *active]:
            sock.close()


def test_slow_headers_do_not_make_others_wait(start: Callable[[], Process]) -> None:
    server = start()
    slow = [socket.create_connection(server.address, 10) for _ in range(200)]
    try:
        (client,) = connected(server.address, 1)
        p99_s = []
        for byte in (b"G", b"E", b"T"):
            waits = []
            for other in slow:
                other.sendall(byte)
                began = time.perf_counter()
                ask(client)
                waits.append(time.perf_counter() - began)
            p99_s.append(statistics.quantiles(waits, n=100)[98])
        assert min(p99_s) < 0.050
        client.close()
    finally:
        for sock in slow:
            sock.close()


def test_connections_that_were_closed_leave_no_memory_behind(start: Callable[[], Process]) -> None:
    server = start()

    def come_and_go(count: int) -> None:
        for _ in range(count):
            with socket.create_connection(server.address, 10) as sock:
                ask(sock)

    come_and_go(500)
    before = server.proportional_kib()
    come_and_go(8_000)
    assert server.proportional_kib() - before < 1_500, "KiB after 8,000 connections"
