"""Visitors by the hundred that ask half, ask slowly or do not read: the others are served, and before
any of those has gone. How long that takes is measured by `python -m bench.attacks`.
"""

import re
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from bench.attackers import HALF, Attack, Crowd, attacks
from dashboard import serving
from dashboard.serving import LONGEST_S, MOST, REQUEST_S, Guests
from tests.dashboard.web.conftest import TOKEN

CROWD = 2 * MOST
SEND_BYTES = 4_096  # what the kernel takes of an answer that is not read
VISITS = 10
ATTACKS = attacks(TOKEN)
WORDLESS, ANSWERED = "websocket without a word", "page as a websocket"


@pytest.fixture
def gather(site: Any) -> Iterator[Callable[[Attack, int], None]]:
    """gather(attack, number): a crowd that stays until the end; nobody's time is ever up."""
    site.server.guests = Guests(lambda: 0.0)
    site.server.socket.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, SEND_BYTES)
    crowds = []

    def gather(attack: Attack, number: int) -> None:
        crowds.append(Crowd(site.address, attack))
        crowds[-1].gather(number)

    yield gather
    for crowd in crowds:
        crowd.leave()


def visit(site: Any) -> None:
    for _ in range(VISITS):
        assert site.api("GET", "/api/servers")["status"] == 200


@pytest.mark.parametrize("name", sorted(ATTACKS.keys() - {WORDLESS, ANSWERED}))
def test_the_others_are_served_while_the_crowd_holds_on(
    site: Any, gather: Any, name: str, eventually: Callable[..., Any]
) -> None:
    gather(ATTACKS[name], CROWD)
    eventually(lambda: len(site.server.guests) >= MOST, "all places are taken")
    visit(site)
    assert len(site.server.guests) >= MOST - VISITS
    eventually(lambda: threading.active_count() < MOST + 50, "those cut off end")


def test_the_others_are_served_while_a_crowd_waits_for_its_refusals(
    site: Any, gather: Any, eventually: Callable[..., Any]
) -> None:
    before = threading.active_count()
    gather(ATTACKS[ANSWERED], CROWD)
    visit(site)
    eventually(lambda: len(site.server.guests) == 0, "all are refused, and leave")
    eventually(lambda: threading.active_count() <= before, "none has a thread")


def test_half_bodies_push_out_no_answer_that_is_on_its_way(
    site: Any, gather: Any, eventually: Callable[..., Any]
) -> None:
    with socket.socket() as reader:
        reader.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, SEND_BYTES)
        reader.settimeout(30)
        reader.connect(site.address)
        reader.sendall(b"GET /?lang=en HTTP/1.1\r\nHost: %s:%d\r\n\r\n" % _host(site))
        answer = reader.recv(1)
        gather(ATTACKS["body drips"], CROWD)
        eventually(lambda: len(site.server.guests) >= MOST, "all places are taken")
        answer += b"".join(iter(lambda: reader.recv(65_536), b""))
    head, _, page = answer.partition(b"\r\n\r\n")
    length = re.search(rb"(?i)content-length: (\d+)", head)
    assert length
    assert len(page) == int(length[1]) > 2 * SEND_BYTES


@pytest.mark.parametrize("first", [0, 1, 9])
def test_a_body_may_begin_with_its_header(site: Any, first: int) -> None:
    body = b'{"wanted": true}'
    header = (
        b"POST /api/restore HTTP/1.1\r\nHost: %s:%d\r\n" % _host(site)
        + b"X-Lab-Token: %s\r\nContent-Type: application/json\r\n" % TOKEN.encode()
        + b"Content-Length: %d\r\n\r\n" % len(body)
    )
    with socket.create_connection(site.address, 30) as visitor:
        visitor.sendall(header + body[:first])
        visitor.sendall(body[first:])
        status, _, answer = visitor.makefile("rb").read().partition(b"\r\n\r\n")
    assert status.split()[1] == b"200", answer


def test_no_page_is_made_for_a_header_that_was_cut_off(site: Any) -> None:
    asked: list[Any] = []
    site.app.before_request_funcs.setdefault(None, []).append(lambda: asked.append(True))
    for words in (b"GET / HTTP/1.1", b"GET / HTTP/1.1\r\nHost: %s:%d\r\n" % _host(site)):
        with socket.create_connection(site.address, 30) as visitor:
            visitor.sendall(words)
            visitor.shutdown(socket.SHUT_WR)
            assert visitor.recv(1) == b""
    assert asked == []


def _host(site: Any) -> tuple[bytes, int]:
    host, port = site.address
    return host.encode(), port


def test_websockets_that_never_say_their_token_keep_no_tab_out(
    site: Any, gather: Any, eventually: Callable[..., Any]
) -> None:
    tab = site.talk("/ws/live", {})
    assert tab.hear()["type"] == "snapshot"
    gather(ATTACKS[WORDLESS], 1_000)
    visit(site)
    assert site.talk("/ws/live", {}).hear()["type"] == "snapshot"
    tab.tell({"ping": 1})
    assert tab.hear_until("ping") == 1, "the first tab was cut off for a later visitor"
    eventually(lambda: threading.active_count() < MOST + 50, "those cut off end")


@pytest.mark.parametrize("protocol", ["websocket", "h2c, WebSocket", "websocketx", "x websocket"])
def test_a_few_that_ask_for_a_page_by_an_upgrade_keep_no_tab_out(
    site: Any, gather: Any, protocol: str
) -> None:
    gather(Attack(HALF + b"Upgrade: %s\r\n\r\n" % protocol.encode()), 3)
    gather(Attack(HALF + b"Connection: Upgrade\r\nUpgrade: %s\r\n\r\n" % protocol.encode()), 3)
    visit(site)
    assert site.talk("/ws/live", {}).hear()["type"] == "snapshot"


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
