"""The shorter way and the long one: the same bytes for the same requests, and the same counts."""

import re
import socket
import sqlite3
import struct
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from labservers.observe import log
from labservers.protocols.http11_fast import SHORT_BYTES
from labservers.servers.subjects import SubjectsServer, Timing
from labservers.servers.subjects_fast import FastSubjectsServer

PATHS = ["/subjects/1"] * 5 + [
    "/subjects/2",
    "/subjects/01",
    "/subjects/%31",
    "/subjects/",
    "/",
    "/x",
]
QUERIES = ["", "?", "?n=1", "?before=2", "?b%65fore=2", "?before=0", "?n=#"]
ACCEPTS = ["", "Accept: application/json\r\n", "Accept: text/html, */*;q=0.1\r\n", "Accept:\r\n"]
MORE = ["", "Connection: close\r\n", "connection: Keep-Alive\r\n", "Content-Length: 0\r\n",
        "X-A: \xff\r\n", "Host: b\r\n", "Expect: 100-continue\r\n"]  # fmt: skip
POST = "POST /subjects/1 HTTP/1.1\r\nHost: a\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s"
FORM = "application/x-www-form-urlencoded"


@st.composite
def gets(draw: st.DrawFn) -> str:
    method = draw(st.sampled_from(["GET"] * 9 + ["HEAD", "OPTIONS", "PUT"]))
    target = draw(st.sampled_from(PATHS)) + draw(st.sampled_from(QUERIES))
    version = draw(st.sampled_from(["1.1"] * 6 + ["1.0"]))
    fields = draw(st.sampled_from(ACCEPTS)) + draw(st.sampled_from(MORE))
    return f"{method} {target} HTTP/{version}\r\nHost: a\r\n{fields}\r\n"


BODIES = ["subject=a&grade=5"] * 3 + ["grade=9", "subject=%D1%8F+b&grade=4", "subject=%FF&grade=5",
          "subject=\xff&grade=1", "grade=3&subject=+a+&x=1", "subject=a&grade=5&subject=c", ""]  # fmt: skip


@st.composite
def posts(draw: st.DrawFn) -> str:
    body = draw(st.sampled_from(BODIES))
    media = draw(st.sampled_from([FORM] * 4 + [FORM + "; charset=utf-8", "x/y"]))
    request = POST % (media, len(body), body)
    path = draw(st.sampled_from(PATHS)) + draw(st.sampled_from(QUERIES))
    fields = draw(st.sampled_from(ACCEPTS)) + draw(st.sampled_from(MORE))
    return request.replace("/subjects/1", path, 1).replace("\r\n", "\r\n" + fields, 1)


def answers(address: tuple[str, int], requests: list[str]) -> bytes:
    """What comes for requests, each sent after the answer to the one before has begun."""
    received = b""
    with socket.create_connection(address, 30) as sock:
        for request in requests:
            sock.sendall(request.encode("latin-1"))
            received += (piece := sock.recv(65_536))
            if b"\r\nConnection: close\r\n" in piece:
                break
        else:
            sock.shutdown(socket.SHUT_WR)
        while piece := sock.recv(65_536):
            received += piece
    return re.sub(rb"Date: [^\r]*|20\d\d-[0-9T:. -]*Z?", b"", received)


def test_both_ways_answer_the_same(serve: Callable[..., Any], tmp_path: Path) -> None:
    def in_its_own_folder(kind: type[SubjectsServer]) -> Any:
        def make(spec: Any, options: Any, monitor: Any) -> SubjectsServer:
            folder = str(tmp_path / kind.__name__)
            return kind(spec, options._replace(data_dir=folder), monitor)

        return serve("subjects", make)

    fast, slow = in_its_own_folder(FastSubjectsServer), in_its_own_folder(SubjectsServer)

    @settings(max_examples=150, suppress_health_check=[HealthCheck.function_scoped_fixture])
    @given(st.lists(gets() | posts(), min_size=1, max_size=8))
    def compare(requests: list[str]) -> None:
        fast.log.budget = 0  # or it leaves the first hundred of a second to the other
        assert answers(fast.address, requests) == answers(slow.address, requests), requests

    first = ["GET /subjects/1 HTTP/1.1\r\nHost: a\r\n" + accept + "\r\n" for accept in ACCEPTS]
    assert answers(fast.address, first) == answers(slow.address, first)
    compare()
    assert fast.monitor.counts == slow.monitor.counts
    assert fast.monitor.requests == slow.monitor.requests
    assert fast.monitor.bytes_in == slow.monitor.bytes_in


GET = b"GET /subjects/%d?n=%d HTTP/1.1\r\nHost: a\r\n\r\n"
STUDENTS = 5


