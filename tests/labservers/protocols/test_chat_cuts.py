"""Where UTF-8 is cut: at the edges of every length, and in what is not UTF-8."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.protocols.chat import (
    RAW_SEND_BYTES,
    Framing,
    Join,
    Leave,
    character_end,
    complete_size,
    pieces,
)

EDGES = "\u0080\u07ff\u0800\u2000\u2013\u2fff\uffff\U00010000\U0010ffff"


@pytest.mark.parametrize("character", [c.encode() for c in EDGES])
def test_a_character_is_complete_with_its_last_byte(character: bytes) -> None:
    for size in range(1, len(character)):
        assert complete_size(character[:size]) == 0
        assert complete_size(b"ab" + character[:size]) == 2
    assert complete_size(character) == len(character)
    assert complete_size(b"ab" + character) == 2 + len(character)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"a",
        b"\xe2a",
        b"\xe2\x7f",
        b"\xe2\xc0",
        b"\xc0",
        b"\xc1",
        b"\xf5",
        b"\xf5\x80",
        b"\xff",
        b"\x80" * 5,
    ],
)
def test_what_cannot_become_a_character_is_not_waited_for(data: bytes) -> None:
    assert complete_size(data) == len(data)


def whole(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


@given(st.text(st.sampled_from("a" + EDGES), max_size=8), st.integers(4, 40))
def test_the_largest_cut_between_two_characters(text: str, limit: int) -> None:
    data = text.encode()
    sizes = range(min(limit, len(data)) + 1)
    assert character_end(data, limit) == max(size for size in sizes if whole(data[:size]))


@pytest.mark.parametrize(("limit", "size"), [(1, 1), (2, 2), (3, 3), (4, 4), (5, 1), (8, 4)])
def test_in_what_is_not_utf8_a_cut_is_at_most_four_bytes_before_the_limit(
    limit: int, size: int
) -> None:
    assert character_end(b"\x80" * 20, limit) == size


def test_the_sends_of_a_message() -> None:
    assert pieces(b"") == []
    assert pieces(b"abcd", 4) == [b"abcd"]
    assert pieces(b"abcde", 4) == [b"abcd", b"e"]
    assert pieces("aяяя".encode(), 4) == ["aя".encode(), "яя".encode()]
    assert [len(piece) for piece in pieces(b"x" * 2_500)] == [1_024, 1_024, 452]
    assert RAW_SEND_BYTES == 1_024


@pytest.mark.parametrize(
    "before",
    [[], [b"1"], [b"1", b"hi"], [b"1", b"ex"], [b"1", b"byeexit"], [b"1", b"a\n", b"b"]],
)
def test_after_the_end_nothing_comes_and_nothing_is_waited_for(before: list[bytes]) -> None:
    framing = Framing()
    assert not framing.waiting
    for data in before:
        framing.feed(data)
    assert isinstance(framing.end()[-1], Leave)
    assert not framing.waiting
    assert framing.end() == framing.timed_out() == framing.feed(b"more") == []
    assert framing.feed(b"more\n") == framing.end() == []


def test_the_usual_messages_of_a_member_that_is_in_its_room() -> None:
    raw, line = Framing(), Framing()
    assert raw.feed(b"1") == line.feed(b"1") == [Join("1")]
    assert raw.feed(b"hello") == line.feed(b"hello\n") == [b"hello\n"]
    assert (raw.mode, line.mode) == ("raw", "line")
    assert raw.feed(b"exit") == line.feed(b"exit\n") == [Leave("exit")]
    assert Framing().feed(b"1exit\n") == [Join("1"), Leave("exit")]
