"""Turns of delivery, and the time that messages wait for members that are behind."""

import socket
import threading
import time
from typing import Any

import pytest

from labservers.servers.chat_postman import Postman
from labservers.servers.chat_room import CROWDED
from labservers.servers.chat_states import State

PATIENCE_S = 1.0


def fill(chat: Any, speaker: Any, behind: Any) -> None:
    """Say so much that a member that does not read is just far behind."""
    while speaker.room.size - behind.place.at <= CROWDED:
        chat.say(speaker, "x" * 10_000)


def seconds(work: Any) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began


def test_a_reader_that_is_a_little_behind_is_not_waited_for(
    make_chat: Any, fake_socket: Any
) -> None:
    chat = make_chat(patience_s=60.0)
    speaker, behind = chat.join(fake_socket()), chat.join(fake_socket(room=0))
    for _ in range(4):
        chat.say(speaker, "x" * 100_000)
    assert behind.state is State.BEHIND


def test_a_speaker_waits_for_a_reader_that_catches_up(make_chat: Any, fake_socket: Any) -> None:
    chat = make_chat(patience_s=30.0)
    speaker, behind = chat.join(fake_socket()), chat.join(fake_socket(room=0))
    fill(chat, speaker, behind)
    catching_up = threading.Timer(0.02, chat.open_up, [behind])
    catching_up.start()
    assert seconds(lambda: chat.say(speaker, "the next")) < 20.0
    catching_up.join(30)
    assert (behind.state, behind.place.missed_in_all) == (State.LEVEL, 0)
    assert behind.sock.got.endswith(b"x\nthe next\n")


def test_a_slow_reader_is_waited_for_once_and_again_when_it_has_nearly_caught_up(
    make_chat: Any, fake_socket: Any
) -> None:
    chat = make_chat(patience_s=PATIENCE_S)
    speaker, behind = chat.join(fake_socket()), chat.join(fake_socket(room=0))
    fill(chat, speaker, behind)
    assert PATIENCE_S - 0.05 < seconds(lambda: chat.say(speaker, "the next")) < 4.0
    assert behind.state is State.SLOW  # from now on it misses messages, and no speaker waits
    assert seconds(lambda: [chat.say(speaker, "x" * 50_000) for _ in range(20)]) < 10 * PATIENCE_S
    chat.rooms.count_missed()
    assert behind.place.missed_in_all > 0
    behind.sock.room = 400_000
    assert not behind.go_on()
    assert behind.state is State.SLOW  # it reads again, and is still far behind
    behind.sock.room = 400_000
    assert not behind.go_on()
    assert behind.state is State.BEHIND  # it has nearly caught up


@pytest.mark.parametrize("how", ["leave", "read", "break"])
def test_a_member_that_goes_or_reads_at_that_moment_is_not_waited_for(
    make_chat: Any, fake_socket: Any, how: str
) -> None:
    chat = make_chat(patience_s=60.0)
    speaker, behind = chat.join(fake_socket()), chat.join(fake_socket(room=0))
    fill(chat, speaker, behind)
    waiting = threading.Thread(target=chat.say, args=(speaker, "the next"))
    waiting.start()
    if how == "leave":
        # Its thread waits for the turn as well: the speaker has it until the reader reads.
        leaver = threading.Thread(target=chat.leave, args=(behind,))
        leaver.start()
        chat.open_up(behind)
        leaver.join(30)
    elif how == "read":
        chat.open_up(behind)
    else:
        behind.sock.error = ConnectionResetError()
        assert behind.go_on()
    waiting.join(30)
    assert not waiting.is_alive()


