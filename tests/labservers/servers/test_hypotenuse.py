"""The calculator: any segmentation, every bad input in words, nobody waits for a silent client."""

import json
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.clients import exchange
from labservers.protocols.hypotenuse import Answer, Conversation

LEGS = st.floats(0, 1e300, allow_nan=False)
BOTH_MODELS = pytest.mark.parametrize("model", ["threads", "blocking"])


@given(LEGS, LEGS, st.sampled_from(["", "\n", " \n", "\r\n"]), st.booleans())
def test_the_same_answer_whole_and_byte_by_byte(a: float, b: float, end: str, mark: bool) -> None:
    data = (b"\xef\xbb\xbf" if mark else b"") + (json.dumps({"a": a, "b": b}) + end).encode()
    whole = Conversation().receive(data)
    assert whole is not None
    assert whole.good
    talk = Conversation()
    answers = [talk.receive(data[i : i + 1]) for i in range(data.rindex(b"}") + 1)]
    assert answers[:-1] == [None] * (len(answers) - 1)
    assert answers[-1] is not None
    assert answers[-1].data.strip() == whole.data.strip()


@pytest.mark.parametrize(
    ("request_text", "answer"),
    [
        ('{"a": 3, "b": 4}', "5.0"),
        ('{"a": 3, "b": 4}\n', "5.0\n"),
        ('{"a": 0, "b": 0}', "0.0"),
        ('{"a": 3e200, "b": 4e200}', str(math.hypot(3e200, 4e200))),
        ('{"b": 4,\n "a": 3\n}\n', "5.0\n"),
    ],
)
def test_answers(serve: Callable[..., Any], request_text: str, answer: str) -> None:
    server = serve("hypotenuse")
    done = exchange.tcp(*server.address, request_text.encode())
    assert done.received.decode() == answer


WRONG = [
    "",
    "nonsense",
    "nonsense\n",
    '{"a": 3, "b"',
    '{"a": 3\n"b": 4}',
    "[3, 4]",
    "3",
    '{"a": 3}',
    '{"a": 3, "b": 4, "c": 5}',
    '{"a": "3", "b": 4}',
    '{"a": true, "b": 4}',
    '{"a": null, "b": 4}',
    '{"a": [3], "b": 4}',
    '{"a": NaN, "b": 4}',
    '{"a": Infinity, "b": 4}',
    '{"a": -3, "b": 4}',
    '{"a": 1e400, "b": 4}',
    '{"a": 1' + "0" * 400 + ', "b": 4}',
    '{"a": 3, "b": 4}{"a": 3, "b": 4}',
    "[" * 60_000,
    '{"a":' * 5_000,
    " " * 70_000,
    "\x00",
]


@BOTH_MODELS
def test_whatever_is_wrong_is_said_in_one_line(serve: Callable[..., Any], model: str) -> None:
    server = serve("hypotenuse", model=model)
    for text in WRONG:
        done = exchange.tcp(*server.address, text.encode())
        assert done.received.startswith(b"error: "), (text[:40], done)
        assert done.received.endswith(b"\n")
        assert done.received.count(b"\n") == 1
    assert exchange.tcp(*server.address, b"\xff\xfe").received.startswith(b"error: ")
    assert exchange.tcp(*server.address, b'{"a": 3, "b": 4}').received == b"5.0"


@BOTH_MODELS
def test_a_request_in_segments_and_the_labs_client(
    serve: Callable[..., Any], connect: Callable[..., socket.socket], model: str
) -> None:
    server = serve("hypotenuse", model=model)
    sock = connect(server.address)
    for byte in b'{"a": 5, "b": 12}':
        sock.send(bytes([byte]))
    assert float(sock.recv(1024).decode()) == 13.0


