"""The reports of an observed program on its calls, threads, locks and end; see messages.py.

Lines are those of the program's own files, as "server.py:24", the innermost of a stack. An `id`
of a socket is never given twice; a descriptor (`fd`) is. Seconds and microseconds are durations
by the monotonic clock. `data` and `received` are base64.
"""

from __future__ import annotations

from typing import Any, NamedTuple, Union

from . import messages
from .schema import digest


class Program(NamedTuple):
    """A process has begun. `file` is absolute, `python` a version, `arguments` follow the file.
    schema: SCHEMA of its observation; "" where it does not say."""

    at: float
    pid: int
    python: str
    file: str
    arguments: list[str]
    schema: str = ""


class SocketEvent(NamedTuple):
    """A step in a socket's life. family: AF_INET, AF_INET6, AF_UNIX; kind: stream or datagram.

    event: created, bound, listening, connected, accepted or closed. listener: the id of the
    socket that accepted it.
    """

    at: float
    id: int
    fd: int
    family: str
    kind: str
    event: str
    local: str | None
    peer: str | None
    listener: int | None


class SocketEvents(NamedTuple):
    at: float
    events: list[SocketEvent]


class Point(NamedTuple):
    """A call that has returned, or raised `error`, the name of an exception's class.

    n counts from 1; gaps are points that were lost. id and fd are None where the call has no
    socket (sleep, input, lock, select). call: the method's name. waited_us: from its begin to its
    end. bytes: how many came in or went out; data: the first of them; cut: how many those are,
    where they are not all. result: for people.
    """

    n: int
    at: float
    thread: str
    line: str | None
    function: str | None
    id: int | None
    fd: int | None
    call: str
    waited_us: int
    bytes: int = 0
    data: str | None = None
    cut: int | None = None
    result: str | None = None
    error: str | None = None


class Points(NamedTuple):
    """A batch of points. `lost` are missing since the batch before. share: of the time since
    then, 0..1, in which calls were recorded one by one; they were not counted in the rest."""

    at: float
    points: list[Point]
    lost: int
    share: float = 1.0


class LineCount(NamedTuple):
    """The calls of one line so far, exact even where points are lost."""

    line: str
    function: str
    calls: int
    errors: int
    bytes_in: int
    bytes_out: int
    waited_us: int


class Lines(NamedTuple):
    """All lines that have made a call; a snapshot."""

    at: float
    lines: list[LineCount]


class ThreadEvent(NamedTuple):
    """A thread has started, ended, or died of an exception. line: where its function begins."""

    at: float
    name: str
    event: str
    line: str | None


class ThreadEvents(NamedTuple):
    at: float
    events: list[ThreadEvent]


class ThreadRow(NamedTuple):
    """Where a thread stands. call: recv, accept, lock, sleep, input, select ..., "wait" for a
    Condition or what is made of one, "join"; None where it computes, or waits for something that is
    not seen: waited_s is then since when it was first seen there. at_least: nobody looked when it
    came there, so it stands there longer. socket: its id. lock: the id of a LockRow. waits_for: the
    same for people."""

    id: int
    name: str
    daemon: bool
    line: str | None
    function: str | None
    call: str | None = None
    waited_s: float | None = None
    socket: int | None = None
    lock: int | None = None
    waits_for: str | None = None
    at_least: bool = False


class Hold(NamedTuple):
    """A thread has had a lock, taken at `at` in this line after so long a wait."""

    thread: str
    line: str | None
    at: float
    waited_s: float
    held_s: float


class LockRow(NamedTuple):
    """A lock that an own line has made, or what carries one.

    kind: Lock, RLock, Condition, Event, Semaphore, BoundedSemaphore, Queue, ... line: where it
    was made. holder: a thread's name; taken: where it took the lock, held_s ago. waiters: names.
    held_total_s, waited_total_s: of all threads since it was made. holds: the newest of those that
    ended since the message before.
    """

    id: int
    kind: str
    line: str
    holder: str | None
    taken: str | None
    held_s: float | None
    waiters: list[str]
    held_total_s: float
    waited_total_s: float
    holds: list[Hold]


class TaskRow(NamedTuple):
    """How many generators or coroutines are suspended at one line. sockets: ids of those that they
    wait for, where that can be seen; oldest_s: since the oldest was first seen there."""

    line: str
    function: str
    suspended: int
    kind: str
    oldest_s: float | None
    sockets: list[int]


class Threads(NamedTuple):
    """All that stands somewhere, the oldest first. `total` and `tasks_total` count those that
    the bounded lists leave out as well. deadlock: the sentence of a Deadlock that lasts."""

    at: float
    total: int
    threads: list[ThreadRow]
    locks: list[LockRow]
    tasks: list[TaskRow]
    tasks_total: int
    deadlock: str | None = None


class StuckThread(NamedTuple):
    """A thread of a deadlock: it waits in `line` for a lock that `held_by` took in `taken`."""

    thread: str
    line: str | None
    lock: str
    held_by: str
    taken: str | None


class Deadlock(NamedTuple):
    """Each of these threads waits for a lock that the next one holds; once for each cycle."""

    at: float
    text: str
    threads: list[StuckThread]


class Crash(NamedTuple):
    """An exception has ended a thread; of the main one: the program. swallowed: a generator's,
    which its caller has caught.

    source: the text of the line. stack: [line, function, source] each, the innermost last.
    locals: of that line, names and short texts. received: the last bytes that the thread got,
    from the socket `id`, its `peer`; bad: the offset of the byte in them that is to blame.
    """

    at: float
    thread: str
    main: bool
    exception: str
    message: str
    line: str | None
    source: str | None
    stack: list[list[str | None]]
    locals: dict[str, str]
    received: str | None = None
    id: int | None = None
    peer: str | None = None
    bad: int | None = None
    swallowed: bool = False


class Asks(NamedTuple):
    """input() waits for a line with this prompt; None: it has got one."""

    at: float
    thread: str
    line: str | None
    prompt: str | None


class Summary(NamedTuple):
    """The end of a process: an exit code, or the name of the signal that ended it."""

    at: float
    exit_code: int | None
    signal: str | None
    connections: int
    bytes_in: int
    bytes_out: int
    points: int
    lost: int
    sockets_left_open: int
    threads_left: int


Observed = Union[Program, SocketEvents, Points, Lines, ThreadEvents, Threads, Deadlock, Crash,
                 Asks, Summary]  # fmt: skip
MESSAGES: dict[str, type[Any]] = {
    "program": Program,
    "socket_events": SocketEvents,
    "points": Points,
    "lines": Lines,
    "thread_events": ThreadEvents,
    "threads": Threads,
    "deadlock": Deadlock,
    "crash": Crash,
    "asks": Asks,
    "summary": Summary,
}
PARTS = (SocketEvent, Point, LineCount, ThreadEvent, ThreadRow, LockRow, Hold, TaskRow,
         StuckThread)  # fmt: skip
# Of all that an observed program may send; see messages.SCHEMA.
SCHEMA = messages.SCHEMA + digest([*MESSAGES.values(), *PARTS])
messages.declare(MESSAGES, PARTS)
