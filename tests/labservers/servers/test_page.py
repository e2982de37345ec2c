"""The page: HTTP/1.1, one request a connection, nobody waits for a silent one."""

import http.client
import socket
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import pytest

from labservers.checks.patience import strain
from labservers.clients import exchange
from labservers.servers.page import PageServer

BOTH_MODELS = pytest.mark.parametrize("model", ["threads", "blocking"])
HOST = b"Host: lab\r\n"


def status(address: tuple[str, int], data: bytes) -> int:
    received = exchange.tcp(*address, data).received
    assert received.startswith(b"HTTP/1.1 "), received
    assert b"\r\nConnection: close\r\n" in received
    return int(received[9:12])


@BOTH_MODELS
def test_get_and_head_of_both_names(serve: Callable[..., Any], model: str) -> None:
    server = serve("page", model=model)
    for path in ("/", "/index.html", "/?query"):
        client = http.client.HTTPConnection(*server.address, timeout=30)
        client.request("GET", path)
        answer = client.getresponse()
        page = answer.read()
        assert answer.status == 200
        assert answer.getheader("Content-Type") == "text/html; charset=utf-8"
        assert answer.getheader("Date")
        assert int(answer.getheader("Content-Length") or 0) == len(page)
        assert "</html>" in page.decode()
        client.close()
        client.request("HEAD", path)
        answer = client.getresponse()
        assert (answer.status, answer.read()) == (200, b"")
        assert answer.getheader("Content-Length") == str(len(page))
        client.close()


@BOTH_MODELS
def test_refusals_with_their_statuses(serve: Callable[..., Any], model: str) -> None:
    server = serve("page", model=model)
    cases = {
        b"GET /nothing HTTP/1.1\r\n" + HOST + b"\r\n": 404,
        b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello": 405,
        b"BREW / HTTP/1.1\r\n" + HOST + b"\r\n": 501,
        b"GET / HTTP/1.1\r\n\r\n": 400,
        b"nonsense\r\n\r\n": 400,
        b"GET / HT": 400,
        b"\x16\x03\x01\x02\x00\x01\x00": 400,
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n": 505,
        b"GET /" + b"a" * 9000 + b" HTTP/1.1\r\n" + HOST + b"\r\n": 414,
        b"GET / HTTP/1.1\r\n" + HOST + b"X: " + b"a" * 70_000 + b"\r\n\r\n": 431,
        b"GET / HTTP/1.0\r\n\r\n": 200,
    }
    for data, expected in cases.items():
        assert status(server.address, data) == expected, data[:60]
    received = exchange.tcp(*server.address, b"PUT / HTTP/1.1\r\n" + HOST + b"\r\n").received
    assert b"\r\nAllow: GET, HEAD\r\n" in received


@BOTH_MODELS
@pytest.mark.parametrize(
    ("path", "expected"),
    [
        (b"/index%2Ehtml", 200),
        (b"/%69ndex.html", 200),
        (b"/%49ndex.html", 404),
        (b"/%69%6e%64%65%78%2e%68%74%6D%6c?%2E", 200),
        (b"/index%252Ehtml", 404),
        (b"%2Findex.html", 400),
        (b"/%2F", 404),
        (b"/index.html%00", 404),
        (b"/%2e%2e/index.html", 404),
    ],
)
def test_an_escaped_letter_is_the_letter(
    serve: Callable[..., Any], model: str, path: bytes, expected: int
) -> None:
    server = serve("page", model=model)
    assert status(server.address, b"GET %s HTTP/1.1\r\n" % path + HOST + b"\r\n") == expected


class Hasty(PageServer):
    deadline_s = 2.0


def test_a_dripped_request_is_answered_and_a_late_one_told(
    serve: Callable[..., Any], connect: Callable[..., socket.socket]
) -> None:
    dripping = connect(serve("page").address)
    for byte in b"GET / HTTP/1.1\r\n" + HOST + b"\r\n":
        dripping.send(bytes([byte]))
    assert dripping.recv(100).startswith(b"HTTP/1.1 200")
    server = serve("page", make=Hasty)
    silent, late = connect(server.address), connect(server.address)
    late.sendall(b"GET / HT")
    assert late.recv(100).startswith(b"HTTP/1.1 408")
    assert silent.recv(100) == b""