def test_silent_and_half_clients_hold_up_nobody(
    serve: Callable[..., Any], connect: Callable[..., socket.socket]
) -> None:
    server = serve("hypotenuse")
    for _ in range(20):
        connect(server.address)
    for _ in range(5):
        connect(server.address).sendall(b'{"a": 3,')
    done = exchange.tcp(*server.address, b'{"a": 3, "b": 4}')
    assert done.received == b"5.0"
    assert done.microseconds < 1_000_000


def test_when_all_threads_wait_the_oldest_silent_client_goes_first(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("labservers.servers.one_request.POOL_SIZE", 4)
    server = serve("hypotenuse")
    silent = [connect(server.address) for _ in range(8)]
    assert exchange.tcp(*server.address, b'{"a": 3, "b": 4}').received == b"5.0"
    for oldest in silent[:4]:
        assert oldest.recv(100).startswith(b"error: ")
    silent[-1].sendall(b'{"a": 6, "b": 8}')
    assert silent[-1].recv(100) == b"10.0"


def test_blocking_makes_the_next_client_wait_until_the_deadline(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("labservers.servers.hypotenuse.HypotenuseServer.deadline_s", 0.4)
    server = serve("hypotenuse", model="blocking")
    began = time.monotonic()
    silent = connect(server.address)
    assert exchange.tcp(*server.address, b'{"a": 3, "b": 4}').received == b"5.0"
    assert time.monotonic() - began >= 0.3
    assert b"not complete" in silent.recv(200)


@BOTH_MODELS
def test_resets_and_those_who_never_read_hurt_nobody(
    serve: Callable[..., Any], model: str, eventually: Callable[..., Any]
) -> None:
    server = serve("hypotenuse", model=model)
    for _ in range(20):
        sock = socket.create_connection(server.address, 5)
        sock.sendall(b'{"a": 3, "b": 4}')
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
    assert exchange.tcp(*server.address, b'{"a": 3, "b": 4}').received == b"5.0"
    eventually(lambda: server.frame(1).connections == 0, "all are gone")


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


REQUESTS = [("hypotenuse", b'{"a": 3, "b": 4}'), ("page", b"GET / HTTP/1.0\r\n\r\n")]


@pytest.mark.parametrize(("name", "request_bytes"), REQUESTS)
def test_a_thousand_silent_clients_end_oldest_first_and_a_new_one_is_answered_at_once(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    many_descriptors: None,
    name: str,
    request_bytes: bytes,
    eventually: Callable[..., Any],
) -> None:
    server = serve(name)
    silent = [connect(server.address) for _ in range(1_000)]
    eventually(lambda: server.monitor.accepted == 1_000, "all are accepted")
    late = connect(server.address)  # who gets a thread, since it takes its time
    eventually(lambda: server.monitor.accepted == 1_001, "accepted as well")
    began = time.monotonic()
    late.sendall(request_bytes)
    assert late.recv(100)[:3] in (b"5.0", b"HTT")
    assert exchange.tcp(*server.address, request_bytes).ended == "reply"
    assert time.monotonic() - began < 2.0
    eventually(lambda: len(server._waiting) <= 128, "as many are waited for as there are threads")
    for sock in silent[:872]:
        sock.recv(1000)  # its end, and what it is told
    for sock in silent[900:]:
        sock.setblocking(False)
        with pytest.raises(BlockingIOError):
            sock.recv(1)
    assert server.frame(1).threads < 128 + 30


def test_clients_that_come_faster_than_threads_leave_room_for_the_next_one(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[..., Any],
) -> None:
    """With nobody left whose wait could be ended, silent ones in the queue came before it."""
    monkeypatch.setattr("labservers.servers.one_request.POOL_SIZE", 2)
    server = serve("hypotenuse")
    wait_through, ready = server._wait_through, threading.Event()
    server._wait_through = lambda visit: (ready.wait(10), wait_through(visit))
    silent = [connect(server.address) for _ in range(6)]
    late = connect(server.address)
    eventually(lambda: server.monitor.accepted == 7, "all are accepted")
    late.sendall(b'{"a": 3, "b": 4}')
    ready.set()
    late.settimeout(3)
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
    eventually(lambda: len(server._workers._threads) == 1, "the first thread")
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
    third.sendall(b'{"a": 3, "b": 4}')
    assert third.recv(100) == b"5.0"
    assert waiting.is_set()


@BOTH_MODELS
def test_a_fault_of_ours_ends_one_visit_only(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    model: str,
    eventually: Callable[..., Any],
) -> None:
    server = serve("hypotenuse", model=model)
    converse = server.converse

    class Broken(Conversation):
        def receive(self, data: bytes) -> None:
            raise ZeroDivisionError("a fault of ours")

    server.converse = Broken
    for pause in (False, True):
        sock = connect(server.address)
        if pause:
            eventually(lambda: server._waiting, "waited for")
        sock.sendall(b"{")
        assert sock.recv(100) == b""
    server.converse = converse
    assert exchange.tcp(*server.address, b'{"a": 3, "b": 4}').received == b"5.0"
    eventually(lambda: "a fault of ours" in server.lines(), "logged")


class Endless(Conversation):
    """Answers with more than the kernel takes from it at once."""

    def receive(self, data: bytes) -> Answer | None:
        return Answer(b"x" * 20_000_000, True)


@BOTH_MODELS
def test_who_does_not_read_the_answer_is_waited_for_until_its_deadline_only(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
    model: str,
    eventually: Callable[..., Any],
) -> None:
    monkeypatch.setattr("labservers.servers.one_request.WRITE_S", 0.3)
    server = serve("hypotenuse", model=model)
    converse, server.converse = server.converse, Endless
    for _ in range(3):
        connect(server.address).sendall(b"{")
    eventually(lambda: server.monitor.accepted == 3, "all are answered", 10)
    server.converse = converse
    assert exchange.tcp(*server.address, b'{"a": 3, "b": 4}').received == b"5.0"
    eventually(lambda: server.monitor.counts["broken"] == 3, "they had their time")


def test_who_does_not_read_makes_room_as_well(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[..., Any],
) -> None:
    monkeypatch.setattr("labservers.servers.one_request.POOL_SIZE", 2)
    server = serve("hypotenuse")
    converse, server.converse = server.converse, Endless
    deaf = [connect(server.address) for _ in range(2)]
    for sock in deaf:
        sock.sendall(b"{")
    eventually(
        lambda: [c.state for c in server.monitor._open.values()] == ["writing"] * 2, "written to"
    )
    server.converse = converse
    late = connect(server.address)
    eventually(lambda: len(server._waiting) == 2, "it is waited for")
    late.sendall(b'{"a": 3, "b": 4}')
    late.settimeout(3)
    assert late.recv(100) == b"5.0"


def test_in_the_blocking_model_dripping_clients_take_one_deadline_each_and_not_more(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("labservers.servers.hypotenuse.HypotenuseServer.deadline_s", 0.3)
    server = serve("hypotenuse", model="blocking")
    dripping = connect(server.address)
    ended = threading.Event()

    def drip() -> None:
        try:
            while not ended.wait(0.02):
                dripping.sendall(b" ")
        except OSError:
            pass

    thread = threading.Thread(target=drip)
    thread.start()
    began = time.monotonic()
    assert exchange.tcp(*server.address, b'{"a": 3, "b": 4}').received == b"5.0"
    assert time.monotonic() - began < 2.0
    ended.set()
    thread.join(5)
    assert b"not complete" in dripping.recv(200)


@BOTH_MODELS
def test_stop_does_not_wait_for_a_silent_client(
    serve: Callable[..., Any], connect: Callable[..., socket.socket], model: str
) -> None:
    server = serve("hypotenuse", model=model)
    connect(server.address)
    assert server.frame(1).accept_limit  # the fixture stops it and wants it to end
