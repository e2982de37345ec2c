"""The one module that touches subprocess, with real children."""

import os
import queue
import signal
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.supervision import process
from dashboard.supervision.process import ServerProcess, child_environment, exit_words
from labservers.observe import messages


class Heard:
    """A Listener that keeps what it hears."""

    def __init__(self) -> None:
        self.messages: queue.SimpleQueue[messages.Message] = queue.SimpleQueue()
        self.logs: list[str] = []
        self.exits: queue.SimpleQueue[int] = queue.SimpleQueue()
        self.on_message = self.messages.put
        self.on_log = self.logs.append
        self.on_exit = self.exits.put


@pytest.fixture
def child(tmp_path: Path) -> Iterator[tuple[ServerProcess, Heard]]:
    heard = Heard()
    process = ServerProcess(["hello", "--port", "0", "--controlled"], heard)
    assert isinstance(heard.messages.get(timeout=10), messages.Ready)
    yield process, heard
    process.kill()


def test_it_says_ready_obeys_and_its_exit_is_told_last(child: tuple[ServerProcess, Heard]) -> None:
    process, heard = child
    process.send(messages.Command("stop"))
    assert heard.exits.get(timeout=10) == 0
    assert any("goodbye" in line for line in heard.logs)


def test_a_child_that_hangs_does_not_hang_who_commands_it(
    child: tuple[ServerProcess, Heard],
) -> None:
    process, heard = child
    os.kill(process.pid, signal.SIGSTOP)

    def command() -> None:
        for _ in range(5_000):  # far more than a pipe holds
            process.send(messages.Command("rate", 1.0))

    commanding = threading.Thread(target=command, daemon=True)
    commanding.start()
    commanding.join(5)
    hung = commanding.is_alive()
    process.kill()
    assert exit_words(heard.exits.get(timeout=10)) == (None, "SIGKILL")
    commanding.join(5)
    assert not hung


def test_a_child_does_not_inherit_what_is_the_dashboards_own() -> None:
    given: dict[str, Any] = {
        "PATH": "/bin",
        "WERKZEUG_SERVER_FD": "3",
        "FLASK_APP": "dashboard",
        "SOCKETLAB_TOKEN": "secret",
    }
    kept = child_environment(given)
    assert {"PATH", "PYTHONPATH", "PYTHONUNBUFFERED"} == set(kept)


def test_a_thousand_events_fit_into_one_line() -> None:
    sizes = list(range(100))
    data = {"room": "я", "peer": "127.0.0.1:60000", "id": 1, "mode": "line", "sizes": sizes}
    events = [messages.Event(n, "said", {**data, "seq": n}) for n in range(1_000)]
    assert len(messages.encode(messages.Events(events, 0))) < process.MAX_LINE
