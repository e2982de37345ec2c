"""Children of an observed program: followed where that is possible, or said to be unseen.

A fork is a copy of the process, tap and all. What multiprocessing spawns is a Python that is
whose command line says what to do: there it is made to observe itself first. Any other child
is a program of its own. A channel has one process at its other end, so that there a child is
not followed.
"""

from __future__ import annotations

import contextlib
import os
import re
import sys
import threading
import warnings
from collections.abc import Callable
from typing import Any

from labservers.observe.stand_in import stand_in

SPAWNED = "from multiprocessing.spawn import spawn_main;"
FORK_WARNING = "This process .* is multi-threaded, use of fork"
SERVANTS = re.compile("multiprocessing.(resource_tracker|semaphore_tracker|forkserver)")


def watch_forks(before: Any, in_parent: Any, in_child: Any) -> None:
    """Call these around each fork, where the system has one."""
    if hasattr(os, "register_at_fork"):
        os.register_at_fork(before=_excuse_our_threads)
        os.register_at_fork(before=before, after_in_parent=in_parent, after_in_child=in_child)


def _excuse_our_threads() -> None:
    """Python 3.12 and later warn of a fork with several threads, 3.13 once our writer is back.
    Where the program has one thread, the others are ours."""
    if sys.version_info < (3, 12):
        return
    if threading.active_count() == 1:
        warnings.filterwarnings("ignore", FORK_WARNING, DeprecationWarning)
    else:
        filters: Any = warnings.filters
        filters[:] = [one for one in filters if getattr(one[1], "pattern", "") != FORK_WARNING]


def name_forked(forked: Callable[[int], None]) -> None:
    """Call this with the number of each child, in the parent."""

    def watch(original: Any) -> Any:
        def fork() -> Any:
            made = original()
            pid = made[0] if isinstance(made, tuple) else made
            if pid:
                forked(pid)
            return made

        return stand_in(original, fork)

    for name in ("fork", "forkpty"):
        if hasattr(os, name):
            setattr(os, name, watch(getattr(os, name)))


def watch_exits(ending: Callable[[int], None]) -> None:
    """A forked child may end by an os._exit(), of which nothing else is notified."""
    leave = os._exit

    def _exit(status: int) -> Any:
        ending(status)
        leave(status)

    os._exit = _exit


def watch_starts(unseen: Callable[[str], None], follow: Callable[[], str] | None) -> None:
    """Say of each program that is started that it is not seen. `follow`: the text of a Python
    program that makes a spawned child observe itself; None: it is not to be followed."""
    try:
        import _posixsubprocess
    except ImportError:  # Windows starts its children in another way
        return

    def start(original: Any) -> Any:
        def started(first: Any, *others: Any, **keywords: Any) -> Any:
            words = [os.fsdecode(word) for word in first]
            spawned = len(words) > 2 and words[-2].startswith(SPAWNED)
            if spawned and follow is not None:
                words[-2] = f"{follow()} {words[-2]}"
                return original(words, *others, **keywords)
            pid = original(first, *others, **keywords)
            if not SERVANTS.search(" ".join(words)):
                unseen(f"child {pid} ({_command(words)}) is not seen")
            return pid

        return stand_in(original, started)

    def spawn(original: Any) -> Any:
        def started(path: Any, words: Any, *others: Any, **keywords: Any) -> Any:
            pid = original(path, words, *others, **keywords)
            unseen(f"child {pid} ({_command([os.fsdecode(word) for word in words])}) is not seen")
            return pid

        return stand_in(original, started)

    _posixsubprocess.fork_exec = start(_posixsubprocess.fork_exec)
    for name in ("posix_spawn", "posix_spawnp"):
        if hasattr(os, name):
            setattr(os, name, spawn(getattr(os, name)))


def watch_shells(unseen: Callable[[str], None]) -> None:
    """os.system() starts its child in C."""
    original = os.system

    def system(command: Any) -> int:
        code = original(command)
        unseen(f"child ({_command([os.fsdecode(command)])}) is not seen")
        return code

    os.system = stand_in(original, system)


def watch_replacements(replaced: Callable[[str], None]) -> None:
    """Call this before exec*() makes another program of this process."""

    def watch(original: Any) -> Any:
        def exec_(path: Any, words: Any, *others: Any, **keywords: Any) -> Any:
            with contextlib.suppress(TypeError, ValueError):  # the call itself says what is wrong
                if os.access(path, os.X_OK):
                    replaced(_command([os.fsdecode(word) for word in words]))
            return original(path, words, *others, **keywords)

        return stand_in(original, exec_)

    for name in ("execv", "execve"):
        setattr(os, name, watch(getattr(os, name)))


def _command(words: list[str]) -> str:
    text = " ".join([os.path.basename(words[0]), *words[1:]]) if words else ""
    return text if len(text) <= 60 else text[:59] + "…"
