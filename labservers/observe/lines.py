"""Which line of the program's own files is at work: the innermost one of a stack."""

from __future__ import annotations

import os
import sys
from types import CodeType, FrameType
from typing import Any, NamedTuple

if sys.version_info < (3, 10):
    import dis

LIBRARY = os.path.dirname(os.path.realpath(os.__file__)) + os.sep
OURS = os.path.dirname(os.path.abspath(__file__)) + os.sep
PACKAGES = f"{os.sep}site-packages{os.sep}"
STARTERS: set[str] = set()  # files that start a program: neither its own nor a library's


NOWHERE: Any = sys._getframe()  # in the place of an own frame where there is none


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
    """Own are the program's file and all files of its folder, and of further ones, but for
    installed packages. `files`: the own ones among those that were asked for."""

    def __init__(self, program: str, *further: str) -> None:
        self.files: set[str] = set()
        self._program = os.path.abspath(program)
        folders = [os.path.dirname(self._program), *map(os.path.abspath, further)]
        self._folders = tuple(folder + os.sep for folder in folders)
        self._names: dict[str, str | None] = {}

    def name(self, path: str) -> str | None:
        """An own file relative to its folder; None for any other file."""
        try:
            return self._names[path]
        except KeyError:
            name = self._names.setdefault(path, self._judge(path))
            if name is not None:
                self.files.add(path)
            return name

    def frame(self, frame: FrameType | None) -> FrameType | None:
        """The innermost own frame of the stack that ends in this one."""
        names = self._names
        while frame is not None:
            path = frame.f_code.co_filename
            if (names[path] if path in names else self.name(path)) is not None:
                return frame
            frame = frame.f_back
        return None

    def place(self, frame: FrameType | None) -> Place | None:
        """The innermost own line of the stack that ends in this frame."""
        own = self.frame(frame)
        if own is None:
            return None
        return Place(self._file(own.f_code), own.f_lineno, own.f_code.co_name)

    def place_at(self, code: CodeType, instruction: int) -> Place:
        """The line of an instruction (`f_lasti`) of an own file's code."""
        return Place(self._file(code), line_at(code, instruction), code.co_name)

    def _file(self, code: CodeType) -> str:
        return self.name(code.co_filename) or code.co_filename

    def _judge(self, path: str) -> str | None:
        full = os.path.abspath(path)
        if full == self._program:
            return os.path.basename(full)
        foreign = full.startswith((LIBRARY, OURS)) or PACKAGES in full
        if path.startswith("<") or path in STARTERS or foreign:
            return None
        folders = [folder for folder in self._folders if full.startswith(folder)]
        return full[len(folders[0]) :] if folders else None


def by_program(error: BaseException) -> bool:
    """Whether code of the program, or of a package of its, has raised this: as a signal handler
    may do between any two bytecodes of ours."""
    trace = error.__traceback__
    while trace is not None:
        path = trace.tb_frame.f_code.co_filename
        ours = path.startswith((OURS, LIBRARY, "<")) or path in STARTERS
        if not ours or PACKAGES in path:
            return True
        trace = trace.tb_next
    return False


def line_at(code: CodeType, instruction: int) -> int:
    """The line of an instruction, by its offset in bytes; of the function where it has none."""
    if sys.version_info < (3, 10):
        starts = [line for begin, line in dis.findlinestarts(code) if begin <= instruction]
        return starts[-1] if starts else code.co_firstlineno
    for begin, end, line in code.co_lines():
        if begin <= instruction < end:
            return line or code.co_firstlineno
    return code.co_firstlineno
