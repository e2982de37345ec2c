"""A member's outbox beside a socket that takes what the test says, and the Postman beside real
ones: order, what goes on where, what is told, and who goes on sending."""

import errno
import io
import os
import selectors
import socket
import threading
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.observe.log import Log
from labservers.observe.monitor import Connection
from labservers.servers.chat_outbox import Outbox, Postman, skipped_notice


class Socket:
    """Takes `room` bytes and then no more; `sends` is what each send brought. `ended`: it was
    shut down for both sides."""

    def __init__(self, room: int = 1 << 30, error: int = 0) -> None:
        self.room = room
        self.error = error
        self.sends: list[bytes] = []
        self.ended = False

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
        self.ended = how == socket.SHUT_RDWR

    def fileno(self) -> int:
        return 0

    @property
    def got(self) -> bytes:
        return b"".join(self.sends)


class Source:
    """What a member that is behind is still to be sent."""

    def __init__(self, *entries: tuple[int, bytes]) -> None:
        self.entries = list(entries)
        self.level = False

    def read_on(self) -> tuple[int, bytes]:
        return self.entries.pop(0) if self.entries else (0, b"")

    def catch_up(self) -> bool:
        self.level = not self.entries
        return self.level


def outbox_of(sock: Any, mode: str = "line", source: Source | None = None) -> Outbox:
    outbox = Outbox(sock, Connection(1, "peer", None))
    outbox.mode = mode
    outbox.source = source
    return outbox


def test_lines_are_one_send_and_raw_messages_each_in_their_own() -> None:
    sock = Socket()
    outbox = outbox_of(sock)
    assert outbox.send(b"one\ntwo\nthree\n")
    assert outbox.send(b"four\n")
    assert sock.sends == [b"one\ntwo\nthree\n", b"four\n"]
    assert outbox.connection.bytes_out == len(sock.got)
    sock = Socket()
    outbox = outbox_of(sock, "raw")
    assert outbox.send("one\nt\rwo\n{}\n".format("я" * 600).encode())
    assert sock.sends[:2] == [b"one", b"t\rwo"]
    assert [len(sent) for sent in sock.sends[2:]] == [1024, 176]
    assert outbox.connection.bytes_out == len(sock.got)


@pytest.mark.parametrize("mode", ["line", "raw"])
@pytest.mark.parametrize("room", [0, 2, 5])
def test_what_the_kernel_does_not_take_goes_out_before_what_was_said_next(
    room: int, mode: str
) -> None:
    sock, source = Socket(room=room), Source((0, b"three\n"), (0, b"four\n"))
    outbox = outbox_of(sock, mode, source)
    assert not outbox.send(b"one\ntwo\n")
    assert not outbox.go_on()
    assert len(sock.got) == room
    sock.room = 100
    assert outbox.go_on()
    assert source.level
    heard = b"one\ntwo\nthree\nfour\n"
    assert sock.got == (heard if mode == "line" else heard.replace(b"\n", b""))
    assert outbox.connection.bytes_out == len(sock.got)
    assert outbox.send(b"five\n")


def test_who_is_not_level_after_the_last_line_goes_on() -> None:
    """Something was said just after it had looked."""

    class Late(Source):
        def catch_up(self) -> bool:
            if len(self.entries) == 0 and not late:
                late.append(True)
                self.entries.append((0, b"three\n"))
            return super().catch_up()

    late: list[bool] = []
    sock = Socket(room=2)
    outbox = outbox_of(sock, source=Late((0, b"two\n")))
    assert not outbox.send(b"one\n")
    sock.room = 100
    assert not outbox.go_on()
    assert outbox.go_on()
    assert sock.got == b"one\ntwo\nthree\n"


def test_what_is_missing_is_told_where_it_is_missing_and_raw_members_are_told_nothing() -> None:
    for mode, heard in (
        ("line", b"one\n* 3 messages were skipped\nfive\n* 1 message was skipped\n"),
        ("raw", b"onefive"),
    ):
        sock = Socket(room=1)
        outbox = outbox_of(sock, mode, Source((3, b"five\n"), (1, b"")))
        assert not outbox.send(b"one\n")
        sock.room = 100
        assert outbox.go_on()
        assert sock.got == heard


