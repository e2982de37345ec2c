"""Numbers from outside: a query, a JSON body, a file, the environment, a command line.

`nan` is in no range and equal to nothing, `int()` takes `１` and `1_000`, and refuses 5,000 digits
in words of its own. So every number from outside comes through here.
"""

import re
from typing import Any

WHOLE = re.compile(r"-?[0-9]{1,18}")
DECIMAL = re.compile(r"-?[0-9]{1,18}\.[0-9]{1,18}")
SHOWN_CHARACTERS = 40


def from_text(text: str) -> int | float | str:
    """The number that a text of ASCII digits is; any other text stays one, to be refused."""
    if WHOLE.fullmatch(text):
        return int(text)
    return float(text) if DECIMAL.fullmatch(text) else text


def whole(value: Any, least: int, most: int) -> int:
    """An int in its range.

    Raises:
        ValueError: anything else, a bool and 5.0 too; the text names the range.
    """
    if type(value) is int and least <= value <= most:
        return value
    raise ValueError(f"{shown(value)} is not a whole number from {least} to {most}")


def decimal(value: Any, least: float, most: float) -> float:
    """A finite number in its range.

    Raises:
        ValueError: anything else, a bool and NaN too; the text names the range.
    """
    if type(value) in (int, float) and least <= value <= most:
        return float(value)
    raise ValueError(f"{shown(value)} is not a number from {least:g} to {most:g}")


def shown(value: Any) -> str:
    """A value from outside as an error shows it: quoted, and short."""
    huge = type(value) is int and value.bit_length() > 64  # repr() refuses 5,000 digits
    text = hex(value) if huge else repr(value)
    return text if len(text) <= SHOWN_CHARACTERS else text[: SHOWN_CHARACTERS - 3] + "..."
