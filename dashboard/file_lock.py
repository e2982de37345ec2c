"""A lock on an open file that the kernel frees with its last holder (flock(2)).

Where the system has none it is always had: nothing keeps two processes apart there.
"""

try:
    import fcntl
except ImportError:  # Windows
    fcntl = None  # type: ignore[assignment]


def try_shared(descriptor: int) -> bool:
    """As one of several; False: one process has it for itself."""
    return fcntl is None or _taken(descriptor, fcntl.LOCK_SH)


def try_alone(descriptor: int) -> bool:
    """False: another process has it."""
    return fcntl is None or _taken(descriptor, fcntl.LOCK_EX)


def wait_alone(descriptor: int) -> None:
    if fcntl is not None:
        fcntl.flock(descriptor, fcntl.LOCK_EX)


def _taken(descriptor: int, how: int) -> bool:
    try:
        fcntl.flock(descriptor, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
