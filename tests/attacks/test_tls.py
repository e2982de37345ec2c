"""`flask run --cert`: a visitor that never ends its handshake holds up nobody."""

import socket
import urllib.error
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from flask import Flask

from dashboard import straight
from dashboard.serving import REQUEST_S, Guests
from tests.dashboard.web.conftest import Site

CERTIFICATE = Path(__file__).resolve().parent.parent / "localhost.pem"  # of nobody, for tests
HALF_A_HELLO = b"\x16\x03\x01\x02\x00\x01"  # RFC 8446 section 5.1: a record of 512 bytes begins
KINDS = {"silent": b"", "half a hello": HALF_A_HELLO, "not TLS": b"GET / HTTP/1.1\r\n\r\n"}


@pytest.fixture
def site(app: Flask) -> Iterator[Site]:
    running = Site(app, str(CERTIFICATE))
    yield running
    running.close()


def is_up(site: Any) -> bool:
    return bool(site.api("GET", "/api/servers")["status"] == 200)


def test_the_others_are_served_before_it_is_cut_off(
    site: Any, eventually: Callable[..., Any]
) -> None:
    now = [0.0]
    guests = Guests(lambda: now[0])
    site.server.guests = guests
    visitors = [socket.create_connection(site.address, 30) for _ in KINDS]
    try:
        for visitor, words in zip(visitors, KINDS.values(), strict=True):
            visitor.sendall(words)
        assert is_up(site)
        eventually(lambda: len(guests) == 2, "the one that speaks no TLS is sent away")
        now[0] = REQUEST_S
        assert [visitor.recv(100) for visitor in visitors[:2]] == [b"", b""]
        assert is_up(site)
    finally:
        for visitor in visitors:
            visitor.close()


def test_commands_find_it_by_loopback_alone(site: Any) -> None:
    base, opener = straight.way_to(site.url)
    with opener.open(f"{base}/healthz", timeout=30) as answer:
        assert answer.status == 200
    _, careful = straight.way_to("https://lab.example:5000")
    with pytest.raises(urllib.error.URLError, match="CERTIFICATE_VERIFY_FAILED"):
        careful.open(f"{base}/healthz", timeout=30)


def test_a_websocket_and_its_end(site: Any) -> None:
    tab = site.talk("/ws/live", {})
    assert tab.hear()["type"] == "snapshot"
    for number in range(100):
        tab.tell({"ping": number})
        assert tab.hear_until("ping") == number
    long = "x" * 60_000  # more than a record of TLS holds
    tab.tell({"ping": long})
    assert tab.hear_until("ping") == long
    assert site.talk("/ws/live", {"token": "wrong"}).close_code() == 4401
    assert is_up(site)
