"""The file of the grades: opened as it is, or kept aside and begun anew where it is damaged."""

import contextlib
import os
import sqlite3
import time

LOOK_S = 1.0  # for damage; a large file is looked at as far as that goes
STEPS = 10_000  # of SQLite's machine, between two looks at the time
DAMAGED = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
# Primary result codes (sqlite.org/rescode.html) in words.
CAUSES = {
    sqlite3.SQLITE_BUSY: "another program has locked the grade book",
    sqlite3.SQLITE_LOCKED: "another program has locked the grade book",
    sqlite3.SQLITE_FULL: "the disk is full",
    sqlite3.SQLITE_IOERR: "the disk does not take it",
    sqlite3.SQLITE_READONLY: "the grade book cannot be written",
    sqlite3.SQLITE_CANTOPEN: "the grade book cannot be opened",
    **dict.fromkeys(DAMAGED, "the grade book is damaged: start the server anew to begin another"),
}


def prepare(path: str, schema: str) -> str:
    """Make the file and its tables where they are missing.

    Returns the path that a damaged file was given, which a new one has replaced; else "".

    Raises:
        sqlite3.Error, OSError: the file cannot be opened or made.
    """
    os.makedirs(os.path.dirname(path), exist_ok=True)
    if _is_sound(path, schema):
        return ""
    aside = _keep_aside(path)
    _set_up(path, schema)
    return aside


def cause(error: Exception | None) -> str:
    """The reason of an error in words for those who ask for grades; "" where it is another."""
    return CAUSES.get(_code(error), "")


def _code(error: Exception | None) -> int:
    """The primary result code; the rest of its bits say more."""
    return getattr(error, "sqlite_errorcode", 0) & 0xFF


def _is_sound(path: str, schema: str) -> bool:
    try:
        return _set_up(path, schema)
    except sqlite3.DatabaseError as error:
        if _code(error) in DAMAGED:
            return False
        raise


def _set_up(path: str, schema: str) -> bool:
    """False: the pages of the file do not fit together."""
    with contextlib.closing(sqlite3.connect(path)) as connection:
        connection.execute("PRAGMA journal_mode=WAL")
        connection.executescript(schema)
        return _fits_together(connection)


def _fits_together(connection: sqlite3.Connection) -> bool:
    deadline = time.monotonic() + LOOK_S
    connection.set_progress_handler(lambda: time.monotonic() > deadline, STEPS)
    try:
        found = connection.execute("PRAGMA quick_check(1)").fetchall()
    except sqlite3.OperationalError as error:
        if _code(error) == sqlite3.SQLITE_INTERRUPT:
            return True  # as far as the time went
        raise
    return found == [("ok",)]


def _keep_aside(path: str) -> str:
    """Rename a file and its log (sqlite.org/wal.html), which belongs to it."""
    name = f"{path}.broken-{time.strftime('%Y-%m-%dT%H-%M-%S')}"
    aside, number = name, 1
    while os.path.lexists(aside):
        number += 1
        aside = f"{name}-{number}"
    for end in ("-wal", "-shm"):
        with contextlib.suppress(FileNotFoundError):
            os.replace(path + end, aside + end)
    os.replace(path, aside)
    return aside
