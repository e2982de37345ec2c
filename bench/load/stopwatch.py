"""Shared by the generators: the begin of the measured time, turns, and the one line out."""

import json
import sys
import time
from collections.abc import Callable, Iterator

BEGIN, OVER = "begin", "over"


class Stopwatch:
    """From its begin on, or in turns: seconds by the clock, and of our own processor."""

    def __init__(self) -> None:
        print(BEGIN, flush=True)
        self._cpu = time.process_time()
        self.began = time.perf_counter()
        self.in_turns = 0.0  # seconds of all turns
        self._cpu_in_turns = 0.0

    def turns(self, after: Callable[[], None] = lambda: None) -> Iterator[float]:
        """How long each turn is to be, in seconds: a line of standard input, until its end. What
        after() does takes no time."""
        for line in sys.stdin:
            began, cpu = time.perf_counter(), time.process_time()
            yield float(line)
            self.in_turns += time.perf_counter() - began
            self._cpu_in_turns += time.process_time() - cpu
            after()
            print(OVER, flush=True)

    def report(self, **figures: object) -> None:
        """Print the result as a line of JSON."""
        spent = self.in_turns or time.perf_counter() - self.began
        cpu = self._cpu_in_turns or time.process_time() - self._cpu
        print(json.dumps({"seconds": spent, "cpu_s": cpu, **figures}), flush=True)
