"""The requests of wrk, read off the wire by a server that keeps every one."""

import re
import socketserver
import threading
import time
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from bench import turns
from bench.wrk import Ask
from labservers.checks.patience import strain

SECONDS = 3  # of turns
ANSWER = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n%s\r\nok"
LENGTH = re.compile(rb"Content-Length: (\d+)")
TARGET = re.compile(rb"^(GET|POST) /subjects/(\d{3})\?n=(\d{9}) HTTP/1\.1\r\n")


class Keeper(socketserver.ThreadingTCPServer):
    """Answers every request, and keeps its bytes."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self) -> None:
        self.requests: list[bytes] = []
        self.connections = 0
        super().__init__(("127.0.0.1", 0), Asked)

    @property
    def port(self) -> int:
        return int(self.server_address[1])


class Asked(socketserver.StreamRequestHandler):
    server: Keeper

    def handle(self) -> None:
        self.server.connections += 1
        try:
            while request := self._request():
                self.server.requests.append(request)
                closing = b"Connection: close\r\n" in request
                self.wfile.write(ANSWER % (b"Connection: close\r\n" if closing else b""))
                if closing:
                    return
        except ConnectionError:
            pass  # wrk leaves as soon as its time is over

    def _request(self) -> bytes:
        head = b""
        while not head.endswith(b"\r\n\r\n"):
            if not (line := self.rfile.readline()):
                return b""
            head += line
        length = LENGTH.search(head)
        return head + (self.rfile.read(int(length[1])) if length else b"")


@pytest.fixture
def keeper(need: Callable[[str], str]) -> Iterator[Keeper]:
    need("wrk")
    with Keeper() as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


class Served(NamedTuple):
    """The server by one of its names."""

    name: str
    port: int

    def cpu_s(self) -> float:
        return time.process_time()


def asked(keeper: Keeper, ask: Ask) -> list[bytes]:
    """What came from two loads in turns, of a second each."""
    servers = [Served(name, keeper.port) for name in ("one", "other")]
    found = turns.looks(servers, ask, seconds=SECONDS, connections=2, core=None)
    for look in found.values():
        assert isinstance(look, turns.Look)
        assert look.report.clean
        assert look.report.load_busy > 0
        assert (
            look.report.seconds < 2 * SECONDS * strain()
        )  # it stood still while the other one had its turns
        assert look.server_busy > 0
    assert len(found) == 2
    return list(keeper.requests)  # the last ones of wrk may still be on their way


@pytest.mark.parametrize("ask", [Ask.GET, Ask.CLOSE, Ask.POST])
def test_no_request_comes_twice(keeper: Keeper, ask: Ask) -> None:
    requests = asked(keeper, ask)
    assert len(set(requests)) == len(requests) > 100
    assert len({len(request) for request in requests}) == 1
    found = [TARGET.match(request) for request in requests]
    students = {match[2] for match in found if match}
    assert all(found)
    assert len(students) >= 100
    for match, request in zip(found, requests, strict=True):
        assert match
        assert b"\r\nX-Request-Id: %s\r\n" % match[3] in request


def test_the_same_bytes_again(keeper: Keeper) -> None:
    assert len(set(asked(keeper, Ask.AGAIN))) == 2  # each run has its own


def test_every_form_is_another_one(keeper: Keeper) -> None:
    bodies = [request.partition(b"\r\n\r\n")[2] for request in asked(keeper, Ask.POST)]
    assert all(re.fullmatch(rb"subject=Maths\+\d{9}&grade=5", body) for body in bodies)
    assert len(set(bodies)) == len(bodies)


def test_a_connection_for_each_request(keeper: Keeper) -> None:
    requests = asked(keeper, Ask.CLOSE)
    assert keeper.connections >= len(requests)
