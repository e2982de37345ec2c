"""The chat against its definition: in any order of joins, messages, slow reads and leaves, a member
gets exactly the bytes that a plain list of messages gives it."""

from dataclasses import dataclass, field
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.servers import chat_audience
from labservers.servers.chat_message import skipped_notice
from labservers.servers.chat_states import State

# Events, with the number of their member.
NUMBER = st.integers(0, 5)
SHORT = st.sampled_from(["a", "bb", "я" * 700, "* 3 messages were skipped", " "])
LONG = st.integers(1, 9).map(lambda n: f"{n}" * 40_000)
TALK = st.tuples(
    st.just("talk"),
    NUMBER,
    st.lists(st.tuples(NUMBER, st.lists(SHORT, max_size=2), st.booleans()), min_size=1, max_size=6),
)
SAY = st.tuples(st.just("say"), NUMBER, st.lists(SHORT, min_size=1, max_size=4))
FLOOD = st.tuples(st.just("flood"), NUMBER, LONG)
TAKE = st.tuples(st.just("take"), NUMBER, st.integers(0, 200_000))
OPEN = st.tuples(st.just("open"), NUMBER, st.none())
COME = st.tuples(st.sampled_from(["leave", "join"]), NUMBER, st.sampled_from(["line", "raw"]))
STEPS = st.lists(st.one_of(SAY, TALK, FLOOD, TAKE, OPEN, COME), max_size=60)


@dataclass
class Expected:
    """The messages that a member is to get, in their order, from its joining to its leaving."""

    member: Any
    mode: str
    messages: list[str] = field(default_factory=list)


class Model:
    """A room is a list of members, and saying something adds it to the list of each."""

    def __init__(self, chat: Any, socket_type: Any) -> None:
        self.chat = chat
        self.socket_type = socket_type
        self.here: dict[int, Expected] = {}
        self.left: list[Expected] = []

    def join(self, number: int, mode: str) -> None:
        if number not in self.here:
            # A third of the members takes nothing until the test says so.
            sock = self.socket_type(room=0) if number % 3 == 0 else self.socket_type()
            member = self.chat.join(sock, mode=mode)
            self.here[number] = Expected(member, mode)

    def say(self, number: int, texts: list[str]) -> None:
        if number in self.here:
            for expected in self.here.values():
                expected.messages += texts
            self.chat.say(self.here[number].member, *texts)

    def talk(self, number: int, more: list[tuple[int, list[str], bool]]) -> None:
        """Others, or the speaker, say more while what it says is delivered; somebody joins."""
        left = iter(more)

        def meanwhile(_: Any) -> None:
            other, texts, joins = next(left, (number, [], False))
            if joins:
                self.join(other, "line" if other % 2 else "raw")
            if texts and other in self.here:
                for expected in self.here.values():
                    expected.messages += texts
                self.chat.put(self.here[other].member, *texts)

        self.chat.meanwhile = meanwhile
        self.say(number, ["it begins"])
        self.chat.meanwhile = lambda _: None

    def flood(self, number: int, text: str) -> None:
        for _ in range(30):
            self.say(number, [text])

    def take(self, number: int, size: int) -> None:
        """The kernel can take some more, and the postman has noticed."""
        if number in self.here:
            self.here[number].member.sock.room += size
            self.here[number].member.go_on()

    def open(self, number: int, _: None) -> None:
        if number in self.here:
            self.chat.open_up(self.here[number].member)

    def count(self) -> None:
        """As for a frame, at any time: no byte twice, none left out."""
        self.chat.rooms.count_sent()
        for expected in self.here.values():
            assert expected.member.connection.bytes_out == len(expected.member.sock.got)

    def leave(self, number: int, _: str) -> None:
        if number in self.here:
            expected = self.here.pop(number)
            self.chat.leave(expected.member)
            self.left.append(expected)

    def finish(self) -> None:
        for number in list(self.here):
            self.leave(number, "")
        for expected in self.left:
            expected.member.sock.room = 1 << 40
            expected.member.flush(1.0)
            assert expected.member.state is State.GONE


def heard(expected: Expected, skipped: list[dict[str, Any]]) -> bytes:
    """The member's bytes, when these of its messages are skipped."""
    sends, messages, first = [], list(expected.messages), expected.member.place.joined_at + 1
    for data in skipped:
        at = data["seq"] - first
        messages[at : at + data["count"]] = [None] * data["count"]
    notices = {data["seq"] - first: data["count"] for data in skipped}
    for number, text in enumerate(messages):
        if expected.mode == "line" and number in notices:
            sends.append(skipped_notice(notices[number]))
        if text is not None:
            sends.append(text.encode() + (b"\n" if expected.mode == "line" else b""))
    return b"".join(sends)


@pytest.mark.parametrize("group", [1, 2, chat_audience.GROUP])
def test_each_member_gets_exactly_the_bytes_of_the_definition(
    make_chat: Any, fake_socket: Any, group: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_audience, "GROUP", group)

    @given(STEPS)
    def each(steps: list[tuple[str, int, Any]]) -> None:
        check(Model(make_chat(patience_s=0.0), fake_socket), steps)

    each()


def check(model: Model, steps: list[tuple[str, int, Any]]) -> None:
    for number in range(4):
        model.join(number, "raw" if number % 2 else "line")
    for event, number, more in steps:
        getattr(model, event)(number, more)
        if number % 2:  # or after several
            model.count()
    model.finish()
    skipped = model.chat.events("skipped")
    for expected in model.left:
        id = expected.member.connection.id
        own = [data for data in skipped if data["id"] == id]
        assert expected.member.sock.got == heard(expected, own)
        assert expected.member.connection.bytes_out == len(expected.member.sock.got)
        missed = sum(data["count"] for data in own)
        assert missed == expected.member.place.missed_in_all
        if expected.mode == "line":
            lines = expected.member.sock.got.split(b"\n")
            assert all(lines[d["line"] - 1] + b"\n" == skipped_notice(d["count"]) for d in own)
    total = sum(expected.member.place.missed_in_all for expected in model.left)
    assert model.chat.monitor.totals().counts["dropped"] == total
