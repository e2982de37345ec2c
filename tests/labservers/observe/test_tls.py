"""TLS through the tap in this very process."""

import socket
import ssl
from collections.abc import Iterator
from pathlib import Path

import pytest

from labservers.observe import observed
from labservers.observe.lines import OwnLines
from labservers.observe.tap import Tap

CERTIFICATE = Path(__file__).resolve().parents[2] / "localhost.pem"
Pair = tuple[socket.socket, socket.socket]


@pytest.fixture
def tap() -> Iterator[Tap]:
    made = Tap(OwnLines(__file__))
    before = dict(vars(ssl.SSLSocket))
    made.install()
    yield made
    made.remove()
    assert dict(vars(ssl.SSLSocket)) == before


def serves(sock: socket.socket) -> ssl.SSLSocket:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(CERTIFICATE)
    return context.wrap_socket(sock, server_side=True, do_handshake_on_connect=False)


def points(tap: Tap) -> list[tuple[str, int | None, str | None]]:
    batches = [told for told in tap.book.take() if isinstance(told, observed.Points)]
    return [(p.call, p.id, p.error) for batch in batches for p in batch.points]


def test_a_client_that_does_not_speak_tls_fails_the_handshake_where_it_is_seen(
    tap: Tap, pair: Pair
) -> None:
    ours, theirs = pair
    with serves(theirs) as secured:
        number = tap.sockets.entries[id(secured)].id
        ours.sendall(b"GET / HTTP/1.1\r\n\r\n")
        with pytest.raises(ssl.SSLError, match="HTTP_REQUEST"):
            secured.do_handshake()
    assert ("handshake", number, "SSLError") in points(tap)
