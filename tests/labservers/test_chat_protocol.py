"""The chat's framing by its rules, fed whole, in pieces and byte by byte."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.protocols.chat import (
    Event,
    Framing,
    Join,
    Leave,
    Say,
    character_end,
    complete_size,
    pieces,
)

T = None  # in a script: nothing came for the waiting time


def run(*script: bytes | None, end: bool = False) -> list[Event]:
    """What a script of received pieces and passed times brings about."""
    framing = Framing()
    events: list[Event] = []
    for part in script:
        events += framing.timed_out() if part is None else framing.feed(part)
    return [*events, *framing.end()] if end else events


def one_by_one(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


@pytest.mark.parametrize(
    ("data", "room"),
    [
        (b"7\n", "7"),
        (b"\r\n\n7\n", "7"),
        (b"\xef\xbb\xbf7\n", "7"),
        ("я\n".encode(), "я"),
        ("😀\n".encode(), "😀"),
        (b"\xfe\n", "\\xfe"),
        (b"\xd1\n", "\\xd1"),
        (b"\x80\n", "\\x80"),
        (b"\xff\xfd\x017\n", "7"),
        (b"\xff\xf17\n", "7"),
    ],
)
def test_the_room_is_the_first_character(data: bytes, room: str) -> None:
    assert run(data)[:1] == [Join(room)]
    assert run(*one_by_one(data))[:1] == [Join(room)]


def test_missing_bytes_of_the_room_are_waited_for() -> None:
    framing = Framing()
    assert framing.feed("я".encode()[:1]) == []
    assert framing.waiting
    assert framing.feed("я".encode()[1:]) == [Join("я")]
    assert run(b"\xd1", T) == [Join("\\xd1")]


def test_what_follows_the_id_belongs_to_the_messages() -> None:
    assert run(b"1hello") == [Join("1"), Say("hello")]
    assert run(b"1exit") == [Join("1"), Leave("exit")]


def test_a_raw_member_says_what_one_recv_returns() -> None:
    assert run(b"1", b"hello", b"world") == [Join("1"), Say("hello"), Say("world")]


def test_half_a_character_waits_alone() -> None:
    half = "я".encode()[:1]
    assert run(b"1", b"ab" + half, "я".encode()[1:]) == [Join("1"), Say("ab"), Say("я")]
    assert run(b"1", b"ab" + half, T) == [Join("1"), Say("ab"), Say("\ufffd")]


@pytest.mark.parametrize("part", [b"e", b"ex", b"exi"])
def test_the_beginning_of_exit_waits(part: bytes) -> None:
    assert run(b"1", part, b"exit"[len(part) :]) == [Join("1"), Leave("exit")]
    assert run(b"1", part, T) == [Join("1"), Say(part.decode())]
    assert run(b"1", part, b"port") == [Join("1"), Say(part.decode() + "port")]


def test_exit_behind_a_message_waits_and_is_text_unless_the_stream_ends() -> None:
    assert run(b"1", b"byeexit", T) == [Join("1"), Say("byeexit")]
    assert run(b"1", b"byeexit", b"ing") == [Join("1"), Say("byeexiting")]
    assert run(b"1", b"byeexit", end=True)[:2] == [Join("1"), Say("bye")]
    assert isinstance(run(b"1", b"byeexit", end=True)[-1], Leave)


def test_a_line_feed_makes_a_line_member_for_ever() -> None:
    framing = Framing()
    assert framing.feed(b"1") == [Join("1")]
    assert framing.feed(b"a\nb") == [Say("a")]
    assert framing.mode == "line"
    assert framing.feed(b"c\r\n\r\n\n") == [Say("bc")]
    assert framing.feed(b"exit") == []
    assert framing.feed(b"\n") == [Leave("exit")]
    assert framing.feed(b"more\n") == []


def test_a_carriage_return_waits_for_its_line_feed() -> None:
    assert run(b"1", b"hello\r", b"\n") == [Join("1"), Say("hello")]
    assert run(b"1", b"hello\r", T) == [Join("1"), Say("hello")]


def test_the_end_of_stream_delivers_the_rest_and_never_sent_an_id_is_just_the_end() -> None:
    assert run(b"1\n", b"no line feed", end=True) == [
        Join("1"),
        Say("no line feed"),
        Leave("end of stream"),
    ]
    assert run(end=True) == [Leave("end of stream")]
    assert run(b"\r\n", end=True) == [Leave("end of stream")]


def test_long_lines_go_out_in_pieces_cut_at_characters() -> None:
    text = "я" * 100_000
    events = run(b"1\n", text.encode(), end=True)[1:-1]
    assert "".join(event.text for event in events if isinstance(event, Say)) == text
    assert len(events) > 1


lines = st.lists(st.text(st.characters(exclude_characters="\n\r\xff", codec="utf-8")), max_size=8)


@given(lines, st.lists(st.integers(1, 9), max_size=60))
def test_lines_are_the_same_in_any_segmentation(texts: list[str], sizes: list[int]) -> None:
    expected = [Say(text) for text in texts if text and text != "exit"]
    data = b"5\n" + b"".join(f"{t}\n".encode() for t in texts if t != "exit")
    script, at = [], 0
    for size in sizes:
        script.append(data[at : at + size])
        at += size
    script.append(data[at:])
    assert run(*script) == [Join("5"), *expected]
    assert run(*one_by_one(data)) == [Join("5"), *expected]


@given(st.binary(max_size=80), st.lists(st.integers(1, 5), max_size=30))
def test_members_only_ever_get_valid_text_and_no_telnet(data: bytes, sizes: list[int]) -> None:
    script, at = [], 0
    for size in sizes:
        script.append(data[at : at + size])
        at += size
    for event in run(*script, data[at:], end=True):
        if isinstance(event, Say):
            assert event.text
            event.text.encode("utf-8")


@given(st.text(max_size=3000), st.integers(4, 1024))
def test_sends_for_raw_readers_are_short_and_whole_characters(text: str, limit: int) -> None:
    data = text.encode("utf-8", "replace")
    cut = pieces(data, limit)
    assert b"".join(cut) == data
    assert all(0 < len(piece) <= limit and piece.decode() is not None for piece in cut)


@given(st.text(max_size=20), st.integers(0, 3))
def test_complete_size_never_cuts_a_character(text: str, missing: int) -> None:
    data = text.encode("utf-8", "replace")
    part = data[: len(data) - missing] if missing else data
    part[: complete_size(part)].decode("utf-8")


def test_character_end_moves_on_even_in_what_is_no_utf8() -> None:
    assert character_end(b"\x80" * 20, 8) > 0
