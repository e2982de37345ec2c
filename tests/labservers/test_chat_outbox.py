"""A member's outbox beside a socket that takes what the test says, and the Postman beside real
ones: order, bounds, what is told, and who goes on sending."""

import errno
import os
import socket
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from labservers.monitor import Connection
from labservers.servers import chat_outbox
from labservers.servers.chat_outbox import (
    CAPACITY,
    PATIENCE_S,
    Outbox,
    Postman,
    Said,
    skipped_notice,
)


class Socket:
    """Takes `room` bytes and then no more; `sends` is what each send brought."""

    def __init__(self, room: int = 1 << 30, error: int = 0) -> None:
        self.room = room
        self.error = error
        self.sends: list[bytes] = []
        self.reading_ended = False

    def send(self, data: bytes, _flags: int) -> int:
        if self.error:
            raise OSError(self.error, os.strerror(self.error))
        if self.room == 0:
            raise BlockingIOError
        taken = data[: self.room]
        self.room -= len(taken)
        self.sends.append(taken)
        return len(taken)

    def shutdown(self, how: int) -> None:
        self.reading_ended = how == socket.SHUT_RD

    @property
    def got(self) -> bytes:
        return b"".join(self.sends)


def outbox_of(sock: Any, mode: str = "line") -> Outbox:
    outbox = Outbox(sock, Connection(1, "peer", None))
    outbox.mode = mode
    return outbox


def open_up(sock: Socket, outbox: Outbox) -> None:
    """The kernel takes everything from now on, and the Postman has noticed."""
    sock.room, outbox.blocked = 1 << 30, False
    while not outbox.flush():
        outbox.blocked = False


def said(outbox: Outbox, *texts: str) -> Said:
    """What is said next to the owner of an outbox, in one go."""
    number, begin = outbox._expected, outbox._taken
    if outbox._queue:
        number, begin = outbox._queue[-1].next, outbox._queue[-1].end
    return Said("".join(f"{text}\n" for text in texts).encode(), number, begin)


def put(outbox: Outbox, *texts: str) -> int:
    return sum(outbox.put(said(outbox, text)) for text in texts)


def test_queued_lines_go_out_in_one_send_and_raw_messages_each_in_their_own() -> None:
    sock = Socket()
    outbox = outbox_of(sock)
    put(outbox, "one", "two", "three")
    assert outbox.flush()
    assert sock.sends == [b"one\ntwo\nthree\n"]
    sock = Socket()
    outbox = outbox_of(sock, "raw")
    put(outbox, "one", "two", "я" * 600)
    assert outbox.flush()
    assert sock.sends[:2] == [b"one", b"two"]
    assert [len(sent) for sent in sock.sends[2:]] == [1024, 176]


def test_what_the_kernel_took_in_part_goes_on_where_it_stopped() -> None:
    sock = Socket(room=4)
    outbox = outbox_of(sock)
    put(outbox, "one", "two")
    assert not outbox.flush()
    put(outbox, "three")
    assert not outbox.flush()  # the Postman has it
    sock.room = 100
    outbox.blocked = False
    assert outbox.flush()
    assert sock.got == b"one\ntwo\nthree\n"


def test_the_oldest_are_dropped_and_the_notice_stands_where_they_are_missing() -> None:
    sock = Socket(room=2)
    outbox = outbox_of(sock)
    put(outbox, "first")
    outbox.flush()
    text = "x" * 1000
    dropped = put(outbox, *[text] * 2000, "last")
    assert dropped == outbox.dropped > 0
    open_up(sock, outbox)
    lines = sock.got.decode().splitlines()
    kept = 2000 - dropped
    assert lines == ["first", f"* {dropped} messages were skipped", *[text] * kept, "last"]
    put(outbox, "later")
    outbox.flush()
    assert sock.got.endswith(b"last\nlater\n")


