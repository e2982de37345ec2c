"""One program under supervision: questions to it, and the wishes of its users."""

from collections.abc import Callable, Container, Mapping
from pathlib import Path
from typing import Any, TypeVar

from dashboard.errors import NotNow, NotRunning
from dashboard.numbers import shown
from dashboard.programs.files import Stamp
from dashboard.programs.program import Program
from dashboard.programs.settings import ServerSettings, Settings
from dashboard.supervision.console import Console
from dashboard.supervision.life import NOBODY_LOOKS, Life
from dashboard.supervision.lifecycle import ALIVE, State
from dashboard.supervision.reports import Reports
from dashboard.supervision.surroundings import Surroundings
from dashboard.supervision.targets import UP, targets
from labservers.net.addresses import connect_host
from labservers.observe import messages
from labservers.run.terminal import LINE_BYTES

BUSY_S = 0.05
Result = TypeVar("Result")

__all__ = ["NOBODY_LOOKS", "ManagedProgram"]


class ManagedProgram:
    """All methods may be called from any thread and return at once, but for those that wait."""

    def __init__(self, program: Program, settings: Settings, world: Surroundings) -> None:
        self.program = program
        self._store = settings
        self._world = world
        self._life = Life(program, settings, world)
        self._facts = self._life.facts
        self._closed: tuple[str, str] | None = None  # why it is not started any more

    # Questions.

    @property
    def reports(self) -> Reports:
        return self._life.reports

    @property
    def state(self) -> State:
        return self._facts.state

    @property
    def alive(self) -> bool:
        return self._facts.state in ALIVE

    @property
    def pid(self) -> int | None:
        process = self._facts.run.process
        return process.pid if process else None

    @property
    def capabilities(self) -> frozenset[str]:
        """Those of the program, and those that were seen in it."""
        return self._facts.capabilities

    @property
    def settings(self) -> ServerSettings:
        return self._facts.settings

    def console(self) -> Console:
        """The transcript of its terminal.

        Raises:
            NotNow: it has none.
        """
        if self._life.console is None:
            raise NotNow(f"{self.program.name} has no console", "use one of your own programs")
        return self._life.console

    def address(self) -> tuple[str, int] | None:
        """Host and port to connect to, while it runs and has a socket."""
        with self._life.lock:
            sockets = self._facts.run.sockets
            return sockets[0] if self._facts.state in UP and sockets else None

    def fresh_rows(self, timeout_s: float) -> messages.Rows | None:
        """The rows that it sends next, or the newest there are when none come in time."""
        with self._life.lock:
            before = self._facts.run.rows
            if self._facts.state is State.RUNNING:
                self._life.changed.wait_for(lambda: self._facts.run.rows is not before, timeout_s)
            return self._facts.run.rows

    def view(self) -> dict[str, Any]:
        """The program as the API and the page show it."""
        return self._life.view()

    def wait_settled(self, timeout_s: float) -> bool:
        """Wait until the state has settled; False when the time was up before."""
        with self._life.lock:
            return self._life.changed.wait_for(lambda: self._facts.settled, timeout_s)

    # Wishes.

    def configure(self, chosen: dict[str, Any]) -> ServerSettings:
        """Remember the choices for the next start; None leaves one as it is. Those for a program
        of the user may be made while it runs.

        Raises:
            BadInput: a value. NotNow: it runs, on something else.
        """
        with self._life.lock:
            now = self._facts.settings
            wanted = {name: value for name, value in chosen.items() if value is not None}
            if all(getattr(now, name) == value for name, value in wanted.items()):
                return now
            if self.alive and not self.program.own:
                subject = f"{self.program.name} is running on port {now.port}"
                raise NotNow(f"{subject}, so it cannot be changed now", "stop it first")
            self._facts.settings = self._store.change(self.program.name, wanted)
            self._life.publish()
            return self._facts.settings

    def start(self, chosen: dict[str, Any] | None = None) -> bool:
        """Start it, on what is chosen if anything is; False when it runs, or is about to.

        Raises:
            BadInput, NotNow: as configure(); nothing is remembered and nothing is started.
        """
        with self._life.lock:
            self._check_open()
            self.configure(chosen or {})
            if self._facts.state is State.STOPPING:
                already, self._facts.start_again = self._facts.start_again, True
                return not already
            if self.alive:
                return False
            self._life.start()
            return True

    def retire(self) -> None:
        """Start no more, since it leaves the catalogue.

        Raises:
            NotNow: it runs.
        """
        with self._life.lock:
            if self.alive:
                raise NotNow(f"{self.program.name} is running", "stop it first")
            self._closed = f"{self.program.name} was forgotten meanwhile", "open it again"

    def close(self) -> None:
        """Stop, and start no more: the dashboard ends."""
        with self._life.lock:
            self._closed = "the dashboard is ending", "start the dashboard again"
            self.stop(again_kills=False)

    def _check_open(self) -> None:
        if self._closed is not None:
            raise NotNow(*self._closed)
        if self._facts.unended is not None:
            raise NotNow(
                f"an earlier process of {self.program.name} has not ended, although it was killed",
                "wait for its end",
            )

    def stop(self, *, again_kills: bool = True) -> bool:
        """False when it is stopped already. Asked twice, it kills, if it may."""
        with self._life.lock:
            again, self._facts.start_again = self._facts.start_again, False
            if self._facts.state is State.STOPPED:
                return False
            if self._facts.state is State.STOPPING:
                if again_kills:
                    self._life.kill()
                return again_kills or again
            if self.alive:
                self._life.ask_to_end()
            else:
                self._life.give_up()
            return True

    def restart(self, among: Container[State] = frozenset(State)) -> bool:
        """Stop, then start; a stopped program is just started. False in a state that is not
        `among` these."""
        with self._life.lock:
            if self._facts.state not in among:
                return False
            if not self.alive:
                return self.start()
            self._check_open()
            if self._facts.state is not State.STOPPING:
                self._life.ask_to_end()
            self._facts.start_again = True
            self.reports.feed("restarted")
            return True

    def kill(self) -> bool:
        """End the process now, whatever it is doing. False when there is none."""
        with self._life.lock:
            if not self.alive:
                return False
            self._facts.start_again = False
            if self._facts.state is not State.STOPPING:
                self._life.ask_to_end()
            self._life.kill()
            return True

    def interrupt(self) -> bool:
        """^C, as in a shell. False when there is no process."""
        with self._life.lock:
            process = self._facts.run.process
            if process is None:
                return False
            self._facts.run.interrupted_at = self._world.clock()
        if self._life.console:
            self._life.console.typed("\x03")
        process.interrupt()
        return True

    def type(self, text: str) -> None:
        """Text as typed at its terminal; ^C is \\x03, the end of input ^D is \\x04.

        Raises:
            NotNow: it has no terminal, does not run, or does not read its input.
        """
        console, name = self.console(), self.program.name
        long = max(len(line.encode("utf-8", "replace")) for line in text.split("\n"))
        if long >= LINE_BYTES:
            raise NotNow(f"a terminal takes lines of {LINE_BYTES:,} bytes", "send shorter lines")
        with self._life.lock:
            process = self._facts.run.process
            if process is None:
                raise NotNow(f"{name} does not run: {shown(text)} is not typed", "start it")
            if "\x03" in text:
                self._facts.run.interrupted_at = self._world.clock()
        console.typed(text)
        if not process.type(text.encode("utf-8", "replace")):
            raise NotNow(f"{name} does not read its input", "wait, or press ^C")

    def hold(
        self, command: messages.Command, controller: str = "", tab: str = "", *, over: bool = False
    ) -> None:
        """A command to the stepper; see Control.take() for the others.

        Raises:
            NotRunning: there is no process to hold. NotNow: another controller holds it.
        """
        with self._life.lock:
            if self._facts.run.process is None or self._facts.state is State.STOPPING:
                raise NotRunning(f"{self.program.name} is not running", "start it, then try again")
            self._facts.control.take(controller, tab, over=over)
            self._life.command(command)
            self._life.publish()

    def look(self, look: messages.Look) -> None:
        """Choose the reports that the program sends, now and after later starts."""
        with self._life.lock:
            self._life.look(look)

    def targets(self) -> dict[str, tuple[str, int]]:
        """Kind of socket (stream or datagram) -> where clients reach it, while it runs. Of a
        program of the user only what the kernel knows as well: it can say what it likes."""
        with self._life.lock:
            said, pid = targets(self._facts, self.reports.recorder), self.pid
            told = self.reports.recorder.targets() != {}
        if self.program.own is None or pid is None:
            return said
        found = self._world.listening(pid)
        known = {(kind, connect_host(host), port) for kind, (host, port) in found}
        if not told:  # the address is the kernel's, and so is the kind
            said = {kind: at for at in said.values() for kind in ("stream", "datagram")}
        return {
            kind: (host, port)
            for kind, (host, port) in said.items()
            if (kind, connect_host(host), port) in known
        }

    def set_experiments(self, experiments: list[dict[str, Any]]) -> None:
        with self._life.lock:
            self._facts.experiments = experiments
            self._life.publish()

    def own_files(self) -> list[Path]:
        """Those that its newest process has loaded, of the user's."""
        with self._life.lock:
            return list(self._facts.run.files)

    def saved(self, now: Mapping[Path, Stamp]) -> list[Path]:
        """Its files are so on disk. Returns those that were saved after the start."""
        with self._life.lock:
            before = self._facts.run.files
            changed = [path for path in now if before.get(path) not in (None, now[path])]
            shown = bool(changed) and self.alive
            if shown != self._facts.changed_on_disk:
                self._facts.changed_on_disk = shown
                self._life.publish()
            return changed

    def note(self, code: str, text: str) -> None:
        """Say something of its observation."""
        with self._life.lock:
            self._life.note(code, text)

    def clock_was_set(self, by_s: float) -> None:
        """Show the times of day that are still to come by the new clock."""
        with self._life.lock:
            self._facts.clock_was_set(by_s)
            self._life.publish()

    def tick(self) -> None:
        """Act on deadlines that have passed; called a few times a second."""
        self._in_turn(self._life.act_on_time)
        self.reports.tick()

    def look_at_sockets(self) -> None:
        """See where one listens that does not say so; called a few times a second."""
        if run := self._in_turn(lambda: self._facts.to_ask_for(self._world.clock())):
            self._life.look_at_sockets(run)

    def _in_turn(self, act: Callable[[], Result]) -> Result | None:
        """Its result; None where the lock is held for long, as while a process is born: the other
        programs are not to wait for that, and the next turn comes soon."""
        if not self._life.lock.acquire(timeout=BUSY_S):
            return None
        try:
            return act()
        finally:
            self._life.lock.release()
