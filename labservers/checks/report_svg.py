"""The chart of pictures.py as SVG."""

from __future__ import annotations

from collections.abc import Iterator
from html import escape
from typing import Any

Json = dict[str, Any]
HEAD = 5  # half of an arrow's head


def svg(chart: Json) -> str:
    """One element, with its text for those that do not see it."""
    width, height = chart["width"], chart["height"]
    parts = [*_lanes(chart), *(part for mark in chart["marks"] for part in _mark(mark, width))]
    return (
        f'<svg class="pic" viewBox="0 0 {width} {height}" width="{width}" height="{height}" '
        f'role="img" aria-label="{escape(chart["text"])}">{"".join(parts)}</svg>'
    )


def _lanes(chart: Json) -> Iterator[str]:
    for lane in chart["lanes"]:
        x, ends, bottom = lane["x"], lane["ends"], chart["height"] - 8
        yield _text(x, 14, lane["name"], "lane")
        yield _line(x, 22, x, ends or bottom, "lane")
        if ends:
            yield _line(x, ends, x, bottom, "lane gone")


def _mark(mark: Json, width: int) -> Iterator[str]:
    y = mark["y"]
    yield _text(2, y + 4, mark["at"], "at")
    match mark["kind"]:
        case "arrow":
            yield from _arrow(mark)
        case "bar":
            x, height = mark["x"], mark["height"]
            yield f'<rect class="wait" x="{x - 4}" y="{y}" width="8" height="{height}"/>'
            yield _beside(x, y + 8, mark["label"], width)
        case "cross":
            yield _cross(mark["x"], y)
            yield _beside(mark["x"], y + 4, mark["label"], width, "err")
        case _:
            yield _text(width / 2, y + 4, mark["label"], "more")


def _arrow(mark: Json) -> Iterator[str]:
    y, begin, end = mark["y"], mark["from"], mark["to"]
    back = HEAD if end < begin else -HEAD
    classes = f"{mark['tone']}{' dashed' if mark['dashed'] else ''}"
    yield _line(begin, y, end, y, classes)
    if mark["cross"]:
        yield _cross(begin + (end - begin) * 0.8, y)
    head = f"M{end + back} {y - HEAD}L{end} {y}L{end + back} {y + HEAD}"
    yield f'<path class="{mark["tone"]}" d="{head}"/>'
    yield _text((begin + end) / 2, y - 7, mark["label"], "bytes" if mark["bytes"] else "")


def _cross(x: float, y: float) -> str:
    return f'<path class="err" d="M{x - 6} {y - 6}l12 12M{x + 6} {y - 6}l-12 12"/>'


def _beside(x: int, y: float, words: str, width: int, classes: str = "") -> str:
    """Words at the side of a lane that has room."""
    right = x > width * 0.75
    place = x - 12 if right else x + 12
    return _text(place, y, words, f"{classes} {'to' if right else 'from'}")


def _line(x1: float, y1: float, x2: float, y2: float, classes: str) -> str:
    return f'<path class="{classes}" d="M{x1} {y1}L{x2} {y2}"/>'


def _text(x: float, y: float, words: str, classes: str) -> str:
    return f'<text class="{classes}" x="{x}" y="{y}">{escape(words)}</text>'
