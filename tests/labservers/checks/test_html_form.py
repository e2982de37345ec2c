"""The form of a page is found and filled in as a browser does."""

from urllib.parse import parse_qs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.checks.html_form import form_of


def test_fields_are_filled_with_what_fits() -> None:
    form = form_of("""
        <form action="/add" method="POST">
          <input type="hidden" name="token" value="abc">
          <input name="subject"><input name="grade">
          <select name="term"><option value="1">I</option><option value="2">II</option></select>
          <textarea name="note"></textarea> <input type="submit" value="Go">
        </form>""")
    assert form is not None
    assert form.action == "/add"
    sent = parse_qs(form.filled("Физика a+b").decode(), strict_parsing=True)
    assert sent == {
        "token": ["abc"], "subject": ["Физика a+b"], "grade": ["5"], "term": ["1"], "note": ["x"]
    }  # fmt: skip


@pytest.mark.parametrize(
    "page",
    [
        "no form",
        "<form><input name='q'></form>",
        "<form method='post'><input type='number' name='grade'></form>",
    ],
)
def test_only_a_form_that_is_posted_and_takes_words_counts(page: str) -> None:
    assert form_of(page) is None


def test_the_first_that_fits_is_taken_and_an_open_end_does_no_harm() -> None:
    form = form_of("<form><input name=q></form><FORM METHOD=post><INPUT NAME=name>")
    assert form is not None
    assert form.filled("a b") == b"name=a+b"


@given(st.text(alphabet="<form>/ method='post'input namex\n", max_size=200))
def test_any_page_is_read(page: str) -> None:
    form_of(page)
