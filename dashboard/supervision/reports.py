"""The reports of a program while it runs: kept, and published."""

import threading
from collections.abc import Callable
from typing import Any

from dashboard.live.events import KINDS, EventDict
from dashboard.programs.program import Program
from dashboard.recording.figures import Figures
from dashboard.recording.history import LINE_CHARACTERS, LogBook
from dashboard.recording.recorder import Recorder, point_dict
from dashboard.recording.sound import Sieve, whole
from dashboard.supervision.lifecycle import Event, State
from dashboard.supervision.moves import Moves
from dashboard.supervision.surroundings import Surroundings
from labservers.observe import messages, observed

FEED_EVENTS = frozenset({"joined", "left", "overloaded"})
FEED_PER_BATCH = 5
LOGS_AT_FIRST = 500


class Reports:
    """The log, the figures and the events of one program.

    log_line(), events() and observed() may be called from any thread; output() by one, that of a
    terminal; frame() and moved() by its owner, under its lock.
    """

    def __init__(self, program: Program, world: Surroundings) -> None:
        config = world.config
        self.log = LogBook(
            config.log_lines,
            config.log_path / f"{program.name}.log",
            config.log_file_bytes,
            world.clock,
        )
        self.figures = Figures(world.wall)
        self.recorder = Recorder(program.name, world.memory)
        self.moves = Moves(world.clock, world.wall)
        self.event_listeners: list[Callable[[messages.Events], None]] = []
        self._stale: set[str] = set()  # kinds of events that changed
        self._shown_at: dict[str, float] = {}
        self._broken = ""  # why the log's file cannot be written
        self._begun = ""  # of a line that a terminal shows
        self._program = program
        self._world = world
        self._order = threading.Lock()  # so that lines are published in the order of their numbers

    def sieve(self) -> Callable[[messages.Message], list[messages.Message]]:
        """What is taken of the messages of a new process, and how."""
        return Sieve(self._world.wall) if self._program.own else whole

    def log_line(self, raw: str, printed: bool) -> None:
        with self._order:
            lines = self.log.add(raw, self._world.wall(), printed=printed)
            self._judge_file()
            self.publish("logs", lines=lines, skipped=0)

    def output(self, text: str) -> None:
        """Output of a terminal; its complete lines are log lines."""
        with self._order:
            *lines, self._begun = (self._begun + text).replace("\r\n", "\n").split("\n")
            self._begun = self._begun[-LINE_CHARACTERS:]
            self._add_printed(lines)

    def output_has_ended(self) -> None:
        """The process is gone: the line that it has begun is its last one."""
        with self._order:
            begun, self._begun = self._begun, ""
            if begun:
                self._add_printed([begun])

    def _add_printed(self, lines: list[str]) -> None:
        """With the order's lock."""
        kept = self.log.add_printed(lines, self._world.wall())
        self._judge_file()
        if kept:
            self.publish("logs", lines=kept, skipped=0)

    def _judge_file(self) -> None:
        """A log that is not on disk is said on every page. With the order's lock."""
        if self.log.broken != self._broken:
            self._broken = self.log.broken
            troubles, name = self._world.troubles, self._program.name
            if self._broken:
                troubles.begin("log", self._broken, name)
            else:
                troubles.end("log", name)

    def forget(self) -> None:
        """Its program leaves the catalogue: its recording makes room for others."""
        self.log.close()
        self._world.troubles.end("log", self._program.name)
        self._world.memory.forget(self._program.name)

    def frame(self, frame: messages.Frame) -> None:
        figures = self.figures.take(frame)
        if frame.loop is not None:
            self.publish("loop", frame=messages.as_dict(frame))
        if figures is not None:
            self.publish("figures", figures=figures)

    def events(self, events: messages.Events) -> None:
        for listener in list(self.event_listeners):
            listener(events)
        news = [
            event
            for event in events.events
            if event.kind in FEED_EVENTS and not self._is_hidden(event.data.get("room"))
        ]
        for event in news[:FEED_PER_BATCH]:
            self.feed(event.kind, **event.data)

    def _is_hidden(self, room: Any) -> bool:
        return isinstance(room, str) and room in self._program.hidden_rooms

    def moved(self, event: Event, state: State, generation: int) -> None:
        """It is in another state."""
        self.moves.add(event, state, generation)
        if self._wanted("life"):
            self.publish("life", **self.moves.as_shown())

    def observed(self, message: messages.Message, life: int) -> bool:
        """Keep what an observed program tells; whether its view has changed."""
        anew = self.recorder.take(message, life)
        schema = getattr(message, "schema", "")
        known = observed.SCHEMA if isinstance(message, observed.Program) else messages.SCHEMA
        if schema not in ("", known):
            text = f"its messages are those of code {schema}, the dashboard knows {known}"
            notice = messages.Notice(self._world.wall(), "schema", text)
            anew = self.recorder.take(notice, life) or anew
        if isinstance(message, observed.Points) and self._wanted("wire"):
            lines = [point_dict(point) for point in message.points]
            self.publish("wire", lines=lines, skipped=message.lost)
        return anew

    def tick(self) -> None:
        """Publish what has changed of the recording, where a tab looks at it, and no more often
        than is said of its kind. Called by one thread."""
        now = self._world.clock()
        self._stale |= self.recorder.changes()
        for kind in sorted(self._stale):
            if now - self._shown_at.get(kind, 0.0) >= 1.0 / KINDS[kind].hz:
                self._stale.discard(kind)
                self._shown_at[kind] = now
                self._show(kind)

    def _show(self, kind: str) -> None:
        if self._wanted(kind):
            for event in self.newest(kind):
                self._world.publish(event)

    def newest(self, kind: str) -> list[EventDict]:
        """The first events for a tab that asks for this kind."""
        name = self._program.name
        match kind:
            case "logs":
                lines = self.log.since(0, LOGS_AT_FIRST)["lines"]
                return [{"kind": "logs", "name": name, "lines": lines, "skipped": 0}]
            case "wire":
                points = self.recorder.newest_points()
                return [{"kind": "wire", "name": name, "lines": points, "skipped": 0}]
            case "life":
                return [{"kind": "life", "name": name, **self.moves.as_shown()}]
            case "streams":
                return [{"kind": "streams", "name": name, **self.recorder.streams()}]
            case "code":
                return [{"kind": "code", "name": name, **self.recorder.code()}]
            case "threads":
                threads = self.recorder.threads()
                return [{"kind": "threads", "name": name, **threads}] if threads else []
        return []

    def _wanted(self, kind: str) -> bool:
        return self._world.wanted(KINDS[kind].topic(self._program.name))

    def feed(self, code: str, /, **args: Any) -> None:
        """Add news for the reader; the page has words for each code. `args` may have any names: a
        program chooses those of its events."""
        entry = {"name": self._program.name, "code": code, "args": args}
        self._world.publish({"kind": "feed", "entry": entry})

    def publish(self, kind: str, **what: Any) -> None:
        self._world.publish({"kind": kind, "name": self._program.name, **what})
