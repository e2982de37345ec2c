"""Named tuples out of JSON, by their annotations: what does not fit is refused.

An annotation is int, float, str, bool, Any, another named tuple, `list[X]`, `dict[str, X]`,
or one of these and `| None`. An int has 64 bits, a float is finite, and an int will do for it.
A field that has no default must be there; one that is not known is ignored.
"""

from __future__ import annotations

import json
import math
import zlib
from collections.abc import Iterable
from typing import Any, Callable

Reader = Callable[[Any], Any]
INTEGER_BITS = 64


class SchemaError(ValueError):
    """A value that does not fit its annotation, or bytes that are not JSON."""


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise SchemaError(f"{text[:20]} is not finite")
    return number


_JSON = json.JSONDecoder(parse_float=_finite, parse_constant=_finite)


def read_json(data: bytes) -> Any:
    """The value of a JSON text in UTF-8.

    Raises:
        SchemaError: it is not one, nests too deep, or holds NaN or an infinity.
    """
    try:
        return _JSON.decode(data.decode())
    except (ValueError, RecursionError) as error:
        raise SchemaError(f"not JSON: {data[:80]!r}") from error


def reader(cls: type[Any], *parts: type[Any]) -> Reader:
    """A function that makes a named tuple of a dict, or raises SchemaError.

    parts: the named tuples that its annotations name.
    """
    known = {part.__name__: part for part in parts}
    return _fields_of(cls, known)


def digest(classes: Iterable[type[Any]]) -> str:
    """Eight digits that differ where a name, a field or an annotation does."""
    shapes = (
        (cls.__name__, [(n, _text(h)) for n, h in cls.__annotations__.items()]) for cls in classes
    )
    return format(zlib.crc32(repr(sorted(shapes)).encode()), "08x")


def _text(hint: Any) -> str:
    """typing wraps the text of a named tuple's annotation in a ForwardRef; not in every Python."""
    return str(getattr(hint, "__forward_arg__", hint))


def _fields_of(cls: type[Any], known: dict[str, type[Any]]) -> Reader:
    readers = [(name, _reader_of(_text(hint), known)) for name, hint in cls.__annotations__.items()]
    required = set(cls.__annotations__) - set(cls._field_defaults)

    def read(value: Any) -> Any:
        if type(value) is not dict or not required <= value.keys():
            raise SchemaError(f"not a {cls.__name__}")
        return cls(**{name: read(value[name]) for name, read in readers if name in value})

    return read


def _reader_of(annotation: str, known: dict[str, type[Any]]) -> Reader:
    if annotation.endswith(" | None"):
        return _or_none(_reader_of(annotation[: -len(" | None")], known))
    if annotation.startswith("list["):
        return _list_of(_reader_of(annotation[len("list[") : -1], known))
    if annotation.startswith("dict[str, "):
        return _dict_of(_reader_of(annotation[len("dict[str, ") : -1], known))
    return _SCALARS.get(annotation) or _fields_of(known[annotation], known)


def _or_none(read: Reader) -> Reader:
    return lambda value: None if value is None else read(value)


def _list_of(read: Reader) -> Reader:
    is_list = _exactly(list)
    return lambda value: [read(entry) for entry in is_list(value)]


def _dict_of(read: Reader) -> Reader:
    is_dict = _exactly(dict)
    return lambda value: {key: read(entry) for key, entry in is_dict(value).items()}


def _exactly(cls: type[Any]) -> Reader:
    def read(value: Any) -> Any:
        if type(value) is not cls:
            raise SchemaError(f"not {cls.__name__}")
        return value

    return read


def _integer(value: Any) -> int:
    if type(value) is not int or value.bit_length() >= INTEGER_BITS:
        raise SchemaError(f"not an int of {INTEGER_BITS} bits")
    return value


def _number(value: Any) -> float:
    return value if type(value) is float else float(_integer(value))


_SCALARS: dict[str, Reader] = {
    "int": _integer,
    "float": _number,
    "str": _exactly(str),
    "bool": _exactly(bool),
    "Any": lambda value: value,
}
