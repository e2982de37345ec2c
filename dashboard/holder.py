"""Another dashboard has our data folder: where it is, and whether it still lives."""

import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from dashboard import instance
from dashboard.live.events import EventDict

LOOK_S = 1.0


class Holder:
    """The one that holds the folder, looked for again and again, since it may end.

    `view`: {address, pid, since, served}, as the page knows it; `since` in Unix seconds. `but`: the
    pid of a dashboard that is giving the folder back.
    """

    def __init__(
        self,
        folder: Path,
        publish: Callable[[EventDict], None],
        clock: Callable[[], float] = time.monotonic,
        but: int = 0,
    ) -> None:
        self._folder, self._publish, self._clock, self._not = folder, publish, clock, but
        self._lock = threading.Lock()
        self._looked = clock()
        self.view = self._find()

    def look(self) -> None:
        """Tell every tab when it has ended or another one has come. At most one look a second."""
        with self._lock:
            if self._clock() - self._looked < LOOK_S:
                return
            self._looked = self._clock()
            found = self._find()
            if found == self.view:
                return
            self.view = found
        self._publish({"kind": "holder", "name": "", "holder": found})

    def _find(self) -> dict[str, Any]:
        there = instance.find(self._folder)
        if there is None or there.pid == self._not:
            return {"address": "", "pid": None, "since": None, "served": False}
        since = there.since or None
        return {"address": there.page, "pid": there.pid, "since": since, "served": there.served}
