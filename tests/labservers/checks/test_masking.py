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


def test_many_places_that_vary_do_not_make_a_match_slow() -> None:
    """With places that may be tried again this would take years."""
    answers = [b"".join(b"a%d;" % (number * n) for number in range(300)) for n in (1, 3)]
    assert pattern(answers).count(b".*?") > 50
    assert matches(answers[0], answers)
    assert not matches(answers[0] + b"a", answers)
    assert not matches(b"a;" * 2_000, answers)


def test_answers_that_differ_everywhere_are_compared_by_lines_or_not_at_all() -> None:
    one, other = (b"-".join(b"%d" % (n * step) for n in range(2_000)) for step in (7, 11))
    assert not matches(b"0-anything", [one + b"\n", other + b"\n"])  # the end stays
    assert matches(b"0-anything\n", [one + b"\n", other + b"\n"])
    lines = [b"%s\nHello\n%s\n" % (text, text[::-1]) for text in (one, other)]
    assert not matches(lines[0].replace(b"Hello", b"Bye"), lines)


def test_an_answer_may_follow_another_in_one_expression() -> None:
    first, then = [b"a 1 b 2", b"a 3 b 4"], [b"b 5 c", b"b 6 c"]
    both = b"(?:%b)(?:%b)" % (pattern(first), pattern(then))
    assert re.fullmatch(both, b"a 7 b 8b 9 c", re.DOTALL)
