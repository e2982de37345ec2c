"""The log's file: every line whole and as it was; trouble costs the file, and is said once."""

import errno
import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from dashboard.recording.log_file import RETRY_S, LogFile
from tests.scarcity import few_descriptors, full


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "logs" / "chat.log"


@pytest.fixture
def file(path: Path, clock: Clock) -> Iterator[LogFile]:
    made = LogFile(path, 1_000, clock)
    yield made
    made.close()


def older(path: Path) -> Path:
    return path.with_name("chat.log.1")


@pytest.mark.parametrize(
    "line", ["50% of %s", "Привет", "", " a\tb ", "\x1b[31m", "%%", "a\ud800b"]
)
def test_a_line_stands_there_as_it_was(file: LogFile, path: Path, line: str) -> None:
    assert file.write(line) == ""
    assert path.read_bytes() == line.encode("utf-8", "backslashreplace") + b"\n"


def test_what_was_there_stays(file: LogFile, path: Path) -> None:
    path.parent.mkdir()
    path.write_text("before\n")
    file.write("after")
    assert path.read_text() == "before\nafter\n"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=30)
@given(lines=st.lists(st.text("ab%\u044f", max_size=300), min_size=1, max_size=60))
def test_two_files_hold_the_newest_lines_whole(file: LogFile, path: Path, lines: list[str]) -> None:
    file.close()
    shutil.rmtree(path.parent, ignore_errors=True)
    assert [file.write(line) for line in lines] == [""] * len(lines)
    kept = [one.read_text() for one in (older(path), path) if one.exists()]
    assert all(len(text.encode()) <= 1_000 for text in kept)
    found = "".join(kept).split("\n")[:-1]
    assert found == lines[len(lines) - len(found) :]
    assert len(found) == len(lines) or len(kept) == 2


def test_a_line_longer_than_the_file_is_written_all_the_same(file: LogFile, path: Path) -> None:
    file.write("x" * 5_000)
    file.write("short")
    assert path.read_text() == "short\n"
    assert older(path).read_text() == "x" * 5_000 + "\n"


@pytest.mark.parametrize("how", ["file", "folder", "moved"])
def test_a_file_that_has_gone_is_made_anew(file: LogFile, path: Path, how: str) -> None:
    file.write("before")
    if how == "file":
        path.unlink()
    elif how == "folder":
        shutil.rmtree(path.parent)
    else:
        path.rename(path.with_name("kept by the user"))
    assert file.write("after") == ""
    assert path.read_text() == "after\n"


def test_a_full_disk_is_said_once(path: Path, clock: Clock) -> None:
    path.parent.mkdir()
    path.symlink_to("/dev/full")
    file = LogFile(path, 1_000, clock)
    assert file.write("one") == (
        f"{path} cannot be written (No space left on device): log lines are kept here alone"
    )
    for _ in range(5):
        clock.now += RETRY_S
        assert file.write("more") == ""
    file.close()


def test_half_of_a_line_does_not_stay(file: LogFile, path: Path, clock: Clock) -> None:
    file.write("one")
    with full(size=8):
        assert "cannot be written (File too large)" in file.write("and two")
    assert path.read_text() == "one\n"
    clock.now += RETRY_S
    file.write("three")
    assert path.read_text() == "one\nthree\n"


def test_it_comes_back_and_says_what_is_missing(file: LogFile, path: Path, clock: Clock) -> None:
    path.parent.write_text("in the way")
    assert "cannot be written" in file.write("one")
    assert file.write("two") == ""
    path.parent.unlink()
    clock.now += RETRY_S - 0.1
    assert file.write("three") == ""
    clock.now += 0.1
    assert file.write("four") == f"{path} is written again; lines not in it: 3"
    assert file.write("five") == ""
    assert path.read_text() == "four\nfive\n"
    path.parent.rename(path.parent.with_name("away"))
    path.parent.write_text("in the way again")
    assert "cannot be written" in file.write("six\nseven")
    assert file.write("eight\nnine\nten") == ""
    path.parent.unlink()
    clock.now += RETRY_S
    assert file.write("eleven") == f"{path} is written again; lines not in it: 5"


def test_a_rotation_that_fails_costs_the_file(file: LogFile, path: Path, clock: Clock) -> None:
    older(path).mkdir(parents=True)
    file.write("x" * 900)
    assert "cannot be written (Is a directory)" in file.write("y" * 900)
    older(path).rmdir()
    clock.now += RETRY_S
    assert "lines not in it: 1" in file.write("z" * 900)
    assert path.read_text() == "z" * 900 + "\n"


@pytest.mark.parametrize("make", [os.mkdir, os.mkfifo])
def test_what_is_not_a_file_is_not_waited_for(path: Path, file: LogFile, make: object) -> None:
    path.parent.mkdir()
    assert callable(make)
    make(path)
    assert "cannot be written" in file.write("one")


def test_without_descriptors_it_waits_for_better_times(
    file: LogFile, path: Path, clock: Clock
) -> None:
    with few_descriptors(0):
        said = file.write("one")
    assert os.strerror(errno.EMFILE) in said
    clock.now += RETRY_S
    assert "written again" in file.write("two")
