"""Whose a port is: of the process that stands in the way, not of one on another address."""

import os
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import ExitStack

import pytest

from dashboard.supervision import port_owner
from dashboard.supervision.port_owner import free_port, kept_s, owner
from labservers.net.listening import bind_udp, listen_tcp
from tests import ports
from tests.ports import V6

STRANGER = """
import socket, sys
host, port = sys.argv[1], int(sys.argv[2])
family = socket.AF_INET6 if ":" in host else socket.AF_INET
with socket.socket(family, socket.SOCK_STREAM) as sock:
    if family == socket.AF_INET6:
        sock.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_V6ONLY, 1)
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind((host, port))
    sock.listen()
    print(sock.getsockname()[1], flush=True)
    sys.stdin.read()
"""


@pytest.fixture
def stranger() -> Iterator[Callable[[str, int], tuple[int, int]]]:
    """stranger(host, port): another process that listens there; its pid and port."""
    with ExitStack() as stack:

        def start(host: str, port: int) -> tuple[int, int]:
            process = subprocess.Popen(
                [sys.executable, "-c", STRANGER, host, str(port)],
                stdin=subprocess.PIPE,
                stdout=subprocess.PIPE,
            )
            stack.enter_context(process)  # the end of its input ends it
            assert process.stdout
            return process.pid, int(process.stdout.readline())

        yield start


def test_the_same_port_on_another_address_is_somebody_elses(
    stranger: Callable[[str, int], tuple[int, int]],
) -> None:
    innocent, port = stranger("127.0.0.2", ports.free_port())
    assert owner("127.0.0.1", port, "tcp") is None
    with listen_tcp("127.0.0.1", port):
        found = owner("127.1", port, "tcp", [os.getpid()])
        assert found
        assert (found["pid"], found["ours"]) == (os.getpid(), True)
        found = owner("127.0.0.2", port, "tcp", [os.getpid()])
        assert found
        assert (found["pid"], found["ours"]) == (innocent, False)
        assert sys.executable in found["command"]


def test_every_address_stands_in_the_way_of_each(
    stranger: Callable[[str, int], tuple[int, int]],
) -> None:
    pid, port = stranger("0.0.0.0", ports.free_port())
    for host in ("127.0.0.1", "localhost", "0"):
        found = owner(host, port, "tcp")
        assert found
        assert found["pid"] == pid
    other, port = stranger("127.0.0.3", ports.free_port())
    found = owner("0.0.0.0", port, "tcp")
    assert found
    assert found["pid"] == other


@V6
def test_the_other_family_does_not_stand_in_the_way(
    stranger: Callable[[str, int], tuple[int, int]],
) -> None:
    pid, port = stranger("::1", ports.free_port())
    assert owner("127.0.0.1", port, "tcp") is None
    found = owner("::", port, "tcp")
    assert found
    assert found["pid"] == pid


@V6
@pytest.mark.parametrize("ours", ["127.0.0.1", "0.0.0.0"])
def test_one_of_the_wanted_family_comes_before_every_address_of_ipv6(
    stranger: Callable[[str, int], tuple[int, int]], ours: str
) -> None:
    innocent, port = stranger("::", ports.free_port())
    guilty, _ = stranger(ours, port)
    for host in ("127.0.0.1", "127.1", "0", "localhost", "::ffff:127.0.0.1"):
        found = owner(host, port, "tcp")
        assert found
        assert found["pid"] == guilty
    for host in ("::1", "::"):
        found = owner(host, port, "tcp")
        assert found
        assert found["pid"] == innocent


@V6
def test_every_address_of_ipv6_stands_in_the_way_of_ipv4_unless_it_is_said_not_to(
    stranger: Callable[[str, int], tuple[int, int]],
) -> None:
    _, port = stranger("::", ports.free_port())
    assert owner("127.0.0.1", port, "tcp") is None
    assert owner("0.0.0.0", port, "tcp") is None
    with listen_tcp("::", ports.free_port()) as both:
        port = both.getsockname()[1]
        for host in ("127.0.0.1", "0", "::ffff:127.0.0.1"):
            found = owner(host, port, "tcp")
            assert found
            assert found["pid"] == os.getpid()


def test_a_datagram_socket_is_asked_about_apart() -> None:
    with bind_udp("127.0.0.1", ports.free_port()) as sock:
        port = sock.getsockname()[1]
        assert owner("127.0.0.1", port, "tcp") is None
        found = owner("127.0.0.1", port, "udp")
        assert found
        assert found["pid"] == os.getpid()


def test_a_name_that_nobody_knows_leaves_the_owner_open() -> None:
    assert owner("nosuch.invalid", 1, "tcp") == {
        "pid": None,
        "command": None,
        "since": None,
        "ours": False,
    }


def test_the_next_free_port_leaves_out_what_is_taken_and_what_others_want() -> None:
    port = ports.free_port()
    with listen_tcp("127.0.0.1", port):
        found = free_port("127.0.0.1", port - 10, "tcp", [port + 10])
        assert found
        assert found > port + 10
        assert free_port("127.0.0.1", 65_530, "tcp", []) is None


def test_no_free_port_is_found_where_all_are_others(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(port_owner, "FREE_TRIES", 3)
    assert free_port("127.0.0.1", 9000, "tcp", [9010, 9020, 9030]) is None


def test_a_process_that_has_ended_listens_nowhere() -> None:
    with subprocess.Popen([sys.executable, "-c", ""]) as ended:
        pass
    assert port_owner.listening(ended.pid) == []


def left_in_time_wait(host: str) -> int:
    """A port of this address that a connection keeps: the side that closes first waits (RFC 9293)."""
    port = ports.free_port()
    with socket.create_server((host, port)) as listener:
        with socket.create_connection((host, port)) as client:
            listener.accept()[0].close()
            assert client.recv(1) == b""
    return port


def test_a_port_of_a_connection_that_was_closed_here_is_kept_for_a_minute() -> None:
    port = left_in_time_wait("127.0.0.1")
    for host in ("127.0.0.1", "127.1", "0.0.0.0", "::ffff:127.0.0.1", "::"):
        left = kept_s(host, port)
        assert left is not None
        assert 0 < left <= 60


@V6
def test_a_connection_of_another_address_keeps_nothing() -> None:
    port = left_in_time_wait("127.0.0.2")
    for host in ("127.0.0.1", "127.0.0.3", "::1", "nosuch.invalid"):
        assert kept_s(host, port) is None


def test_each_address_of_a_process_has_its_kind() -> None:
    with (
        socket.create_server(("127.0.0.1", ports.free_port())) as stream,
        socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as datagram,
    ):
        datagram.bind(stream.getsockname())
        known = port_owner.listening(os.getpid())
        assert ("stream", stream.getsockname()) in known
        assert ("datagram", datagram.getsockname()) in known
