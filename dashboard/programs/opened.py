"""Files that were opened one by one with `lab open`, remembered in the data folder.

A command line writes the list, the dashboard reads it: so no path travels through HTTP.
"""

import contextlib
import json
import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TypeAlias

from dashboard import json_text, whole_file
from dashboard.programs.files import is_path
from labservers.run import file_lock

NAME = "programs.json"
MOST = 200  # of each list, the newest

Lists: TypeAlias = dict[str, list[str]]


class Opened:
    """The lists `files` and `pythons`, of absolute paths, in one JSON file. One that cannot be read
    counts as empty, and is kept aside by the next change."""

    def __init__(self, folder: Path) -> None:
        self.path = folder / NAME

    def files(self) -> list[Path]:
        return [Path(path) for path in self._read()["files"]]

    def pythons(self) -> list[str]:
        """Interpreters that were named for a file."""
        return self._read()["pythons"]

    def add(self, file: Path, python: str = "") -> None:
        """
        Raises:
            OSError: the list cannot be written.
        """

        def added(lists: Lists) -> None:
            for name, path in (("files", str(file)), ("pythons", python)):
                if path:
                    others = [other for other in lists[name] if other != path]
                    lists[name] = [*others, path][-MOST:]

        self._change(added)

    def remove(self, file: Path) -> None:
        """
        Raises:
            OSError: the list cannot be written.
        """
        path = str(file)

        def removed(lists: Lists) -> None:
            lists["files"] = [other for other in lists["files"] if other != path]

        if self._found() is None or path in self._read()["files"]:
            self._change(removed)

    def _read(self) -> Lists:
        lists = self._found() or {}
        return {name: _paths(lists.get(name)) for name in ("files", "pythons")}

    def _found(self) -> dict[str, object] | None:
        """None: what stands there is not a list of ours."""
        try:
            found = json_text.parse(self.path.read_bytes())
        except FileNotFoundError:
            return {}
        except (OSError, ValueError):
            return None
        return found if isinstance(found, dict) else None

    def _change(self, change: Callable[[Lists], None]) -> None:
        self.path.parent.mkdir(parents=True, exist_ok=True)
        with _locked(self.path.parent):
            if self._found() is None:
                whole_file.keep_aside(self.path)
            lists = self._read()
            change(lists)
            whole_file.write(self.path, json.dumps(lists, indent=1))


def _paths(found: object) -> list[str]:
    if not isinstance(found, list):
        return []
    return [path for path in found if is_path(path)]


@contextlib.contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Two command lines may write at once."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        file_lock.wait_alone(descriptor)
        yield
    finally:
        os.close(descriptor)
