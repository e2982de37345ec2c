"""The reports of a running program, and its commands: one JSON line each, no I/O.

A program sends messages, the dashboard commands; both share this file and nothing else. Each has
`at`, its time in seconds since the epoch, which never goes back within a process. A frame is a
full snapshot: the next heals a lost one. Events are numbered, those lost are counted. A field
that is None was not measured here. The annotations are the schema: decode() reads them, and
ignores a field that it does not know, as of a newer program. The messages of an observed program
are declared in observed.py.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any, NamedTuple, Union

from .commands import Break as Break
from .commands import Look as Look
from .commands import Pause as Pause
from .commands import Resume as Resume
from .commands import Slow as Slow
from .commands import Step as Step
from .commands import Stop as Stop
from .commands import Tick as Tick
from .schema import Reader, SchemaError, digest, read_json, reader

if TYPE_CHECKING:
    from .observed import Observed

LINE_CLOSED = "line_closed"  # code of the notice that no message comes any more


class MessageError(ValueError):
    """A line that is not a message, or not a command, of this schema."""


# Messages: from the program to the dashboard.


class Address(NamedTuple):
    """Where a socket is bound; the host as the kernel writes it."""

    host: str
    port: int


class Ready(NamedTuple):
    """The program is up. model: how it serves many clients. listening: one address for each
    socket that the kernel takes connections or datagrams for; a program may have none.
    schema: SCHEMA of its code; "" where it does not say."""

    at: float
    pid: int
    model: str
    listening: list[Address]
    schema: str = ""


FILES = "FILES"


class Failed(NamedTuple):
    """The program could not start. `code` is the errno's name, as EADDRINUSE; FILES where what
    it keeps on disk is to blame; or empty."""

    at: float
    errno: int | None
    code: str
    message: str


class LastExchange(NamedTuple):
    """The newest request and its answer, shortened to one line of text each."""

    received: str
    sent: str
    microseconds: int


class LoopFigures(NamedTuple):
    """The event loop at one moment. Words as in event_loop.py.

    kind: how it is known. "tasks": it says itself what it does. Of an observed program it is seen
    from outside, and only while somebody looks: "generators" or "asyncio" by their tasks,
    "sockets", which has none, by the sockets that it watches; its ticks count since the look began.
    ready, reading, writing, sleeping: tasks in each lane now, exact. waiting: those that wait for
    something else, or for what cannot be seen.
    ready_max: the longest ready queue since the previous frame.
    tasks: all of them. ticks, steps: totals since the start.
    tick_p50_us, tick_p99_us: tick durations since the previous frame; lag_us: the longest
    time that a ready task waited in that window; utilization: tick/(tick+wait) in it, 0..1.
    last_wait_us, last_tick_us, last_returned, last_steps: the last wait and the last tick.
    selector: name of the system call. watched: sockets registered with it.
    paused: held by a Pause; resumes_in_s: until it ends by itself.
    delay_s: slow motion between ticks, 0 at full speed.
    timed: the share of the steps since the previous frame that were timed, 0..1.
    From here on, and from tick_p50_us to last_steps, only while somebody looks at the loop:
    ages: lane -> tasks by time in it: under 10 ms, 100 ms, 1 s, 10 s, and older.
    lines: suspended source line ("app.py:88") -> [lane that it asks for, tasks on it].
    tokens: up to 60 tasks as [id, lane, milliseconds in it, label, peer], oldest first;
    empty above that.
    moves: lane changes since the previous frame, "from>to" -> count, with the ends `new`
    and `done`; a step is "ready>running".
    ticks_timed: up to 50 of the newest ticks that were timed, the newest last, as [microseconds
    of the wait before it, microseconds, steps, sockets that the wait returned].
    hog: the longest of the timed steps, or the one that has not ended since the previous frame,
    as [task id, microseconds, label, peer, line].
    """

    ready: int
    reading: int
    writing: int
    sleeping: int
    tasks: int
    ticks: int
    steps: int | None
    selector: str
    watched: int
    kind: str = "tasks"
    waiting: int = 0
    paused: bool = False
    resumes_in_s: float | None = None
    delay_s: float = 0.0
    ready_max: int | None = None
    tick_p50_us: int | None = None
    tick_p99_us: int | None = None
    lag_us: int | None = None
    utilization: float | None = None
    last_wait_us: int | None = None
    last_tick_us: int | None = None
    last_returned: int | None = None
    last_steps: int | None = None
    timed: float = 0.0
    ticks_timed: list[list[int | None]] | None = None
    ages: dict[str, list[int]] | None = None
    lines: dict[str, list[Any]] | None = None
    tokens: list[list[Any]] | None = None
    moves: dict[str, int] | None = None
    hog: list[Any] | None = None


class Frame(NamedTuple):
    """All figures of a program at one moment; counters are totals since its start.

    seq: counts frames from 1; one that the channel had no room for leaves a gap.
    uptime_s: seconds, by the monotonic clock. accepted: connections (TCP) or datagrams (UDP).
    requests: answered exchanges or messages. errors: requests refused as bad and connections
    that broke. connections: open now (TCP), peers of the last minute (UDP).
    accept_queue, accept_limit: connections that the kernel holds for accept(), and its bound.
    counts: totals by kind, as "GET", "404", "dropped". rooms: room -> members, of the largest.
    events_lost: events that were dropped so far. sees: capabilities of an observed program that
    were seen in it, as "loop"; files: its own ones that it has loaded, named as in its lines.
    """

    at: float
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
    sees: list[str] | None = None
    files: list[str] | None = None


class Row(NamedTuple):
    """One connection, task or recent peer. Ages in seconds; queues in bytes, from the kernel.

    state is one of: accepting, joining, reading, writing, closing, ready, running, sleeping; of an
    observed program: listening or open. A listening socket's recv_q is its accept queue, and
    accept_limit the bound of that. tcp_state: as in ss(8), "ESTAB". label: its subject, a request
    line or a room. line: where a task is suspended. locals: its names there, while it is paused.
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
    tcp_state: str | None = None
    locals: dict[str, str] | None = None
    accept_limit: int | None = None


