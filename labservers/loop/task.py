"""A task of the event loop: a generator, with what is to be known of it while it waits."""

import enum
import math
import socket
from collections.abc import Generator
from types import FrameType
from typing import Any, TypeAlias

TaskGenerator: TypeAlias = Generator[Any, Any, Any]
NEVER = math.inf


class TaskType(enum.StrEnum):
    """The events that a task can wait for."""

    TO_READ = "to_read"
    TO_WRITE = "to_write"
    SLEEP = "sleep"


# Looking a member up in its class takes longer than all else that a yield costs here.
TO_READ, TO_WRITE, SLEEP = TaskType.TO_READ, TaskType.TO_WRITE, TaskType.SLEEP


class Task:
    """A generator in the loop.

    lane: ready, running, reading, writing, sleeping or done; since: when it came there, by the
    monotonic clock. wanted: the lane that its newest yield asked for, also while it is ready again.
    steps: how often it was resumed. about: whatever its owner wants to remember.
    """

    __slots__ = (
        "about",
        "created_at",
        "deadline",
        "due",
        "error",
        "fd",
        "generator",
        "id",
        "lane",
        "seen_s",
        "seen_steps",
        "since",
        "socket",
        "steps",
        "wanted",
    )

    def __init__(self, id: int, generator: TaskGenerator, now: float) -> None:
        self.id = id
        self.generator = generator
        self.lane = "ready"
        self.wanted = ""
        self.created_at = self.since = now
        self.steps = 0
        self.socket: socket.socket | None = None  # the newest that it waited for
        self.fd = -1
        self.deadline = self.due = NEVER  # see timers.py
        self.error: BaseException | None = None  # thrown in at the next step
        self.seen_steps, self.seen_s = 0, 0.0  # those of its steps that were timed
        self.about: Any = None

    def __lt__(self, other: "Task") -> bool:
        return self.id < other.id

    def throw(self) -> Any:
        """Let it run on from where its `yield` raises the error that waits for it."""
        assert self.error is not None
        error, self.error = self.error, None
        return self.generator.throw(error)

    def close(self) -> Exception | None:
        """End the generator where it stands; what its `finally` clauses raised, if anything."""
        self.lane = "done"
        try:
            self.generator.close()
        except Exception as error:
            return error
        return None

    @property
    def busy_us(self) -> int | None:
        """Microseconds that it ran, estimated from those of its steps that were timed."""
        if not self.seen_steps:
            return None
        return round(self.seen_s / self.seen_steps * self.steps * 1e6)

    @property
    def frame(self) -> FrameType | None:
        """Where the task stands: the innermost generator's; None when it has ended."""
        inner = self.generator
        while isinstance(delegate := getattr(inner, "gi_yieldfrom", None), Generator):
            inner = delegate
        frame: FrameType | None = getattr(inner, "gi_frame", None)
        return frame

    def line(self) -> str:
        """The file and line of its frame, `subjects.py:88`."""
        frame = self.frame
        if frame is None:
            return ""
        return f"{frame.f_code.co_filename.rpartition('/')[2]}:{frame.f_lineno}"