class Watched(FastSubjectsServer):
    """handled: the requests that were not answered together with others."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.handled: list[str] = []

    def handle_request(self, request: Any) -> Any:
        self.handled.append(request.target)
        return super().handle_request(request)


@pytest.fixture
def watched(serve: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> Any:
    """A server that has the pages of STUDENTS, and no budget for lines of its log, ever."""
    monkeypatch.setattr(log, "SAMPLED_PER_S", 0)
    server = serve("subjects", Watched)
    for student in range(STUDENTS):
        answers(server.address, [(GET % (student, 0)).decode()])
    server.log.budget = 0
    server.handled.clear()
    return server


def at_once(server: Any, send: Callable[[], None]) -> None:
    """Let what is sent meanwhile be there when the loop looks next."""
    held, sent = threading.Event(), threading.Event()

    def hold() -> None:
        held.set()
        sent.wait(30)

    server.loop.call_soon(hold)
    assert held.wait(30)
    send()
    sent.set()


def test_what_comes_at_once_is_answered_together_and_each_gets_its_own(
    watched: Any, connect: Callable[..., socket.socket], eventually: Callable[..., None]
) -> None:
    clients = [connect(watched.address) for _ in range(20)]
    eventually(lambda: watched.clients == 20, "else some are read after others are answered")
    odd = {3: b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", 7: b"GET /subj", 9: b""}

    def send() -> None:
        for number, client in enumerate(clients):
            client.sendall(odd.get(number, GET % (number % STUDENTS, number)))
        clients[9].shutdown(socket.SHUT_WR)

    at_once(watched, send)
    for number, client in enumerate(clients):
        if number == 7:
            client.sendall(b"ects/2 HTTP/1.1\r\nHost: a\r\n\r\n")
        answer = client.recv(65_536)
        if number == 3:
            assert answer.startswith(b"HTTP/1.1 404 ")
        elif number == 9:
            assert answer == b""
        else:
            student = 2 if number == 7 else number % STUDENTS
            assert b"<h1>Student %d</h1>" % student in answer, number
    assert sorted(watched.handled) == ["/subjects/2", "/x"]
    assert watched.monitor.counts["GET"] == STUDENTS + 19


def test_a_client_that_does_not_read_gets_all_of_its_answers_later(
    watched: Any, connect: Callable[..., socket.socket], eventually: Callable[..., None]
) -> None:
    client = connect(watched.address)
    client.sendall(GET % (1, 1))
    first = client.recv(65_536)
    (task,) = [task for task in watched.loop.tasks() if task.about]
    task.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    asked = 0

    def settled() -> bool:
        answered = watched.monitor.requests == STUDENTS + 1 + asked and not task.about.unsent
        return answered or task.lane == "writing"

    head = GET[:-2] % (1, 1)
    whole = head + b"X: %s\r\n\r\n" % (b"x" * (SHORT_BYTES - len(head) - 7))
    while task.lane != "writing":
        asked += 10  # which are received one by one
        assert asked < 5_000
        client.sendall(whole * 10)
        eventually(settled)
    received = b""
    while len(received) < asked * len(first):
        received += client.recv(65_536)
    undated = [re.sub(rb"Date: [^\r]*", b"", data) for data in (first, received)]
    assert undated[1] == undated[0] * asked
    assert watched.handled == []
    assert answers(watched.address, [(GET % (2, 2)).decode()])


def test_a_body_that_looks_like_a_request_is_a_body(
    watched: Any, connect: Callable[..., socket.socket], eventually: Callable[..., None]
) -> None:
    client, inner = connect(watched.address), GET % (1, 1)
    client.sendall(POST.encode() % (b"application/json", len(inner), b""))
    (task,) = eventually(lambda: [task for task in watched.loop.tasks() if task.about])
    eventually(lambda: task.about.reader.begun and task.lane == "reading")
    client.sendall(inner)
    assert client.recv(65_536).startswith(b"HTTP/1.1 400 ")


GONE = struct.pack("ii", 1, 0)  # SO_LINGER of 0 s: close sends a reset (socket(7))


def post(student: int, grade: int = 5) -> bytes:
    body = f"subject=a&grade={grade}"
    return (POST % (FORM, len(body), body)).replace("/1", f"/{student}", 1).encode()


class Held:
    """A grade book's commit() that waits; `asked`: the rows and what is called after it."""

    def __init__(self, server: Any) -> None:
        self.asked: list[tuple[list[Any], Callable[[list[Any]], None]]] = []
        self.commit = server.book.commit
        server.book.commit = lambda *given: self.asked.append(given)

    def go_on(self) -> None:
        for rows, done in self.asked:
            self.commit(rows, done)

    def fail(self) -> None:
        for rows, done in self.asked:
            for row in rows:
                row.error = sqlite3.OperationalError("disk I/O error")
            done(rows)


