"""Rooms whose members have sockets that take what the test says: who is behind, what is missed,
who is waited for."""

import io
import socket
import threading
import time
from itertools import count
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.observe.log import Log
from labservers.observe.monitor import Connection, Monitor
from labservers.servers import chat_room
from labservers.servers.chat_backlog import CAPACITY, SEGMENT_BYTES
from labservers.servers.chat_outbox import Outbox, Postman
from labservers.servers.chat_room import PATIENCE_S, Place, Room, Rooms


class Socket:
    """Takes `room` bytes and then no more."""

    def __init__(self, room: int = 1 << 40) -> None:
        self.room = room
        self.got = b""

    def send(self, data: bytes, _flags: int) -> int:
        if not self.room:
            raise BlockingIOError
        taken = data[: self.room]
        self.room -= len(taken)
        self.got += taken
        return len(taken)

    def shutdown(self, how: int) -> None:
        pass

    def fileno(self) -> int:
        return 0


class House:
    """Rooms, and a Postman who comes when the test says."""

    def __init__(self) -> None:
        self.log = Log("chat", io.StringIO())
        self.log.close()  # nothing is written here
        self.monitor = Monitor(self.log)
        self.rooms = Rooms(self.monitor)
        self._ids = count(1)

    def join(self, sock: Any, name: str = "1", mode: str = "line") -> Place:
        outbox = Outbox(sock, Connection(next(self._ids), "peer", None))
        outbox.mode = mode
        room = self.rooms.join(name, outbox)
        return room.members[outbox.connection.id]

    def say(self, place: Place, *texts: str) -> None:
        room = place._room
        room.spoken.append((place.outbox, "".join(f"{text}\n" for text in texts).encode()))
        with room.turn:
            deliver(room)

    def leave(self, place: Place) -> None:
        self.rooms.leave(place._room, place.outbox.connection, "exit")


def deliver(room: Room) -> list[Outbox]:
    lines, level = room.take_spoken()
    return room.fall_behind([id for id, outbox in level if not outbox.send(lines)])


def kept(room: Room) -> int:
    """Bytes in the backlog."""
    assert room._backlog is not None
    return room._backlog.end - room._backlog.oldest.begin


def open_up(place: Place) -> None:
    """The kernel takes everything from now on, and the Postman has noticed."""
    sock: Any = place.outbox.sock
    sock.room = 1 << 40
    while not place.outbox.go_on():
        pass


@pytest.fixture
def house() -> House:
    return House()


@pytest.fixture
def speaker(house: House) -> Place:
    return house.join(Socket())


def test_who_is_behind_reads_on_and_is_level_again(house: House, speaker: Place) -> None:
    sock = Socket(room=5)
    behind = house.join(sock)
    house.say(speaker, "one", "two")
    house.say(speaker, "three")
    assert sock.got == b"one\nt"
    assert list(speaker._room.level) == [1]
    assert behind.read_on() == (0, b"three\n")
    house.say(speaker, "four")
    assert not behind.catch_up()
    open_up(behind)
    assert sock.got == b"one\ntwo\nfour\n"  # "three" has been read above
    assert list(speaker._room.level) == [1, 2]
    assert not speaker._room.awaited
    house.say(speaker, "five")
    assert sock.got.endswith(b"four\nfive\n")
    assert speaker.outbox.sock.got == b"one\ntwo\nthree\nfour\nfive\n"
    assert speaker._room._backlog is None


def test_who_joins_while_somebody_is_behind_hears_what_comes(house: House, speaker: Place) -> None:
    behind = house.join(Socket(room=0))
    house.say(speaker, "before")
    late = house.join(sock := Socket())
    house.say(speaker, "after")
    assert sock.got == b"after\n"
    open_up(behind)
    late.outbox.sock.room = 0
    house.say(speaker, "more")
    open_up(late)
    assert sock.got == b"after\nmore\n"
    assert behind.outbox.sock.got == b"before\nafter\nmore\n"


def test_the_oldest_are_given_up_and_the_notice_stands_where_they_are_missing(
    house: House, speaker: Place
) -> None:
    sock = Socket(room=2)
    behind = house.join(sock)
    house.say(speaker, "first")
    text = "x" * 1000
    for _ in range(2000):
        house.say(speaker, text)
    house.say(speaker, "last")
    house.rooms.count_dropped()  # as for a frame: it is known before anybody reads
    dropped = behind.dropped
    assert 2000 - CAPACITY / 1000 < dropped < 2000 - CAPACITY / 1001 + 70
    assert house.monitor.counts["dropped"] == dropped
    open_up(behind)
    house.say(speaker, "later")
    kept = [text] * (2000 - dropped)
    assert sock.got.decode().splitlines() == [
        "first", f"* {dropped} messages were skipped", *kept, "last", "later",
    ]  # fmt: skip
    assert house.monitor.counts["dropped"] == behind.dropped == dropped


