"""A managed program under the test's hand: a fake clock, a fake process, kept events."""

import itertools
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import pytest

from dashboard.config import Config
from dashboard.programs.catalogue import catalogue
from dashboard.programs.launch import Command
from dashboard.programs.program import Program
from dashboard.programs.pythons import Python
from dashboard.programs.settings import ServerSettings, Settings
from dashboard.supervision.managed import ManagedProgram
from dashboard.supervision.surroundings import Surroundings
from labservers.observe import messages

ADDRESS = messages.Address("127.0.0.1", 8004)


@dataclass
class FakeProcess:
    command: Command
    listener: Any
    pid: int
    wholly: bool = True
    done: list[str] = field(default_factory=list)
    typed: bytes = b""
    reads: bool = True  # what is typed

    def send(self, command: messages.Command) -> None:
        self.done.append(type(command).__name__.lower())

    def type(self, data: bytes) -> bool:
        self.typed += data
        return self.reads

    def interrupt(self) -> None:
        self.done.append("SIGINT")

    def terminate(self) -> None:
        self.done.append("SIGTERM")

    def kill(self) -> None:
        self.done.append("SIGKILL")


class World:
    """Everything around a managed server, under the test's hand."""

    def __init__(self, folder: Path, program: Program | None = None, **settings: Any) -> None:
        self.now = 100.0
        self.wall = 1100.0
        self.kernel: list[tuple[str, int]] = []  # sockets of the process, as the system sees them
        self.kernel_kinds = ["stream"]  # of each of them
        self.tabs: set[str] = set()
        self.events: list[dict[str, Any]] = []
        self.processes: list[FakeProcess] = []
        self.problem: str | None = None
        self.spawn_error: OSError | None = None
        self.wholly = True  # nothing can leave the guard of its program
        self.owner: Any = {"pid": 7, "command": "nc -l", "since": 1.0, "ours": False}
        self.asked_owner: tuple[str, int, str] | None = None
        self.kept_s: float | None = None
        self.another: Python | None = None
        self.later: list[Callable[[], None]] = []
        self.meanwhile: Callable[[], object] = lambda: None  # while a failure is looked into
        self._pids = itertools.count(1_000_000)
        self.program = program or replace(catalogue()["chat"], check=self._check)
        self.settings = Settings(folder / "servers.json", 8000, {self.program.name: self.program})
        self.surroundings = Surroundings(
            config=Config(data_dir=str(folder), **settings),
            publish=self.events.append,
            spawn=self._spawn,
            owner=self._owner,
            free_port=lambda settings, transport: 8014,
            listening=lambda pid: [(kind, at) for at in self.kernel for kind in self.kernel_kinds],
            background=self.later.append,
            kept_s=lambda host, port: self.kept_s,
            another_python=lambda file, but: self.another,
            is_open=lambda tab: tab in self.tabs,
            clock=lambda: self.now,
            wall=lambda: self.wall,
        )
        self.server = ManagedProgram(self.program, self.settings, self.surroundings)

    def _spawn(self, command: Command, listener: Any) -> FakeProcess:
        if self.spawn_error:
            raise self.spawn_error
        self.processes.append(FakeProcess(command, listener, next(self._pids), self.wholly))
        return self.processes[-1]

    def _check(self, host: str, port: int, timeout_s: float) -> None:
        if self.problem:
            raise RuntimeError(self.problem)

    def _owner(self, settings: ServerSettings, transport: str) -> Any:
        self.meanwhile()
        self.asked_owner = settings.host, settings.port, transport
        return self.owner

    @property
    def process(self) -> FakeProcess:
        return self.processes[-1]

    @property
    def state(self) -> str:
        return str(self.server.view()["state"])

    def says(self, message: messages.Message) -> None:
        self.process.listener.on_message(message)

    def ready(self) -> None:
        self.says(messages.Ready(1.0, self.process.pid, "thread-per-client", [ADDRESS]))

    def checked(self) -> None:
        while self.later:
            self.later.pop(0)()

    def up(self) -> None:
        self.server.start()
        self.ready()
        self.checked()
        assert self.state == "RUNNING"

    def exits(self, code: int) -> None:
        self.process.listener.on_exit(code)

    def passes(self, seconds: float) -> None:
        self.now += seconds
        self.wall += seconds
        self.server.tick()
        self.server.look_at_sockets()

    def feed(self) -> list[str]:
        return [e["entry"]["code"] for e in self.events if e["kind"] == "feed"]

    def states(self) -> list[str]:
        told = [e["server"]["state"] for e in self.events if e["kind"] == "server"]
        return [state for state, _ in itertools.groupby(told)]


@pytest.fixture
def make_world(tmp_path: Path) -> Iterator[Callable[..., World]]:
    """make_world(restart_attempts=2): with settings as Config has them; `program`: another one."""
    made: list[World] = []

    def make(**options: Any) -> World:
        made.append(World(tmp_path, **options))
        return made[-1]

    yield make
    for world in made:
        world.server.reports.log.close()


@pytest.fixture
def world(make_world: Callable[..., World]) -> World:
    return make_world()
