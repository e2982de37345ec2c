"""Files that are written whole or not at all: a reader sees the text before or the text after."""

import os
from pathlib import Path


def write(path: Path, text: str) -> None:
    """Replace a file's text (rename(2)); its folder is made where there is none.

    Raises:
        OSError: it cannot be written; the file is as it was.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    new = path.with_suffix(".new")
    new.write_text(text, "utf-8")
    os.replace(new, path)
