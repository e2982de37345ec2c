"""Under gunicorn too a refusal reaches a client that first sends all of its body."""

import http.client
import math
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.net.closing import SILENCE_S
from tests.conftest import PATIENCE_S
from tests.system.conftest import TOKEN

pytestmark = pytest.mark.system
THREADS = 4
GUNICORN = f"gunicorn -k gthread -w 1 --threads {THREADS} -b 127.0.0.1:{{port}}".split(" ")
KEY = {"X-Lab-Token": TOKEN}
LARGE = 5_000_000


class Pieces:
    """A body, piece by piece. was_silent: this busy machine has held us up between two of them for
    about as long as a client may be silent."""

    def __init__(self, number: int, pause_s: float) -> None:
        self._number, self._pause_s = number, pause_s
        self._sent_at, self._longest_s = math.inf, 0.0

    def __iter__(self) -> Iterator[bytes]:
        pause = threading.Event()
        for _ in range(self._number):
            pause.wait(self._pause_s)
            yield b"x" * (LARGE // self._number)
            self.was_silent()

    def was_silent(self) -> bool:
        now = time.monotonic()
        self._longest_s = max(self._longest_s, now - self._sent_at)
        self._sent_at = now
        return self._longest_s > SILENCE_S / 2


def refused(port: int, path: str, headers: dict[str, str], body: Any) -> tuple[int, bytes]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        kind = {"Content-Type": "application/json"}
        connection.request("POST", path, body, {**kind, **headers}, encode_chunked=True)
        answer = connection.getresponse()
        return answer.status, answer.read()
    finally:
        connection.close()


def refused_in_pieces(
    port: int, path: str, headers: dict[str, str], pause_s: float
) -> tuple[int, bytes]:
    """Sent again where we were silent, and the answer was lost."""
    deadline = time.monotonic() + PATIENCE_S
    while True:
        body = Pieces(20, pause_s)
        try:
            return refused(port, path, headers, body)
        except OSError:
            if not body.was_silent() or time.monotonic() > deadline:
                raise


def test_each_refusal_arrives(run_dashboard: Callable[..., Any]) -> None:
    port = run_dashboard("dashboard:create_app()", command=GUNICORN).port
    for path, key, status, pause_s in (
        ("/api/try/hello", KEY, 413, 0.0),
        ("/api/try/hello", KEY, 413, 0.1),
        ("/api/try/hello", {}, 403, 0.0),
        ("/nope", KEY, 404, 0.0),
        ("/nope", {}, 403, 0.1),
    ):
        for framing in ({"Content-Length": str(LARGE)}, {"Transfer-Encoding": "chunked"}):
            answer = refused_in_pieces(port, path, {**key, **framing}, pause_s)
            assert answer[0] == status, answer


def test_the_next_request_of_a_connection_that_stays_is_answered(
    run_dashboard: Callable[..., Any],
) -> None:
    port = run_dashboard("dashboard:create_app()", command=GUNICORN).port
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE_S)
    try:
        for _ in range(3):
            connection.request("POST", "/api/nope", b"x" * LARGE)
            assert connection.getresponse().read()
            sock = connection.sock
            connection.request("GET", "/healthz")
            assert connection.getresponse().read()
            assert connection.sock is sock
    finally:
        connection.close()


def test_those_that_stay_silent_or_send_drop_by_drop_have_an_end(
    run_dashboard: Callable[..., Any],
) -> None:
    """They have all threads; the next visitor is answered when their time is over."""
    dashboard = run_dashboard("dashboard:create_app()", command=GUNICORN)
    head = b"POST /api/nope HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 5000000\r\n\r\n"
    visitors = [socket.create_connection(("127.0.0.1", dashboard.port)) for _ in range(2 * THREADS)]
    over = threading.Event()

    def drip() -> None:
        sending = visitors[THREADS:]
        while sending and not over.wait(0.1):
            for visitor in list(sending):
                try:
                    visitor.send(b"x")
                except OSError:
                    sending.remove(visitor)

    thread = threading.Thread(target=drip)
    try:
        for visitor in visitors:
            visitor.sendall(head)
        thread.start()
        assert dashboard.api("GET", "/healthz")["status"] == "ok"
        assert all(visitor.recv(12) == b"HTTP/1.1 403" for visitor in visitors)
        thread.join(PATIENCE_S)
        assert not thread.is_alive(), "those that send on are left as well"
    finally:
        over.set()
        thread.join()
        for visitor in visitors:
            visitor.close()
