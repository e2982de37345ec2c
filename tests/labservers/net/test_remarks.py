"""The remarks of a server on its address when it starts."""

import socket
from collections.abc import Callable

import pytest

from labservers.net.listening import bind_udp, listen_tcp
from labservers.net.remarks import remarks
from tests.ports import V6, free_port

TAKE = pytest.mark.parametrize(
    ("take", "kind"), [(listen_tcp, socket.SOCK_STREAM), (bind_udp, socket.SOCK_DGRAM)]
)


@pytest.mark.parametrize("host", ["127.0.0.1", "127.0.0.2"])
def test_nothing_is_said_of_what_only_this_machine_reaches(host: str) -> None:
    with listen_tcp(host, free_port()) as listener:
        assert remarks(host, listener.getsockname()[1], socket.SOCK_STREAM) == []


@pytest.mark.parametrize("host", ["0", "0.0.0.0", "::"])
def test_it_is_said_that_other_machines_can_connect(host: str) -> None:
    with listen_tcp(host, free_port()) as listener:
        bound, port = listener.getsockname()[:2]
        [sentence] = remarks(bound, port, socket.SOCK_STREAM)
        assert "other machines can connect" in sentence


@V6
@TAKE
@pytest.mark.parametrize(
    ("ours", "twin"),
    [
        *(("127.0.0.1", "::1"), ("::1", "127.0.0.1"), ("127.1", "::1"), ("0x7f.1", "::1")),
        *(("::ffff:127.0.0.1", "::1"), ("::ffff:7f00:1", "::1"), ("0:0::1", "127.0.0.1")),
    ],
)
def test_it_is_said_that_localhost_may_be_somebody_else(
    take: Callable[[str, int], socket.socket], kind: socket.SocketKind, ours: str, twin: str
) -> None:
    with take(twin, free_port()) as strangers:
        port = strangers.getsockname()[1]
        with take(ours, port):
            [sentence] = remarks(ours, port, kind)
            assert f"{twin}" in sentence
            assert "belongs to another program" in sentence
    with take(ours, port):
        assert remarks(ours, port, kind) == []


@V6
@pytest.mark.parametrize("ours", ["0", "0.0.0.0", "::ffff:0.0.0.0", "::ffff:0:0"])
def test_it_is_said_of_every_address_of_ipv4_in_any_spelling(ours: str) -> None:
    with listen_tcp(ours, free_port()) as listener:
        port = listener.getsockname()[1]
        with listen_tcp("::1", port):
            for host in (ours, listener.getsockname()[0]):
                others, twin = remarks(host, port, socket.SOCK_STREAM)
                assert "other machines can connect" in others
                assert f"[::1]:{port} belongs to another program" in twin
                assert twin.endswith(f"connect to 127.0.0.1:{port}")
