"""Totals are exact, whatever the threads' turns are."""

import io
import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from labservers.observe.log import Log
from labservers.observe.monitor import Monitor
from labservers.observe.tally import Counter, Tally
from labservers.observe.text import EXCERPT_CHARACTERS

THREADS, VISITS = 8, 25


@pytest.fixture
def monitor() -> Iterator[Monitor]:
    log = Log("test", io.StringIO())
    yield Monitor(log)
    log.close()


def give_way(frame: FrameType, event: str, _: Any) -> Any:
    """A trace function: after each of our instructions another thread has its turn."""
    ours = "labservers" in frame.f_code.co_filename or frame.f_code.co_filename == __file__
    if not ours:
        return None
    frame.f_trace_opcodes = True
    if event == "opcode":
        time.sleep(0)
    return give_way


def by_turns(work: Callable[[], None]) -> None:
    """Do it in THREADS threads at once that change turns after each instruction."""

    all_there = threading.Barrier(THREADS)

    def run() -> None:
        all_there.wait()
        sys.settrace(give_way)
        work()

    threads = [threading.Thread(target=run) for _ in range(THREADS)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def test_a_counter_that_threads_share_loses_additions(eventually: Callable[..., Any]) -> None:
    """The fault that is to be avoided, or else these tests would prove nothing."""

    def loses() -> bool:
        shared = Tally()

        def work() -> None:
            for _ in range(VISITS):
                shared.requests += 1

        by_turns(work)
        return shared.requests < THREADS * VISITS

    eventually(loses, "it may go well by chance")


def test_what_threads_count_in_their_connections_is_exact(monitor: Monitor) -> None:
    def work() -> None:
        for _ in range(VISITS):
            connection = monitor.open("127.0.0.1:1")
            connection.bytes_in += 3
            connection.requests += 1
            connection.counts["GET"] += 1
            monitor.close(connection)

    by_turns(work)
    total = monitor.totals()
    visits = THREADS * VISITS
    assert (total.accepted, total.requests, total.bytes_in) == (visits, visits, 3 * visits)
    assert total.counts == {"GET": visits}
    assert monitor.frame(1).connections == 0


def test_what_is_still_open_counts_as_well_and_only_once(monitor: Monitor) -> None:
    open_still, closed, own = monitor.open("a"), monitor.open("b"), monitor.tally()
    for tally in (open_still, closed, own):
        tally.requests += 1
        tally.counts["GET"] += 1
    monitor.close(closed)
    monitor.close(closed)
    own.counts["dropped"] += 2
    frame = monitor.frame(1)
    assert (frame.accepted, frame.requests, frame.connections) == (2, 3, 1)
    assert frame.counts == {"GET": 3, "dropped": 2}


def test_totals_may_be_asked_for_while_they_grow(monitor: Monitor) -> None:
    seen: list[int] = []

    def work() -> None:
        own = monitor.tally()
        for number in range(5):
            own.counts[f"kind {number}"] += 1
            seen.append(sum(monitor.totals().counts.values()))

    by_turns(work)
    assert sum(monitor.totals().counts.values()) == THREADS * 5
    assert max(seen) == THREADS * 5


def test_rows_show_what_has_been_in_its_state_longest(monitor: Monitor) -> None:
    first, second = monitor.open("first"), monitor.open("second")
    first.enter("writing")
    rows = monitor.rows(limit=1)
    assert (rows.total, [row.peer for row in rows.rows]) == (2, ["second"])
    second.enter("closing")
    assert [row.peer for row in monitor.rows().rows] == ["first", "second"]


def test_the_last_exchange_is_shortened_when_it_is_shown(monitor: Monitor) -> None:
    assert monitor.frame(1).last is None
    monitor.last = (b"\x1b[2J" + b"x" * 200 + b"\nmore", b"", 7)
    last = monitor.frame(2).last
    assert last
    assert last.received == "·[2J" + "x" * (EXCERPT_CHARACTERS - 5) + "…"
    assert (last.sent, last.microseconds) == ("", 7)


def test_a_counter_loses_nothing_that_several_threads_add_while_somebody_looks() -> None:
    counter, taken = Counter(), [0]

    def add() -> None:
        for _ in range(10_000):
            counter.add()
        for number in range(1, 101):
            counter.add_many(number)

    threads = [threading.Thread(target=add) for _ in range(4)]
    for thread in threads:
        thread.start()
    while any(thread.is_alive() for thread in threads):
        taken.append(counter.take())
    taken.append(counter.take())
    assert (sum(taken), counter.take()) == (4 * (10_000 + 5_050), 0)


def test_a_tally_begins_at_zero_and_each_figure_is_added_to_its_own() -> None:
    total, other = Tally(), Tally()
    names = ["accepted", "requests", "errors", "bytes_in", "bytes_out"]
    assert [getattr(total, name) for name in names] == [0] * 5
    for value, name in enumerate(names, 1):
        setattr(other, name, value)
    total.add(other)
    total.add(other)
    assert [getattr(total, name) for name in names] == [2, 4, 6, 8, 10]
