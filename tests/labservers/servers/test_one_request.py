"""Who is waited for, and for how long: the same for the calculator and the page."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.checks.patience import strain
from labservers.clients import exchange
from labservers.servers.hypotenuse import HypotenuseServer
from labservers.servers.page import PageServer
from labservers.servers.visit import Visit

BOTH_MODELS = pytest.mark.parametrize("model", ["threads", "blocking"])
REQUESTS = [("hypotenuse", b'{"a": 3, "b": 4}'), ("page", b"GET / HTTP/1.0\r\n\r\n")]
ASKED = REQUESTS[0][1]


class FourThreads(HypotenuseServer):
    pool_size = 4


def test_when_all_threads_wait_the_oldest_silent_client_goes_first(
    serve: Callable[..., Any], connect: Callable[..., socket.socket]
) -> None:
    server = serve("hypotenuse", make=FourThreads)
    silent = [connect(server.address) for _ in range(8)]
    assert exchange.tcp(*server.address, ASKED).received == b"5.0"
    for oldest in silent[:4]:
        assert oldest.recv(100).startswith(b"error: ")
    silent[-1].sendall(b'{"a": 6, "b": 8}')
    assert silent[-1].recv(100) == b"10.0"


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """This process may open both ends of a thousand connections."""
    resource = pytest.importorskip("resource")
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 4_096
    if hard != resource.RLIM_INFINITY and hard < wanted:
        pytest.skip("no right to 4,096 descriptors")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(soft, wanted), hard))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (soft, hard))


@pytest.mark.parametrize(("name", "request_bytes"), REQUESTS)
def test_a_thousand_silent_clients_end_oldest_first_and_a_new_one_is_answered_at_once(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    many_descriptors: None,
    name: str,
    request_bytes: bytes,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[..., Any],
) -> None:
    for kind in (HypotenuseServer, PageServer):  # longer than anybody here waits
        monkeypatch.setattr(kind, "deadline_s", 300.0)
    server = serve(name)
    silent = [connect(server.address) for _ in range(1_000)]
    eventually(lambda: server.monitor.totals().accepted == 1_000, "all are accepted")
    late = connect(server.address)  # gets a thread, since it takes its time
    eventually(lambda: server.monitor.totals().accepted == 1_001, "accepted as well")
    began = time.monotonic()
    late.sendall(request_bytes)
    assert late.recv(100)[:3] in (b"5.0", b"HTT")
    assert exchange.tcp(*server.address, request_bytes).ended == "reply"
    assert time.monotonic() - began < 2.0 * strain()
    eventually(lambda: len(server.waiting) <= 128, "as many are waited for as there are threads")
    for sock in silent[:872]:
        sock.recv(1000)  # its end, and the refusal
    for sock in silent[900:]:
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.recv(1)
    assert server.frame(1).threads < 128 + 30


class LateThreads(HypotenuseServer):
    """Its two threads come to their clients only when released."""

    pool_size = 2

    def __init__(self, *made_of: Any) -> None:
        super().__init__(*made_of)
        self.ready = threading.Event()

    def serve_client(self, client: Visit) -> None:
        if threading.current_thread().name.startswith("worker"):
            self.ready.wait(30)
        super().serve_client(client)


def test_clients_that_come_faster_than_threads_leave_room_for_the_next_one(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    eventually: Callable[..., Any],
) -> None:
    """With nobody left whose wait could be ended, silent ones in the queue came before it."""
    server = serve("hypotenuse", make=LateThreads)
    silent = [connect(server.address) for _ in range(6)]
    late = connect(server.address)
    eventually(lambda: server.monitor.totals().accepted == 7, "all are accepted")
    late.sendall(ASKED)
    server.ready.set()
    late.settimeout(3 * strain())
    assert late.recv(100) == b"5.0"
    for sock in silent[:5]:
        assert sock.recv(100).startswith(b"error: ")
    silent[5].sendall(b'{"a": 6, "b": 8}')
    assert silent[5].recv(100) == b"10.0"


def test_without_another_thread_it_does_with_those_that_it_has(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[..., Any],
) -> None:
    server = serve("hypotenuse")
    eventually(lambda: "worker 1" in {t.name for t in threading.enumerate()}, "the first thread")
    start, waiting = threading.Thread.start, threading.Event()

    def no_more(thread: threading.Thread) -> None:
        if thread.name.startswith("worker"):
            waiting.set()
            raise RuntimeError("can't start new thread")
        start(thread)

    monkeypatch.setattr(threading.Thread, "start", no_more)
    first, second, third = (connect(server.address) for _ in range(3))
    assert first.recv(100).startswith(b"error: ")
    assert second.recv(100).startswith(b"error: ")
    third.sendall(ASKED)
    assert third.recv(100) == b"5.0"
    assert waiting.is_set()


class Faulty(HypotenuseServer):
    """Breaks at a request that begins with !, and answers ? with more than the kernel takes."""

    pool_size = 2
    deadline_s = 5.0
    write_s = 1.0

    def serve_client(self, client: Visit) -> None:
        data = client.recv(1)
        if data == b"!":
            raise ZeroDivisionError("a fault of ours")
        if data == b"?":
            client.sendall(b"x" * 20_000_000)
            client.close()
            return
        client.start_over() if data else None
        super().serve_client(client)


class Patient(Faulty):
    write_s = 30.0


@BOTH_MODELS
def test_a_fault_of_ours_ends_one_visit_only(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    model: str,
    eventually: Callable[..., Any],
) -> None:
    server = serve("hypotenuse", make=Faulty, model=model)
    for pause in (False, True):
        sock = connect(server.address)
        if pause:
            eventually(lambda: len(server.waiting), "waited for")
        sock.sendall(b"!")
        assert sock.recv(100) == b""
    assert exchange.tcp(*server.address, ASKED).received == b"5.0"
    eventually(lambda: "a fault of ours" in server.lines(), "logged")
    eventually(lambda: server.monitor.totals().counts["failed"] == 2, "counted")


@BOTH_MODELS
def test_a_client_that_does_not_read_is_waited_for_until_its_deadline_only(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    model: str,
    eventually: Callable[..., Any],
) -> None:
    server = serve("hypotenuse", make=Faulty, model=model)
    for _ in range(2):
        connect(server.address).sendall(b"?")
    eventually(lambda: server.monitor.totals().counts["broken"] == 2, "they had their time")
    assert exchange.tcp(*server.address, ASKED).received == b"5.0"


def test_an_answer_that_is_larger_than_what_the_kernel_takes_arrives_whole_and_once(
    serve: Callable[..., Any], connect: Callable[..., socket.socket]
) -> None:
    server = serve("hypotenuse", make=Patient)
    sock = connect(server.address)
    sock.sendall(b"?")
    received = bytearray()
    while data := sock.recv(1_000_000):
        received += data
    assert received == b"x" * 20_000_000


def test_a_client_that_does_not_read_makes_room_as_well(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    eventually: Callable[..., Any],
) -> None:
    server = serve("hypotenuse", make=Patient)
    for _ in range(2):
        connect(server.address).sendall(b"?")
    eventually(lambda: [row.state for row in server.rows().rows] == ["writing"] * 2, "written to")
    late = connect(server.address)
    eventually(
        lambda: server.monitor.totals().accepted == 3 and len(server.waiting) == 2, "waited for"
    )
    late.sendall(ASKED)
    late.settimeout(3 * strain())
    assert late.recv(100) == b"5.0"


class Hasty(HypotenuseServer):
    deadline_s = 0.3


def test_in_the_blocking_model_dripping_clients_take_one_deadline_each_and_not_more(
    serve: Callable[..., Any], connect: Callable[..., socket.socket]
) -> None:
    server = serve("hypotenuse", make=Hasty, model="blocking")
    dripping = connect(server.address)
    ended = threading.Event()

    def drip() -> None:
        with contextlib.suppress(OSError):
            while not ended.wait(0.0001):  # so that there always is something to read
                dripping.sendall(b" ")

    thread = threading.Thread(target=drip)
    thread.start()
    began = time.monotonic()
    assert exchange.tcp(*server.address, ASKED).received == b"5.0"
    assert time.monotonic() - began < 2.0 * strain()
    ended.set()
    thread.join(30)
    assert b"not complete" in dripping.recv(200)


@BOTH_MODELS
def test_a_request_that_has_begun_has_some_time_after_stop(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    model: str,
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[..., Any],
) -> None:
    monkeypatch.setattr("labservers.servers.one_request.STOP_GRACE_S", 30.0)
    monkeypatch.setattr("labservers.servers.one_request.CUT_S", 29.0)
    server = serve("hypotenuse", model=model)
    begun = connect(server.address)
    begun.sendall(b'{"a": 3, ')
    eventually(lambda: server.frame(1).bytes_in == 9, "it is waited for")
    server.stop()
    begun.sendall(b'"b": 4}')
    assert begun.recv(100) == b"5.0"
