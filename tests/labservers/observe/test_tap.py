"""The tap in this very process: on and off, exact counts, its own failure."""

import builtins
import os
import select
import selectors
import socket
import sys
import threading
import time
import warnings
from typing import Any

import pytest

from labservers.observe import messages, observed
from labservers.observe.lines import OwnLines
from labservers.observe.tap import Tap

HOLDERS: list[Any] = [socket.socket, time, select, builtins, selectors.EpollSelector]
WAIT_S = 10


def attributes() -> list[dict[str, Any]]:
    return [dict(vars(holder)) for holder in HOLDERS]


def points(tap: Tap) -> list[observed.Point]:
    batches = [told for told in tap.book.take() if isinstance(told, observed.Points)]
    return [point for batch in batches for point in batch.points]


def line_here(_: object) -> str:
    frame = sys._getframe(1)
    return f"test_tap.py:{frame.f_lineno}"


@pytest.mark.parametrize("wire", [True, False])
def test_off_is_what_was_there_before(tap: Tap, wire: bool) -> None:
    before = attributes()
    tap.install(wire=wire)
    on = attributes()
    tap.install(wire=wire)  # a second time changes nothing
    assert attributes() == on != before
    tap.remove()
    tap.remove()
    assert all(one == other for one, other in zip(attributes(), before, strict=True))
    assert "recv" not in vars(socket.socket)
    assert socket.socket.recv is vars(socket.socket.__mro__[1])["recv"]
    assert type(time.sleep) is type(len)


def test_a_call_is_a_point_with_its_line_and_bytes(tap: Tap, pair: Any) -> None:
    ours, theirs = pair
    tap.install()
    here = line_here(ours.sendall(b"three"))
    assert theirs.recv(2) + theirs.recv(10, socket.MSG_PEEK) + theirs.recv(10) == b"threeree"
    told = points(tap)
    assert [(p.call, p.bytes, p.result) for p in told] == [
        ("sendall", 5, None), ("recv", 2, None), ("recv", 3, "MSG_PEEK"), ("recv", 3, None),
    ]  # fmt: skip
    assert told[0].line == here
    totals = tap.totals()
    assert (totals.bytes_in, totals.bytes_out, totals.points) == (5, 5, 4)


def test_counts_of_lines_are_exact_where_points_are_lost(tap: Tap, pair: Any) -> None:
    """Four threads are faster than the ring, and nobody empties it."""
    many, threads = 3000, 4
    ours, theirs = pair
    tap.install()

    def send() -> None:
        for _ in range(many):
            ours.send(b"x")

    def receive() -> None:
        left = many * threads
        while left:
            left -= len(theirs.recv(1000))

    workers = [threading.Thread(target=send) for _ in range(threads)]
    workers.append(threading.Thread(target=receive))
    for worker in workers:
        worker.start()
    for worker in workers:
        worker.join(60)
    totals = tap.totals()
    assert (totals.bytes_in, totals.bytes_out) == (many * threads, many * threads)
    lines = tap.book.lines()
    assert lines is not None
    counts = {row.function: row for row in lines.lines}
    assert (counts["send"].calls, counts["send"].bytes_out) == (many * threads, many * threads)
    assert counts["receive"].bytes_in == many * threads
    told = points(tap)
    assert 0 < len(told) == totals.points - tap.book.lost


def test_counters_only_keep_no_point_and_count_the_same(tap: Tap, pair: Any) -> None:
    ours, theirs = pair
    tap.install(wire=False)
    ours.send(b"12")
    ours.sendall(b"345")
    ours.sendall(memoryview(b"6"))
    assert theirs.recv(100, socket.MSG_WAITALL | socket.MSG_DONTWAIT) == b"123456"
    with pytest.raises(BlockingIOError):
        theirs.recv(1, socket.MSG_DONTWAIT)
    totals = tap.totals()
    assert (totals.bytes_in, totals.bytes_out, totals.points, totals.errors) == (6, 6, 5, 1)
    assert points(tap) == []


class FailingLines(OwnLines):
    """A defect of ours: the tap's own code raises as soon as it looks for a line."""

    frame = None