def test_posts_that_come_at_once_are_saved_and_answered_together(
    watched: Any, connect: Callable[..., socket.socket], eventually: Callable[..., None]
) -> None:
    clients = [connect(watched.address) for _ in range(20)]
    eventually(lambda: watched.clients == 20, "else they do not come at once")

    def send() -> None:
        for number, client in enumerate(clients):
            client.sendall(post(number % STUDENTS, 9 if number == 3 else 5))

    at_once(watched, send)
    got = [client.recv(65_536) for client in clients]
    assert got.pop(3).startswith(b"HTTP/1.1 422 ")
    assert all(answer.startswith(b"HTTP/1.1 303 ") for answer in got)
    assert watched.handled == ["/subjects/3"]
    assert watched.monitor.counts["POST"] == 20
    page = answers(watched.address, [(GET % (3, 1)).decode()])
    assert page.count(b"<td>5</td>") + page.count(b">5<") >= 3
    assert b"Location: /subjects/4\r\n" in got[3]


def test_what_comes_before_the_commit_is_answered_after_it(
    watched: Any, connect: Callable[..., socket.socket], eventually: Callable[..., None]
) -> None:
    held, client = Held(watched), connect(watched.address)
    client.sendall(post(1))
    eventually(lambda: held.asked)
    client.sendall(GET % (2, 2))
    (task,) = [task for task in watched.loop.tasks() if task.about]
    eventually(lambda: len(watched.loop.waits) == 1, "the loop hears no more of it for now")
    assert task.lane == "sleeping"
    held.go_on()
    received = b""
    while b"<h1>Student 2</h1>" not in received:
        received += (piece := client.recv(65_536))
        assert piece
    assert received.startswith(b"HTTP/1.1 303 ")


def test_posts_that_cannot_be_saved_are_refused_and_said(
    watched: Any, connect: Callable[..., socket.socket], eventually: Callable[..., None]
) -> None:
    held, client = Held(watched), connect(watched.address)
    client.sendall(post(1))
    eventually(lambda: held.asked)
    held.fail()
    answer = client.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 503 ")
    assert b"Retry-After: 1\r\n" in answer
    eventually(lambda: "disk I/O error" in watched.lines())


def test_a_commit_that_takes_too_long_is_not_waited_for(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[..., None],
) -> None:
    monkeypatch.setattr(log, "SAMPLED_PER_S", 0)
    server = serve("subjects", lambda *given: Watched(*given, timing=Timing(commit_s=0.1)))
    held, client = Held(server), connect(server.address)
    client.sendall(post(1))
    assert client.recv(65_536).startswith(b"HTTP/1.1 503 ")
    held.go_on()
    eventually(lambda: server.book.read("1").grades, "it is saved all the same")
    assert client.recv(65_536) == b""
    assert answers(server.address, [(GET % (1, 1)).decode()]).startswith(b"HTTP/1.1 200 ")


def test_a_stop_waits_for_the_commit_and_its_answer(
    watched: Any,
    connect: Callable[..., socket.socket],
    monkeypatch: pytest.MonkeyPatch,
    eventually: Callable[..., None],
) -> None:
    monkeypatch.setattr("labservers.servers.loop_server.STOP_GRACE_S", 30.0)
    held, client = Held(watched), connect(watched.address)
    client.sendall(post(1))
    eventually(lambda: held.asked)
    watched.stop()
    eventually(lambda: watched.loop.cancelled, "it listens no more")
    held.go_on()
    answer = client.recv(65_536)
    assert answer.startswith(b"HTTP/1.1 303 ")
    assert b"Connection: close\r\n" in answer
    assert client.recv(65_536) == b""


def test_a_client_that_leaves_before_the_commit_disturbs_none_of_the_others(
    watched: Any, connect: Callable[..., socket.socket], eventually: Callable[..., None]
) -> None:
    held, clients = Held(watched), [connect(watched.address) for _ in range(2)]
    for number, client in enumerate(clients):
        client.sendall(post(number))
        eventually(lambda number=number: len(held.asked) > number)
    clients[0].setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, GONE)
    clients[0].close()
    eventually(lambda: len(watched.loop.waits) == 2)
    held.go_on()
    assert clients[1].recv(65_536).startswith(b"HTTP/1.1 303 ")
    eventually(lambda: watched.clients == 1)
    assert watched.monitor.errors == 1
    assert len(watched.book.read("0").grades) == 1


def test_a_client_that_is_gone_disturbs_none_of_the_others(
    watched: Any, connect: Callable[..., socket.socket], eventually: Callable[..., None]
) -> None:
    clients = [connect(watched.address) for _ in range(6)]
    eventually(lambda: watched.clients == 6)

    def send() -> None:
        for client in clients:
            client.sendall(GET % (1, 1))
        for client in clients[:2]:  # these break off as soon as they have asked
            client.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, GONE)
            client.close()

    at_once(watched, send)
    assert all(client.recv(65_536).startswith(b"HTTP/1.1 200 ") for client in clients[2:])
    eventually(lambda: watched.clients == 4)
    assert watched.monitor.errors == 2