def test_a_message_is_sent_at_once_where_nothing_waits_before_it() -> None:
    sock = Socket()
    outbox = outbox_of(sock)
    assert outbox.deliver(said(outbox, "one", "two")) is None
    assert outbox.deliver(said(outbox, "three")) is None
    assert sock.sends == [b"one\ntwo\n", b"three\n"]


@pytest.mark.parametrize("room", [0, 2])
def test_what_the_kernel_does_not_take_at_once_goes_before_the_next(room: int) -> None:
    sock = Socket(room=room)
    outbox = outbox_of(sock)
    assert outbox.deliver(said(outbox, "one")) == 0
    assert not outbox.flush()
    assert outbox.deliver(said(outbox, "two")) == 0
    assert sock.got == b"one\n"[:room]
    open_up(sock, outbox)
    assert sock.got == b"one\ntwo\n"
    assert outbox.deliver(said(outbox, "three")) is None


def test_raw_members_and_those_who_miss_messages_are_served_by_the_queue() -> None:
    sock = Socket()
    outbox = outbox_of(sock, "raw")
    assert outbox.deliver(said(outbox, "one", "two")) == 0
    assert outbox.flush()
    outbox.mode = "line"
    assert outbox.deliver(Said(b"five\n", 4, outbox._taken)) == 0
    assert outbox.flush()
    assert sock.got == b"onetwo* 2 messages were skipped\nfive\n"


def test_a_message_that_meets_a_broken_socket_is_given_up() -> None:
    sock = Socket(error=errno.ECONNRESET)
    outbox = outbox_of(sock)
    assert outbox.deliver(said(outbox, "one")) == 0
    assert sock.reading_ended
    assert outbox.flush()
    assert outbox.deliver(Said(b"two\n", 1, 100)) == 0
    assert not outbox._queue


def test_who_joins_later_hears_and_misses_nothing_of_before() -> None:
    sock = Socket()
    outbox = outbox_of(sock)
    outbox.begin(7, 10_000)
    assert outbox.deliver(Said(b"eighth\n", 7, 10_000)) is None
    assert sock.got == b"eighth\n"


def test_what_is_dropped_while_others_are_taken_is_told_between_them() -> None:
    sock = Socket()
    outbox = outbox_of(sock)
    put(outbox, "one", "two", "three")
    del outbox._queue[1]  # as put() does it in another thread when "one" has just been taken
    assert outbox.flush()
    assert sock.got == b"one\n* 1 message was skipped\nthree\n"