def test_a_tap_that_fails_takes_itself_out_and_says_so(pair: Any) -> None:
    ours, theirs = pair
    before = attributes()
    tap = Tap(FailingLines(__file__))
    tap.install()
    ours.settimeout(WAIT_S)  # not a call that is seen
    ours.sendall(b"sent all the same")
    assert theirs.recv(100) == b"sent all the same"
    assert not tap.on
    assert attributes() == before
    notices = [told for told in tap.book.take() if isinstance(told, messages.Notice)]
    assert [(n.code, "TypeError: " in n.text) for n in notices] == [("tap_out", True)]


class Gate:
    """Notes what it is asked."""

    def __init__(self) -> None:
        self.calls: list[tuple[str, str]] = []

    def before(self, call: str, entry: Any, frame: Any, peer: str | None = None) -> None:
        self.calls.append(("before", call))

    def after(
        self, call: str, entry: Any, frame: Any, error: BaseException | None, peer: Any = None
    ) -> None:
        self.calls.append(("after" if error is None else type(error).__name__, call))


def test_wrappers_that_the_program_has_replaced_are_named(tap: Tap, pair: Any) -> None:
    tap.install()
    assert tap.displaced() == []
    ours = socket.socket.send
    socket.socket.send = socket.socket.__mro__[1].send  # type: ignore
    assert tap.displaced() == ["send"]
    socket.socket.send = ours
    assert tap.displaced() == []


def test_a_gate_stands_before_and_after_each_call(tap: Tap, pair: Any) -> None:
    ours, theirs = pair
    tap.install()
    gate = Gate()
    tap.gates.append(gate)
    ours.sendall(b"x")
    theirs.recv(1)
    theirs.setblocking(False)
    with pytest.raises(BlockingIOError):
        theirs.recv(1)
    time.sleep(0)
    assert gate.calls == [
        ("before", "sendall"), ("after", "sendall"), ("before", "recv"), ("after", "recv"),
        ("before", "recv"), ("BlockingIOError", "recv"), ("before", "sleep"), ("after", "sleep"),
    ]  # fmt: skip


def test_what_a_thread_is_inside_is_read_off_its_stack(tap: Tap, pair: Any) -> None:
    ours, theirs = pair
    tap.install()
    reader = threading.Thread(target=lambda: theirs.makefile("rb").readline())
    reader.start()
    until, inside = time.monotonic() + WAIT_S, None
    while inside is None and time.monotonic() < until:
        inside = tap.inside(sys._current_frames().get(reader.ident or 0))
    ours.sendall(b"\n")
    reader.join(WAIT_S)
    assert inside is not None
    assert (inside.call, inside.entry and inside.entry.fd) == ("recv", theirs.fileno())


def test_a_socket_that_gives_its_descriptor_away_stays_the_same(tap: Tap) -> None:
    tap.install()
    first = socket.socket()
    again = socket.socket(fileno=first.detach())
    del first
    entry = tap.sockets.entries[id(again)]
    assert [one.id for one in tap.sockets.open()] == [entry.id]
    again.close()
    told = [event for batch in tap.book.take() if isinstance(batch, observed.SocketEvents)
            for event in batch.events]  # fmt: skip
    assert [(event.id, event.event) for event in told] == [
        (entry.id, "created"),
        (entry.id, "closed"),
    ]


def test_a_socket_that_nobody_holds_any_more_is_seen_to_close(tap: Tap) -> None:
    tap.install()
    sock = socket.socket()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ResourceWarning)
        del sock
    assert tap.sockets.open() == []
    assert len(tap.sockets.entries) == 0


def test_a_descriptor_that_os_close_has_closed_is_another_sockets_then(tap: Tap) -> None:
    """Its entry is closed, and what came with the number is not taken for it."""
    tap.install()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        first = socket.create_connection(listener.getsockname())
        entry = tap.sockets.entries[id(first)]
        number = first.detach()
        os.close(number)
        theirs, _ = listener.accept()
        with theirs:
            assert theirs.fileno() == number
            other = tap.sockets.entries[id(theirs)]
            assert (other is entry, entry.closed, other.closed) == (False, True, False)
            assert tap.sockets.of_descriptor(number) is other


def test_a_socket_that_changes_its_object_keeps_its_entry(tap: Tap) -> None:
    tap.install()
    with socket.create_server(("127.0.0.1", 0)) as listener:
        first = socket.create_connection(listener.getsockname())
        entry = tap.sockets.entries[id(first)]
        with socket.socket(fileno=first.detach()) as second:
            assert tap.sockets.entries[id(second)] is entry
        assert entry.closed
