"""Clocks that are set, numbers of processes that are reused, programs of another version."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.programs.catalogue import own_program
from dashboard.programs.files import OwnFile
from dashboard.recording.log_file import RETRY_S
from dashboard.supervision import failures, session
from dashboard.supervision.sampling import ProcessSampler
from labservers.observe import messages, observed
from tests.scarcity import few_descriptors

DAY_S = 86_400.0


@pytest.mark.parametrize("set_by", [-DAY_S, DAY_S])
def test_a_clock_that_is_set_moves_no_duration_and_no_deadline(
    make_world: Callable[..., Any], set_by: float
) -> None:
    world = make_world(stop_grace_s=3.0, frozen_after_s=600.0)
    world.up()
    world.passes(10.0)
    world.wall += set_by
    world.passes(5.0)
    view = world.server.view()
    assert (view["state"], view["uptime_s"]) == ("RUNNING", 15.0)
    assert view["started_at"] == world.wall - 15.0  # by the clock of now, as a reader has it
    world.server.stop()
    world.wall -= 2 * set_by
    world.passes(2.9)
    assert "SIGKILL" not in world.process.done
    assert world.server.view()["stop_deadline"] == pytest.approx(world.wall + 0.1)
    world.passes(0.2)
    assert "SIGKILL" in world.process.done
    world.exits(-9)
    assert world.server.view()["last_run"]["duration_s"] == pytest.approx(18.1)


@pytest.mark.parametrize("set_by", [-DAY_S, DAY_S])
def test_log_lines_keep_their_order_when_the_clock_is_set(
    make_world: Callable[..., Any], set_by: float
) -> None:
    world = make_world()
    world.up()
    world.process.listener.on_log("before")
    world.wall += set_by
    world.process.listener.on_log("after")
    lines = world.server.reports.log.since(0, 10)["lines"]
    assert [line["text"] for line in lines] == ["before", "after"]
    assert [line["n"] for line in lines] == [1, 2]


def test_a_program_of_another_schema_is_said_on_its_page(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.server.start()
    world.says(messages.Ready(1.0, world.process.pid, "threads", [], messages.SCHEMA))
    assert world.server.view()["notices"] == []
    world.says(messages.Ready(1.0, world.process.pid, "threads", [], "other"))
    (notice,) = world.server.view()["notices"]
    assert notice["code"] == "schema"
    assert "code other" in notice["text"]
    assert world.state in ("STARTING", "RUNNING")


def test_figures_that_cannot_be_read_are_none() -> None:
    with few_descriptors(0):
        sampler = ProcessSampler(os.getpid())
    assert sampler.sample() == (None, None)
    sampler = ProcessSampler(os.getpid())
    with few_descriptors(0):
        assert sampler.sample() == (None, None)
    assert sampler.sample()[1]


def test_a_number_that_is_reused_is_a_strangers() -> None:
    with subprocess.Popen([sys.executable, "-c", "input()"], stdin=subprocess.PIPE) as child:
        sampler = ProcessSampler(child.pid)
        assert session.is_ours(child.pid)
        assert sampler.sample()[1]
        child.communicate(b"\n")
    assert sampler.sample() == (None, None)
    assert not session.is_ours(child.pid)
    assert not session.is_ours(os.getppid())  # as if it had got the number
    assert not session.is_ours(1)


@pytest.mark.parametrize("number", [23, 24])  # ENFILE, EMFILE
def test_no_descriptor_is_a_reason_of_its_own(make_world: Callable[..., Any], number: int) -> None:
    world = make_world()
    world.spawn_error = OSError(number, os.strerror(number))
    world.server.start()
    failure = world.server.view()["failure"]
    assert failure["reason"] == "descriptors"
    assert failure["next_step"] == "close tabs, stop programs, or raise ulimit -n"
    assert not failures.broke(failure)


def test_a_program_that_closes_its_line_is_not_frozen_by_its_silence(
    make_world: Callable[..., Any],
) -> None:
    world = make_world(program=own_program(OwnFile(Path("/home/me/server.py"))))
    world.server.start()
    world.says(observed.Asks(1.0, "MainThread", "server.py:2", "port? "))
    world.passes(10.0)
    assert world.state == "FROZEN"
    world.says(messages.Notice(1.0, messages.LINE_CLOSED, ""))
    world.passes(60.0)
    assert world.state == "RUNNING"


def test_a_kill_while_an_end_is_looked_into_leaves_nothing_that_has_not_ended(
    make_world: Callable[..., Any],
) -> None:
    """To look for the owner of a port may take longer than a kill may."""
    world = make_world()

    def meanwhile() -> None:
        world.server.kill()
        world.passes(5.1)

    world.meanwhile = meanwhile
    world.server.start()
    world.says(messages.Failed(1.0, 98, "EADDRINUSE", "port 8004 is already in use"))
    world.exits(1)
    assert (world.state, world.server.view()["failure"]["reason"]) == ("FAILED", "unended")
    assert world.server.start()


def test_a_signal_without_a_name_is_said_by_its_number(make_world: Callable[..., Any]) -> None:
    world = make_world()
    world.up()
    world.exits(-40)
    failure = world.server.view()["failure"]
    assert (failure["reason"], failure["signal"]) == ("killed", "signal 40")


def test_a_log_that_cannot_be_written_is_a_trouble_until_it_can(
    world: Any,
) -> None:
    troubles, folder = world.surroundings.troubles, world.surroundings.config.log_path
    folder.parent.mkdir(exist_ok=True)
    folder.write_text("in the way")
    world.server.start()
    world.process.listener.on_log("one")
    assert [(t["code"], t["about"]) for t in troubles.now()] == [("log", "chat")]
    folder.unlink()
    world.passes(RETRY_S)
    world.process.listener.on_log("two")
    assert troubles.now() == []
