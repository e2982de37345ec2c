"""What happened in a probe as a sequence chart (ITU-T Z.120): a lane a side, time downward.

The chart is data, so that the page and the report draw the same. Lengths are pixels at the usual
size of text. A tone is a hue: "in" for bytes to the server, "out" for bytes from it.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from labservers.checks.spelling import spelled
from labservers.checks.texts import Language, decimal, text
from labservers.checks.values import Moment

LEFT, RIGHT = 84, 56  # from the first lane and the last to the sides: half of the longest name
GAPS = {2: 290, 3: 150, 4: 150}  # between lanes, by their number
TOP, STEP = 52, 34
SIDE = re.compile(r"(client|member)(?: (\d+))?('s friend)?")
CHARACTER = 7.3  # the width of one, in the font of bytes
ROWS = 14

Json = dict[str, Any]


class Row(NamedTuple):
    """A row of the chart: a moment, and how many like it. None: so many are not drawn."""

    moment: Moment | None
    times: int = 1


def picture(timeline: Sequence[Moment], language: Language) -> Json | None:
    """{width, height, lanes: [{name, x, ends}], marks, text}, or None where nothing happened.

    A mark has kind, y and at, the time in words, and is an "arrow" {from, to, tone, label, bytes,
    dashed, cross}, a "bar" {x, height, label}, a "cross" {x, label}, or "more" {label}. ends: where
    a side is gone. text: the same in words.
    """
    chart = Chart(timeline, language)
    if not chart.rows:
        return None
    marks = [chart.mark(index) for index in range(len(chart.rows))]
    ends = {mark["x"]: mark["y"] for mark in marks if mark["kind"] == "cross"}
    lanes = [
        {"name": chart.name(side), "x": x, "ends": ends.get(x)} for side, x in chart.places.items()
    ]
    height = chart.y(len(chart.rows))
    told = "; ".join(chart.sentence(row) for row in chart.rows)
    width = max(chart.places.values()) + RIGHT
    return {"width": width, "height": height, "lanes": lanes, "marks": marks, "text": told}


class Chart:
    """The rows of a chart and where each is."""

    def __init__(self, timeline: Sequence[Moment], language: Language) -> None:
        self.language = language
        self.places = _places(timeline)
        known = [moment for moment in timeline if moment.side in self.places]
        self.rows = _shortened(_joined(known))
        self._until_s = max((moment.at_s for moment in known), default=0.0)

    def y(self, index: int) -> int:
        return TOP + index * STEP

    def words(self, key: str, **values: object) -> str:
        return text(self.language, key, values)

    def name(self, side: str) -> str:
        """What a side is called: a client, the second one, another member of its room."""
        peer = SIDE.fullmatch(side)
        if peer is None:
            return self.words(f"lane.{side}")
        kind, number, friend = peer.groups()
        if friend:
            return self.words("lane.friend")
        return self.words(f"lane.{kind}.n", n=number) if number else self.words(f"lane.{kind}")

    def mark(self, index: int) -> Json:
        moment, count = self.rows[index]
        if moment is None:
            words = self.words("more.moments", n=count)
            return {"kind": "more", "y": self.y(index), "at": "", "label": words}
        here: Json = {"y": self.y(index), "at": self._seconds(moment.at_s)}
        x = self.places[moment.side]
        if moment.what == "dies":
            return {"kind": "cross", **here, "x": x, "label": self.words("moment.dies")}
        if moment.what == "waits":
            return {"kind": "bar", **here, "x": x, **self._wait(index, moment)}
        return {"kind": "arrow", **here, **self._arrow(moment, count)}

    def _wait(self, index: int, moment: Moment) -> Json:
        """Until the same side does something else, or to the end."""
        later = (
            (at, row.moment.at_s)
            for at, row in enumerate(self.rows)
            if at > index and row.moment and row.moment.side == moment.side
        )
        until, until_s = next(later, (len(self.rows), self._until_s))
        label = self.words("moment.waits")
        if until_s > moment.at_s:  # what is the last to be seen has no end
            label += f" {self._seconds(until_s - moment.at_s)}"
        return {"height": self.y(until) - self.y(index) - STEP // 2, "label": label}

    def _arrow(self, moment: Moment, count: int) -> Json:
        other = "server" if moment.side != "server" else next(iter(self.places))
        ends = [self.places[moment.side], self.places[other]]
        if moment.what == "receives":
            ends.reverse()
        to_server = ends[1] == self.places["server"]
        tone = ("in" if to_server else "out") if moment.data else "idle"
        return {
            "from": ends[0],
            "to": ends[1],
            "tone": "err" if moment.what == "resets" else tone,
            "label": self._label(moment, count, abs(ends[0] - ends[1])),
            "bytes": bool(moment.data),
            "dashed": moment.what == "closes",
            "cross": moment.what == "resets",
        }

    def _label(self, moment: Moment, count: int, room: int) -> str:
        if not moment.data:
            ended = moment.what == "receives"
            return self.words("moment.end" if ended else f"moment.{moment.what}")
        times = f" ×{count}" if count > 1 else ""
        return spelled(moment.data, int(room / CHARACTER) - len(times) - 2) + times

    def sentence(self, row: Row) -> str:
        if row.moment is None:
            return self.words("more.moments", n=row.times)
        moment = row.moment
        side, what = self.name(moment.side), self.words(f"moment.{moment.what}")
        said = f" {spelled(moment.data)}" if moment.data else ""
        return f"{self._seconds(moment.at_s)}: {side} {what}{said}"

    def _seconds(self, seconds: float) -> str:
        return self.words("seconds", s=decimal(seconds, self.language))


def _places(timeline: Iterable[Moment]) -> dict[str, int]:
    """Lanes from left to right: the first client, the server, the next client."""
    clients = dict.fromkeys(moment.side for moment in timeline if moment.side != "server")
    first, *others = clients or ["client"]
    sides = [first, "server", *others[: max(GAPS) - 2]]
    gap = GAPS[len(sides)]
    return {side: LEFT + gap * index for index, side in enumerate(sides)}


def _joined(timeline: Iterable[Moment]) -> list[Row]:
    """What a side sends in several calls one after the other is one row."""
    rows: list[Row] = []
    for moment in timeline:
        last = rows[-1].moment if rows else None
        if last and moment.what == last.what == "sends" and moment.side == last.side:
            rows[-1] = Row(replace(last, data=last.data + moment.data), rows[-1].times + 1)
        else:
            rows.append(Row(moment))
    return rows


def _shortened(rows: list[Row]) -> list[Row]:
    """The beginning and the end of many."""
    if len(rows) <= ROWS:
        return rows
    left_out = sum(row.times for row in rows[ROWS // 2 : 1 - ROWS // 2])
    return [*rows[: ROWS // 2], Row(None, left_out), *rows[1 - ROWS // 2 :]]
