"""A student's grades in pages: the newest 200, and links to older ones."""

import re
import sqlite3
import threading
from pathlib import Path
from typing import Any

import pytest

from labservers.servers.gradebook import PAGE_ROWS, Row

JSON = {"Accept": "application/json"}
FORM = {"Content-Type": "application/x-www-form-urlencoded"}


@pytest.fixture
def filled(server: Any) -> list[str]:
    """The subjects of student 1, oldest first, between others' rows."""
    subjects = [f"subject {number}" for number in range(2 * PAGE_ROWS + 50)]
    rows = [Row(str(1 + number % 2), subject, 5) for subject in subjects for number in range(2)]
    saved = threading.Event()
    server.book.commit(rows, lambda _: saved.set())
    assert saved.wait(30)
    return subjects


def test_json_links_to_older_grades_to_the_last(client: Any, filled: list[str]) -> None:
    found: list[str] = []
    path, sizes = "/subjects/1", []
    while path:
        status, page, response = client("GET", path, headers=JSON)
        assert status == 200
        sizes.append(len(page["subjects"]))
        found = [row["subject"] for row in page["subjects"]] + found
        path = page.get("older", "")
        link = response.getheader("Link")
        assert link == (f'<{path}>; rel="next"' if path else None)
    assert found == filled
    assert sizes == [PAGE_ROWS, PAGE_ROWS, 50]


def test_a_browser_finds_older_grades_and_the_way_back(client: Any, filled: list[str]) -> None:
    _, page, response = client("GET", "/subjects/1")
    assert f"The newest {PAGE_ROWS} grades" in page
    assert f"<td>{filled[-1]}</td>" in page
    [older] = re.findall(r'<a rel="next" href="([^"]*)">', page)
    assert response.getheader("Link") == f'<{older}>; rel="next"'
    _, page, _ = client("GET", older)
    assert '<a href="/subjects/1">' in page
    assert page.count("<tr><td>") == PAGE_ROWS
    assert client("HEAD", older)[2].getheader("Link")


def test_a_new_grade_is_on_the_first_page_and_older_links_stay_true(
    client: Any, filled: list[str]
) -> None:
    older = client("GET", "/subjects/1", headers=JSON)[1]["older"]
    before = client("GET", older, headers=JSON)[1]
    client.post(1, subject="new", grade=5)
    assert client("GET", older, headers=JSON)[1] == before
    assert client("GET", "/subjects/1", headers=JSON)[1]["subjects"][-1]["subject"] == "new"


def test_rows_of_another_tool_are_shown_and_linked_to(server: Any, client: Any) -> None:
    """Numbered in its own way, with BLOBs and broken text in the place of text."""
    first = (1 << 63) - 2 - PAGE_ROWS
    odd = "CAST(x'd0d096' AS TEXT)"
    with sqlite3.connect(Path(server.options.data_dir) / "subjects.sqlite3") as connection:
        for number in range(first, first + PAGE_ROWS + 1):
            connection.execute(f"INSERT INTO grades VALUES ({number}, '4', x'ff0a', 5, x'00ff')")
        connection.execute(f"INSERT INTO grades VALUES (7, '4', {odd}, 5, {odd})")
    connection.close()
    assert client("GET", "/subjects/4")[0] == 200
    newest = client("GET", "/subjects/4", headers=JSON)[1]
    assert newest["subjects"][-1]["subject"] == "\ufffd\n"
    status, page, _ = client("GET", newest["older"], headers=JSON)
    assert (status, [row["subject"] for row in page["subjects"]]) == (200, ["\ufffdЖ", "\ufffd\n"])


def test_few_grades_have_no_link(client: Any) -> None:
    client.post(3, subject="only", grade=5)
    _, page, response = client("GET", "/subjects/3", headers=JSON)
    assert (set(page), response.getheader("Link")) == ({"student", "subjects"}, None)
    assert "<nav>" not in client("GET", "/subjects/3")[1]


@pytest.mark.parametrize(
    "before",
    ["0", "", "-1", "+1", "1.0", "01", "x", str(1 << 63), "9" * 19, "9" * 5_000, "%D9%A3", "%C2%B9", "%201",
     "1_0", "1&before=1", "1%00", "%FF"],
)  # fmt: skip
def test_what_is_not_a_row_is_refused_in_words(client: Any, before: str) -> None:
    status, page, _ = client("GET", f"/subjects/1?before={before}", headers=JSON)
    assert status == 400
    assert page["error"]
    assert client("GET", "/subjects/1")[0] == 200


@pytest.mark.parametrize("query", ["?before=2", "?x=1&before=2", "?b%65fore=2", "?before=%32"])
def test_a_row_may_be_escaped_and_others_beside_it(
    client: Any, filled: list[str], query: str
) -> None:
    page = client("GET", f"/subjects/1{query}", headers=JSON)[1]
    assert [row["subject"] for row in page["subjects"]] == filled[:1]


@pytest.mark.parametrize("query", ["?", "?x=1", "?Before=2", "?after=0", "?x=before", "?xbefore=2"])
def test_other_parameters_are_ignored(client: Any, filled: list[str], query: str) -> None:
    page = client("GET", f"/subjects/1{query}", headers=JSON)[1]
    assert page["subjects"][-1]["subject"] == filled[-1]


@pytest.mark.parametrize(
    "query", ["?" + "x=1&" * 50, "?x=%FF", "?before" + "x" * 99, "?%FFbefore=1"]
)
def test_a_query_that_is_not_a_form_is_ignored_where_it_names_no_row(
    client: Any, query: str
) -> None:
    assert client("GET", f"/subjects/1{query}")[0] == 200
