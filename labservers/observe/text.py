"""Foreign bytes and text, made safe to print."""

from __future__ import annotations

EXCERPT_CHARACTERS = 80


def printable(foreign: str, kept: str = "") -> str:
    """Text without what would steer a terminal or turn its letters around: control characters,
    marks of direction, lone surrogates. Each becomes a dot, but for those that are `kept`."""
    if foreign.isprintable():
        return foreign
    return "".join(c if c.isprintable() or c in kept else "·" for c in foreign)


def one_line(data: bytes, characters: int = EXCERPT_CHARACTERS) -> str:
    """The first line of some bytes as printable text, cut to a length."""
    most = (characters + 1) * 4  # bytes of one character more than there is room for
    begun = data[:most].decode(errors="replace")
    text = printable(begun.lstrip().partition("\n")[0].rstrip())
    return text if len(text) <= characters else text[: characters - 1] + "…"


class Excerpt:
    """Bytes that become one short line of text only if somebody prints them."""

    __slots__ = ("_data",)

    def __init__(self, data: bytes) -> None:
        self._data = data

    def __str__(self) -> str:
        return one_line(self._data)
