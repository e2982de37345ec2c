"""A port that a connection in TIME-WAIT keeps becomes free at once."""

import os
import re
import socket
import subprocess
import sys
from collections.abc import Callable
from typing import Any

import pytest

from labservers.checks import ports
from labservers.checks.client import Client, Timeline, never
from labservers.checks.values import Address
from tests.ports import IPV6, PER_WORKER, V6, end_behind_much, free_port

PATIENCE_S = 30.0

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="the table is Linux's")


LOOPBACK = [(socket.AF_INET, "127.0.0.1"), pytest.param(socket.AF_INET6, "::1", marks=V6)]


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


def freed(address: Address) -> bool:
    ports.free(address)  # the kernel answers to a connection in TIME-WAIT twice a second
    return ports.keeps(address) == 0


@pytest.mark.parametrize(("family", "host"), LOOPBACK)
def test_a_port_is_bound_again_at_once(
    family: int, host: str, eventually: Callable[..., Any]
) -> None:
    port = left_in_time_wait(family, host)
    address = Address(host, port)
    eventually(lambda: ports.keeps(address) == 1, "its side waits")
    with socket.socket(family) as again, pytest.raises(OSError, match="in use"):
        again.bind((host, port))

    eventually(lambda: freed(address), "nothing keeps it")
    with socket.socket(family) as again:
        again.bind((host, port))


@pytest.mark.parametrize(("family", "host"), LOOPBACK)
def test_a_port_is_free_again_where_both_sides_have_closed_at_once(
    family: int, host: str, eventually: Callable[..., Any]
) -> None:
    address = Address(host, free_port())
    client = Client(address, Timeline())
    with socket.create_server((host, address.port), family=family) as listener:
        assert client.connect(PATIENCE_S, small=True)
        end_behind_much(listener)
    client.finish()
    client.receive(PATIENCE_S, never)
    client.close()
    eventually(lambda: ports.keeps(address) == 1, "the server's side waits")
    assert 0 < ports.kept_s(address) <= 60
    assert ports.kept_s(Address(host, address.port, datagram=True)) == 0  # of another protocol
    assert client.pair is not None
    with socket.socket(family) as another, pytest.raises(OSError, match="in use"):
        another.bind(client.pair[0])  # and so does the client's
    eventually(lambda: freed(address), "nothing keeps it")


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
    with socket.create_server(("127.0.0.1", free_port())) as server:
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


LISTENS = """
import socket, sys
host, port = sys.argv[1], int(sys.argv[2])
with socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET) as server:
    if ":" in host:
        server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    server.bind((host, port))
    server.listen()
    print("listens", flush=True)
    sys.stdin.read()
"""


@pytest.mark.parametrize(("ours", "theirs"), [("127.0.0.2", "127.0.0.1"), ("::", "127.0.0.1")])
def test_the_same_number_on_another_address_is_anothers_port(ours: str, theirs: str) -> None:
    """Ours is the older process, which the system lists first."""
    if ":" in ours and not IPV6:
        pytest.skip("no IPv6 here")
    with socket.socket(socket.AF_INET6 if ":" in ours else socket.AF_INET) as server:
        if ":" in ours:
            server.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
        server.bind((ours, free_port()))
        server.listen()
        port = server.getsockname()[1]
        words = [sys.executable, "-c", LISTENS, theirs, str(port)]
        with subprocess.Popen(words, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as other:
            assert other.stdout
            assert other.stdout.readline()
            named = ports.holder(Address(theirs, port)) or ""
            assert named.endswith(f", PID {other.pid}")
            named = ports.holder(Address(ours, port)) or ""
            assert named.endswith(f", PID {os.getpid()}")
            other.communicate(b"")


@V6
def test_what_listens_elsewhere_takes_no_port_here() -> None:
    with socket.create_server(("127.0.0.2", free_port())) as server:
        port = server.getsockname()[1]
        for host in ("127.0.0.1", "::1"):
            assert not ports.taken(Address(host, port))
            assert ports.holder(Address(host, port)) is None
        for host in ("127.0.0.2", "127.2", "0.0.0.0", "::", "", "localhost"):
            assert ports.taken(Address(host, port))
    with socket.socket(socket.AF_INET6) as server:
        server.bind(("::1", free_port()))
        server.listen()
        port = server.getsockname()[1]
        assert not ports.taken(Address("127.0.0.1", port))
        for host in ("::1", "localhost", ""):
            assert ports.taken(Address(host, port))


def test_what_waits_on_another_address_keeps_no_port_and_is_left_alone(
    eventually: Callable[..., Any],
) -> None:
    port = left_in_time_wait(socket.AF_INET, "127.0.0.2")
    eventually(lambda: ports.keeps(Address("127.0.0.2", port)) == 1, "its side waits")
    elsewhere = Address("127.0.0.1", port)
    assert ports.keeps(elsewhere) == 0
    ports.free(elsewhere)
    for host in ("127.0.0.2", "0.0.0.0", ""):
        assert ports.keeps(Address(host, port)) == 1


@pytest.mark.parametrize(("family", "host"), [*LOOPBACK, (socket.AF_INET, "127.0.0.2")])
def test_a_port_that_waits_on_any_address_is_not_given_to_a_test(
    family: int, host: str, eventually: Callable[..., Any]
) -> None:
    port = left_in_time_wait(family, host)
    eventually(lambda: ports.keeps(Address(host, port)) == 1, "its side waits")
    assert port not in {free_port() for _ in range(PER_WORKER)}
