"""An experiment's process: each kind of client as a server sees it, and how it ends."""

import base64
import itertools
import json
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any

import psutil
import pytest

from labservers.clients.crowd.driver import READ, Client, Crowd, Ready
from labservers.clients.crowd.visitors import CROWD_HOST, KINDS, Talk, burst
from tests.ports import V6

ROOT = Path(__file__).resolve().parents[3]
PATIENCE_S = 10.0


@pytest.fixture
def listener() -> Iterator[socket.socket]:
    with socket.create_server(("127.0.0.1", 0), backlog=64) as sock:
        sock.settimeout(PATIENCE_S)
        yield sock


def run(clients: Any, seconds: float = PATIENCE_S) -> Crowd:
    crowd = Crowd(clients, time.monotonic() + seconds)
    crowd.run(lambda: None)
    return crowd


def test_a_client_is_told_whether_its_wait_was_in_time() -> None:
    ours, theirs = socket.socketpair()
    told = []

    def client() -> Client:
        told.append((yield Ready(READ, ours, 0.02)))
        theirs.send(b"x")
        told.append((yield Ready(READ, ours, PATIENCE_S)))
        told.append((yield 0.01))

    with ours, theirs:
        crowd = run([client()])
    assert told == [False, True, False]
    assert (crowd.done, crowd.failed) == (1, 0)


def test_one_that_breaks_is_counted_and_the_others_go_on() -> None:
    def broken() -> Client:
        yield 0.0
        raise ConnectionResetError

    def whole() -> Client:
        yield 0.02

    crowd = run([broken(), whole(), broken()])
    assert (crowd.done, crowd.failed) == (1, 2)


def test_what_is_left_when_the_time_is_up_is_closed() -> None:
    closed = []

    def client() -> Client:
        try:
            yield 60.0
        finally:
            closed.append(True)

    crowd = run([client(), client()], 0.05)
    assert (crowd.done, closed) == (0, [True, True])


def test_a_watched_socket_that_ends_ends_the_crowd() -> None:
    def client() -> Client:
        yield 60.0

    ours, theirs = socket.socketpair()
    with ours:
        theirs.close()
        crowd = Crowd([client()], time.monotonic() + 60)
        crowd.watch(ours)
        began = time.monotonic()
        crowd.run(lambda: None)
    assert time.monotonic() - began < 30


class Process:
    """`python -m labservers.clients.crowd` with a plan."""

    def __init__(self, kind: str, **plan: Any) -> None:
        self.ours, theirs = socket.socketpair()
        text = json.dumps({"kind": kind, **plan})
        words = ["--channel", str(theirs.fileno()), text]
        self.child = subprocess.Popen(
            [sys.executable, "-m", "labservers.clients.crowd", *words],
            cwd=ROOT,
            pass_fds=[theirs.fileno()],
            stdout=subprocess.PIPE,
        )
        theirs.close()

    def __enter__(self) -> "Process":
        return self

    def __exit__(self, *_: object) -> None:
        self.ours.close()
        self.child.communicate(timeout=PATIENCE_S)


def plan(listener: socket.socket, n: int = 1, request: bytes = b"hello\n") -> dict[str, Any]:
    host, port = listener.getsockname()
    text = base64.b64encode(request).decode()
    return {"host": host, "port": port, "n": n, "request": text}


def received(listener: socket.socket) -> tuple[socket.socket, bytes]:
    connection, _ = listener.accept()
    connection.settimeout(PATIENCE_S)
    return connection, connection.recv(1_000)


def test_half_a_request_comes_and_nothing_more(listener: socket.socket) -> None:
    with Process("half", **plan(listener, request=b"GET / HTTP/1.1\r\n\r\n")):
        connection, data = received(listener)
        with connection:
            assert data == b"GET / HTT"
            connection.settimeout(0.2)
            with pytest.raises(TimeoutError):
                connection.recv(1)


def test_clients_come_from_an_address_of_their_own(listener: socket.socket) -> None:
    with Process("silent", **plan(listener)):
        connection, address = listener.accept()
        connection.close()
    assert address[0] == CROWD_HOST


def test_a_reset_comes_after_the_request(listener: socket.socket) -> None:
    with Process("reset", **plan(listener)):
        connection, data = received(listener)
        with connection:
            assert data == b"hello\n"
            with pytest.raises(ConnectionResetError):
                connection.recv(1)


def test_a_request_that_is_not_utf8_waits_for_its_answer_and_leaves(
    listener: socket.socket,
) -> None:
    with Process("not_utf8", **plan(listener)):
        connection, data = received(listener)
        with connection:
            assert data == b"\xffhello\n"
            assert connection.recv(1) == b""


