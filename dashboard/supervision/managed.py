"""One program under supervision: its state, its process, its figures.

The lock guards everything here. Whatever comes from a process comes with its run; what comes
from an earlier one is ignored. Each move of the state goes through _move(), which asks the table
in lifecycle.py and publishes what came out.
"""

import threading
from dataclasses import asdict
from typing import Any

from dashboard.errors import NotNow
from dashboard.programs import launch
from dashboard.programs.program import Program, Ready
from dashboard.programs.settings import ServerSettings, Settings
from dashboard.supervision import failures
from dashboard.supervision.facts import Facts
from dashboard.supervision.failures import Failure
from dashboard.supervision.lifecycle import ALIVE, Event, State, next_state
from dashboard.supervision.reports import Reports
from dashboard.supervision.run import Ears, Run
from dashboard.supervision.surroundings import Surroundings
from dashboard.supervision.view import as_shown
from labservers.net.addresses import connect_host
from labservers.observe import messages

LAST_LINES = 12
NOBODY_LOOKS = messages.Look(1.0, [])
UP = frozenset({State.RUNNING, State.FROZEN})


class ManagedProgram:
    """See the module. All methods may be called from any thread and return at once."""

    def __init__(self, program: Program, settings: Settings, world: Surroundings) -> None:
        self.program = program
        self.reports = Reports(program, world)
        self._store = settings
        self._world = world
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._facts = Facts(program, settings.get(program.name), world.config.restart_attempts)
        self._look = NOBODY_LOOKS

    # What others ask.

    @property
    def state(self) -> State:
        return self._facts.state

    @property
    def pid(self) -> int | None:
        process = self._facts.run.process
        return process.pid if process else None

    @property
    def generation(self) -> int:
        return self._facts.run.number

    @property
    def settings(self) -> ServerSettings:
        return self._facts.settings

    def address(self) -> tuple[str, int] | None:
        """Host and port to connect to, while it runs and has a socket."""
        with self._lock:
            sockets = self._facts.run.sockets
            return sockets[0] if self._facts.state in UP and sockets else None

    def fresh_rows(self, timeout_s: float) -> messages.Rows | None:
        """The rows that it sends next, or the newest there are when none come in time."""
        with self._changed:
            before = self._facts.run.rows
            if self._facts.state is State.RUNNING:
                self._changed.wait_for(lambda: self._facts.run.rows is not before, timeout_s)
            return self._facts.run.rows

    def view(self) -> dict[str, Any]:
        """The program as the API and the page show it."""
        with self._lock:
            figures, now = self.reports.figures, self._world.clock()
            recorded = self.reports.recorder.view(alive=self._facts.state in ALIVE)
            return {**as_shown(self._facts, figures, now, self._world.wall()), **recorded}

    def wait_settled(self, timeout_s: float) -> bool:
        """Wait until the state has settled; False when the time was up before."""
        with self._changed:
            return self._changed.wait_for(lambda: self._facts.settled, timeout_s)

    # What users want.

    def configure(self, chosen: dict[str, Any]) -> ServerSettings:
        """Remember host, port and model for the next start; None leaves one as it is.

        Raises:
            BadInput: a value. NotNow: it runs, on something else.
        """
        with self._lock:
            now = self._facts.settings
            wanted = {name: value for name, value in chosen.items() if value is not None}
            if all(getattr(now, name) == value for name, value in wanted.items()):
                return now
            if self._facts.state in ALIVE:
                what = f"{self.program.name} is running on port {now.port}"
                raise NotNow(f"{what}, so it cannot be changed now", "stop it first")
            self._facts.settings = self._store.change(self.program.name, wanted)
            self._publish()
            return self._facts.settings

    def start(self, chosen: dict[str, Any] | None = None) -> bool:
        """Start it, on what is chosen if anything is; False when it runs, or is about to.

        Raises:
            BadInput, NotNow: as configure(); nothing is remembered and nothing is started.
        """
        with self._lock:
            self.configure(chosen or {})
            if self._facts.state is State.STOPPING:
                already, self._facts.start_again = self._facts.start_again, True
                return not already
            if self._facts.state in ALIVE:
                return False
            self._facts.attempt = 0
            self._spawn(Event.START)
            return True

    def stop(self, *, again_kills: bool = True) -> bool:
        """False when it is stopped already. Asked twice, it kills, if it may."""
        with self._lock:
            again, self._facts.start_again = self._facts.start_again, False
            if self._facts.state is State.STOPPED:
                return False
            if self._facts.state is State.STOPPING:
                if again_kills:
                    self._kill()
                return again_kills or again
            if self._facts.state in ALIVE:
                self._ask_to_end()
            else:
                self._facts.failure = None
                self._move(Event.STOP)
            return True

    def restart(self) -> bool:
        """Stop, then start; a stopped program is just started."""
        with self._lock:
            if self._facts.state not in ALIVE:
                return self.start()
            if self._facts.state is not State.STOPPING:
                self._ask_to_end()
            self._facts.start_again = True
            self.reports.feed("restarted")
            return True

    def kill(self) -> bool:
        """End the process now, whatever it is doing. False when there is none."""
        with self._lock:
            if self._facts.state not in ALIVE:
                return False
            self._facts.start_again = False
            if self._facts.state is not State.STOPPING:
                self._ask_to_end()
            self._kill()
            return True

    def command(self, command: messages.Command) -> None:
        """Pass a command on. What comes of it is what the program says next."""
        with self._lock:
            if self._facts.run.process:
                self._facts.run.process.send(command)

    def look(self, look: messages.Look) -> None:
        """What the program is to report, now and after later starts."""
        with self._lock:
            if look != self._look:
                self._look = look
                self.command(look)

    def set_experiment(self, experiment: dict[str, Any] | None) -> None:
        with self._lock:
            self._facts.experiment = experiment
            self._publish()

    # What time brings.

    def tick(self) -> None:
        """Act on deadlines that have passed; called a few times a second."""
        with self._lock:
            now = self._world.clock()
            late = self._facts.deadline is not None and now >= self._facts.deadline
            if self._facts.state is State.STARTING and late:
                self._not_answering("it did not come up in time")
            elif self._facts.state is State.STOPPING and late:
                self._kill()
            elif self._facts.state is State.BACKOFF and late:
                self._spawn(Event.RETRY)
            run = self._facts.run
            silent = run.silent_for(now) > self._world.config.frozen_after_s
            if silent and self._facts.state is State.RUNNING:
                self._move(Event.SILENT)
            mute = "channel" not in self.program.launch.takes  # it cannot say where it listens
            look = mute and self._facts.state in ALIVE and run.wants_a_look(now)
        self.reports.tick()
        if look and run.process:
            self._listens(run, self._world.listening(run.process.pid))

    # What the process says: called from its threads, through its Ears.

    def take(self, run: Run, message: messages.Message) -> None:
        with self._lock:
            if run is not self._facts.run or run.over:
                return
            run.heard_at = self._world.clock()
            if self._facts.state is State.FROZEN:
                self._move(Event.SPOKE)
            match message:
                case messages.Ready():
                    self._listens(run, [(a.host, a.port) for a in message.listening], said=True)
                case messages.Failed():
                    run.failed = message
                case messages.Frame():
                    self._take_frame(run, message)
                case messages.Rows():
                    run.rows = message
                    self._changed.notify_all()
                    self.reports.publish("rows", rows=messages.as_dict(message))
        if isinstance(message, messages.Events):
            self.reports.events(message)
        elif self.reports.observed(message, run.number):
            with self._lock:
                self._publish()

    def _take_frame(self, run: Run, frame: messages.Frame) -> None:
        running = self._facts.state is State.RUNNING
        if running and frame.loop is not None and frame.loop.paused != run.paused:
            run.paused = frame.loop.paused
            self.reports.feed("paused" if run.paused else "resumed")
            self._publish()
        self.reports.frame(frame)

    def take_exit(self, run: Run, returncode: int) -> None:
        """The process is gone: as asked, in peace, or as a failure, which is looked into first."""
        with self._lock:
            if run is not self._facts.run or run.over:
                return
            asked = self._facts.state is State.STOPPING
            ran_s = self._world.clock() - run.started
        peaceful = returncode == 0 and run.failed is None
        failure = None if asked or peaceful else self._explain(run, returncode, ran_s)
        with self._lock:
            if run is self._facts.run and self._facts.state in ALIVE:
                self._has_ended(run, returncode, ran_s, failure)

    # How it starts.

    def _spawn(self, event: Event) -> None:
        now = self._world.clock()
        run = Run(self._facts.run.number + 1, started=now, logged_before=self.reports.log.last)
        self._facts.run, self._facts.failure = run, None
        self.reports.figures.begin()
        self.reports.recorder.begin(run.number)
        self._facts.deadline = now + self._world.config.start_timeout_s
        places = {
            **{name: str(value) for name, value in asdict(self._facts.settings).items()},
            "data_dir": str(self._world.config.data_path),
        }
        ears = Ears(run, self.take, self.reports.log_line, self.take_exit)
        try:
            run.process = self._world.spawn(launch.command(self.program.launch, places), ears)
        except OSError as error:
            self._move(event, quietly=True)
            self._fail(failures.not_spawned(self.program, error))
            return
        self.reports.figures.watch(run.process.pid)
        run.step = "bind"
        self._move(event)
        if self.program.ready is Ready.ALIVE:
            self._is_ready()

    def _listens(self, run: Run, sockets: list[tuple[str, int]], *, said: bool = False) -> None:
        """It listens at these addresses; `said`: it said so itself, also if there are none."""
        with self._lock:
            found = [(connect_host(host), port) for host, port in sockets]
            if run is not self._facts.run or run.over or not (said or found != run.sockets):
                return
            run.sockets = found
            starting = self._facts.state is State.STARTING
            run.step = "answers"
            if self._look != NOBODY_LOOKS:
                self.command(self._look)
            self._publish()
            if starting and self.program.check and found:
                self._world.background(lambda: self._check(run, *found[0]))
            elif starting:
                self._is_ready()

    def _check(self, run: Run, host: str, port: int) -> None:
        assert self.program.check
        problem = None
        try:
            self.program.check(host, port, self._world.config.check_timeout_s)
        except Exception as error:  # whatever a check runs into is the reason it failed
            problem = str(error) or type(error).__name__
        with self._lock:
            if run is not self._facts.run or self._facts.state is not State.STARTING:
                return
            if problem is None:
                self._is_ready()
            else:
                self._not_answering(problem)

    def _is_ready(self) -> None:
        self._facts.deadline = None
        self._facts.attempt = 0
        self._move(Event.READY)
        if self._facts.run.sockets:
            self.reports.feed("started", port=self._facts.run.sockets[0][1])
        else:
            self.reports.feed("alive")

    # How it ends.

    def _ask_to_end(self) -> None:
        self._facts.deadline = self._world.clock() + self._world.config.stop_grace_s
        if self._facts.run.process:
            self._facts.run.process.send(messages.Stop())
            self._facts.run.process.terminate()
        self._move(Event.STOP)

    def _kill(self) -> None:
        self._facts.run.killed = True
        self._facts.deadline = None
        if self._facts.run.process:
            self._facts.run.process.kill()
        self._publish()

    def _not_answering(self, problem: str) -> None:
        run = self._facts.run
        run.over = True  # its exit is not news any more
        if run.process:
            run.process.kill()
        lines = self.reports.log.tail(LAST_LINES, run.logged_before)
        self._fail(failures.not_answering(self.program, self._facts.settings, problem, lines))

    def _has_ended(self, run: Run, returncode: int, ran_s: float, failure: Failure | None) -> None:
        requests = self.reports.figures.requests
        self._facts.last_run = {"duration_s": round(ran_s, 3), "requests": requests}
        asked = self._facts.state is State.STOPPING
        if failure is not None and not asked:
            self._has_broken(failure)
            return
        self._close_run()
        self._move(Event.ENDED if asked else Event.FINISHED)
        code = "killed" if run.killed else "stopped" if asked else "finished"
        self.reports.feed(code, **failures.ended_by(returncode))
        if self._facts.start_again:
            self._facts.start_again = False
            self.start()

    def _has_broken(self, failure: Failure) -> None:
        if not failures.broke(failure) or self._facts.attempt >= self._facts.attempts:
            self._fail(failure)
            return
        self._facts.attempt += 1
        self._close_run()
        self._facts.failure = failure
        delay_s = self._world.config.restart_delay_s * 2 ** (self._facts.attempt - 1)
        self._facts.deadline = self._world.clock() + delay_s
        self._move(Event.RETRY_LATER)

    def _fail(self, failure: Failure) -> None:
        self._close_run()
        self._facts.failure = failure
        starting = self._facts.state is State.STARTING
        self._move(Event.COULD_NOT_START if starting else Event.BROKE)
        self.reports.feed(
            failures.FEED_CODES.get(failure["reason"], "failed"),
            message=failure["message"],
            port=self._facts.settings.port,
            exit_code=failure["exit_code"],
            signal=failure["signal"],
        )

    def _close_run(self) -> None:
        self._facts.run.close()
        self._facts.deadline = None

    def _explain(self, run: Run, returncode: int, ran_s: float) -> Failure:
        """Looks at the system's sockets, so without the lock."""
        lines = self.reports.log.tail(LAST_LINES, run.logged_before)
        if run.failed is None:
            return failures.ended(self.program, self._facts.settings, returncode, ran_s, lines)
        refused = failures.refused(run.failed, returncode, lines)
        return failures.with_owner(refused, self.program, self._facts.settings, self._world)

    def _move(self, event: Event, *, quietly: bool = False) -> None:
        self._facts.state = next_state(self._facts.state, event)
        if not quietly:
            self._publish()

    def _publish(self) -> None:
        self._changed.notify_all()
        self._world.publish({"kind": "server", "server": self.view()})
