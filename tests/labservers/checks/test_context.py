"""A probe's conversations with a program that serves one client, and ends."""

import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from labservers.checks.context import Context, Setting
from labservers.checks.hints import Hints
from labservers.checks.patience import Patience
from labservers.checks.subject_remote import Remote
from labservers.checks.values import Talk, Turn
from tests.labservers.checks.rig import serving

TALK = Talk("text", None, (Turn(b"a\n", b"b"),))


class Once(Remote):
    """It has ended whenever that is asked, with this code."""

    restarts = 0
    returncode: int | None = 0

    def wait(self, timeout_s: float) -> bool:
        return True

    def restart(self, folder: Path | None = None) -> str | None:
        self.restarts += 1
        return super().restart(folder)


def answer(client: socket.socket) -> None:
    client.recv(100)
    client.sendall(b"b")


@pytest.fixture
def patience() -> Iterator[Patience]:
    made = Patience()
    yield made
    made.close()


@pytest.mark.parametrize(
    ("once", "returncode", "restarts"), [(True, 0, 1), (True, 1, 0), (False, 0, 0)]
)
def test_it_is_begun_anew_for_the_second_where_it_has_ended_well(
    patience: Patience, once: bool, returncode: int, restarts: int
) -> None:
    with serving(answer) as address:
        subject = Once(address)
        subject.returncode = returncode
        context = Context("long", Setting(TALK, subject, patience, Hints(), {}, once=once))
        assert context.hold().good
        assert subject.restarts == 0
        assert context.good().good
        assert subject.restarts == restarts
