"""A conversation, told in several ways, with a server of each kind of care."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.checks.client import Client, Timeline
from labservers.checks.holding import Delivery, hold, pieces
from labservers.checks.values import Address, Talk, Turn

SUM = Talk("sum", "math", (Turn(b"3 4\n", rb"7\n"),), framed="line")
PATIENCE_S = 30.0
Handle = Callable[[socket.socket], object]
Serve = Callable[[Handle], Address]


@pytest.fixture
def served() -> Iterator[Serve]:
    """served(handle) -> the address of a server that handles one client after the other."""
    listeners: list[tuple[socket.socket, threading.Thread]] = []

    def start(handle: Handle) -> Address:
        listener = socket.create_server(("127.0.0.1", 0))
        thread = threading.Thread(target=serve, args=(listener, handle))
        thread.start()
        listeners.append((listener, thread))
        return Address(*listener.getsockname())

    yield start
    for listener, thread in listeners:
        listener.shutdown(socket.SHUT_RDWR)
        listener.close()
        thread.join(30)
        assert not thread.is_alive()


def serve(listener: socket.socket, handle: Handle) -> None:
    with suppress(OSError):
        while True:
            connection, _ = listener.accept()
            connection.settimeout(30)
            with connection, suppress(OSError):
                handle(connection)


def line_by_line(connection: socket.socket) -> None:
    with connection.makefile("rb") as file:
        for line in file:
            connection.sendall(b"%d\n" % sum(map(int, line.split())))


def recv_is_a_message(connection: socket.socket) -> None:
    numbers = connection.recv(1024).split()
    connection.sendall(b"%d\n" % sum(map(int, numbers)))


@pytest.mark.parametrize("delivery", ["whole", "bytes", "half-close"])
def test_a_careful_server_answers_in_whatever_segments_it_is_asked(
    served: Serve, delivery: Delivery
) -> None:
    held = hold(SUM, served(line_by_line), Timeline(), PATIENCE_S, delivery=delivery)
    assert held.good
    assert held.got == b"7\n"


def test_a_server_to_which_a_recv_is_a_message_is_told_by_single_bytes(served: Serve) -> None:
    address = served(recv_is_a_message)
    assert hold(SUM, address, Timeline(), PATIENCE_S).good
    held = hold(SUM, address, Timeline(), PATIENCE_S, delivery="bytes")
    assert held.result in ("wrong-answer", "reset")


def test_silence_a_close_and_a_wrong_answer_are_told_apart(served: Serve) -> None:
    assert hold(SUM, served(lambda c: None), Timeline(), PATIENCE_S).result in ("closed", "reset")
    wrong = served(lambda c: c.sendall(b"8\n" + c.recv(10)[:0]))
    assert hold(SUM, wrong, Timeline(), PATIENCE_S).result == "wrong-answer"
    silent = served(lambda c: c.recv(100) and c.recv(1) and None)
    held = hold(SUM, silent, Timeline(), 0.2)
    assert held.result == "no-answer"
    assert held.after_s >= 0.2


def test_nobody_listens(free_address: Address) -> None:
    held = hold(SUM, free_address, Timeline(), PATIENCE_S)
    assert (held.result, held.error) == ("refused", "ConnectionRefusedError")


@pytest.fixture
def free_address() -> Address:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        return Address(*listener.getsockname())


def test_in_a_chat_the_other_one_hears(served: Serve) -> None:
    members: list[socket.socket] = []

    def join(connection: socket.socket) -> None:
        members.append(connection.dup())
        if len(members) == 2:
            said = connection.recv(100)
            for member in members:
                member.sendall(said)
                member.close()

    said = Turn(b"hello", b".*hello.*")
    talk = Talk("chat-plain", "chat", (said,), answered="other")
    assert hold(talk, served(join), Timeline(), PATIENCE_S).good


@given(st.binary(max_size=5_000))
def test_pieces_are_the_request_and_begin_with_single_bytes(data: bytes) -> None:
    parts = pieces(data)
    assert b"".join(parts) == data
    assert all(len(part) == 1 for part in parts[:20])
    assert len(parts) < 40


def test_moments_are_what_happened_in_its_order(served: Serve) -> None:
    timeline = Timeline(clock=iter(range(100)).__next__)
    hold(SUM, served(recv_is_a_message), timeline, PATIENCE_S)
    told = [(moment.side, moment.what) for moment in timeline.moments]
    assert told[:3] == [("client", "connects"), ("client", "sends"), ("server", "sends")]
    assert [moment.at_s for moment in timeline.moments] == sorted(
        moment.at_s for moment in timeline.moments
    )


def test_a_client_leaves_no_time_wait_at_a_server_that_has_closed_first(served: Serve) -> None:
    from labservers.checks import ports

    address = served(lambda c: None)
    client = Client(address, Timeline())
    client.connect(PATIENCE_S)
    client.receive(PATIENCE_S)
    client.close()
    assert client.ended
    assert ports.keeps(address) == 0
