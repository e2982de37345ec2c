"""Grades: durable, found again in order, and committed together where they wait together."""

import queue
import sqlite3
import threading
from pathlib import Path

import pytest

from labservers.servers.gradebook import SELECT, TOGETHER, Grade, GradeBook, Row


def commit(book: GradeBook, *rows: Row) -> list[Row]:
    told: queue.SimpleQueue[list[Row]] = queue.SimpleQueue()
    book.commit(list(rows), told.put)
    return told.get(timeout=10)


def save(book: GradeBook, student: str, subject: str, grade: int) -> Grade:
    (row,) = commit(book, Row(student, subject, grade))
    assert row.saved, row.error
    return Grade(row.subject, row.grade, row.saved_at)


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


def test_rows_that_wait_together_are_committed_together(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    book = GradeBook(tmp_path / "grades.sqlite3")
    sizes: list[int] = []
    begun, go_on = threading.Event(), threading.Event()
    write = book._commit

    def held(connection: sqlite3.Connection, rows: list[Row]) -> None:
        begun.set()
        go_on.wait(10)
        sizes.append(len(rows))
        write(connection, rows)

    monkeypatch.setattr(book, "_commit", held)
    told: queue.SimpleQueue[list[Row]] = queue.SimpleQueue()
    book.commit([Row("1", "subject 0", 5)], told.put)
    assert begun.wait(10)
    for number in range(1, 500):
        book.commit([Row("1", f"subject {number}", 5)], told.put)
    go_on.set()
    assert all(row.saved for _ in range(500) for row in told.get(timeout=10))
    assert sizes == [1, TOGETHER, 499 - TOGETHER]
    assert [grade.subject for grade in book.read("1")] == [f"subject {n}" for n in range(500)]
    book.close()


def test_a_failed_commit_is_told_to_everybody_who_waits(tmp_path: Path) -> None:
    book = GradeBook(tmp_path / "grades.sqlite3")
    rows = commit(book, Row("1", "Maths", 5), Row("1", "Maths", 9))  # the table's check refuses
    assert [row.saved for row in rows] == [False, False]
    assert all(isinstance(row.error, sqlite3.IntegrityError) for row in rows)
    save(book, "1", "Maths", 5)
    book.close()


def test_a_file_that_cannot_be_made_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(OSError, match="file"):
        GradeBook(tmp_path / "file" / "grades.sqlite3")


def test_all_parts_of_the_index_are_read_by_seeking(tmp_path: Path) -> None:
    path = tmp_path / "grades.sqlite3"
    book = GradeBook(path)
    with sqlite3.connect(path) as connection:
        rows = [(number, str(number % 3), "Maths", 1 + number % 5) for number in range(1, 40_000)]
        connection.executemany("INSERT INTO grades VALUES (?, ?, ?, ?, '')", rows)
    expected = [grade for _, student, _, grade in rows if student == "2"]
    assert [grade.grade for grade in book.read("2")] == expected
    assert book.read("3") == []
    plan = str(connection.execute("EXPLAIN QUERY PLAN " + SELECT, ("2",)).fetchall())
    connection.close()
    assert "SEARCH grades USING INDEX grades_by_part" in plan
    book.close()


def test_a_file_with_the_index_of_before_is_taken_over(tmp_path: Path) -> None:
    path = tmp_path / "grades.sqlite3"
    GradeBook(path).close()
    with sqlite3.connect(path) as connection:
        connection.executescript(
            "DROP INDEX grades_by_part; CREATE INDEX grades_by_student ON grades (student, id);"
            "INSERT INTO grades VALUES (1, '7', 'Maths', 5, '')"
        )
    connection.close()
    book = GradeBook(path)
    assert book.read("7") == [Grade("Maths", 5, "")]
    book.close()
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall()
    connection.close()
    assert found == [("grades_by_part",)]
