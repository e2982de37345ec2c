"""Python files of the user: found in folders, and named so that their names can be sent about."""

import errno
import functools
import hashlib
import os
import re
import stat
from collections import deque
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple, TypeGuard

FILES = 500  # listed at most
ENTRIES = 10_000  # looked at, at most
DEPTH = 3
STEM = 40  # characters of it in a name
# Folders of tools; those of virtual environments hold a pyvenv.cfg.
SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist"})


class OwnFile(NamedTuple):
    """A file that can become a program. `path`: absolute, without links."""

    path: Path

    @property
    def name(self) -> str:
        """The file's stem and six digits of a hash of its path, as `server-3fa2c1`."""
        return _name_of(self.path)

    @property
    def title(self) -> str:
        return shown(self.path.name)

    @property
    def folder(self) -> str:
        return shown(str(self.path.parent))


@functools.lru_cache(4 * FILES)
def _name_of(path: Path) -> str:
    """Asked for again and again, of each file in a list of hundreds."""
    stem = re.sub(r"[^a-z0-9_]+", "-", path.stem.lower())[:STEM].strip("-")
    digits = hashlib.sha256(os.fsencode(path)).hexdigest()[:6]
    return f"{stem or 'program'}-{digits}"


def is_path(found: object) -> TypeGuard[str]:
    """Whether it is an absolute path that the system can be asked for: JSON has texts with NUL, and
    halves of surrogate pairs, which no file name has."""
    if not isinstance(found, str) or not os.path.isabs(found) or "\0" in found:
        return False
    try:
        os.fsencode(found)
    except UnicodeEncodeError:
        return False
    return True


class Stamp(NamedTuple):
    """A value that differs when the file has changed."""

    mtime_ns: int
    size: int


def stamp(path: Path) -> Stamp | None:
    """Of a regular file; None where there is none, as for a path that is none (is_path)."""
    try:
        found = path.stat()
    except (OSError, ValueError):
        return None
    return Stamp(found.st_mtime_ns, found.st_size) if stat.S_ISREG(found.st_mode) else None


def in_place(path: Path) -> bool:
    """Whether a path that was without links still is: its file or a folder of it may have turned
    into one, which leads anywhere."""
    try:
        return os.path.realpath(path) == str(path)
    except OSError:  # it changes at this moment
        return False


def read(path: Path, most: int) -> bytes:
    """Up to `most` bytes of a regular file at an absolute path without links. Another kind is not
    opened in its stead: a link leads anywhere, and a reader of a FIFO waits for a writer (fifo(7)).

    Raises:
        OSError: it cannot be read, or is of another kind.
    """
    with open(path, "rb", opener=_opened) as file:  # which closes it also where it is a folder
        if not stat.S_ISREG(os.fstat(file.fileno()).st_mode):
            raise OSError(errno.EINVAL, "not a regular file", str(path))
        return file.read(most)


def _opened(name: str, flags: int) -> int:
    """Step by step, since a folder may turn into a link between a look and the open. One to go on
    from need not be readable where the system has O_PATH (Windows has none of these)."""
    path = Path(name)
    step = getattr(os, "O_PATH", os.O_RDONLY) | os.O_DIRECTORY | os.O_NOFOLLOW
    folder = os.open(path.anchor, step)
    try:
        for part in path.parts[1:-1]:
            inner = os.open(part, step, dir_fd=folder)
            os.close(folder)
            folder = inner
        return os.open(path.name, flags | os.O_NOFOLLOW | os.O_NONBLOCK, dir_fd=folder)
    finally:
        os.close(folder)


def shown(path: str) -> str:
    """A path as text: bytes that are not UTF-8 (surrogates, PEP 383) are replaced."""
    return os.fsencode(path).decode("utf-8", "replace")


def python_files(folders: Iterable[Path]) -> list[OwnFile]:
    """The Python files in folders, and in theirs to a depth of DEPTH, by path.

    A link that leads out of its folder is left out. So is what lies beyond FILES and ENTRIES.
    """
    found: set[OwnFile] = set()
    for folder in folders:
        try:
            root = Path(os.path.realpath(folder))
        except OSError:  # a link that has gone at this moment
            continue
        for file in _in_folder(root):
            if len(found) >= FILES:
                break
            found.add(file)
    return sorted(found)


def _in_folder(root: Path) -> Iterator[OwnFile]:
    left, visited = deque([(root, 0)]), 0
    while left:
        folder, depth = left.popleft()
        entries = _entries(folder)
        if any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        for entry in entries:
            visited += 1
            if visited > ENTRIES:
                return
            if path := _program(entry, root):
                yield OwnFile(path)
            elif depth < DEPTH and _is_folder(entry):
                left.append((Path(entry.path), depth + 1))


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return sorted(entries, key=lambda entry: entry.name)
    except OSError:
        return []


def _program(entry: os.DirEntry[str], root: Path) -> Path | None:
    """Where a program is; its path is asked once, since a file may turn into a link meanwhile."""
    name = entry.name
    if not name.endswith(".py") or name.startswith(".") or name == "__init__.py":
        return None
    try:
        if not entry.is_file():
            return None
        path = Path(os.path.realpath(entry.path) if entry.is_symlink() else entry.path)
    except OSError:
        return None
    return path if path.is_relative_to(root) else None


def _is_folder(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or entry.name in SKIPPED:
        return False
    try:
        return entry.is_dir(follow_symlinks=False)
    except OSError:
        return False
