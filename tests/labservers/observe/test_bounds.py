"""What a tap keeps is bounded, whoever does not take it; what is lost is counted and told."""

import contextlib
import socket
import threading
import time
import weakref
from collections.abc import Callable, Iterator
from types import CodeType, FrameType, FunctionType
from typing import Any

import pytest

from labservers.observe import book, messages, observed
from labservers.observe import glass as glass_file
from labservers.observe.channel import Channel
from labservers.observe.glass import POINTS_BEHIND, Glass
from labservers.observe.lines import OwnLines, Place
from labservers.observe.locks import Locks
from labservers.observe.outcomes import CUT
from labservers.observe.points import WIDTH, Birth
from labservers.observe.standing import Standing
from labservers.observe.stepper import Stepper
from labservers.observe.tap import Tap
from tests.labservers.observe.pairs import tcp_pair
from tests.measured import MEASURED

WAIT_S = 10
CROWD = book.CROWDED * book.RING


class SlowLines(OwnLines):
    """The reader of the ring stands at its first line until it is let go."""

    def __init__(self) -> None:
        super().__init__(__file__)
        self.stands, self.goes_on = threading.Event(), threading.Event()

    def place_at(self, code: CodeType, instruction: int) -> Place:
        self.stands.set()
        self.goes_on.wait(WAIT_S)
        return super().place_at(code, instruction)


def test_threads_that_are_faster_than_the_reader_wait_for_it() -> None:
    """As a hundred that spin, in a server that never looks whether a client is gone."""
    lines, waits = SlowLines(), 20
    tap = Tap(lines)
    with tcp_pair() as (ours, _):
        tap.install()
        ours.send(b"x")
        reader = threading.Thread(target=tap.totals)
        reader.start()
        assert lines.stands.wait(WAIT_S)
        began = time.monotonic()
        for _ in range(CROWD + waits):
            ours.send(b"x")
        assert time.monotonic() - began > waits * book.CROWD_WAIT_S * 0.9
        assert len(tap.events) == (CROWD + waits) * WIDTH
        lines.goes_on.set()
        reader.join(WAIT_S)
        ours.send(b"x")
        assert tap.totals().points == CROWD + waits + 2
        tap.remove()
    assert not tap.events


def test_calls_that_nobody_takes_are_kept_by_their_bytes(tap: Tap) -> None:
    tap.book.rate = tap.book.burst = 1e9
    tap.book.begin_anew()
    many = 2 * book.WAITING * book.DATA_UNIT // CUT // 2
    with tcp_pair() as (ours, theirs):
        tap.install()
        for _ in range(many):
            ours.sendall(b"x" * CUT)
            theirs.recv(CUT, socket.MSG_WAITALL)
    told = tap.book.take()
    kept = [p for batch in told if isinstance(batch, observed.Points) for p in batch.points]
    most = book.WAITING * book.DATA_UNIT + book.RING * CUT
    assert most / 2 < sum(p.bytes for p in kept) <= most
    assert len(kept) + tap.book.lost == tap.totals().points == 2 * many


def test_lives_that_nobody_takes_are_counted(tap: Tap) -> None:
    """None of them is a call, which would read the ring."""
    beyond = 3 * CROWD
    for number in range(book.WAITING + beyond):
        tap.put(Birth(1.0, number, "Thread", "started", None))
        assert len(tap.events) <= (CROWD + 1) * WIDTH
    told = tap.book.take()
    threads = [e for batch in told if isinstance(batch, observed.ThreadEvents) for e in batch[1]]
    [notice] = [one for one in told if isinstance(one, messages.Notice)]
    assert len(threads) == book.WAITING
    assert notice[1:] == (
        "untold",
        f"{beyond:,} steps in the lives of sockets and threads were not told",
    )
    tap.put(Birth(1.0, 1, "Thread", "ended", None))
    assert [type(one) for one in tap.book.take()] == [observed.ThreadEvents]


@pytest.mark.skipif(MEASURED, reason="all code is kept by what measures it")
def test_code_that_is_made_anew_for_each_call_is_not_kept_for_ever(tap: Tap) -> None:
    """As by a program that runs a file again for each request; its lines stay the same."""

    def send(sock: socket.socket) -> None:
        sock.send(b"x")

    with tcp_pair() as (ours, theirs):
        tap.install()
        codes = []
        for _ in range(book.CODES + 1):
            code = send.__code__.replace()
            codes.append(weakref.ref(code))
            FunctionType(code, {})(ours)
            theirs.recv(1)
        del code
    [line] = [row for row in lines_of(tap) if row.function == "send"]
    assert line.calls == line.bytes_out == book.CODES + 1
    assert sum(code() is not None for code in codes) <= book.CODES / 2


def lines_of(tap: Tap) -> list[observed.LineCount]:
    tap.totals()
    found = tap.book.lines()
    return found.lines if found else []


def test_messages_that_a_channel_has_lost_are_told_once_it_takes_some_again(tap: Tap) -> None:
    ours, theirs = socket.socketpair()
    with contextlib.closing(Channel(ours, capacity=10_000)) as channel, theirs:
        standing = Standing(tap, Locks(tap.own))
        glass = Glass(channel, tap, standing, Stepper(), gated=False)
        sent = 0
        while channel.lost < 3:
            glass.send(messages.Notice(1.0, "test", "x" * 1_000))
            sent += 1
        lost = channel.lost
        came = []
        for told in messages_of(theirs):
            came.append(told)
            if told[0] == "untold":
                break
            glass.report()
        glass.send(messages.Notice(1.0, "test", "once"))
        glass.report()
        assert next(messages_of(theirs)) == ("test", "once")
    assert came[-1] == ("untold", f"{lost} messages were lost")
    assert len(came) - 1 == sent - lost


