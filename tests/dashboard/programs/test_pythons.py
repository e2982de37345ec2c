"""Interpreters: found, asked once, the newest first, and the one that reads a file."""

import sys
from collections.abc import Sequence
from pathlib import Path
from typing import ClassVar

import pytest

from dashboard.errors import BadInput
from dashboard.programs import pythons
from dashboard.programs.pythons import Pythons, candidates, read
from dashboard.supervision.process import answer_of

OLD, NEW, NAMED = "/opt/old/bin/python3", "/opt/new/bin/python3", "/opt/named/python"


class Machine:
    """Three Pythons; the new one reads everything, the others not what holds `type X`."""

    versions: ClassVar = {OLD: "3.9.2", NEW: "3.13.0", NAMED: "3.11.7", "/opt/ancient": "2.7.18"}

    def __init__(self) -> None:
        self.asked: list[str] = []
        self.now = 0.0
        self.silent = False

    def ask(self, words: Sequence[str], given: bytes, timeout_s: float) -> str | None:
        path = words[0]
        if self.silent or path not in self.versions:
            return None
        if words[-1] == pythons.SAYS:
            self.asked.append(path)
            return f"{self.versions[path]}\n{path}\n"
        return "invalid syntax (line 1)\n" if b"type X" in given and path != NEW else ""


@pytest.fixture
def machine() -> Machine:
    return Machine()


@pytest.fixture
def found(machine: Machine, monkeypatch: pytest.MonkeyPatch) -> Pythons:
    paths = [OLD, "/opt/ancient", NEW, "/not/there"]
    monkeypatch.setattr(pythons, "candidates", lambda: iter(paths))
    return Pythons(machine.ask, lambda: [NAMED], lambda: machine.now)


def test_those_that_can_observe_are_found_the_newest_first(found: Pythons) -> None:
    versions = [python.version for python in found.found()]
    assert versions == ["3.13.0", "3.11.7", "3.9.2"]
    assert found.version(OLD) == "3.9.2"
    assert found.version("/elsewhere") is None


def test_each_is_asked_once(found: Pythons, machine: Machine) -> None:
    for _ in range(3):
        found.found()
        machine.now += pythons.EVERY_S
    assert sorted(machine.asked) == sorted([OLD, NEW, NAMED, "/opt/ancient"])


def test_one_that_did_not_answer_in_time_is_asked_again(found: Pythons, machine: Machine) -> None:
    machine.silent = True
    assert found.found() == []
    machine.silent = False
    assert found.found() == []  # not at once
    machine.now += pythons.EVERY_S
    assert [python.version for python in found.found()] == ["3.13.0", "3.11.7", "3.9.2"]


def test_one_that_never_answers_is_not_asked_for_ever(found: Pythons, machine: Machine) -> None:
    for silent in (True, True, False):
        machine.silent = silent
        assert found.found() == []
        machine.now += pythons.EVERY_S


def test_the_newest_other_one_that_reads_a_file_is_offered(found: Pythons) -> None:
    new = found.that_reads(b"type X = int", OLD)
    assert new is not None
    assert new.path == NEW
    assert found.that_reads(b"type X = int", NEW) is None
    assert found.problem(OLD, b"type X = int") == "invalid syntax (line 1)"
    assert found.problem(OLD, b"x = 1") == ""
    assert found.problem("/not/there", b"x = 1") is None


def test_what_is_not_found_in_time_is_not_waited_for(
    machine: Machine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def ask(words: Sequence[str], given: bytes, timeout_s: float) -> str | None:
        if words[-1] != pythons.SAYS:
            machine.now += pythons.READ_S
        return machine.ask(words, given, timeout_s)

    monkeypatch.setattr(pythons, "candidates", lambda: iter([OLD, NAMED]))
    busy = Pythons(ask, list, lambda: machine.now)
    assert busy.that_reads(b"type X = int", NEW) is None
    assert machine.now == pythons.READ_S


@pytest.mark.parametrize("path", ["/bin/sh", "python3", "", None, 5, ["/opt/new"], "/opt/ancient"])
def test_only_one_that_was_found_can_be_chosen(found: Pythons, path: object) -> None:
    assert found.resolved(NEW) == NEW
    with pytest.raises(BadInput):
        found.resolved(path)


def test_another_way_to_one_that_was_found_is_chosen_by_its_own_path(machine: Machine) -> None:
    link = "/opt/link/python"

    def ask(words: Sequence[str], given: bytes, timeout_s: float) -> str | None:
        return machine.ask([NAMED if words[0] == link else words[0], *words[1:]], given, timeout_s)

    found = Pythons(ask, lambda: [link], lambda: machine.now)
    assert found.resolved(link) == NAMED


def test_what_cannot_be_read_on_the_path_is_passed_over(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "python3.12").symlink_to(tmp_path / "nowhere")
    monkeypatch.setenv("PATH", f"{tmp_path / 'missing'}:{tmp_path}:relative")
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("PYENV_ROOT", raising=False)
    assert list(candidates()) == [sys.executable]
    found = Pythons(answer_of, list)
    assert found.usual() == sys.executable


def test_pyenv_may_stand_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    python = tmp_path / "versions/3.12.1/bin/python"
    python.parent.mkdir(parents=True)
    python.write_bytes(b"\x7fELF")
    monkeypatch.setenv("PYENV_ROOT", str(tmp_path))
    assert str(python) in list(candidates())


@pytest.mark.parametrize(
    "said", [None, "", "3.11.7", "3.11\n/usr/bin/python", "3.11.7\npython", "a\nb", "3.8.1\n/p"]
)
def test_what_is_not_an_answer_is_not_a_python(said: str | None) -> None:
    assert read(said) is None


def test_on_this_machine_ours_is_among_them_and_each_only_once() -> None:
    paths = list(candidates())
    assert paths[0] == sys.executable
    assert len(paths) == len(set(paths))
    found = Pythons(answer_of, list)
    assert sys.executable in [python.path for python in found.found()]
    assert Path(found.usual()).is_file()
    assert found.problem(sys.executable, "имя = 1\n".encode()) == ""
    assert "line 1" in (found.problem(sys.executable, b"def (") or "")
    assert found.problem(sys.executable, b"\xff") != ""


def test_a_command_that_hangs_or_floods_is_given_up() -> None:
    assert answer_of([sys.executable, "-c", "input()"], b"", 5) is None
    assert answer_of([sys.executable, "-c", "import signal; signal.pause()"], b"", 0.2) is None
    assert answer_of(["/not/there"], b"", 1) is None
    flood = answer_of([sys.executable, "-c", "print('x' * 1_000_000)"], b"", 10)
    assert flood is not None
    assert len(flood) <= 64 * 1024
