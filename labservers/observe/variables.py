"""The local variables of a frame as short texts; the frame keeps nothing of the look."""

from __future__ import annotations

import reprlib
from collections.abc import Iterable
from itertools import islice
from types import BuiltinFunctionType, FunctionType, ModuleType
from typing import Any, Callable

LOCALS = 30  # names that are shown
PLAIN = (bool, int, float, complex, str, bytes, bytearray, type(None), list, tuple, dict, set,
         frozenset)  # fmt: skip
DEFINITIONS = (ModuleType, FunctionType, BuiltinFunctionType, type)
READS_LOCALS = frozenset({"locals", "vars", "dir", "eval", "exec"})
CO_OPTIMIZED = 1  # in a code's flags (inspect): its locals are not a dict
BITS = 14_000  # of 4,215 digits; Python writes 4,300 (sys.set_int_max_str_digits())

name_of: Callable[[type], str] = type.__dict__["__name__"].__get__  # a metaclass may have its own


def among(kind: type, kinds: tuple[type, ...]) -> bool:
    """`in` would compare them, by the code of a metaclass."""
    return any(kind is one for one in kinds)


class Plain(reprlib.Repr):
    """Short texts of built-in types alone: the repr() of any other object is the program's code,
    and so may be what compares or hashes it. Another thread may change a value meanwhile; one that
    cannot be written is its type."""

    def __init__(self) -> None:
        super().__init__()
        self.maxstring = self.maxother = 120

    def repr1(self, x: Any, level: int) -> str:
        if among(type(x), PLAIN):
            try:
                return super().repr1(x, level) if type(x) is not bytes else _short(x)
            except Exception:
                pass
        return f"<{name_of(type(x))}>"

    def repr_int(self, x: int, level: int) -> str:
        bits = x.bit_length()
        if bits > BITS:
            return f"<int of {bits:,} bits>"
        repr(x)  # raises where the program has set a limit: from 3.14 on reprlib tells an address
        return super().repr_int(x, level)

    def repr_dict(self, x: dict[Any, Any], level: int) -> str:
        def text(item: tuple[Any, Any]) -> str:
            return f"{self.repr1(item[0], level - 1)}: {self.repr1(item[1], level - 1)}"

        return self._braced(x.items(), self.maxdict, level, text)

    def repr_set(self, x: set[Any], level: int) -> str:
        return self._of_set(x, self.maxset, level) if x else "set()"

    def repr_frozenset(self, x: frozenset[Any], level: int) -> str:
        return f"frozenset({self._of_set(x, self.maxfrozenset, level) if x else ''})"

    def _of_set(self, values: Iterable[Any], most: int, level: int) -> str:
        return self._braced(values, most, level, lambda value: self.repr1(value, level - 1))

    def _braced(
        self, values: Iterable[Any], most: int, level: int, text: Callable[[Any], str]
    ) -> str:
        """The first ones, as they come: to sort them would call the program's code."""
        first = list(islice(values, most + 1))  # at one go, as no other thread runs meanwhile
        if level <= 0:
            return "{...}" if first else "{}"
        texts = [text(value) for value in first[:most]] + ["..."] * (len(first) > most)
        return f"{{{', '.join(texts)}}}"


def _short(data: bytes) -> str:
    return repr(data) if len(data) <= 120 else f"{data[:100]!r}... ({len(data):,} bytes)"


plain = Plain()


def locals_of(frame: Any, *, traced: bool = False) -> dict[str, str]:
    """Names and short texts; of a module's names only the variables that its code names: what it
    defines and imports, as by `import *`, is read in its file.

    traced: the frame is in its trace function, where Python copies its dict back into the names.
    """
    names = frame.f_locals
    shown = [one for one in _items(frame, names) if type(one[0]) is str and one[0][:2] != "__"]
    if frame.f_code.co_name == "<module>":
        named = set(frame.f_code.co_names)
        shown = [
            one for one in shown if one[0] in named and not issubclass(type(one[1]), DEFINITIONS)
        ]
    texts = {name: plain.repr(value) for name, value in shown[-LOCALS:]}
    if not traced:
        forget(frame, names)
    return texts


def _items(frame: Any, names: Any) -> list[tuple[Any, Any]]:
    """Names and values, at one go. Of a class or of exec() they may be kept by the program's own
    code."""
    if issubclass(type(names), dict):
        return list(dict.items(names))
    return list(names.items()) if frame.f_code.co_flags & CO_OPTIMIZED else []


def forget(frame: Any, names: Any) -> None:
    """Empty what f_locals gave. Before Python 3.13 it is a dict that the frame keeps: it would
    keep a socket alive whose name is bound again."""
    code = frame.f_code
    untouched = code.co_flags & CO_OPTIMIZED and READS_LOCALS.isdisjoint(code.co_names)
    if untouched and type(names) is dict:
        names.clear()
