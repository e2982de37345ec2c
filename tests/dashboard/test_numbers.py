"""Numbers from outside: their form, their range, the refusal of all else."""

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard.numbers import decimal, from_text, shown, whole

HUGE = [10**5_000]  # in a list: pytest would write it as text for the name of a test
ANYTHING = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(),
    st.binary(),
    st.lists(st.integers()),
    st.dictionaries(st.text(), st.integers()),
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("0", 0),
        ("007", 7),
        ("-5", -5),
        ("2.5", 2.5),
        ("-0.1", -0.1),
        ("123456789012345678", 123456789012345678),
    ],
)
def test_a_number_in_ascii(text: str, value: float) -> None:
    assert from_text(text) == value


@pytest.mark.parametrize(
    "text",
    [
        "",
        " 5 ",
        "5\n",
        "+5",
        "1_000",
        "１２",
        "٣",
        "²",
        "½",
        "5.",
        ".5",
        "1e3",
        "1e999",
        "0x10",
        "nan",
        "NaN",
        "inf",
        "-inf",
        "Infinity",
        "9" * 5_000,
        "5\x00",
        "5\ud800",
    ],
)
def test_what_is_not_one_is_refused_as_it_stands(text: str) -> None:
    assert from_text(text) == text
    for check in (whole, decimal):
        with pytest.raises(ValueError, match="is not a") as caught:
            check(from_text(text), 0, 10)
        assert len(str(caught.value)) < 100


@pytest.mark.parametrize("value", [True, False, 5.0, "5", None, [], {}, -1, 11, math.nan])
def test_not_a_whole_number_in_its_range(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a whole number from 0 to 10"):
        whole(value, 0, 10)


@pytest.mark.parametrize("check", [whole, decimal])
def test_both_ends_of_a_range_are_in_it(check: Any) -> None:
    assert [check(value, 2, 9) for value in (2, 5, 9)] == [2, 5, 9]


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (2**64 - 1, "18446744073709551615"),
        (2**64, "0x10000000000000000"),
        ("x" * 38, repr("x" * 38)),
        ("x" * 39, "'" + "x" * 36 + "..."),
    ],
)
def test_what_is_shown_at_its_edges(value: Any, text: str) -> None:
    assert shown(value) == text


@pytest.mark.parametrize(
    "value", [True, "5", None, [], -0.1, 10.1, math.nan, math.inf, -math.inf, 10**400]
)
def test_not_a_number_in_its_range(value: Any) -> None:
    with pytest.raises(ValueError, match="is not a number from 0 to 10"):
        decimal(value, 0, 10)


@given(ANYTHING)
def test_nothing_else_is_raised_or_returned(value: Any) -> None:
    for check, kind in ((whole, int), (decimal, float)):
        try:
            found = check(value, 0, 1_000)
        except ValueError:
            continue
        assert type(found) is kind
        assert 0 <= found <= 1_000


@given(st.text())
def test_a_text_is_a_number_in_ascii_or_itself(text: str) -> None:
    value = from_text(text)
    assert value == text or (text.isascii() and text.strip() == text)


@pytest.mark.parametrize("value", ["x" * 10_000, [1] * 10_000, "\ud800" * 100])
def test_what_is_shown_is_short_and_can_be_sent(value: Any) -> None:
    assert len(shown(value)) == 40
    assert shown(value).encode()


def test_a_number_of_5_000_digits_is_refused_in_our_words() -> None:
    huge = 10**5_000  # as a parameter, pytest would want it as text
    for check in (whole, decimal):
        with pytest.raises(ValueError, match=r"0x.*is not a.*number from 0 to 10"):
            check(huge, 0, 10)
    assert len(shown(huge)) == 40
