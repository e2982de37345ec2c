"""One server under supervision: its state, its process, its figures.

The lock guards everything here. Whatever comes from a process carries the generation that it
was spawned with; what comes from an earlier one is ignored. Each move of the state goes through
_move(), which asks the table in lifecycle.py and publishes what came out.
"""

import threading
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass
from typing import Any, Protocol

from dashboard.config import Config
from dashboard.programs import launch, tabs
from dashboard.programs.launch import Command
from dashboard.programs.program import Program
from dashboard.programs.settings import ServerSettings
from dashboard.recording.figures import Figures
from dashboard.recording.history import LogBook
from dashboard.supervision.lifecycle import ALIVE, SETTLED, Event, State, next_state
from dashboard.supervision.process import Listener, exit_words
from labservers.net.addresses import connect_host
from labservers.observe import messages

LAST_LINES = 12


class Process(Protocol):
    """What a ServerProcess can do, so that tests can hand in another."""

    pid: int

    def send(self, command: messages.Command) -> None: ...
    def terminate(self) -> None: ...
    def kill(self) -> None: ...


@dataclass(frozen=True)
class Surroundings:
    """What a managed server needs of the world; tests hand in their own.

    owner(settings, transport) and free_port(settings, transport) look at the system's sockets.
    background(function) runs it soon, outside any lock.
    """

    config: Config
    publish: Callable[[dict[str, Any]], None]
    spawn: Callable[[Command, Listener], Process]
    owner: Callable[[ServerSettings, str], dict[str, Any] | None]
    free_port: Callable[[ServerSettings, str], int | None]
    background: Callable[[Callable[[], None]], None]
    clock: Callable[[], float] = time.monotonic
    wall: Callable[[], float] = time.time


