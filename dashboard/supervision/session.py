"""A session of processes: the leader, and all that it has started (setsid(2))."""

import contextlib
import os
import signal

import psutil

ROUNDS = 5  # a process that is being killed may have forked
# psutil reads /proc: where no descriptor is free, that fails as the kernel says.
UNSEEN = (psutil.Error, OSError)


def is_ours(pid: int) -> bool:
    """Whether a process descends from this one. The number of one that has ended may be given to
    a stranger."""
    try:
        return any(parent.pid == os.getpid() for parent in psutil.Process(pid).parents())
    except UNSEEN:
        return False


def kill_all(leader: int) -> None:
    """SIGKILL to a leader, to its session, and to descendants that have sessions of their own.

    The leader may be dead, but must not have been reaped: its number is nobody else's meanwhile.
    It is killed also where the others cannot be seen.
    """
    with contextlib.suppress(*UNSEEN):
        for process in psutil.Process(leader).children(recursive=True):
            with contextlib.suppress(*UNSEEN):
                process.kill()
    _kill(leader)
    kill_others(leader)


def kill_others(leader: int) -> None:
    """SIGKILL to the members of a session but its leader, as far as they can be seen."""
    for _ in range(ROUNDS):
        others = _others(leader)
        if not others:
            return
        for pid in others:
            _kill(pid)


def _others(leader: int) -> list[int]:
    with contextlib.suppress(*UNSEEN):
        return [pid for pid in psutil.pids() if pid != leader and _is_in(leader, pid)]
    return []


def _is_in(leader: int, pid: int) -> bool:
    with contextlib.suppress(*UNSEEN):
        return os.getsid(pid) == leader and _lives(pid)
    return False


def _lives(pid: int) -> bool:
    return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE


def _kill(pid: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, signal.SIGKILL)
