"""The event loop: the lab's programs run on it unchanged, and what was added holds."""

import socket
import threading
import tracemalloc
from collections.abc import Callable, Generator, Iterator
from typing import Any

import pytest

from labservers.loop import pollers
from labservers.loop.event_loop import IDLE_TICKS, AlreadyWaited, EventLoop, Task, TaskType
from labservers.loop.watch import LoopFigures


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    a, b = socket.socketpair()
    a.setblocking(False)
    b.setblocking(False)
    yield a, b
    a.close()
    b.close()


class Reports:
    """What the loop reports of broken tasks."""

    def __init__(self) -> None:
        self.errors: list[BaseException] = []

    def __call__(self, text: str, error: BaseException) -> None:
        self.errors.append(error)


class TheLabsServer:
    """The lab's own shape: a blocking-looking server of yields, which knows only the loop."""

    def __init__(self, requests: int) -> None:
        self.requests = requests
        self.address = ("", 0)
        self.bound = threading.Event()

    def serve_forever(self) -> Generator[Any, None, None]:
        server = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
        try:
            server.bind(("127.0.0.1", 0))
            server.listen()
            self.address = server.getsockname()
            self.bound.set()
            for _ in range(self.requests):
                yield (TaskType.TO_READ, server)
                connection, _ = server.accept()
                self.loop.create_task(self.serve_client(connection))
        finally:
            server.close()

    def serve_client(self, connection: socket.socket) -> Generator[Any, None, None]:
        try:
            yield (TaskType.TO_READ, connection)
            stream = connection.makefile("rb")
            line = stream.readline()
            stream.close()
            yield (TaskType.TO_WRITE, connection)
            connection.send(line.upper())
        finally:
            connection.close()


@pytest.mark.parametrize("selector", list(pollers.AVAILABLE))
def test_a_program_written_for_the_labs_loop_runs_unchanged(selector: str) -> None:
    program = TheLabsServer(requests=3)
    program.loop = EventLoop(main=program.serve_forever(), selector=selector)
    thread = threading.Thread(target=program.loop.run)
    thread.start()
    assert program.bound.wait(5)
    for _ in range(3):
        with socket.create_connection(program.address, 5) as client:
            client.sendall(b"hello\n")
            assert client.makefile("rb").read() == b"HELLO\n"
    thread.join(5)
    assert not thread.is_alive()


def test_steps_alternate_between_tasks_in_order() -> None:
    seen: list[str] = []

    def task(name: str) -> Generator[Any, None, None]:
        for turn in range(2):
            seen.append(f"{name}{turn}")
            yield (TaskType.SLEEP, 0)

    loop = EventLoop(task("a"))
    loop.create_task(task("b"))
    loop.run()
    assert seen == ["a0", "b0", "a1", "b1"]


def test_a_failing_task_ends_only_itself() -> None:
    reports = Reports()
    seen = []

    def broken() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0)
        raise ZeroDivisionError

    def sound() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0.01)
        seen.append("sound")

    loop = EventLoop(broken(), report=reports)
    loop.create_task(sound())
    loop.run()
    assert seen == ["sound"]
    assert [type(error) for error in reports.errors] == [ZeroDivisionError]


def test_two_waiters_on_one_side_of_a_socket_are_refused_by_name(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    a, b = pair
    outcome: list[object] = []

    def first() -> Generator[Any, None, None]:
        yield (TaskType.TO_READ, a)
        outcome.append(a.recv(10))

    def second() -> Generator[Any, None, None]:
        try:
            yield (TaskType.TO_READ, a)
        except AlreadyWaited as error:
            outcome.append(str(error))
        b.send(b"x")

    loop = EventLoop(first())
    loop.create_task(second())
    loop.run()
    assert outcome == [f"task 1 already waits for this side of socket {a.fileno()}", b"x"]


def test_reading_and_writing_of_one_socket_may_be_waited_for_at_once(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    a, b = pair
    outcome: list[str] = []

    def reader() -> Generator[Any, None, None]:
        yield (TaskType.TO_READ, a)
        outcome.append("read")

    def writer() -> Generator[Any, None, None]:
        yield (TaskType.TO_WRITE, a)
        outcome.append("write")
        b.send(b"x")

    loop = EventLoop(reader())
    loop.create_task(writer())
    loop.run()
    assert outcome == ["write", "read"]


@pytest.mark.parametrize("wrong", [None, "read", (1, 2), ("to_read",), (TaskType.TO_READ, "x"), 7])
def test_what_is_no_request_is_thrown_back_at_the_task(wrong: object) -> None:
    caught: list[BaseException] = []

    def task() -> Generator[Any, None, None]:
        try:
            yield wrong
        except (TypeError, OSError) as error:
            caught.append(error)

    EventLoop(task()).run()
    assert len(caught) == 1


def test_a_wait_with_a_deadline_ends_with_a_timeout(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    caught = []

    def task() -> Generator[Any, None, None]:
        try:
            yield (TaskType.TO_READ, pair[0], 0.02)
        except TimeoutError as error:
            caught.append(error)

    EventLoop(task()).run()
    assert len(caught) == 1


def test_a_shorter_deadline_after_a_longer_one_is_kept(
    pair: tuple[socket.socket, socket.socket],
) -> None:
    a, b = pair
    caught = []

    def task() -> Generator[Any, None, None]:
        b.send(b"x")
        yield (TaskType.TO_READ, a, 30.0)
        a.recv(1)
        try:
            yield (TaskType.TO_READ, a, 0.02)
        except TimeoutError as error:
            caught.append(error)

    EventLoop(task()).run()
    assert len(caught) == 1


def test_timers_come_due_in_order() -> None:
    seen: list[float] = []

    def task(delay_s: float) -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, delay_s)
        seen.append(delay_s)

    loop = EventLoop()
    for delay_s in (0.03, 0.01, 0.02):
        loop.create_task(task(delay_s))
    loop.run()
    assert seen == [0.01, 0.02, 0.03]


def test_wake_ends_a_sleep() -> None:
    loop = EventLoop()

    def sleeper() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 60)

    def waker() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0.01)
        loop.wake(sleeping)

    sleeping = loop.create_task(sleeper())
    loop.create_task(waker())
    loop.run()
    assert sleeping.lane == "done"


