"""Threads at their calls: held before them, after them, and at breakpoints."""

import signal
import socket
import sys
import threading
import weakref
from collections.abc import Callable, Iterator
from types import SimpleNamespace
from typing import Any

import pytest

from labservers.observe import line_breaks
from labservers.observe.gate import Gate
from labservers.observe.lines import OwnLines
from labservers.observe.messages import Breakpoints
from labservers.observe.stepper import NO_BREAKPOINTS, Stepper

Eventually = Callable[..., Any]
RESET = ConnectionResetError()


class Program:
    """Threads that make the calls which they are given, one after another, as the tap does."""

    def __init__(self) -> None:
        self.stepper = Stepper()
        self.gate = Gate(self.stepper, OwnLines(__file__))
        self.done: list[tuple[str, str]] = []
        self.threads: list[threading.Thread] = []

    def thread(self, name: str, *calls: Any) -> None:
        made = threading.Thread(target=self._run, args=(calls,), name=name)
        self.threads.append(made)
        made.start()

    def _run(self, calls: tuple[Any, ...]) -> None:
        for call in calls:
            self.call(call) if isinstance(call, str) else call()

    def call(self, call: str, **given: Any) -> None:
        self.call_from(call, None, **given)

    def call_from(
        self,
        call: str,
        entry: Any,
        error: BaseException | None = None,
        inside: Callable[[], Any] = lambda: None,
    ) -> None:
        frame = sys._getframe(1)
        while frame.f_code.co_name in ("call", "call_from"):
            assert frame.f_back is not None
            frame = frame.f_back
        self.gate.before(call, entry, frame)
        inside()
        self.done.append((threading.current_thread().name, call))
        self.gate.after(call, entry, frame, error)

    def held(self) -> list[tuple[str, str, str]]:
        return [(p.thread, p.call, p.when) for p in self.stepper.held(0.0).points]

    def end(self) -> None:
        self.stepper.release()
        for thread in self.threads:
            thread.join(30)
            assert not thread.is_alive()
        assert self.held() == []


@pytest.fixture
def program() -> Iterator[Program]:
    made = Program()
    yield made
    made.end()


def test_all_threads_are_held_and_the_oldest_passes_first(
    program: Program, eventually: Eventually
) -> None:
    program.stepper.pause()
    for name in ("one", "two", "three"):
        program.thread(name, "recv", "send")
        eventually(lambda name=name: program.held()[-1:] == [(name, "recv", "before")], "held")
    assert program.done == []
    program.stepper.step()
    eventually(lambda: program.held()[-1] == ("one", "send", "before"), "the next point of one")
    assert program.done == [("one", "recv")]
    program.stepper.step("three")
    eventually(lambda: program.held()[-1] == ("three", "send", "before"), "and of the named one")
    assert program.done == [("one", "recv"), ("three", "recv")]
    assert program.held()[0] == ("two", "recv", "before")
    program.stepper.resume()
    eventually(lambda: len(program.done) == 6, "all go on")


def test_a_step_that_finds_nobody_is_for_the_next_that_arrives(
    program: Program, eventually: Eventually
) -> None:
    program.stepper.pause()
    program.stepper.step("two")
    program.thread("one", "recv")
    eventually(lambda: program.held() == [("one", "recv", "before")], "it is not for this one")
    program.thread("two", "recv", "recv")
    eventually(lambda: program.done == [("two", "recv")], "it has passed")


def test_a_thread_inside_a_call_is_held_at_its_return_and_a_stepped_one_is_not(
    program: Program, eventually: Eventually
) -> None:
    inside, leave = threading.Event(), threading.Event()

    def wait() -> None:
        inside.set()
        leave.wait(30)

    program.thread("one", lambda: program.call("recv", inside=wait), "send")
    assert inside.wait(30)
    program.stepper.pause()
    leave.set()
    eventually(lambda: program.held() == [("one", "recv", "after")], "it holds the bytes")
    program.stepper.step()
    eventually(lambda: program.held() == [("one", "send", "before")], "the next point")
    program.stepper.step()
    eventually(lambda: program.held() == [] and len(program.done) == 2, "it has ended")


def test_a_step_until_it_sends(program: Program, eventually: Eventually) -> None:
    program.stepper.pause()
    program.thread("one", "recv", "recv", "lock", "sendall", "recv")
    program.thread("two", "recv", "send")
    eventually(lambda: len(program.held()) == 2, "both are held")
    program.stepper.step("one", until="send")
    eventually(lambda: ("one", "sendall", "before") in program.held(), "it is about to send")
    assert program.done == [("one", "recv"), ("one", "recv"), ("one", "lock")]
    assert ("two", "recv", "before") in program.held()
    program.stepper.step(until="send")
    eventually(lambda: ("two", "send", "before") in program.held(), "the first that sends")
    with pytest.raises(ValueError, match="not a place"):
        program.stepper.step(until="nowhere")


