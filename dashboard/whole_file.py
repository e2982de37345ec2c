"""Files that are written whole or not at all: a reader sees the text before or the text after."""

import contextlib
import os
import time
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Replace a file's text (rename(2)); its folder is made where there is none.

    Raises:
        OSError: it cannot be written; the file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    try:
        new.write_text(text, "utf-8")
        os.replace(new, path)
    except OSError:
        with contextlib.suppress(OSError):
            new.unlink()  # half of a text, on a disk that is full
        raise


def keep_aside(path: Path) -> Path:
    """Rename a file that cannot be used; the new name says when, and is no other one's.

    Raises:
        OSError: it cannot be renamed.
    """
    name = f"{path.name}.broken-{time.strftime('%Y-%m-%dT%H-%M-%S')}"
    aside, number = path.with_name(name), 1
    while os.path.lexists(aside):
        number += 1
        aside = path.with_name(f"{name}-{number}")
    os.replace(path, aside)
    return aside
