"""Breakpoints on lines without a call, by the monitoring of Python 3.12 and by trace functions."""

import sys
import threading
import time
from collections.abc import Callable, Iterator
from types import FrameType
from typing import Any

import pytest

from labservers.observe import line_breaks as module
from labservers.observe.line_breaks import (
    MONITORING,
    TOOL,
    LineBreaks,
    MonitoredLines,
    TracedLines,
    line_breaks,
)
from labservers.observe.lines import OwnLines
from tests.labservers.observe.monitoring import Monitoring

NAME = "test_line_breaks.py"
NOTHING: frozenset[str] = frozenset()
WAIT_S = 10
KINDS = [TracedLines, *([MonitoredLines] if MONITORING is not None else [])]
pytestmark = pytest.mark.skipif(sys.gettrace() is not None, reason="another tracer is at work")


class Stops:
    """Where threads were stopped: the function and the line within it. `then`: comes after."""

    def __init__(self) -> None:
        self.seen: list[tuple[str, str, int]] = []
        self.then: Callable[[], Any] = lambda: None

    def reached(self, frame: FrameType) -> None:
        code, thread = frame.f_code, threading.current_thread().name
        self.seen.append((thread, code.co_name, frame.f_lineno - code.co_firstlineno))
        self.then()


@pytest.fixture
def stops() -> Stops:
    return Stops()


@pytest.fixture(params=KINDS)
def breaks(request: Any, stops: Stops) -> Iterator[LineBreaks]:
    made: LineBreaks = request.param(OwnLines(__file__), stops.reached)
    yield made
    made.want(NOTHING)


def line(function: Callable[..., Any], offset: int) -> str:
    return f"{NAME}:{function.__code__.co_firstlineno + offset}"


def computes(numbers: list[int]) -> int:
    total = 0
    for number in numbers:
        total += number
    return total


def in_a_thread(work: Callable[[], Any]) -> None:
    thread = threading.Thread(target=work, name="worker")
    thread.start()
    thread.join(WAIT_S)
    assert not thread.is_alive()


def test_a_wanted_line_stops_each_time_and_no_other_does(breaks: LineBreaks, stops: Stops) -> None:
    breaks.want(frozenset({line(computes, 3)}))

    def work() -> None:
        breaks.arm(sys._getframe())
        assert computes([1, 2]) == sum(map(int, "12"))
        breaks.want(frozenset({line(computes, 4)}))
        computes([1, 2])
        breaks.want(NOTHING)
        computes([1, 2])
        assert sys.gettrace() is None

    in_a_thread(work)
    assert stops.seen == [("worker", "computes", 3)] * 2 + [("worker", "computes", 4)]


def test_a_line_of_a_function_that_runs_already_stops(breaks: LineBreaks, stops: Stops) -> None:
    def work() -> None:
        begin = sys._getframe().f_code.co_firstlineno
        breaks.want(frozenset({f"{NAME}:{begin + 4}"}))
        breaks.arm(sys._getframe())
        computes([])

    in_a_thread(work)
    assert stops.seen == [("worker", "work", 4)]


def test_what_is_wanted_no_more_stops_nothing_from_then_on(
    breaks: LineBreaks, stops: Stops
) -> None:
    stops.then = lambda: breaks.want(NOTHING)
    breaks.want(frozenset({line(computes, 3)}))

    def work() -> None:
        breaks.arm(sys._getframe())
        computes([1, 2])
        computes([1, 2])
        assert sys.gettrace() is None

    in_a_thread(work)
    assert stops.seen == [("worker", "computes", 3)]


def test_the_main_thread_is_traced_wherever_it_is(stops: Stops) -> None:
    """Another thread wants the line, and the main one makes no call meanwhile."""
    breaks = TracedLines(OwnLines(__file__), stops.reached)
    wanted = frozenset({line(spins, 4)})
    asker = threading.Thread(target=breaks.want, args=(wanted,))
    spins(asker, stops.seen)
    breaks.want(NOTHING)
    computes([1])
    assert stops.seen[0] == ("MainThread", "spins", 4)
    assert sys.gettrace() is None


