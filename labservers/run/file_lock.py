"""A lock on an open file that the kernel frees with its last holder (flock(2)).

Where the system has none it is always had: nothing keeps two processes apart there.
"""

import sys

if sys.platform != "win32":
    import fcntl


def try_shared(descriptor: int) -> bool:
    """As one of several; False: one process has it for itself."""
    return sys.platform == "win32" or _taken(descriptor, fcntl.LOCK_SH)


def try_alone(descriptor: int) -> bool:
    """False: another process has it."""
    return sys.platform == "win32" or _taken(descriptor, fcntl.LOCK_EX)


def wait_alone(descriptor: int) -> None:
    if sys.platform != "win32":
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _taken(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
