"""The tabs of browsers that are open now, by the name that each has made up for itself."""

import contextlib
import threading
from collections import Counter
from collections.abc import Iterator
from typing import Any

TAB_CHARACTERS = 64


class Tabs:
    """A tab that loses its link for a moment may be connected twice. Any thread may ask."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._open: Counter[str] = Counter()

    @contextlib.contextmanager
    def open(self, name: Any) -> Iterator[None]:
        """A tab is open while the context lasts; a name that is not a text stands for none."""
        if not isinstance(name, str) or not 0 < len(name) <= TAB_CHARACTERS:
            yield
            return
        with self._lock:
            self._open[name] += 1
        try:
            yield
        finally:
            with self._lock:
                self._open[name] -= 1
                if not self._open[name]:
                    del self._open[name]

    def is_open(self, name: str) -> bool:
        return name in self._open
