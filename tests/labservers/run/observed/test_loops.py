"""Event loops that know nothing of us, seen from outside: lanes, lines, turns, the task that blocks."""

import socket
import sys
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from typing import Any

import pytest

from labservers.observe import messages
from tests.labservers.observe.test_alone import interpreter
from tests.labservers.run.observed.test_lab import connect, free_port
from tests.labservers.run.observed.test_observer import listening, watch
from tests.labservers.run.watched import Watched
from tests.measured import and_this

pytestmark = pytest.mark.system
__all__ = ["watch"]
Eventually = Callable[..., Any]
HERE = sys.version_info.minor
LOOK = messages.Look(10.0, ["loop", "rows"])


@pytest.fixture
def clients() -> Iterator[Callable[[int, bytes], socket.socket]]:
    """clients(port, data): a client that has sent it; all are closed."""
    with ExitStack() as all_of_them:

        def client(port: int, data: bytes) -> socket.socket:
            sock = all_of_them.enter_context(connect(port))
            sock.sendall(data)
            return sock

        yield client


def loop_of(program: Watched) -> messages.LoopFigures | None:
    frame = program.newest(messages.Frame)
    loop: messages.LoopFigures | None = frame.loop if frame else None
    return loop


def lanes(program: Watched) -> list[tuple[str, str]]:
    """The lane and the label of each task."""
    loop = loop_of(program)
    return sorted((lane, label) for _, lane, _, label, _ in loop.tokens or []) if loop else []


def task_rows(program: Watched) -> list[messages.Row]:
    tables = [rows for rows in program.of(messages.Rows) if rows.kind == "tasks"]
    return list(tables[-1].rows) if tables else []


def start(watch: Any, eventually: Eventually, name: str, minor: int, *words: str) -> Any:
    python = interpreter(minor)
    port = free_port()
    program = watch(name, str(port), *words, python=python)
    eventually(program.listens, "it listens")
    program.say(LOOK)
    return program, port


@pytest.mark.parametrize("minor", and_this(9, 11, 13))
def test_a_scheduler_of_generators(
    minor: int, watch: Any, eventually: Eventually, clients: Any
) -> None:
    """Tasks in objects, waiting by descriptor, in a deque and in a heap by time."""
    program, port = start(watch, eventually, "loops/scheduler.py", minor)
    idle, asleep = clients(port, b""), clients(port, b"sleep\n")
    eventually(lambda: lanes(program) == [
        ("reading", "accept"), ("reading", "serve"), ("sleeping", "serve"),
    ], "two read, one sleeps")  # fmt: skip
    loop = loop_of(program)
    assert loop is not None
    assert (loop.kind, loop.selector, loop.watched) == ("generators", "epoll_wait", 2)
    assert loop.lines == {
        "scheduler.py:62": ["reading", 1],
        "scheduler.py:46": ["reading", 1],
        "scheduler.py:51": ["sleeping", 1],
    }
    clients(port, b"spin\n")
    eventually(lambda: "ready" in Counter(lane for lane, _ in lanes(program)) or
               "running" in Counter(lane for lane, _ in lanes(program)), "one spins")  # fmt: skip
    host = "{}:{}".format(*idle.getsockname())
    eventually(
        lambda: ("scheduler.py:46", host) in [(row.line, row.peer) for row in task_rows(program)]
    )
    assert asleep.fileno() > 0


def test_a_task_that_blocks_its_loop_is_named_with_its_line(
    watch: Any, eventually: Eventually, clients: Any
) -> None:
    program, port = start(watch, eventually, "loops/scheduler.py", HERE)
    clients(port, b"x\n").recv(10)
    eventually(lambda: loop_of(program) is not None, "it is seen")
    blocking = clients(port, b"block\n")

    def hog() -> Any:
        loop = loop_of(program)
        return loop.hog if loop else None

    peer = "{}:{}".format(*blocking.getsockname())
    named = ["serve", peer, "scheduler.py:53"]
    eventually(lambda: hog() and hog()[0] > 0 and hog()[2:] == named, "it blocks, and is named")
    assert blocking.recv(10) == b"block\n"
    eventually(lambda: hog() is None, "it goes on")
    loop = loop_of(program)
    assert loop is not None
    assert max(tick for _, tick, _, _ in loop.ticks_timed or []) > 5_900_000


@pytest.mark.parametrize("minor", and_this(9, 11, 13))
def test_asyncio(minor: int, watch: Any, eventually: Eventually, clients: Any) -> None:
    other = free_port()
    program, port = start(watch, eventually, "loops/streams.py", minor, str(other))
    clients(port, b"")
    clients(port, b"sleep\n")
    clients(port, b"hold\n")
    clients(other, b"")
    where = ["reading", "reading", "sleeping", "sleeping", "waiting"]
    eventually(lambda: [lane for lane, _ in lanes(program)] == where, "all wait")
    assert [label for _, label in lanes(program)][1:] == ["serve", "serve", "serve", "main"]
    clients(port, b"one\n")
    clients(port, b"flood\n")
    eventually(lambda: Counter(lane for lane, _ in lanes(program))["waiting"] == 3, "for the lock")
    loop = loop_of(program)
    assert loop is not None
    assert (loop.kind, loop.selector) == ("asyncio", "epoll_wait")
    assert loop.lines is not None
    assert loop.lines["streams.py:4"] == ["reading", 1]
    assert loop.lines["streams.py:7"] == ["waiting", 2]


def test_a_loop_of_callbacks_is_seen_by_its_sockets(
    watch: Any, eventually: Eventually, clients: Any
) -> None:
    program, port = start(watch, eventually, "loops/callbacks.py", HERE)
    idle, full = clients(port, b""), clients(port, b"wait\n")
    eventually(lambda: [lane for lane, _ in lanes(program)] == ["reading", "reading", "writing"])
    loop = loop_of(program)
    assert loop is not None
    assert (loop.kind, loop.tasks, loop.lines) == ("sockets", 3, {})
    peers = {peer: lane for _, lane, _, _, peer in loop.tokens or []}
    assert peers["{}:{}".format(*full.getsockname())] == "writing"
    assert peers["{}:{}".format(*idle.getsockname())] == "reading"


def test_nobody_who_does_not_look_gets_or_pays_anything(watch: Any, eventually: Eventually) -> None:
    program, _ = listening(watch, eventually, "lab/grades.py")
    eventually(lambda: any(frame.sees == ["loop"] for frame in program.of(messages.Frame)))
    assert all(frame.loop is None for frame in program.of(messages.Frame))
    assert task_rows(program) == []


@pytest.mark.parametrize("name", ["lab/chat.py", "loops/served.py"])
def test_threads_are_not_a_loop(name: str, watch: Any, eventually: Eventually) -> None:
    program = watch(name, str(free_port()))
    eventually(lambda: program.of(messages.Frame), "a frame")
    assert all(frame.sees == [] for frame in program.of(messages.Frame))