def line_of(program: Program) -> str | None:
    points = program.stepper.held(0.0).points
    return points[0].line if points else None


def test_a_step_until_another_line_and_until_a_named_one(
    program: Program, eventually: Eventually
) -> None:
    first = serve.__code__.co_firstlineno + 2
    program.stepper.pause()
    program.thread("one", lambda: serve(program))
    eventually(lambda: line_of(program) == f"test_gate.py:{first}", "the first line")
    program.stepper.step(until="line")
    eventually(lambda: line_of(program) == f"test_gate.py:{first + 1}", "the next line")
    assert len(program.done) == 3
    program.stepper.step(until=f"test_gate.py:{first + 3}")
    eventually(lambda: line_of(program) == f"test_gate.py:{first + 3}", "the named line")
    assert [call for _, call in program.done][-2:] == ["recv", "send"]
    assert program.stepper.held(0.0).points[0].function == "serve"


def serve(program: Program) -> None:
    for _ in range(3):
        program.call("accept")
    program.call("recv")
    program.call("send")
    program.call("shutdown")


def breaks(**given: Any) -> Breakpoints:
    return NO_BREAKPOINTS._replace(**given)


@pytest.mark.parametrize(
    ("breakpoints", "held"),
    [
        (breaks(lines=[f"test_gate.py:{serve.__code__.co_firstlineno + 4}"]), ("send", "before")),
        (breaks(calls=["shutdown"]), ("shutdown", "before")),
    ],
)
def test_a_breakpoint_pauses_where_it_is(
    program: Program, eventually: Eventually, breakpoints: Breakpoints, held: tuple[str, str]
) -> None:
    program.stepper.breakpoints = breakpoints
    assert program.stepper.active
    assert not program.stepper.paused
    program.thread("one", lambda: serve(program))
    eventually(lambda: program.held() == [("one", *held)], "it is held")
    assert program.stepper.paused
    assert program.stepper.held(0.0).breakpoints == breakpoints
    program.stepper.resume()
    eventually(lambda: program.done[-1:] == [("one", "shutdown")], "it goes on from there")


def of(peer: str) -> Any:
    return SimpleNamespace(id=7, peer=peer, ref=None)


@pytest.mark.parametrize(
    ("client", "peer"),
    [
        ("127.0.0.1:40", "127.0.0.1:40"),
        ("127.0.0.1", "127.0.0.1:40"),
        ("127.0.0.1", "[::ffff:127.0.0.1]:40"),
        ("::1", "[::1]:40"),
        ("[::1]", "[::1]:40"),
    ],
)
def test_a_breakpoint_on_a_client(
    program: Program, eventually: Eventually, client: str, peer: str
) -> None:
    program.stepper.breakpoints = breaks(clients=[client])
    program.thread("other", lambda: program.call_from("recv", of("10.0.0.1:40")))
    eventually(lambda: ("other", "recv") in program.done, "that is another client's")
    program.thread("one", lambda: program.call_from("recv", of(peer)))
    eventually(lambda: program.held() == [("one", "recv", "before")], "only that one")
    (point,) = program.stepper.held(0.0).points
    assert (point.socket, point.peer) == (7, peer)


def test_a_breakpoint_on_exceptions(program: Program, eventually: Eventually) -> None:
    program.stepper.breakpoints = breaks(exceptions=True)
    program.call("recv", error=BlockingIOError())
    program.thread("one", lambda: program.call("send", error=RESET))
    eventually(lambda: program.held() == [("one", "send", "after")], "held as it fails")


def test_a_breakpoint_ends_a_step_that_leads_further(
    program: Program, eventually: Eventually
) -> None:
    program.stepper.pause()
    program.thread("one", "recv", "lock", "recv", "send")
    eventually(lambda: program.held(), "it is held")
    program.stepper.breakpoints = breaks(calls=["lock"])
    program.stepper.step(until="send")
    eventually(lambda: program.held() == [("one", "lock", "before")], "on the way")


def test_slow_motion_rests_before_a_call_and_not_after_it(
    program: Program, eventually: Eventually
) -> None:
    program.stepper.slow(30.0)
    program.thread("one", "recv", "send")
    eventually(lambda: program.held() == [("one", "recv", "before")], "it rests")
    assert not program.stepper.paused
    program.stepper.slow(0.01)
    eventually(lambda: len(program.done) == 2, "and goes on")


def test_interrupted_while_held(program: Program, eventually: Eventually) -> None:
    """^C comes out of the call where the main thread is held, and nothing stays behind."""
    me = threading.get_ident()

    def interrupt() -> None:
        eventually(lambda: program.held(), "the main thread is held")
        signal.pthread_kill(me, signal.SIGINT)

    before = signal.signal(signal.SIGINT, signal.default_int_handler)
    presser = threading.Thread(target=interrupt)
    presser.start()
    program.stepper.pause(10.0)
    try:
        with pytest.raises(KeyboardInterrupt):
            program.call("accept")
    finally:
        signal.signal(signal.SIGINT, before)
        presser.join(30)
    assert program.held() == []


