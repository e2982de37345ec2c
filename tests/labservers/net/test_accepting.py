"""Which errors of accept(2) pass, and which end a listener."""

import errno
import io
import os
import socket
from collections.abc import Iterator

import pytest

from labservers.net.accepting import Acceptor, Overloaded, accept_now
from labservers.observe.log import Log


class Listener(socket.socket):
    """It fails with these errors first, one a call."""

    def __init__(self, *numbers: int) -> None:
        super().__init__()
        self.numbers = list(numbers)
        self.bind(("127.0.0.1", 0))
        self.listen()

    def accept(self) -> tuple[socket.socket, tuple[str, int]]:
        if self.numbers:
            number = self.numbers.pop(0)
            raise OSError(number, os.strerror(number))
        return super().accept()


@pytest.fixture
def log() -> Iterator[Log]:
    made = Log("test", io.StringIO())
    yield made
    made.close()


@pytest.fixture
def acceptor(log: Log) -> Iterator[Acceptor]:
    made = Acceptor(log)
    yield made
    made.close()


def test_a_connection_that_went_away_is_none_and_a_lack_of_descriptors_is_told_apart() -> None:
    with Listener(errno.ECONNABORTED, errno.EMFILE, errno.EBADF) as listener:
        assert accept_now(listener) is None
        with pytest.raises(Overloaded):
            accept_now(listener)
        with pytest.raises(OSError, match="Bad file descriptor") as broken:
            accept_now(listener)
        assert not isinstance(broken.value, Overloaded)


def test_without_descriptors_room_is_made_and_the_next_try_succeeds(
    acceptor: Acceptor,
) -> None:
    asked: list[int] = []
    listener = Listener(errno.EMFILE)
    with socket.create_connection(acceptor.take(listener)) as client:
        accepted = acceptor.accept(lambda: asked.append(1))
        assert accepted is not None
        with accepted[0]:
            assert accepted[1] == client.getsockname()
    assert len(asked) == 1
    acceptor.stop()
    assert acceptor.accept(lambda: None) is None
