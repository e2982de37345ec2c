"""The state of one program and its process, from start to end.

The lock guards everything here. All that comes from a process comes with its run; news of an
earlier one is ignored. Each move of the state goes through _move(), which asks the table
in lifecycle.py and publishes the result.
"""

import threading
from typing import Any

from dashboard.programs.program import Program, Ready
from dashboard.programs.settings import Settings
from dashboard.supervision import causes, failures
from dashboard.supervision.console import Console
from dashboard.supervision.control import FREELY
from dashboard.supervision.evidence import place_of
from dashboard.supervision.facts import Facts
from dashboard.supervision.failures import End, Failure
from dashboard.supervision.lifecycle import ALIVE, Event, State, next_state
from dashboard.supervision.reports import Reports
from dashboard.supervision.run import Ears, Run
from dashboard.supervision.surroundings import Surroundings
from dashboard.supervision.view import as_shown
from labservers.net.addresses import connect_host
from labservers.observe import messages, observed

LAST_LINES = 12
SOON_S = 0.1
SEEN_S = 5.0  # after which a program without a socket counts as up
UNGUARDED = "This system has no subreaper, which would inherit such a process."
KILLED_S = 5.0  # in which a process is gone that was sent SIGKILL
WHEN_IT_FAILS = {State.STARTING: Event.COULD_NOT_START, State.STOPPING: Event.UNENDED}
NOBODY_LOOKS = messages.Look(1.0, [])


