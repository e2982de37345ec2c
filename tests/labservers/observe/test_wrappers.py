"""Kinds of calls in this very process: connects under way, counts alone, calls that are held late."""

import contextlib
import errno
import logging
import logging.handlers
import select
import socket
import threading
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from labservers.observe import observed
from labservers.observe.lines import OwnLines
from labservers.observe.tap import Tap

WAIT_S = 10
Eventually = Callable[..., Any]
Pair = tuple[socket.socket, socket.socket]
Told = tuple[list[observed.Point], list[tuple[int, str]]]


def told(tap: Tap) -> Told:
    """Points; ids and events of sockets."""
    points: list[observed.Point] = []
    events: list[tuple[int, str]] = []
    for batch in tap.book.take():
        if isinstance(batch, observed.Points):
            points += batch.points
        elif isinstance(batch, observed.SocketEvents):
            events += [(event.id, event.event) for event in batch.events]
    return points, events


@pytest.mark.parametrize("asks", [True, False])
def test_a_connect_under_way_is_over_with_the_next_call(tap: Tap, asks: bool) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener, socket.socket() as sock:
        tap.install()
        sock.setblocking(False)
        if asks:
            assert sock.connect_ex(listener.getsockname()) == errno.EINPROGRESS
        else:
            with pytest.raises(BlockingIOError):
                sock.connect(listener.getsockname())
        select.select([], [sock], [], WAIT_S)
        sock.send(b"x")
        number = tap.sockets.entries[id(sock)].id
        peer = "{}:{}".format(*listener.getsockname())
    points, events = told(tap)
    assert [event for one, event in events if one == number] == ["created", "connected", "closed"]
    connect, sent = (point for point in points if point.call != "select")
    assert (connect.call, connect.result, connect.error) == (
        ("connect_ex", f"{peer} EINPROGRESS", None)
        if asks
        else ("connect", peer, "BlockingIOError")
    )
    assert (sent.call, sent.bytes) == ("send", 1)


def test_a_datagram_gives_its_socket_an_address(tap: Tap) -> None:
    """Also to one that was made before the tap came."""
    with (
        socket.socket(type=socket.SOCK_DGRAM) as other,
        socket.socket(type=socket.SOCK_DGRAM) as sock,
    ):
        other.bind(("127.0.0.1", 0))
        tap.install()
        sock.sendto(b"x", other.getsockname())
        entry = tap.sockets.entries[id(sock)]
        assert entry.local is not None
        assert entry.local.endswith(f":{sock.getsockname()[1]}")
    assert (entry.id, "bound") in told(tap)[1]


def test_a_librarys_unix_socket_is_not_seen(tap: Tap, tmp_path: Path) -> None:
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as log:
        log.bind(str(tmp_path / "log"))
        tap.install()
        with contextlib.closing(logging.handlers.SysLogHandler(str(tmp_path / "log"))) as handler:
            handler.emit(logging.makeLogRecord({"msg": "hello"}))
        tap.remove()
        assert b"hello" in log.recv(100)
    assert told(tap) == ([], [])


def test_counts_alone_are_those_of_the_plain_calls_and_of_all_others(tap: Tap, pair: Pair) -> None:
    ours, theirs = pair
    tap.install(wire=False)
    assert ours.send(b"12345") == 5
    assert theirs.recv(2) == b"12"
    buffer = bytearray(10)
    assert theirs.recv_into(buffer, nbytes=3) == 3
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(2)
    ours.shutdown(socket.SHUT_WR)
    with pytest.raises(BrokenPipeError):
        ours.send(b"x")
    with pytest.raises(TypeError):
        call(ours.recv)
    totals = tap.totals()
    assert (totals.bytes_in, totals.bytes_out, totals.errors, totals.points) == (5, 5, 3, 7)


def call(method: Any) -> None:
    """Without the arguments that it wants."""
    method()


class FailingLines(OwnLines):
    """A defect of ours, at the look for a line."""

    frame = None


@pytest.mark.parametrize("call", ["shutdown", "recv", "connect_ex"])
def test_a_tap_that_fails_after_a_call_lets_its_outcome_be(call: str, pair: Pair) -> None:
    tap = Tap(FailingLines(__file__))
    ours, theirs = pair
    ours.setblocking(False)
    tap.install()
    if call == "shutdown":
        ours.shutdown(socket.SHUT_WR)
        tap.remove()
        assert theirs.recv(1) == b""
    elif call == "recv":
        with pytest.raises(BlockingIOError):
            ours.recv(1)
    else:
        assert ours.connect_ex(theirs.getsockname()) == errno.EISCONN
    assert not tap.on
    assert type(tap.failure) is TypeError


class Gate:
    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def before(self, call: str, *_: Any) -> None:
        self.calls.append(("before", call))

    def after(self, call: str, *_: Any) -> None:
        self.calls.append(("after", call))


def test_a_gate_that_comes_while_a_thread_sends_stands_after_its_call(
    tap: Tap, pair: Pair, eventually: Eventually
) -> None:
    ours, theirs = pair
    tap.install()
    ours.sendall(b"x")
    assert theirs.recv(1) == b"x"  # from now on it is known
    data, gate = bytes(20_000_000), Gate()
    sender = threading.Thread(target=lambda: ours.sendall(data))
    sender.start()
    eventually(lambda: select.select([theirs], [], [], 0)[0], "it has begun")
    tap.gates.append(gate)
    tap.remove()  # of what this thread receives
    left = len(data)
    while left:
        left -= len(theirs.recv(1_000_000))
    sender.join(WAIT_S)
    assert gate.calls == [("after", "sendall")]
