"""A member with a socket that takes as much as the test allows, and with real ones: its sends, its
waiting messages and its end."""

import errno
import os
import socket
import threading
from collections.abc import Callable
from typing import Any

import pytest

from labservers.servers.chat_member import LARGE_ROOM, REST_S
from labservers.servers.chat_message import skipped_notice
from labservers.servers.chat_states import State

MANY = 600_000


def broken(number: int) -> OSError:
    return OSError(number, os.strerror(number))


def test_lines_are_one_send_and_raw_messages_each_in_their_own(
    fake_chat: Any, fake_socket: Any
) -> None:
    line = fake_chat.join(fake_socket())
    raw = fake_chat.join(fake_socket(), mode="raw")
    fake_chat.say(line, "one", "two", "three")
    fake_chat.say(line, "t\rwo", "я" * 600)
    assert line.sock.sends == [b"one\ntwo\nthree\n", b"t\rwo\n%s\n" % ("я" * 600).encode()]
    assert raw.sock.sends[:4] == [b"one", b"two", b"three", b"t\rwo"]
    assert [len(sent) for sent in raw.sock.sends[4:]] == [1024, 176]
    fake_chat.rooms.count_sent()
    for member in (line, raw):
        assert member.connection.bytes_out == len(member.sock.got)


@pytest.mark.parametrize("mode", ["line", "raw"])
@pytest.mark.parametrize("room", [0, 2, 5])
def test_what_the_kernel_does_not_take_goes_out_before_what_was_said_next(
    fake_chat: Any, fake_socket: Any, room: int, mode: str
) -> None:
    member = fake_chat.join(fake_socket(room=room), mode=mode)
    fake_chat.say(member, "one", "two")
    assert fake_chat.called == [member]
    assert member.state is State.BEHIND
    fake_chat.say(member, "three")
    fake_chat.say(member, "four")
    assert not member.go_on()
    assert len(member.sock.got) == room
    member.sock.room = 100
    assert member.go_on()
    assert member.state is State.LEVEL
    heard = b"one\ntwo\nthree\nfour\n"
    assert member.sock.got == (heard if mode == "line" else heard.replace(b"\n", b""))
    assert member.connection.bytes_out == len(member.sock.got)
    fake_chat.say(member, "five")
    assert fake_chat.called == [member]


def test_the_mode_may_change_in_the_middle(fake_chat: Any, fake_socket: Any) -> None:
    member = fake_chat.join(fake_socket(room=3), mode="raw")
    fake_chat.say(member, "begun", "raw")
    fake_chat.say(member, "two")
    member.change_mode("line")
    fake_chat.open_up(member)
    assert member.sock.got == b"begunrawtwo\n"


def test_the_notice_counts_in_english() -> None:
    assert skipped_notice(0) == b""
    assert skipped_notice(1) == b"* 1 message was skipped\n"
    assert skipped_notice(12) == b"* 12 messages were skipped\n"


def test_a_fast_reader_is_not_sent_to_for_ever(fake_chat: Any, fake_socket: Any) -> None:
    """One send of lines is a thousand sends of raw messages: others have their turn."""
    member = fake_chat.join(fake_socket(), mode="raw")
    fake_chat.say(member, *["x"] * 1000)
    assert 0 < len(member.sock.sends) < 1000
    turns = 1
    while not member.go_on():
        turns += 1
    assert 1 < turns < 10
    assert member.sock.got == b"x" * 1000


def test_a_broken_socket_is_given_up_and_its_reader_is_woken(
    fake_chat: Any, fake_socket: Any
) -> None:
    speaker = fake_chat.join(fake_socket())
    # Unlike EPIPE, ENOBUFS is not seen by the reading side.
    level = fake_chat.join(fake_socket(error=broken(errno.ENOBUFS)))
    behind = fake_chat.join(fake_socket(room=1), mode="raw")
    fake_chat.say(speaker, "one", "two")
    assert (level.state, level.sock.ended) == (State.GONE, True)
    behind.sock.error = broken(errno.ECONNRESET)
    assert behind.go_on()
    assert (behind.state, behind.sock.ended) == (State.GONE, True)
    for member in (level, behind):
        member.sock.error, member.sock.room = None, 100
        fake_chat.say(speaker, "more")
        assert member.go_on()
        fake_chat.leave(member)
        member.flush(0.1)
    assert (level.sock.got, behind.sock.got) == (b"", b"o")
    assert fake_chat.called == [behind]
    assert speaker.room.members == {1: speaker}


