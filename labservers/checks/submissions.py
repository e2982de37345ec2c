"""Which files of a folder are servers: those whose text opens a listening or bound socket."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from pathlib import Path

SKIPPED = frozenset({"__pycache__", "node_modules", "site-packages", "build", "dist"})
BYTES = 1024 * 1024
FILES = 2_000
SERVES = re.compile(
    rb"\.bind\(|\bcreate_server\(|\bstart_server\(|\bserve_forever\(|\bcreate_datagram_endpoint\("
)


def servers_in(subjects: Iterable[Path]) -> tuple[list[tuple[str, Path]], int]:
    """The servers by name and path, and how many files were left out. A file that was named itself
    is always one; names are relative to the folder that was named."""
    found: list[tuple[str, Path]] = []
    left_out = 0
    for subject in subjects:
        if not subject.is_dir():
            found.append((subject.name, subject))
            continue
        for path in _python_files(subject):
            if _serves(path):
                found.append((str(path.relative_to(subject)), path))
            else:
                left_out += 1
    return found, left_out


def _python_files(folder: Path) -> Iterator[Path]:
    """In order of their paths, at most FILES. Folders of tools and virtual environments are left
    out, and links are not followed."""
    number = 0
    for here, folders, names in os.walk(folder):
        folders[:] = sorted(
            name for name in folders if not name.startswith(".") and name not in SKIPPED
        )
        if "pyvenv.cfg" in names:
            folders.clear()
            continue
        for name in sorted(names):
            if name.endswith(".py") and not name.startswith(".") and number < FILES:
                number += 1
                yield Path(here, name)


def _serves(path: Path) -> bool:
    if not path.is_file():  # a pipe would be waited for
        return False
    try:
        with path.open("rb") as file:
            return SERVES.search(file.read(BYTES)) is not None
    except OSError:
        return False
