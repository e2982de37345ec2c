"""The students' grades in SQLite: durable, and never in the way of the event loop.

One thread writes. It takes all rows that have come since its last commit and commits them
together (group commit), so a flush of the disk serves as many POSTs as were waiting for it. WAL
lets reader and writer work at the same time (sqlite.org/wal.html); synchronous=FULL means that
a committed row survives a power cut.

The rows are indexed in parts of 4,096, by student within a part. In one index by student alone
every student has a place, and a commit of 64 rows would write up to 64 pages. A part has a few
pages, and only they are written. So writing costs the same at any size, and reading a little more
for each part. Reading is bounded: from the newest part down until a page is full (keyset
pagination: an OFFSET would read all rows before it).
"""

import contextlib
import functools
import queue
import sqlite3
import threading
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, NamedTuple

from labservers.servers import gradebook_file

PAGE_ROWS = 200
NEWEST = (1 << 63) - 1  # SQLite's largest row id
BATCH = 1_000
TOGETHER = 240  # rows in one commit; SQLite before 3.32 takes 999 values in one statement
CLOSE_S = 2.0
READ_S = 0.2  # for a lock of another program, which WAL makes rare
WRITE_S = 5.0  # the same; the loop goes on meanwhile
SCHEMA = """
CREATE TABLE IF NOT EXISTS grades (
    id INTEGER PRIMARY KEY,
    student TEXT NOT NULL,
    subject TEXT NOT NULL,
    grade INTEGER NOT NULL CHECK (grade BETWEEN 1 AND 5),
    saved_at TEXT NOT NULL
);
DROP INDEX IF EXISTS grades_by_student;
DROP INDEX IF EXISTS grades_by_part;
CREATE INDEX IF NOT EXISTS grades_in_parts ON grades (id >> 12, student);
"""
# The parts with rows of a student before a row, the newest first. Another tool may have left gaps
# of any length between its rows: at each 64th part, a step leads to the next one that has any.
PARTS = """
WITH RECURSIVE part (number) AS (
    SELECT min(max(id), :before) >> 12 FROM grades
    UNION ALL
    SELECT CASE WHEN number & 63 THEN number - 1 ELSE
        (SELECT max(id) FROM grades WHERE id < number << 12) >> 12
    END FROM part WHERE number > 0
)
SELECT number FROM part
WHERE EXISTS (SELECT 1 FROM grades WHERE id >> 12 = number AND student = :student)
"""
# Another tool may have left BLOBs in the place of text.
ROWS = """
SELECT id, CAST(subject AS TEXT), grade, CAST(saved_at AS TEXT) FROM grades
WHERE id >> 12 = ? AND student = ? AND id < ?
ORDER BY id DESC LIMIT ?
"""


class Grade(NamedTuple):
    """One saved row; saved_at is UTC in ISO 8601."""

    subject: str
    grade: int
    saved_at: str


class Page(NamedTuple):
    """Some grades of a student, the newest last. `older`: those before this row are the next
    page; None when that is all."""

    grades: list[Grade]
    older: int | None


class Row:
    """A grade on its way into the file. saved_at: when it is saved. `error`: why it was not
    saved. `asker`: the owner's note."""

    __slots__ = ("asker", "error", "grade", "saved", "saved_at", "student", "subject")

    def __init__(self, student: str, subject: str, grade: int, asker: Any = None) -> None:
        self.student = student
        self.subject = subject
        self.grade = grade
        self.asker = asker
        self.saved_at = ""
        self.saved = False
        self.error: Exception | None = None


# Called in the writer's thread with the rows, each of them saved or with its error.
Done = Callable[[list[Row]], None]


