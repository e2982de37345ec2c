"""Which line of the program's own files is at work: the innermost one of a stack."""

from __future__ import annotations

import os
from types import FrameType
from typing import NamedTuple

LIBRARY = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
STARTERS: set[str] = set()  # files that start a program: neither its own nor a library's


class Place(NamedTuple):
    """A line of an own file: the file relative to the program's folder, and the function."""

    file: str
    number: int
    function: str

    @property
    def text(self) -> str:
        """`server.py:24`."""
        return f"{self.file}:{self.number}"


class OwnLines:
    """Own are the program's file and all files of its folder, but for installed packages."""

    def __init__(self, program: str) -> None:
        self._program = os.path.abspath(program)
        self._folder = os.path.dirname(self._program) + os.sep
        self._names: dict[str, str | None] = {}

    def name(self, path: str) -> str | None:
        """An own file relative to the program's folder; None for any other file."""
        try:
            return self._names[path]
        except KeyError:
            return self._names.setdefault(path, self._judge(path))

    def place(self, frame: FrameType | None) -> Place | None:
        """The innermost own line of the stack that ends in this frame."""
        names = self._names
        while frame is not None:
            code = frame.f_code
            path = code.co_filename
            name = names[path] if path in names else self.name(path)
            if name is not None:
                return Place(name, frame.f_lineno, code.co_name)
            frame = frame.f_back
        return None

    def _judge(self, path: str) -> str | None:
        full = os.path.abspath(path)
        if full == self._program:
            return os.path.basename(full)
        foreign = full.startswith((LIBRARY, OURS)) or f"{os.sep}site-packages{os.sep}" in full
        if path.startswith("<") or path in STARTERS or foreign or not full.startswith(self._folder):
            return None
        return full[len(self._folder) :]
