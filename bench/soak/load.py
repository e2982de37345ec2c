"""Visitors: each repeats its visit in a thread of its own until the soak ends."""

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field

from bench.soak.visits import Visit, Wrong

PAUSE_S = 0.05
WRONGS_KEPT = 20


@dataclass
class Tally:
    """Visits of one kind. lost: cut short by a fault, or refused while the server was down."""

    answered: int = 0
    lost: int = 0
    wrong: list[str] = field(default_factory=list)

    def take(self, visit: Visit) -> None:
        try:
            if visit():
                self.answered += 1
            else:
                self.lost += 1
        except OSError:
            self.lost += 1
        except Wrong as wrong:
            if len(self.wrong) < WRONGS_KEPT:
                self.wrong.append(str(wrong))


class Load:
    """Visits go on while the context lasts."""

    def __init__(self, visits: Mapping[str, Visit], pause_s: float = PAUSE_S) -> None:
        self.tallies = {name: Tally() for name in visits}
        self._pause_s = pause_s
        self._done = threading.Event()
        self._threads = [
            threading.Thread(target=self._repeat, args=(name, visit), name=f"visits of {name}")
            for name, visit in visits.items()
        ]

    def __enter__(self) -> "Load":
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()

    def _repeat(self, name: str, visit: Visit) -> None:
        while not self._done.wait(self._pause_s):
            self.tallies[name].take(visit)
