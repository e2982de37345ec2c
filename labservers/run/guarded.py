"""A program with a guard (guard.py): how both are started, and what the guard says first."""

from __future__ import annotations

import contextlib
import signal
import socket
import sys
from pathlib import Path
from typing import NamedTuple

from labservers.observe import controls

GUARD = str(Path(__file__).with_name("guard.py"))
PYTHON: tuple[str, ...] = (sys.executable, "-I", "-S")  # it needs no packages, and is to be quick
SAYS_S = 10.0
LINE = 64  # bytes at most, of what it says


class Guarded(NamedTuple):
    """pid: the program's own. session: that which it begins in, led by its guard. wholly: nothing
    that it starts can leave its guard (subreaper)."""

    pid: int
    session: int
    wholly: bool


def pair(
    ours: contextlib.ExitStack, theirs: contextlib.ExitStack
) -> tuple[socket.socket, socket.socket]:
    """Two ends of a line, each of which is closed with its stack.

    Raises:
        OSError: the system gives none.
    """
    one, other = socket.socketpair()
    return ours.enter_context(one), theirs.enter_context(other)


def words(line: socket.socket, program: list[str]) -> list[str]:
    """The command of a guard and its program; it inherits `line`."""
    return [*PYTHON, GUARD, str(line.fileno()), *program]


def wakes(line: socket.socket, pid: int) -> None:
    """Each byte on a line, and its end, continue a process that was stopped (SIGSTOP). It has to
    hold this end. Linux alone has a signal of choice for that (fcntl(2), F_SETSIG)."""
    controls.signal_at_input(line.fileno(), pid, signal.SIGCONT)


def introduced(line: socket.socket) -> Guarded:
    """What the guard says, on our end of its line, as soon as the program runs.

    Raises:
        ValueError: it says nothing.
    """
    line.settimeout(SAYS_S)
    with contextlib.suppress(OSError, ValueError), line.makefile("rb") as file:
        pid, session, wholly = file.readline(LINE).split()
        return Guarded(int(pid), int(session), wholly == b"1")
    raise ValueError("its guard says nothing")
