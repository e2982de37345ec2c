"""Which conversation a server seems to speak."""

import socket
import struct
from collections.abc import Iterator
from pathlib import Path

import pytest

from labservers.checks.guess import Found, Guess
from labservers.checks.hints import Hints
from labservers.checks.patience import Patience
from labservers.checks.subject_remote import Remote
from labservers.checks.values import Address, Talk, Turn
from tests.labservers.checks.rig import Serve, serving
from tests.ports import free_port


@pytest.fixture
def patience() -> Iterator[Patience]:
    made = Patience()
    yield made
    made.close()


def echo(client: socket.socket) -> None:
    while data := client.recv(4096):
        client.sendall(b"You said: " + data.upper())


def guessed(serve: Serve, patience: Patience) -> Found | None:
    with serving(serve) as address:
        return Guess(Remote(address), patience, Hints()).talk(None)


def test_a_server_that_repeats_what_it_is_sent_is_soon_known(patience: Patience) -> None:
    found = guessed(echo, patience)
    assert found is not None
    assert (found.talk.id, found.talk.task) == ("text", None)


def test_a_page_that_is_refused_is_one_of_http_all_the_same() -> None:
    def refuses(client: socket.socket) -> None:
        if client.recv(4096).startswith(b"GET"):
            client.sendall(b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n")

    hasty = Hasty(0.2)
    with serving(refuses) as address:
        found = Guess(Silent(address), hasty, Hints(task="page")).talk(None)
    hasty.close()
    assert found is not None
    assert found.talk.task == "page"


def test_nothing_is_guessed_of_a_program_that_does_not_start_again() -> None:
    class Gone(Silent):
        def serving(self, ends_s: float = 0.0) -> bool:
            return False

        def restart(self, folder: Path | None = None) -> str | None:
            return "ends-at-start"

    hasty = Hasty()
    guess = Guess(Gone(Address("127.0.0.1", free_port())), hasty, Hints(task="chat"))
    room = Talk("chat-rooms", "chat", (Turn(b"1"), Turn(b"hello", b".*")), answered="other")
    assert guess.talk(None) is None
    learned = guess.learned(room)
    assert learned is not None
    assert learned.talk == room
    hasty.close()


def commands(client: socket.socket) -> None:
    with client.makefile("rb") as lines:
        for line in lines:
            client.sendall(b"pong\n" if line == b"ping\n" else b"unknown command\n")


def halves(client: socket.socket) -> None:
    with client.makefile("rb") as numbers:
        if len(data := numbers.read(4)) == 4:
            a, b = struct.unpack("!hh", data)
            client.sendall(struct.pack("!h", a * b // 2))


def in_one_line(client: socket.socket) -> None:
    """A name and a room, then messages to all that are there."""
    with client.makefile("rb") as lines:
        if len(lines.readline().split()) == 2:
            members.append(client)
            for line in lines:
                for one in list(members):
                    one.sendall(line)


members: list[socket.socket] = []


@pytest.mark.parametrize(
    ("serve", "hints", "talk", "send"),
    [
        (commands, Hints(words=("ping",), lines=True), "text", b"ping\n"),
        (halves, Hints(task="math", formats=("!hh",)), "math-struct", b"\0\3\0\4"),
        (in_one_line, Hints(task="chat", lines=True), "chat-names", b"{name} 1\n"),
    ],
)
def test_what_the_source_shows_is_tried(
    patience: Patience, serve: Serve, hints: Hints, talk: str, send: bytes
) -> None:
    """An answer that says that something is wrong is none where another one is better."""
    with serving(serve) as address:
        found = Guess(Remote(address), patience, hints).talk(hints.task or "hello")
    assert found is not None
    assert (found.talk.id, found.talk.turns[0].send, found.sure) == (talk, send, True)


class Hasty(Patience):
    def __init__(self, seconds: float = 0.01) -> None:
        super().__init__()
        self._seconds = seconds

    @property
    def seconds(self) -> float:
        return self._seconds


class Silent(Remote):
    """It runs on, without that this is waited for."""

    def wait(self, timeout_s: float) -> bool:
        return False


@pytest.mark.parametrize("greets", [True, False])
def test_datagrams_are_greetings_only_where_something_says_so(greets: bool) -> None:
    """A server that answers nothing that is known has done nothing wrong."""
    hasty = Hasty()
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as silent:
        silent.bind(("127.0.0.1", 0))
        address = Address("127.0.0.1", silent.getsockname()[1], datagram=True)
        found = Guess(Silent(address), hasty, Hints(task="hello", greets=greets)).talk(None)
    hasty.close()
    assert (found is not None and not found.sure) == greets
