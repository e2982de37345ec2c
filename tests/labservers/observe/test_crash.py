"""Which of the received bytes an exception is to be blamed on."""

from hypothesis import given
from hypothesis import strategies as st

from labservers.observe.crash import blamed

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
