"""Visitors by the hundred that ask half, ask slowly or do not read: the others are served."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dashboard import serving
from dashboard.serving import LONGEST_S, MOST, REQUEST_S, Guests

PATIENT_S = 5.0  # for a page; on an idle machine it takes a hundredth of that
CROWD = 500
HALF = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
WHOLE = HALF + b"\r\n"
HALF_UPGRADE = HALF.replace(b"/ ", b"/ws/live ") + b"Connection: Upgrade\r\nUpgrade: websocket\r\n"
KEY = b"Sec-WebSocket-Version: 13\r\nSec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==\r\n"
UPGRADE = HALF_UPGRADE + KEY + b"\r\n"
NO_BODY = (
    b"POST /api/servers/stop HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Lab-Token: token-of-the-tests\r\n"
    b"Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{"
)


class Crowd:
    """Connections that have sent the beginning of something, and go on with it drop by drop."""

    def __init__(self, address: tuple[str, int]) -> None:
        self._address = address
        self._members: list[socket.socket] = []
        self._over = threading.Event()
        self._dripping = threading.Thread(target=self._drip)

    def gather(self, words: bytes, number: int = CROWD, *, drips: bool = False) -> None:
        for _ in range(number):
            member = socket.create_connection(self._address, 10)
            member.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
            self._members.append(member)
            with contextlib.suppress(OSError):
                member.sendall(words)
        if drips:
            self._dripping.start()

    def _drip(self) -> None:
        while not self._over.wait(0.2):
            for member in self._members:
                with contextlib.suppress(OSError):
                    member.send(b"X", socket.MSG_DONTWAIT)

    def leave(self) -> None:
        self._over.set()
        if self._dripping.ident:
            self._dripping.join()
        for member in self._members:
            member.close()


@pytest.fixture
def crowd(site: Any) -> Iterator[Crowd]:
    made = Crowd(site.address)
    yield made
    made.leave()


def longest_of(site: Any, visits: int = 10) -> float:
    """Seconds until a page and the state came, at worst."""
    longest = 0.0
    for _ in range(visits):
        began = time.monotonic()
        assert site.api("GET", "/api/servers")["status"] == 200
        longest = max(longest, time.monotonic() - began)
    return longest


@pytest.mark.parametrize(
    ("words", "drips"),
    [(b"", False), (HALF, True), (HALF_UPGRADE, False), (NO_BODY, True), (WHOLE, False)],
    ids=["silent", "header drips", "half an upgrade", "body drips", "answer is not read"],
)
def test_the_others_are_served(
    site: Any, crowd: Crowd, words: bytes, drips: bool, eventually: Callable[..., Any]
) -> None:
    crowd.gather(words, drips=drips)
    assert longest_of(site) < PATIENT_S
    eventually(lambda: threading.active_count() < MOST + 50, "those cut off end")


def test_websockets_that_never_say_their_token_keep_no_tab_out(
    site: Any, crowd: Crowd, eventually: Callable[..., Any]
) -> None:
    tab = site.talk("/ws/live", {})
    assert tab.hear()["type"] == "snapshot"
    crowd.gather(UPGRADE, 1_000)
    assert longest_of(site) < PATIENT_S
    assert site.talk("/ws/live", {}).hear()["type"] == "snapshot"
    tab.tell({"ping": 1})
    assert tab.hear_until("ping") == 1, "the first tab was cut off for a later visitor"
    eventually(lambda: threading.active_count() < MOST + 50, "those cut off end")


@pytest.fixture
def visitors() -> Iterator[Iterator[tuple[socket.socket, socket.socket]]]:
    """Pairs: the server's end of a connection, and the visitor's."""
    made = []

    def more() -> Iterator[tuple[socket.socket, socket.socket]]:
        while True:
            made.append(socket.socketpair())
            yield made[-1]

    yield more()
    for ends in made:
        for end in ends:
            end.close()


def is_cut_off(visitor: socket.socket) -> bool:
    visitor.setblocking(False)
    try:
        return visitor.recv(1) == b""
    except BlockingIOError:
        return False


def test_who_asks_too_long_is_cut_off(visitors: Any) -> None:
    now = [0.0]
    guests = Guests(lambda: now[0])
    (slow, asks), (quick, waits) = next(visitors), next(visitors)
    guests.come(slow)
    guests.come(quick)
    guests.asked(quick)
    now[0] = REQUEST_S - 0.01
    guests.end_late_ones()
    assert not is_cut_off(asks)
    now[0] = REQUEST_S
    guests.end_late_ones()
    assert (is_cut_off(asks), is_cut_off(waits), len(guests)) == (True, False, 1)
    now[0] = LONGEST_S
    guests.end_late_ones()
    assert (is_cut_off(waits), len(guests)) == (True, 0)


def test_a_crowd_pushes_out_the_oldest_that_asks_before_any_that_is_served(visitors: Any) -> None:
    guests = Guests()
    first = [next(visitors) for _ in range(MOST)]
    for ours, _ in first:
        guests.come(ours)
    guests.asked(first[0][0])
    guests.come(next(visitors)[0])
    assert [is_cut_off(theirs) for _, theirs in first[:3]] == [False, True, False]
    assert len(guests) == MOST


def test_one_that_was_let_in_is_never_cut_off(visitors: Any) -> None:
    now = [0.0]
    guests = Guests(lambda: now[0])
    ours, theirs = next(visitors)
    guests.come(ours)
    guests.leave(ours)
    guests.asked(ours)  # late
    now[0] = 1e9
    guests.end_late_ones()
    assert not is_cut_off(theirs)


def test_flask_run_finds_this_server(site: Any) -> None:
    from werkzeug.serving import make_server

    server = make_server("127.0.0.1", 0, site.app, threaded=True)
    server.server_close()
    assert isinstance(server, serving.Server)
