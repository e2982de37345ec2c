"""Only for speed: one call on many sockets, one after the other, by a loop that is not Python's.

A loop in Python between two system calls takes a part of a microsecond, and pushes the kernel's
code out of the processor's nearest cache, and the kernel Python's.
"""

from collections.abc import Callable, Iterable
from typing import Any


def each(call: Callable[..., Any], *columns: Iterable[Any]) -> list[Any]:
    """What call() returns for each row of the columns; where it raised an OSError, that error."""
    results: list[Any] = []
    calls = map(call, *columns)
    while True:
        try:
            results.extend(calls)  # which keeps what came before an error
            return results
        except OSError as error:
            results.append(error)
