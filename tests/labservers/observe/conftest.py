"""A tap and a connection, for tests of the tap in this very process."""

import socket
from collections.abc import Iterator

import pytest

from labservers.observe.lines import OwnLines
from labservers.observe.tap import Tap
from tests.labservers.observe.pairs import tcp_pair


@pytest.fixture
def tap(request: pytest.FixtureRequest) -> Iterator[Tap]:
    """Off; the lines of the test's file are the program's own."""
    made = Tap(OwnLines(str(request.path)))
    yield made
    made.remove()


@pytest.fixture
def tap_on(tap: Tap) -> None:
    """Switch the tap on."""
    tap.install()


@pytest.fixture
def pair() -> Iterator[tuple[socket.socket, socket.socket]]:
    """Both ends of a connection."""
    with tcp_pair() as ends:
        yield ends
