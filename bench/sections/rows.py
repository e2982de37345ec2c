"""A student with 100,000 grades: how long another client waits while somebody reads them all."""

import sqlite3
import sys
from pathlib import Path

from bench.arena import CannotStart, Run, started
from bench.bars import Bar
from bench.children import Child
from bench.contenders import Contender, Place, ours
from bench.generator import LoadFailed, generate
from bench.load.pages import PAGING, STUDENT
from bench.results import OURS, Table
from labservers.servers.gradebook import GradeBook

ROWS = 100_000
OPENED_S = 20.0
ROUNDS = 5

BARS = (Bar(f"worst wait beside a student of {ROWS:,} grades", "rows", 20.0, "<=", unit=" ms"),)


def measure(run: Run) -> list[Table]:
    title = f"one client while another reads all pages of {ROWS:,} grades: the longest wait"
    table = Table("rows", title, "ms", "less")
    try:
        with started(run, _with_rows()) as server:
            words = [sys.executable, "-m", "bench.load.pages", str(server.port)]
            with Child(words, core=run.cores.load) as paging:
                if paging.line_with(PAGING, OPENED_S) is None:
                    raise LoadFailed(paging.last_words())
                for _ in range(run.fewer(ROUNDS)):
                    run.say("  rows")
                    figures = generate(run, "latency", server, run.pick(2, 5)).figures
                    more = {"p50 ms": figures["p50_ms"], "p99 ms": figures["p99_ms"]}
                    table.row(OURS).add(figures["max_ms"], **more)
    except (LoadFailed, CannotStart) as error:
        table.left_out[OURS] = str(error)
    return [table]


def _with_rows() -> Contender:
    """Ours, on a grade book that has the rows already."""
    plain = ours("subjects")

    def words(place: Place) -> list[str]:
        fill(place.folder / "subjects.sqlite3")
        return plain.words(place)

    return Contender(plain.name, words)


def fill(path: Path) -> None:
    """A grade book with ROWS grades of one student."""
    GradeBook(str(path)).close()
    with sqlite3.connect(path) as connection:
        rows = ((STUDENT, f"Subject {number}", 1 + number % 5) for number in range(ROWS))
        connection.executemany(
            "INSERT INTO grades (student, subject, grade, saved_at) VALUES (?, ?, ?, '')", rows
        )
    connection.close()