class GradeBook:
    """Grades by student. read() and commit() are for one thread, the loop's.

    A student's id is digits of any length, so it is kept as text, without leading zeros.
    kept_aside: the path that a damaged file was given, which a new one has replaced; else "".

    Raises:
        sqlite3.Error, OSError: the file cannot be opened or made.
    """

    def __init__(self, path: str) -> None:
        self.kept_aside = gradebook_file.prepare(path, SCHEMA)
        self._asked: queue.SimpleQueue[tuple[list[Row], Done] | None] = queue.SimpleQueue()
        # Both are opened here, where an error is heard. The reader is for the loop's thread alone,
        # which is not to wait for a lock, and the other one for the writer.
        self._reader = _connected(path, READ_S)
        self._writing = _connected(path, WRITE_S, TOGETHER + 2)
        self._writing.execute("PRAGMA synchronous=FULL")
        self._writer = threading.Thread(target=self._write_forever, name="gradebook", daemon=True)
        self._writer.start()

    def read(self, student: str, before: int = NEWEST, limit: int = PAGE_ROWS) -> Page:
        """The newest grades of a student, of those in rows before `before`; an unknown student
        has none. The work is bounded by `limit` and a seek for each part of the index."""
        found: list[tuple[int, str, int, str]] = []
        for (part,) in self._reader.execute(PARTS, {"student": student, "before": before}):
            missing = limit + 1 - len(found)
            found += self._rows(part, student, before, missing)
            if len(found) > limit:
                break
        shown = found[:limit]
        older = shown[-1][0] if len(found) > limit else None
        return Page([Grade(*row[1:]) for row in reversed(shown)], older)

    def _rows(self, *asked: Any) -> list[tuple[int, str, int, str]]:
        try:
            return self._reader.execute(ROWS, asked).fetchall()
        except sqlite3.OperationalError as error:
            if hasattr(error, "sqlite_errorcode"):
                raise
        # Not an error of SQLite's: another tool has left text that is not UTF-8.
        self._reader.text_factory = _text
        return self._reader.execute(ROWS, asked).fetchall()

    def commit(self, rows: list[Row], done: Done) -> None:
        """Have these rows saved; done() is called after their commit or its failure.

        Many at once are cheaper than one by one: woken for each row by itself, the writer would
        take the interpreter's lock from the loop at every one of the loop's system calls.
        """
        self._asked.put((rows, done))

    def close(self) -> None:
        """Commit the rows handed over and end the writer."""
        self._asked.put(None)
        self._writer.join(CLOSE_S)
        self._reader.close()

    def _write_forever(self) -> None:
        with contextlib.closing(self._writing) as connection:
            more = True
            while more:
                batch, more = self._next_batch()
                waiting = [row for rows, _ in batch for row in rows]
                for first in range(0, len(waiting), TOGETHER):
                    self._commit(connection, waiting[first : first + TOGETHER])
                for rows, done in batch:
                    done(rows)

    def _next_batch(self) -> tuple[list[tuple[list[Row], Done]], bool]:
        """The next rows to commit together, waited for; False when they are the last."""
        batch: list[tuple[list[Row], Done]] = []
        size = 0
        while size < BATCH:
            try:
                asked = self._asked.get(block=not batch)
            except queue.Empty:
                break
            if asked is None:
                return batch, False
            batch.append(asked)
            size += len(asked[0])
        return batch, True

    @staticmethod
    def _commit(connection: sqlite3.Connection, rows: list[Row]) -> None:
        # One statement is one transaction, and one wait for the interpreter's lock: sqlite3 gives
        # it away for each step of a statement, and the loop's thread takes it meanwhile.
        now = datetime.now(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        values: list[Any] = []
        for row in rows:
            values += (now, row.student, row.subject, row.grade)
        try:
            connection.execute(_insertion(len(rows)), values)
        except sqlite3.Error as failure:
            for row in rows:
                row.error = failure
        else:
            for row in rows:
                row.saved_at, row.saved = now, True


def _connected(path: str, timeout_s: float, statements: int = 16) -> sqlite3.Connection:
    return sqlite3.connect(
        path,
        timeout=timeout_s,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=statements,
    )


def _text(data: bytes) -> str:
    return data.decode("utf-8", "replace")


@functools.cache
def _insertion(rows: int) -> str:
    places = ", ".join(["(?, ?, ?, ?)"] * rows)
    return f"INSERT INTO grades (saved_at, student, subject, grade) VALUES {places}"
