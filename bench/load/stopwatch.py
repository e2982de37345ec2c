"""Shared by the generators: the begin of the measured time, and the one line out."""

import json
import time

BEGIN = "begin"


class Stopwatch:
    """From begin() on: seconds by the clock, and of our own processor."""

    def __init__(self) -> None:
        print(BEGIN, flush=True)
        self._cpu = time.process_time()
        self.began = time.perf_counter()

    def report(self, **figures: object) -> None:
        """Print the result as a line of JSON."""
        spent = time.perf_counter() - self.began
        cpu = time.process_time() - self._cpu
        print(json.dumps({"seconds": spent, "cpu_s": cpu, **figures}), flush=True)