@BOTH_MODELS
def test_a_request_comes_in_any_segments_and_so_does_its_body(
    serve: Callable[..., Any], connect: Callable[..., socket.socket], model: str
) -> None:
    server = serve("page", model=model)
    for data, expected in (
        (b"\r\nGET / HTTP/1.1\r\n" + HOST + b"\r\n", b"200"),
        (b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 5\r\n\r\nhello", b"405"),
    ):
        sock = connect(server.address)
        for byte in data:
            sock.sendall(bytes([byte]))
        assert sock.recv(12) == b"HTTP/1.1 " + expected


def test_a_browsers_spare_connection_is_no_error(
    serve: Callable[..., Any],
    connect: Callable[..., socket.socket],
    eventually: Callable[..., Any],
) -> None:
    server = serve("page")
    connect(server.address).shutdown(socket.SHUT_WR)
    eventually(lambda: server.monitor.totals().counts["silent"] == 1, "it said nothing")
    frame = server.frame(1)
    assert (frame.errors, frame.requests, frame.last) == (0, 0, None)


@BOTH_MODELS
def test_a_client_that_never_reads_the_page_holds_up_nobody(
    serve: Callable[..., Any], connect: Callable[..., socket.socket], model: str
) -> None:
    server = serve("page", model=model)
    deaf = []
    for _ in range(30):
        with socket.socket() as sock:
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 1)
            sock.connect(server.address)
            sock.sendall(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
            deaf.append(sock.dup())
    done = exchange.tcp(*server.address, b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
    assert done.received.startswith(b"HTTP/1.1 200")
    assert done.microseconds < 2_000_000 * strain()
    for sock in deaf:
        sock.close()


def test_twenty_visitors_that_leave_and_silent_ones_hold_up_nobody(
    serve: Callable[..., Any], connect: Callable[..., socket.socket]
) -> None:
    server = serve("page")
    for _ in range(20):
        connect(server.address)
        passing = socket.create_connection(server.address, 30)
        passing.sendall(b"GET / HTTP/1.1\r\n" + HOST + b"\r\n")
        passing.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
        passing.close()
    assert status(server.address, b"GET / HTTP/1.1\r\n" + HOST + b"\r\n") == 200


@BOTH_MODELS
@pytest.mark.parametrize("megabytes", [5, 16])
@pytest.mark.usefixtures("long_linger")
def test_a_client_that_sends_on_and_on_still_gets_its_answer(
    serve: Callable[..., Any], model: str, megabytes: int
) -> None:
    """A reset, because of unread bytes, would take the answer away from it."""
    client = http.client.HTTPConnection(*serve("page", model=model).address, timeout=30)
    client.request("POST", "/", b"x" * megabytes * 1_048_576)
    assert client.getresponse().status == 413
    client.close()


@pytest.mark.usefixtures("long_linger")
def test_a_client_that_sends_at_its_own_pace_still_gets_its_answer(
    serve: Callable[..., Any], connect: Callable[..., socket.socket]
) -> None:
    sock = connect(serve("page").address)
    sock.sendall(b"POST / HTTP/1.1\r\n" + HOST + b"Content-Length: 900000\r\n\r\n")
    pause = threading.Event()
    for _ in range(9):
        sock.sendall(b"x" * 100_000)
        pause.wait(0.1)
    assert sock.recv(12) == b"HTTP/1.1 413"


def test_curl_gets_the_page(serve: Callable[..., Any], need: Callable[[str], str]) -> None:
    server = serve("page")
    url = "http://{}:{}/".format(*server.address)
    done = subprocess.run(
        [need("curl"), "-sS", "-i", url], capture_output=True, check=True, timeout=60
    )
    assert done.stdout.startswith(b"HTTP/1.1 200 OK\r\n")
    posted = subprocess.run(
        [need("curl"), "-sS", "-i", "-H", "Expect: 100-continue", "-d", "x" * 5000, url],
        capture_output=True,
        check=True,
        timeout=60,
    )
    assert posted.stdout.startswith(b"HTTP/1.1 405")