class Rows(NamedTuple):
    """The most interesting rows out of `total`; `kind` is connections, tasks or peers."""

    at: float
    kind: str
    total: int
    rows: list[Row]


class Event(NamedTuple):
    """One thing that happened. `number` counts from 1 without gaps at the source.

    kinds: overloaded (reason), and of rooms, each with room, peer and id of the connection:
    - joined (seq: the room's number of its newest message; people: its members from then on)
    - left (reason, people)
    - said, what one member said in a row (mode, seq: the room's number of its first message,
      sizes in bytes of its messages, the first 100). Lossy by contract: while many events wait
      it is left out, and counted as lost
    - skipped, messages that a member will never get (count, seq: the number of the first of
      them, total: of its whole stay, line: which line of what it is sent is the notice of it,
      from 1, None for a raw member, which gets none)
    """

    number: int
    at: float
    kind: str
    data: dict[str, Any]


class Events(NamedTuple):
    """A batch of events; `lost` are missing since the batch before."""

    at: float
    events: list[Event]
    lost: int


class Breakpoints(NamedTuple):
    """A point that fits one of these pauses the program.

    lines: "server.py:24". calls: "recv", "accept". clients: an address, or its host alone.
    exceptions: a call that raises, or an exception that ends a thread.
    """

    lines: list[str]
    calls: list[str]
    clients: list[str]
    exceptions: bool


class HeldPoint(NamedTuple):
    """A thread or task that is held. when: before its call, or after it; call is "line" where it
    stands at a breakpoint's line without one. waiting: bytes that have arrived and were not read.
    locals: as in Crash."""

    thread: str
    line: str | None
    function: str | None
    call: str
    socket: int | None
    peer: str | None
    waiting: int | None
    when: str
    locals: dict[str, str]


