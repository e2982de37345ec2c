"""Source maps (ECMA-426) whose unit is a line."""

import functools
from collections.abc import Iterable

BASE64 = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
MORE, BITS = 32, 5


def mappings(origins: Iterable[tuple[int, int] | None]) -> str:
    """The field of that name: for each generated line its source and its line there, both from 0;
    None for a line that comes from no source."""
    lines, source, line = [], 0, 0
    for origin in origins:
        if origin is None:
            lines.append("")
            continue
        numbers = (0, origin[0] - source, origin[1] - line, 0)  # of columns, the first ones
        lines.append(_segment(numbers))
        source, line = origin
    return ";".join(lines)


@functools.lru_cache
def _segment(numbers: tuple[int, ...]) -> str:
    """Nearly always the same one: the next line."""
    return "".join(map(_vlq, numbers))


def _vlq(number: int) -> str:
    """A variable-length quantity: the sign in the lowest bit, the lowest digit first."""
    rest = -number << 1 | 1 if number < 0 else number << 1
    digits = ""
    while True:
        digit, rest = rest & (MORE - 1), rest >> BITS
        digits += BASE64[digit | MORE if rest else digit]
        if not rest:
            return digits
