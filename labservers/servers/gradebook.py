"""The students' grades in SQLite: durable, and never in the way of the event loop.

One thread writes. It takes all rows that have come since its last commit and commits them
together, so a flush of the disk serves as many POSTs as were waiting for it. Reads are answered
from a bounded cache of what was last read; a commit drops the student from it. WAL lets reader
and writer work at the same time (sqlite.org/wal.html); synchronous=FULL means that what was
committed survives a power cut.
"""

import json
import queue
import sqlite3
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from labservers.cache import Cache

CACHED_ROWS = 200_000
BATCH = 1_000
CLOSE_S = 2.0
SCHEMA = """
CREATE TABLE IF NOT EXISTS grades (
    id INTEGER PRIMARY KEY,
    student TEXT NOT NULL,
    subject TEXT NOT NULL,
    grade INTEGER NOT NULL CHECK (grade BETWEEN 1 AND 5),
    saved_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS grades_by_student ON grades (student, id);
"""
INSERT = """
INSERT INTO grades (student, subject, grade, saved_at)
SELECT json_extract(value, '$[0]'), json_extract(value, '$[1]'),
       json_extract(value, '$[2]'), json_extract(value, '$[3]')
FROM json_each(?) ORDER BY key
"""


@dataclass(frozen=True, slots=True)
class Grade:
    """One saved row; saved_at is UTC in ISO 8601."""

    subject: str
    grade: int
    saved_at: str


# Called in the writer's thread with the saved row, or with what prevented it.
Done = Callable[[Grade | None, Exception | None], None]


@dataclass(frozen=True, slots=True)
class _Row:
    student: str
    grade: Grade
    done: Done


class GradeBook:
    """Grades by student. read() and save() are for one thread, the loop's.

    A student's id is digits of any length, so it is kept as text, without leading zeros.

    Raises:
        sqlite3.Error, OSError: the file cannot be opened or made.
    """

    def __init__(self, path: Path) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._path = path
        self._cache: Cache[str, list[Grade]] = Cache(CACHED_ROWS)
        self._gathered: list[_Row] = []
        self._rows: queue.SimpleQueue[list[_Row] | None] = queue.SimpleQueue()
        with sqlite3.connect(path) as setup:
            setup.execute("PRAGMA journal_mode=WAL")
            setup.executescript(SCHEMA)
        setup.close()
        # Opened here and used by the loop's thread alone.
        self._reader = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        self._writer = threading.Thread(target=self._write_forever, name="gradebook", daemon=True)
        self._writer.start()

    def read(self, student: str) -> list[Grade]:
        """All grades of a student, the newest last; an unknown student has none."""
        found = self._cache.get(student)
        if found is None:
            rows = self._reader.execute(
                "SELECT subject, grade, saved_at FROM grades WHERE student = ? ORDER BY id",
                (student,),
            )
            found = [Grade(*row) for row in rows]
            self._cache.put(student, found, 1 + len(found))
        return found

    def forget(self, student: str) -> None:
        """Read this student anew next time: a row was committed."""
        self._cache.drop(student)

    def save(self, student: str, subject: str, grade: int, done: Done) -> None:
        """Save a row; done() is called after its commit, or after what prevented it."""
        self.gather(student, subject, grade, done)
        self.hand_over()

    def gather(self, student: str, subject: str, grade: int, done: Done) -> None:
        """As save(), from the next hand_over() on."""
        now = datetime.now(UTC).isoformat(timespec="milliseconds")
        row = _Row(student, Grade(subject, grade, now.replace("+00:00", "Z")), done)
        self._gathered.append(row)

    def hand_over(self) -> None:
        """Give the writer what was gathered, at once: woken for each row by itself, it would
        take the interpreter's lock from the loop at every one of the loop's system calls."""
        gathered, self._gathered = self._gathered, []
        self._rows.put(gathered)

    def close(self) -> None:
        """Commit what is queued and end the writer."""
        self.hand_over()
        self._rows.put(None)
        self._writer.join(CLOSE_S)
        self._reader.close()

    def _write_forever(self) -> None:
        connection = sqlite3.connect(self._path, isolation_level=None)
        connection.execute("PRAGMA synchronous=FULL")
        try:
            more = True
            while more:
                batch, more = self._next_batch()
                if batch:
                    self._commit(connection, batch)
        finally:
            connection.close()

    def _next_batch(self) -> tuple[list[_Row], bool]:
        """Rows to commit together, waited for; False with the last of them."""
        batch: list[_Row] = []
        while len(batch) < BATCH:
            try:
                rows = self._rows.get(block=not batch)
            except queue.Empty:
                break
            if rows is None:
                return batch, False
            batch += rows
        return batch, True

    @staticmethod
    def _commit(connection: sqlite3.Connection, rows: list[_Row]) -> None:
        error: Exception | None = None
        # One statement for all rows is one transaction, and the loop's thread can run the whole
        # time: sqlite3 takes the interpreter's lock only between two steps of a statement.
        values = [(r.student, r.grade.subject, r.grade.grade, r.grade.saved_at) for r in rows]
        try:
            connection.execute(INSERT, (json.dumps(values, ensure_ascii=False),))
        except sqlite3.Error as failure:
            error = failure
        for row in rows:
            row.done(None if error else row.grade, error)
