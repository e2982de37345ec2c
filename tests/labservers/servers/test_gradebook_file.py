"""The grade book's file: sound, damaged, locked, or on a disk that is full."""

import contextlib
import queue
import sqlite3
from collections.abc import Callable
from pathlib import Path

import pytest

from labservers.servers import gradebook, gradebook_file
from labservers.servers.gradebook import GradeBook, Row
from labservers.servers.gradebook_file import DAMAGED, cause, prepare
from labservers.servers.subjects import unavailable

PAGE = 4096


def save(book: GradeBook, *rows: Row) -> list[Row]:
    heard: queue.SimpleQueue[list[Row]] = queue.SimpleQueue()
    book.commit(list(rows), heard.put)
    return heard.get(timeout=60)


def filled(path: Path) -> Path:
    """A grade book of several pages, closed."""
    book = GradeBook(str(path))
    assert all(row.saved for row in save(book, *[Row("1", "Сети" * 50, 5) for _ in range(300)]))
    book.close()
    return path


def overwrite(path: Path, begin: int, end: int) -> None:
    data = bytearray(path.read_bytes())
    data[begin:end] = b"\xa5" * (end - begin)
    path.write_bytes(data)


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[: 3 * PAGE])


def test_a_sound_file_stays(tmp_path: Path) -> None:
    book = GradeBook(str(filled(tmp_path / "grades.sqlite3")))
    assert book.kept_aside == ""
    assert len(book.read("1").grades) == gradebook.PAGE_ROWS
    book.close()


@pytest.mark.parametrize(
    "damage",
    [
        lambda path: path.write_bytes(b"not a database " * 500),
        lambda path: overwrite(path, 0, 100),
        lambda path: overwrite(path, 3 * PAGE, 4 * PAGE),
        cut,
    ],
    ids=["another file", "its head", "a page", "cut short"],
)
def test_a_damaged_file_is_kept_as_it_is_and_a_new_one_begins(
    tmp_path: Path, damage: Callable[[Path], object]
) -> None:
    path = filled(tmp_path / "grades.sqlite3")
    damage(path)
    before = path.read_bytes()
    book = GradeBook(str(path))
    aside = Path(book.kept_aside)
    assert aside.name.startswith("grades.sqlite3.broken-")
    assert aside.read_bytes() == before
    assert book.read("1").grades == []
    (row,) = save(book, Row("1", "Maths", 4))
    assert row.saved
    book.close()
    assert prepare(str(path), gradebook.SCHEMA) == ""


def test_two_damaged_ones_of_a_second_have_two_names(tmp_path: Path) -> None:
    path = tmp_path / "grades.sqlite3"
    names = set()
    for text in ("first" * 500, "second" * 500, "third" * 500):
        path.write_text(text)
        names.add(prepare(str(path), gradebook.SCHEMA))
    assert {Path(name).read_text()[:5] for name in names} == {"first", "secon", "third"}


def test_a_large_file_is_looked_at_as_far_as_the_time_goes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = filled(tmp_path / "grades.sqlite3")
    monkeypatch.setattr(gradebook_file, "STEPS", 1)
    monkeypatch.setattr(gradebook_file, "LOOK_S", 0.0)
    book = GradeBook(str(path))
    assert book.kept_aside == ""
    assert len(book.read("1").grades) == gradebook.PAGE_ROWS
    book.close()


def test_a_strangers_database_is_not_taken_for_damaged(tmp_path: Path) -> None:
    path = tmp_path / "grades.sqlite3"
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("CREATE TABLE grades (other)")
    with pytest.raises(sqlite3.OperationalError, match="no such column"):
        GradeBook(str(path))
    assert [found.name for found in tmp_path.iterdir()] == ["grades.sqlite3"]


def test_a_locked_file_is_waited_for_and_then_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "grades.sqlite3"
    monkeypatch.setattr(gradebook, "WRITE_S", 0.2)
    book = GradeBook(str(path))
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as other:
        other.execute("BEGIN IMMEDIATE")
        (row,) = save(book, Row("1", "Maths", 5))
        assert not row.saved
        assert cause(row.error) == "another program has locked the grade book"
        assert book.read("1").grades == []  # a reader does not wait for a writer
        other.execute("COMMIT")
    (row,) = save(book, Row("1", "Maths", 5))
    assert row.saved
    book.close()


def error_of(code: int) -> sqlite3.Error:
    error = sqlite3.OperationalError("as SQLite says it")
    error.sqlite_errorcode = code
    return error


@pytest.mark.parametrize(
    ("code", "why"),
    [
        (sqlite3.SQLITE_FULL, "the disk is full"),
        (sqlite3.SQLITE_READONLY_DBMOVED, "the grade book cannot be written"),
        (sqlite3.SQLITE_IOERR_WRITE, "the disk does not take it"),
        (sqlite3.SQLITE_BUSY, "another program has locked the grade book"),
    ],
)
def test_the_answer_names_the_cause(code: int, why: str) -> None:
    error = unavailable("the grade could not be saved", error_of(code))
    assert error.status == 503
    assert error.detail == f"the grade could not be saved: {why}; try again"
    assert error.headers == {"Retry-After": "1"}


def test_damage_has_another_next_step_and_an_unknown_cause_has_none() -> None:
    assert all("start the server anew" in cause(error_of(code)) for code in DAMAGED)
    assert unavailable("the grade could not be saved", None).detail == (
        "the grade could not be saved; try again"
    )
