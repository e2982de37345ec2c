"""fcntl(2) and ioctl(2) on descriptors, where the system has them."""

from __future__ import annotations

import array
import os
import sys

if sys.platform != "win32":
    import fcntl
    import termios

HIGH = 500  # a program of a course has fewer descriptors of its own


def figure(descriptor: int, request: str) -> int | None:
    """The whole number that a request of ioctl(2) gives, by its name in termios; None for none."""
    if sys.platform == "win32" or not hasattr(termios, request):
        return None
    size = array.array("i", [0])
    try:
        fcntl.ioctl(descriptor, getattr(termios, request), size)
    except (OSError, ValueError):
        return None
    return size[0]


def order(descriptor: int, request: int, value: bytes) -> None:
    """A request of ioctl(2) that changes something.

    Raises:
        OSError: it is refused.
    """
    if sys.platform != "win32":
        fcntl.ioctl(descriptor, request, value)


def signal_at_input(descriptor: int, pid: int, number: int) -> None:
    """A process gets this signal whenever input comes, or its end (F_SETSIG); on Linux alone."""
    if sys.platform == "linux":
        fcntl.fcntl(descriptor, fcntl.F_SETOWN, pid)
        fcntl.fcntl(descriptor, fcntl.F_SETSIG, number)
        flags = fcntl.fcntl(descriptor, fcntl.F_GETFL)
        fcntl.fcntl(descriptor, fcntl.F_SETFL, flags | os.O_ASYNC)


def out_of_the_way(descriptor: int) -> int:
    """The same file under a high number: the program's own descriptors are as without us."""
    if sys.platform == "win32":
        return descriptor
    try:
        moved = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, HIGH)
    except OSError:  # the limit of descriptors is lower
        return descriptor
    os.close(descriptor)
    return moved
