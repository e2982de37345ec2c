"""Which of the received bytes an exception is to be blamed on."""

import functools
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.observe.crash import blamed, message
from labservers.observe.lines import OwnLines
from labservers.observe.tap import Tap

GOOD = st.text(max_size=20).map(str.encode)


def error_of(data: bytes) -> UnicodeDecodeError:
    try:
        data.decode()
    except UnicodeDecodeError as error:
        return error
    raise AssertionError("it could be decoded")


@given(before=GOOD, after=GOOD)
def test_the_byte_is_found_in_what_was_received(before: bytes, after: bytes) -> None:
    received = before + b"\xff" + after
    assert blamed(error_of(received), received) == len(before)


@given(earlier=GOOD, before=GOOD, after=GOOD)
def test_bytes_from_before_may_have_been_decoded_as_well(
    earlier: bytes, before: bytes, after: bytes
) -> None:
    received = before + b"\xff" + after
    assert blamed(error_of(earlier + received), received) == len(before)


@given(head=GOOD, before=GOOD, after=GOOD)
def test_a_part_of_them_may_have_been_decoded(head: bytes, before: bytes, after: bytes) -> None:
    received = head + b"\n" + before + b"\xff" + after
    offset = blamed(error_of(before + b"\xff" + after), received)
    assert offset is not None
    assert received[offset] == 0xFF


@given(received=GOOD)
def test_nothing_is_blamed_on_bytes_that_it_did_not_come_from(received: bytes) -> None:
    assert blamed(error_of(b"elsewhere \xfe"), received) is None
    assert blamed(ValueError("not of bytes"), received) is None


def test_the_error_that_it_came_from_is_looked_at() -> None:
    try:
        raise ValueError("not a message") from error_of(b"a\xff")
    except ValueError as error:
        assert blamed(error, b"a\xff") == 1


def ring(*errors: BaseException, by: str) -> BaseException:
    """Each of them comes from the next one, and the last one from the first."""
    for error, following in zip(errors, [*errors[1:], errors[0]], strict=True):
        setattr(error, by, following)
    return errors[0]


@pytest.mark.parametrize("by", ["__cause__", "__context__"])
def test_errors_that_come_from_each_other_are_looked_at_once(by: str) -> None:
    """As of `raise e from e`."""
    alone, other, decoding = ValueError("one"), KeyError("other"), error_of(b"a\xff")
    assert blamed(ring(alone, by=by), b"a\xff") is None
    assert blamed(ring(alone, other, by=by), b"a\xff") is None
    assert blamed(ring(alone, other, decoding, by=by), b"a\xff") == 1


def test_what_raised_it_is_looked_at_behind_a_cause_that_explains_nothing() -> None:
    error = ValueError("not a message")
    error.__cause__, error.__context__ = KeyError("name"), error_of(b"a\xff")
    assert blamed(error, b"a\xff") == 1


def test_of_a_long_chain_the_first_one_is_found() -> None:
    def follow(before: BaseException, number: int) -> BaseException:
        error = ValueError(number)
        error.__context__ = before
        return error

    last = functools.reduce(follow, range(5_000), error_of(b"a\xff"))
    assert blamed(last, b"a\xff") == 1


class Thing:
    """An object of the program, all of whose methods are its code."""

    def never(self, *_: object) -> Any:
        raise AssertionError("called")

    __repr__ = __str__ = __format__ = __bool__ = never


class OwnError(Exception):
    __str__ = Thing.never


def unread(*place: Any) -> Exception:
    """A program may raise it with what it likes: file, line, column, text."""
    return SyntaxError("here", place)


def carrying_itself() -> Exception:
    error = ValueError()
    error.args = (error,)
    return error


MESSAGES: list[tuple[Any, str]] = [
    (ValueError("a text"), "a text"),
    (KeyError("name"), "'name'"),
    (OSError(2, "not there", "file.txt"), "[Errno 2] not there: 'file.txt'"),
    (ValueError("one", 2), "('one', 2)"),
    (RuntimeError(OSError(5, "broken")), "[Errno 5] broken"),
    (KeyError(10**5_000), "<int of 16,610 bits>"),
    (ValueError("long", -(10**5_000)), "'long', <int of 16,610 bits>"),
    (ValueError(KeyError(10**5_000)), "<KeyError>"),
    (OverflowError({10**5_000}), "{<int of 16,610 bits>}"),
    (carrying_itself(), "<ValueError>"),
    (ValueError(Thing()), "<Thing>"),
    (RuntimeError(OwnError(1)), "<OwnError>"),
    (OwnError(Thing(), 1), "<Thing>, 1"),
    (LookupError([Thing()]), "[<Thing>]"),
    (SyntaxError(Thing()), ""),
    (unread(Thing(), Thing(), 1, Thing()), "here"),
    (unread(Thing(), 1, 1, Thing()), "here"),
]


@pytest.mark.parametrize("number", range(len(MESSAGES)))
def test_a_message_is_made_without_the_programs_code(number: int) -> None:
    error, text = MESSAGES[number]
    told = message(error, "MainThread", Tap(OwnLines(__file__)), main=True)
    assert (told.exception, told.message) == (type(error).__name__, text)
