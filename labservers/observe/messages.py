"""What a server can report and be told: named tuples, one JSON line each, no I/O.

The server writes messages on its standard output, the dashboard writes commands on its
standard input. Both sides share this file and nothing else. Frames are full snapshots,
so a lost one is healed by the next; events are numbered and may be lost, and each frame
says how many were. A field that is None was not measured on this system.
"""

from __future__ import annotations

import json
from typing import Any, NamedTuple, TypeAlias


class TelemetryError(ValueError):
    """A line that is not a message of this schema."""


class Ready(NamedTuple):
    """The socket is bound to this address and the kernel takes connections or datagrams."""

    host: str
    port: int
    pid: int
    model: str


FILES = "FILES"


class Failed(NamedTuple):
    """The server could not start. `code` is the errno's name, as EADDRINUSE; FILES where what
    it keeps on disk is to blame; or empty."""

    errno: int | None
    code: str
    message: str


class LastExchange(NamedTuple):
    """The newest request and its answer, shortened to one line of text each."""

    received: str
    sent: str
    microseconds: int


class LoopFigures(NamedTuple):
    """The event loop at one tick boundary. Words as in event_loop.py.

    ready, reading, writing, sleeping: tasks in each lane now, exact.
    ready_max: the longest ready queue since the previous frame.
    tasks: all of them. ticks, steps: totals since the start.
    tick_p50_us, tick_p99_us: tick durations since the previous frame; lag_us: the longest
    time that a ready task waited in that window; utilization: tick/(tick+wait) in it, 0..1.
    last_wait_us, last_tick_us, last_returned, last_steps: the last wait and the last tick.
    selector: name of the system call. watched: sockets registered with it.
    paused: held by a `pause` command; resumes_in_s: until it ends by itself.
    delay_s: slow motion between ticks, 0 at full speed.
    ages: lane -> tasks by time in it: under 10 ms, 100 ms, 1 s, 10 s, and older.
    lines: suspended source line ("subjects.py:88") -> [lane, tasks on it].
    tokens: up to 60 tasks as [id, lane, milliseconds in it, label, peer], oldest first;
    empty above that.
    moves: lane changes since the previous frame, "from>to" -> count, with the ends `new`
    and `done`; a step is "ready>running".
    hog: the longest step since the previous frame as [task id, microseconds, label, peer, line].
    """

    ready: int
    reading: int
    writing: int
    sleeping: int
    ready_max: int
    tasks: int
    ticks: int
    steps: int
    tick_p50_us: int
    tick_p99_us: int
    lag_us: int
    utilization: float
    last_wait_us: int
    last_tick_us: int
    last_returned: int
    last_steps: int
    selector: str
    watched: int
    ages: dict[str, list[int]]
    lines: dict[str, list[Any]]
    tokens: list[list[Any]]
    moves: dict[str, int]
    paused: bool = False
    resumes_in_s: float | None = None
    delay_s: float = 0.0
    hog: list[Any] | None = None


class Frame(NamedTuple):
    """All figures of a server at one moment; counters are totals since its start.

    uptime_s: seconds. accepted: connections (TCP) or datagrams (UDP). requests: answered
    exchanges or messages. errors: requests refused as bad and connections that broke.
    connections: open now (TCP), peers of the last minute (UDP).
    accept_queue, accept_limit: connections that the kernel holds for accept(), and its bound.
    counts: totals by kind, as "GET", "404", "dropped". rooms: chat room -> members,
    of the largest rooms.
    events_lost: events that were dropped so far.
    """

    seq: int
    uptime_s: float
    accepted: int
    connections: int
    bytes_in: int
    bytes_out: int
    requests: int
    errors: int
    threads: int
    counts: dict[str, int]
    accept_queue: int | None = None
    accept_limit: int | None = None
    last: LastExchange | None = None
    rooms: dict[str, int] | None = None
    loop: LoopFigures | None = None
    events_lost: int = 0


