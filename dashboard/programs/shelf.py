"""The user's files that can be taken into the catalogue: those of folders, and the opened ones."""

import os
import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from dashboard.errors import UnknownServer
from dashboard.numbers import shown
from dashboard.programs.files import OwnFile, python_files, stamp
from dashboard.programs.opened import Opened

EVERY_S = 3.0
SHARE = 50  # a look that takes 0.1 s is not taken again within 5 s


class Shelf:
    """Its files are looked for anew when they were not for EVERY_S seconds, and the less often the
    longer that takes: a folder may hold ten thousand.

    The lock makes one thread look at a time; the list itself is replaced as a whole.
    """

    def __init__(
        self,
        folders: Sequence[Path],
        opened: Opened,
        examples: Path | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.opened = opened
        self._folders = [*folders, *([examples] if examples else [])]
        self._examples = examples
        self._clock = clock
        self._lock = threading.Lock()
        self._files: dict[str, OwnFile] = {}
        self._due = clock()

    def files(self, *, anew: bool = False) -> dict[str, OwnFile]:
        """All files by name; `anew`: looked for now."""
        with self._lock:
            began = self._clock()
            if anew or began >= self._due:
                found = [*python_files(self._folders), *self._opened_files()]
                self._files = {file.name: file for file in found}
                now = self._clock()
                self._due = now + max(EVERY_S, (now - began) * SHARE)
            return self._files

    def find(self, name: str) -> OwnFile:
        """
        Raises:
            UnknownServer: there is no such file, or it is gone.
        """
        file = self._files.get(name) or self.files(anew=True).get(name)
        if file is None or stamp(file.path) is None:
            raise UnknownServer(f"there is no program {shown(name)}", "see GET /api/programs")
        return file

    def is_example(self, file: OwnFile) -> bool:
        """Whether it came with the dashboard."""
        return self._examples is not None and file.path.is_relative_to(self._examples)

    def _opened_files(self) -> list[OwnFile]:
        paths = (Path(os.path.realpath(path)) for path in self.opened.files())
        return [OwnFile(path) for path in paths if stamp(path) is not None]
