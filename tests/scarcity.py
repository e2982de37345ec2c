"""What a system can refuse: a disk that is full, one that must not be written, descriptors,
threads."""

import contextlib
import errno
import itertools
import os
import resource
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import TypeVar

import pytest

T = TypeVar("T")
NOBODY = 65_534


@contextlib.contextmanager
def limited(kind: int, soft: int, pid: int = 0) -> Iterator[None]:
    """For a process, this one by default (prlimit(2))."""
    before = resource.prlimit(pid, kind)
    resource.prlimit(pid, kind, (soft, before[1]))
    try:
        yield
    finally:
        resource.prlimit(pid, kind, before)


def full(size: int = 10) -> AbstractContextManager[None]:
    """For this process: a file beyond `size` bytes fails with EFBIG (setrlimit(2); Python ignores
    SIGXFSZ)."""
    return limited(resource.RLIMIT_FSIZE, size)


@contextlib.contextmanager
def read_only(folder: Path) -> Iterator[None]:
    """This process may read a folder and not write it."""
    folders = [folder, *(path for path in folder.rglob("*") if path.is_dir())]
    for one in folders:
        one.chmod(0o555)
    try:
        with without_rights():
            yield
    finally:
        for one in folders:
            one.chmod(0o755)


@contextlib.contextmanager
def without_rights() -> Iterator[None]:
    """Root, who may do all, is nobody meanwhile."""
    user = os.geteuid()
    if user == 0:
        os.seteuid(NOBODY)
    try:
        yield
    finally:
        os.seteuid(user)


def few_descriptors(count: int) -> AbstractContextManager[None]:
    """For this process: what would be opened beyond so many fails with EMFILE."""
    return limited(resource.RLIMIT_NOFILE, free_below(os.getpid(), count))


@contextlib.contextmanager
def few_threads(count: int) -> Iterator[None]:
    """For this process: no thread of threading can be started beyond so many."""
    begin, left = threading.Thread.start, iter(range(count))

    def start(thread: threading.Thread) -> None:
        if next(left, None) is None:
            raise RuntimeError("can't start new thread")
        begin(thread)

    with pytest.MonkeyPatch.context() as system:
        system.setattr(threading.Thread, "start", start)
        yield


def with_just_enough_descriptors(make: Callable[[], T]) -> T:
    """What `make` returns with the fewest that it can do with; with fewer it leaves none open."""
    before = len(os.listdir("/proc/self/fd"))
    for few in itertools.count():
        try:
            with few_descriptors(few):
                return make()
        except OSError as error:
            assert error.errno in (errno.EMFILE, None), error  # openpty() has no number
        assert len(os.listdir("/proc/self/fd")) == before, few
    raise AssertionError


def free_below(pid: int, count: int) -> int:
    """A limit that leaves a process so many descriptors."""
    taken = {int(name) for name in os.listdir(f"/proc/{pid}/fd")}
    free = sorted(set(range(len(taken) + count)) - taken)
    return free[count - 1] + 1 if count else 0
