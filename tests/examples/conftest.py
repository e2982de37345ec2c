"""A copy of the lab on free ports, observed: its own clients, and the clients of a button."""

import base64
import contextlib
import json
import shutil
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, TypeAlias

import pytest

from tests.labservers.run.observed.conftest import DEADLINE_S, ROOT, Run, Server, environment
from tests.ports import free_port

LAB = ROOT / "examples/lab"
BREAKS = json.loads((LAB / "breaks.json").read_text("utf-8"))
PORTS = {"hello": 8101, "hypotenuse": 8102, "page": 8103, "chat": 8104, "subjects": 8105}
Messages: TypeAlias = list[dict[str, Any]]


class Example:
    """One of the lab's servers, running."""

    def __init__(self, name: str, folder: Path) -> None:
        self.name, self.folder = name, folder / "lab"
        shutil.copytree(LAB, self.folder, ignore=shutil.ignore_patterns("__pycache__"))
        self.port = free_port()
        for file in self.folder.glob(f"{name}_*.py"):
            text = file.read_text("utf-8")
            assert str(PORTS[name]) in text
            file.write_text(text.replace(str(PORTS[name]), str(self.port)), "utf-8")
        file = self.folder / f"{name}_server.py"
        self._server = Server(file, self.port, folder / "told.jsonl", folder=self.folder)
        self._visitors: list[subprocess.Popen[bytes]] = []

    def client(self, typed: str = "", part: str = "client", timeout_s: float = DEADLINE_S) -> str:
        """What its own client shows. Raises: subprocess.TimeoutExpired."""
        return subprocess.run(
            [sys.executable, self.folder / f"{self.name}_{part}.py"],
            input=typed,
            stdout=subprocess.PIPE,
            text=True,
            timeout=timeout_s,
            env=environment(),
        ).stdout

    def press(self, kind: str) -> None:
        """The button of an experiment, as breaks.json has it."""
        breaks = BREAKS[f"{self.name}_server.py"]
        [way] = [one for one in breaks["ways"] if one["experiment"] == kind]
        plan = {
            "kind": kind,
            "n": way["n"],
            "host": "127.0.0.1",
            "port": self.port,
            "datagrams": self.name == "hello",
            "request": base64.b64encode(breaks["request"].encode()).decode(),
        }
        words = [sys.executable, "-m", "labservers.clients.crowd", json.dumps(plan)]
        visitors = subprocess.Popen(words, stdout=subprocess.DEVNULL, env=environment(), cwd=ROOT)
        self._visitors.append(visitors)

    def visitors_end(self) -> None:
        """They have done what they do."""
        for visitors in self._visitors:
            assert visitors.wait(DEADLINE_S) == 0

    def release(self) -> None:
        """The button Stop."""
        for visitors in self._visitors:
            visitors.terminate()
        self.visitors_end()

    @contextlib.contextmanager
    def frozen(self) -> Iterator[None]:
        self._server.process.send_signal(signal.SIGSTOP)
        yield
        self._server.process.send_signal(signal.SIGCONT)

    def told(self, condition: Callable[[Messages], Any]) -> Any:
        """The first true value of condition(messages)."""
        values: list[Any] = []

        def holds(messages: Messages) -> bool:
            values.append(condition(messages))
            return bool(values[-1])

        self._server.until(holds, "messages of the tap")
        return values[-1]

    def source(self, line: str) -> str:
        """The text of a line such as `chat_server.py:28`."""
        name, _, number = line.partition(":")
        return (self.folder / name).read_text("utf-8").splitlines()[int(number) - 1].strip()

    def interrupt(self) -> Run:
        return self._server.end()

    def ended(self) -> Run:
        return self._server.ended()

    def close(self) -> None:
        for process in (self._server.process, *self._visitors):
            process.kill()
            process.communicate(timeout=DEADLINE_S)


def has(event: str) -> Callable[[Messages], Any]:
    """Whether an event has come, of a socket or a thread."""
    return lambda told: any(one.get("event") == event for one in told)


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[[str], Example]]:
    """start("chat"): an Example that listens; ended after the test."""
    started: list[Example] = []

    def begin(name: str) -> Example:
        started.append(Example(name, tmp_path))
        started[-1].told(has("bound" if name == "hello" else "listening"))
        return started[-1]

    yield begin
    for one in started:
        one.close()
