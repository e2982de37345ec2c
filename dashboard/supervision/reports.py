"""What a program says of itself while it runs: kept, and published."""

import threading
from collections.abc import Callable
from typing import Any

from dashboard.programs.program import Program
from dashboard.recording.figures import Figures
from dashboard.recording.history import LogBook
from dashboard.supervision.surroundings import Surroundings
from labservers.observe import messages

FEED_EVENTS = frozenset({"joined", "left", "overloaded"})
FEED_PER_BATCH = 5


class Reports:
    """The log, the figures and the events of one program.

    log_line() and events() may be called from any thread; frame() by its owner, under its lock.
    """

    def __init__(self, program: Program, world: Surroundings) -> None:
        config = world.config
        self.log = LogBook(
            config.log_lines, config.log_path / f"{program.name}.log", config.log_file_bytes
        )
        self.figures = Figures(world.wall)
        self.event_listeners: list[Callable[[messages.Events], None]] = []
        self._program = program
        self._world = world
        self._order = threading.Lock()  # so that lines are published in the order of their numbers

    def log_line(self, raw: str, printed: bool) -> None:
        with self._order:
            lines = self.log.add(raw, self._world.wall(), printed=printed)
            self.publish("logs", lines=lines, skipped=0)

    def frame(self, frame: messages.Frame) -> None:
        figures = self.figures.take(frame)
        if frame.loop is not None:
            self.publish("loop", frame=messages.as_dict(frame))
        if figures is not None:
            self.publish("figures", figures=figures)

    def events(self, events: messages.Events) -> None:
        for listener in list(self.event_listeners):
            listener(events)
        hidden = self._program.hidden_rooms
        news = [
            event
            for event in events.events
            if event.kind in FEED_EVENTS and event.data.get("room") not in hidden
        ]
        for event in news[:FEED_PER_BATCH]:
            self.feed(event.kind, **event.data)

    def feed(self, code: str, **args: Any) -> None:
        """Tell the reader what has happened; the page has words for each code."""
        entry = {"name": self._program.name, "code": code, "args": args}
        self._world.publish({"kind": "feed", "entry": entry})

    def publish(self, kind: str, **what: Any) -> None:
        self._world.publish({"kind": kind, "name": self._program.name, **what})
