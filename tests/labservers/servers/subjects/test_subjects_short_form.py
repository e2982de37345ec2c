"""The shorter way to a row of a form, and the long one: the same rows, the same refusals."""

from collections.abc import Callable

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labservers.protocols.http11 import HTTPError
from labservers.servers.gradebook import Row
from labservers.servers.subjects_fast import PLAIN_FORM, row_of_short_form
from labservers.servers.subjects_fields import SUBJECT_CHARACTERS, row_of_form

LETTERS = st.sampled_from([*"ab+&=%;5 \t\r\n\0~!", "%41", "&grade=", "subject=", "\xa0", "я"])
TEXTS = st.lists(LETTERS, max_size=6).map("".join)


@st.composite
def bodies(draw: st.DrawFn) -> bytes:
    grade = draw(st.sampled_from("12345") | TEXTS)
    return f"subject={draw(TEXTS)}&grade={grade}{draw(st.just('') | TEXTS)}".encode()


def outcome(row_of: Callable[[str, bytes], Row], body: bytes) -> object:
    try:
        row = row_of("7", body)
    except HTTPError as error:
        return error.status, error.detail
    return row.student, row.subject, row.grade


@given(bodies())
@example(b"subject=" + b"x" * SUBJECT_CHARACTERS + b"&grade=5")
@example(b"subject=" + b"x" * (SUBJECT_CHARACTERS + 1) + b"&grade=5")
@example(b"subject=a+b+&grade=5")
@example(b"subject=a%41b&grade=5")
@example(b"subject=a&b=c&grade=5")
@example(b"subject=a=b&grade=1\n")
def test_both_find_the_same(body: bytes) -> None:
    assert outcome(row_of_short_form, body) == outcome(row_of_form, body)


@pytest.mark.parametrize("subject", [b"a", b"Maths", b"Maths+2", b"a=b", b"a++b", b"x" * 200])
def test_a_plain_form_goes_the_shorter_way(subject: bytes) -> None:
    assert PLAIN_FORM.fullmatch(b"subject=" + subject + b"&grade=3")
    assert row_of_short_form("7", b"subject=" + subject + b"&grade=3").grade == 3
