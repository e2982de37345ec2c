"""All that is known of a program under supervision: the one place of its state."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from dashboard.programs import launch
from dashboard.programs.program import Program
from dashboard.programs.settings import ServerSettings
from dashboard.supervision.control import Control
from dashboard.supervision.failures import End, Failure, ended_by
from dashboard.supervision.lifecycle import ALIVE, SETTLED, State
from dashboard.supervision.run import Run
from labservers.observe import messages

STABLE_S = 30.0  # after which a break is not another failed attempt
CAN_BE_SEEN = frozenset({"loop"})  # capabilities


@dataclass(slots=True)
class Facts:
    """Written by ManagedProgram under its lock.

    settings: for the next start, and of the process that lives. run: the newest process, also
    when it is gone. attempt, attempts: starts after a crash, so far and at most. deadline: of
    STARTING, STOPPING or BACKOFF, by the monotonic clock. start_again: once it has ended.
    changed_on_disk: its file is not the one that was started. sees: capabilities that were seen in
    it while it ran, kept after its end. unended: a process that has outlived SIGKILL.
    """

    program: Program
    settings: ServerSettings
    attempts: int
    state: State = State.STOPPED
    run: Run = field(default_factory=lambda: Run(number=0))
    failure: Failure | None = None
    last_run: dict[str, Any] | None = None
    attempt: int = 0
    deadline: float | None = None
    start_again: bool = False
    control: Control = field(default_factory=Control)
    experiments: list[dict[str, Any]] = field(default_factory=list)
    changed_on_disk: bool = False
    sees: frozenset[str] = frozenset()
    unended: Run | None = None

    @property
    def capabilities(self) -> frozenset[str]:
        return self.program.capabilities | self.sees

    def learn(self, frame: messages.Frame) -> bool:
        """Note what a program of the user tells of itself; whether its view has changed.

        It can say what it likes: of files, those of its own folder alone are looked at.
        """
        if self.program.own is None:
            return False
        folder = self.program.own.parent
        for name in frame.files or []:
            if ".." not in Path(name).parts and (folder / name).is_relative_to(folder):
                self.run.knows(folder / name)
        before, self.sees = self.sees, self.sees | CAN_BE_SEEN.intersection(frame.sees or [])
        return self.sees != before

    def remember(self, end: End, requests: int, *, finished: bool) -> None:
        """Its last run, for the page; `finished`: it has ended in peace, by itself."""
        self.last_run = {
            "duration_s": round(end.ran_s, 3),
            "requests": requests,
            **ended_by(end.returncode),
            "finished": finished,
        }

    def next_attempt(self, now: float) -> int | None:
        """Count one more start after a break. Returns how many delays come before it, doubled
        with each; None: it is not tried again."""
        ready_at = self.run.ready_at
        if ready_at is not None and now - ready_at >= STABLE_S:
            self.attempt = 0
        if self.attempt >= self.attempts:
            return None
        self.attempt += 1
        return 1 << (self.attempt - 1)

    @property
    def mute(self) -> bool:
        """Whether it cannot say where it listens, or does not for some reason."""
        speaks = "channel" in self.program.launch.takes
        return not speaks or (self.program.own is not None and self.run.heard_at is None)

    def to_ask_for(self, now: float) -> Run | None:
        """The run whose sockets the kernel is to be asked for now."""
        mute = self.mute and self.state in ALIVE
        return self.run if mute and self.run.wants_a_look(now) else None

    def command(self, data_path: Path) -> launch.Command:
        """The command of its next start."""
        chosen = self.settings.chosen(self.program)
        places = {name: str(value) for name, value in chosen.items()}
        file = str(self.program.own or "")
        given = {**places, "file": file, "data_dir": str(data_path)}
        return launch.command(self.program.launch, given)

    def clock_was_set(self, by_s: float) -> None:
        """Its failure may name a time of day."""
        if self.failure is not None and self.failure["free_at"] is not None:
            self.failure = {**self.failure, "free_at": self.failure["free_at"] + by_s}

    @property
    def settled(self) -> bool:
        return self.state in SETTLED and not self.start_again
