"""Reads over a buffer: the same values however the bytes arrive."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.protocols.stream import ByteStream, EndOfStream, LimitExceeded, Reading


def drive(reading: Reading[bytes], stream: ByteStream, pieces: list[bytes]) -> bytes:
    """Feed the pieces as the reading asks for them, then the end."""
    waiting = list(pieces)
    while True:
        try:
            next(reading)
        except StopIteration as done:
            return bytes(done.value)
        if waiting:
            stream.feed(waiting.pop(0))
        else:
            stream.feed_end()


def one_by_one(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


@given(st.binary(max_size=40).filter(lambda b: b"\r\n" not in b + b"\r"), st.binary(max_size=10))
def test_a_line_is_the_same_whole_and_byte_by_byte(line: bytes, rest: bytes) -> None:
    data = line + b"\r\n" + rest
    for pieces in ([data], one_by_one(data)):
        stream = ByteStream()
        assert drive(stream.read_until(b"\r\n", 100), stream, pieces) == line


@pytest.mark.parametrize("data", [b"x" * 11, b"x" * 11 + b"\n"])
def test_a_line_longer_than_its_limit_is_refused_before_its_end(data: bytes) -> None:
    stream = ByteStream(data)
    with pytest.raises(LimitExceeded):
        next(stream.read_until(b"\n", 10))


@pytest.mark.parametrize("mark", [b"\n", b"\r\n"])
def test_a_line_of_exactly_the_limit_is_read(mark: bytes) -> None:
    line = b"x" * 10
    for pieces in ([line + mark], one_by_one(line + mark)):
        stream = ByteStream()
        assert drive(stream.read_until(mark, 10), stream, pieces) == line


def test_the_end_inside_a_line_says_what_there_was() -> None:
    stream = ByteStream()
    with pytest.raises(EndOfStream, match="the stream ended too early") as caught:
        drive(stream.read_until(b"\n", 10), stream, [b"half"])
    assert caught.value.partial == b"half"


@given(st.binary(min_size=1, max_size=40), st.data())
def test_exactly_so_many_bytes(data: bytes, draw: st.DataObject) -> None:
    count = draw.draw(st.integers(0, len(data)))
    stream = ByteStream()
    assert drive(stream.read_exact(count), stream, one_by_one(data)) == data[:count]


@pytest.mark.parametrize(
    "block", [b"a: b\r\n\r\n", b"a: b\n\n", b"a: b\r\n\n", b"a\nb\n\r\n", b"a: b\n\r\n"]
)
def test_a_block_ends_with_the_first_empty_line(block: bytes) -> None:
    for pieces in ([block + b"rest"], one_by_one(block + b"rest")):
        stream = ByteStream()
        assert drive(stream.read_block(100), stream, pieces) == block


def test_a_block_may_be_nothing_but_its_end() -> None:
    for pieces in ([b"\n\nrest"], one_by_one(b"\n\nrest")):
        stream = ByteStream()
        assert drive(stream.read_block(100), stream, pieces) == b"\n\n"
    with pytest.raises(StopIteration):
        next(ByteStream(b"\n\n").read_block(2))


def test_a_block_of_exactly_the_limit_may_still_end_too_early() -> None:
    stream = ByteStream()
    with pytest.raises(EndOfStream):
        drive(stream.read_block(8), stream, [b"a: b\r\nc:"])


def test_a_block_without_an_end_is_refused_at_its_limit() -> None:
    stream = ByteStream(b"a: b\r\n" * 20)
    with pytest.raises(LimitExceeded):
        next(stream.read_block(100))


def test_the_longest_block_is_the_limit_to_the_byte() -> None:
    block = b"a: b\r\n\r\n"
    for pieces in ([block + b"rest"], one_by_one(block)):
        stream = ByteStream()
        assert drive(stream.read_block(len(block)), stream, pieces) == block
        stream = ByteStream()
        with pytest.raises(LimitExceeded):
            drive(stream.read_block(len(block) - 1), stream, pieces)


def test_the_end_inside_a_block_says_what_there_was() -> None:
    stream = ByteStream()
    with pytest.raises(EndOfStream) as caught:
        drive(stream.read_block(100), stream, [b"a: b\r\n"])
    assert caught.value.partial == b"a: b\r\n"
