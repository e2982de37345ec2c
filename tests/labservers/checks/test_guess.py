"""Which conversation a server seems to speak."""

import socket
from collections.abc import Iterator

import pytest

from labservers.checks.guess import Found, Guess
from labservers.checks.hints import Hints
from labservers.checks.patience import Patience
from labservers.checks.subject_remote import Remote
from labservers.checks.values import Address
from tests.labservers.checks.rig import Serve, serving


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


class Hasty(Patience):
    @property
    def seconds(self) -> float:
        return 0.01


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
