"""Code on disk that is newer than the one that runs: the checkout was updated meanwhile.

A process keeps the modules, templates and texts that it has read. A server of the lab that is
started later reads its own anew, and a page its scripts: so the two may not fit.
"""

import sys
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path

from dashboard.programs.files import Stamp, stamp

HERE = Path(__file__).resolve().parent
PACKAGES = ("dashboard", "labservers")
# Inside the package where it was installed, beside it in a checkout.
TEMPLATES = next((t for t in (HERE / "templates", HERE.parent / "templates") if t.is_dir()), HERE)
EVERY_S = 3.0


def read_by_us() -> Iterator[Path]:
    """The files that this process has read and does not read again."""
    for name, module in list(sys.modules.items()):
        path = getattr(module, "__file__", None)
        if path and name.partition(".")[0] in PACKAGES:
            yield Path(path)
    yield from (HERE / "i18n").glob("*.json")
    yield from TEMPLATES.glob("*.html")


class Updates:
    """Notices the first of the files that changes; then it looks no more. Any thread may ask.

    files(): those of now; one that is new counts from then on.
    """

    def __init__(
        self,
        files: Callable[[], Iterable[Path]] = read_by_us,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._files = files
        self._clock = clock
        self._lock = threading.Lock()
        self._before: dict[Path, Stamp | None] = {}
        self._due = clock()
        self.changed: Path | None = None
        self.look()

    def look(self) -> Path | None:
        """A file that was changed, or is gone; a look is taken every EVERY_S seconds at most."""
        with self._lock:
            if self.changed is None and self._clock() >= self._due:
                self._due = self._clock() + EVERY_S
                self.changed = next(
                    (file for file in set(self._files()) if self._is_new(file)), None
                )
            return self.changed

    def _is_new(self, file: Path) -> bool:
        now = stamp(file)
        return self._before.setdefault(file, now) != now