def test_messages_that_came_together_are_one_send_and_are_counted_one_by_one() -> None:
    for mode, sends in (("line", [b"a\nb\nc\n"]), ("raw", [b"a", b"b", b"c"])):
        sock = Socket()
        outbox = outbox_of(sock, mode)
        outbox.put(said(outbox, "a", "b", "c"))
        assert outbox.flush()
        assert sock.sends == sends
    outbox = outbox_of(Socket(room=0))
    long = "x" * (CAPACITY // 2)
    assert outbox.put(said(outbox, "a", "b", "c")) == 0
    assert outbox.put(said(outbox, long)) == 0
    assert outbox.put(said(outbox, long)) == 3 + 1


def test_the_notice_counts_in_english() -> None:
    assert skipped_notice(1) == b"* 1 message was skipped\n"
    assert skipped_notice(12) == b"* 12 messages were skipped\n"


def test_short_messages_are_bounded_as_well() -> None:
    outbox = outbox_of(Socket(room=0))
    dropped = put(outbox, *["x"] * 100_000)
    assert 100_000 - dropped < CAPACITY / 60
    assert len(outbox._queue) == 100_000 - dropped


def test_one_message_is_kept_however_long_it_is() -> None:
    sock = Socket()
    outbox = outbox_of(sock)
    assert put(outbox, "x" * (2 * CAPACITY)) == 0
    assert put(outbox, "next") == 1
    assert outbox.flush()
    assert sock.got == b"* 1 message was skipped\nnext\n"


def test_raw_members_are_told_nothing_and_the_mode_may_change_in_the_middle() -> None:
    sock = Socket(room=3)
    outbox = outbox_of(sock, "raw")
    put(outbox, "begun", "raw")
    outbox.flush()
    put(outbox, *["x" * 60_000] * 20)
    assert outbox.dropped > 0
    outbox.mode = "line"
    open_up(sock, outbox)
    lines = sock.got.decode().splitlines()
    assert lines[0] == f"begunraw* {outbox.dropped} messages were skipped"
    sock = Socket(room=0)
    outbox = outbox_of(sock, "raw")
    put(outbox, *["x" * 60_000] * 20)
    open_up(sock, outbox)
    assert b"skipped" not in sock.got
    outbox.mode = "line"
    put(outbox, "later")
    outbox.flush()
    assert sock.got.endswith(b"xlater\n")  # nothing is missing just here


def test_a_speaker_waits_for_a_reader_that_catches_up_and_for_a_slow_one_once() -> None:
    sock = Socket(room=0)
    outbox = outbox_of(sock)
    crowd = ["x" * 10_000] * 90
    put(outbox, *crowd)
    assert outbox.crowded
    catching_up = threading.Timer(0.02, open_up, [sock, outbox])
    catching_up.start()
    outbox.wait_for_reader(time.monotonic() + 5)
    assert sock.got.endswith(b"x\n")  # it did not take 5 s, which the next line would show
    assert not catching_up.join(1)
    assert (outbox.crowded, outbox.dropped) == (False, 0)

    sock.room = 0
    put(outbox, *crowd)
    assert outbox.crowded
    began = time.monotonic()
    outbox.wait_for_reader(began + 0.05)
    assert time.monotonic() - began < 2
    put(outbox, *crowd)
    assert not outbox.crowded  # it is slow: from now on it misses messages and nobody waits
    assert outbox.dropped > 0
    open_up(sock, outbox)
    put(outbox, *crowd)
    sock.room = 0
    assert outbox.crowded  # it had caught up


def test_a_reader_that_catches_up_at_that_very_moment_is_not_waited_for() -> None:
    """Who sends saw that it was not crowded yet, just before it became so."""
    outbox = outbox_of(Socket(room=0))
    put(outbox, *["x" * 10_000] * 75)

    class Event(threading.Event):
        def clear(self) -> None:
            super().clear()
            outbox._queue.clear()

    outbox._caught_up = Event()
    put(outbox, "x" * 100_000)
    assert not outbox.crowded
    assert outbox._caught_up.is_set()


def test_who_leaves_is_not_waited_for() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox = outbox_of(ours)
        put(outbox, *["x" * 10_000] * 90)
        outbox.finish(0.0)
        began = time.monotonic()
        outbox.wait_for_reader(began + 5)
        assert time.monotonic() - began < 2


def test_nobody_sends_for_a_fast_reader_for_ever() -> None:
    """A thread that flushes for others who keep putting has its turn, then the Postman goes on."""
    sock = Socket()
    outbox = outbox_of(sock, "raw")
    put(outbox, *["x"] * 1000)
    assert not outbox.flush()
    assert 0 < len(sock.sends) < 1000
    while not outbox.flush():
        outbox.blocked = False
    assert sock.got == b"x" * 1000


def test_a_broken_socket_is_given_up_and_its_reader_is_woken() -> None:
    sock = Socket(error=errno.ENOBUFS)  # unlike EPIPE, the reading side does not see it
    outbox = outbox_of(sock)
    put(outbox, "one")
    assert outbox.flush()
    assert sock.reading_ended
    put(outbox, "two")
    assert outbox.flush()
    assert len(outbox._queue) == 0


def test_after_finish_nothing_touches_the_socket() -> None:
    """Its descriptor may be somebody else's by then."""
    sock = socket.socketpair()
    with sock[0], sock[1]:
        outbox = outbox_of(sock[0])
        put(outbox, "last words")
        outbox.finish(1.0)
        put(outbox, "too late")
        assert outbox.flush()
        assert outbox.deliver(Said(b"too late\n", 0, 0)) == 0
        assert outbox.deliver(Said(b"too late\n", 1, 100)) == 0
        assert sock[1].recv(100) == b"last words\n"
        with pytest.raises(BlockingIOError):
            sock[1].recv(100, socket.MSG_DONTWAIT)


def test_what_was_put_at_the_moment_of_the_end_is_not_sent() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox = outbox_of(ours)
        outbox.finish(0.0)
        put(outbox, "later")
        assert len(outbox._queue) == 0
        outbox._queue.append(said(outbox, "at the moment"))
        assert outbox.flush()
        theirs.setblocking(False)
        with pytest.raises(BlockingIOError):
            theirs.recv(100)


def test_finish_waits_for_who_flushes_at_the_moment() -> None:
    """Else the socket would be closed under its send, which could meet the next one's number."""
    inside, go_on = threading.Event(), threading.Event()

    class Slow(Socket):
        def send(self, data: bytes, flags: int) -> int:
            inside.set()
            go_on.wait(5)
            return super().send(data, flags)

        def fileno(self) -> int:
            return 0

    sock = Slow()
    outbox = outbox_of(sock)
    put(outbox, "one")
    flusher = threading.Thread(target=outbox.flush)
    flusher.start()
    inside.wait(5)
    leaver = threading.Thread(target=outbox.finish, args=(0.5,))
    leaver.start()
    leaver.join(0.05)
    assert leaver.is_alive()
    go_on.set()
    leaver.join(5)
    flusher.join(5)
    assert sock.got == b"one\n"


def test_finish_gives_a_reader_that_is_behind_its_time_and_not_more() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        outbox = outbox_of(ours)
        put(outbox, *["x" * 1000] * 300)
        outbox.flush()
        outbox.finish(0.05)
        assert outbox._rest == outbox._queue == type(outbox._rest)()
    ours, theirs = socket.socketpair()
    with ours, theirs:
        ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
        outbox = outbox_of(ours)
        put(outbox, *["x" * 1000] * 300)
        finisher = threading.Thread(target=outbox.finish, args=(5.0,))
        finisher.start()
        theirs.settimeout(5)
        heard = 0
        while heard < 300 * 1001:
            heard += len(theirs.recv(65536))
        finisher.join(5)
        assert not finisher.is_alive()


@given(
    st.lists(st.one_of(st.integers(1, 9), st.just(0)), max_size=60),
    st.lists(st.integers(1, 400_000), max_size=60),
)
def test_what_is_heard_and_what_is_told_as_skipped_is_everything(
    turns: list[int], rooms: list[int]
) -> None:
    sock = Socket(room=0)
    outbox = outbox_of(sock)
    spoken = 0
    for turn in turns:
        if turn:
            outbox.put(said(outbox, *(f"{spoken + n} " + "x" * 50_000 for n in range(turn))))
        spoken += turn
        if turn == 0 and rooms:
            sock.room += rooms.pop()
            outbox.blocked = False
            outbox.flush()
    open_up(sock, outbox)
    expected = 0
    for line in sock.got.decode().splitlines():
        if line.startswith("* "):
            expected += int(line.split()[1])
        else:
            assert int(line.split()[0]) == expected
            expected += 1
    assert expected == spoken


@pytest.fixture
def postman() -> Iterator[Postman]:
    postman = Postman()
    postman.start()
    yield postman
    postman.end()


def full_pair() -> tuple[socket.socket, socket.socket, Outbox, int]:
    """Two ends, with an outbox that the kernel takes no more from; how many bytes are said."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.settimeout(5)
    outbox = outbox_of(ours)
    put(outbox, *["x" * 999] * 500)
    assert not outbox.flush()
    return ours, theirs, outbox, 500_000


def hear(sock: socket.socket, size: int) -> None:
    heard = 0
    while heard < size:
        received = len(sock.recv(65536))
        assert received
        heard += received
    assert heard == size


def test_the_postman_delivers_what_the_kernel_did_not_take(postman: Postman) -> None:
    ours, theirs, outbox, size = full_pair()
    with ours, theirs:
        postman.wait_for(outbox)
        hear(theirs, size)
        assert outbox.flush()


def test_the_postman_serves_the_next_socket_with_the_number_of_a_closed_one(
    postman: Postman, eventually: Callable[..., Any]
) -> None:
    ours, theirs, outbox, _ = full_pair()
    number = ours.fileno()
    postman.wait_for(outbox)
    eventually(lambda: not postman._new, "it waits for the first")
    with theirs:
        outbox.finish(0.0)
        ours.close()
    ours, theirs, outbox, size = full_pair()
    with ours, theirs:
        if ours.fileno() != number:
            os.dup2(ours.fileno(), number)
            moved = socket.socket(fileno=number)
            ours.close()
            ours = moved
            outbox._sock = ours
        with ours:
            postman.wait_for(outbox)
            hear(theirs, size)


def test_the_postman_lets_go_of_a_broken_socket(
    postman: Postman, eventually: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Epoll reports it as ready for ever; waiting for it would take a whole core."""
    turns = 0
    ours, theirs, outbox, _ = full_pair()
    with ours:
        real = Outbox.flush

        def counted(outbox: Outbox) -> bool:
            nonlocal turns
            turns += 1
            return real(outbox)

        monkeypatch.setattr(Outbox, "flush", counted)
        postman.wait_for(outbox)
        theirs.close()
        eventually(lambda: outbox._finished, "given up")
        seen = turns
        threading.Event().wait(0.05)
        assert turns <= seen + 1


def test_many_speakers_one_slow_reader_and_the_postman_lose_nothing(postman: Postman) -> None:
    """Everybody delivers in turn; whoever finds the kernel full calls the Postman."""
    ours, theirs = socket.socketpair()
    ours.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    theirs.settimeout(10)
    outbox = outbox_of(ours)
    turn, newest = threading.Lock(), [Said(b"", 0, 0)]

    def speak(number: int) -> None:
        for count in range(500):
            with turn:
                newest[0] = Said(f"{number}.{count}\n".encode(), newest[0].next, newest[0].end)
                if outbox.deliver(newest[0]) is None or outbox.blocked or outbox.flush():
                    continue
                postman.wait_for(outbox)

    speakers = [threading.Thread(target=speak, args=(number,)) for number in range(8)]
    with ours, theirs, theirs.makefile("r", encoding="utf-8") as stream:
        for speaker in speakers:
            speaker.start()
        heard = [stream.readline().strip() for _ in range(8 * 500)]
        for speaker in speakers:
            speaker.join(5)
    assert outbox.dropped == 0
    for number in range(8):
        own = [line for line in heard if line.startswith(f"{number}.")]
        assert own == [f"{number}.{count}" for count in range(500)]


def test_the_time_of_a_slow_reader_counts_from_the_last_byte_that_went_out(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    sock, clock, waits = Socket(room=1_000), [100.0], list[float]()
    outbox = outbox_of(sock)
    monkeypatch.setattr(chat_outbox.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(outbox._caught_up, "wait", lambda left: bool(waits.append(left)))
    for room, waited in ((0, PATIENCE_S / 4), (5, PATIENCE_S)):
        put(outbox, "x" * 50_000)
        assert not outbox.flush()
        clock[0] += PATIENCE_S * 3 / 4
        sock.room, outbox.blocked = room, False
        assert not outbox.flush()
        while not outbox.crowded:
            put(outbox, "x" * 50_000)
        outbox.wait_for_reader(clock[0] + PATIENCE_S)
        assert waits.pop() == pytest.approx(waited)
        outbox._slow = False  # as if it had caught up
