"""A session of processes: all of it goes, also what has left it, and what its leader left behind."""

import os
import subprocess
from collections.abc import Callable, Iterator
from contextlib import suppress
from typing import Any

import pytest

from dashboard.supervision import session
from tests.conftest import runs
from tests.scarcity import few_descriptors

LEADS = "sleep 600 & echo $!; setsid sleep 600 & echo $!; exec sleep 600"


class Session:
    """A leader that ends by a signal alone, and two children: one leads a session of its own."""

    def __init__(self, leader: subprocess.Popen[str]) -> None:
        self.leader = leader
        assert leader.stdout
        self.member, self.leaver = int(leader.stdout.readline()), int(leader.stdout.readline())

    def has_left(self) -> bool:
        return os.getsid(self.leaver) == self.leaver


@pytest.fixture
def led() -> Iterator[Session]:
    with subprocess.Popen(
        ["sh", "-c", LEADS], stdout=subprocess.PIPE, text=True, start_new_session=True
    ) as leader:
        made = Session(leader)
        yield made
        leader.kill()
        for pid in (made.member, made.leaver):
            with suppress(ProcessLookupError):
                os.kill(pid, 9)


def test_a_leader_goes_with_all_that_it_has_started(
    led: Session, eventually: Callable[..., Any]
) -> None:
    eventually(led.has_left)
    session.kill_all(led.leader.pid)
    assert led.leader.wait(30) == -9
    eventually(lambda: not runs(led.member) and not runs(led.leaver), "both are gone")


def test_the_members_that_a_dead_leader_has_left_go_and_strangers_stay(
    led: Session, eventually: Callable[..., Any]
) -> None:
    eventually(led.has_left)
    led.leader.kill()
    os.waitid(os.P_PID, led.leader.pid, os.WEXITED | os.WNOWAIT)
    session.kill_others(led.leader.pid)
    eventually(lambda: not runs(led.member), "the member is gone")
    assert runs(led.leaver)


def test_where_nothing_can_be_looked_at_the_leader_goes(led: Session) -> None:
    with few_descriptors(0):
        assert not session.is_ours(led.leader.pid)
        session.kill_others(led.leader.pid)
        assert led.leader.poll() is None
        session.kill_all(led.leader.pid)
        assert led.leader.wait(30) == -9