class Life:
    """See the module. Methods with a verb in the imperative are called with the lock held."""

    def __init__(self, program: Program, settings: Settings, world: Surroundings) -> None:
        attempts = 0 if program.own else world.config.restart_attempts
        self.program = program
        self.lock = threading.RLock()
        self.changed = threading.Condition(self.lock)
        self.facts = Facts(program, settings.get(program.name), attempts)
        self.reports = Reports(program, world)
        self.console = Console(world.wall) if program.launch.terminal else None
        self._world = world
        self._look = NOBODY_LOOKS
        self._published_at, self._stale = 0.0, False

    def view(self) -> dict[str, Any]:
        """The program as the API and the page show it."""
        with self.lock:
            return as_shown(self.facts, self.reports, self._world.clock(), self._world.wall())

    def publish(self) -> None:
        self.changed.notify_all()
        self._published_at, self._stale = self._world.clock(), False
        self._world.publish({"kind": "server", "server": self.view()})

    def _publish_soon(self) -> None:
        """What an observed program tells may come in a flood: its view goes out now, or with one
        of the next ticks."""
        self.changed.notify_all()
        if self._world.clock() - self._published_at >= SOON_S:
            self.publish()
        else:
            self._stale = True

    def command(self, command: messages.Command) -> None:
        if self.facts.run.process:
            self.facts.run.process.send(command)

    def let_go(self) -> None:
        """Nobody is there any more that holds the program: it runs on."""
        self.facts.control.end()
        for command in FREELY:
            self.command(command)
        self.publish()

    def look(self, look: messages.Look) -> None:
        """Choose the reports that the program sends, now and after later starts."""
        if look != self._look:
            self._look = look
            self.command(look)

    def note(self, code: str, text: str) -> None:
        """Say something of its observation."""
        notice = messages.Notice(self._world.wall(), code, text)
        if self.reports.observed(notice, self.facts.run.number):
            self.publish()

    # How it starts.

    def start(self) -> None:
        self.facts.attempt = 0
        self._spawn(Event.START)

    def _spawn(self, event: Event) -> None:
        now = self._world.clock()
        run = Run(self.facts.run.number + 1, started=now, logged_before=self.reports.log.last)
        if self.program.own:
            run.knows(self.program.own)
        self.facts.run, self.facts.failure, self.facts.changed_on_disk = run, None, False
        self.reports.figures.begin()
        self.reports.recorder.begin(run.number)
        if self.console:
            self.console.begin()
        seen = self.program.ready is Ready.SEEN
        self.facts.deadline = now + (SEEN_S if seen else self._world.config.start_timeout_s)
        try:
            command = self.facts.command(self._world.config.data_path)
            run.process = self._world.spawn(command, self._ears(run))
        except (OSError, ValueError) as error:
            self._move(event, quietly=True)
            self._fail(failures.not_spawned(self.program, error))
            return
        run.step = "bind"
        self._move(event)  # first of all: from now on it can be stopped
        self.reports.figures.watch(run.process.pid)
        if not run.process.wholly:
            self.note("unguarded", UNGUARDED)
        if self.program.ready is Ready.ALIVE:
            self._is_ready()

    def _ears(self, run: Run) -> Ears:
        reports, sieve = self.reports, self.reports.sieve()
        return Ears(run, sieve, self.take, reports.log_line, self.take_output, self.take_exit)

    def _listens(self, run: Run, sockets: list[tuple[str, int]], *, said: bool = False) -> None:
        """It listens at these addresses; `said`: it said so itself, also if there are none."""
        with self.lock:
            found = [(connect_host(host), port) for host, port in sockets]
            if run is not self.facts.run or run.over or not (said or found != run.sockets):
                return
            run.sockets = found
            run.step = "answers"
            self._publish_soon()
            if self.facts.state is State.STARTING and self.program.check and found:
                self._world.background(lambda: self._check(run, *found[0]))
            else:
                self._is_up()

    def _check(self, run: Run, host: str, port: int) -> None:
        assert self.program.check
        problem = None
        try:
            self.program.check(host, port, self._world.config.check_timeout_s)
        except Exception as error:  # whatever a check runs into is the reason it failed
            problem = str(error) or type(error).__name__
        with self.lock:
            if run is not self.facts.run or run.over or self.facts.state is not State.STARTING:
                return
            if problem is None:
                self._is_ready()
            else:
                self._not_answering(problem)

    def _is_up(self) -> None:
        """It listens, or waits for input."""
        if self.facts.state is State.STARTING:
            self._is_ready()

    def _is_ready(self) -> None:
        self.facts.deadline = None
        self.facts.run.ready_at = self._world.clock()
        self._move(Event.READY)
        if self.facts.run.sockets:
            self.reports.feed("started", port=self.facts.run.sockets[0][1])
        else:
            self.reports.feed("alive")

    # Deadlines.

    def act_on_time(self) -> None:
        """Act on deadlines that have passed."""
        now = self._world.clock()
        if self.facts.deadline is not None and now >= self.facts.deadline:
            self._be_late()
        if self.facts.control.abandoned(now, self._world.is_open):
            self.let_go()
        run = self.facts.run
        silent = run.silent_for(now) > self._world.config.frozen_after_s
        if silent and self.facts.state is State.RUNNING:
            self._move(Event.SILENT)
        if self._stale:
            self._publish_soon()

    def look_at_sockets(self, run: Run) -> None:
        """This takes a while: called without the lock."""
        if process := run.process:
            found = dict.fromkeys(at for _, at in self._world.listening(process.pid))
            with self.lock:
                if self.facts.mute:  # it may have spoken meanwhile, and knows better
                    self._listens(run, list(found))

    def _be_late(self) -> None:
        if self.facts.state is State.BACKOFF:
            self._spawn(Event.RETRY)
        elif self.facts.run.killed:
            self._has_not_ended()
        elif self.facts.state is State.STARTING and self.program.ready is Ready.SEEN:
            self._is_ready()
        elif self.facts.state is State.STARTING:
            self._not_answering("it did not come up in time")
        elif self.facts.state is State.STOPPING:
            self.kill()

    # News of the process: called from its threads, through its Ears.

    def take(self, run: Run, message: messages.Message) -> None:
        with self.lock:
            if run is not self.facts.run or run.over:
                return
            first, run.heard_at = run.heard_at is None, self._world.clock()
            if first and self._look != NOBODY_LOOKS:
                self.command(self._look)
            if self.facts.state is State.FROZEN:
                self._move(Event.SPOKE)
            match message:
                case messages.Ready():
                    self._listens(run, [(a.host, a.port) for a in message.listening], said=True)
                case messages.Failed():
                    run.failed = message
                case messages.Frame():
                    self._take_frame(run, message)
                case messages.Rows():
                    self._take_rows(run, message)
                case messages.Held():
                    self.facts.control.heard(message)
                    self._take_paused(run, message.paused)
                case messages.Notice(code=messages.LINE_CLOSED):
                    self._take_silence(run)
                case observed.Asks() if message.prompt is not None:
                    self._is_up()
            run.evidence.take(message)
        if isinstance(message, messages.Events):
            self.reports.events(message)
        elif self.reports.observed(message, run.number):
            self._take_observed(run)

    def _take_silence(self, run: Run) -> None:
        """It cannot say any more how it is: silence means nothing from now on, the kernel knows
        where it listens, and nobody holds it."""
        run.heard_at = None
        self._take_paused(run, False)
        self.facts.control.end()

    def _take_frame(self, run: Run, frame: messages.Frame) -> None:
        if frame.loop is not None:
            self._take_paused(run, frame.loop.paused)
        if self.facts.learn(frame):
            self.publish()
        self.reports.frame(frame)

    def _take_rows(self, run: Run, rows: messages.Rows) -> None:
        """An observed program has two tables: of its sockets, and of its loop's tasks."""
        if self.program.own and rows.kind == "tasks":
            self.reports.publish("tasks", rows=messages.as_dict(rows))
            return
        run.rows = rows
        self.changed.notify_all()
        self.reports.publish("rows", rows=messages.as_dict(rows))

    def _take_paused(self, run: Run, paused: bool) -> None:
        if self.facts.state in ALIVE and paused != run.paused:
            run.paused = paused
            self.reports.feed("paused" if paused else "resumed")
            self.publish()

    def _take_observed(self, run: Run) -> None:
        """Its recording shows something new; where a program of the user listens, for example."""
        with self.lock:
            if self.program.own is not None and run is self.facts.run and not run.over:
                sockets = self.reports.recorder.reachable()
                run.transport = next((transport for transport, _ in sockets), run.transport)
                places = [place for _, address in sockets if (place := place_of(address))]
                self._listens(run, places)
            self._publish_soon()

    def take_output(self, run: Run, data: bytes) -> None:
        """The output of a terminal is a transcript, and log lines."""
        if self.console and run is self.facts.run:
            self.reports.output(self.console.print(data))

    def take_exit(self, run: Run, returncode: int) -> None:
        """The process is gone: as asked, in peace, or as a failure, which is looked into first."""
        with self.lock:
            if run is self.facts.unended:
                self.facts.unended = None
            if run is not self.facts.run or self.facts.state not in ALIVE:
                return
            now = self._world.clock()
            asked = self.facts.state is State.STOPPING or run.was_interrupted(now)
        self.reports.output_has_ended()
        lines = self.reports.log.tail(LAST_LINES, run.logged_before)
        end = End(returncode, now - run.started, lines)
        peaceful = returncode == 0 and run.failed is None
        failure = run.failure
        if failure is None and not asked and not peaceful:
            failure = causes.explain(self.facts, run, end, self._world)
        with self.lock:
            if self.console:
                self.console.end(**failures.ended_by(returncode))
            if run is self.facts.unended:  # while its end was looked into
                self.facts.unended = None
            elif run is self.facts.run and self.facts.state in ALIVE:
                self._has_ended(run, end, failure)

    # How it ends.

    def ask_to_end(self) -> None:
        self.facts.deadline = self._world.clock() + self._world.config.stop_grace_s
        run = self.facts.run
        if run.process:
            run.process.send(messages.Stop())
            if self.program.own is None or run.heard_at is None:
                run.process.terminate()  # an observed one sends it to itself, after its summary
        self._move(Event.STOP)

    def kill(self) -> None:
        self.facts.run.killed = True
        self.facts.deadline = self._world.clock() + KILLED_S
        if self.facts.run.process:
            self.facts.run.process.kill()
        self.publish()

    def give_up(self) -> None:
        """A program that has failed, or waits to be started again, is stopped."""
        self.facts.failure = None
        self.facts.deadline = None
        self._move(Event.STOP)

    def _not_answering(self, problem: str) -> None:
        """It has failed as soon as it is gone: its next start would be a second process."""
        run = self.facts.run
        run.over = True  # its messages are not news any more
        lines = self.reports.log.tail(LAST_LINES, run.logged_before)
        settings = self.facts.settings
        run.failure = failures.not_answering(self.program, settings, problem, lines)
        self.kill()

    def _has_not_ended(self) -> None:
        self.facts.unended = run = self.facts.run
        assert run.process
        self._fail(failures.unended(self.program, run.process.pid))

    def _has_ended(self, run: Run, end: End, failure: Failure | None) -> None:
        asked = self.facts.state is State.STOPPING
        interrupted = run.was_interrupted(self._world.clock())
        finished = failure is None and not asked and not interrupted
        self.facts.remember(end, self.reports.figures.requests, finished=finished)
        if failure is not None and not asked:
            self._has_broken(failure)
            return
        self._close_run()
        self._move(Event.ENDED if asked else Event.FINISHED)
        code = "killed" if run.killed else "stopped" if asked or interrupted else "finished"
        self.reports.feed(code, **failures.ended_by(end.returncode))
        if self.facts.start_again:
            self.facts.start_again = False
            self.start()

    def _has_broken(self, failure: Failure) -> None:
        now = self._world.clock()
        delays = self.facts.next_attempt(now) if failures.broke(failure) else None
        if delays is None:
            self._fail(failure)
            return
        self._close_run()
        self.facts.failure = failure
        self.facts.deadline = now + delays * self._world.config.restart_delay_s
        self._move(Event.RETRY_LATER)

    def _fail(self, failure: Failure) -> None:
        self._close_run()
        self.facts.failure = failure
        self.facts.start_again = False
        starting = self.facts.state is State.STARTING
        self._move(WHEN_IT_FAILS.get(self.facts.state, Event.BROKE))
        self.reports.feed(
            failures.FEED_CODES.get(failure["reason"], "failed" if starting else "crashed"),
            message=failure["message"],
            port=failure["port"] or self.facts.settings.port or None,
            exit_code=failure["exit_code"],
            signal=failure["signal"],
        )

    def _close_run(self) -> None:
        self.facts.run.close()
        self.facts.control.end()
        self.facts.deadline = None
        self.reports.recorder.end(self._world.wall())

    def _move(self, event: Event, *, quietly: bool = False) -> None:
        before, self.facts.state = self.facts.state, next_state(self.facts.state, event)
        if self.facts.state is not before:
            self.reports.moved(event, self.facts.state, self.facts.run.number)
        if not quietly:
            self.publish()
