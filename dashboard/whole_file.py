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
    """Rename a file that cannot be used; the new name says when.

    Raises:
        OSError: it cannot be renamed.
    """
    aside = path.with_name(f"{path.name}.broken-{time.strftime('%Y-%m-%dT%H-%M-%S')}")
    os.replace(path, aside)
    return aside
