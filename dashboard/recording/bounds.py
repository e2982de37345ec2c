"""The bounds on what a program of the user can say of itself at once.

A tap keeps within them. Other code of the program can write to the same line, and what it says is
kept, shown to every tab, and part of every page.
"""

import binascii
import json
from typing import Any, NamedTuple

from labservers.observe import messages, observed
from labservers.observe.channel import LINE_LIMIT

SENTENCE = 1_000  # characters
DATA = 5_464  # characters of base64: as much as a tap keeps of a call
ENTRIES = 500  # of a list; a tap's batches and tables have no more
DEPTH = 6
INTEGER_BITS = 64
MESSAGE_BYTES = 256 * 1024
# Points are kept one by one. Of the others here, the newest are a part of the program's view.
MOST_BYTES: dict[type[Any], int] = {
    observed.Points: LINE_LIMIT,
    observed.Threads: 512 * 1024,
    messages.Held: 128 * 1024,
    messages.Frame: 64 * 1024,
    observed.Crash: 48 * 1024,
    observed.Deadlock: 32 * 1024,
    observed.Asks: 16 * 1024,
    observed.Program: 32 * 1024,
    messages.Notice: 4 * 1024,
    observed.Summary: 4 * 1024,
}
TEXTS: dict[type[Any], int] = {
    observed.Points: 200,
    observed.SocketEvents: 120,
}  # kept by thousands
BYTES = {(observed.Point, "data"), (observed.Crash, "received")}
NEWEST_LAST = {"stack", "ticks_timed"}
MARKUP = "<>&'"  # six characters each in a page


class Limits(NamedTuple):
    """Of each text, of the entries of each list, of the levels within each other."""

    text: int
    entries: int
    depth: int = DEPTH

    @property
    def inside(self) -> "Limits":
        return self._replace(depth=self.depth - 1)

    @property
    def tighter(self) -> "Limits":
        """Half of the entries; where there are none left, half of the texts."""
        if self.entries:
            return self._replace(entries=self.entries // 2)
        return self._replace(text=self.text // 2)


def bounded(message: messages.Message) -> messages.Message:
    """The message, or as much of it as there is room for; its size() has a bound by its kind."""
    kind = type(message)
    limits = Limits(TEXTS.get(kind, SENTENCE), ENTRIES)
    most = MOST_BYTES.get(kind, MESSAGE_BYTES)
    while size(part := _part(message, limits)) > most:
        limits = limits.tighter
    kept: messages.Message = part
    return kept


def size(message: messages.Message) -> int:
    """In bytes, as a page holds it."""
    text = json.dumps(messages.as_dict(message))
    return len(text) + 5 * sum(map(text.count, MARKUP))


def is_data(text: str) -> bool:
    """Whether it is the base64 of bytes that a tap keeps of a call."""
    try:
        binascii.a2b_base64(text, strict_mode=True)
    except ValueError:
        return False
    return len(text) <= DATA


def _part(value: Any, limits: Limits) -> Any:
    if isinstance(value, str):
        return value[: limits.text]
    if hasattr(value, "_fields"):
        return _fields(value, limits)
    if isinstance(value, (list, dict)):
        return _entries(value, limits)
    if isinstance(value, int) and value.bit_length() >= INTEGER_BITS:  # where any value may stand
        return None
    return value


def _fields(value: Any, limits: Limits) -> Any:
    cls, parts = type(value), {}
    for name, part in zip(value._fields, value, strict=True):
        if (cls, name) in BYTES:
            parts[name] = part if part is None or is_data(part) else None
        elif name in NEWEST_LAST and part is not None:
            parts[name] = _part(part[len(part) - limits.entries :], limits)
        else:
            parts[name] = _part(part, limits)
    return cls(**parts)


def _entries(value: list[Any] | dict[str, Any], limits: Limits) -> Any:
    many = limits.entries if limits.depth else 0
    if isinstance(value, list):
        return [_part(entry, limits.inside) for entry in value[:many]]
    chosen = list(value.items())[:many]
    return {name[: limits.text]: _part(entry, limits.inside) for name, entry in chosen}