POINT = observed.Point(1, 1.0, "T", None, None, None, None, "send", 0, 1, None, None, None, None)


def test_a_burst_is_told_whole_to_a_reader_who_comes_late(tap: Tap) -> None:
    """The kernel holds some 280 lines of one call each, however short they are."""
    ours, theirs = socket.socketpair()
    with contextlib.closing(Channel(ours)) as channel, theirs:
        glass = Glass(channel, tap, Standing(tap, Locks(tap.own)), Stepper(), gated=False)
        for _ in range(1_000):
            glass.send(observed.Points(1.0, [POINT], 0))
            glass.send(messages.Notice(1.0, "test", ""))
        kinds = [type(message) for message in told(channel, theirs)]
    assert kinds == [observed.Points, messages.Notice] * 1_000


def test_points_that_are_left_out_are_counted_even_if_none_follow(tap: Tap) -> None:
    ours, theirs = socket.socketpair()
    with contextlib.closing(Channel(ours)) as channel, theirs:
        glass = Glass(channel, tap, Standing(tap, Locks(tap.own)), Stepper(), gated=False)
        batch = [POINT._replace(data="x" * 5_000)] * 100
        for _ in range(10):
            glass.send(observed.Points(1.0, batch, 5))
        left_out = 1_050 - sum(map(many, told(channel, theirs)))
        assert 0 < left_out < 1_050
        glass.report_lost()
        glass.report_lost()
        assert list(map(many, told(channel, theirs))) == [left_out]


@pytest.mark.parametrize("own_lost", [0, 7])
def test_points_and_messages_that_are_pushed_out_are_each_counted(tap: Tap, own_lost: int) -> None:
    """Also the counts that were pushed out themselves."""
    ours, theirs = socket.socketpair()
    with contextlib.closing(Channel(ours, capacity=2 * POINTS_BEHIND)) as channel, theirs:
        glass = Glass(channel, tap, Standing(tap, Locks(tap.own)), Stepper(), gated=False)
        rounds, other = 300, messages.Notice(1.0, "test", "x" * 10_000)
        came: list[messages.Message] = []
        for _ in range(2):
            for _ in range(rounds):
                glass.send(observed.Points(1.0, [POINT] * 30, own_lost))
                glass.send(other)
            channel.flush()
            glass.report_lost(at_end=True)
        for _ in range(rounds):  # they push the counts out, too
            glass.send(other)
        came += told(channel, theirs)
        glass.report_lost()
        came += told(channel, theirs)
    points = [one for one in came if isinstance(one, observed.Points)]
    assert sum(map(many, points)) == 2 * rounds * (30 + own_lost)
    [notice] = [o for o in came if isinstance(o, messages.Notice) and o.code == "untold"]
    assert notice.text == f"{3 * rounds - came.count(other):,} messages were lost"


def test_a_loss_is_told_once_whichever_thread_tells_it(tap: Tap) -> None:
    """The writer's check, and the end of the program in its main thread, at the same moment."""
    ours, theirs = socket.socketpair()
    with contextlib.closing(Channel(ours, capacity=2 * POINTS_BEHIND)) as channel, theirs:
        glass = Glass(channel, tap, Standing(tap, Locks(tap.own)), Stepper(), gated=False)
        rounds, other = 300, messages.Notice(1.0, "test", "x" * 10_000)
        for _ in range(rounds):
            glass.send(other)
        glass.send(observed.Points(1.0, [POINT] * 30, 12))
        came = told(channel, theirs)
        side_by_side(glass.report_lost)
        counts = told(channel, theirs)
    assert [many(one) for one in counts if isinstance(one, observed.Points)] == [42]
    text = f"{rounds - len(came)} messages were lost"
    assert [one.text for one in counts if isinstance(one, messages.Notice)] == [text]


def side_by_side(call: Callable[[], None]) -> None:
    """Two threads: neither begins a line of the glass before the other is as far."""
    meeting = threading.Barrier(2)

    def meet(frame: FrameType, event: str, given: object) -> Any:
        if frame.f_code.co_filename != glass_file.__file__:
            return None
        if event == "line":
            with contextlib.suppress(threading.BrokenBarrierError):
                meeting.wait(0.2)
        return meet

    before = threading.gettrace()
    threading.settrace(meet)
    threads = [threading.Thread(target=call) for _ in range(2)]
    try:
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join(WAIT_S)
    finally:
        threading.settrace(before)


def many(message: messages.Message) -> int:
    assert isinstance(message, observed.Points)
    return len(message.points) + message.lost


def told(channel: Channel, sock: socket.socket) -> list[messages.Message]:
    """All that waits in a channel."""
    sock.setblocking(False)
    came = bytearray()
    all_sent = False
    while not all_sent:
        all_sent = channel.flush()
        with contextlib.suppress(BlockingIOError):
            while piece := sock.recv(65_536):
                came += piece
    return [messages.decode(line) for line in came.splitlines()]


def messages_of(sock: socket.socket) -> Iterator[tuple[str, str]]:
    """Code and text of each notice that comes."""
    sock.settimeout(WAIT_S)
    with sock.makefile("rb") as lines:
        for line in lines:
            notice = messages.decode(line)
            assert isinstance(notice, messages.Notice)
            yield notice.code, notice.text