class Held(NamedTuple):
    """The stepper's state. points: held now, the first is the next to pass."""

    at: float
    paused: bool
    resumes_in_s: float | None
    delay_s: float
    points: list[HeldPoint]
    breakpoints: Breakpoints


class Notice(NamedTuple):
    """Something about the observation itself. code: child_unseen, tap_out, tap_on, tap_off,
    displaced (text: the calls that the program has replaced), line_closed, or a limit that was
    changed; text: a sentence."""

    at: float
    code: str
    text: str


Message = Union[Ready, Failed, Frame, Rows, Events, Held, Notice, "Observed"]
Command = Union[Look, Stop, Pause, Step, Tick, Resume, Slow, Break]

_MESSAGES: dict[str, type[Any]] = {
    "ready": Ready,
    "failed": Failed,
    "frame": Frame,
    "rows": Rows,
    "events": Events,
    "held": Held,
    "notice": Notice,
}
_COMMANDS: dict[str, type[Any]] = {
    "look": Look,
    "stop": Stop,
    "pause": Pause,
    "step": Step,
    "tick": Tick,
    "resume": Resume,
    "slow": Slow,
    "break": Break,
}
_PARTS: list[type[Any]] = [Address, LastExchange, LoopFigures, Row, Event, Breakpoints, HeldPoint]
_SCALARS = {int, float, str, bool, type(None)}
_NAMES = {cls: name for name, cls in {**_MESSAGES, **_COMMANDS}.items()}
_READERS: dict[type[Any], Reader] = {}  # made when one is needed
# The shape of all this: a program whose code is of another version says another one.
SCHEMA = digest([*_NAMES, *_PARTS])


def encode(message: Message | Command) -> bytes:
    """One JSON line, its line feed included."""
    body = {"type": _NAMES[type(message)], **as_dict(message)}
    text = json.dumps(body, ensure_ascii=False, separators=(",", ":"))
    return text.encode("utf-8", "replace") + b"\n"


def as_dict(value: Any) -> dict[str, Any]:
    """A message, or a part of one, as plain values for JSON; what they hold is not copied."""
    return {
        name: part if type(part) in _SCALARS else _plain(part)
        for name, part in zip(value._fields, value)
    }


def _plain(part: Any) -> Any:
    if hasattr(part, "_fields"):
        return as_dict(part)
    if isinstance(part, list) and part and hasattr(part[0], "_fields"):
        return [as_dict(entry) for entry in part]
    return part


def decode(line: bytes) -> Message:
    """A message from one line of the channel.

    Raises:
        MessageError: not JSON, an unknown type, or fields that do not fit it.
    """
    message: Message = _decode(line, _MESSAGES)
    return message


def decode_command(line: bytes) -> Command:
    """A command from one line of the channel.

    Raises:
        MessageError: as decode().
    """
    command: Command = _decode(line, _COMMANDS)
    return command


def _decode(line: bytes, types: dict[str, type[Any]]) -> Any:
    try:
        body = read_json(line)
        return _reader(types[body["type"]])(body)
    except (SchemaError, KeyError, TypeError) as error:
        raise MessageError(f"not of the schema: {line[:80]!r}") from error


def _reader(cls: type[Any]) -> Reader:
    if cls not in _READERS:
        _READERS[cls] = reader(cls, *_PARTS)
    return _READERS[cls]


def declare(kinds: dict[str, type[Any]], parts: tuple[type[Any], ...]) -> None:
    """More kinds of messages, and what they are made of. A server of the lab starts sooner without
    those of observed.py, which does this when it is loaded."""
    _MESSAGES.update(kinds)
    _NAMES.update({cls: name for name, cls in kinds.items()})
    _PARTS.extend(parts)
