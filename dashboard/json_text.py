"""JSON from outside (RFC 8259), stricter than Python's parser takes it."""

import json
import math
from collections.abc import Iterable
from typing import Any

DEPTH = 100
# The least that int() can be told to take at most, which it refuses in words of its own.
DIGITS = 640


def parse(text: bytes | str) -> Any:
    """The value of a text in UTF-8; a byte order mark is passed over (RFC 8259 section 8.1).

    Raises:
        ValueError: not JSON, with the fault in a few words: also the extras of Python's parser
            (NaN, 1e999, a name twice, another encoding), nesting beyond DEPTH, and numbers beyond
            DIGITS.
    """
    if isinstance(text, bytes):
        text = _decoded(text)
    try:
        value = _DECODER.decode(text.removeprefix("\ufeff"))
    except RecursionError:
        raise ValueError("nested too deeply") from None
    if _is_deep(value):
        raise ValueError("nested too deeply")
    return value


def _is_deep(value: Any) -> bool:
    """What a parser still takes, as Python 3.14's does 50,000 lists, can be too deep for repr()."""
    level = [value]
    for _ in range(DEPTH):
        level = [inner for outer in level for inner in _inside(outer)]
        if not level:
            return False
    return True


def _inside(value: Any) -> Iterable[Any]:
    if isinstance(value, dict):
        return value.values()
    return value if isinstance(value, list) else ()


def _decoded(text: bytes) -> str:
    try:
        return text.decode("utf-8")
    except UnicodeDecodeError:
        raise ValueError("not UTF-8") from None


def _constant(name: str) -> float:
    raise ValueError(f"{name} is not a number of JSON")


def _whole(text: str) -> int:
    if len(text.removeprefix("-")) > DIGITS:
        raise ValueError("a number is too large")
    return int(text)


def _finite(text: str) -> float:
    value = float(text)
    if math.isinf(value):
        raise ValueError("a number is too large")
    return value


def _distinct(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    values = dict(pairs)
    if len(values) < len(pairs):
        raise ValueError("a name stands twice in one object")
    return values


_DECODER = json.JSONDecoder(
    parse_constant=_constant, parse_float=_finite, parse_int=_whole, object_pairs_hook=_distinct
)