def test_the_mode_may_change_in_the_middle() -> None:
    sock = Socket(room=3)
    outbox = outbox_of(sock, "raw", Source((0, b"two\n")))
    assert not outbox.send(b"begun\nraw\n")
    outbox.mode = "line"
    sock.room = 100
    assert outbox.go_on()
    assert sock.got == b"begunrawtwo\n"


def test_the_notice_counts_in_english() -> None:
    assert skipped_notice(1) == b"* 1 message was skipped\n"
    assert skipped_notice(12) == b"* 12 messages were skipped\n"


def test_nobody_sends_for_a_fast_reader_for_ever() -> None:
    """What is one send for lines is a thousand for raw messages: who delivers has others too."""
    sock = Socket()
    outbox = outbox_of(sock, "raw", Source())
    assert not outbox.send(b"x\n" * 1000)
    assert 0 < len(sock.sends) < 1000
    turns = 1
    while not outbox.go_on():
        turns += 1
    assert 1 < turns < 10
    assert sock.got == b"x" * 1000


def test_a_broken_socket_is_given_up_and_its_reader_is_woken() -> None:
    sock = Socket(error=errno.ENOBUFS)  # unlike EPIPE, the reading side does not see it
    outbox = outbox_of(sock)
    assert outbox.send(b"one\n")  # nobody has to go on with it
    assert sock.ended
    sock = Socket(room=1)
    outbox = outbox_of(sock, "raw")
    assert not outbox.send(b"one\ntwo\n")
    sock.error = errno.ECONNRESET
    assert outbox.go_on()
    assert sock.ended
    sock.error, sock.room = 0, 100
    assert outbox.go_on()
    assert sock.got == b"o"  # the rest is given up
    outbox.give_up()  # twice is once


def test_after_finish_nothing_touches_the_socket() -> None:
    """Its descriptor may be somebody else's by then."""
    sock = Socket(room=1)
    outbox = outbox_of(sock, source=(source := Source((2, b"two\n"))))
    assert not outbox.send(b"one\n")
    sock.room = 100
    outbox.finish(1.0)
    assert sock.got == b"one\n* 2 messages were skipped\ntwo\n"
    source.entries.append((0, b"too late\n"))
    assert outbox.send(b"too late\n")
    assert outbox.go_on()
    assert b"late" not in sock.got
    assert outbox.source is None  # so what the room has said is kept by nobody
    nowhere = outbox_of(Socket())  # its client has said no room
    nowhere.finish(1.0)


def test_finish_waits_for_who_sends_at_the_moment() -> None:
    """Else the socket would be closed under its send, which could meet the next one's number."""
    inside, go_on = threading.Event(), threading.Event()

    class Slow(Socket):
        def send(self, data: bytes, flags: int) -> int:
            inside.set()
            go_on.wait(5)
            return super().send(data, flags)

    sock = Slow()
    outbox = outbox_of(sock)
    speaker = threading.Thread(target=outbox.send, args=(b"one\n",))
    speaker.start()
    inside.wait(5)
    leaver = threading.Thread(target=outbox.finish, args=(0.5,))
    leaver.start()
    leaver.join(0.05)
    assert leaver.is_alive()
    go_on.set()
    leaver.join(5)
    speaker.join(5)
    assert sock.got == b"one\n"


def test_who_leaves_holds_nobody_up(eventually: Callable[..., Any]) -> None:
    """It may flush for half a second; the room does not wait for it."""
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox = full(ours)
        leaver = threading.Thread(target=outbox.finish, args=(5.0,))
        leaver.start()
        eventually(outbox._flushing.locked, "it flushes")
        assert outbox.send(b"next\n")
        assert outbox.go_on()
        assert leaver.is_alive()
        theirs.close()
        leaver.join(5)
        assert not leaver.is_alive()


