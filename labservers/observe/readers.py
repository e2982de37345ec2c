"""Whether anybody is left to read what could not be written."""

from __future__ import annotations

import errno

GONE = (errno.EIO, errno.EBADF)  # a terminal that was closed, a descriptor


def nobody_reads(error: OSError | ValueError) -> bool:
    """Else it is room that is missing, as on a full disk or in a pipe that nobody drains: there
    may be some later. A ValueError is a closed file's, or of a character that cannot be written."""
    if isinstance(error, OSError):
        return isinstance(error, ConnectionError) or error.errno in GONE
    return not isinstance(error, UnicodeError)
