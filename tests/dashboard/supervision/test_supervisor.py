"""All programs together: what breaks for one leaves the others watched."""

import logging
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboard.errors import UnknownServer
from dashboard.programs.catalogue import Catalogue
from dashboard.programs.launch import Launch
from dashboard.programs.program import Program
from dashboard.programs.settings import Settings
from dashboard.supervision.saves import Saves
from dashboard.supervision.supervisor import Supervisor

World = Any


def a_program(name: str, number: int) -> Program:
    return Program(name=name, title=name, number=number, launch=Launch(module="any"))


@pytest.fixture
def supervised(
    make_world: Callable[..., World], tmp_path: Path
) -> Callable[[Callable[[int], list[tuple[str, int]]]], Supervisor]:
    """supervised(listening): two programs, one and two, whose sockets are asked for so."""
    programs = Catalogue([a_program("one", 1), a_program("two", 2)])
    settings = Settings(tmp_path / "servers.json", 8000, programs)

    def make(listening: Callable[[int], list[tuple[str, int]]]) -> Supervisor:
        around = replace(make_world().surroundings, listening=listening)
        return Supervisor(programs, settings, around, Saves(lambda python, source: ""))

    return make


def test_a_thread_that_the_system_does_not_grant_ends_no_watch(
    supervised: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def listening(pid: int) -> list[tuple[str, int]]:
        if pid == supervisor.server("one").pid:
            raise RuntimeError("can't start new thread")
        return [("127.0.0.1", 9001)]

    supervisor: Supervisor = supervised(listening)
    for name in ("one", "two"):
        supervisor.server(name).start()
    with caplog.at_level(logging.ERROR):
        supervisor.tick()
    assert "the watch of one broke" in caplog.text
    assert [view["state"] for view in supervisor.views()] == ["STARTING", "RUNNING"]


def test_programs_come_and_go(supervised: Any) -> None:
    supervisor: Supervisor = supervised(lambda pid: [])
    with pytest.raises(UnknownServer):
        supervisor.server("three")
    supervisor.remove("two")
    assert [view["name"] for view in supervisor.views()] == ["one"]
