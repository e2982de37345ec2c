"""Foreign bytes as one line that can be read: line ends and bytes that are not text are spelled."""

from __future__ import annotations

from labservers.observe.text import printable

SPELLED = {ord("\n"): "\\n", ord("\r"): "\\r", ord("\t"): "\\t"}


def spelled(data: bytes, characters: int = 80) -> str:
    """As Python spells bytes, but for letters, which stay. Cut to so many characters with an
    ellipsis."""
    text = data[: characters * 4].decode("utf-8", "backslashreplace")
    line = printable(text.translate(SPELLED))
    return line if len(line) <= characters else line[: characters - 1] + "…"


def hex_rows(data: bytes, width: int = 16) -> list[tuple[int, bytes, str]]:
    """Rows of a hex dump: offset, bytes, and a character or a dot for each."""
    return [
        (at, row := data[at : at + width], "".join(map(_mark, row)))
        for at in range(0, len(data), width)
    ]


def _mark(byte: int) -> str:
    return chr(byte) if 0x20 <= byte < 0x7F else "·"