def test_a_signal_handler_that_arrives_at_a_point_in_the_middle_of_one(
    program: Program, eventually: Eventually
) -> None:
    """100 handlers, at any moment of what the gate does: none waits for what it interrupts."""
    handled: list[int] = []

    def handle(*_: object) -> None:
        if not handled or program.stepper.paused:
            handled.append(1)
            program.call("send")

    before = signal.signal(signal.SIGALRM, handle)
    signal.setitimer(signal.ITIMER_REAL, 0.001, 0.001)
    try:
        for _ in range(30):
            program.stepper.pause(0.01)
            program.call("recv")
            program.stepper.pause(0.01)
            program.stepper.step()
            program.call("recv")
    finally:
        signal.setitimer(signal.ITIMER_REAL, 0)
        signal.signal(signal.SIGALRM, before)
    assert handled
    assert len(program.done) == 60 + len(handled)
    eventually(lambda: program.held() == [])


class Token:
    """Stands for a socket that nobody closes: the end of its last name closes it."""


def test_a_held_thread_shows_its_names_and_keeps_nothing_alive(
    program: Program, eventually: Eventually
) -> None:
    """A name that is bound again lets its socket go, as it would have without anybody looking."""
    ours, theirs = socket.socketpair()
    alive: list[weakref.ref[Token]] = []

    def serve_one() -> None:
        greeting: Any = "hello"
        client: Any = Token()
        alive.append(weakref.ref(client))
        program.call_from("recv", SimpleNamespace(id=1, peer=None, ref=weakref.ref(ours)))
        client = greeting
        program.call("accept")
        str(client)  # not an assert: pytest's look at locals(), and such names are let be

    with ours, theirs:
        theirs.sendall(b"12345")
        program.stepper.pause()
        program.thread("one", serve_one)
        eventually(lambda: program.held() == [("one", "recv", "before")], "held")
        (point,) = program.stepper.held(0.0).points
        assert point.waiting == 5
        assert (point.locals["greeting"], point.locals["client"]) == ("'hello'", "<Token>")
        program.stepper.step()
        eventually(lambda: alive[0]() is None, "it is gone, and nobody has looked again")
        program.end()


def test_a_datagram_of_a_client_that_is_broken_at_stops_where_it_comes_and_goes(
    program: Program, eventually: Eventually
) -> None:
    program.stepper.breakpoints = Breakpoints([], [], ["127.0.0.1:9"], exceptions=False)
    udp = SimpleNamespace(id=3, peer=None, ref=None)
    frame = sys._getframe()

    def serve() -> None:
        program.gate.before("recvfrom", udp, frame)
        program.gate.after("recvfrom", udp, frame, None, "127.0.0.1:8")
        program.gate.after("recvfrom", udp, frame, None, "127.0.0.1:9")
        program.gate.before("sendto", udp, frame, "127.0.0.1:9")

    program.thread("one", serve)
    eventually(lambda: program.held() == [("one", "recvfrom", "after")], "it has come")
    assert program.stepper.held(0.0).points[0].peer == "127.0.0.1:9"
    program.stepper.resume()
    eventually(lambda: program.held() == [("one", "sendto", "before")], "the answer")


def test_a_wanted_line_that_makes_a_call_stops_its_thread_once(
    monkeypatch: pytest.MonkeyPatch, eventually: Eventually
) -> None:
    """Before the line, and not before its call again. A line that is known to make calls needs no
    trace function."""
    monkeypatch.setattr(line_breaks, "MONITORING", None)
    program = Program()
    first = sys._getframe().f_lineno + 4

    def work() -> None:
        program.gate.born()
        program.call("recv")  # the wanted one, which the trace function comes to first
        program.call("send")

    wanted = f"test_gate.py:{first}"
    program.stepper.breakpoints = breaks(lines=[wanted])
    program.gate.look_out(set)
    program.thread("one", work)
    eventually(lambda: program.held() == [("one", "line", "before")], "held before the line")
    (point,) = program.stepper.held(0.0).points
    assert (point.line, point.function) == (wanted, "work")
    program.stepper.step()
    eventually(lambda: program.held() == [("one", "recv", "before")], "a step leads to its call")
    program.stepper.resume()
    eventually(lambda: len(program.done) == 2, "it is not stopped there again")
    program.gate.look_out(lambda: {wanted})
    program.thread("two", work)
    eventually(lambda: program.held() == [("two", "recv", "before")], "at the call alone")
    program.gate.forked()
    program.end()
