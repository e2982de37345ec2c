"""Run by itself: the parent of a program on a terminal, between it and the process that asked.

`guard.py LINE PROGRAM [ARGUMENT ...]`. It gives the program its terminal as a shell does, says its
number on LINE, a socket, waits for its end, and ends in the same way. All that the program has
started ends with it, a daemon too: orphans become children of the nearest subreaper (prctl(2)),
which the guard is. The end of LINE is that of the process that asked; a byte on it ends the
program at once.

The guard is a process pair, so that none of it outlives a SIGKILL to the guard. The inner one is
the parent of the program. The outer one is that of the inner one, and inherits all from it. The
inner one has a line to the outer one, whose end it hears as the outer one hears that of LINE.

Linux alone has subreapers. Elsewhere the program's group ends with it, and its descendants as far
as they are found from parent to child: a daemon is not. The second word on LINE says which it is.

That process has many threads, so nothing of Python may run between its fork and the exec.
"""

import contextlib
import ctypes
import itertools
import math
import os
import resource
import select
import signal
import socket
import sys
import time

NOT_FOUND = 127  # as a shell says it
SUBREAPER = 36  # PR_SET_CHILD_SUBREAPER, prctl(2)
GRACE_S = 1.4  # for a program that learns from its own line that nobody looks any more
GIVE_UP_S = 5.0
POLL_MS = 50
SAID = 64  # bytes, of three numbers
MOST = 65_536  # descriptors, where there is no limit


def main(words: list[str]) -> int:
    """The outer one. Returns the exit code; does not return where the program was ended by a
    signal."""
    line = socket.socket(fileno=int(words[0]))
    os.set_inheritable(line.fileno(), False)
    reaps = _is_subreaper()
    ours, its = socket.socketpair()
    inner = os.fork()
    if not inner:
        line.close()
        ours.close()
        return _inner(its, words[1:])
    _close_all_but(line.fileno(), ours.fileno())
    _pass_signals_to(inner)
    select.select([ours, line], [], [])
    said = b"" if _is_over(line) else ours.recv(SAID)  # nothing as well, where it has ended
    with contextlib.suppress(OSError):  # the other end may be gone already
        line.sendall(said)
    return _end_as(_wait(inner, line, int(said.split()[0]) if said else inner, reaps, GRACE_S))


def _inner(line: socket.socket, program: list[str]) -> int:
    """As main(), of the program itself."""
    reaps = _is_subreaper()
    os.login_tty(0)  # the terminal, which stands there, becomes that of our session
    pid = os.fork()
    if not pid:
        os._exit(_become(program))
    _close_all_but(line.fileno())
    _pass_signals_to(pid)
    with contextlib.suppress(OSError):
        line.sendall(b"%d %d %d\n" % (pid, os.getpid(), reaps))
    return _end_as(_wait(pid, line, pid, reaps, 0))


def _is_subreaper() -> bool:
    """Whether orphans below us become our children from now on."""
    return sys.platform == "linux" and not ctypes.CDLL(None).prctl(SUBREAPER, 1, 0, 0, 0)


def _is_over(line: socket.socket) -> bool:
    """Whether it has ended, or a byte has come."""
    return bool(select.select([line], [], [], 0)[0])


def _pass_signals_to(child: int) -> None:
    signal.signal(signal.SIGTERM, lambda *_: _send(child, signal.SIGTERM))
    signal.signal(signal.SIGHUP, lambda *_: _send(-child, signal.SIGHUP))
    signal.signal(signal.SIGCHLD, lambda *_: None)  # wakes poll()


def _become(words: list[str]) -> int:
    """In the child: a job in the foreground, with the usual signals; a process that runs under
    nohup or a supervisor ignores them, and would hand that on.

    Returns the exit code where the program cannot be run.
    """
    os.setpgid(0, 0)
    signal.signal(signal.SIGTTOU, signal.SIG_IGN)
    os.tcsetpgrp(0, os.getpid())
    for number in (signal.SIGINT, signal.SIGQUIT, signal.SIGHUP, signal.SIGTTOU):
        signal.signal(number, signal.SIG_DFL)
    try:
        os.execv(words[0], words)
    except OSError as error:
        print(f"{words[0]}: {error.strerror}", file=sys.stderr, flush=True)
    return NOT_FOUND


def _close_all_but(*kept: int) -> None:
    """What the program alone has to have: as long as we had its channel it would not end."""
    limit = resource.getrlimit(resource.RLIMIT_NOFILE)[0]
    most = MOST if limit == resource.RLIM_INFINITY else limit
    for before, after in itertools.pairwise((2, *sorted(kept), most)):
        os.closerange(before + 1, after)


def _wait(pid: int, line: socket.socket, group: int, reaps: bool, grace_s: float) -> int:
    """Reap children until there are none. Returns the wait status of the first one, `pid`.

    group: that of the program. grace_s: from the end of the line until they are killed.
    """
    wake, waker = os.pipe()
    os.set_blocking(waker, False)
    signal.set_wakeup_fd(waker, warn_on_full_buffer=False)
    poller = select.poll()
    for descriptor in (line.fileno(), wake):
        poller.register(descriptor, select.POLLIN)
    status, kill_at = signal.SIGKILL.value, math.inf
    while (ended := _reaped()) and time.monotonic() < kill_at + GIVE_UP_S:
        if ended[0] == pid:
            status, kill_at = ended[1], time.monotonic()
        if time.monotonic() >= kill_at:
            for child in _to_kill(group, reaps):
                _send(child, signal.SIGKILL)
        if ended[0]:
            continue
        ready = dict(poller.poll(None if kill_at == math.inf else POLL_MS))
        if wake in ready:
            os.read(wake, 4096)
        if line.fileno() in ready:
            kill_at = min(kill_at, time.monotonic() + (0 if _said(line) else grace_s))
            poller.unregister(line.fileno())
    return status


def _reaped() -> tuple[int, int] | None:
    """A child that has ended and its status, zeros where none has; None: there are no children."""
    try:
        return os.waitpid(-1, os.WNOHANG)
    except ChildProcessError:
        return None


def _to_kill(group: int, reaps: bool) -> list[int]:
    """Our children: theirs become ours in turn. Where they do not, or where the system does not
    list them (proc(5)): the program's group, and all that is found below us."""
    if reaps:
        with contextlib.suppress(OSError), open(f"/proc/self/task/{os.getpid()}/children") as file:
            return [int(number) for number in file.read().split()]
    return [-group, *_below(os.getpid())]


def _below(parent: int) -> list[int]:
    """The descendants of a process, by ps(1), without those that have lost their parent."""
    import subprocess

    command = ("ps", "-A", "-o", "pid=", "-o", "ppid=")
    try:
        listed = subprocess.run(command, stdout=subprocess.PIPE, timeout=GIVE_UP_S).stdout
    except (OSError, subprocess.TimeoutExpired):
        return []
    pairs = [(int(child), int(its)) for child, its in map(bytes.split, listed.splitlines())]
    found = [parent]
    for one in found:
        found += [child for child, its in pairs if its == one]
    return found[1:]


def _send(pid: int, number: signal.Signals) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.kill(pid, number)


def _said(line: socket.socket) -> bool:
    try:
        return bool(line.recv(1))
    except OSError:
        return False


def _end_as(status: int) -> int:
    """By the signal that has ended the program, without a core file of our own."""
    code = os.waitstatus_to_exitcode(status)
    if code < 0:
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
        with contextlib.suppress(OSError):  # SIGKILL cannot be set
            signal.signal(-code, signal.SIG_DFL)
        os.kill(os.getpid(), -code)
    return code


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