def spins(asker: threading.Thread, seen: list[Any]) -> None:
    asker.start()
    until = time.monotonic() + WAIT_S
    while not seen and time.monotonic() < until:
        pass


def test_lines_that_change_often_while_the_main_thread_waits_in_a_call(stops: Stops) -> None:
    """As of a server in accept(): it comes to know of them all at once, when it goes on."""
    breaks = TracedLines(OwnLines(__file__), stops.reached)

    def want() -> None:
        for number in range(20):
            breaks.want(frozenset({f"other.py:{number}"}))
        breaks.want(frozenset({line(computes, 3)}))

    in_a_thread(want)
    computes([1])
    breaks.want(NOTHING)
    computes([1])
    assert stops.seen == [("MainThread", "computes", 3)]


def test_another_tracer_is_left_alone(stops: Stops) -> None:
    breaks = TracedLines(OwnLines(__file__), stops.reached)
    calls: list[str] = []

    def debugger(frame: FrameType, event: str, _: Any) -> None:
        calls.append(frame.f_code.co_name)

    def work() -> None:
        sys.settrace(debugger)
        try:
            breaks.arm(sys._getframe())
            computes([1])
        finally:
            sys.settrace(None)

    breaks.wanted = frozenset({line(computes, 3)})
    in_a_thread(work)
    assert "computes" in calls
    assert stops.seen == []


def test_what_monitoring_is_asked_for(stops: Stops, monkeypatch: pytest.MonkeyPatch) -> None:
    """The events of a line that is not wanted come once; nothing is watched where none is."""
    fake = Monitoring()
    monkeypatch.setattr(module, "MONITORING", fake)
    breaks = MonitoredLines(OwnLines(__file__), stops.reached)
    breaks.want(NOTHING)
    assert fake.tools == {}
    here = sys._getframe()
    code = here.f_code
    breaks.want(frozenset({f"{NAME}:{code.co_firstlineno + 1}"}))
    reach = fake.callbacks[fake.events.LINE]
    assert (fake.watched[TOOL], fake.restarts) == (fake.events.LINE, 1)
    assert reach(code, code.co_firstlineno + 1) is None
    assert reach(code, code.co_firstlineno + 2) is fake.DISABLE
    assert reach(threading.Thread.start.__code__, 1) is fake.DISABLE
    assert [name for _, name, _ in stops.seen] == [code.co_name]
    breaks.arm(here)  # needs nothing
    breaks.want(frozenset({"other.py:1"}))
    assert fake.restarts == 2
    breaks.want(NOTHING)
    assert (fake.tools, fake.watched) == ({}, {TOOL: 0})


def test_a_trace_function_is_for_own_functions_while_something_is_wanted(stops: Stops) -> None:
    """As Python calls it, which does not let that be measured."""
    breaks = TracedLines(OwnLines(__file__), stops.reached)

    def work() -> None:
        here = sys._getframe()
        breaks.wanted = frozenset({f"{NAME}:{here.f_lineno + 4}"})
        breaks.arm(here)
        called, at_line = sys.gettrace(), here.f_trace
        sys.settrace(None)
        assert at_line(here, "line", None) == at_line(here, "return", None) == at_line
        assert called(here, "call", None) == at_line
        assert called(here.f_back, "call", None) is None
        breaks.wanted = NOTHING
        assert at_line(here, "line", None) is called(here, "call", None) is None
        here.f_trace = None

    in_a_thread(work)
    assert [name for _, name, _ in stops.seen] == ["work"]


@pytest.mark.skipif(MONITORING is None, reason="from Python 3.12 on")
def test_where_another_tool_has_the_place_it_is_trace_functions(stops: Stops) -> None:
    own = OwnLines(__file__)
    assert type(line_breaks(own, stops.reached)) is MonitoredLines
    MONITORING.use_tool_id(TOOL, "another")
    try:
        assert type(line_breaks(own, stops.reached)) is TracedLines
    finally:
        MONITORING.free_tool_id(TOOL)
