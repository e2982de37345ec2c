"""All programs together: what breaks for one leaves the others watched."""

import logging
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from dashboard.errors import UnknownServer
from dashboard.programs.catalogue import Catalogue
from dashboard.programs.launch import Command, Launch
from dashboard.programs.program import Program
from dashboard.programs.settings import Settings
from dashboard.supervision.saves import Saves
from dashboard.supervision.supervisor import GIVE_BACK_S, Supervisor
from labservers.observe import observed

World = Any


def a_program(name: str, number: int) -> Program:
    return Program(name=name, title=name, number=number, launch=Launch(module=name))


@pytest.fixture
def supervised(make_world: Callable[..., World], tmp_path: Path) -> Callable[..., Supervisor]:
    """supervised(listening): two programs, one and two, whose sockets are asked for so."""
    programs = Catalogue([a_program("one", 1), a_program("two", 2)])
    settings = Settings(tmp_path / "servers.json", 8000, programs)

    def make(
        listening: Callable[[int], list[tuple[str, tuple[str, int]]]], **more: Any
    ) -> Supervisor:
        around = replace(make_world().surroundings, listening=listening, **more)
        return Supervisor(programs, settings, around, Saves(lambda python, source: ""))

    return make


def test_a_thread_that_the_system_does_not_grant_ends_no_watch(
    supervised: Any, caplog: pytest.LogCaptureFixture
) -> None:
    def listening(pid: int) -> list[tuple[str, tuple[str, int]]]:
        if pid == supervisor.server("one").pid:
            raise RuntimeError("can't start new thread")
        return [("stream", ("127.0.0.1", 9001))]

    supervisor: Supervisor = supervised(listening)
    for name in ("one", "two"):
        supervisor.server(name).start()
    with caplog.at_level(logging.ERROR):
        supervisor.look_at_sockets()
    assert "the watch of one broke" in caplog.text
    assert [view["state"] for view in supervisor.views()] == ["STARTING", "RUNNING"]


def test_a_program_that_is_just_being_born_has_no_other_one_wait(
    make_world: Callable[..., World], supervised: Any
) -> None:
    """Its process may take seconds, on a machine with too much to do."""
    world, born, go_on = make_world(), threading.Event(), threading.Event()

    def spawn(command: Command, listener: Any) -> Any:
        if "two" not in command.words:
            born.set()
            assert go_on.wait(30)
        return world.surroundings.spawn(command, listener)

    supervisor: Supervisor = supervised(lambda pid: [("stream", ("127.0.0.1", 9001))], spawn=spawn)
    supervisor.server("two").start()
    starting = threading.Thread(target=supervisor.server("one").start)
    starting.start()
    assert born.wait(30)
    supervisor.tick()
    supervisor.look_at_sockets()
    assert supervisor.server("two").state == "RUNNING"
    go_on.set()
    starting.join()


def test_a_set_clock_is_told_to_each_of_them(
    make_world: Callable[..., World], supervised: Any
) -> None:
    now, set_by = [100.0, 5_000.0], list[float]()
    told: list[Any] = []
    supervisor: Supervisor = supervised(
        lambda pid: [],
        publish=told.append,
        clock=lambda: now[0],
        wall=lambda: now[1],
        clock_was_set=set_by.append,
    )
    supervisor.server("one").start()
    now[1] -= 3_600
    told.clear()
    supervisor.tick()
    assert set_by == [-3_600.0]
    views = [event["server"] for event in told if event["kind"] == "server"]
    assert [(view["name"], view["started_at"]) for view in views] == [
        ("one", 1_400.0),
        ("two", None),
    ]
    supervisor.tick()
    assert set_by == [-3_600.0]


def test_free_memory_goes_back_from_time_to_time(
    supervised: Any, eventually: Callable[..., Any]
) -> None:
    """While programs are watched, which is from the first start on."""
    now, at = [100.0], list[float]()
    supervisor: Supervisor = supervised(
        lambda pid: [], clock=lambda: now[0], give_back=lambda: at.append(now[0])
    )
    supervisor.start("one")
    try:
        eventually(lambda: at == [100.0], "at once")
        now[0] += GIVE_BACK_S
        eventually(lambda: at == [100.0, 100.0 + GIVE_BACK_S], "once more")
    finally:
        supervisor.close(0.0)


def test_a_program_that_leaves_takes_its_recording_and_its_trouble_along(
    make_world: Callable[..., World], tmp_path: Path
) -> None:
    (tmp_path / "logs").write_text("a file where the folder would be")
    programs = Catalogue([a_program("one", 1)])
    settings = Settings(tmp_path / "servers.json", 8000, programs)
    around = make_world().surroundings
    supervisor = Supervisor(programs, settings, around, Saves(lambda python, source: ""))
    reports = supervisor.server("one").reports
    reports.log_line("a line", True)
    created = observed.SocketEvent(1.0, 1, 3, "AF_INET", "stream", "created", None, None, None)
    reports.observed(observed.SocketEvents(1.0, [created]), 0)
    assert supervisor.recorded_bytes() > 0
    assert [trouble["about"] for trouble in around.troubles.now()] == ["one"]
    supervisor.remove("one")
    assert supervisor.recorded_bytes() == 0
    assert around.troubles.now() == []


def test_programs_come_and_go(supervised: Any) -> None:
    supervisor: Supervisor = supervised(lambda pid: [])
    with pytest.raises(UnknownServer):
        supervisor.server("three")
    supervisor.remove("two")
    assert [view["name"] for view in supervisor.views()] == ["one"]
