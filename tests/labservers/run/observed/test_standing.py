"""Where threads and tasks stand, and who waits for whom."""

import signal
import time
from collections.abc import Callable
from typing import Any

import pytest

from tests.conftest import AGAIN_S
from tests.labservers.run.observed.conftest import PROGRAMS, run
from tests.labservers.run.observed.test_lab import connect, free_port

pytestmark = pytest.mark.system


def test_a_deadlock_is_named() -> None:
    ended = run(PROGRAMS / "deadlocks.py", tapped=True)
    (deadlock,) = ended.of("deadlock")
    rows = sorted(deadlock["threads"], key=lambda row: str(row["thread"]))
    assert [(r["thread"], r["held_by"], r["line"], r["lock"], r["taken"]) for r in rows] == [
        ("left", "right", "deadlocks.py:10", "RLock of deadlocks.py:5", "deadlocks.py:8"),
        ("right", "left", "deadlocks.py:10", "Lock of deadlocks.py:4", "deadlocks.py:8"),
    ]
    assert ended.summary["threads_left"] == 2


def test_locks_that_wait_without_a_cycle_are_not_a_deadlock() -> None:
    assert run(PROGRAMS / "uses_locks.py", tapped=True).of("deadlock") == []


def standing(server: Any, there: Callable[[Any], bool]) -> Any:
    """What is told on request, asked for again until all have come to where they wait."""
    asked, asked_at = 0, 0.0

    def come(told: Any) -> bool:
        nonlocal asked, asked_at
        said = [t for t in told if t["type"] == "threads"]
        if said and there(said[-1]):
            return True
        if len(said) >= asked or time.monotonic() > asked_at + AGAIN_S:
            asked, asked_at = len(said) + 1, time.monotonic()
            server.process.send_signal(signal.SIGQUIT)
        return False

    server.until(come, "all stand where they wait")
    return [t for t in server.told() if t["type"] == "threads"][-1]


def test_where_each_thread_stands_is_told_on_request(serve: Any) -> None:
    port = free_port()
    server = serve("lab/chat.py", port, "--threads", tapped=True)
    with connect(port):
        server.until(lambda told: any(t.get("event") == "started" for t in told), "a member")
        told = standing(
            server, lambda t: [row["call"] for row in t["threads"]] == ["accept", "recv"]
        )
    main, member = told["threads"]
    assert (main["name"], main["line"], main["call"]) == ("MainThread", "chat.py:23", "accept")
    assert (member["name"], member["line"], member["call"]) == ("member 1", "chat.py:12", "recv")
    assert member["waits_for"].startswith("fd 4, 127.0.0.1:")
    server.end()


def test_tasks_of_a_hand_written_loop(serve: Any) -> None:
    port = free_port()
    server = serve("lab/grades.py", port, "--threads", tapped=True)
    with connect(port), connect(port):

        def accepted(told: Any) -> Any:
            return sum(t.get("event") == "accepted" for t in told) == 2

        server.until(accepted, "two clients")
        told = standing(server, lambda t: [task["suspended"] for task in t["tasks"]] == [2, 1])
        clients = [t["id"] for t in server.told() if t.get("event") == "accepted"]
    rows = [
        (t["kind"], t["function"], t["line"], t["suspended"], t["sockets"]) for t in told["tasks"]
    ]
    assert rows == [
        ("generator", "serve_client", "grades.py:13", 2, clients),
        ("generator", "accept_clients", "grades.py:26", 1, clients[1:]),
    ]
    server.end()
