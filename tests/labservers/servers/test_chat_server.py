"""The chat server with raw members, line members, netcat, and clients that leave badly."""

import socket
import struct
import subprocess
import threading
from collections.abc import Callable
from typing import Any

import pytest

from labservers.protocols.chat import Event, Framing
from labservers.servers.chat_audience import GROUP
from labservers.servers.chat_member import Member

RESET = struct.pack("ii", 1, 0)


@pytest.fixture
def heard(monkeypatch: pytest.MonkeyPatch) -> list[Member]:
    """The member each time that its thread goes to hear it: for its room, then for what it says."""
    members: list[Member] = []
    monkeypatch.setattr(Member, "let_more_come", lambda member: members.append(member))
    return members


def test_a_room_hears_what_is_said_in_it_the_sender_included(join: Any) -> None:
    line, raw, elsewhere = join(), join(raw=True), join("2")
    line.say("hello\n")
    line.hear("hello\n")
    raw.hear("hello")
    raw.say("raw words")
    line.hear("raw words\n")
    raw.hear("raw words")
    elsewhere.say("alone\n")
    elsewhere.hear("alone\n")


def test_two_lines_in_one_send_are_two_messages_and_half_a_line_is_none(join: Any) -> None:
    a, b = join(), join()
    a.say("one\ntwo\nthr")
    b.hear("one\ntwo\n")
    a.say("ee\n")
    b.hear("three\n")


@pytest.mark.parametrize("ending", ["exit", "half-close", "close", "reset"])
def test_whoever_leaves_and_however_the_room_goes_on(
    join: Any, chat_server: Any, ending: str, eventually: Callable[..., Any]
) -> None:
    leaver, stayer = join(), join()
    leaver.say("last words\n")
    stayer.hear("last words\n")
    if ending == "exit":
        leaver.say("exit\n")
        leaver.hear("last words\n")
        leaver.hear_the_end()
    elif ending == "half-close":
        leaver.say("unfinished")
        leaver.sock.shutdown(socket.SHUT_WR)
        stayer.hear("unfinished\n")
        leaver.hear("last words\nunfinished\n")
        leaver.hear_the_end()
    else:
        if ending == "reset":
            leaver.sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, RESET)
        leaver.sock.close()
    eventually(lambda: chat_server.rooms.sizes() == {"1": 1}, "one is left")
    stayer.say("still here\n")
    stayer.hear("still here\n")


def test_a_leaver_hears_what_is_being_delivered_at_that_moment(
    chat_server: Any, join: Any, eventually: Callable[..., Any]
) -> None:
    _speaker, leaver = join(), join()
    first, second = chat_server.members
    delivery = first.room.delivery
    with delivery.turn:  # as if a thread delivered
        delivery.put(first, b"hello\n")
        text, members = delivery.next()  # counted by now, and not yet sent
        leaver.say("exit\n")
        eventually(lambda: second.connection.bytes_in == 7, "it has said so, after its id")
        members.send(text, lambda: None)
    leaver.hear("hello\n")
    leaver.hear_the_end()


def test_a_client_that_never_sends_an_id_is_in_no_room(
    chat_server: Any, connect: Callable[..., socket.socket], eventually: Callable[..., Any]
) -> None:
    sock = connect(chat_server.address)
    eventually(lambda: chat_server.frame(1).connections == 1, "connected")
    sock.close()
    eventually(lambda: chat_server.frame(1).connections == 0, "gone")
    assert chat_server.rooms.sizes() == {}


def test_what_is_said_while_a_large_room_is_delivered_to_is_heard_in_order(
    chat_server: Any, join: Any, eventually: Callable[..., Any]
) -> None:
    listeners = [join() for _ in range(3 * GROUP)]
    speaker = join()
    for number in range(500):
        speaker.say(f"{number}\n")
    speaker.say("the last\nexit\n")  # which is no message
    everything = "".join(f"{number}\n" for number in range(500)) + "the last\n"
    for listener in listeners:
        listener.hear(everything)
    speaker.hear(everything)
    speaker.hear_the_end()
    eventually(lambda: chat_server.rooms.sizes() == {"1": len(listeners)}, "the speaker has left")


