"""A request in any pieces: complete when it parses, refused as early as that is certain."""

import json
import math
import re
import sys

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.protocols.hypotenuse import LIMIT, Refused, Request, hypotenuse

SHALLOW = pytest.mark.skipif(
    sys.version_info >= (3, 14), reason="Python 3.14 reads on: what is wrong is said at the end"
)
LEGS = st.floats(0, 1e300, allow_nan=False)


def answer(data: bytes, *, end: bool = True) -> float:
    """The outcome of a request in one piece, and of the end of the stream after it."""
    request = Request()
    request.receive(data)
    if end and not request.complete:
        request.receive(b"")
    assert request.complete
    return hypotenuse(*request.legs())


@given(LEGS, LEGS, st.sampled_from(["", "\n", " \n", "\r\n"]), st.booleans())
def test_the_same_legs_whole_and_byte_by_byte(a: float, b: float, end: str, mark: bool) -> None:
    data = (b"\xef\xbb\xbf" if mark else b"") + (json.dumps({"a": a, "b": b}) + end).encode()
    whole = Request()
    whole.receive(data)
    assert whole.complete
    assert whole.legs() == (a, b)
    assert whole.line_end == ("\n" if end else "")
    dripped = Request()
    for at in range(data.rindex(b"}") + 1):
        assert not dripped.complete
        dripped.receive(data[at : at + 1])
    assert dripped.complete
    assert dripped.legs() == (a, b)


@given(st.lists(st.binary(max_size=30), max_size=8))
def test_no_bytes_in_any_pieces_break_it(pieces: list[bytes]) -> None:
    request = Request()
    try:
        for piece in (*pieces, b""):
            if not request.complete:
                request.receive(piece)
        request.legs()
    except Refused as error:
        assert "\n" not in str(error)
        assert str(error).isprintable()
    assert request.complete or pieces


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ('{"a": 3, "b": 4, "c": 5}', 'unexpected key "c"; '),
        ('{"a": 3, "a": 4}', 'repeated key "a"; '),
        ('{"a": 3}', 'missing key "b"; '),
        ('{"a": "3", "b": 4}', '"a" is a string; expected a finite number'),
        ('{"a": true, "b": 4}', '"a" is true or false; expected a finite number'),
        ('{"a": null, "b": 4}', '"a" is null; expected a finite number'),
        ('{"a": {}, "b": 4}', '"a" is an object; expected a finite number'),
        ('{"a": 3, "b": []}', '"b" is a list; expected a finite number'),
        ("3", "a number, not an object; "),
        ('{"b": 4}', 'missing key "a"; '),
        ('{"b": 4, "a": 3, "b": 4}', 'repeated key "b"; '),
        ('{"%s": 3}' % ("x" * 38), 'unexpected key "%s"; ' % ("x" * 38)),
        ('{"%s": 3}' % ("x" * 39), 'unexpected key "%s..."; ' % ("x" * 35)),
        ('{"a": -0.5, "b": 4}', '"a" is negative; expected zero or more'),
        ('{"a": NaN, "b": 4}', '"a" is NaN or infinite; expected a finite number'),
        ('{"a": -3, "b": 4}', '"a" is negative; expected zero or more'),
        ('{"a": 1e400, "b": 4}', '"a" is too large for a float; expected '),
        ('{"a": 1e308, "b": 1.7e308}', "the hypotenuse is too large for a float; expected "),
        ("[3, 4]", "a list, not an object; "),
        ("", "nothing was sent; "),
        ("X", "not JSON: "),
        ("\u00a0", "not JSON: "),  # white space of Unicode, not of JSON
        ('{"a":\u00a03, "b": 4}', "not JSON: "),
        ('{"a": ３, "b": 4}', "not JSON: "),
        ('{"\x1b[2J": 3}', "not JSON: invalid control character at line 1, character 3; "),
        ('{"\\u001b[2J": 3}', 'unexpected key "\\u001b[2J"; '),
        pytest.param("[" * 60_000, "nested too deeply; ", marks=SHALLOW),
        pytest.param('{"a":' * 5_000 + "}", "nested too deeply; ", marks=SHALLOW),
        (" " * (LIMIT + 1), "longer than 65,536 bytes; "),
    ],
)
def test_what_is_wrong_and_what_is_expected(text: str, said: str) -> None:
    with pytest.raises(Refused, match="^" + re.escape(said)):
        answer(text.encode())


def test_bytes_that_are_not_utf8() -> None:
    with pytest.raises(Refused, match="not UTF-8 at byte 3"):
        answer(b'{"\xff": 3}')


@pytest.mark.parametrize("first", [b"X", b"\xef\xbb\xbf3", b"\n\n[", b'{"a": 3\n"b"\n', b"\xa0{"])
def test_the_refusal_does_not_wait_for_more(first: bytes) -> None:
    with pytest.raises(Refused):
        answer(first, end=False)


@pytest.mark.parametrize("first", [b"", b"\xef", b"\xef\xbb\xbf", b"\r\n\t {", b'{"a": 3,\n\n'])
def test_what_may_still_become_a_request_is_waited_for(first: bytes) -> None:
    request = Request()
    for at in range(len(first)):
        request.receive(first[at : at + 1])
    assert not request.complete


def test_no_overflow_and_no_underflow_in_between() -> None:
    assert hypotenuse(3e200, 4e200) == math.hypot(3e200, 4e200)
    assert hypotenuse(3e-200, 4e-200) == math.hypot(3e-200, 4e-200)


def test_the_longest_request_is_the_limit_to_the_byte() -> None:
    legs = b'{"a": 3, "b": 4}'
    assert answer(b" " * (LIMIT - len(legs)) + legs) == 5
    with pytest.raises(Refused, match="longer than"):
        answer(b" " * (LIMIT - len(legs) + 1) + legs)
    request = Request()
    request.receive(b" " * LIMIT)
    assert not request.complete
    request.receive(b" ")
    assert request.complete


def test_as_many_lines_as_tokens_however_many_blank_ones_are_between() -> None:
    request = Request()
    for token in b'{ "a" : 3 , "b" : 4 }'.split():
        assert not request.complete
        request.receive(token + b"\n\n")
        request.receive(b"\r\n \n")
    assert request.legs() == (3, 4)


def test_more_lines_than_tokens_are_refused_before_they_are_parsed() -> None:
    request = Request()
    request.receive(b'{\n"a"\n:\n')
    request.receive(b"\n\n[\n\n")
    request.receive(b"[\n" * 5)
    with pytest.raises(Refused, match="too many lines"):
        request.receive(b"[\n")


@SHALLOW
def test_lines_that_nest_too_deeply_are_refused_at_once() -> None:
    with pytest.raises(Refused, match="nested too deeply"):
        answer(b"{\n" + b'"a":[' + b"[" * 60_000 + b"\n", end=False)
