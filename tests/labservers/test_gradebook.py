"""Grades: durable, found again, and a cache that never shows what was before a commit."""

import queue
import sqlite3
from pathlib import Path

import pytest

from labservers.servers.gradebook import Grade, GradeBook


def save(book: GradeBook, student: str, subject: str, grade: int) -> Grade:
    outcome: queue.SimpleQueue[tuple[Grade | None, Exception | None]] = queue.SimpleQueue()
    book.save(student, subject, grade, lambda *result: outcome.put(result))
    saved, error = outcome.get(timeout=5)
    assert saved is not None, error
    book.forget(student)
    return saved


def test_what_was_saved_is_read_in_order_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "grades.sqlite3"
    book = GradeBook(path)
    saved = [save(book, "1", "Сети", 5), save(book, "1", "Maths", 3), save(book, "2", "Maths", 4)]
    assert book.read("1") == saved[:2]
    book.close()
    again = GradeBook(path)
    assert again.read("1") == saved[:2]
    assert again.read("2") == saved[2:]
    assert again.read("3") == []
    again.close()


def test_a_read_is_answered_from_the_cache_until_a_commit(tmp_path: Path) -> None:
    book = GradeBook(tmp_path / "grades.sqlite3")
    before = book.read("1")
    assert book.read("1") is before
    save(book, "1", "Maths", 5)
    assert [grade.grade for grade in book.read("1")] == [5]
    book.close()


def test_rows_that_wait_together_are_committed_together(tmp_path: Path) -> None:
    book = GradeBook(tmp_path / "grades.sqlite3")
    outcomes: queue.SimpleQueue[tuple[Grade | None, Exception | None]] = queue.SimpleQueue()
    for number in range(500):
        book.save("1", f"subject {number}", 5, lambda *result: outcomes.put(result))
    for _ in range(500):
        saved, error = outcomes.get(timeout=10)
        assert saved is not None, error
    book.forget("1")
    assert [grade.subject for grade in book.read("1")] == [f"subject {n}" for n in range(500)]
    book.close()


def test_a_failed_commit_is_told_to_everybody_who_waits(tmp_path: Path) -> None:
    book = GradeBook(tmp_path / "grades.sqlite3")
    outcome: queue.SimpleQueue[tuple[Grade | None, Exception | None]] = queue.SimpleQueue()
    book.save("1", "Maths", 9, lambda *result: outcome.put(result))  # the table's check refuses
    saved, error = outcome.get(timeout=5)
    assert saved is None
    assert isinstance(error, sqlite3.IntegrityError)
    save(book, "1", "Maths", 5)
    book.close()


def test_a_file_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        GradeBook(tmp_path / "file" / "grades.sqlite3")