def test_everybody_hears_the_same_order(join: Any) -> None:
    listeners = [join() for _ in range(3 * GROUP)]
    speakers = [join() for _ in range(4)]

    def speak(number: int, member: Any) -> None:
        for turn in range(50):
            member.say(f"{number}.{turn}\n")

    threads = [
        threading.Thread(target=speak, args=(number, member))
        for number, member in enumerate(speakers)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    heard = []
    for listener in listeners:
        stream = listener.sock.makefile("r", encoding="utf-8")
        heard.append([stream.readline().strip() for _ in range(200)])
        stream.close()
    assert all(order == heard[0] for order in heard)
    for number in range(4):
        own = [line for line in heard[0] if line.startswith(f"{number}.")]
        assert own == [f"{number}.{turn}" for turn in range(50)]


def test_netcat_hears_and_leaves_by_half_close(
    chat_server: Any, join: Any, need: Callable[[str], str]
) -> None:
    listener = join("7")
    given = subprocess.run(
        [need("ncat"), "127.0.0.1", str(chat_server.address[1])],
        input=b"7\nhello from netcat\n",
        capture_output=True,
        timeout=30,
        check=True,
    )
    assert given.stdout == b"hello from netcat\n"
    listener.hear("hello from netcat\n")


def test_the_labs_sender_and_reader(
    chat_server: Any, connect: Callable[..., socket.socket], eventually: Callable[..., Any]
) -> None:
    """The lab's clients as they are: an id of one send, messages without line feeds, recv(1024)."""
    reader, sender = connect(chat_server.address), connect(chat_server.address)
    reader.send(b"1")
    sender.send(b"1")
    eventually(lambda: chat_server.rooms.sizes() == {"1": 2}, "both are in")
    long = "Привет, " * 500
    sender.send(long.encode())
    heard = ""
    while len(heard) < len(long):
        heard += reader.recv(1024).decode()  # strictly: no character may be cut
    assert heard == long
    sender.send(b"exit")
    assert sender.recv(65536)  # its own echo, unread till now


def test_stopping_resets_raw_members_and_ends_line_members_politely(
    chat_server: Any, join: Any
) -> None:
    raw, line = join(raw=True), join()
    chat_server.stop()
    with pytest.raises(ConnectionResetError):
        raw.sock.recv(10)
    line.hear_the_end()


def test_small_messages_are_not_held_back_and_vanished_peers_are_noticed(
    join: Any, chat_server: Any
) -> None:
    """TCP_NODELAY and keepalive, tcp(7), as the accepted sockets really have them."""
    join()
    [member] = chat_server.members

    def option(level: int, name: str) -> int:
        value: int = member.sock.getsockopt(level, getattr(socket, name))
        return value

    assert option(socket.IPPROTO_TCP, "TCP_NODELAY")
    assert option(socket.SOL_SOCKET, "SO_KEEPALIVE")
    if hasattr(socket, "TCP_KEEPIDLE"):
        assert option(socket.IPPROTO_TCP, "TCP_KEEPIDLE") == 60


def test_a_stop_does_not_wait_for_the_end_of_what_somebody_has_to_say(
    chat_server: Any, join: Any, heard: list[Member], eventually: Callable[..., Any]
) -> None:
    """Not every system ends reading at shutdown() while more and more arrives."""
    talker, listener = join(), join()
    eventually(lambda: len(heard) == 4, "each has its room, and is heard")
    chat_server.stopping = True
    talker.say("last words\n")
    listener.hear("last words\n")
    eventually(lambda: chat_server.rooms.sizes() == {"1": 1}, "the talker has left")


def test_what_goes_wrong_with_one_member_ends_only_that_one(
    join: Any, chat_server: Any, heard: list[Member], eventually: Callable[..., Any]
) -> None:
    class Broken(Framing):
        def feed(self, data: bytes) -> list[Event]:
            raise ValueError("a fault of ours")

    victim, other = join("1"), join("2")
    eventually(lambda: len(heard) == 4, "each has its room, and is heard")
    chat_server.members[0].framing = Broken()
    victim.say("its thread has waited for this with the old one\n")
    victim.hear("its thread has waited for this with the old one\n")
    victim.say("hello\n")
    victim.hear_the_end()
    eventually(lambda: "a fault of ours" in chat_server.lines(), "logged")
    other.say("still here\n")
    other.hear("still here\n")


def test_the_stack_size_of_other_threads_stays_as_it_was(serve: Callable[..., Any]) -> None:
    before = threading.stack_size()
    server = serve("chat")
    server.stop()
    for thread in threading.enumerate():
        if thread.name == "serve chat":
            thread.join(8)
    assert threading.stack_size() == before
