"""What varies in answers is masked, and nothing else is."""

import re

from hypothesis import given
from hypothesis import strategies as st

from labservers.checks.masking import LONG, pattern


def matches(answer: bytes, answers: list[bytes]) -> bool:
    return re.fullmatch(pattern(answers), answer, re.DOTALL) is not None


@given(st.lists(st.binary(max_size=200), min_size=1, max_size=4))
def test_every_answer_matches_the_pattern_of_all(answers: list[bytes]) -> None:
    assert all(matches(answer, answers) for answer in answers)


@given(st.binary(max_size=60), st.binary(max_size=60), st.binary(min_size=1, max_size=60))
def test_what_an_answer_is_made_of_stays(begin: bytes, end: bytes, other: bytes) -> None:
    answers = [b"from " + begin + b" to " + end, b"from " + end + b" to " + begin]
    assert matches(answers[0], answers)
    assert not matches(b"error" + other, answers)


def test_an_answer_that_is_always_the_same_is_expected_to_the_byte() -> None:
    assert matches(b"5.0", [b"5.0", b"5.0"])
    assert not matches(b"5x0", [b"5.0", b"5.0"])
    assert not matches(b"5.0\n", [b"5.0", b"5.0"])


def test_ports_and_numbers_that_differ_may_be_anything() -> None:
    answers = [b"Hello, 127.0.0.1:5301!", b"Hello, 127.0.0.1:5309!"]
    assert matches(b"Hello, 127.0.0.1:61234!", answers)
    assert not matches(b"Bye, 127.0.0.1:61234!", answers)


def test_times_are_masked_though_two_answers_of_one_second_have_them_in_common() -> None:
    answer = b"HTTP/1.1 200 OK\r\nDate: Thu, 26 Nov 2026 09:00:00 GMT\r\n\r\n2026-11-26 09:00:00"
    later = b"HTTP/1.1 200 OK\r\nDate: Fri, 27 Nov 2026 10:11:12 GMT\r\n\r\n2026-11-27 10:11:12"
    assert matches(later, [answer, answer])


def test_of_a_long_answer_the_end_counts_by_its_length() -> None:
    long = b"a" * LONG + b"b" * 1000
    assert matches(long, [long, long])
    assert not matches(long[:-1], [long, long])
    assert matches(long + b"b", [long, long[:-1]])
