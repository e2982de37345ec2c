"""The reports of a program, and their times."""

import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.observe import messages
from labservers.observe.channel import Channel
from labservers.run.reporter import MAX_HZ, ROWS_HZ, Reporter


class Hearing:
    """The dashboard's side: the messages that have come, with their times."""

    def __init__(self, channel: Channel) -> None:
        self.heard: list[tuple[float, messages.Message]] = []
        self._channel = channel
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    def _read(self) -> None:
        for line in self._channel.lines():
            self.heard.append((time.monotonic(), messages.decode(line)))

    def all(self, kind: type[Any]) -> list[Any]:
        return [message for _, message in self.heard if isinstance(message, kind)]

    def join(self) -> None:
        self._thread.join(30)


@pytest.fixture
def reporter(server: Any, ends: tuple[Channel, Channel]) -> Iterator[Reporter]:
    made = Reporter(server, ends[0])
    yield made
    ends[1].close()
    if made.is_alive():
        made.look(messages.Look(MAX_HZ, []))  # it notices at its next frame that nobody hears it
        made.join(30)
    assert not made.is_alive()


def test_while_nobody_looks_frames_come_and_rows_are_not_even_collected(
    server: Any, reporter: Reporter, ends: tuple[Channel, Channel], eventually: Callable[..., Any]
) -> None:
    hearing = Hearing(ends[1])
    reporter.look(messages.Look(1_000_000.0, ["loop"]))
    began = time.monotonic()
    reporter.start()
    eventually(lambda: len(hearing.all(messages.Frame)) >= 5, "frames come")
    assert [frame.seq for frame in hearing.all(messages.Frame)[:5]] == [1, 2, 3, 4, 5]
    assert len(hearing.all(messages.Frame)) <= 1 + (time.monotonic() - began) * MAX_HZ
    assert (server.rows_asked, hearing.all(messages.Rows)) == (0, [])
    ends[1].close()
    hearing.join()


def test_rows_come_while_somebody_looks_at_them_and_less_often_than_frames(
    server: Any, reporter: Reporter, ends: tuple[Channel, Channel], eventually: Callable[..., Any]
) -> None:
    hearing = Hearing(ends[1])
    began = time.monotonic()
    reporter.start()
    reporter.look(messages.Look(MAX_HZ, ["rows"]))
    assert server.asked.get(timeout=30) == messages.Look(MAX_HZ, ["rows"])
    eventually(lambda: len(hearing.all(messages.Rows)) >= 2, "rows come")
    assert len(hearing.all(messages.Rows)) <= 1 + (time.monotonic() - began) * ROWS_HZ
    eventually(lambda: len(hearing.all(messages.Frame)) >= 5, "and frames")
    reporter.look(messages.Look(MAX_HZ, []))
    frames, asked = len(hearing.all(messages.Frame)), server.rows_asked
    eventually(lambda: len(hearing.all(messages.Frame)) > frames + 15, "and frames go on")
    assert server.rows_asked <= asked + 1
    ends[1].close()
    hearing.join()


def test_events_go_with_the_next_frame(
    server: Any, reporter: Reporter, ends: tuple[Channel, Channel], eventually: Callable[..., Any]
) -> None:
    hearing = Hearing(ends[1])
    server.monitor.event("joined", room="1")
    reporter.start()
    eventually(lambda: hearing.all(messages.Events), "they have come")
    assert [event.kind for event in hearing.all(messages.Events)[0].events] == ["joined"]
    ends[1].close()
    hearing.join()


def test_a_dashboard_that_does_not_read_is_waited_for_by_nobody(
    server: Any, reporter: Reporter, ends: tuple[Channel, Channel], eventually: Callable[..., Any]
) -> None:
    """No frames pile up for it; of the events those are lost, and counted, that it cannot hold."""
    ours, other = ends
    filler = b"x" * 99_999 + b"\n"
    while ours.flush():
        ours.send(filler)
    reporter.look(messages.Look(MAX_HZ, []))
    reporter.start()
    for number in range(3_000):
        server.monitor.event("said", n=number)
    assert not ours.flush(0.5)
    hearing: list[messages.Message] = []

    def read() -> None:
        for line in other.lines():
            if not line.startswith(b"x"):
                hearing.append(messages.decode(line))

    reading = threading.Thread(target=read)
    reading.start()
    eventually(lambda: any(isinstance(m, messages.Events) for m in hearing), "it reads again")
    (at,) = [at for at, message in enumerate(hearing) if isinstance(message, messages.Events)]
    batch = hearing[at]
    assert (len(batch.events), batch.lost) == (1_000, 2_000)
    assert sum(isinstance(message, messages.Frame) for message in hearing[:at]) <= 3
    assert ours.lost == 0
    other.close()
    reading.join(30)


def test_what_fails_is_said_once_and_reporting_goes_on(
    server: Any, reporter: Reporter, ends: tuple[Channel, Channel], eventually: Callable[..., Any]
) -> None:
    hearing = Hearing(ends[1])
    server.broken = True
    reporter.look(messages.Look(MAX_HZ, []))
    reporter.start()
    eventually(lambda: "cannot be counted" in server.written.getvalue(), "it is said")
    server.broken = False
    eventually(lambda: hearing.all(messages.Frame), "it goes on")
    assert hearing.all(messages.Frame)[0].seq > 1
    assert server.written.getvalue().count(" ERROR ") == 1
    ends[1].close()
    hearing.join()
