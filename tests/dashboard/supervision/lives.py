"""The life of a program, told once more: what each act must lead to, by rules of its own."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from labservers.observe import messages, observed

START_S, STOP_S, KILL_S, RETRY_S, SILENT_S, SEEN_S, INTERRUPT_S, STABLE_S = 10, 3, 5, 2, 5, 5, 5, 30
UP = ("STARTING", "RUNNING", "FROZEN")
FRAME = messages.Frame(1.0, 1, 1.0, 0, 0, 0, 0, 0, 0, 1, {})
LISTENS = observed.SocketEvent(
    1.0, 1, 3, "AF_INET", "stream", "listening", "127.0.0.1:9090", None, None
)


@dataclass
class Model:
    """own: a program of the user, which is up after a while and is not started again by itself.

    process: the number of the one that lives. killed: it was. failing: since it did not answer.
    lost: it has outlived that. checks: the processes of the checks that are under way.
    """

    own: bool
    attempts: int
    state: str = "STOPPED"
    now: float = 100.0
    born: int = 0
    process: int | None = None
    spawns: bool = True
    killed: bool = False
    failing: bool = False
    lost: bool = False
    again: bool = False
    attempt: int = 0
    deadline: float | None = None
    heard_at: float | None = None
    ready_at: float | None = None
    interrupted_at: float | None = None
    checks: list[int] = field(default_factory=list)

    def start(self) -> None:
        if self.state == "STOPPING":
            self.again = True
        elif self.state not in UP and not self.lost:
            self.attempt = 0
            self._spawn()

    def _spawn(self) -> None:
        self.born += 1
        self.killed = self.failing = self.again = False
        self.heard_at = self.ready_at = self.interrupted_at = None
        if self.spawns:
            self.process = self.born
            self._be("STARTING", SEEN_S if self.own else START_S)
        else:
            self._be("FAILED")

    def stop(self) -> None:
        self.again = False
        if self.state == "STOPPING":
            self._kill()
        elif self.state in UP:
            self._be("STOPPING", STOP_S)
        else:
            self._be("STOPPED")

    def restart(self) -> None:
        if self.state in UP:
            self._be("STOPPING", STOP_S)
        self.start()

    def saved(self) -> None:
        if self.state in (*UP, "FAILED"):
            self.restart()

    def kill(self) -> None:
        if self.state in (*UP, "STOPPING"):
            self.again = False
            self.state = "STOPPING"
            self._kill()

    def _kill(self) -> None:
        self.killed = True
        self.deadline = self.now + KILL_S

    def interrupt(self) -> None:
        if self.state in (*UP, "STOPPING"):
            self.interrupted_at = self.now

    def speaks(self) -> None:
        if self.process is None or self.failing or self.lost:
            return
        self.heard_at = self.now
        if self.state == "FROZEN":
            self._be("RUNNING")

    def listens(self) -> None:
        self.speaks()
        if self.state != "STARTING" or self.failing:
            return
        if self.own:
            self._is_ready()
        else:
            assert self.process
            self.checks.append(self.process)

    def answers(self, well: bool = True) -> None:
        checked = self.checks.pop(0) if self.checks else None
        if self.state != "STARTING" or self.failing or checked != self.process:
            return
        if well:
            self._is_ready()
        else:
            self._does_not_answer()

    def _is_ready(self) -> None:
        self._be("RUNNING")
        self.ready_at = self.now

    def _does_not_answer(self) -> None:
        self.failing = True
        self._kill()

    def exits(self, code: int) -> None:
        if self.process is None:
            return
        lost, self.process, self.lost = self.lost, None, False
        if lost:
            return
        asked = self.interrupted_at is not None and self.now - self.interrupted_at < INTERRUPT_S
        if self.state == "STOPPING":
            again, self.again = self.again, False
            self._be("STOPPED")
            if again:
                self.start()
        elif self.failing:
            self._be("FAILED")
        elif code == 0 or asked:
            self._be("STOPPED")
        else:
            self._breaks()

    def _breaks(self) -> None:
        if self.ready_at is not None and self.now - self.ready_at >= STABLE_S:
            self.attempt = 0
        if self.attempt >= self.attempts:
            self._be("FAILED")
        else:
            self.attempt += 1
            self._be("BACKOFF", RETRY_S * 2 ** (self.attempt - 1))

    def passes(self, seconds: float) -> None:
        self.now += seconds
        if self.deadline is not None and self.now >= self.deadline:
            self._is_late()
        silent = self.heard_at is not None and self.now - self.heard_at > SILENT_S
        if silent and self.state == "RUNNING":
            self._be("FROZEN")

    def _is_late(self) -> None:
        if self.state == "BACKOFF":
            self._spawn()
        elif self.killed:
            self.lost, self.again = True, False
            self._be("FAILED")
        elif self.state == "STOPPING":
            self._kill()
        elif self.own:
            self._is_ready()
        else:
            self._does_not_answer()

    def _be(self, state: str, seconds: float | None = None) -> None:
        self.state = state
        self.deadline = None if seconds is None else self.now + seconds


class Act:
    """The same to a model and to a world with its ManagedProgram."""

    def __init__(self, name: str, model: Callable[[Model], Any], world: Callable[[Any], Any]):
        self.name, self.model, self.world = name, model, world

    def __repr__(self) -> str:
        return self.name


def wish(name: str, **options: Any) -> Act:
    return Act(name, lambda model: getattr(model, name)(), lambda world: world.wish(name))


def passes(seconds: float) -> Act:
    return Act(f"{seconds} s pass", lambda m: m.passes(seconds), lambda w: w.passes(seconds))


def exits(code: int) -> Act:
    return Act(f"exits with {code}", lambda m: m.exits(code), lambda w: w.exits_with(code))


def says(name: str) -> Act:
    return Act(name, lambda model: getattr(model, name)(), lambda world: world.hears(name))


def may_spawn(spawns: bool) -> Act:
    name = "can be started" if spawns else "cannot be started"
    return Act(name, lambda m: setattr(m, "spawns", spawns), lambda w: w.may_spawn(spawns))


def nothing(model: Any) -> None:
    pass


WISHES = [wish(name) for name in ("start", "stop", "restart", "kill", "interrupt", "saved")]
NEWS = [says("speaks"), says("listens"), *(exits(code) for code in (0, 1, -9, -11))]
CHECKS = [
    Act("answers", Model.answers, lambda world: world.is_checked(None)),
    Act("answers badly", lambda m: m.answers(well=False), lambda w: w.is_checked("no answer")),
]
STALE = [
    Act("an earlier process speaks", nothing, lambda world: world.stale_speaks()),
    Act("an earlier process exits", nothing, lambda world: world.stale_exits()),
]
TIME = [passes(seconds) for seconds in (0.3, 2.1, 5.2, 31)]
ACTS = [Act("nothing", nothing, nothing), *WISHES, *NEWS, *CHECKS, *STALE, *TIME,
        may_spawn(True), may_spawn(False)]  # fmt: skip
