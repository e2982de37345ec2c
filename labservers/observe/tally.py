"""Counters that no thread needs a lock for: each has one writer, and whoever looks adds them up.

`counter += 1` is a read, an addition and a write. Between them another thread can have its turn,
and one of two additions is lost. So threads never share a counter.
"""

from __future__ import annotations

import itertools
from collections import defaultdict


class Tally:
    """Totals of what one thread at a time does. Others may read it, and see it a moment late.

    accepted: connections or datagrams. requests: answered exchanges or messages. errors: requests
    refused as bad and connections that broke. counts: by kind, as "GET", "404", "dropped".
    """

    __slots__ = ("accepted", "bytes_in", "bytes_out", "counts", "errors", "requests")

    def __init__(self) -> None:
        self.accepted = 0
        self.requests = 0
        self.errors = 0
        self.bytes_in = 0
        self.bytes_out = 0
        self.counts: defaultdict[str, int] = defaultdict(int)

    def add(self, other: Tally) -> None:
        """Add another tally to this one, which is the caller's own."""
        self.accepted += other.accepted
        self.requests += other.requests
        self.errors += other.errors
        self.bytes_in += other.bytes_in
        self.bytes_out += other.bytes_out
        if other.counts:
            for kind, count in other.counts.copy().items():  # its writer may add a kind meanwhile
                self.counts[kind] += count


class Counter:
    """A counter for many threads and one reader, without a lock.

    next() takes the steps of itertools.count under the interpreter's lock: no addition is lost.
    """

    __slots__ = ("_before", "_steps", "add")

    def __init__(self) -> None:
        self._steps = itertools.count()
        self._before = 0
        self.add = self._steps.__next__  # one more, by any thread

    def add_many(self, number: int) -> None:
        """At least one more; by any thread."""
        next(itertools.islice(self._steps, number - 1, None))

    def take(self) -> int:
        """How many were added since the last call; by one thread at a time."""
        now = next(self._steps)  # this look is a step too
        added, self._before = now - self._before, now + 1
        return added