def test_a_member_that_cannot_be_served_is_ended_unless_it_leaves_already(
    fake_chat: Any, fake_socket: Any
) -> None:
    first, second = fake_chat.join(fake_socket(room=1)), fake_chat.join(fake_socket(room=1))
    fake_chat.say(first, "one")
    first.give_up()
    assert (first.state, first.sock.ended, list(first.rest)) == (State.GONE, True, [])
    first.give_up()  # twice is once
    fake_chat.leave(second)
    second.give_up()
    assert (second.state, second.sock.ended) == (State.LEAVING, False)


def test_after_flush_nothing_touches_the_socket(fake_chat: Any, fake_socket: Any) -> None:
    """Its descriptor may be another's by then."""
    member, speaker = fake_chat.join(fake_socket(room=1)), fake_chat.join(fake_socket())
    fake_chat.say(speaker, "one")
    fake_chat.say(speaker, "two")
    fake_chat.leave(member)
    member.sock.room = 100
    member.flush(1.0)
    assert member.sock.got == b"one\ntwo\n"
    fake_chat.say(speaker, "too late")
    assert member.go_on()
    assert b"late" not in member.sock.got
    assert member.state is State.GONE
    assert member.place.backlog is None  # so the room keeps its messages for no member


def test_flush_waits_for_the_postmans_send(fake_chat: Any, fake_socket: Any) -> None:
    """Else the socket would be closed under its send, which could meet the next one's number."""
    inside, go_on = threading.Event(), threading.Event()

    class Slow(fake_socket):  # type: ignore[misc]
        def send(self, data: bytes, flags: int) -> int:
            if self.room:
                inside.set()
                go_on.wait(30)
            return int(super().send(data, flags))

    member = fake_chat.join(Slow(room=0))
    fake_chat.say(member, "one")
    member.sock.room = 100
    postman = threading.Thread(target=member.go_on)
    postman.start()
    inside.wait(30)
    fake_chat.leave(member)
    leaver = threading.Thread(target=member.flush, args=(0.5,))
    leaver.start()
    leaver.join(0.05)
    assert leaver.is_alive()
    go_on.set()
    leaver.join(30)
    postman.join(30)
    assert member.sock.sends == [b"one\n"]


def full(chat: Any, sock: socket.socket) -> Any:
    """A member that has been said more than the kernel takes, MANY bytes."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    member = chat.join(sock)
    chat.say(member, *["x" * 999] * (MANY // 1000))
    assert member.state is State.BEHIND
    return member


def hear(sock: socket.socket, size: int) -> None:
    sock.settimeout(30)
    heard = 0
    while heard < size:
        received = len(sock.recv(65536))
        assert received
        heard += received
    assert heard == size


def test_a_leaver_holds_up_no_other(fake_chat: Any, eventually: Callable[..., Any]) -> None:
    """It may flush for half a second; neither the room nor the postman waits for it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        member = full(fake_chat, ours)
        fake_chat.leave(member)
        leaver = threading.Thread(target=member.flush, args=(30.0,))
        leaver.start()
        assert member.go_on()
        assert leaver.is_alive()
        theirs.close()
        leaver.join(30)
        assert not leaver.is_alive()


def test_flush_gives_a_reader_that_is_behind_its_time_and_not_more(fake_chat: Any) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        member = full(fake_chat, ours)
        fake_chat.leave(member)
        member.flush(0.05)
        assert not member.rest
    ours, theirs = socket.socketpair()
    with ours, theirs:
        member = full(fake_chat, ours)
        fake_chat.say(member, "and this")
        fake_chat.leave(member)
        leaver = threading.Thread(target=member.flush, args=(30.0,))
        leaver.start()
        hear(theirs, MANY + 9)
        leaver.join(30)
        assert not leaver.is_alive()


@pytest.mark.parametrize(
    ("mode", "others", "rests"),
    [
        ("raw", LARGE_ROOM - 1, [REST_S]),
        ("raw", LARGE_ROOM - 2, []),
        ("line", LARGE_ROOM - 1, []),
    ],
)
def test_only_in_a_large_room_a_raw_speaker_rests(
    fake_chat: Any,
    fake_socket: Any,
    monkeypatch: pytest.MonkeyPatch,
    mode: str,
    others: int,
    rests: list[float],
) -> None:
    rested: list[float] = []
    monkeypatch.setattr("labservers.servers.chat_member.time.sleep", rested.append)
    speaker = fake_chat.join(fake_socket(), mode=mode)
    for _ in range(others):
        fake_chat.join(fake_socket(), mode=mode)
    speaker.let_more_come()
    assert rested == rests