def test_what_is_to_be_done_when_idle_waits_for_those_who_are_ready_but_not_for_ever() -> None:
    seen: list[str] = []

    def worker(loop: EventLoop, steps: int) -> Generator[Any, None, None]:
        loop.call_when_idle(lambda: seen.append("i"))
        for _ in range(steps):
            seen.append("s")
            yield (TaskType.SLEEP, 0)

    for steps, order in ((3, "sssi"), (2 * IDLE_TICKS, "s" * IDLE_TICKS + "i")):
        seen.clear()
        loop = EventLoop()
        loop.create_task(worker(loop, steps))
        loop.run()
        assert "".join(seen)[: len(order)] == order
        assert seen.count("i") == 1


def test_closing_forgets_the_waiters(pair: tuple[socket.socket, socket.socket]) -> None:
    loop = EventLoop()
    ended = []

    def waiter() -> Generator[Any, None, None]:
        try:
            yield (TaskType.TO_READ, pair[0])
        finally:
            ended.append("waiter")

    def closer() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0)
        loop.close(pair[0])

    loop.create_task(waiter())
    loop.create_task(closer())
    loop.run()
    assert ended == ["waiter"]
    assert loop.watched == 0


@pytest.mark.parametrize("selector", list(pollers.AVAILABLE))
def test_a_descriptor_that_is_used_again_belongs_to_the_new_socket(selector: str) -> None:
    """A task that closes its socket without a word must not confuse the next with its number."""
    seen = []

    def talk(turn: int) -> Generator[Any, None, None]:
        a, b = socket.socketpair()
        b.send(b"%d" % turn)
        yield (TaskType.TO_READ, a)
        seen.append(int(a.recv(10)))
        a.close()
        b.close()

    def main() -> Generator[Any, None, None]:
        for turn in range(20):
            yield from talk(turn)

    EventLoop(main(), selector=selector).run()
    assert seen == list(range(20))


def test_a_socket_closed_behind_the_loops_back_is_found(
    monkeypatch: pytest.MonkeyPatch, pair: tuple[socket.socket, socket.socket]
) -> None:
    monkeypatch.setattr("labservers.loop.event_loop.SWEEP_S", 0.02)
    loop = EventLoop()

    def waiter() -> Generator[Any, None, None]:
        yield (TaskType.TO_READ, pair[0])

    def closer() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0)
        pair[0].close()

    loop._next_sweep = loop.now
    loop.create_task(waiter())
    loop.create_task(closer())
    loop.run()
    assert loop.tasks == set()


class Recorder:
    """An observer that writes down the sequence of events."""

    def __init__(self) -> None:
        self.events: list[str] = []

    def __getattr__(self, what: str) -> Callable[..., None]:
        def note(*values: object) -> None:
            task = values[0] if values and isinstance(values[0], Task) else None
            self.events.append(f"{what} {task.id}" if task else what)

        return note


def test_an_observer_is_told_the_sequence() -> None:
    loop = EventLoop()
    recorder = Recorder()
    loop.observer = recorder

    def task() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0)

    loop.create_task(task())
    loop.run()
    steps = [event for event in recorder.events if event[-1].isdigit()]
    assert steps == ["created 1", "resumed 1", "suspended 1", "resumed 1", "finished 1"]
    assert recorder.events.count("before_wait") == recorder.events.count("after_wait")


