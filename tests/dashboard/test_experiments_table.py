"""Which experiments run, with processes that are made up: bounded, and ended one way or another."""

import errno
import os
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from dashboard.errors import NotNow
from dashboard.experiments import experiments
from dashboard.experiments.experiments import Experiments
from dashboard.programs.catalogue import Catalogue
from dashboard.programs.launch import Launch
from dashboard.programs.program import Program
from dashboard.programs.settings import Settings
from dashboard.supervision.saves import Saves
from dashboard.supervision.supervisor import Supervisor
from labservers.observe import messages
from tests.dashboard.supervision.conftest import make_world

__all__ = ["make_world"]


class FakeCrowd:
    """Ends at SIGTERM unless it hangs; its end is heard from a thread of its own."""

    pid = 1
    wholly = True

    def __init__(self, listener: Any, *, hangs: bool) -> None:
        self._hangs = hangs
        self._end = threading.Thread(target=listener.on_exit, args=(-15,))
        self.signals: list[str] = []

    def terminate(self) -> None:
        self.signals.append("TERM")
        if not self._hangs and "TERM" not in self.signals[:-1]:
            self._end.start()

    def kill(self) -> None:
        self.signals.append("KILL")
        self._end.start()

    def join(self) -> None:
        self._end.join(30)


class Stage:
    """Two programs that run, and a system that grants crowds or does not."""

    def __init__(self, supervisor: Supervisor) -> None:
        self.supervisor = supervisor
        self.crowds: list[FakeCrowd] = []
        self.refused: OSError | None = None
        self.hang = False
        self.table = Experiments(supervisor, lambda *_, **__: None, self._spawn)

    def _spawn(self, command: Any, listener: Any) -> Any:
        if self.refused:
            raise self.refused
        self.crowds.append(FakeCrowd(listener, hangs=self.hang))
        return self.crowds[-1]

    def shown(self, name: str) -> list[int]:
        found = self.supervisor.server(name).view()["experiments"]
        return [one["id"] for one in found]


@pytest.fixture
def stage(make_world: Callable[..., Any], tmp_path: Path) -> Iterator[Stage]:
    world = make_world()
    launch = Launch(module="any")
    programs = Catalogue(Program(name, name, n, launch) for n, name in enumerate(("one", "two"), 1))
    settings = Settings(tmp_path / "servers.json", 8000, programs)
    saves = Saves(lambda python, source: "")
    supervisor = Supervisor(programs, settings, world.surroundings, saves)
    for name in programs:
        supervisor.server(name).start()
        world.says(messages.Ready(1.0, 1, "", [messages.Address("127.0.0.1", 9001)]))
    made = Stage(supervisor)
    yield made
    made.table.close()
    for crowd in made.crowds:
        crowd.join()


def test_a_process_that_the_system_does_not_grant_is_said_and_not_counted(stage: Stage) -> None:
    stage.refused = OSError(errno.EAGAIN, os.strerror(errno.EAGAIN))
    with pytest.raises(NotNow, match="no process for it: Resource temporarily unavailable"):
        stage.table.start("one", "clients", 5)
    assert stage.shown("one") == []


def test_they_are_bounded_for_all_programs_together(
    stage: Stage, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(experiments, "MOST_AT_ONCE", 2)
    stage.table.start("one", "clients", 5)
    stage.table.start("two", "clients", 5)
    with pytest.raises(NotNow, match="2 experiments run already"):
        stage.table.start("one", "clients", 5)
    monkeypatch.setattr(experiments, "MOST_AT_ONCE", 3)
    monkeypatch.setattr(experiments, "MOST_ALIVE", 14)
    with pytest.raises(NotNow, match="10 clients are under way already"):
        stage.table.start("one", "clients", 5)


def test_one_that_ignores_its_end_is_killed(stage: Stage, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(experiments, "END_S", 0.05)
    stage.hang = True
    stage.table.start("one", "clients", 5)
    stage.table.stop("one")
    assert stage.crowds[0].signals == ["TERM", "KILL"]
    stage.crowds[0].join()
    assert stage.shown("one") == []


def test_a_program_that_ends_takes_its_own_along(stage: Stage) -> None:
    stage.table.start("one", "clients", 5)
    stage.table.start("two", "clients", 5)
    stage.table.program_changed("one", "RUNNING")
    stage.table.program_changed("one", "STOPPED")
    assert [crowd.signals for crowd in stage.crowds] == [["TERM"], []]