class ManagedServer:
    """See the module. All methods may be called from any thread and return at once."""

    def __init__(self, program: Program, settings: ServerSettings, world: Surroundings) -> None:
        self.program = program
        self.log = LogBook(
            world.config.log_lines,
            world.config.log_path / f"{program.name}.log",
            world.config.log_file_bytes,
        )
        self.event_listeners: list[Callable[[messages.Events], None]] = []
        self._world = world
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._settings = settings
        self._state = State.STOPPED
        self._generation = 0
        self._logged_before = 0  # number of the last line of earlier processes
        self._process: Process | None = None
        self._bound: tuple[str, int] | None = None
        self._step: str | None = None
        self._started_at: float | None = None
        self._failed: messages.Failed | None = None
        self._failure: dict[str, Any] | None = None
        self._last_run: dict[str, Any] | None = None
        self._start_again = False
        self._killed = False
        self._attempt = 0
        self._deadline: float | None = None  # of STARTING, STOPPING or BACKOFF, by the clock
        self._figures = Figures(world.wall)
        self._heard_at = 0.0
        self._rows: messages.Rows | None = None
        self._look = NOBODY_LOOKS
        self._paused = False
        self._experiment: dict[str, Any] | None = None

    # What others ask.

    @property
    def state(self) -> State:
        return self._state

    @property
    def pid(self) -> int | None:
        return self._process.pid if self._process else None

    @property
    def generation(self) -> int:
        return self._generation

    @property
    def settings(self) -> ServerSettings:
        return self._settings

    def address(self) -> tuple[str, int] | None:
        """Host and port to connect to, while it runs."""
        with self._lock:
            return self._bound if self._state in (State.RUNNING, State.FROZEN) else None

    def fresh_rows(self, timeout_s: float) -> messages.Rows | None:
        """The rows that the server sends next, or the newest there are when none come in time."""
        with self._changed:
            before = self._rows
            if self._state is State.RUNNING:
                self._changed.wait_for(lambda: self._rows is not before, timeout_s)
            return self._rows

    def view(self) -> dict[str, Any]:
        """The server as the API and the page show it."""
        with self._lock:
            host, port = self._bound or (connect_host(self._settings.host), self._settings.port)
            alive = self._state in ALIVE
            wall = self._world.wall()
            running_for = wall - self._started_at if alive and self._started_at else None
            return {
                "name": self.program.name,
                "task": self.program.number,
                "title": self.program.title,
                "transport": self.program.transport,
                "protocol": self.program.protocol,
                "model": self._settings.model,
                "models": list(self.program.models),
                "tabs": tabs.as_shown(self.program),
                "state": self._state.value,
                "step": self._step if self._state is State.STARTING else None,
                "host": host,
                "port": port,
                "bind_host": self._settings.host,
                "pid": self.pid,
                "generation": self._generation,
                "started_at": self._started_at if alive else None,
                "uptime_s": running_for,
                "settled": self._state in SETTLED and not self._start_again,
                "stop_deadline": self._wall_deadline(State.STOPPING),
                "retry": self._retry(),
                "failure": self._failure,
                "last_run": self._last_run,
                "settings": {
                    "host": self._settings.host,
                    "port": self._settings.port,
                    "model": self._settings.model,
                },
                "figures": self._figures.latest if alive else None,
                "counters": self._figures.totals(),
                "paused": self._paused,
                "experiment": self._experiment,
            }

    def wait_settled(self, timeout_s: float) -> bool:
        """Wait until the state has settled; False when the time was up before."""
        with self._changed:
            return self._changed.wait_for(
                lambda: self._state in SETTLED and not self._start_again, timeout_s
            )

    # What users want.

    def start(self) -> bool:
        """False when it runs, or is about to, already."""
        with self._lock:
            if self._state is State.STOPPING:
                already, self._start_again = self._start_again, True
                return not already
            if self._state in ALIVE:
                return False
            self._attempt = 0
            self._spawn(Event.START)
            return True

    def stop(self) -> bool:
        """False when it is stopped already. Asked twice, it kills."""
        with self._lock:
            self._start_again = False
            if self._state is State.STOPPED:
                return False
            if self._state is State.STOPPING:
                self._kill()
                return True
            if self._state in ALIVE:
                self._ask_to_end()
            else:
                self._failure = None
                self._move(Event.STOP)
            return True

    def restart(self) -> bool:
        """Stop, then start; a stopped server is just started."""
        with self._lock:
            if self._state not in ALIVE:
                return self.start()
            if self._state is not State.STOPPING:
                self._ask_to_end()
            self._start_again = True
            self._feed("restarted")
            return True

    def kill(self) -> bool:
        """End the process now, whatever it is doing. False when there is none."""
        with self._lock:
            if self._state not in ALIVE:
                return False
            self._start_again = False
            if self._state is not State.STOPPING:
                self._ask_to_end()
            self._kill()
            return True

    def use(self, settings: ServerSettings) -> None:
        """From the next start on."""
        with self._lock:
            if settings != self._settings:
                self._settings = settings
                self._publish()

    def command(self, command: messages.Command) -> None:
        with self._lock:
            if self._process:
                self._process.send(command)
            if isinstance(command, messages.Pause | messages.Resume):
                self._note_pause(isinstance(command, messages.Pause))

    def look(self, look: messages.Look) -> None:
        """What the server is to report, now and after later starts."""
        with self._lock:
            if look != self._look:
                self._look = look
                if self._process:
                    self._process.send(look)

    def set_experiment(self, experiment: dict[str, Any] | None) -> None:
        with self._lock:
            self._experiment = experiment
            self._publish()

    # What time brings.

    def tick(self) -> None:
        """Act on deadlines that have passed; called a few times a second."""
        with self._lock:
            now = self._world.clock()
            late = self._deadline is not None and now >= self._deadline
            if self._state is State.STARTING and late:
                self._not_answering("it did not come up in time")
            elif self._state is State.STOPPING and late:
                self._kill()
            elif self._state is State.BACKOFF and late:
                self._spawn(Event.RETRY)
            elif self._state is State.RUNNING and self._silent_for(now):
                self._move(Event.SILENT)

    # What the process says: called from its threads, through a Generation.

    def take(self, generation: int, message: messages.Message) -> None:
        with self._lock:
            if generation != self._generation:
                return
            self._heard_at = self._world.clock()
            if self._state is State.FROZEN:
                self._move(Event.SPOKE)
            if isinstance(message, messages.Ready):
                self._is_ready(message)
            elif isinstance(message, messages.Failed):
                self._failed = message
            elif isinstance(message, messages.Frame):
                self._take_frame(message)
            elif isinstance(message, messages.Rows):
                self._take_rows(message)
        if isinstance(message, messages.Events):
            self._take_events(message)

    def take_log(self, generation: int, raw: str, *, printed: bool = False) -> None:
        lines = self.log.add(raw, self._world.wall(), printed=printed)
        event = {"kind": "logs", "name": self.program.name, "lines": lines, "skipped": 0}
        self._world.publish(event)

    def take_exit(self, generation: int, returncode: int) -> None:
        """The process is gone: as asked, or as a failure that is looked into before it is told."""
        with self._lock:
            if generation != self._generation:
                return
            expected = self._state is State.STOPPING
        failure = None if expected else self._explain(returncode)
        with self._lock:
            if generation == self._generation and self._state in ALIVE:
                self._has_exited(failure, returncode)

    def answered(self, generation: int, problem: str | None) -> None:
        """The outcome of the check that followed the ready line."""
        with self._lock:
            if generation != self._generation or self._state is not State.STARTING:
                return
            if problem is not None:
                self._not_answering(problem)
                return
            self._deadline = None
            self._attempt = 0
            self._move(Event.ANSWERED)
            self._feed("started", port=self._bound[1] if self._bound else None)

    # How.

    def _spawn(self, event: Event) -> None:
        self._generation += 1
        self._logged_before = self.log.last
        self._failure = self._failed = self._bound = self._rows = None
        self._killed = self._paused = False
        self._figures.begin()
        chosen = self._settings
        data_dir = str(self._world.config.data_path)
        places = {**asdict(chosen), "port": str(chosen.port), "data_dir": data_dir}
        command = launch.command(self.program.launch, places)
        self._step = "process"
        self._started_at = self._world.wall()
        self._heard_at = self._world.clock()
        self._deadline = self._heard_at + self._world.config.start_timeout_s
        try:
            self._process = self._world.spawn(command, Generation(self, self._generation))
        except OSError as error:
            self._process = None
            self._move(event, quietly=True)
            message = f"the process of {self.program.name} could not be started: {error}"
            self._fail({**NO_FAILURE, "reason": "spawn", "message": message, "errno": error.errno})
            return
        self._figures.watch(self._process.pid)
        self._step = "bind"
        self._move(event)

    def _is_ready(self, ready: messages.Ready) -> None:
        if self._state is not State.STARTING:
            return
        host, port = ready.listening[0]
        self._bound = (connect_host(host), port)
        self._step = "answers"
        if self._process and self._look != NOBODY_LOOKS:
            self._process.send(self._look)
        self._publish()
        generation, (host, port) = self._generation, self._bound
        self._world.background(lambda: self._check(generation, host, port))

    def _check(self, generation: int, host: str, port: int) -> None:
        problem = None
        try:
            if self.program.check:
                self.program.check(host, port, self._world.config.check_timeout_s)
        except Exception as error:  # whatever a check runs into is the reason it failed
            problem = str(error) or type(error).__name__
        self.answered(generation, problem)

    def _ask_to_end(self) -> None:
        self._deadline = self._world.clock() + self._world.config.stop_grace_s
        if self._process:
            self._process.send(messages.Stop())
            self._process.terminate()
        self._move(Event.STOP)

    def _kill(self) -> None:
        self._killed = True
        self._deadline = None
        if self._process:
            self._process.kill()
        self._publish()

    def _not_answering(self, problem: str) -> None:
        where = f"port {self._settings.port}"
        message = f"{self.program.name} on {where} does not answer as it should: {problem}"
        process, self._process = self._process, None
        self._generation += 1  # its exit is not news any more
        if process:
            process.kill()
        lines = self.log.tail(LAST_LINES, self._logged_before)
        self._fail(
            {**NO_FAILURE, "reason": "not_answering", "message": message, "last_lines": lines}
        )

    def _has_exited(self, failure: dict[str, Any] | None, returncode: int) -> None:
        ran_s = self._world.wall() - (self._started_at or self._world.wall())
        self._last_run = {"duration_s": round(ran_s, 3), "requests": self._figures.requests}
        self._process = None
        self._bound = None
        self._deadline = None
        self._paused = False
        if self._state is State.STOPPING:
            self._move(Event.EXITED)
            self._feed("killed" if self._killed else "stopped", **_exit(returncode))
            if self._start_again:
                self._start_again = False
                self._attempt = 0
                self._spawn(Event.START)
            return
        assert failure is not None
        broke = failure["reason"] in ("exited", "killed")
        if broke and self._attempt < self._world.config.restart_attempts:
            self._attempt += 1
            delay = self._world.config.restart_delay_s * 2 ** (self._attempt - 1)
            self._failure = failure
            self._deadline = self._world.clock() + delay
            self._move(Event.RETRY_LATER)
            return
        self._fail(failure)

    def _fail(self, failure: dict[str, Any]) -> None:
        self._failure = failure
        self._deadline = None
        self._bound = None
        event = Event.COULD_NOT_START if self._state is State.STARTING else Event.EXITED
        self._move(event)
        code = {"port_in_use": "port_in_use", "exited": "crashed", "killed": "crashed"}
        self._feed(
            code.get(failure["reason"], "failed"),
            message=failure["message"],
            port=self._settings.port,
            exit_code=failure["exit_code"],
            signal=failure["signal"],
        )

    def _explain(self, returncode: int) -> dict[str, Any]:
        """Why it ended, with the evidence; may look at the system's sockets, so without lock."""
        failed, settings = self._failed, self._settings
        lines = self.log.tail(LAST_LINES, self._logged_before)
        if failed is not None:
            return self._explain_bind(failed, settings, lines, returncode)
        ran_s = round(self._world.wall() - (self._started_at or self._world.wall()), 3)
        ended = _exit(returncode)
        how = f"signal {ended['signal']}" if ended["signal"] else f"exit code {ended['exit_code']}"
        return {
            **NO_FAILURE,
            **ended,
            "reason": "killed" if ended["signal"] else "exited",
            "message": f"{self.program.name} on port {settings.port} ended with {how}",
            "ran_s": ran_s,
            "last_lines": lines,
        }

    def _explain_bind(
        self,
        failed: messages.Failed,
        settings: ServerSettings,
        lines: list[str],
        returncode: int,
    ) -> dict[str, Any]:
        reasons = {
            "EADDRINUSE": "port_in_use",
            "EACCES": "permission",
            "EPERM": "permission",
            "EADDRNOTAVAIL": "bad_address",
            messages.FILES: "files",
        }
        reason = reasons.get(failed.code, "bind" if failed.code else "bad_address")
        busy = reason == "port_in_use"
        return {
            **NO_FAILURE,
            **_exit(returncode),
            "reason": reason,
            "message": failed.message,
            "errno": failed.errno,
            "code": failed.code,
            "last_lines": lines,
            "port_owner": self._world.owner(settings, self.program.transport) if busy else None,
            "free_port": self._world.free_port(settings, self.program.transport) if busy else None,
        }

    def _take_frame(self, frame: messages.Frame) -> None:
        figures = self._figures.take(frame)
        if frame.loop is not None:
            if frame.loop.paused != self._paused:
                self._note_pause(frame.loop.paused)
            self._world.publish(
                {"kind": "loop", "name": self.program.name, "frame": messages.as_dict(frame)}
            )
        if figures is not None:
            self._world.publish({"kind": "figures", "name": self.program.name, "figures": figures})

    def _take_rows(self, rows: messages.Rows) -> None:
        self._rows = rows
        self._changed.notify_all()
        self._world.publish(
            {"kind": "rows", "name": self.program.name, "rows": messages.as_dict(rows)}
        )

    def _take_events(self, events: messages.Events) -> None:
        for listener in list(self.event_listeners):
            listener(events)
        for event in events.events[:FEED_PER_BATCH]:
            if (
                event.kind in FEED_EVENTS
                and event.data.get("room") not in self.program.hidden_rooms
            ):
                self._feed(event.kind, **event.data)

    def _note_pause(self, paused: bool) -> None:
        if self._state is State.RUNNING and paused != self._paused:
            self._paused = paused
            self._feed("paused" if paused else "resumed")
            self._publish()

    def _silent_for(self, now: float) -> bool:
        return now - self._heard_at > self._world.config.frozen_after_s

    def _move(self, event: Event, *, quietly: bool = False) -> None:
        self._state = next_state(self._state, event)
        if not quietly:
            self._publish()

    def _publish(self) -> None:
        self._changed.notify_all()
        self._world.publish({"kind": "server", "server": self.view()})

    def _feed(self, code: str, **args: Any) -> None:
        entry = {"name": self.program.name, "code": code, "args": args}
        self._world.publish({"kind": "feed", "entry": entry})

    def _wall_deadline(self, state: State) -> float | None:
        if self._state is not state or self._deadline is None:
            return None
        return self._world.wall() + self._deadline - self._world.clock()

    def _retry(self) -> dict[str, Any] | None:
        at = self._wall_deadline(State.BACKOFF)
        if at is None:
            return None
        return {"at": at, "attempt": self._attempt, "of": self._world.config.restart_attempts}


NOBODY_LOOKS = messages.Look(1.0, [])
FEED_EVENTS = frozenset({"joined", "left", "overloaded"})
FEED_PER_BATCH = 5
NO_FAILURE: dict[str, Any] = {
    "reason": "",
    "message": "",
    "errno": None,
    "code": "",
    "exit_code": None,
    "signal": None,
    "ran_s": None,
    "last_lines": [],
    "port_owner": None,
    "free_port": None,
}


def _exit(returncode: int) -> dict[str, Any]:
    code, name = exit_words(returncode)
    return {"exit_code": code, "signal": name}


class Generation:
    """The listener of one process: passes on what it says together with its number."""

    def __init__(self, server: ManagedServer, number: int) -> None:
        self._server = server
        self._number = number

    def on_message(self, message: messages.Message) -> None:
        self._server.take(self._number, message)

    def on_log(self, line: str) -> None:
        self._server.take_log(self._number, line)

    def on_print(self, line: str) -> None:
        self._server.take_log(self._number, line, printed=True)

    def on_exit(self, returncode: int) -> None:
        self._server.take_exit(self._number, returncode)