def test_the_time_of_a_slow_reader_counts_from_the_last_byte_that_went_out(
    make_chat: Any, fake_socket: Any
) -> None:
    chat = make_chat(patience_s=4 * PATIENCE_S)
    speaker, behind = chat.join(fake_socket()), chat.join(fake_socket(room=1000))
    fill(chat, speaker, behind)
    chat.now += 3 * PATIENCE_S
    took = seconds(lambda: chat.say(speaker, "the next"))
    assert PATIENCE_S - 0.05 < took < 3 * PATIENCE_S
    assert behind.state is State.SLOW
    behind.sock.room = 700_000  # it has nearly caught up, and a byte went out just now
    assert not behind.go_on()
    assert behind.state is State.BEHIND
    fill(chat, speaker, behind)
    chat.now += 2 * PATIENCE_S
    assert not behind.go_on()  # the kernel takes nothing: the time goes on
    took = seconds(lambda: chat.say(speaker, "the next"))
    assert 2 * PATIENCE_S - 0.05 < took < 4 * PATIENCE_S


def test_all_that_are_far_behind_are_given_one_patience_together(
    make_chat: Any, fake_socket: Any
) -> None:
    chat = make_chat(patience_s=PATIENCE_S)
    speaker = chat.join(fake_socket())
    behind = [chat.join(fake_socket(room=0)) for _ in range(5)]
    fill(chat, speaker, behind[0])

    def pass_time() -> None:
        chat.now += PATIENCE_S

    clock = threading.Timer(PATIENCE_S / 2, pass_time)
    clock.start()
    took = seconds(lambda: chat.say(speaker, "the next"))
    clock.join(30)
    assert PATIENCE_S - 0.05 < took < 4 * PATIENCE_S  # each by itself: five times
    assert {member.state for member in behind} == {State.SLOW}


def test_what_is_said_while_a_thread_delivers_goes_out_together(
    fake_chat: Any, fake_socket: Any, eventually: Any
) -> None:
    one, two = fake_chat.join(fake_socket()), fake_chat.join(fake_socket())
    delivery = one.room.delivery
    with delivery.turn:  # as if a thread delivered at the moment
        threads = []
        for member, texts in ((one, ["first"]), (two, ["second", "third"])):
            before = len(delivery)
            thread = threading.Thread(target=fake_chat.say, args=(member, *texts))
            threads.append(thread)
            thread.start()
            eventually(lambda before=before: len(delivery) > before, "it waits for the turn")
    for thread in threads:
        thread.join(30)
    assert one.sock.sends == two.sock.sends == [b"first\nsecond\nthird\n"]
    said = [(data["id"], data["seq"], data["sizes"]) for data in fake_chat.events("said")]
    assert said == [(1, 1, [5]), (2, 2, [6, 5])]


def test_a_fault_of_ours_in_a_delivery_gives_the_turn_back(
    fake_chat: Any, fake_socket: Any
) -> None:
    speaker, other = fake_chat.join(fake_socket()), fake_chat.join(fake_socket())
    other.sock.error = ZeroDivisionError()
    with pytest.raises(ZeroDivisionError):
        fake_chat.say(speaker, "one")
    other.sock.error = None
    fake_chat.say(speaker, "two")
    assert speaker.sock.got == b"one\ntwo\n"


def test_many_speakers_one_slow_reader_and_the_postman_lose_nothing(
    make_chat: Any, fake_socket: Any
) -> None:
    """All deliver in turn; a thread that finds the kernel full calls the postman."""
    chat = make_chat()
    postman = Postman(chat.log)
    postman.start()
    chat.call = postman.call
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.settimeout(30)
    listener = chat.join(ours)
    speakers = [chat.join(fake_socket()) for _ in range(8)]

    def speak(number: int) -> None:
        for turn in range(500):
            chat.say(speakers[number], f"{number}.{turn}")

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(8)]
    with ours, theirs, theirs.makefile("r", encoding="utf-8") as stream:
        for thread in threads:
            thread.start()
        heard = [stream.readline().strip() for _ in range(8 * 500)]
        for thread in threads:
            thread.join(30)
    postman.end()
    assert listener.place.missed_in_all == 0
    for number in range(8):
        own = [line for line in heard if line.startswith(f"{number}.")]
        assert own == [f"{number}.{turn}" for turn in range(500)]
    assert all(speaker.sock.got == speakers[0].sock.got for speaker in speakers)