class Row(NamedTuple):
    """One connection, task or recent peer. Ages in seconds; queues in bytes, from the kernel.

    state is one of: accepting, joining, reading, handling, writing, closing, ready, sleeping.
    label says what it is about: a request line, a room. line: where a task is suspended.
    """

    id: int
    peer: str
    state: str
    age_s: float
    state_s: float
    bytes_in: int
    bytes_out: int
    label: str = ""
    recv_q: int | None = None
    send_q: int | None = None
    steps: int | None = None
    busy_us: int | None = None
    line: str | None = None


class Rows(NamedTuple):
    """The most interesting rows out of `total`; `kind` is connections, tasks or peers."""

    kind: str
    total: int
    rows: list[Row]


class Event(NamedTuple):
    """One thing that happened. `number` counts from 1 without gaps at the source.

    kinds: joined, left, said (chat: room, peer, id; what one member said in one go has mode,
    seq, the room's number of its first message, and sizes in bytes, of the first 100 messages),
    opened, refused, broke, overloaded.
    """

    number: int
    kind: str
    data: dict[str, Any]


class Events(NamedTuple):
    """A batch of events; so many as `lost` are missing since the batch before."""

    events: list[Event]
    lost: int


class Command(NamedTuple):
    """What the dashboard tells a server.

    rate: `value` frames a second; stop; pause, step, resume; slow: `value` seconds between
    ticks. A server ignores what it has no use for.
    """

    name: str
    value: float = 0.0


COMMANDS = frozenset({"rate", "stop", "pause", "step", "resume", "slow"})

Message: TypeAlias = Ready | Failed | Frame | Rows | Events

_TYPES: dict[str, type[Any]] = {
    "ready": Ready,
    "failed": Failed,
    "frame": Frame,
    "rows": Rows,
    "events": Events,
    "command": Command,
}
_NAMES = {cls: name for name, cls in _TYPES.items()}


def encode(message: Message | Command) -> bytes:
    """One JSON line, its line feed included."""
    body = {"type": _NAMES[type(message)], **as_dict(message)}
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode() + b"\n"


def as_dict(value: Any) -> dict[str, Any]:
    """A message, or a part of one, as plain values for JSON; what they hold is not copied."""
    return {name: _plain(part) for name, part in zip(value._fields, value, strict=True)}


def _plain(part: Any) -> Any:
    if isinstance(part, LastExchange | LoopFigures):
        return as_dict(part)
    if isinstance(part, list) and part and isinstance(part[0], Row | Event):
        return [as_dict(entry) for entry in part]
    return part


def decode(line: bytes) -> Message:
    """A message from one line of a server's standard output.

    Raises:
        TelemetryError: not JSON, an unknown type, or fields that do not fit it.
    """
    value: Message | Command = _decode(line)
    if isinstance(value, Command):
        raise TelemetryError("a command where a message was expected")
    return value


def decode_command(line: bytes) -> Command:
    """A command from one line of a server's standard input.

    Raises:
        TelemetryError: not a command, or one that no server knows.
    """
    value = _decode(line)
    if not isinstance(value, Command) or value.name not in COMMANDS:
        raise TelemetryError(f"not a command: {line[:80]!r}")
    return value


def _decode(line: bytes) -> Any:
    try:
        body = json.loads(line)
        cls = _TYPES[body.pop("type")]
        return cls(**{name: _nested(name, value) for name, value in body.items()})
    except (ValueError, KeyError, TypeError, AttributeError, RecursionError) as error:
        raise TelemetryError(f"not telemetry: {line[:80]!r}") from error


def _nested(name: str, value: Any) -> Any:
    if value is None:
        return None
    if name == "last":
        return LastExchange(**value)
    if name == "loop":
        return LoopFigures(**value)
    if name == "rows":
        return [Row(**row) for row in value]
    if name == "events":
        return [Event(**event) for event in value]
    return value
