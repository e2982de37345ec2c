"""The state for a browser that comes now: newest views, the activity feed, byte rates."""

import time
from collections import deque
from collections.abc import Callable
from typing import Any

from dashboard.live.events import EventDict


class Chronicle:
    """The newest view of each program, the feed, a minute of rates. Bounded.

    Not locked: its owner, the Broadcaster, changes and reads it under its own lock.
    `clock` measures durations, `wall` gives Unix seconds for people to read.
    """

    def __init__(
        self,
        feed_entries: int,
        history_s: int,
        clock: Callable[[], float] = time.monotonic,
        wall: Callable[[], float] = time.time,
    ) -> None:
        self._views: dict[str, tuple[float, dict[str, Any]]] = {}  # with their time by the clock
        self._files: list[dict[str, Any]] = []  # those of users that were never started
        self._troubles: list[dict[str, Any]] = []
        self._restore = False  # whether what runs is started again with the dashboard
        self._feed: deque[dict[str, Any]] = deque(maxlen=feed_entries)
        self._rates: dict[str, tuple[deque[float], deque[float]]] = {}
        self._history_s = history_s
        self._clock = clock
        self._wall = wall
        self._born = wall()  # lines of a log are numbered from then on

    def record(self, event: EventDict) -> None:
        if event["kind"] == "server":
            self._views[event["server"]["name"]] = self._clock(), event["server"]
        elif event["kind"] == "gone":
            self._views.pop(event["name"], None)
            self._rates.pop(event["name"], None)
        elif event["kind"] == "files":
            self._files = event["files"]
        elif event["kind"] == "troubles":
            self._troubles = event["troubles"]
        elif event["kind"] == "restore":
            self._restore = event["wanted"]
        elif event["kind"] == "feed":
            self._feed.append(event["entry"])
        elif event["kind"] == "figures":
            self._record_figures(event["name"], event["figures"])

    def snapshot(self) -> dict[str, Any]:
        return {
            "now": self._wall(),
            "born": self._born,
            "servers": sorted(
                (self._as_of_now(at, view) for at, view in self._views.values()), key=_place
            ),
            "files": self._files,
            "troubles": self._troubles,
            "restore": self._restore,
            "feed": list(self._feed),
            "history": {
                name: {"in": list(received), "out": list(sent)}
                for name, (received, sent) in self._rates.items()
            },
        }

    def _as_of_now(self, at: float, view: dict[str, Any]) -> dict[str, Any]:
        if view.get("uptime_s") is None:
            return view
        uptime_s = view["uptime_s"] + self._clock() - at
        return {**view, "uptime_s": uptime_s, "started_at": self._wall() - uptime_s}

    def _record_figures(self, name: str, figures: dict[str, Any]) -> None:
        if name in self._views:
            at, view = self._views[name]
            self._views[name] = at, {**view, "figures": figures}
        empty = [0.0] * self._history_s
        received, sent = self._rates.setdefault(
            name, (deque(empty, self._history_s), deque(empty, self._history_s))
        )
        received.append(figures["in_rate"])
        sent.append(figures["out_rate"])


def _place(view: dict[str, Any]) -> tuple[bool, str]:
    """The lab's servers stand first, in their order; those of the user follow by title."""
    own = bool(view.get("own"))
    return own, view["title"].casefold() if own else ""
