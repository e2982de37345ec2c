"""One process of a program, from its spawn to its end, and how it is listened to."""

from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

from dashboard.programs.files import Stamp, stamp
from dashboard.supervision.evidence import Evidence
from labservers.observe import messages

SOCKETS_S = 1.0
INTERRUPT_S = 5.0
FILES = 100


class Process(Protocol):
    """The abilities of a ServerProcess, so that tests can hand in another."""

    pid: int
    wholly: bool

    def send(self, command: messages.Command) -> None: ...
    def type(self, data: bytes) -> bool: ...
    def interrupt(self) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


@dataclass(slots=True)
class Run:
    """All that is known of one process. Times are readings of the monotonic clock.

    sockets: addresses that it can be reached at, none before it listens, and for some programs
    none at all. step: what a start waits for. heard_at: None when it has never said anything.
    looked_at: when the kernel was asked for its sockets. ready_at: when it came up.
    interrupted_at: when ^C was typed last. transport: of its first socket, where it was seen.
    files: its own, as they were on disk when they were first heard of. over: it is no longer
    ours; its messages are ignored. killed: SIGKILL was sent. failure: why, where nobody asked.
    """

    number: int
    started: float = 0.0
    logged_before: int = 0  # number of the last log line of earlier processes
    process: Process | None = None
    sockets: list[tuple[str, int]] = field(default_factory=list)
    step: str = "process"
    heard_at: float | None = None
    failed: messages.Failed | None = None
    failure: dict[str, Any] | None = None
    rows: messages.Rows | None = None
    killed: bool = False
    paused: bool = False
    looked_at: float = 0.0
    transport: str | None = None
    ready_at: float | None = None
    interrupted_at: float | None = None
    evidence: Evidence = field(default_factory=Evidence)
    files: dict[Path, Stamp] = field(default_factory=dict)
    over: bool = False

    def close(self) -> None:
        """The process is gone, or no longer ours."""
        self.over = True
        self.process = None
        self.sockets = []
        self.paused = False

    def knows(self, file: Path) -> None:
        """It has loaded this file of its own."""
        if file not in self.files and len(self.files) < FILES and (now := stamp(file)):
            self.files[file] = now

    def wants_a_look(self, now: float) -> bool:
        """Whether it is time to ask the kernel for its sockets: often before it listens, then
        once in SOCKETS_S seconds."""
        if self.sockets and now - self.looked_at < SOCKETS_S:
            return False
        self.looked_at = now
        return True

    def was_interrupted(self, now: float) -> bool:
        """Whether its end is likely to be the one that ^C was meant for."""
        return self.interrupted_at is not None and now - self.interrupted_at < INTERRUPT_S

    def silent_for(self, now: float) -> float:
        """Seconds since its last message; none for a program that sends no messages."""
        return 0.0 if self.heard_at is None else now - self.heard_at


@dataclass(frozen=True, slots=True)
class Ears:
    """The listener of one process: passes on what its sieve lets through of its messages,
    together with its run."""

    run: Run
    sieve: Callable[[messages.Message], list[messages.Message]]
    message: Callable[[Run, messages.Message], None]
    log: Callable[[str, bool], None]
    output: Callable[[Run, bytes], None]
    exit: Callable[[Run, int], None]

    def on_message(self, message: messages.Message) -> None:
        for sound in self.sieve(message):
            self.message(self.run, sound)

    def on_log(self, line: str) -> None:
        self.log(line, False)

    def on_print(self, line: str) -> None:
        self.log(line, True)

    def on_output(self, data: bytes) -> None:
        self.output(self.run, data)

    def on_exit(self, returncode: int) -> None:
        self.exit(self.run, returncode)
