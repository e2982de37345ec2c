"""Grades: durable, found again in order, and committed together where they wait together."""

import queue
import sqlite3
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.servers.gradebook import (
    NEWEST,
    PAGE_ROWS,
    PARTS,
    ROWS,
    TOGETHER,
    Grade,
    GradeBook,
    Page,
    Row,
)


def commit(book: GradeBook, *rows: Row) -> list[Row]:
    heard: queue.SimpleQueue[list[Row]] = queue.SimpleQueue()
    book.commit(list(rows), heard.put)
    return heard.get(timeout=30)


def save(book: GradeBook, student: str, subject: str, grade: int) -> Grade:
    (row,) = commit(book, Row(student, subject, grade))
    assert row.saved, row.error
    return Grade(row.subject, row.grade, row.saved_at)


def test_what_was_saved_is_read_in_order_and_found_again(tmp_path: Path) -> None:
    path = tmp_path / "deep" / "grades.sqlite3"
    book = GradeBook(path)
    saved = [save(book, "1", "Сети", 5), save(book, "1", "Maths", 3), save(book, "2", "Maths", 4)]
    assert book.read("1").grades == saved[:2]
    book.close()
    again = GradeBook(path)
    assert again.read("1").grades == saved[:2]
    assert again.read("2").grades == saved[2:]
    assert again.read("3").grades == []
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
        go_on.wait(30)
        sizes.append(len(rows))
        write(connection, rows)

    monkeypatch.setattr(book, "_commit", held)
    heard: queue.SimpleQueue[list[Row]] = queue.SimpleQueue()
    book.commit([Row("1", "subject 0", 5)], heard.put)
    assert begun.wait(30)
    for number in range(1, 500):
        book.commit([Row("1", f"subject {number}", 5)], heard.put)
    go_on.set()
    assert all(row.saved for _ in range(500) for row in heard.get(timeout=30))
    assert sizes == [1, TOGETHER, TOGETHER, 499 - 2 * TOGETHER]
    assert [grade.subject for grade in book.read("1", limit=500).grades] == [
        f"subject {n}" for n in range(500)
    ]
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


STEPS = 1_000_000  # of SQLite's machine, more than any page of these tests takes


def filled(path: Path, rows: list[tuple[int, str]]) -> GradeBook:
    """A grade book with such rows, by number and student; the subject is the number."""
    book = GradeBook(path)
    book._reader.set_progress_handler(lambda: True, STEPS)  # a longer read is an error
    with sqlite3.connect(path) as connection:
        values = [(number, student, str(number)) for number, student in rows]
        connection.executemany("INSERT INTO grades VALUES (?, ?, ?, 5, '')", values)
    connection.close()
    return book


def test_pages_follow_each_other_through_all_parts_of_the_index(tmp_path: Path) -> None:
    rows = [(number, str(number % 30)) for number in range(1, 40_000)]
    book = filled(tmp_path / "grades.sqlite3", rows)
    expected = [str(number) for number, student in rows if student == "2"]
    found: list[str] = []
    before: int | None = NEWEST
    while before is not None:
        page = book.read("2", before)
        assert len(page.grades) == min(PAGE_ROWS, len(expected) - len(found))
        found = [grade.subject for grade in page.grades] + found
        before = page.older
    assert found == expected
    assert book.read("30") == Page([], None)
    assert book.read("2", 1) == Page([], None)
    book.close()


NUMBERS = st.integers(1, 70_000) | st.integers(1, NEWEST - 1)


@given(
    numbers=st.sets(NUMBERS, max_size=12),
    before=NUMBERS | st.just(NEWEST),
    limit=st.integers(1, 5),
)
def test_a_page_is_the_newest_rows_before_a_row(
    tmp_path_factory: pytest.TempPathFactory, numbers: set[int], before: int, limit: int
) -> None:
    path = tmp_path_factory.mktemp("book") / "grades.sqlite3"
    book = filled(path, [(number, "1" if number % 3 else "2") for number in numbers])
    mine = sorted(number for number in numbers if number % 3 and number < before)
    page = book.read("1", before, limit)
    assert [grade.subject for grade in page.grades] == [str(number) for number in mine[-limit:]]
    assert page.older == (mine[-limit] if len(mine) > limit else None)
    book.close()