def test_a_raw_member_is_told_nothing_of_what_it_missed(house: House, speaker: Place) -> None:
    behind = house.join(Socket(room=0), mode="raw")
    for _ in range(20):
        house.say(speaker, "x" * 60_000)
    open_up(behind)
    assert behind.dropped > 0
    assert behind.outbox.sock.got == b"x" * (60_000 * (20 - behind.dropped))
    behind.outbox.mode = "line"
    house.say(speaker, "later")
    assert behind.outbox.sock.got.endswith(b"xlater\n")  # nothing is missing just here


def test_rooms_that_everybody_has_left_are_remembered_and_bounded(
    house: House, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(chat_room, "ROOMS_REMEMBERED", 3)
    for name in "abca" + "d":
        place = house.join(Socket(), name)
        house.say(place, "one")
        house.leave(place)
    assert dict(house.rooms._numbers) == {"c": 1, "a": 2, "d": 1}
    assert house.join(Socket(), "a")._room.messages == 2
    assert house.monitor.requests == 5


def test_however_many_do_not_read_the_messages_are_kept_once(house: House, speaker: Place) -> None:
    deaf = [house.join(Socket(room=0)) for _ in range(50)]
    for number in range(3_000):
        house.say(speaker, f"{number} " + "x" * 1000)
    assert {place.backlog for place in deaf} == {speaker._room._backlog}
    assert kept(speaker._room) <= CAPACITY + SEGMENT_BYTES
    assert sum(len(lines) for place in deaf for lines in place.outbox._rest) < 50 * 1100


def test_whoever_leaves_is_sent_what_was_said_before_and_nothing_after(
    house: House, speaker: Place
) -> None:
    behind, other = house.join(Socket(room=1)), house.join(Socket(room=1))
    house.say(speaker, "one")
    house.say(speaker, "two")
    house.leave(behind)
    house.say(speaker, "three")
    open_up(other)  # the room keeps no backlog any more
    behind.outbox.sock.room = 100
    behind.outbox.finish(1.0)
    assert behind.outbox.sock.got == b"one\ntwo\n"
    assert behind.catch_up()
    assert list(speaker._room.level) == [1, 3]
    assert not speaker._room.awaited
    assert other.outbox.sock.got == b"one\ntwo\nthree\n"
    assert speaker._room._backlog is None


def test_what_is_given_up_of_who_has_left_counts_up_to_then(house: House, speaker: Place) -> None:
    behind, other = house.join(Socket(room=0)), house.join(Socket(room=0))
    house.say(speaker, "one")
    house.say(speaker, "two", "three")
    house.leave(behind)
    for _ in range(30):
        house.say(speaker, "x" * 60_000)
    behind.outbox.sock.room = 1000
    behind.outbox.finish(1.0)
    assert behind.outbox.sock.got == b"one\n* 2 messages were skipped\n"
    assert behind.dropped == 2
    house.leave(other)
    assert house.monitor.counts["dropped"] == behind.dropped + other.dropped > 12


def test_who_left_in_the_middle_of_a_delivery_is_not_behind(house: House, speaker: Place) -> None:
    leaver = house.join(Socket(room=0))
    room = speaker._room
    room.spoken.append((speaker.outbox, b"one\n"))
    lines, level = room.take_spoken()
    ids = [id for id, outbox in level if not outbox.send(lines)]
    house.leave(leaver)
    assert room.fall_behind(ids) == []
    assert room._backlog is None
    assert not room.awaited
    assert list(room.level) == [1]


def test_who_leaves_while_level_is_sent_no_more(house: House, speaker: Place) -> None:
    leaver, deaf = house.join(Socket()), house.join(Socket(room=0))
    house.say(speaker, "one")
    for place in (leaver, deaf):
        house.leave(place)
    house.say(speaker, "two")
    assert leaver.outbox.sock.got == b"one\n"
    assert speaker._room._backlog is None
    assert list(speaker._room.level) == [1]
    assert not speaker._room.awaited


def test_a_reader_that_is_a_little_behind_is_not_waited_for(
    house: House, speaker: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    behind = house.join(Socket(room=0))
    monkeypatch.setattr(behind.caught_up, "wait", lambda left: pytest.fail("waited for"))
    for _ in range(3):
        house.say(speaker, "x" * 100_000)
    speaker._room.wait_for_readers()
    assert speaker._room.awaited == {behind}


def test_a_speaker_waits_for_a_reader_that_catches_up_and_for_a_slow_one_once(
    house: House, speaker: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    room = speaker._room
    behind = house.join(Socket(room=0))

    def fill() -> None:
        for _ in range(90):
            house.say(speaker, "x" * 10_000)

    fill()
    monkeypatch.setattr(chat_room, "PATIENCE_S", 5.0)
    catching_up = threading.Timer(0.02, open_up, [behind])
    catching_up.start()
    room.wait_for_readers()
    assert behind.outbox.sock.got.endswith(b"x\n")  # nor did it take the 5 s:
    assert behind.dropped == 0
    assert behind.caught_up.is_set()
    catching_up.join(5)

    monkeypatch.setattr(chat_room, "PATIENCE_S", 0.05)
    behind.outbox.sock.room = 0
    fill()
    began = time.monotonic()
    room.wait_for_readers()
    assert 0.01 < time.monotonic() - began < 2
    assert not room.awaited  # it is slow: from now on it misses messages and nobody waits
    fill()
    house.rooms.count_dropped()
    assert behind.dropped > 0
    behind.outbox.sock.room = 400_000
    assert not behind.outbox.go_on()
    assert not room.awaited  # it reads again, and is still far behind
    behind.outbox.sock.room = 400_000
    assert not behind.outbox.go_on()
    assert room.awaited == {behind}  # it has nearly caught up


@pytest.mark.parametrize("how", ["leave", "read"])
def test_who_goes_away_or_reads_at_that_moment_is_not_waited_for(
    house: House, speaker: Place, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    monkeypatch.setattr(chat_room, "PATIENCE_S", 60.0)
    behind = house.join(Socket(room=0))
    for _ in range(90):
        house.say(speaker, "x" * 10_000)
    waiting = threading.Thread(target=speaker._room.wait_for_readers)
    waiting.start()
    house.leave(behind) if how == "leave" else open_up(behind)
    waiting.join(5)
    assert not waiting.is_alive()


def test_the_time_of_a_slow_reader_counts_from_the_last_byte_that_went_out(
    house: House, speaker: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, waits = [100.0], list[float]()
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    behind = house.join(Socket(room=1000))
    monkeypatch.setattr(behind.caught_up, "wait", lambda left: bool(waits.append(left)))
    for _ in range(18):
        house.say(speaker, "x" * 50_000)
    clock[0] += PATIENCE_S * 3 / 4
    speaker._room.wait_for_readers()
    assert waits.pop() == pytest.approx(PATIENCE_S / 4)
    speaker._room.awaited.add(behind)  # as if it had caught up
    behind.outbox.sock.room = 5
    assert not behind.outbox.go_on()
    speaker._room.wait_for_readers()
    assert waits.pop() == pytest.approx(PATIENCE_S)


def test_all_that_are_far_behind_are_given_one_patience_together(
    house: House, speaker: Place, monkeypatch: pytest.MonkeyPatch
) -> None:
    clock, waits = [100.0], list[float]()
    monkeypatch.setattr(time, "monotonic", lambda: clock[0])
    places = [house.join(Socket(room=0)) for _ in range(3)]

    def wait(left: float) -> bool:
        waits.append(left)
        clock[0] += left
        for place in places:
            place.outbox.moved_at = clock[0]  # a byte at a time
        return False

    for place in places:
        monkeypatch.setattr(place.caught_up, "wait", wait)
    for _ in range(90):
        house.say(speaker, "x" * 10_000)
    speaker._room.wait_for_readers()
    assert waits == [pytest.approx(PATIENCE_S), 0.0, 0.0]
    assert not speaker._room.awaited


@given(
    st.lists(st.one_of(st.integers(1, 9), st.just(0)), max_size=60),
    st.lists(st.integers(1, 400_000), max_size=60),
)
def test_what_is_heard_and_what_is_told_as_skipped_is_everything(
    turns: list[int], rooms: list[int]
) -> None:
    house = House()
    speaker, behind = house.join(Socket()), house.join(sock := Socket(room=0))
    spoken = 0
    for turn in turns:
        if turn:
            house.say(speaker, *(f"{spoken + n} " + "x" * 50_000 for n in range(turn)))
            spoken += turn
        elif rooms:
            sock.room += rooms.pop()
            behind.outbox.go_on()
    open_up(behind)
    expected = 0
    for line in sock.got.decode().splitlines():
        if line.startswith("* "):
            expected += int(line.split()[1])
        else:
            assert int(line.split()[0]) == expected
            expected += 1
    assert expected == spoken
    if speaker._room.messages:
        assert len(speaker.outbox.sock.got.splitlines()) == spoken


def test_many_speakers_one_slow_reader_and_the_postman_lose_nothing(house: House) -> None:
    """Everybody delivers in turn; whoever finds the kernel full calls the Postman."""
    postman = Postman(house.log)
    postman.start()
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.settimeout(10)
    listener = house.join(ours)
    room = listener._room
    speakers = [house.join(Socket()) for _ in range(8)]

    def speak(number: int) -> None:
        for turn in range(500):
            room.spoken.append((speakers[number].outbox, f"{number}.{turn}\n".encode()))
            with room.turn:
                if room.spoken:
                    for outbox in deliver(room):
                        postman.wait_for(outbox)

    threads = [threading.Thread(target=speak, args=(number,)) for number in range(8)]
    with ours, theirs, theirs.makefile("r", encoding="utf-8") as stream:
        for thread in threads:
            thread.start()
        heard = [stream.readline().strip() for _ in range(8 * 500)]
        for thread in threads:
            thread.join(5)
    postman.end()
    assert listener.dropped == 0
    for number in range(8):
        own = [line for line in heard if line.startswith(f"{number}.")]
        assert own == [f"{number}.{turn}" for turn in range(500)]
    assert all(speaker.outbox.sock.got == speakers[0].outbox.sock.got for speaker in speakers)