def test_an_observer_that_raises_is_taken_off_and_reported() -> None:
    class Broken(Recorder):
        def resumed(self, task: Task) -> None:
            raise RuntimeError("broken observer")

    reports = Reports()
    loop = EventLoop(report=reports)
    loop.observer = Broken()
    done = []

    def task() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0)
        done.append(True)

    loop.create_task(task())
    loop.run()
    assert done == [True]
    assert loop.observer is None
    assert str(reports.errors[0]) == "broken observer"


def test_a_paused_loop_runs_nothing_but_single_steps_until_it_is_resumed(
    eventually: Callable[..., Any],
) -> None:
    counted = []
    loop = EventLoop()

    def counter() -> Generator[Any, None, None]:
        while len(counted) < 1_000_000 and not over:
            counted.append(1)
            yield (TaskType.SLEEP, 0)

    over: list[bool] = []
    loop.create_task(counter())
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        loop.pause()
        eventually(lambda: loop.paused_until is not None, "the loop is paused")
        stood = len(counted)
        for extra in (1, 2, 3):
            loop.step()
            eventually(lambda extra=extra: len(counted) == stood + extra, "one more tick")
        loop.resume()
        eventually(lambda: len(counted) > stood + 3, "it runs again")
    finally:
        over.append(True)
        loop.resume()
        thread.join(5)
    assert not thread.is_alive()


def test_the_line_of_a_task_is_the_innermost_one(pair: tuple[socket.socket, socket.socket]) -> None:
    loop = EventLoop()
    lines = []

    def inner() -> Generator[Any, None, None]:
        yield (TaskType.TO_READ, pair[0])  # the line

    def outer() -> Generator[Any, None, None]:
        yield from inner()

    def looker() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0)
        lines.append(task.line())
        pair[1].send(b"x")

    task = loop.create_task(outer())
    loop.create_task(looker())
    loop.run()
    number = inner.__code__.co_firstlineno + 1
    assert lines == [f"test_event_loop.py:{number}"]


def test_no_selector_of_that_name_is_said() -> None:
    with pytest.raises(ValueError, match="choose"):
        EventLoop(selector="telepathy")


def test_select_refuses_a_descriptor_that_it_cannot_watch() -> None:
    with pytest.raises(OSError, match="1024"):
        pollers.make("select").register(1_024, pollers.READ)


def test_timers_of_ended_tasks_are_given_back() -> None:
    def short(pair: tuple[socket.socket, socket.socket]) -> Generator[Any, Any, None]:
        yield (TaskType.TO_READ, pair[0], 60.0)
        pair[0].close()

    kept = []

    def main() -> Generator[Any, Any, None]:
        for _ in range(500):
            pair = socket.socketpair()
            loop.create_task(short(pair))
            yield (TaskType.SLEEP, 0)
            pair[1].close()
        yield (TaskType.SLEEP, 0.05)
        kept.append(len(loop._timers))

    loop = EventLoop(main())
    loop.run()
    assert kept[0] < 200


def test_a_loop_that_is_stuck_in_a_step_is_still_described() -> None:
    begun, go_on = threading.Event(), threading.Event()

    def stuck() -> Generator[Any, Any, None]:
        begun.set()
        go_on.wait(10)
        yield (TaskType.SLEEP, 0)

    loop = EventLoop(stuck())
    figures = LoopFigures(loop, lambda task: ("stuck", ""))
    thread = threading.Thread(target=loop.run)
    thread.start()
    try:
        assert begun.wait(10)
        hog = figures.frame().hog
        assert hog is not None
        assert (hog[0], hog[2]) == (1, "stuck")
        assert hog[4].startswith("test_event_loop.py:")
    finally:
        go_on.set()
        thread.join(10)


def peak_bytes_of_a_tick(idle: int) -> int:
    """What a tick allocates at most, beside tasks that wait."""
    sockets = [sock for _ in range(idle + 1) for sock in socket.socketpair()]
    peaks: list[int] = []

    def wait_for_ever(sock: socket.socket) -> Iterator[Any]:
        yield (TaskType.TO_READ, sock)

    def ping() -> Iterator[Any]:
        here, there = sockets[:2]
        for _ in range(20):
            there.send(b"x")
            tracemalloc.reset_peak()
            before = tracemalloc.get_traced_memory()[0]
            yield (TaskType.TO_READ, here)
            peaks.append(tracemalloc.get_traced_memory()[1] - before)
            here.recv(1)
        loop.halt()

    loop = EventLoop()
    for sock in sockets[2::2]:
        loop.create_task(wait_for_ever(sock))
    loop.create_task(ping())
    tracemalloc.start()
    try:
        loop.run()
    finally:
        tracemalloc.stop()
        for sock in sockets:
            sock.close()
    return sorted(peaks)[len(peaks) // 2]


def test_no_tick_allocates_more_because_more_tasks_are_idle(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(pollers, "MAX_EVENTS", 4)  # its buffer would hide the rest
    assert peak_bytes_of_a_tick(200) <= peak_bytes_of_a_tick(2) + 256
