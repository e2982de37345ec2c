"""Both ends of a channel, over real sockets."""

import os
import socket
import threading
import time
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.checks.patience import strain
from labservers.observe.channel import Channel, Lines


@pytest.fixture
def ends() -> Iterator[tuple[Channel, socket.socket]]:
    """A channel, and the other side's bare socket."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours, capacity=1_000_000)
    yield channel, theirs
    channel.close()
    theirs.close()


def read_all(sock: socket.socket) -> bytes:
    sock.setblocking(False)
    found = bytearray()
    try:
        while piece := sock.recv(65_536):
            found += piece
    except BlockingIOError:
        pass
    return bytes(found)


def test_lines_go_both_ways(ends: tuple[Channel, socket.socket]) -> None:
    channel, other = ends
    assert channel.send(b"one\n")
    assert channel.send(b"two\n")
    assert other.recv(100) == b"one\ntwo\n"
    other.sendall(b"three\nfo")
    other.sendall(b"ur\n")
    other.shutdown(socket.SHUT_WR)
    assert list(channel.lines()) == [b"three", b"four"]


def test_a_descriptor_is_taken_over_and_not_passed_on() -> None:
    ours, theirs = socket.socketpair()
    os.set_inheritable(theirs.fileno(), True)
    channel = Channel.inherited(os.dup(theirs.fileno()))
    theirs.close()
    channel.send(b"here\n")
    assert ours.recv(100) == b"here\n"
    channel.close()
    assert ours.recv(100) == b""
    ours.close()
    with pytest.raises(OSError, match="Bad file descriptor"):
        Channel.inherited(10**6)
    with open(os.devnull) as file, pytest.raises(OSError, match="socket"):
        Channel.inherited(os.dup(file.fileno()))


def test_a_reader_that_does_not_read_costs_lines_not_time(
    ends: tuple[Channel, socket.socket],
) -> None:
    """Whole lines come in order, the newest among them; the rest is counted."""
    channel, other = ends
    line = b"x" * 9_999 + b"\n"
    began = time.monotonic()
    for number in range(500):
        assert channel.send(b"%04d" % number + line[4:])
    assert time.monotonic() - began < 2.0 * strain()
    assert not channel.flush(0.01)
    received = b""
    while not channel.flush():
        received += read_all(other)
    received += read_all(other)
    numbers = [int(line[:4]) for line in received.splitlines()]
    assert numbers == sorted(numbers)
    assert len(numbers) == 500 - channel.lost
    assert 100 <= len(numbers) < 500
    assert numbers[-100:] == list(range(400, 500))
    assert all(len(line) == 9_999 for line in received.splitlines())
    assert channel.send(b"and on\n")
    assert read_all(other) == b"and on\n"


def test_flush_waits_until_the_reader_has_made_room(ends: tuple[Channel, socket.socket]) -> None:
    channel, other = ends
    while channel.flush():
        channel.send(b"x" * 99_999 + b"\n")
    reading = threading.Thread(target=lambda: list(Channel(other).lines()))
    reading.start()
    assert channel.flush(10.0)
    channel.close()
    reading.join(30)


def test_lines_of_many_threads_stay_whole() -> None:
    ours, theirs = socket.socketpair()
    channel, reader = Channel(ours), Channel(theirs)
    received: list[bytes] = []
    reading = threading.Thread(target=lambda: received.extend(reader.lines()))
    reading.start()

    def speak(number: int) -> None:
        for count in range(200):
            channel.send(b"%d %d " % (number, count) + b"y" * 3_000 + b"\n")

    speakers = [threading.Thread(target=speak, args=(number,)) for number in range(5)]
    for speaker in speakers:
        speaker.start()
    for speaker in speakers:
        speaker.join()
    assert channel.flush(10.0)
    channel.close()
    reading.join(30)
    reader.close()
    assert channel.lost == 0
    words = [line.split(b" ") for line in received]
    assert all(len(word) == 3 and len(word[2]) == 3_000 for word in words)
    for number in range(5):
        assert [int(w[1]) for w in words if int(w[0]) == number] == list(range(200))


def test_the_end_of_either_side_is_seen_and_nothing_raises(
    ends: tuple[Channel, socket.socket],
) -> None:
    channel, other = ends
    other.close()
    assert list(channel.lines()) == []
    channel.send(b"nobody hears this\n")
    assert not channel.send(b"nor this\n")
    assert not channel.flush(10.0)
    assert not channel.open
    channel.close()
    channel.close()


def test_a_reset_is_an_end() -> None:
    """A peer that ends with unread bytes resets the connection."""
    ours, theirs = socket.socketpair()
    channel = Channel(ours)
    channel.send(b"unread\n")
    theirs.close()
    assert list(channel.lines()) == []
    channel.close()


def test_close_ends_a_thread_that_reads(ends: tuple[Channel, socket.socket]) -> None:
    channel, _ = ends
    reading = threading.Thread(target=lambda: list(channel.lines()))
    reading.start()
    channel.close()
    reading.join(30)
    assert not reading.is_alive()


def expected(data: bytes, limit: int) -> list[bytes]:
    *complete, rest = data.split(b"\n")
    return [line[:limit] for line in [*complete, *([rest] if rest else [])]]


@given(st.lists(st.binary(max_size=9) | st.just(b"\n")), st.integers(1, 12))
def test_lines_are_the_same_however_they_are_cut(pieces: list[bytes], limit: int) -> None:
    lines = Lines(limit)
    found = [line for piece in pieces for line in lines.feed(piece)] + lines.end()
    assert found == expected(b"".join(pieces), limit)


def test_a_line_without_end_is_kept_to_its_bound() -> None:
    lines = Lines(1_000)
    for _ in range(200):
        assert lines.feed(b"x" * 65_536) == []
    assert lines.feed(b"\nnext\n") == [b"x" * 1_000, b"next"]


def test_a_number_that_is_another_files_now_is_not_touched() -> None:
    """A program has closed all descriptors and opened its own, which got the channel's number."""
    ours, theirs = socket.socketpair()
    number = ours.detach()
    channel = Channel.inherited(number)
    mine, client = socket.socketpair()
    os.dup2(mine.fileno(), number)
    client.sendall(b"for the program\n")
    assert channel.taken_away
    assert not channel.send(b"for the dashboard\n")
    assert list(channel.lines()) == []
    assert read_all(theirs) == b""
    channel.close()
    assert read_all(client) == b""
    assert read_all(mine) == b"for the program\n"
    os.close(number)
    for sock in (theirs, mine, client):
        sock.close()