def test_a_client_asks_takes_the_answer_and_leaves(listener: socket.socket) -> None:
    with Process("clients", **plan(listener)):
        for _ in range(2):  # it comes again
            connection, data = received(listener)
            with connection:
                assert data == b"hello\n"
                connection.sendall(b"HELLO\n")
                assert connection.recv(1) == b""


def sent_until_it_blocks(connection: socket.socket) -> int:
    sent = 0
    with suppress(BlockingIOError):
        while sent < 64 * 1024 * 1024:
            sent += connection.send(bytes(65_536))
    return sent


def test_slow_readers_fill_what_waits_to_be_sent(listener: socket.socket) -> None:
    with Process("slow_reader", **plan(listener)):
        connection, _ = received(listener)
        with connection:
            connection.setblocking(False)
            assert 0 < sent_until_it_blocks(connection) < 16 * 1024 * 1024


def test_a_storm_connects_and_is_gone(listener: socket.socket) -> None:
    with Process("storm", **plan(listener, n=20)):
        for _ in range(20):
            connection, data = received(listener)
            connection.close()
            assert data == b""


def test_progress_is_told_and_sigterm_ends_it(
    listener: socket.socket, eventually: Callable[..., Any]
) -> None:
    with Process("silent", **plan(listener, n=3)) as crowd:
        connections = [listener.accept()[0] for _ in range(3)]
        crowd.child.send_signal(signal.SIGTERM)
        assert crowd.child.wait(PATIENCE_S) == 0
        for connection in connections:
            with connection:
                assert connection.recv(1) == b""
        assert crowd.child.stdout
        lines = crowd.child.stdout.read().splitlines()
        assert json.loads(lines[-1]) == {"done": 0, "failed": 0}


def test_a_server_that_is_gone_is_a_failure(listener: socket.socket) -> None:
    where = plan(listener, n=4)
    listener.close()
    with Process("reset", **where) as crowd:
        assert crowd.child.wait(PATIENCE_S) == 0
        assert crowd.child.stdout
        assert json.loads(crowd.child.stdout.read().splitlines()[-1])["failed"] == 4


def test_a_freeze_ends_when_the_dashboard_is_gone(eventually: Callable[..., Any]) -> None:
    sleeper = subprocess.Popen([sys.executable, "-c", "input()"], stdin=-1, start_new_session=True)
    process = psutil.Process(sleeper.pid)
    try:
        with Process("freeze", pid=sleeper.pid) as crowd:
            eventually(lambda: process.status() == psutil.STATUS_STOPPED, "it stands still")
            crowd.ours.close()
            eventually(lambda: process.status() != psutil.STATUS_STOPPED, "it goes on")
            assert crowd.child.wait(PATIENCE_S) == 0
    finally:
        sleeper.kill()
        sleeper.communicate()


def test_only_a_request_of_the_catalogue_is_numbered() -> None:
    talk = Talk("127.0.0.1", 1, datagrams=False, request=b"{n}")
    assert talk.next_request() == b"{n}"
    assert talk._replace(numbered=True).next_request().isdigit()


@V6
def test_every_kind_visits_by_ipv6_as_well() -> None:
    datagrams = socket.socket(socket.AF_INET6, socket.SOCK_DGRAM)
    with datagrams, socket.create_server(("::1", 0), family=socket.AF_INET6) as server:
        datagrams.bind(("::1", 0))
        talk = Talk("::1", server.getsockname()[1], datagrams=False, request=b"hello\n")
        shout = Talk("::1", datagrams.getsockname()[1], datagrams=True, request=b"hello\n")
        kinds = KINDS.keys() - {"burst"}
        visits = [KINDS[kind](talk, 1) for kind in kinds]
        crowd = Crowd(itertools.chain(*visits, burst(shout, 1)), time.monotonic() + PATIENCE_S)
        ours, theirs = socket.socketpair()
        crowd.watch(ours)  # it ends as soon as all have come
        server.settimeout(PATIENCE_S)

        came: list[socket.socket] = []

        def let_in() -> None:
            came.extend(server.accept()[0] for _ in kinds)
            theirs.close()

        letting_in = threading.Thread(target=let_in)
        letting_in.start()
        with ours:
            crowd.run(lambda: None)
        letting_in.join(PATIENCE_S)
        assert (len(came), crowd.failed) == (len(kinds), 0)
        for connection in came:
            connection.close()
