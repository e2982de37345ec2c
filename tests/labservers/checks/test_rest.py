"""A wait that ends when the program rests."""

import math
import socket
import threading
import time
from collections.abc import Callable, Collection

from labservers.checks import rest
from labservers.checks.client import Client, Timeline
from labservers.checks.far_ends import Pair
from labservers.checks.subject import Subject
from tests.labservers.checks.rig import serving

Make = Callable[..., Subject]

LATE = """
    import socket, threading
    server = socket.create_server(("127.0.0.1", PORT))
    first, _ = server.accept()
    second, _ = server.accept()
    while first.recv(1024):
        pass
    threading.Event().wait()
"""
BUSY = """
    import socket
    server = socket.create_server(("127.0.0.1", PORT))
    while True:
        pass
"""


class Restless:
    """Rests at the third look."""

    def __init__(self) -> None:
        self.looks = 0

    def rests(self, pairs: Collection[Pair]) -> bool:
        self.looks += 1
        return self.looks == 3


def test_it_ends_as_soon_as_the_program_rests_and_reads_what_has_come() -> None:
    closed = threading.Event()

    def serve(sock: socket.socket) -> None:
        sock.sendall(b"hello")
        sock.close()
        closed.set()

    with serving(serve) as address:
        client = Client(address, Timeline())
        client.connect(30)
        assert closed.wait(30)
        client.receive(30.0, lambda got: len(got) == 5)
        program = Restless()
        rest.of(program)([client], math.inf)
        assert program.looks == 3
        assert client.ended  # nobody has waited for it
        client.close()


def test_where_the_inside_is_not_seen_it_takes_all_of_the_time() -> None:
    began = time.monotonic()
    rest.flat([], 0.02)
    assert time.monotonic() - began >= 0.02


def test_a_program_rests_when_it_has_read_all_and_waits_for_more(
    subject: Make, eventually: Callable[..., object]
) -> None:
    """It reads what its first client says when it has accepted a second one."""
    program = subject(LATE)
    assert program.start() is None
    eventually(lambda: program.rests([]), "it waits in accept()")
    assert program.address is not None
    first, second = (Client(program.address, Timeline()) for _ in range(2))
    pairs = connected(first)
    eventually(lambda: program.rests(pairs), "it waits in accept() again")
    first.send(b"abc")
    assert not program.rests(pairs)
    eventually(lambda: program.rests([]), "none of its threads has anything to do")
    pairs += connected(second)
    eventually(lambda: program.rests(pairs), "it has read what was sent")
    first.finish()
    eventually(lambda: program.rests(pairs), "it has read the end")
    first.close()
    second.close()


def connected(client: Client) -> list[Pair]:
    assert client.connect(30)
    assert client.pair is not None
    return [client.pair]


def test_one_that_is_at_work_does_not_rest(subject: Make) -> None:
    program = subject(BUSY)
    assert program.start() is None
    assert not any(program.rests([]) for _ in range(20))
