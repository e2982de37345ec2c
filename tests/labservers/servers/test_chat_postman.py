"""The postman with real sockets: it goes on with all that are behind, whatever becomes of one."""

import errno
import io
import os
import selectors
import socket
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from labservers.observe.log import Log
from labservers.servers.chat_member import Member
from labservers.servers.chat_postman import Postman
from labservers.servers.chat_states import State

MANY = 500_000


@pytest.fixture
def said() -> io.StringIO:
    """The lines of the log."""
    return io.StringIO()


@pytest.fixture
def postman(said: io.StringIO) -> Iterator[Postman]:
    log = Log("chat", said)
    postman = Postman(log)
    postman.start()
    yield postman
    postman.end()
    log.close()


def full(chat: Any, sock: socket.socket, kind: type[Member] = Member) -> Member:
    """A member alone in a room, that has been said more than the kernel takes: MANY bytes."""
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_SNDBUF, 4096)
    member: Member = chat.join(sock, name=str(len(chat.rooms.sizes())), kind=kind)
    chat.say(member, *["x" * 999] * (MANY // 1000))
    return member


def hear(sock: socket.socket, size: int) -> None:
    sock.settimeout(30)
    heard = 0
    while heard < size:
        received = len(sock.recv(65536))
        assert received
        heard += received
    assert heard == size


def test_it_delivers_what_the_kernel_did_not_take(
    postman: Postman, fake_chat: Any, eventually: Callable[..., Any]
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        member = full(fake_chat, ours)
        fake_chat.say(member, "y" * 99_999)
        fake_chat.say(member, "last")
        postman.call(member)
        hear(theirs, MANY + 100_005)
        eventually(lambda: member.state is State.LEVEL, "it is level")
        fake_chat.say(member, "next")
        hear(theirs, 5)


def test_it_serves_the_next_socket_with_the_number_of_a_closed_one(
    postman: Postman, fake_chat: Any, eventually: Callable[..., Any]
) -> None:
    ours, theirs = socket.socketpair()
    member = full(fake_chat, ours)
    number = ours.fileno()
    before = member.connection.bytes_out
    postman.call(member)
    with theirs:
        theirs.settimeout(30)
        theirs.recv(1 << 16)
        eventually(lambda: member.connection.bytes_out > before, "it waits for the first")
        fake_chat.leave(member)
        member.flush(0.0)
        ours.close()
    ours, theirs = socket.socketpair()
    if ours.fileno() != number:
        os.dup2(ours.fileno(), number)
        moved = socket.socket(fileno=number)
        ours.close()
        ours = moved
    with ours, theirs:
        postman.call(full(fake_chat, ours))
        hear(theirs, MANY)


def test_it_lets_go_of_a_broken_socket(
    postman: Postman, fake_chat: Any, eventually: Callable[..., Any]
) -> None:
    """Epoll reports it as ready for ever; waiting for it would take a whole core."""
    ours, theirs = socket.socketpair()

    class Counted(Member):
        turns = 0

        def go_on(self) -> bool:
            Counted.turns += 1
            return super().go_on()

    with ours:
        member = full(fake_chat, ours, Counted)
        postman.call(member)
        theirs.close()
        eventually(lambda: member.state is State.GONE, "given up")
        seen = Counted.turns
        other, peer = socket.socketpair()
        with other, peer:  # a busy loop would turn meanwhile
            postman.call(full(fake_chat, other))
            hear(peer, MANY)
        assert Counted.turns <= seen + 1


def test_what_goes_wrong_with_one_member_does_not_end_it(
    postman: Postman, fake_chat: Any, said: io.StringIO, eventually: Callable[..., Any]
) -> None:
    class Broken(Member):
        def go_on(self) -> bool:
            raise ValueError("a fault of ours")

    broken, other = socket.socketpair(), socket.socketpair()
    with broken[0], broken[1], other[0], other[1]:
        member = full(fake_chat, broken[0], Broken)
        postman.call(member)
        hear(broken[1], member.connection.bytes_out)
        assert broken[1].recv(1) == b""
        eventually(lambda: "a fault of ours" in said.getvalue(), "logged")
        postman.call(full(fake_chat, other[0]))
        hear(other[1], MANY)


def test_a_member_that_cannot_be_watched_is_not_left_waiting(
    postman: Postman,
    fake_chat: Any,
    eventually: Callable[..., Any],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    ours, theirs = socket.socketpair()
    with ours, theirs:
        member = full(fake_chat, ours)
        real = selectors.DefaultSelector.register

        def register(selector: Any, sock: Any, *more: Any) -> Any:
            if sock is ours:
                raise OSError(errno.ENOSPC, "no space left")
            return real(selector, sock, *more)

        monkeypatch.setattr(selectors.DefaultSelector, "register", register)
        postman.call(member)
        eventually(lambda: member.state is State.GONE, "given up")
        with pytest.raises(BrokenPipeError):
            ours.send(b"x")
