"""The event loop: the lab's programs run on it unchanged, and our additions hold."""

import socket
import threading
import tracemalloc
from collections.abc import Generator, Iterator
from typing import Any

import pytest

from labservers.loop import pollers
from labservers.loop.calls import IDLE_TICKS
from labservers.loop.event_loop import EventLoop, TaskType
from labservers.loop.waits import AlreadyWaited


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
    assert program.bound.wait(30)
    for _ in range(3):
        with socket.create_connection(program.address, 30) as client:
            client.sendall(b"hello\n")
            assert client.makefile("rb").read() == b"HELLO\n"
    thread.join(30)
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
    errors: list[BaseException] = []
    seen = []

    def broken() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0)
        raise ZeroDivisionError

    def sound() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0.01)
        seen.append("sound")

    loop = EventLoop(broken(), report=lambda text, error: errors.append(error))
    loop.create_task(sound())
    loop.run()
    assert seen == ["sound"]
    assert [type(error) for error in errors] == [ZeroDivisionError]


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
    assert len(loop.waits) == 0


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


def peak_bytes_of_a_tick(idle: int) -> int:
    """The most that a tick allocates, with other tasks that wait."""
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


def test_steps_are_counted_exactly_where_a_task_of_the_tick_ends_others() -> None:
    def ended() -> Generator[Any, None, None]:
        while True:
            yield (TaskType.SLEEP, 0)

    def ender() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0)
        for task in others:
            loop.cancel(task)

    loop = EventLoop()
    loop.create_task(ender())
    others = [loop.create_task(ended()) for _ in range(3)]
    loop.run()
    assert (loop.steps, loop.ticks, loop.created, loop.finished) == (5, 2, 4, 4)
    assert loop.cancelled == {"ready": 3}


def test_a_task_that_yields_nothing_sound_for_ever_does_not_hold_up_the_others() -> None:
    def stubborn() -> Generator[Any, None, None]:
        while not over:
            try:
                yield "nonsense"
            except TypeError:
                pass

    def other() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0.001)
        over.append(True)

    over: list[bool] = []
    loop = EventLoop(stubborn())
    loop.create_task(other())
    loop.run()
    assert over == [True]


def test_the_lane_of_a_task_is_what_it_asked_for(pair: tuple[socket.socket, socket.socket]) -> None:
    """A wait for a commit is a sleep, whatever its line in the source looks like."""
    until_saved = (TaskType.SLEEP, 60.0)

    def saver() -> Generator[Any, None, None]:
        yield until_saved

    def looker() -> Generator[Any, None, None]:
        yield (TaskType.SLEEP, 0)
        seen.append((task.lane, task.wanted))
        loop.wake(task)
        seen.append((task.lane, task.wanted))

    seen: list[tuple[str, str]] = []
    loop = EventLoop()
    task = loop.create_task(saver())
    loop.create_task(looker())
    loop.run()
    assert seen == [("sleeping", "sleeping"), ("ready", "sleeping")]


def test_halt_ends_the_tasks_from_another_thread(pair: tuple[socket.socket, socket.socket]) -> None:
    ended, begun = [], threading.Event()

    def waiter() -> Generator[Any, None, None]:
        try:
            begun.set()
            yield (TaskType.TO_READ, pair[0])
        finally:
            ended.append("waiter")

    loop = EventLoop(waiter())
    thread = threading.Thread(target=loop.run)
    thread.start()
    assert begun.wait(30)
    loop.halt()
    thread.join(30)
    assert ended == ["waiter"]
    assert not thread.is_alive()
