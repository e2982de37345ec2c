"""The local variables of a frame as short texts; the frame keeps nothing of the look."""

from __future__ import annotations

import reprlib
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any

LOCALS = 30  # names that are shown
PLAIN = (bool, int, float, complex, str, bytes, bytearray, type(None), list, tuple, dict, set,
         frozenset)  # fmt: skip
DEFINITIONS = (ModuleType, FunctionType, BuiltinFunctionType, type)
READS_LOCALS = frozenset({"locals", "vars", "dir", "eval", "exec"})
CO_OPTIMIZED = 1  # in a code's flags (inspect): its locals are not a dict


class Plain(reprlib.Repr):
    """Short texts of built-in types alone: the repr() of any other object is the program's code."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 120

    def repr1(self, x: Any, level: int) -> str:
        if type(x) in PLAIN:
            return super().repr1(x, level) if type(x) is not bytes else _short(x)
        return f"<{type(x).__name__}>"


def _short(data: bytes) -> str:
    return repr(data) if len(data) <= 120 else f"{data[:100]!r}... ({len(data):,} bytes)"


plain = Plain()


def locals_of(frame: Any, *, traced: bool = False) -> dict[str, str]:
    """Names and short texts; of a module's names only the variables that its code names: what it
    defines and imports, as by `import *`, is read in its file.

    traced: the frame is in its trace function, where Python copies its dict back into the names.
    """
    names = frame.f_locals
    shown = [item for item in names.items() if not item[0].startswith("__")]
    if frame.f_code.co_name == "<module>":
        named = set(frame.f_code.co_names)
        shown = [one for one in shown if one[0] in named and not isinstance(one[1], DEFINITIONS)]
    texts = {name: plain.repr(value) for name, value in shown[-LOCALS:]}
    if not traced:
        forget(frame, names)
    return texts


def forget(frame: Any, names: Any) -> None:
    """Empty what f_locals gave. Before Python 3.13 it is a dict that the frame keeps: it would
    keep a socket alive whose name is bound again."""
    code = frame.f_code
    untouched = code.co_flags & CO_OPTIMIZED and READS_LOCALS.isdisjoint(code.co_names)
    if untouched and type(names) is dict:
        names.clear()
