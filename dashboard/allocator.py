"""How much freed memory the C library keeps back: glibc alone, another one is left as it is.

It gives threads heaps of their own ("arenas", eight a processor), and what one of them has freed
another does not use. The dashboard has a thread for each request, and each leaves holes in the
heap that it happens on: memory grew for minutes though no more of it was in use. One heap is
enough here, since Python's own lock lets one thread allocate at a time. A large block is to go
back to the system as soon as it is free: glibc keeps larger and larger ones once some were freed.
What stays are holes between small blocks, which go back when they are asked for.
"""

import ctypes
import functools
from typing import Any

M_MMAP_THRESHOLD, M_ARENA_MAX = -3, -8  # mallopt(3)
HEAPS = 1
LARGE_BYTES = 128 * 1024  # glibc's own limit, before it moves it


def keep_little() -> None:
    """From now on; to be called before there are threads."""
    library = _glibc()
    if library is not None:
        library.mallopt(M_ARENA_MAX, HEAPS)
        library.mallopt(M_MMAP_THRESHOLD, LARGE_BYTES)


def give_back() -> None:
    """Whole free pages go to the system, see malloc_trim(3): some 10 ms of work."""
    library = _glibc()
    if library is not None:
        library.malloc_trim(0)


@functools.cache
def _glibc() -> Any:
    """None: it is not the C library of this process."""
    try:
        library = ctypes.CDLL(None)
    except (OSError, TypeError):  # Windows has no library without a name
        return None
    return library if hasattr(library, "gnu_get_libc_version") else None
