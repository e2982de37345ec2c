"""The text of a program's own files."""

import importlib.util
import re
from collections.abc import Set
from pathlib import Path
from typing import Any

from dashboard.errors import UnknownServer
from dashboard.numbers import shown
from dashboard.programs import files
from dashboard.programs.program import TURN_BACK, Program

FILES = 100
BYTES = 1024 * 1024
LINES = 20_000
NEW_LINE = re.compile(r"\r\n|\r|\n")  # of a source, as Python counts; splitlines() has more


def read(program: Program, name: str | None, of: Set[Path] | None = None) -> dict[str, Any]:
    """One file as lines, by default the first: {file, files, lines, cut}. `of`: no other files.

    Raises:
        UnknownServer: the program has no such file, or it cannot be read, or is elsewhere now.
    """
    own = {key: path for key, path in _own_files(program).items() if of is None or path in of}
    name = next(iter(own), "") if name is None else name
    if name not in own:
        raise UnknownServer(f"{program.name} has no file {shown(name)}", f"use {_known(own)}")
    try:
        text = files.read(own[name], BYTES)
    except OSError as error:
        raise UnknownServer(f"{name} cannot be read: {error.strerror}", "see its rights") from error
    lines = NEW_LINE.split(text.decode("utf-8-sig", "replace"))
    if not lines[-1]:
        lines.pop()
    cut = len(text) == BYTES or len(lines) > LINES
    return {"file": name, "files": list(own), "lines": lines[:LINES], "cut": cut}


def _own_files(program: Program) -> dict[str, Path]:
    """By name, as points have it, that which is run first: of a file of the user relative to its
    folder, of a server of the lab the file's name alone, also of the event loop's."""
    if program.own:
        if not files.in_place(program.own):
            raise UnknownServer(program.turned_into_a_link, TURN_BACK)
        folder = program.own.parent
        others = [file.path for file in files.python_files([folder])][:FILES]
        # None of another folder, where it has turned into a link just now.
        known = [path for path in [program.own, *others] if path.is_relative_to(folder)]
        return {str(path.relative_to(folder)): path for path in known}
    main = _module(program.module)
    if main is None:
        return {}
    beside = [*sorted(main.parent.glob("*.py")), *sorted((main.parents[1] / "loop").glob("*.py"))]
    return {path.name: path for path in [main, *beside] if path.stem != "__init__"}


def _module(name: str) -> Path | None:
    spec = importlib.util.find_spec(name) if name else None
    return Path(spec.origin).resolve() if spec is not None and spec.origin else None


def _known(own: dict[str, Path]) -> str:
    return ", ".join(list(own)[:5]) or "another program"
