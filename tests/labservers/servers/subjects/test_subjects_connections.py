"""The subjects server and its connections: slow, deaf, broken, too many; and fair to all."""

import socket
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest

from labservers.checks.patience import strain
from labservers.observe import messages
from labservers.servers.request_reader import Patience
from labservers.servers.subjects import SubjectsServer, Timing

JSON = {"Accept": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.mark.parametrize("connection", [b"Connection: close\r\n", b""])
def test_what_follows_a_last_request_does_not_reset_the_answer(
    server: Any,
    connection: bytes,
    eventually: Callable[..., Any],
    statuses: Callable[[bytes], list[int]],
) -> None:
    version = b"1.1" if connection else b"1.0"
    request = b"GET /subjects/1 HTTP/%s\r\nHost: lab\r\n%s\r\n" % (version, connection)
    server.command(messages.Pause())  # so that all of it is there before the first byte is read
    with socket.create_connection(server.address, 30) as sock:
        sock.sendall(request + b"more than was announced " * 8_000)
        server.command(messages.Resume())
        answer = sock.makefile("rb").read()
    assert statuses(answer) == [200]
    assert answer.endswith(b"</html>\n")


def quick(spec: Any, options: Any, monitor: Any) -> SubjectsServer:
    patience = Patience(idle_s=0.3, header_s=0.2, body_s=0.2)
    return SubjectsServer(spec, options, monitor, Timing(write_s=0.3), patience)


@pytest.mark.parametrize(
    ("part", "answer"),
    [
        (b"", b""),  # idle: closed without a word
        (b"GET /subjects/1 HT", b"HTTP/1.1 408"),
        (
            b"POST /subjects/1 HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n"
            b"Content-Type: application/json\r\n\r\nx",
            b"HTTP/1.1 408",
        ),
    ],
)
def test_a_client_that_is_too_slow_is_answered_and_closed(
    serve: Callable[..., Any], connect: Callable[..., socket.socket], part: bytes, answer: bytes
) -> None:
    server = serve("subjects", quick)
    server.command(messages.Pause())  # its time begins when it has said its part
    client = connect(server.address)
    client.sendall(part)
    server.command(messages.Resume())
    with client.makefile("rb") as stream:
        assert stream.read()[:12] == answer


def test_a_peer_that_does_not_read_holds_nobody_up_and_is_given_up(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    eventually: Callable[..., Any],
    client_of: Callable[..., Any],
) -> None:
    server = serve("subjects", quick)
    deaf = connect(server.address)
    deaf.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
    deaf.settimeout(0.5)
    requests = b"GET /subjects/1 HTTP/1.1\r\nHost: lab\r\n\r\n" * 1000
    try:
        for _ in range(40):
            deaf.sendall(requests)
    except OSError:
        pass  # it has stopped reading us, as it should
    client = client_of(server.address)
    assert client("GET", "/subjects/1")[0] == 200
    eventually(lambda: server.clients == 0, "the deaf one is gone")


def test_silent_and_dripping_clients_hold_up_nobody(
    server: Any, connect: Callable[..., socket.socket], client_of: Callable[..., Any]
) -> None:
    for number in range(200):
        connect(server.address).sendall(b"GET / HT"[: number % 9])
    began = time.monotonic()
    client = client_of(server.address)
    for _ in range(50):
        assert client("GET", "/subjects/1")[0] == 200
    assert time.monotonic() - began < 5 * strain()


def test_resets_and_garbage_hurt_nobody(server: Any, client_of: Callable[..., Any]) -> None:
    for junk in (b"", b"\x16\x03\x01\x02\x00", b"\xff" * 5000, b"GET / HTTP/1.1\r\n", b"\0\n\n"):
        sock = socket.create_connection(server.address, 30)
        sock.sendall(junk)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
    client = client_of(server.address)
    assert client("GET", "/subjects/1")[0] == 200


def test_too_many_connections_are_turned_away_in_words(
    server: Any,
    connect: Callable[..., socket.socket],
    eventually: Callable[..., Any],
    exchange: Callable[..., bytes],
) -> None:
    server.max_clients = 2
    held = [connect(server.address) for _ in range(2)]
    eventually(lambda: server.clients == 2, "both are in")
    answer = exchange(server.address, b"", half_close=False)  # it is not waited for
    assert answer.startswith(b"HTTP/1.1 503")
    assert b"Retry-After: 1" in answer
    held[0].close()


def test_the_figures_show_lanes_tokens_and_lines(
    server: Any, connect: Callable[..., socket.socket], eventually: Callable[..., Any]
) -> None:
    connect(server.address)
    server.looked_at(messages.Look(10, ["loop", "rows"]))
    eventually(lambda: server.frame(1).loop.reading == 2, "listener and client wait to read")
    loop = server.frame(2).loop
    assert [lane for _, lane, *_ in loop.tokens] == ["reading", "reading"]
    assert sum(count for _, count in loop.lines.values()) == loop.tasks == 2
    assert sum(map(sum, loop.ages.values())) == 2
    rows = server.rows()
    assert {row.state for row in rows.rows} == {"accepting", "reading"}
    assert all(row.line and row.line.startswith("subjects.py:") for row in rows.rows)


class Steps:
    """An observer of the loop: the most of `figure` in one step."""

    def __init__(self, figure: Callable[[], int]) -> None:
        self.most = 0
        self._figure = figure
        self._before = 0

    def resuming(self, task: Any) -> None:
        self._before = self._figure()

    def suspended(self, task: Any) -> None:
        self.most = max(self.most, self._figure() - self._before)


def test_a_step_answers_one_request_of_a_pipeline(
    server: Any, exchange: Callable[..., bytes], statuses: Callable[[bytes], list[int]]
) -> None:
    observer = Steps(lambda: server.monitor.requests)
    server.loop.observers.add(observer)
    answers = exchange(server.address, b"GET /subjects/1 HTTP/1.1\r\nHost: lab\r\n\r\n" * 300)
    assert statuses(answers) == [200] * 300
    assert observer.most == 1


def test_a_step_accepts_a_bounded_part_of_a_crowd(
    server: Any, connect: Callable[..., socket.socket], eventually: Callable[..., Any]
) -> None:
    eventually(lambda: len(server.loop.waits.to_read) == 1, "it accepts")
    observer = Steps(lambda: server.clients)
    server.loop.observers.add(observer)
    server.command(messages.Pause())
    for _ in range(200):
        connect(server.address)
    server.command(messages.Resume())
    eventually(lambda: server.clients == 200, "all are let in")
    assert 1 < observer.most <= server.timing.accepts


def test_a_registration_lasts_from_one_wait_to_the_next(server: Any, client: Any) -> None:
    calls: list[int] = []
    poller = server.loop.waits.poller
    for name in ("register", "modify", "unregister"):
        call = getattr(poller, name)
        setattr(poller, name, lambda fd, *mask, call=call: (calls.append(fd), call(fd, *mask)))
    for _ in range(50):
        assert client("GET", "/subjects/1")[0] == 200
    assert len(calls) == len(set(calls)) <= 2  # the listener and the connection, once each


def test_what_is_posted_in_one_tick_is_committed_together(
    server: Any,
    eventually: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
    client_of: Callable[..., Any],
) -> None:
    sizes: list[int] = []
    commit = server.book._commit
    monkeypatch.setattr(
        server.book, "_commit", lambda book, rows: (sizes.append(len(rows)), commit(book, rows))
    )
    clients = [client_of(server.address) for _ in range(20)]
    for client in clients:
        assert client("GET", "/subjects/1")[0] == 200
    server.command(messages.Pause())
    for number, client in enumerate(clients):
        body = urlencode({"subject": f"subject {number}", "grade": 5})
        client.http.request("POST", "/subjects/1", body, FORM)
    server.command(messages.Resume())
    assert [client.http.getresponse().status for client in clients] == [303] * 20
    assert sizes == [20]


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="another process's limit: Linux")
def test_without_descriptors_it_waits_and_goes_on(
    controlled: Callable[..., Any],
    tmp_path: Path,
    connect: Callable[..., socket.socket],
    eventually: Callable[..., Any],
    exchange: Callable[..., bytes],
    statuses: Callable[[bytes], list[int]],
) -> None:
    server = controlled("subjects", "--data-dir", str(tmp_path))
    system = psutil.Process(server.pid)
    few = system.num_fds() + 3
    system.rlimit(psutil.RLIMIT_NOFILE, (few, few))
    crowd = [connect(server.address) for _ in range(10)]
    said = server.heard.logs
    eventually(lambda: any("cannot accept for now" in line for line in said), "it says so")
    for sock in crowd:
        sock.close()
    assert statuses(exchange(server.address, b"GET / HTTP/1.0\r\n\r\n")) == [200]
    server.process.terminate()
    assert server.heard.exits.get(timeout=30) == 0
