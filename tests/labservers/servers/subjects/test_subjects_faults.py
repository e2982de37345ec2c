"""The subjects server where its grade book fails: answers in words, and other answers as before."""

import contextlib
import resource
import sqlite3
from collections.abc import Callable
from pathlib import Path
from typing import Any

from labservers.observe import messages


def test_a_full_disk_is_a_503_with_its_cause(
    start_server: Callable[..., Any], client_of: Callable[..., Any], tmp_path: Path
) -> None:
    server = start_server("subjects", "--data-dir", str(tmp_path))
    client = client_of(server.address)
    assert client.post(1, subject="Maths", grade=5)[0] == 201
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (4096, resource.RLIM_INFINITY))
    status, body, response = client.post(1, subject="Physics", grade=4)
    assert (status, response.getheader("Retry-After")) == (503, "1")
    assert body["error"] == "the grade could not be saved: the disk does not take it; try again"
    assert "Maths" in client("GET", "/subjects/1")[1]
    resource.prlimit(server.pid, resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    assert client.post(1, subject="Physics", grade=4)[0] == 201
    assert "Physics" in client("GET", "/subjects/1")[1]


def test_a_book_that_is_damaged_while_it_is_used_is_said(
    start_server: Callable[..., Any], client_of: Callable[..., Any], tmp_path: Path
) -> None:
    path = tmp_path / "subjects.sqlite3"
    server = start_server("subjects", "--data-dir", str(tmp_path))
    client = client_of(server.address)
    with contextlib.closing(sqlite3.connect(path)) as other:
        other.execute("PRAGMA writable_schema=ON")
        other.execute("UPDATE sqlite_schema SET rootpage = 99999 WHERE name LIKE 'grades%'")
        other.commit()
        other.execute("PRAGMA schema_version=999")
    status, body, _ = client("GET", "/subjects/1", headers={"Accept": "application/json"})
    assert status == 503
    assert body["error"].startswith("the grades could not be read: the grade book is damaged")
    assert client("GET", "/")[0] == 200


def test_a_damaged_book_is_kept_aside_and_the_dashboard_hears_of_it(
    controlled: Callable[..., Any], tmp_path: Path
) -> None:
    (tmp_path / "subjects.sqlite3").write_text("not a database " * 500)
    server = controlled("subjects", "--data-dir", str(tmp_path))
    notice = server.heard.next(messages.Notice)
    assert notice.code == "grades_aside"
    assert str(tmp_path / "subjects.sqlite3.broken-") in notice.text
    assert notice.text.endswith("and a new one has begun")
