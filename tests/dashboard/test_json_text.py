"""JSON from outside: a value, or a ValueError in a few words; nothing else."""

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from dashboard import json_text

VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers()
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text(), inner),
)


@given(VALUES)
def test_what_json_is_comes_through(value: Any) -> None:
    assert json_text.parse(json.dumps(value)) == value
    assert json_text.parse(json.dumps(value).encode()) == value


def test_a_hundred_levels_are_taken() -> None:
    text = "[" * 100 + "]" * 100
    assert json_text.parse(text) == json.loads(text)


@given(st.binary() | st.text())
def test_everything_else_is_a_value_error(text: bytes | str) -> None:
    try:
        json_text.parse(text)
    except ValueError as error:
        assert len(str(error)) < 200


@pytest.mark.parametrize(
    ("text", "why"),
    [
        (b"[" * 50_000 + b"]" * 50_000, "nested too deeply"),
        (b'{"a":' * 50_000 + b"1" + b"}" * 50_000, "nested too deeply"),
        (b"[" * 101 + b"]" * 101, "nested too deeply"),
        (b'[{"a":' * 51 + b"1" + b"}]" * 51, "nested too deeply"),
        (b"\xff", "not UTF-8"),
        (b"\xed\xa0\x80", "not UTF-8"),
        ("{}".encode("utf-16"), "not UTF-8"),
        ("[1]".encode("utf-32"), "not UTF-8"),
        (b"NaN", "NaN is not a number"),
        (b"[-Infinity]", "-Infinity is not a number"),
        (b"1e999", "too large"),
        (b"-1e999", "too large"),
        (b"1" * 5_000, "^a number is too large$"),
        (b'{"a": [-%s]}' % (b"9" * 641), "^a number is too large$"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b'[{"b": {"a": 1, "a": 1}}]', "twice"),
        (b"", "Expecting value"),
        (b"{} {}", "Extra data"),
        (b'"\x00"', "control character"),
    ],
)
def test_why_it_is_refused(text: bytes, why: str) -> None:
    with pytest.raises(ValueError, match=why):
        json_text.parse(text)


def test_a_large_number_is_taken_as_it_is() -> None:
    assert json_text.parse("-" + "9" * 640) == 1 - 10**640


def test_a_byte_order_mark_is_passed_over() -> None:
    assert json_text.parse(b"\xef\xbb\xbf{}") == {}
