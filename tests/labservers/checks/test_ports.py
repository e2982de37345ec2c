"""A port that a connection in TIME-WAIT keeps becomes free at once."""

import os
import re
import socket
import sys
from collections.abc import Callable
from typing import Any

import pytest

from labservers.checks import ports
from labservers.checks.values import Address
from tests.ports import free_port

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the table is Linux's")


def left_in_time_wait(family: int, host: str) -> int:
    """A port on which the server's side has closed first."""
    port = free_port()
    with socket.socket(family) as listener, socket.socket(family) as client:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind((host, port))
        listener.listen()
        if family == socket.AF_INET:
            client.bind(("127.0.0.9", 0))  # from where nobody else's clients come
        client.connect((host, port))
        listener.accept()[0].close()
        assert client.recv(1) == b""
    return port


@pytest.mark.parametrize(
    ("family", "host"), [(socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")]
)
def test_a_port_is_bound_again_at_once(
    family: int, host: str, eventually: Callable[..., Any]
) -> None:
    port = left_in_time_wait(family, host)
    eventually(lambda: ports.keeps(port) == 1, "its side waits")
    with socket.socket(family) as again, pytest.raises(OSError, match="in use"):
        again.bind((host, port))

    def freed() -> bool:
        ports.free(port)  # the kernel answers to a connection in TIME-WAIT twice a second
        return ports.keeps(port) == 0

    eventually(freed, "nothing keeps it")
    with socket.socket(family) as again:
        again.bind((host, port))


def test_a_port_is_taken_while_somebody_listens_on_it() -> None:
    port = free_port()
    assert not ports.taken(Address("127.0.0.1", port))
    with socket.create_server(("127.0.0.1", port)):
        assert ports.taken(Address("127.0.0.1", port))
    assert not ports.taken(Address("127.0.0.1", port))


def test_datagrams_have_ports_of_their_own() -> None:
    port = free_port()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
        sock.bind(("127.0.0.1", port))
        assert ports.taken(Address("127.0.0.1", port, datagram=True))
        assert not ports.taken(Address("127.0.0.1", port))


def test_a_connection_that_the_server_holds_is_counted() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
        with socket.create_connection(("127.0.0.1", port)) as client:
            mine = {client.getsockname()[1]}
            with listener.accept()[0]:
                assert ports.held(port, mine) == 1
            assert ports.held(port, mine) == 0


def test_the_program_that_listens_is_named() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        address = Address("127.0.0.1", server.getsockname()[1])
        named = ports.holder(address)
        assert named is not None
        assert re.fullmatch(rf"python\S*( \S+)?, PID {os.getpid()}", named)
        assert ports.holder(Address("127.0.0.1", address.port, datagram=True)) is None
    assert ports.holder(address) is None


def test_a_port_of_datagrams_is_held_as_well() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as server:
        server.bind(("127.0.0.1", 0))
        named = ports.holder(Address("127.0.0.1", server.getsockname()[1], datagram=True))
        assert (named or "").endswith(f", PID {os.getpid()}")
