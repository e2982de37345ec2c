"""What of a raw member is waited for, and what becomes of it when nothing more comes."""

import pytest

from labservers.protocols.chat import PIECE_BYTES, Event, Framing, Join, Leave

JOINED: list[Event] = [Join("1")]


def joined() -> Framing:
    framing = Framing()
    assert framing.feed(b"1") == JOINED
    assert not framing.waiting
    return framing


@pytest.mark.parametrize("part", [b"e", b"ex", b"exi", b"byeexit", b"bye\r", b"\xd1", b"\xff"])
def test_what_more_may_change_is_waited_for(part: bytes) -> None:
    framing = joined()
    assert framing.feed(part) == []
    assert framing.waiting
    said = [part.removesuffix(b"\r").decode("utf-8", "replace").encode() + b"\n"]
    assert framing.timed_out() == said
    assert not framing.waiting
    assert framing.feed(b"b") == [b"b\n"]


@pytest.mark.parametrize("begun", ["я".encode()[:1], b"\xff", b"\xff\xfb"])
def test_before_what_has_only_begun_all_is_said(begun: bytes) -> None:
    framing = joined()
    assert framing.feed(b"ab" + begun) == [b"ab\n"]
    assert framing.waiting
    expected = begun.decode("utf-8", "replace").encode() + b"\n"
    assert framing.timed_out() == [expected]
    assert framing.timed_out() == []


def test_what_ends_the_waiting_is_not_waited_for() -> None:
    framing = joined()
    framing.feed(b"exi")
    assert framing.feed(b"port") == [b"exiport\n"]
    assert not framing.waiting


@pytest.mark.parametrize("begun", [b"\xff", b"\xff\xfb", "я".encode()[:1], b"\xef\xbb"])
def test_before_the_room_what_has_begun_is_waited_for(begun: bytes) -> None:
    framing = Framing()
    assert framing.feed(begun) == []
    assert framing.waiting
    assert framing.timed_out()[0] == Join(f"\\x{begun[0]:02x}")
    assert not framing.waiting


def test_the_rest_after_a_room_that_is_a_byte() -> None:
    assert Framing().feed(b"\xfehello") == [Join("\\xfe"), b"hello\n"]
    assert Framing().feed(b"\xd1\xd1\x8f") == [Join("\\xd1"), "я\n".encode()]


@pytest.mark.parametrize("line", [b"a\n", b"a\n\xff", b"\na\xd1", b"\nexi"])
def test_a_member_of_lines_is_not_waited_for(line: bytes) -> None:
    framing = joined()
    framing.feed(line)
    assert framing.mode == "line"
    assert not framing.waiting


def test_in_another_encoding_nothing_is_waited_for() -> None:
    framing = joined()
    assert framing.feed(b"\xe4 \xd1") == ["\ufffd \ufffd\n".encode()]
    assert not framing.waiting


def test_a_piece_is_not_waited_for() -> None:
    framing, long = joined(), b"x" * (PIECE_BYTES - 5) + b"exit"
    assert framing.feed(long) == []
    assert framing.waiting
    assert joined().feed(b"x" + long) == [b"x" + long + b"\n"]


def test_after_exit_nothing_comes_and_nothing_is_waited_for() -> None:
    cut = joined()
    cut.feed(b"exi")
    for framing, last in ((cut, b"t"), (joined(), b"exit"), (joined(), b"exit\xff")):
        assert framing.feed(last) == [Leave("exit")]
        assert not framing.waiting
        assert framing.feed(b"ex") == framing.feed(b"\xff") == framing.feed(b"hi") == []
        assert framing.timed_out() == framing.end() == []
        assert not framing.waiting
