"""The troubles of the dashboard itself, for every page: a code that has words in each language.

They cost something and end nothing: settings that are not kept, a log that is not written, code on
disk that is newer than the one that runs.
"""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator
from typing import Any

from dashboard.live.events import EventDict


def _to_nobody(event: EventDict) -> None:
    """Where no page listens."""


class Troubles:
    """Those that last now. Any thread may begin and end one; the lock guards the table.

    about: its subject, as the name of a program; the same code has one trouble for each.
    why: the cause in the words of the system, or the name of a file.
    """

    def __init__(
        self,
        publish: Callable[[EventDict], None] = _to_nobody,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._publish = publish
        self._wall = wall
        self._lock = threading.Lock()
        self._now: dict[tuple[str, str], dict[str, Any]] = {}

    def begin(self, code: str, why: str, about: str = "") -> None:
        """Once more is once."""
        with self._lock:
            if (code, about) in self._now:
                return
            trouble = {"code": code, "about": about, "why": why, "at": self._wall()}
            self._now[code, about] = trouble
            self._tell()

    def end(self, code: str, about: str = "") -> None:
        """It is over, if it was one."""
        with self._lock:
            if self._now.pop((code, about), None):
                self._tell()

    @contextlib.contextmanager
    def where_it_fails(self, code: str, about: str = "") -> Iterator[None]:
        """Files are written in it: an OSError is a trouble, success is the end of one."""
        try:
            yield
        except OSError as error:
            self.begin(code, error.strerror or str(error), about)
        else:
            self.end(code, about)

    def now(self) -> list[dict[str, Any]]:
        """The eldest first."""
        with self._lock:
            return list(self._now.values())

    def _tell(self) -> None:
        """With the lock held, so that the newest list is the one that is heard last."""
        self._publish({"kind": "troubles", "name": "", "troubles": list(self._now.values())})
