"""The end of a program, and a dashboard that reads slowly, late, or not at all."""

import contextlib
import socket
import threading
import time
from collections.abc import Callable, Iterator

import pytest

from labservers.checks.patience import strain
from labservers.observe import messages, observed
from labservers.observe.channel import Channel
from labservers.observe.glass import POINTS_BEHIND
from labservers.observe.locks import Locks
from labservers.observe.observer import HURRY_S, Observer
from labservers.observe.standing import Standing
from labservers.observe.tap import Tap
from labservers.observe.teller import Teller

WAIT_S = 10
TICK_S = 0.02
POINT = observed.Point(1, 1.0, "T", "a.py:1", "f", 3, 4, "recv", 10, 500, "eHh4" * 200, None, None,
                       None)  # fmt: skip
NOTICE = messages.Notice(1.0, "test", "the reason")
CRASH = observed.Crash(1.0, "MainThread", True, "ValueError", "no", None, None, [], {}, None, None,
                       None, None)  # fmt: skip
SUMMARY = observed.Summary(1.0, 1, None, 1, 1, 1, 1_000, 0, 0, 0)
Watching = Callable[[Channel], Observer]


@pytest.fixture
def observer_of(tap: Tap) -> Watching:
    """observer_of(channel): it has not started."""
    standing, teller = Standing(tap, Locks(tap.own)), Teller(tap, [])
    return lambda channel: Observer(channel, tap, standing, teller, lambda signal: None)


@pytest.fixture
def ends() -> Iterator[tuple[socket.socket, socket.socket]]:
    ours, theirs = socket.socketpair()
    yield ours, theirs
    ours.close()
    theirs.close()


class SlowReader(threading.Thread):
    """Reads so many bytes a second, to the end."""

    def __init__(self, sock: socket.socket, rate: int) -> None:
        super().__init__()
        self._sock, self._rate = sock, rate
        self._came = bytearray()
        self.start()

    def run(self) -> None:
        pause, began = threading.Event(), time.monotonic()
        while True:
            due = int(self._rate * (time.monotonic() - began)) - len(self._came)
            if due > 0 and not (piece := self._sock.recv(due)):
                return
            self._came += piece if due > 0 else b""
            pause.wait(TICK_S)

    def told(self) -> list[messages.Message]:
        self.join(WAIT_S)
        return [messages.decode(line) for line in self._came.splitlines(keepends=True)
                if line.endswith(b"\n")]  # fmt: skip


@pytest.mark.parametrize(
    ("rate", "batch", "bulk"), [(300_000, 25, 0), (150_000, 4, 0), (300_000, 100, 200)]
)
def test_why_it_ended_is_told_before_all_its_calls_are(
    rate: int,
    batch: int,
    bulk: int,
    observer_of: Watching,
    ends: tuple[socket.socket, socket.socket],
) -> None:
    """bulk: tables of its lines, which are no points and many."""
    ours, theirs = ends
    channel = Channel(ours)
    observer = observer_of(channel)
    reader = SlowReader(theirs, rate)
    rows = [observed.LineCount("a.py:1", "f", 1, 0, 1, 1, 1)] * 100
    for _ in range(2_000 // batch):
        observer.send(observed.Points(1.0, [POINT] * batch, 0))
    for _ in range(bulk):
        observer.send(observed.Lines(1.0, rows))
    observer.send(CRASH)
    observer.send(observed.Points(1.0, [POINT] * batch, 0))
    observer.send(SUMMARY)
    began = time.monotonic()
    observer.close()
    assert time.monotonic() - began < (2 * HURRY_S + 0.5) * strain()
    ours.shutdown(socket.SHUT_WR)
    told = reader.told()
    assert CRASH in told
    assert SUMMARY in told
    points = [one for one in told if isinstance(one, observed.Points)]
    assert sum(len(one.points) + one.lost for one in points) == 2_000 + batch
    tables = sum(isinstance(one, observed.Lines) for one in told)
    lost = [one.text for one in told if isinstance(one, messages.Notice)]
    assert lost == ([f"{bulk - tables} messages were lost"] if tables < bulk else [])


def test_a_dashboard_that_does_not_read_does_not_hold_up_the_end(
    observer_of: Watching, ends: tuple[socket.socket, socket.socket]
) -> None:
    channel = Channel(ends[0])
    observer = observer_of(channel)
    while channel.behind <= POINTS_BEHIND:
        observer.send(observed.Points(1.0, [POINT] * 10, 0))
        observer.send(NOTICE)
    began = time.monotonic()
    observer.close()
    assert time.monotonic() - began < (2 * HURRY_S + 0.5) * strain()


def test_the_last_count_waits_for_room_as_well(
    observer_of: Watching,
    ends: tuple[socket.socket, socket.socket],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All before it is in the kernel's buffer, which is full."""
    monkeypatch.setattr("labservers.observe.observer.HURRY_S", WAIT_S)
    ours, theirs = ends
    with contextlib.suppress(BlockingIOError):
        while True:
            ours.send(messages.encode(NOTICE), socket.MSG_DONTWAIT)
    channel = Channel(ours)
    observer = observer_of(channel)
    channel.lost_points = 777
    closing = threading.Thread(target=observer.close)
    closing.start()
    until = time.monotonic() + WAIT_S
    while closing.is_alive() and not channel.behind and time.monotonic() < until:
        pass
    reader = SlowReader(theirs, 10_000_000)
    closing.join(WAIT_S)
    ours.shutdown(socket.SHUT_WR)
    assert [one.lost for one in reader.told() if isinstance(one, observed.Points)] == [777]


def test_a_signal_handler_in_the_midst_of_sending_ends_the_program_all_the_same(
    observer_of: Watching, ends: tuple[socket.socket, socket.socket]
) -> None:
    """As one that calls os._exit(), or becomes another program."""
    came = []

    class Interrupted(Channel):
        def _push(self) -> None:
            if not came:
                came.append("signal")
                observer.send(NOTICE)
                observer.close()
                came.append("over")
            super()._push()

    channel = Interrupted(ends[0])
    observer = observer_of(channel)
    sending = threading.Thread(target=observer.send, args=(SUMMARY,), daemon=True)
    sending.start()
    sending.join(WAIT_S)
    assert not sending.is_alive()
    assert came == ["signal", "over"]
    assert ends[1].recv(10_000) == messages.encode(SUMMARY)
