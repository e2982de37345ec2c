"""A copy of a program's folder to check it in: grades that a probe posts are not for its files."""

from __future__ import annotations

import os
import re
import shutil
from pathlib import Path

from labservers.checks.own_files import own_files

MOST_FILES = 500
MOST_BYTES = 10_000_000
LEFT_OUT = (".git", ".hg", ".idea", ".vscode", ".venv", "venv", "node_modules", "__pycache__")
# Of a program that uses files above its folder.
ABOVE = re.compile(r"\.\.[/\\\"']|\bparents\[|\bparent\.parent|dirname\(\s*(os\.path\.)?dirname")


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
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in LEFT_OUT]
        for name in (*folders, *names):
            path = Path(place, name)
            if path.is_symlink() or not (path.is_dir() or path.is_file()):
                return False
        files += len(names)
        size += sum(Path(place, name).stat().st_size for name in names)
        if files > MOST_FILES or size > MOST_BYTES:
            return False
    return True
