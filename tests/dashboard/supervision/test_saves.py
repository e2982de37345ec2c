"""A saved file: it is said, and where it is wanted the program starts again."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from dashboard.programs import files
from dashboard.programs.catalogue import own_program
from dashboard.programs.files import OwnFile
from dashboard.supervision.saves import Saves
from labservers.observe import messages

World = Any


class Saved:
    """A program of the user, its file, and looks at it."""

    def __init__(self, world: World, path: Path) -> None:
        self.world, self.path = world, path
        self.problem: str | None = ""
        self.asked: list[bytes] = []
        self._saves = Saves(self._problem)
        self._written = 0

    def _problem(self, python: str, source: bytes) -> str | None:
        self.asked.append(source)
        return self.problem

    def save(self, text: str) -> None:
        self._written += 1
        self.path.write_text(text)
        os.utime(self.path, ns=(self._written, self._written))

    def look(self, times: int = 2) -> None:
        for _ in range(times):
            self._saves.look(self.world.server)

    @property
    def changed(self) -> bool:
        found: bool = self.world.server.view()["changed_on_disk"]
        return found


@pytest.fixture
def saved(make_world: Callable[..., World], tmp_path: Path) -> Saved:
    path = tmp_path / "server.py"
    path.write_text("one")
    saved = Saved(make_world(program=own_program(OwnFile(path))), path)
    saved.world.server.start()
    saved.look()
    assert not saved.changed
    return saved


def restarts(saved: Saved) -> int:
    return saved.world.feed().count("restarted")


def test_a_save_is_said_and_nothing_more(saved: Saved) -> None:
    saved.save("two")
    saved.look(5)
    assert (saved.changed, restarts(saved), saved.asked) == (True, 0, [])
    saved.world.exits(1)
    saved.look()
    assert not saved.changed


def test_where_it_is_wanted_a_save_starts_it_again_once(saved: Saved) -> None:
    saved.world.server.configure({"restart_on_save": True})
    saved.save("two")
    saved.look(1)
    assert restarts(saved) == 0  # it may still be written
    saved.save("three")
    saved.look(1)
    assert restarts(saved) == 0
    saved.look(1)
    assert (restarts(saved), saved.asked) == (1, [b"three"])
    saved.world.exits(-15)
    saved.look(5)
    assert (restarts(saved), saved.changed, len(saved.world.processes)) == (1, False, 2)


def test_a_file_with_an_error_keeps_the_old_one_running_and_says_so_once(saved: Saved) -> None:
    saved.world.server.configure({"restart_on_save": True})
    saved.problem = "invalid syntax (line 3)"
    saved.save("def (")
    saved.look(5)
    notices = saved.world.server.view()["notices"]
    assert (restarts(saved), len(saved.asked), len(notices)) == (0, 1, 1)
    assert notices[0]["code"] == "syntax"
    assert notices[0]["text"] == "server.py: invalid syntax (line 3)"
    saved.problem = ""
    saved.save("mended")
    saved.look()
    assert restarts(saved) == 1


def test_a_python_that_does_not_say_is_asked_again(saved: Saved) -> None:
    saved.world.server.configure({"restart_on_save": True})
    saved.problem = None
    saved.save("two")
    saved.look(5)
    [notice] = saved.world.server.view()["notices"]
    assert (restarts(saved), saved.asked) == (0, [b"two"] * 4)
    assert (notice["code"], notice["text"]) == ("unread", "server.py: its Python does not answer")
    saved.problem = ""
    saved.look(3)
    assert (restarts(saved), len(saved.asked)) == (1, 5)


@pytest.mark.parametrize("problem", ["", "invalid syntax (line 1)"])
def test_a_file_that_cannot_be_read_for_a_while_is_looked_at_again(
    saved: Saved, monkeypatch: pytest.MonkeyPatch, problem: str
) -> None:
    saved.world.server.configure({"restart_on_save": True})
    saved.problem = problem
    saved.save("two")
    with monkeypatch.context() as locked:
        locked.setattr(files, "read", refuse)
        saved.look(4)
        [notice] = saved.world.server.view()["notices"]
        assert (notice["code"], notice["text"]) == ("unread", "server.py: Permission denied")
    saved.look(3)
    codes = [notice["code"] for notice in saved.world.server.view()["notices"]]
    assert codes == (["unread", "syntax"] if problem else ["unread"])
    assert (restarts(saved), saved.asked) == (0 if problem else 1, [b"two"])


def refuse(path: Path, most: int) -> bytes:
    """The tests may run as root, whom no mode of a file refuses."""
    raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), str(path))


@pytest.mark.parametrize(("stop", "processes"), [(False, 2), (True, 1)])
def test_a_program_that_broke_is_started_by_the_save_that_mends_it(
    saved: Saved, stop: bool, processes: int
) -> None:
    saved.world.server.configure({"restart_on_save": True})
    if stop:
        saved.world.server.stop()
    saved.world.exits(1)
    saved.save("mended")
    saved.look()
    assert len(saved.world.processes) == processes


def test_a_file_that_is_gone_for_a_moment_is_not_a_save(saved: Saved) -> None:
    saved.world.server.configure({"restart_on_save": True})
    text = saved.path.read_text()
    times = saved.path.stat().st_mtime_ns
    saved.path.unlink()
    saved.look()
    saved.path.write_text(text)
    os.utime(saved.path, ns=(times, times))
    saved.look()
    assert (restarts(saved), saved.changed) == (0, False)


def test_a_server_of_the_lab_has_no_file_to_look_at(world: World) -> None:
    world.up()
    Saves(lambda python, source: "").look(world.server)
    assert not world.server.view()["changed_on_disk"]


def heard(saved: Saved, *files: str) -> None:
    """The program has told which files it has loaded."""
    frame = messages.Frame(1.0, 1, 1.0, 0, 0, 0, 0, 0, 0, 1, {}, files=["server.py", *files])
    saved.world.process.listener.on_message(frame)


def test_a_file_that_the_program_has_imported_counts_as_its_own(saved: Saved) -> None:
    saved.world.server.configure({"restart_on_save": True})
    helper, stranger = saved.path.with_name("helper.py"), saved.path.with_name("other.py")
    for path in (helper, stranger):
        path.write_text("1")
    heard(saved, "helper.py", "../escape.py", "/etc/passwd")
    assert saved.world.server.own_files() == [saved.path, helper]
    saved.look()
    stranger.write_text("not a part of it")
    saved.look(3)
    assert (restarts(saved), saved.changed) == (0, False)
    helper.write_text("def (")
    saved.problem = "invalid syntax"
    saved.look(3)
    [notice] = saved.world.server.view()["notices"]
    assert notice["text"] == "helper.py: invalid syntax"
    saved.problem = ""
    helper.write_text("mended")
    saved.look(3)
    assert restarts(saved) == 1
