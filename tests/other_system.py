"""`python other_system.py darwin|win32 (-m MODULE | -c CODE | FILE) ...`: run it by a Python that lacks
all that a Python of that system lacks.

Names are taken away, modules cannot be imported, and /proc is not there. A kqueue is made of poll(2).
"""

import importlib
import os
import runpy
import select
import signal
import socket
import sys
import types
from importlib.machinery import ModuleSpec
from typing import Any

# Loaded first, as it is on this system: all that is not ours.
AS_HERE = ("asyncio", "concurrent.futures", "ctypes", "flask.cli", "http.client", "multiprocessing",
           "psutil", "simple_websocket", "sqlite3", "subprocess", "tempfile",
           "urllib.request")  # fmt: skip
MODULES = {
    "darwin": (),
    "win32": ("fcntl", "grp", "_posixsubprocess", "pty", "pwd", "resource", "termios", "tty"),
}
OF_LINUX = {
    select: ("epoll",),
    socket: ("TCP_INFO", "TCP_CONGESTION", "TCP_KEEPIDLE", "MSG_NOSIGNAL", "SO_BINDTODEVICE"),
    os: ("memfd_create", "sched_getaffinity", "pidfd_open", "unshare"),
}
OF_POSIX = {
    select: ("poll",),
    socket: ("AF_UNIX", "MSG_DONTWAIT", "SO_REUSEPORT", "sethostname"),
    signal: ("SIGALRM", "SIGCHLD", "SIGCONT", "SIGHUP", "SIGKILL", "SIGPIPE", "SIGQUIT", "SIGSTOP",
             "SIGTTIN", "SIGTTOU", "SIGUSR1", "SIGUSR2", "alarm", "pause", "pthread_kill",
             "setitimer", "sigwait"),
    os: ("O_CLOEXEC", "O_NOFOLLOW", "O_NONBLOCK", "fchmod", "fork", "forkpty", "getloadavg", "getpgid",
         "getpgrp", "getsid", "getuid", "geteuid", "getgid", "killpg", "mkfifo", "openpty",
         "posix_spawn", "posix_spawnp", "pread", "pwrite", "register_at_fork", "setpgid", "setsid",
         "sysconf", "tcgetpgrp", "tcsetpgrp", "waitid", "WNOHANG", "WEXITED", "WNOWAIT"),
}  # fmt: skip


class Kqueue:
    """kqueue(2) over poll(2), as far as the module selectors uses it."""

    def __init__(self) -> None:
        self._masks: dict[int, int] = {}
        self._poll = POLL()

    def fileno(self) -> int:
        return 0

    def close(self) -> None:
        self._masks.clear()

    def control(self, changes: Any, most: int, timeout_s: float | None = None) -> list[Any]:
        for change in changes or ():
            self._change(change.ident, MASKS[change.filter], change.flags == select.KQ_EV_ADD)
        if most == 0:
            return []
        found = self._poll.poll(None if timeout_s is None else timeout_s * 1000)
        events = [
            select.kevent(fd, kind, 0)
            for fd, mask in found
            for kind, bit in MASKS.items()
            if self._masks[fd] & bit and mask & (bit | BROKEN)
        ]
        return events[:most]

    def _change(self, fd: int, bit: int, adds: bool) -> None:
        mask = self._masks.pop(fd, 0)
        if not adds and not mask & bit:
            raise FileNotFoundError("not watched")
        mask = mask | bit if adds else mask & ~bit
        if mask:
            self._masks[fd] = mask
            self._poll.register(fd, mask)
        else:
            self._poll.unregister(fd)


POLL, BROKEN = select.poll, select.POLLHUP | select.POLLERR
MASKS = {-1: select.POLLIN, -2: select.POLLOUT}  # EVFILT_READ, EVFILT_WRITE: sys/event.h


class Missing:
    """Finds no module of these names."""

    def __init__(self, names: tuple[str, ...]) -> None:
        self._names = names

    def find_spec(self, name: str, *_: Any) -> ModuleSpec | None:
        if name in self._names:
            raise ModuleNotFoundError(f"No module named {name!r}", name=name)
        return None


def without_proc(event: str, arguments: tuple[Any, ...]) -> None:
    """An audit hook; psutil, which is made for each system, may look on."""
    if event not in ("open", "os.listdir", "os.scandir") or not isinstance(arguments[0], str):
        return
    caller = sys._getframe(1).f_code.co_filename
    if arguments[0].startswith("/proc") and "psutil" not in caller:
        raise FileNotFoundError(2, "No such file or directory", arguments[0])


def move_to(system: str) -> None:
    for name in AS_HERE:
        importlib.import_module(name)
    if system == "darwin":
        bring_kqueue()
    for module, names in (*OF_LINUX.items(), *(OF_POSIX.items() if system == "win32" else ())):
        for name in names:
            vars(module).pop(name, None)
    for name in MODULES[system]:
        sys.modules.pop(name, None)
    if system == "win32":
        vars(signal)["SIGBREAK"] = signal.SIGTERM  # Ctrl+Break; any signal will do
    sys.meta_path.insert(0, Missing(MODULES[system]))  # type: ignore[arg-type]
    sys.addaudithook(without_proc)
    sys.platform = system


def bring_kqueue() -> None:
    kevent = types.SimpleNamespace
    names = {"KQ_FILTER_READ": -1, "KQ_FILTER_WRITE": -2, "KQ_EV_ADD": 1, "KQ_EV_DELETE": 2}
    vars(select).update(
        names, kqueue=Kqueue, kevent=lambda i, f, g: kevent(ident=i, filter=f, flags=g)
    )
    sys.modules.pop("selectors")
    import selectors

    assert selectors.KqueueSelector


def main(system: str, *words: str) -> None:
    move_to(system)
    if words[0] == "-m":
        sys.argv = list(words[1:])
        sys.path.insert(0, os.getcwd())
        runpy.run_module(words[1], run_name="__main__", alter_sys=True)
    else:
        sys.argv = list(words)
        runpy.run_path(words[0], run_name="__main__")


if __name__ == "__main__":
    main(*sys.argv[1:])