@pytest.mark.parametrize("gaps", [[1 << 34], [1 << 20, 1 << 40, (1 << 62) + 1, NEWEST - 1]])
def test_gaps_between_the_rows_are_not_walked_through(tmp_path: Path, gaps: list[int]) -> None:
    """As of a tool that numbers rows in its own way."""
    rows = [(1, "1"), (5_000, "2"), *((number, "1") for number in gaps)]
    book = filled(tmp_path / "grades.sqlite3", rows)
    mine = [str(number) for number, student in rows if student == "1"]
    assert [grade.subject for grade in book.read("1").grades] == mine
    assert [grade.subject for grade in book.read("1", gaps[0] - 1).grades] == ["1"]
    assert [grade.subject for grade in book.read("2").grades] == ["5000"]
    assert book.read("3") == Page([], None)
    book.close()


@pytest.mark.parametrize(
    ("value", "text"),
    [
        ("x'4d61746873'", "Maths"),
        ("x'ff00d096'", "\ufffd\0Ж"),
        ("CAST(x'd0d096' AS TEXT)", "\ufffdЖ"),
        ("7", "7"),
    ],
)
def test_what_another_tool_has_left_is_text(tmp_path: Path, value: str, text: str) -> None:
    path = tmp_path / "grades.sqlite3"
    book = GradeBook(path)
    with sqlite3.connect(path) as connection:
        connection.execute(f"INSERT INTO grades VALUES (1, '1', {value}, 5, {value})")
    connection.close()
    assert book.read("1").grades == [Grade(text, 5, text)]
    saved = save(book, "1", "Сети", 4)
    assert book.read("1").grades[-1] == saved
    book.close()


def test_a_read_that_fails_is_an_error_still(tmp_path: Path) -> None:
    book = filled(tmp_path / "grades.sqlite3", [(1, "1")])
    book._reader.set_progress_handler(lambda: True, 1)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        book.read("1")
    book.close()


def test_no_page_reads_over_rows_that_it_does_not_show(tmp_path: Path) -> None:
    path = tmp_path / "grades.sqlite3"
    book = filled(path, [(1, "1")])
    with sqlite3.connect(path) as connection:
        for sql, values in ((PARTS, {"student": "1", "before": 9}), (ROWS, (0, "1", 9, 200))):
            plan = str(connection.execute("EXPLAIN QUERY PLAN " + sql, values).fetchall())
            assert "SEARCH grades USING INDEX grades_in_parts" in plan or "COVERING" in plan
            assert "TEMP B-TREE" not in plan
            assert "SCAN grades" not in plan
    connection.close()
    book.close()


@pytest.mark.parametrize(
    "index",
    ["grades_by_student ON grades (student, id)", "grades_by_part ON grades (id >> 14, student)"],
)
def test_a_file_with_an_index_of_before_is_taken_over(tmp_path: Path, index: str) -> None:
    path = tmp_path / "grades.sqlite3"
    GradeBook(path).close()
    with sqlite3.connect(path) as connection:
        connection.executescript(
            f"DROP INDEX grades_in_parts; CREATE INDEX {index};"
            "INSERT INTO grades VALUES (1, '7', 'Maths', 5, '')"
        )
    connection.close()
    book = GradeBook(path)
    assert book.read("7").grades == [Grade("Maths", 5, "")]
    book.close()
    with sqlite3.connect(path) as connection:
        found = connection.execute("SELECT name FROM sqlite_master WHERE type = 'index'").fetchall()
    connection.close()
    assert found == [("grades_in_parts",)]
