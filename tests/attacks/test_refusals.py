"""A refusal reaches the visitor that still sends what is refused, and nobody waits for that one."""

import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dashboard.lingering import KEPT, Lingering
from dashboard.serving import Guests
from tests.conftest import PATIENCE_S
from tests.dashboard.web.conftest import TOKEN

PIECES = 20
LARGE = 1_200_000
KEY = f"X-Lab-Token: {TOKEN}\r\n"
CHUNK = b"%x\r\n%s\r\n"


def begun(site: Any, path: str, more: str, body: int | None) -> socket.socket:
    """A visitor that has sent the header of a POST; body: None for chunks."""
    visitor = socket.create_connection(site.address, PATIENCE_S)
    framing = "Transfer-Encoding: chunked" if body is None else f"Content-Length: {body}"
    head = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1:{site.address[1]}\r\n{more}"
    visitor.sendall(f"{head}Content-Type: application/json\r\n{framing}\r\n\r\n".encode())
    return visitor


def answer(visitor: socket.socket) -> bytes:
    return b"".join(iter(lambda: visitor.recv(65_536), b""))


@pytest.fixture
def lingers(site: Any) -> Callable[..., None]:
    """lingers(**times): the site is to linger for these; a busy machine makes long pauses."""

    def linger(**times: float) -> None:
        site.server.lingering.close()
        site.server.lingering = Lingering(**times)
        site.server.lingering.open()

    return linger


@pytest.mark.parametrize("pause_s", [0.0, 0.1])
@pytest.mark.parametrize("body", [LARGE, 5_000_000, None], ids=str)
@pytest.mark.parametrize(
    ("path", "more", "status"),
    [("/api/try/hello", KEY, 413), ("/api/try/hello", "", 403), ("/api/nope", KEY, 404)],
)
def test_it_is_read_after_the_whole_body_was_sent(
    site: Any,
    lingers: Callable[..., None],
    path: str,
    more: str,
    status: int,
    body: int | None,
    pause_s: float,
) -> None:
    lingers(silence_s=PATIENCE_S, longest_s=2 * PATIENCE_S)
    piece = b"x" * ((body or LARGE) // PIECES)
    pause = threading.Event()
    with begun(site, path, more, body) as visitor:
        for _ in range(PIECES):
            visitor.sendall(piece if body else CHUNK % (len(piece), piece))
            pause.wait(pause_s)
        if body is None:
            visitor.sendall(b"0\r\n\r\n")
        head, _, said = answer(visitor).partition(b"\r\n\r\n")
    assert int(head.split()[1]) == status, head
    assert b'"next_step"' in said


@pytest.fixture
def drippers(site: Any) -> Iterator[Callable[[int], list[socket.socket]]]:
    """drippers(number): visitors that were refused and send on, a few bytes ten times a second."""
    visitors: list[socket.socket] = []
    over = threading.Event()

    def drip() -> None:
        while not over.wait(0.1):
            for visitor in list(visitors):
                try:
                    visitor.send(b"x" * 100, socket.MSG_DONTWAIT)
                except OSError:
                    visitors.remove(visitor)
                    visitor.close()

    thread = threading.Thread(target=drip)
    thread.start()

    def come(number: int) -> list[socket.socket]:
        visitors.extend(begun(site, "/api/try/hello", "", 100_000_000) for _ in range(number))
        return visitors

    yield come
    over.set()
    thread.join()
    for visitor in visitors:
        visitor.close()


def test_those_that_send_on_keep_nobody_waiting(
    site: Any,
    lingers: Callable[..., None],
    drippers: Callable[[int], Any],
    eventually: Callable[..., Any],
) -> None:
    lingers(silence_s=2 * PATIENCE_S, longest_s=2 * PATIENCE_S)
    before = threading.active_count()
    drippers(50)
    eventually(lambda: len(site.server.lingering) == 50, "all are refused, and send on")
    eventually(lambda: threading.active_count() <= before, "none has a thread")
    assert (len(site.server.guests), len(site.server.admitted)) == (0, 0)
    for _ in range(10):
        assert site.api("GET", "/api/servers")["status"] == 200
    assert site.talk("/ws/live", {}).hear()["type"] == "snapshot"


def test_those_that_send_on_are_few_and_have_an_end(
    site: Any, drippers: Callable[[int], Any], eventually: Callable[..., Any]
) -> None:
    site.server.guests = Guests(lambda: 0.0)
    visitors = drippers(2 * KEPT)
    eventually(lambda: len(visitors) <= KEPT, "the oldest have had their time")
    assert len(site.server.lingering) <= KEPT
    eventually(lambda: not visitors, "and then the others")
    assert len(site.server.lingering) == 0


def test_one_that_is_silent_is_left_soon(
    site: Any, lingers: Callable[..., None], eventually: Callable[..., Any]
) -> None:
    lingers(longest_s=2 * PATIENCE_S)
    with begun(site, "/api/nope", "", LARGE) as visitor:
        assert answer(visitor).startswith(b"HTTP/1.1 4")
        eventually(lambda: len(site.server.lingering) == 0, "its moment is over")