def full(sock: socket.socket, *entries: tuple[int, bytes]) -> Outbox:
    """The outbox of a member who has been said 500,000 bytes, more than the kernel takes."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    outbox = outbox_of(sock, source=Source(*entries))
    assert not outbox.send((b"x" * 999 + b"\n") * 500)
    return outbox


def test_finish_gives_a_reader_that_is_behind_its_time_and_not_more() -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox = full(ours)
        outbox.finish(0.05)
        assert not outbox._rest
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox = full(ours, (0, b"and this\n"))
        finisher = threading.Thread(target=outbox.finish, args=(5.0,))
        finisher.start()
        hear(theirs, 500_000 + 9)
        finisher.join(5)
        assert not finisher.is_alive()


def hear(sock: socket.socket, size: int) -> None:
    sock.settimeout(5)
    heard = 0
    while heard < size:
        received = len(sock.recv(65536))
        assert received
        heard += received
    assert heard == size


@pytest.fixture
def said() -> io.StringIO:
    """What is written to the log."""
    return io.StringIO()


@pytest.fixture
def postman(said: io.StringIO) -> Iterator[Postman]:
    log = Log("chat", said)
    postman = Postman(log)
    postman.start()
    yield postman
    postman.end()
    log.close()


def test_the_postman_delivers_what_the_kernel_did_not_take(
    postman: Postman, eventually: Callable[..., Any]
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox = full(ours, (0, b"y" * 99_999 + b"\n"), (0, b"last\n"))
        postman.wait_for(outbox)
        hear(theirs, 600_005)
        eventually(lambda: outbox.source.level, "it is level")
        assert outbox.send(b"next\n")
        hear(theirs, 5)


def test_the_postman_serves_the_next_socket_with_the_number_of_a_closed_one(
    postman: Postman, eventually: Callable[..., Any]
) -> None:
    ours, theirs = socket.socketpair()
    outbox = full(ours)
    number = ours.fileno()
    postman.wait_for(outbox)
    eventually(lambda: not postman._new, "it waits for the first")
    with theirs:
        outbox.finish(0.0)
        ours.close()
    ours, theirs = socket.socketpair()
    if ours.fileno() != number:
        os.dup2(ours.fileno(), number)
        moved = socket.socket(fileno=number)
        ours.close()
        ours = moved
    with ours, theirs:
        postman.wait_for(full(ours))
        hear(theirs, 500_000)


def test_the_postman_lets_go_of_a_broken_socket(
    postman: Postman, eventually: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """Epoll reports it as ready for ever; waiting for it would take a whole core."""
    turns = 0
    ours, theirs = socket.socketpair()
    with ours:
        outbox, real = full(ours), Outbox.go_on

        def counted(outbox: Outbox) -> bool:
            nonlocal turns
            turns += 1
            return real(outbox)

        monkeypatch.setattr(Outbox, "go_on", counted)
        postman.wait_for(outbox)
        theirs.close()
        eventually(lambda: not outbox._rest, "given up")
        seen = turns
        threading.Event().wait(0.05)
        assert turns <= seen + 1


def test_what_goes_wrong_with_one_does_not_end_the_postman(
    postman: Postman, said: io.StringIO, eventually: Callable[..., Any]
) -> None:
    class Broken(Source):
        def read_on(self) -> tuple[int, bytes]:
            raise ValueError("a fault of ours")

    broken, other = socket.socketpair(), socket.socketpair()
    with broken[0], broken[1], other[0], other[1]:
        outbox = full(broken[0])
        outbox.source = Broken()
        postman.wait_for(outbox)
        hear(broken[1], 500_000)
        assert broken[1].recv(1) == b""
        eventually(lambda: "a fault of ours" in said.getvalue(), "logged")
        postman.wait_for(full(other[0]))
        hear(other[1], 500_000)


def test_who_cannot_be_watched_is_not_left_waiting(
    postman: Postman, eventually: Callable[..., Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        outbox = full(ours)

        real = selectors.DefaultSelector.register

        def register(selector: Any, sock: Any, *more: Any) -> Any:
            if sock is ours:
                raise OSError(errno.ENOSPC, "no space left")
            return real(selector, sock, *more)

        monkeypatch.setattr(selectors.DefaultSelector, "register", register)
        postman.wait_for(outbox)
        eventually(lambda: not outbox._rest, "given up")
        with pytest.raises(BrokenPipeError):
            ours.send(b"x")
