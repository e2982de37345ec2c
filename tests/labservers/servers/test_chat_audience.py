"""A large room is delivered to in rounds: what is said meanwhile goes with what is on its way."""

from typing import Any

import pytest

from labservers.servers.chat_audience import GROUP, ROUND_BYTES, TEXTS
from labservers.servers.chat_states import State

SIZE = 4 * GROUP  # members, in as many groups


class Meanwhile:
    """Says these, one each time that a speaker could say more."""

    def __init__(self, chat: Any, *texts: str) -> None:
        self.chat, self.left, self.asked = chat, list(texts), 0
        chat.meanwhile = self

    def __call__(self, speaker: Any) -> None:
        self.asked += 1
        if self.left:
            self.chat.put(speaker, self.left.pop(0))


@pytest.fixture
def chat(make_chat: Any) -> Any:
    return make_chat()


@pytest.fixture
def members(chat: Any, fake_socket: Any) -> list[Any]:
    return [chat.join(fake_socket()) for _ in range(SIZE)]


def test_all_hear_the_same_order_in_fewer_sends(chat: Any, members: list[Any]) -> None:
    Meanwhile(chat, "b", "c", "d", "e")
    chat.say(members[0], "a")
    assert {member.sock.got for member in members} == {b"a\nb\nc\nd\ne\n"}
    assert max(len(member.sock.sends) for member in members) == 2


def test_a_small_room_is_not_asked_for_more(chat: Any, fake_socket: Any) -> None:
    speaker = chat.join(fake_socket())
    meanwhile = Meanwhile(chat)
    chat.say(speaker, "a")
    assert meanwhile.asked == 0


@pytest.mark.parametrize("mode", ["line", "raw"])
def test_one_that_is_full_in_the_middle_of_a_round_reads_on(
    chat: Any, members: list[Any], fake_socket: Any, mode: str
) -> None:
    full = chat.join(fake_socket(), mode=mode)
    full.sock.room = 3
    Meanwhile(chat, "bcd", "efg")
    chat.say(members[0], "a")
    chat.rooms.count_sent()
    assert full.state is State.BEHIND
    assert full.connection.bytes_out == len(full.sock.got) == 3
    chat.say(members[0], "last")
    chat.open_up(full)
    lines = b"a\nbcd\nefg\nlast\n"
    assert full.sock.got == (lines if mode == "line" else lines.replace(b"\n", b""))
    assert members[1].sock.got == lines
    chat.rooms.count_sent()
    assert full.connection.bytes_out == len(full.sock.got)


def test_one_that_breaks_in_the_middle_of_a_round_was_sent_what_went_before(
    chat: Any, members: list[Any]
) -> None:
    broken = members[0]

    def breaks(speaker: Any) -> None:
        if broken.sock.got and not broken.sock.error:
            broken.sock.error = BrokenPipeError()
            chat.put(speaker, "more")

    chat.meanwhile = breaks
    chat.say(members[1], "a")
    assert broken.state is State.GONE
    assert broken.connection.bytes_out == len(broken.sock.got) == len(b"a\n")
    assert members[1].sock.got == b"a\nmore\n"


def test_one_that_comes_in_the_middle_of_a_round_hears_what_is_said_from_then_on(
    chat: Any, members: list[Any], fake_socket: Any
) -> None:
    late: list[Any] = []

    def somebody_comes(speaker: Any) -> None:
        if not late:
            late.append(chat.join(fake_socket()))
            chat.put(speaker, "welcome")

    chat.meanwhile = somebody_comes
    chat.say(members[0], "a")
    assert late[0].sock.got == b"welcome\n"
    assert members[0].sock.got == members[-1].sock.got == b"a\nwelcome\n"


@pytest.mark.parametrize(("size", "texts"), [(1, TEXTS), (10_000, ROUND_BYTES // 10_000 + 2)])
def test_a_round_has_an_end_though_there_is_always_more(
    chat: Any, members: list[Any], size: int, texts: int
) -> None:
    chat.meanwhile = lambda speaker: chat.put(speaker, "x" * size) if chat_goes_on() else None
    asked = iter(range(4 * TEXTS))

    def chat_goes_on() -> bool:
        return next(asked, None) is not None

    chat.say(members[0], "a")
    assert {member.sock.got.count(b"\n") for member in members} == {texts}
    assert not members[0].room.delivery.turn.locked()
