"""Foreign bytes on a terminal."""

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.observe.text import Excerpt, one_line, printable

STEERING = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}


@given(st.text(st.characters(codec=None), max_size=30))
def test_nothing_that_steers_a_terminal_is_left(foreign: str) -> None:
    shown = printable(foreign)
    assert len(shown) == len(foreign)
    assert not {unicodedata.category(c) for c in shown} & STEERING
    assert all(c in ("·", was) for c, was in zip(shown, foreign, strict=True))


def test_what_is_kept_stays() -> None:
    assert printable("a\tb\n\x1b", kept="\t\n") == "a\tb\n·"
    assert printable("буква 😀") == "буква 😀"


@pytest.mark.parametrize(
    ("data", "shown"),
    [
        (b"GET / HTTP/1.1\r\nHost: a", "GET / HTTP/1.1"),
        (b"\n\n  second \nthird", "second"),
        (b"\xff\xfe\x1b[2J", "\ufffd\ufffd·[2J"),
        ("я".encode() * 100, "я" * 79 + "…"),
        ("😀".encode() * 100, "😀" * 79 + "…"),
        (b"x" * 80, "x" * 80),
        (b" " * 323 + b"xy", "x"),  # of blanks in front no more than of letters is looked through
        (b"", ""),
    ],
)
def test_an_excerpt_is_the_first_line_cut_to_its_length(data: bytes, shown: str) -> None:
    assert one_line(data) == str(Excerpt(data)) == shown


@given(st.binary(max_size=400))
def test_an_excerpt_is_one_short_line_of_anything(data: bytes) -> None:
    shown = one_line(data)
    assert len(shown) <= 80
    assert shown.isprintable()
