"""The guard of a program by itself, without a dashboard that could help."""

import os
import signal
import socket
import subprocess
import sys
from collections.abc import Callable, Iterator
from typing import Any

import psutil
import pytest

from labservers.run import guarded
from labservers.run.terminal import Terminal
from tests.conftest import runs

STAYS = """
import os, signal
signal.signal(signal.SIGHUP, signal.SIG_IGN)
if not os.fork():
    os.setsid()
    os.write(1, b"%d\\n" % os.getpid())
    os.closerange(0, 100)
signal.pause()
"""


@pytest.fixture
def guarded_one() -> Iterator[tuple[guarded.Guarded, int]]:
    """A program that ends by no hangup, and its daemon; both have a guard."""
    terminal, (ours, theirs) = Terminal(), socket.socketpair()
    side = terminal.theirs
    words = guarded.words(theirs, [sys.executable, "-c", STAYS])
    outer = subprocess.Popen(
        words, stdin=side, stdout=side, stderr=side, pass_fds=[theirs.fileno()],
        start_new_session=True,
    )  # fmt: skip
    theirs.close()
    terminal.close_theirs()
    with ours:
        found = guarded.introduced(ours)
        said = b""
        for piece in terminal.pieces():
            said += piece
            if said.endswith(b"\n"):
                break
        yield found, int(said)
        terminal.close()
    outer.wait(30)


@pytest.mark.parametrize("which", [0, 1], ids=["inner", "outer"])
def test_each_of_a_pair_ends_all_where_the_other_is_killed(
    guarded_one: Any, eventually: Callable[..., Any], which: int
) -> None:
    found, daemon = guarded_one
    pair = psutil.Process(found.pid).parents()[:2]
    assert pair[0].pid == found.session == os.getsid(found.pid)
    assert found.wholly
    pair[which].send_signal(signal.SIGKILL)
    left = [found.pid, daemon, pair[1 - which].pid]
    eventually(lambda: not any(map(runs, left)), "all are gone")
