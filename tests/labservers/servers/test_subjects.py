"""The subjects server against real clients: sockets, http.client, curl."""

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import psutil
import pytest

from labservers.observe import messages
from labservers.servers.request_reader import Patience
from labservers.servers.subjects import SubjectsServer, Timing

JSON = {"Accept": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


class Client:
    """http.client in the user's words."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.http = http.client.HTTPConnection(*address, timeout=10)

    def __call__(
        self, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None
    ) -> tuple[int, Any, http.client.HTTPResponse]:
        self.http.request(method, path, body=body, headers=headers or {})
        response = self.http.getresponse()
        data = response.read()
        is_json = response.getheader("Content-Type") == "application/json"
        return response.status, json.loads(data) if is_json else data.decode(), response

    def post(self, student: object, **fields: object) -> tuple[int, Any, Any]:
        headers = {**JSON, "Content-Type": "application/json"}
        return self("POST", f"/subjects/{student}", json.dumps(fields), headers)


@pytest.fixture
def server(serve: Callable[..., Any]) -> Any:
    return serve("subjects")


@pytest.fixture
def client(server: Any) -> Any:
    client = Client(server.address)
    yield client
    client.http.close()


def exchange(address: tuple[str, int], data: bytes, half_close: bool = True) -> bytes:
    with socket.create_connection(address, 10) as sock:
        sock.sendall(data)
        if half_close:
            sock.shutdown(socket.SHUT_WR)
        received = b""
        while piece := sock.recv(65536):
            received += piece
        return received


def statuses(answer: bytes) -> list[int]:
    return [int(part[:3]) for part in answer.split(b"HTTP/1.1 ")[1:]]


def test_grades_are_written_and_read_over_one_connection(client: Client) -> None:
    assert client("GET", "/subjects/1", headers=JSON)[1] == {"student": 1, "subjects": []}
    status, saved, response = client.post(1, subject=" Сети ", grade=5)
    assert (status, saved["subject"], saved["grade"]) == (201, "Сети", 5)
    assert response.getheader("Location") == "/subjects/1"
    client.post(1, subject="Сети", grade=4)
    subjects = client("GET", "/subjects/1?ignored=1", headers=JSON)[1]["subjects"]
    assert [(row["subject"], row["grade"]) for row in subjects] == [("Сети", 5), ("Сети", 4)]
    assert client("GET", "/subjects/0001", headers=JSON)[1]["subjects"] == subjects


def test_the_same_request_after_a_commit_gets_the_new_answer(client: Client) -> None:
    for number in range(3):
        for _ in range(2):
            page = client("GET", "/subjects/1", headers=JSON)[1]
            assert [row["grade"] for row in page["subjects"]] == [5] * number
        client.post(1, subject="Maths", grade=5)


@pytest.mark.parametrize("connection", [b"Connection: close\r\n", b""])
def test_what_comes_behind_a_last_request_does_not_reset_the_answer(
    server: Any, connection: bytes, eventually: Callable[..., Any]
) -> None:
    version = b"1.1" if connection else b"1.0"
    request = b"GET /subjects/1 HTTP/%s\r\nHost: lab\r\n%s\r\n" % (version, connection)
    server.command(messages.Pause())  # so that all of it is there before the first byte is read
    with socket.create_connection(server.address, 10) as sock:
        sock.sendall(request + b"more than was announced " * 8_000)
        server.command(messages.Resume())
        answer = sock.makefile("rb").read()
    assert statuses(answer) == [200]
    assert answer.endswith(b"</html>\n")


def test_a_form_in_a_browser_comes_back_to_the_page(client: Client) -> None:
    body = urlencode({"subject": "<b>Maths</b>", "grade": "5"})
    status, _, response = client("POST", "/subjects/7", body, FORM)
    assert (status, response.getheader("Location")) == (303, "/subjects/7")
    status, page, response = client("GET", "/subjects/7")
    assert response.getheader("Content-Type") == "text/html; charset=utf-8"
    assert "&lt;b&gt;Maths&lt;/b&gt;" in page
    assert "<b>Maths" not in page
    assert '<form method="post"' in page


@pytest.mark.parametrize(
    ("body", "headers", "status", "names"),
    [
        ('{"subject": "", "grade": 9}', {"Content-Type": "application/json"}, 422, "sg"),
        ('{"subject": "x", "grade": true}', {"Content-Type": "application/json"}, 422, "g"),
        ('{"subject": 5, "grade": 5}', {"Content-Type": "application/json"}, 422, "s"),
        (
            '{"subject": "' + "x" * 201 + '", "grade": 5}',
            {"Content-Type": "application/json"},
            422,
            "s",
        ),
        ("subject=x&grade=5.5", FORM, 422, "g"),
        ("{", {"Content-Type": "application/json"}, 400, ""),
        ("[" * 5000, {"Content-Type": "application/json"}, 400, ""),
        ("[1]", {"Content-Type": "application/json"}, 400, ""),
        ("subject=%ff&grade=5", FORM, 400, ""),
        ("x", {"Content-Type": "text/plain"}, 415, ""),
        ("x", {}, 415, ""),
    ],
)
def test_a_wrong_post_is_answered_in_words(
    client: Client, body: str, headers: dict[str, str], status: int, names: str
) -> None:
    answered, value, _ = client("POST", "/subjects/1", body, {**headers, **JSON})
    assert answered == status
    assert value["error"]
    assert set(value.get("fields", {})) == {{"s": "subject", "g": "grade"}[n] for n in names}
    assert client("GET", "/subjects/1", headers=JSON)[1]["subjects"] == []


def test_other_paths_and_methods(client: Client) -> None:
    assert client("GET", "/nothing")[0] == 404
    assert client("GET", "/subjects/abc")[0] == 404
    assert client("GET", "/subjects/%D9%A3")[0] == 404
    status, _, response = client("PUT", "/subjects/1")
    assert (status, response.getheader("Allow")) == (405, "GET, HEAD, POST, OPTIONS")
    assert client("BREW", "/subjects/1")[0] == 501
    status, _, response = client("OPTIONS", "/subjects/1")
    assert (status, response.getheader("Allow")) == (204, "GET, HEAD, POST, OPTIONS")
    assert client("GET", "/")[0] == 200


def test_a_refusal_without_a_body_leaves_the_connection_open(server: Any) -> None:
    asked = b"".join(
        b"%s HTTP/1.1\r\nHost: lab\r\n\r\n" % line
        for line in (b"GET /nothing", b"PUT /subjects/1", b"CONNECT lab:80", b"GET /subjects/1")
    )
    answer = exchange(server.address, asked)
    assert statuses(answer) == [404, 405, 405, 200]
    assert b"Connection: close" not in answer
    assert server.monitor.errors == 3


def test_a_refusal_before_the_body_comes_in_the_asked_format(server: Any) -> None:
    request = b"POST /subjects/1 HTTP/1.1\r\nHost: lab\r\nAccept: application/json\r\n"
    answer = exchange(server.address, request + b"Content-Length: 99999\r\n\r\n")
    head, _, body = answer.partition(b"\r\n\r\n")
    assert statuses(answer) == [413]
    assert b"Content-Type: application/json" in head
    assert json.loads(body)["status"] == 413


def test_an_old_client_that_asks_for_it_keeps_its_connection(server: Any) -> None:
    old = b"GET /subjects/1 HTTP/1.0\r\nConnection: keep-alive\r\n\r\n"
    answer = exchange(server.address, old + old + b"GET /subjects/1 HTTP/1.0\r\n\r\n")
    assert statuses(answer) == [200, 200, 200]
    assert answer.count(b"Connection: keep-alive\r\n") == 2
    assert answer.count(b"Connection: close\r\n") == 1


def test_one_address_says_that_it_has_two_formats(client: Client) -> None:
    for headers in ({}, JSON):
        assert client("GET", "/subjects/1", headers=headers)[2].getheader("Vary") == "Accept"


def test_head_is_get_without_the_body(client: Client) -> None:
    _, _, whole = client("GET", "/subjects/1")
    status, nothing, head = client("HEAD", "/subjects/1")
    assert (status, nothing) == (200, "")
    assert head.getheader("Content-Length") == whole.getheader("Content-Length")


def test_too_large_a_body_is_refused_and_the_next_request_is_not_read_out_of_it(
    server: Any,
) -> None:
    body = b"GET /secret HTTP/1.1\r\nHost: lab\r\n\r\n" * 3000
    head = b"POST /subjects/1 HTTP/1.1\r\nHost: lab\r\nContent-Length: %d\r\n\r\n" % len(body)
    assert statuses(exchange(server.address, head + body)) == [413]


def test_requests_in_a_pipeline_are_answered_in_order(server: Any) -> None:
    get = b"GET /subjects/%d HTTP/1.1\r\nHost: lab\r\nAccept: application/json\r\n\r\n"
    answer = exchange(server.address, b"".join(get % n for n in range(50)))
    assert statuses(answer) == [200] * 50
    at = [answer.index(b'"student": %d,' % n) for n in range(50)]
    assert at == sorted(at)


def test_a_request_byte_by_byte_and_a_half_close_are_answered(
    server: Any, connect: Callable[..., socket.socket]
) -> None:
    sock = connect(server.address)
    for byte in b"POST /subjects/1 HTTP/1.1\r\nHost: lab\r\nTransfer-Encoding: chunked\r\n":
        sock.sendall(bytes([byte]))
    rest = b"Content-Type: application/json\r\nAccept: application/json\r\n\r\n"
    body = b'{"subject": "a", "grade": 5}'
    for byte in rest + b"%x\r\n" % len(body) + body + b"\r\n0\r\n\r\n":
        sock.sendall(bytes([byte]))
    sock.shutdown(socket.SHUT_WR)
    assert sock.makefile("rb").readline() == b"HTTP/1.1 201 Created\r\n"


def test_expect_continue_is_answered_before_the_body(
    server: Any, connect: Callable[..., socket.socket]
) -> None:
    sock = connect(server.address)
    sock.sendall(
        b"POST /subjects/1 HTTP/1.1\r\nHost: lab\r\nContent-Length: 15\r\n"
        b"Content-Type: application/x-www-form-urlencoded\r\nExpect: 100-continue\r\n\r\n"
    )
    stream = sock.makefile("rb")
    assert stream.readline() == b"HTTP/1.1 100 Continue\r\n"
    sock.sendall(b"subject=a&grade")
    stream.readline()
    assert stream.readline() == b"HTTP/1.1 422 Unprocessable Content\r\n"


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
def test_who_is_too_slow_is_told_and_closed(
    serve: Callable[..., Any], part: bytes, answer: bytes
) -> None:
    server = serve("subjects", quick)
    assert exchange(server.address, part, half_close=False)[:12] == answer


def test_a_peer_that_does_not_read_holds_up_nobody_and_is_given_up(
    serve: Callable[..., Any], connect: Callable[..., socket.socket], eventually: Callable[..., Any]
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
    client = Client(server.address)
    assert client("GET", "/subjects/1")[0] == 200
    client.http.close()
    eventually(lambda: server.clients == 0, "the deaf one is gone")


def test_silent_and_dripping_clients_hold_up_nobody(
    server: Any, connect: Callable[..., socket.socket]
) -> None:
    for number in range(200):
        connect(server.address).sendall(b"GET / HT"[: number % 9])
    began = time.monotonic()
    client = Client(server.address)
    for _ in range(50):
        assert client("GET", "/subjects/1")[0] == 200
    client.http.close()
    assert time.monotonic() - began < 5


def test_resets_and_garbage_hurt_nobody(server: Any) -> None:
    for junk in (b"", b"\x16\x03\x01\x02\x00", b"\xff" * 5000, b"GET / HTTP/1.1\r\n", b"\0\n\n"):
        sock = socket.create_connection(server.address, 5)
        sock.sendall(junk)
        sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        sock.close()
    client = Client(server.address)
    assert client("GET", "/subjects/1")[0] == 200
    client.http.close()


def test_an_exception_in_a_handler_is_a_500_for_that_request_only(
    server: Any, client: Client, monkeypatch: pytest.MonkeyPatch, eventually: Callable[..., Any]
) -> None:
    def broken(student: str) -> Any:
        raise RuntimeError("no such luck")

    monkeypatch.setattr(server.book, "read", broken)
    assert client("GET", "/subjects/77")[0] == 500
    monkeypatch.undo()
    eventually(lambda: "no such luck" in server.lines(), "the log tells")
    assert client("GET", "/subjects/77")[0] == 200


def test_too_many_connections_are_turned_away_in_words(
    server: Any, connect: Callable[..., socket.socket], eventually: Callable[..., Any]
) -> None:
    server.max_clients = 2
    held = [connect(server.address) for _ in range(2)]
    eventually(lambda: server.clients == 2, "both are in")
    answer = exchange(server.address, b"GET / HTTP/1.1\r\nHost: lab\r\n\r\n")
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


def test_a_form_by_curl(server: Any, need: Callable[[str], str]) -> None:
    url = "http://{}:{}/subjects/5".format(*server.address)
    curl = [need("curl"), "-sS", "-i"]
    given = subprocess.run(
        [*curl, "-d", "subject=Сети", "-d", "grade=5", url], capture_output=True, check=True
    )
    assert given.stdout.startswith(b"HTTP/1.1 303")
    read = subprocess.run(
        [*curl, "-H", "Accept: application/json", url], capture_output=True, check=True
    )
    assert "Сети".encode() in read.stdout


@pytest.mark.system
def test_grades_outlive_a_kill_9(controlled: Callable[..., Any], tmp_path: Path) -> None:
    server = controlled("subjects", "--data-dir", str(tmp_path))
    client = Client(server.address)
    assert client.post(1, subject="kept", grade=5)[0] == 201
    os.kill(server.pid, signal.SIGKILL)
    assert server.heard.exits.get(timeout=10) == -signal.SIGKILL
    client.http.close()
    client = Client(controlled("subjects", "--data-dir", str(tmp_path)).address)
    subjects = client("GET", "/subjects/1", headers=JSON)[1]["subjects"]
    client.http.close()
    assert [row["subject"] for row in subjects] == ["kept"]


def test_files_that_cannot_be_used_are_said_in_one_sentence(tmp_path: Path) -> None:
    (tmp_path / "subjects.sqlite3").write_text("this is no database, and long enough to tell")
    words = [sys.executable, "-m", "labservers", "subjects", "--port", "0"]
    ended = subprocess.run([*words, "--data-dir", str(tmp_path)], capture_output=True, text=True)
    assert ended.returncode == 1
    assert "file is not a database" in ended.stderr
    assert "--data-dir" in ended.stderr
    assert ended.stderr.count("\n") == 1


def test_a_selector_that_this_system_lacks_is_a_usage_error() -> None:
    words = [sys.executable, "-m", "labservers", "subjects", "--selector", "magic"]
    ended = subprocess.run(words, capture_output=True, text=True)
    assert ended.returncode == 2
    assert "select" in ended.stderr
    assert "Traceback" not in ended.stderr


class Steps:
    """An observer of the loop: the most that one step did, of what `figure` counts."""

    def __init__(self, figure: Callable[[], int]) -> None:
        self.most = 0
        self._figure = figure
        self._before = 0

    def resuming(self, task: Any) -> None:
        self._before = self._figure()

    def suspended(self, task: Any) -> None:
        self.most = max(self.most, self._figure() - self._before)


def test_a_step_answers_one_request_of_a_pipeline(server: Any) -> None:
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


def test_a_registration_lasts_from_one_wait_to_the_next(server: Any, client: Client) -> None:
    calls: list[int] = []
    poller = server.loop.waits.poller
    for name in ("register", "modify", "unregister"):
        call = getattr(poller, name)
        setattr(poller, name, lambda fd, *mask, call=call: (calls.append(fd), call(fd, *mask)))
    for _ in range(50):
        assert client("GET", "/subjects/1")[0] == 200
    assert len(calls) == len(set(calls)) <= 2  # the listener and the connection, once each


def test_what_is_posted_in_one_tick_is_committed_together(
    server: Any, eventually: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    sizes: list[int] = []
    commit = server.book._commit
    monkeypatch.setattr(
        server.book, "_commit", lambda book, rows: (sizes.append(len(rows)), commit(book, rows))
    )
    clients = [Client(server.address) for _ in range(20)]
    for client in clients:
        assert client("GET", "/subjects/1")[0] == 200
    server.command(messages.Pause())
    for number, client in enumerate(clients):
        body = urlencode({"subject": f"subject {number}", "grade": 5})
        client.http.request("POST", "/subjects/1", body, FORM)
    server.command(messages.Resume())
    assert [client.http.getresponse().status for client in clients] == [303] * 20
    for client in clients:
        client.http.close()
    assert sizes == [20]


@pytest.mark.skipif(not hasattr(psutil.Process, "rlimit"), reason="another process's limit: Linux")
def test_without_descriptors_it_waits_and_goes_on(
    controlled: Callable[..., Any],
    tmp_path: Path,
    connect: Callable[..., socket.socket],
    eventually: Callable[..., Any],
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
    assert server.heard.exits.get(timeout=10) == 0
