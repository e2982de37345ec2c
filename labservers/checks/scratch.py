"""A copy of a program's folder to check it in: grades that a probe posts are not for its files,
nor for its next run."""

from __future__ import annotations

import contextlib
import os
import re
import shutil
from collections.abc import Iterator
from pathlib import Path

from labservers.checks.own_files import own_files

MOST_FILES = 500
MOST_BYTES = 10_000_000
LEFT_OUT = (".git", ".hg", ".idea", ".vscode", ".venv", "venv", "node_modules", "__pycache__")
# Of a program that uses files above its folder.
ABOVE = re.compile(r"\.\.[/\\\"']|\bparents\[|\bparent\.parent|dirname\(\s*(os\.path\.)?dirname")


Kept = dict[Path, tuple[int, int]]  # by path: bytes, and nanoseconds of the last change


class Scratch:
    """file: the program in its copy, or the program itself where there is none."""

    def __init__(self, file: Path, into: Path) -> None:
        self.file = scratch_copy(file, into)
        self._original = file.parent
        self._copy = self.file.parent
        self._as_copied = _kept(self._copy) if self.file != file else None

    def restore(self) -> None:
        """The copy as it was made: what a run has written is not there for the next one."""
        if self._as_copied is None:
            return
        now = _kept(self._copy)
        for path in now.keys() - self._as_copied.keys():
            with contextlib.suppress(OSError):
                (self._copy / path).unlink()
        for path, kept in self._as_copied.items():
            if now.get(path) != kept:
                self._bring(path)

    def _bring(self, path: Path) -> None:
        with contextlib.suppress(OSError):
            (self._copy / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(self._original / path, self._copy / path)


def scratch_copy(file: Path, into: Path) -> Path:
    """The program in a copy of its folder; the program itself where the folder is too large for
    that, holds links, or its code looks above it."""
    folder = file.parent
    if any(ABOVE.search(text) for _, text in own_files(file)) or not _small(folder):
        return file
    copy = into / folder.name
    try:
        shutil.copytree(folder, copy, ignore=shutil.ignore_patterns(*LEFT_OUT))
    except OSError:  # as a file that we may not read
        return file
    return copy / file.name


def _small(folder: Path) -> bool:
    files = size = 0
    for place, folders, names in _walk(folder):
        for name in (*folders, *names):
            path = Path(place, name)
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                return False
        files += len(names)
        size += sum(Path(place, name).stat().st_size for name in names)
        if files > MOST_FILES or size > MOST_BYTES:
            return False
    return True


def _kept(folder: Path) -> Kept:
    """Its files; one that goes meanwhile is none."""
    kept: Kept = {}
    for place, _, names in _walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                path = Path(place, name)
                status = path.stat()
                kept[path.relative_to(folder)] = status.st_size, status.st_mtime_ns
    return kept


def _walk(folder: Path) -> Iterator[tuple[str, list[str], list[str]]]:
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        yield place, folders, names
