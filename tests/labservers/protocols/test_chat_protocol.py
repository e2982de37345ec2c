"""The chat's framing by its rules, fed whole, in pieces and byte by byte."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from labservers.protocols.chat import (
    BOM,
    PIECE_BYTES,
    Event,
    Framing,
    Join,
    Leave,
    character_end,
    complete_size,
    pieces,
)

T = None  # in a script: nothing came for the waiting time


def run(*script: bytes | None, end: bool = False) -> list[Event]:
    """The messages that a script of received pieces and passed times brings about."""
    framing = Framing()
    events: list[Event] = []
    for part in script:
        events += framing.timed_out() if part is None else framing.feed(part)
    return one_by_one([*events, *framing.end()] if end else events)


def one_by_one(events: list[Event]) -> list[Event]:
    """The same with each message in an event of its own."""
    split: list[Event] = []
    for event in events:
        if isinstance(event, bytes):
            assert event.endswith(b"\n")
            split += [line + b"\n" for line in event[:-1].split(b"\n")]
        else:
            split.append(event)
    return split


def says(text: str) -> bytes:
    return text.encode() + b"\n"


def byte_by_byte(data: bytes) -> list[bytes]:
    return [data[i : i + 1] for i in range(len(data))]


def cut(data: bytes, sizes: list[int]) -> list[bytes]:
    """The same bytes in pieces of these sizes; the rest is the last one."""
    script, at = [], 0
    for size in sizes:
        script.append(data[at : at + size])
        at += size
    return [piece for piece in [*script, data[at:]] if piece]


def texts(events: list[Event]) -> list[str]:
    said = b"".join(event for event in events if isinstance(event, bytes))
    return said.decode().split("\n")[:-1]


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
    assert run(*byte_by_byte(data))[:1] == [Join(room)]


def test_missing_bytes_of_the_room_are_waited_for() -> None:
    framing = Framing()
    assert framing.feed("я".encode()[:1]) == []
    assert framing.waiting
    assert framing.feed("я".encode()[1:]) == [Join("я")]
    assert run(b"\xd1", T) == [Join("\\xd1")]


def test_what_follows_the_id_belongs_to_the_messages() -> None:
    assert run(b"1hello") == [Join("1"), says("hello")]
    assert run(b"1exit") == [Join("1"), Leave("exit")]


def test_a_raw_member_says_what_one_recv_returns() -> None:
    assert run(b"1", b"hello", b"world") == [Join("1"), says("hello"), says("world")]


def test_half_a_character_waits_alone() -> None:
    half = "я".encode()[:1]
    assert run(b"1", b"ab" + half, "я".encode()[1:]) == [Join("1"), says("ab"), says("я")]
    assert run(b"1", b"ab" + half, T) == [Join("1"), says("ab"), says("\ufffd")]


@pytest.mark.parametrize("part", [b"e", b"ex", b"exi"])
def test_the_beginning_of_exit_waits(part: bytes) -> None:
    assert run(b"1", part, b"exit"[len(part) :]) == [Join("1"), Leave("exit")]
    assert run(b"1", part, T) == [Join("1"), says(part.decode())]
    assert run(b"1", part, b"port") == [Join("1"), says(part.decode() + "port")]


def test_exit_behind_a_message_waits_and_is_text_unless_the_stream_ends() -> None:
    assert run(b"1", b"byeexit", T) == [Join("1"), says("byeexit")]
    assert run(b"1", b"byeexit", b"ing") == [Join("1"), says("byeexiting")]
    assert run(b"1", b"byeexit", end=True)[:2] == [Join("1"), says("bye")]
    assert isinstance(run(b"1", b"byeexit", end=True)[-1], Leave)


@pytest.mark.parametrize("word", [b"exit", b"\r"])
def test_who_is_always_about_to_say_something_else_is_not_kept_for_ever(word: bytes) -> None:
    framing, said, longest = Framing(), 0, 0
    framing.feed(b"1")
    for _ in range(300):
        for event in framing.feed(word * 250):
            assert isinstance(event, bytes)
            said += len(event) - 1
        longest = max(longest, len(framing._pending))
    assert longest < PIECE_BYTES
    assert said + len(framing._pending) == 300 * 250 * len(word)


def test_a_line_feed_makes_a_line_member_for_ever() -> None:
    framing = Framing()
    assert framing.feed(b"1") == [Join("1")]
    assert framing.feed(b"a\nb") == [says("a")]
    assert framing.mode == "line"
    assert framing.feed(b"c\r\n\r\n\n") == [says("bc")]
    assert framing.feed(b"exit") == []
    assert framing.feed(b"\n") == [Leave("exit")]
    assert framing.feed(b"more\n") == []


def test_a_carriage_return_waits_for_its_line_feed() -> None:
    assert run(b"1", b"hello\r", b"\n") == [Join("1"), says("hello")]
    assert run(b"1", b"hello\r", T) == [Join("1"), says("hello")]


def test_the_end_of_stream_delivers_the_rest_and_never_sent_an_id_is_just_the_end() -> None:
    assert run(b"1\n", b"no line feed", end=True) == [
        Join("1"),
        says("no line feed"),
        Leave("end of stream"),
    ]
    assert run(end=True) == [Leave("end of stream")]
    assert run(b"\r\n", end=True) == [Leave("end of stream")]


def test_long_lines_go_out_in_pieces_cut_at_characters() -> None:
    text = "я" * 100_000
    events = run(b"1\n", text.encode(), end=True)[1:-1]
    assert "".join(texts(events)) == text
    assert len(events) > 1


@pytest.mark.parametrize("end", ["exit\n", "exit\r\n", "exit"])
def test_the_end_of_a_long_line_is_not_the_command_exit(end: str) -> None:
    long = b"x" * PIECE_BYTES
    assert run(b"1\n", long, end.encode(), end=True) == [
        Join("1"),
        says(long.decode()),
        says("exit"),
        Leave("end of stream"),
    ]


def test_after_a_long_line_exit_is_the_command_again() -> None:
    said = run(b"1\n", b"x" * PIECE_BYTES, b"tail\n", b"exit\n")
    assert said[2:] == [says("tail"), Leave("exit")]


def test_a_long_line_that_ends_at_a_piece_loses_its_carriage_return() -> None:
    line = b"x" * (PIECE_BYTES - 1) + b"\r"
    assert "".join(texts(run(b"1\n", line, b"\n"))) == "x" * (PIECE_BYTES - 1)
    assert "".join(texts(run(b"1\n", line, b"y\n"))) == "x" * (PIECE_BYTES - 1) + "\ry"


def test_a_line_member_is_never_waited_for_with_a_time_out() -> None:
    framing = Framing()
    framing.feed(b"1\n")
    for data in (b"e", b"xit\r", "я".encode()[:1], b"\xff", b"\xfb"):
        framing.feed(data)
        assert not framing.waiting
    assert framing.feed(b"\x01\n") == [says("exit\r\ufffd")]


@pytest.mark.parametrize("raw", [b"9", b"9\n"])
def test_half_of_a_negotiation_is_no_text_while_the_rest_may_come(raw: bytes) -> None:
    assert texts(run(raw, b"a\xff", b"\xfdxb\n")) in (["a", "b"], ["ab"])
    assert texts(run(raw, b"a\xff\xfb", b"\n\n", end=True)) == ["a"]
    assert texts(run(raw, b"a\xff\xf1\n")) == ["a"]


NEGOTIATION = st.one_of(
    st.tuples(st.integers(0xFB, 0xFE), st.integers(0, 255)).map(lambda t: bytes([0xFF, *t])),
    st.integers(0xF0, 0xFA).map(lambda command: bytes([0xFF, command])),
)
WORDS = st.sampled_from(["e", "exi", "exit", "я", "€", "😀", "a", "\r", " ", "hello", "\ufeff"])


@st.composite
def spoken(draw: st.DrawFn, separators: list[str]) -> tuple[bytes, bytes]:
    """Text with and without telnet negotiation at any place in it, in characters too."""
    text = "".join(draw(st.lists(st.one_of(WORDS, st.sampled_from(separators)), max_size=12)))
    plain = text.encode()
    mixed = b""
    for at in range(len(plain)):
        if draw(st.integers(0, 3)) == 0:
            mixed += draw(NEGOTIATION)
        mixed += plain[at : at + 1]
    return plain, mixed + draw(st.sampled_from([b"", b"\xff\xf1"]))


SIZES = st.lists(st.integers(1, 5), max_size=40)


@given(spoken(["\n", "\r\n", "\nexit\n"]), SIZES)
def test_line_members_never_notice_segments_or_negotiation(
    data: tuple[bytes, bytes], sizes: list[int]
) -> None:
    plain, mixed = data
    expected = run(b"5\n" + plain, end=True)
    assert run(*cut(b"5\n" + mixed, sizes), end=True) == expected
    assert run(*byte_by_byte(b"5\n" + mixed), end=True) == expected


AWKWARD = st.lists(st.sampled_from(b"\xff\xfb\xf1\xfa\xd1\x80\x01\r\nexit"), max_size=30).map(bytes)


@example(b"a\r\nb\n", [])  # whole lines, as they come in one recv()
@example(b"a\nexit\nb\n", [])
@example(b"a\n\nb\n", [])
@example(b"\xff\xff\xf1\xfb\x01\n", [4])  # the rest of a removal is not a new negotiation
@given(st.one_of(AWKWARD, st.binary(max_size=60)), SIZES)
def test_any_bytes_mean_the_same_to_a_line_member_in_any_segments(
    data: bytes, sizes: list[int]
) -> None:
    expected = run(b"5\n" + data, end=True)
    assert run(b"5\n", *cut(data, sizes), end=True) == expected
    assert run(b"5\n", *byte_by_byte(data), end=True) == expected


@given(spoken([" ", "."]), SIZES, st.sets(st.integers(0, 40)))
def test_what_a_raw_member_says_arrives_whole_however_it_is_cut_and_whenever_time_passes(
    data: tuple[bytes, bytes], sizes: list[int], pauses: set[int]
) -> None:
    plain, mixed = data
    framing = Framing()
    events = framing.feed(b"5")
    for number, piece in enumerate(cut(mixed, sizes)):
        events += framing.feed(piece)
        if number in pauses and framing.waiting:
            events += framing.timed_out()
    left = any(isinstance(event, Leave) for event in events)
    events += framing.end()
    said = "".join(texts(events))
    assert [type(event) for event in events[:1] + events[-1:]] == [Join, Leave]
    if not left and not pauses and "\r" not in plain.decode():
        assert said in (plain.decode(), plain.decode().removesuffix("exit"))
    assert all(texts(events))


@given(st.text(st.characters(codec="utf-8"), min_size=1, max_size=5), SIZES)
def test_characters_of_a_raw_member_are_never_cut_while_they_come_in_time(
    text: str, sizes: list[int]
) -> None:
    data = text.encode()
    said = "".join(texts(run(b"5x", *cut(data, sizes), end=True)))
    if "\n" not in text and "\r" not in text and text != "exit":
        assert said == "x" + text


@given(st.sampled_from(["7", "я", "€", "😀"]), SIZES, st.sampled_from([b"", b"\r\n", BOM]))
def test_the_room_is_the_same_in_any_segments(room: str, sizes: list[int], before: bytes) -> None:
    negotiation = b"\xff\xfd\x01"
    data = before + negotiation + room.encode()
    data = data[:-1] + negotiation + data[-1:]
    assert run(*cut(data, sizes))[:1] == [Join(room)]


lines = st.lists(st.text(st.characters(exclude_characters="\n\r\xff", codec="utf-8")), max_size=8)


@given(lines, st.lists(st.integers(1, 9), max_size=60))
def test_lines_are_the_same_in_any_segmentation(said: list[str], sizes: list[int]) -> None:
    expected = [says(text) for text in said if text and text != "exit"]
    data = b"5\n" + b"".join(f"{t}\n".encode() for t in said if t != "exit")
    assert run(*cut(data, sizes)) == [Join("5"), *expected]
    assert run(*byte_by_byte(data)) == [Join("5"), *expected]


@given(st.binary(max_size=80), st.lists(st.integers(1, 5), max_size=30))
def test_members_only_ever_get_valid_text_and_no_telnet(data: bytes, sizes: list[int]) -> None:
    for text in texts(run(*cut(data, sizes), end=True)):
        assert text
        text.encode("utf-8")


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
