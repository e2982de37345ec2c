"""The files of a program: the one that is started, and the modules beside it that it imports."""

from __future__ import annotations

import ast
import warnings
from pathlib import Path

MOST = 40  # files
LARGEST = 512 * 1024  # bytes of one


def own_files(file: Path) -> tuple[tuple[str, str], ...]:
    """Name, as it stands in a traceback, and text of each, the started one first."""
    found: dict[str, str] = {}
    waiting = [file]
    while waiting and len(found) < MOST:
        path = waiting.pop(0)
        if path.name in found:
            continue
        text = _text(path)
        if text is not None:
            found[path.name] = text
            waiting += [file.parent / f"{name}.py" for name in sorted(_imports(text))]
    return tuple(found.items())


def _text(path: Path) -> str | None:
    try:
        if not path.is_file():  # a pipe would be waited for
            return None
        return path.read_bytes()[:LARGEST].decode("utf-8-sig", "replace")
    except OSError:
        return None


def parsed(text: str) -> ast.Module | None:
    """Its syntax tree; None: this Python cannot parse it. What Python would warn of, as "\\d" in
    a string, is not for the terminal of the check."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def _imports(text: str) -> set[str]:
    """The first names of what it imports."""
    tree = parsed(text)
    if tree is None:
        return set()
    names: set[str] = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names
